//! How a text is laid out: which lines are prose, list items, headings, table rows or code.
//!
//! It reads Markdown as people and models write it, broken Markdown included: no line is ever refused, and an
//! unclosed fence makes the rest of the text code, as every renderer does. It is no renderer and builds no tree.

/// What one line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// Nothing but white space.
    Blank,
    /// `#` to `######`, or a line that is bold from end to end; what follows the mark.
    Heading(&'a str),
    /// `-`, `*`, `+`, `•` or `・`; what follows the mark.
    Bullet(&'a str),
    /// `1.`, `1)` or `1-`, in the digits of any script, `一、` or `a)`; what follows the mark.
    Numbered(&'a str),
    /// `|` cells `|`.
    TableRow(&'a str),
    /// `>`.
    Quote(&'a str),
    /// The line that opens or closes a code block.
    Fence,
    /// A line within a code block.
    Code(&'a str),
    /// `---` and the like.
    Rule,
    /// Anything else.
    Prose(&'a str),
}

/// The lines of a text, each told for what it is.
pub(super) fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let mut fence: Option<char> = None;
    let mut rest = text.lines();
    std::iter::from_fn(move || {
        let line = rest.next()?;
        let trimmed = line.trim_start();
        let mark = match trimmed {
            _ if trimmed.starts_with("```") => Some('`'),
            _ if trimmed.starts_with("~~~") => Some('~'),
            _ => None,
        };
        Some(match (fence, mark) {
            (Some(open), Some(mark)) if open == mark => {
                fence = None;
                Line::Fence
            }
            (Some(_), _) => Line::Code(line),
            (None, Some(mark)) => {
                fence = Some(mark);
                Line::Fence
            }
            (None, None) => match outside_code(line) {
                // A title has something below it.
                Line::Heading(_)
                    if trimmed.starts_with("**") && rest.clone().all(|line| line.trim().is_empty()) =>
                {
                    Line::Prose(line.trim())
                }
                told => told,
            },
        })
    })
}

fn outside_code(line: &str) -> Line<'_> {
    let body = line.trim();
    let Some(first) = body.chars().next() else { return Line::Blank };
    if body.len() >= 3
        && matches!(first, '-' | '*' | '_' | '=')
        && body.chars().all(|c| c == first || c == ' ')
    {
        return Line::Rule;
    }
    if first == '#' {
        let rest = body.trim_start_matches('#');
        if body.len() - rest.len() <= 6 && rest.starts_with(char::is_whitespace) {
            return Line::Heading(rest.trim());
        }
    }
    if matches!(first, '-' | '*' | '+' | '•' | '・' | '●' | '○' | '■' | '·' | '◦' | '▪' | '‣' | '–')
    {
        let rest = &body[first.len_utf8()..];
        if rest.starts_with(char::is_whitespace) || matches!(first, '•' | '・' | '●' | '○' | '■') {
            return Line::Bullet(rest.trim_start());
        }
    }
    if let Some(rest) = after_number(body) {
        return Line::Numbered(rest);
    }
    if first == '|' && body.len() > 1 && body.ends_with('|') {
        return Line::TableRow(body);
    }
    if first == '>' {
        return Line::Quote(body[1..].trim_start());
    }
    match whole_bold(body) {
        Some(title) => Line::Heading(title),
        None => Line::Prose(body),
    }
}

/// What a number may be called where it stands before a step: "Step 1:".
const STEP: [&str; 12] = [
    "Step ",
    "Schritt ",
    "Étape ",
    "Paso ",
    "Passo ",
    "Stap ",
    "Steg ",
    "Trin ",
    "Krok ",
    "Шаг ",
    "ステップ",
    "步骤",
];

/// What follows `12.` or `12)` and a space, of at most three digits: a year at the start of a line is no step.
fn after_number(body: &str) -> Option<&str> {
    let rest = body.trim_start_matches("**");
    let rest = STEP.iter().find_map(|word| rest.strip_prefix(word)).unwrap_or(rest).trim_start_matches('(');
    let is_chinese = |c: char| "一二三四五六七八九十".contains(c);
    let digits: usize =
        rest.chars().take_while(|c| c.is_numeric() || is_chinese(*c)).map(char::len_utf8).sum();
    let (number, after) = rest.split_at(digits);
    let mark = after.chars().next();
    let (mark, rest) = match number.chars().count() {
        // "a)"; "a." may be an abbreviation.
        0 => {
            let letter = rest.chars().next().filter(char::is_ascii_lowercase)?;
            let rest = rest[letter.len_utf8()..].strip_prefix(')')?;
            (')', rest)
        }
        // "一年" is a year.
        1..=3 if number.contains(is_chinese) => {
            let mark = mark.filter(|c| matches!(c, '、' | '．' | '.' | '：' | ')' | '）'))?;
            (mark, &after[mark.len_utf8()..])
        }
        1..=3 => {
            let mark = mark.filter(|c| matches!(c, '.' | ')' | ':' | '-' | '、' | '．' | '）' | '：'))?;
            (mark, &after[mark.len_utf8()..])
        }
        _ => return None,
    };
    (rest.is_empty() || rest.starts_with(|c: char| c.is_whitespace() || c == '*') || mark.len_utf8() > 1)
        .then(|| rest.trim_start())
}

/// The inside of `**…**` when that is the whole line: a heading by another name.
fn whole_bold(body: &str) -> Option<&str> {
    let inside = body.strip_prefix("**")?;
    let inside = inside.strip_suffix(':').unwrap_or(inside).strip_suffix("**")?;
    (!inside.is_empty() && !inside.contains("**")).then_some(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[Line<'_>]) {
        assert_eq!(lines(text).collect::<Vec<_>>(), expected, "{text:?}");
    }

    #[test]
    fn each_kind_of_line_is_told() {
        check("# A", &[Line::Heading("A")]);
        check("**A**:\nb", &[Line::Heading("A"), Line::Prose("b")]);
        check("**A**", &[Line::Prose("**A**")]);
        check("**A** b", &[Line::Prose("**A** b")]);
        check("#tag", &[Line::Prose("#tag")]);
        check("  - a", &[Line::Bullet("a")]);
        check("-1 is less", &[Line::Prose("-1 is less")]);
        check("12) a", &[Line::Numbered("a")]);
        check("**1. a**", &[Line::Numbered("a**")]);
        check("٣. a", &[Line::Numbered("a")]);
        check("١- a", &[Line::Numbered("a")]);
        check("1-a", &[Line::Prose("1-a")]);
        check("3 - 2 = 1", &[Line::Prose("3 - 2 = 1")]);
        check("12-month plan", &[Line::Prose("12-month plan")]);
        check("二、a", &[Line::Numbered("a")]);
        check("一年", &[Line::Prose("一年")]);
        check("b) a", &[Line::Numbered("a")]);
        check("f(x) is a", &[Line::Prose("f(x) is a")]);
        check("Schritt 1: a", &[Line::Numbered("a")]);
        check("・a", &[Line::Bullet("a")]);
        check("1999. a", &[Line::Prose("1999. a")]);
        check("3.5 m", &[Line::Prose("3.5 m")]);
        check("|a|b|", &[Line::TableRow("|a|b|")]);
        check("> a", &[Line::Quote("a")]);
        check("---", &[Line::Rule]);
        check("", &[]);
        check(" \n", &[Line::Blank]);
    }

    #[test]
    fn a_fence_that_is_never_closed_makes_the_rest_code() {
        check("```py\n# a", &[Line::Fence, Line::Code("# a")]);
        check("```\na\n```\n- b", &[Line::Fence, Line::Code("a"), Line::Fence, Line::Bullet("b")]);
    }
}
