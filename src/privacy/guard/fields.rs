//! Puts together what was spread over fields: of JSON and its kin (strings one behind the other, keys), of forms and
//! queries (names, values), of lines with a name before a colon, of tables.
//!
//! Where other fields stand between, those with the same key belong together, a number in the key apart; or every
//! second, third, fourth one does; or all that is no number. JSON is read as a row of string literals, never as a
//! tree: no depth is too deep, and what is broken is read too.

use std::collections::HashMap;
use std::ops::Range;

use super::seams::{self, join};

/// Fields that stand in turns with others are looked at from so many on.
const FEWEST_IN_TURNS: usize = 6;

/// Fields in turns: every second, every third, every fourth.
const MOST_TURNS: usize = 4;

/// Bytes of a field's start and of its end that are put together with its neighbours': what is longer is at the bar by
/// itself.
const END_BYTES: usize = 160;

/// Cells of a table are no longer than this on the average; prose between commas is.
const LONGEST_CELL: usize = 32;

/// Numbers that may stand between words, so many of them at least.
const FEWEST_NUMBERS: usize = 4;

/// Lines with a name before a colon, so many of them at least.
const FEWEST_LINES: usize = 3;

/// Letters without which a way is not worth reading.
const FEWEST_LETTERS: usize = 12;

/// What was put together.
#[derive(Default)]
pub struct Joined {
    /// What may hold fields in its turn.
    pub nested: Vec<String>,
    /// What holds none any more.
    pub flat: Vec<String>,
}

impl Joined {
    /// What is worth reading.
    fn worth(mut self) -> Self {
        self.nested.retain(|way| !way.trim().is_empty());
        self.flat.retain(|way| is_long(way));
        self
    }
}

/// Whether a text has as many letters as are worth reading.
pub fn is_long(text: &str) -> bool {
    text.chars().filter(|c| c.is_alphanumeric()).count() >= FEWEST_LETTERS
}

/// Each way of putting the fields of `text` together that gives something else than the text itself. `quotes` are its
/// string literals; where it is read by them alone, what is beside them is read by itself.
pub fn joined(text: &str, quotes: Vec<Range<usize>>, by_quotes: bool) -> Joined {
    let mut ways = Joined::default();
    let quoted = literals(text, quotes);
    of_literals(&quoted, &mut ways.nested, &mut ways.flat);
    // Behind a stray quote what was between the texts is in quotes, and the other way round.
    if !quoted.is_empty() || text.contains('"') {
        let mut nested = Vec::new();
        of_literals(&literals(text, quoted_by(text, b'"', 1)), &mut nested, &mut ways.flat);
        ways.flat.append(&mut nested);
    }
    if by_quotes {
        ways.flat.extend(unnumbered(text));
        return ways.worth();
    }
    if ["':", "',", "']", "'}"].iter().any(|end| text.contains(end)) {
        of_literals(&literals(text, quoted_by(text, b'\'', 0)), &mut ways.nested, &mut ways.flat);
    }
    if text.contains('=') {
        let fields = form(text);
        ways.nested.push(join(fields.iter().map(|(name, _)| *name)));
        ways.nested.push(join(fields.iter().map(|(_, value)| *value)));
        ways.flat.extend(by_key(&fields));
        ways.flat.extend(in_turns(&fields.iter().map(|(_, value)| *value).collect::<Vec<_>>()));
    }
    of_lines(text, &mut ways);
    let cells: Vec<&str> =
        text.split([',', ';', '\t', '\n', '|']).map(str::trim).filter(|cell| !cell.is_empty()).collect();
    if text.len() <= LONGEST_CELL * cells.len() {
        ways.flat.extend(in_turns(&cells));
    }
    ways.flat.extend(unnumbered(text));
    ways.worth()
}

fn of_literals(literals: &[Literal], nested: &mut Vec<String>, flat: &mut Vec<String>) {
    if literals.is_empty() {
        return;
    }
    let (keys, values): (Vec<_>, Vec<_>) = literals.iter().partition(|literal| literal.is_key);
    // One behind the other as parts of one word, and as words: letters don't know the difference.
    nested.push(join(values.iter().map(|literal| &*literal.text)));
    nested.push(join(keys.iter().map(|literal| &*literal.text)));
    // Of numbers that stand for letters, the digits may be cut apart.
    let one = values.iter().map(|literal| &*literal.text).collect::<String>();
    if 2 * one.bytes().filter(u8::is_ascii_digit).count() > one.len() {
        nested.push(one);
    }
    let mut key = "";
    let mut fields = Vec::with_capacity(values.len());
    for literal in literals {
        if literal.is_key {
            key = &literal.text;
        } else {
            fields.push((key, &*literal.text));
        }
    }
    nested.extend(by_key(&fields));
    flat.extend(in_turns(&values.iter().map(|literal| &*literal.text).collect::<Vec<_>>()));
}

