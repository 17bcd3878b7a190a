//! Puts together what was spread over fields: of JSON (strings one behind the other, keys, the same key again and
//! again), of forms and queries (names, values).
//!
//! JSON is read as a row of string literals, never as a tree: no depth is too deep, and what is broken is read too.

use std::collections::HashMap;

/// Each way of putting the fields of `text` together that gives something else than the text itself.
pub fn joined(text: &str) -> Vec<String> {
    let mut ways = Vec::new();
    let literals = literals(text);
    if !literals.is_empty() {
        let (keys, values): (Vec<_>, Vec<_>) = literals.iter().partition(|literal| literal.is_key);
        // One behind the other as parts of one word, and as words: letters don't know the difference.
        ways.push(join(values.iter().map(|literal| &*literal.text)));
        ways.push(join(keys.iter().map(|literal| &*literal.text)));
        ways.extend(by_key(&literals));
    }
    if text.contains('=') {
        let (names, values) = form(text);
        ways.push(names);
        ways.push(values);
    }
    ways.retain(|way| !way.trim().is_empty());
    ways
}

fn join<'a>(parts: impl Iterator<Item = &'a str>) -> String {
    parts.collect::<Vec<_>>().join(" ")
}

struct Literal {
    text: String,
    is_key: bool,
}

/// The string literals of JSON, escapes undone.
fn literals(text: &str) -> Vec<Literal> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = bytes[at..].iter().position(|byte| *byte == b'"').map(|open| at + open) {
        let mut close = open + 1;
        while close < bytes.len() && bytes[close] != b'"' {
            close += if bytes[close] == b'\\' { 2 } else { 1 };
        }
        if close >= bytes.len() {
            break;
        }
        let raw = &text[open..=close];
        let after = bytes[close + 1..].iter().find(|byte| !byte.is_ascii_whitespace());
        // A text in quotes is JSON's unless its escapes are none of JSON's, line breaks for example.
        let text = serde_json::from_str(raw).unwrap_or_else(|_| text[open + 1..close].to_owned());
        found.push(Literal { text, is_key: after == Some(&b':') });
        at = close + 1;
    }
    found
}

/// What stands under the same key, in the order of the text: `[{"w": "the", "n": "a"}, {"w": "fox", …}]`.
fn by_key(literals: &[Literal]) -> Option<String> {
    let mut order: Vec<&str> = Vec::new();
    let mut values: HashMap<&str, Vec<&str>> = HashMap::new();
    let mut key = "";
    for literal in literals {
        if literal.is_key {
            key = &literal.text;
        } else {
            let of_key = values.entry(key).or_default();
            if of_key.is_empty() {
                order.push(key);
            }
            of_key.push(&literal.text);
        }
    }
    let spread = order.len() > 1 && values.values().any(|values| values.len() > 1);
    spread.then(|| order.iter().map(|key| values[key].join(" ")).collect::<Vec<_>>().join("\n"))
}

/// The names and the values of a query, a form, or lines of `name=value`.
fn form(text: &str) -> (String, String) {
    let (mut names, mut values) = (String::new(), String::new());
    for part in text.split(['&', '?', '#', ';', '\n', ',']) {
        if let Some((name, value)) = part.split_once('=') {
            names.push_str(name);
            names.push(' ');
            values.push_str(value);
            values.push(' ');
        }
    }
    (names, values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn finds(text: &str, expected: &str) {
        let found = joined(text);
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
    fn broken_json_is_read_as_far_as_it_goes() {
        finds(r#"{"a": "the quick", "b": "brown fox", "c": "unfin"#, "the quick brown fox");
        finds(&("[".repeat(100_000) + r#""the","fox""#), "the fox");
    }
}
