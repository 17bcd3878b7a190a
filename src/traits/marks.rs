//! Counts of single characters: punctuation, inline Markdown, emoji, scripts.

/// What characters a text holds.
#[derive(Clone, Debug, Default)]
pub(super) struct Characters {
    pub exclamations: f64,
    pub questions: f64,
    pub colons: f64,
    pub dashes: f64,
    pub parentheses: f64,
    pub quotations: f64,
    pub bold: f64,
    pub inline_code: f64,
    pub links: f64,
    /// Works that are cited: "(Miller 2014)", "[3]".
    pub citations: f64,
    pub emoji: f64,
    pub smileys: f64,
    pub mathematics: f64,
    /// Whether the last filled line read ends in a question mark.
    pub asks_at_end: bool,
    letters: f64,
    latin: f64,
    han: f64,
    kana: f64,
}

impl Characters {
    /// Reads one line of prose.
    pub fn read(&mut self, line: &str) {
        self.inline_markdown(line);
        let mut before = ' ';
        for c in line.chars() {
            self.punctuation(c, before);
            if is_emoji(c) && before != '\u{200d}' {
                self.emoji += 1.0;
            }
            before = c;
        }
        self.citations += citations(line);
        self.scripts(line);
        // Behind the question mark there may be what closes bold or a quotation, and an emoji.
        let last = line.chars().rev().find(|c| !(c.is_whitespace() || is_emoji(*c) || CLOSING.contains(c)));
        if let Some(last) = last {
            self.asks_at_end = matches!(last, '?' | '？' | '؟');
        }
    }

    fn punctuation(&mut self, c: char, before: char) {
        let count = match c {
            '!' | '！' => &mut self.exclamations,
            '?' | '？' | '؟' => &mut self.questions,
            ':' | '：' => &mut self.colons,
            '—' | '–' => &mut self.dashes,
            '-' if before == ' ' || before == '-' => &mut self.dashes,
            '(' | '（' => &mut self.parentheses,
            '"' | '“' | '”' | '「' | '」' | '«' | '»' => &mut self.quotations,
            ')' | 'D' | 'P' if matches!(before, ':' | ';') => &mut self.smileys,
            '=' | '+' | '×' | '÷' | '^' | '√' | '∑' | '∫' | '≤' | '≥' | '≈' | '\\' => {
                &mut self.mathematics
            }
            _ => return,
        };
        *count += 1.0;
    }

    fn inline_markdown(&mut self, line: &str) {
        let double = line.matches("**").count() + line.matches("__").count();
        self.bold += (double / 2) as f64;
        self.inline_code += (line.matches('`').count() / 2) as f64;
        self.links += (line.matches("http").count() + line.matches("www.").count())
            .max(line.matches("](").count()) as f64;
    }

    fn scripts(&mut self, line: &str) {
        let mut before = ' ';
        let mut letters = line.chars().peekable();
        while let Some(c) = letters.next() {
            // A Greek letter by itself is a sign of mathematics.
            let alone =
                is_greek(c) && !is_greek(before) && !letters.peek().is_some_and(|next| is_greek(*next));
            before = c;
            if c.is_alphabetic() && !alone {
                self.letters += 1.0;
                let count = match c as u32 {
                    ..0x250 => &mut self.latin,
                    0x3040..=0x30ff => &mut self.kana,
                    0x3400..=0x9fff | 0x20000..=0x3ffff => &mut self.han,
                    _ => continue,
                };
                *count += 1.0;
            }
        }
    }

    /// Whether most of its letters are of another script than the Latin one.
    pub fn is_of_other_script(&self) -> bool {
        2.0 * self.latin < self.letters
    }

    /// How far apart two texts are in script: 0 for the same mixture of Latin, Han, Han with kana, and all others.
    pub fn script_distance(&self, other: &Characters) -> f64 {
        if self.letters == 0.0 || other.letters == 0.0 {
            return 0.0;
        }
        let shares = |c: &Characters| {
            let (latin, han) = (c.latin / c.letters, (c.han + c.kana) / c.letters);
            // Japanese has kana among its Han at every turn, Chinese has none.
            let (chinese, japanese) = if 10.0 * c.kana < c.han { (han, 0.0) } else { (0.0, han) };
            [latin, chinese, japanese, 1.0 - latin - han]
        };
        let (a, b) = (shares(self), shares(other));
        a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f64>() / 2.0
    }
}