/// Lines of `name: value` (YAML, headers, a stream of events), and what stands between them (the parts of a form).
fn of_lines(text: &str, ways: &mut Joined) {
    let mut fields = Vec::new();
    let mut others = Vec::new();
    for line in text.lines() {
        match named_line(line) {
            Some(field) => fields.push(field),
            None if !line.starts_with("--") => others.push(line),
            None => {}
        }
    }
    if fields.len() < FEWEST_LINES {
        return;
    }
    ways.nested.push(join(fields.iter().map(|(_, value)| *value)));
    ways.flat.extend(by_key(&fields));
    ways.nested.push(join(others));
}

fn named_line(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once(':')?;
    let name = name.trim().trim_start_matches(['-', '*']).trim().trim_matches(['"', '\'']);
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b' ');
    (name.len() <= 40 && name.bytes().all(is_name)).then_some((name, value))
}

/// Every second, third and fourth of the fields, where others stand between: `[["0", "the"], ["1", "fox"]]`.
fn in_turns(fields: &[&str]) -> Option<String> {
    let is_code = |c: char| c.is_ascii_digit() || matches!(c, '&' | '%' | '\\');
    let numbers = fields.iter().filter(|field| field.starts_with(is_code)).count();
    // A row of numbers or of escapes has no words between them, until it is decoded.
    if fields.len() < FEWEST_IN_TURNS || numbers * MOST_TURNS > fields.len() * (MOST_TURNS - 1) {
        return None;
    }
    let mut found = String::new();
    for step in 2..=MOST_TURNS {
        for first in 0..step {
            for field in fields[first..].iter().step_by(step) {
                if field.len() <= 2 * END_BYTES {
                    seams::push(&mut found, field);
                } else {
                    found.push(' ');
                    found.push_str(&field[..field.floor_char_boundary(END_BYTES)]);
                    found.push('\n');
                    found.push_str(&field[field.ceil_char_boundary(field.len() - END_BYTES)..]);
                }
            }
            found.push('\n');
        }
    }
    Some(found)
}

/// The text without the numbers in it, which may number its words: `1. the 2. fox`, `{"0_the": 1, "1_fox": 1}`.
fn unnumbered(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut kept = String::with_capacity(text.len());
    let (mut at, mut from, mut numbers) = (0, 0, 0);
    while at < bytes.len() {
        let length = bytes[at..].iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        // Behind these signs it is the code of a character.
        let is_code = at > 0 && matches!(bytes[at - 1], b'\\' | b'%' | b'#' | b'&');
        if length > 0 && !is_code && bytes[at..at + length].iter().all(u8::is_ascii_digit) {
            kept.push_str(&text[from..at]);
            from = at + length;
            numbers += 1;
        }
        at += length.max(1);
    }
    kept.push_str(&text[from..]);
    (numbers >= FEWEST_NUMBERS).then_some(kept)
}

/// What stands beside the string literals of a text that is half literals or more, as JSON is.
pub fn beside(text: &str, quotes: &[Range<usize>]) -> Option<String> {
    let bytes: usize = quotes.iter().map(|range| range.len()).sum();
    if bytes * 2 < text.len() || text.is_empty() {
        return None;
    }
    let mut beside = String::new();
    let mut from = 0;
    for range in quotes {
        beside.push_str(&text[from..range.start]);
        beside.push(' ');
        from = range.end;
    }
    Some(beside + &text[from..])
}

struct Literal {
    text: String,
    is_key: bool,
}

/// The string literals that stand there, escapes undone.
fn literals(text: &str, quotes: Vec<Range<usize>>) -> Vec<Literal> {
    let read = |range: Range<usize>| {
        let raw = &text[range.clone()];
        let after = text.as_bytes()[range.end..].iter().find(|byte| !byte.is_ascii_whitespace());
        // A text in quotes is JSON's unless its escapes are none of JSON's, line breaks for example.
        let text = serde_json::from_str(raw).unwrap_or_else(|_| raw[1..raw.len() - 1].to_owned());
        Literal { text, is_key: after == Some(&b':') }
    };
    quotes.into_iter().map(read).collect()
}

/// Where the string literals of JSON stand, quotes included.
pub fn quotes(text: &str) -> Vec<Range<usize>> {
    quoted_by(text, b'"', 0)
}

/// The same by any quote, the first so many of them passed over.
fn quoted_by(text: &str, quote: u8, skipped: usize) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    for _ in 0..skipped {
        match bytes[at..].iter().position(|byte| *byte == quote) {
            Some(stray) => at += stray + 1,
            None => return found,
        }
    }
    while let Some(open) = bytes[at..].iter().position(|byte| *byte == quote).map(|open| at + open) {
        let mut close = open + 1;
        while close < bytes.len() && bytes[close] != quote {
            close += if bytes[close] == b'\\' { 2 } else { 1 };
        }
        if close >= bytes.len() {
            break;
        }
        found.push(open..close + 1);
        at = close + 1;
    }
    found
}

/// What stands under the same key, in the order of the text: `[{"w": "the", "n": "a"}, {"w": "fox", …}]`. Keys that
/// differ by a number are the same.
fn by_key(fields: &[(&str, &str)]) -> Option<String> {
    let mut order: Vec<String> = Vec::new();
    let mut values: HashMap<String, Vec<&str>> = HashMap::new();
    for (key, value) in fields {
        let key: String = key.chars().filter(|c| !c.is_ascii_digit()).collect();
        let of_key = values.entry(key).or_insert_with_key(|key| {
            order.push(key.clone());
            Vec::new()
        });
        of_key.push(value);
    }
    let spread = order.len() > 1 && values.values().any(|values| values.len() > 1);
    spread.then(|| order.iter().map(|key| join(values[key].iter().copied())).collect::<Vec<_>>().join("\n"))
}

/// The fields of a query, a form, or lines of `name=value`.
fn form(text: &str) -> Vec<(&str, &str)> {
    text.split(['&', '?', '#', ';', '\n', ',']).filter_map(|part| part.split_once('=')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn finds(text: &str, expected: &str) {
        let quotes = quotes(text);
        let by_quotes = beside(text, &quotes).is_some();
        let joined = joined(text, quotes, by_quotes);
        let found = [joined.nested, joined.flat].concat();
        assert!(found.iter().any(|found| found.contains(expected)), "{found:?}");
    }

    #[test]
    fn what_was_spread_comes_together() {
        finds(r#"{"a": ["the", "quick"], "b": {"c": "brown"}, "d": "fo\u0078"}"#, "the quick brown fox");
        finds(r#"{"the": 1, "quick": 2, "brown": 3}"#, "the quick brown");
        finds(
            r#"[{"w": "the", "n": "x"}, {"w": "quick", "n": "y"}, {"w": "fox", "n": "z"}]"#,
            "the quick fox",
        );
        finds("https://a.b/c?x=the&y=quick&z=fox", "the quick fox");
        finds("?the=1&quick=2&fox=3", "quick fox");
    }

    #[test]
    fn what_stands_between_is_passed_over() {
        finds("w0=the&n0=0&w1=quick&n1=1&w2=brown&n2=2", "the quick brown");
        finds(r#"{"w0":"the","k0":"noun","w1":"quick","k1":"noun","w2":"brown"}"#, "the quick brown");
        finds(r#"{"a":"the","b":"x","c":"quick","d":"y","e":"brown","f":"z"}"#, "the quick brown");
        finds(r#"[["0","the"],["1","quick"],["2","brown"]]"#, "the quick brown");
        finds("0,the\n1,quick\n2,brown\n3,fox", "the quick brown fox");
        finds(r#"{"0_the":1,"1_quick":1,"2_brown":1,"3_fox":1}"#, r#"{"_the":,"_quick":,"_brown":,"_fox":}"#);
        finds("f0: the\nf1: quick\nf2: brown fox", "the  quick  brown fox");
        finds("id: 1\ndata: the quick\n\nid: 2\ndata: brown fox\n\n", "the quick  brown fox");
        finds("{'f0': 'the', 'f1': 'quick', 'f2': 'brown fox'}", "the quick brown fox");
        finds(r#"5" nails. {"a": "the", "b": "quick", "c": "brown fox"}"#, "the quick brown fox");
        let part = |word| format!("--X\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\n{word}\r\n");
        finds(&["the", "quick", "brown", "fox"].map(part).concat(), "the quick brown fox");
    }

    #[test]
    fn broken_json_is_read_as_far_as_it_goes() {
        finds(r#"{"a": "the quick", "b": "brown fox", "c": "unfin"#, "the quick brown fox");
        finds(&("[".repeat(100_000) + r#""the","fox""#), "the fox");
    }
}