/// How many works a line cites in brackets: a name with a year in round ones, or numbers alone in square ones.
fn citations(line: &str) -> f64 {
    let mut count = 0.0;
    let mut before = None;
    for (at, c) in line.char_indices() {
        let inside =
            |close| line[at + 1..].split_once(close).filter(|(inside, _)| inside.len() <= LONGEST_CITATION);
        let is_one = match c {
            // "a[3]" is code, "[3](http://e)" a link.
            '[' if before.is_none_or(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | ']')) => {
                inside(']').is_some_and(|(inside, rest)| {
                    let numbers = inside.split([',', '-', '–', ' ']).filter(|number| !number.is_empty());
                    let all = numbers.clone().all(|n| n.len() <= 3 && n.bytes().all(|b| b.is_ascii_digit()));
                    all && numbers.count() > 0 && !rest.starts_with(['(', ':', '['])
                })
            }
            '(' => inside(')').is_some_and(|(inside, _)| names_a_work(inside)),
            _ => false,
        };
        count += f64::from(u8::from(is_one));
        before = Some(c);
    }
    count
}

/// Longer asides are no citations.
const LONGEST_CITATION: usize = 60;

fn names_a_work(inside: &str) -> bool {
    let is_year = |word: &str| {
        let digits = word.trim_end_matches(|c: char| c.is_ascii_lowercase());
        digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit()) && digits.starts_with(['1', '2'])
    };
    let is_month = |word: &str| {
        [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ]
        .iter()
        .any(|month| month.starts_with(word))
    };
    let mut words = inside.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let named = |word: &str| {
        word.chars().next().is_some_and(char::is_uppercase)
            && word.chars().nth(2).is_some()
            && !is_month(word)
    };
    words.clone().any(is_year) && words.any(named)
}

/// What may stand behind the mark that ends a sentence.
const CLOSING: [char; 14] =
    ['*', '_', '"', '\'', '”', '’', '»', '«', ')', '）', '」', '』', '\u{fe0f}', '\u{200d}'];

fn is_greek(c: char) -> bool {
    matches!(c as u32, 0x370..=0x3ff)
}

/// Whether a character is, or opens, an emoji. Skin tones and selectors only change the one before them.
fn is_emoji(c: char) -> bool {
    // Ticks and crosses are signs of a list.
    !matches!(c, '✓' | '✗' | '✘')
        && matches!(c as u32, 0x1f300..=0x1f3fa | 0x1f400..=0x1faff | 0x2600..=0x27bf | 0x2b50 | 0x2b55 | 0x1f1e6..=0x1f1ff)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Characters {
        let mut characters = Characters::default();
        characters.read(line);
        characters
    }

    #[test]
    fn an_emoji_of_several_code_points_counts_once() {
        assert_eq!(read("👩‍👩‍👧 👍🏽").emoji, 2.0);
    }

    #[test]
    fn inline_marks_are_counted_in_pairs() {
        let line = read("**a** *b* `c` [d](http://e)");
        assert_eq!((line.bold, line.inline_code, line.links), (1.0, 1.0, 1.0));
    }

    #[test]
    fn works_are_cited_in_brackets() {
        for (line, expected) in [
            ("Sleep helps (Miller 2014), as others found [3] [4, 5].", 3.0),
            ("It was shown (see Miller & Ross, 2014b, p. 3).", 1.0),
            ("[3](http://e), a[3], [x], [ ], (May 2014), (2014), (Miller), [1]: note", 0.0),
            ("([", 0.0),
        ] {
            assert_eq!(read(line).citations, expected, "{line}");
        }
    }

    #[test]
    fn scripts_are_told_apart() {
        assert_eq!(read("hello").script_distance(&read("здравствуйте")), 1.0);
        assert_eq!(read("hello").script_distance(&read("")), 0.0);
        assert_eq!(read("水をやりすぎています").script_distance(&read("你浇水太多了")), 1.0);
        assert_eq!(read("the angle α and the angle θ").script_distance(&read("the angle")), 0.0);
        assert_eq!(read("the angle").script_distance(&read("η γωνία")), 1.0);
    }

    #[test]
    fn a_question_at_the_end_may_have_marks_behind_it() {
        for line in
            ["And you?", "**And you?**", "And you? 🙂", "He asked: \"And you?\"", "你呢？", "(And you?)"]
        {
            assert!(read(line).asks_at_end, "{line}");
        }
        for line in ["And you.", "You? No.", ""] {
            assert!(!read(line).asks_at_end, "{line}");
        }
    }
}
