//! Takes out what a reader of a rendered page would not see: tags, comments, the addresses of links, footnotes.

use std::ops::Range;

/// Bytes within which a tag's quotes are looked at; in a longer one its first `>` ends it.
const LONGEST_QUOTED_TAG: usize = 400;

/// The text without tags and addresses, and without addresses alone: a tag that is none hides what is in it.
pub fn rendered(text: &str) -> Vec<String> {
    let mut ways: Vec<String> =
        [true, false].into_iter().filter_map(|tags| without(text, tags)).map(|shown| shown.text).collect();
    ways.dedup();
    ways
}

/// A text as a page shows it, and where each of its parts stood.
pub struct Shown {
    /// What is shown.
    pub text: String,
    /// Where parts begin, in what is shown and in what it was made of.
    parts: Vec<(usize, usize)>,
    /// What it was made of, where that was made of the text in its turn.
    of: Option<Box<Shown>>,
}

impl Shown {
    /// Where a run of what is shown stands in the text.
    pub fn run(&self, Range { start, end }: Range<usize>) -> Range<usize> {
        // What was taken out behind it is no part of it.
        self.place(start)..self.place(end - 1) + 1
    }

    /// Where a byte of what is shown stands in the text.
    fn place(&self, byte: usize) -> usize {
        let part = self.parts.partition_point(|(shown, _)| *shown <= byte);
        let (shown, at) = part.checked_sub(1).map_or((0, 0), |part| self.parts[part]);
        let place = at + byte - shown;
        self.of.as_ref().map_or(place, |of| of.place(place))
    }
}

/// A text of the history as a page shows it, and without the numbers of lists; nothing where that is the text itself.
pub fn shown(text: &str) -> Option<Shown> {
    let of = without(text, true).map(Box::new);
    let source = of.as_ref().map_or(text, |of| &of.text);
    let (mut out, mut parts, mut at) = (String::with_capacity(source.len()), Vec::new(), 0);
    for line in source.split_inclusive('\n') {
        let number = list_number(line);
        parts.push((out.len(), at + number));
        out.push_str(&line[number..]);
        at += line.len();
    }
    (out.len() < text.len()).then_some(Shown { text: out, parts, of })
}

/// How long the number of a list is that a line begins with: `12. ` or `3) `.
fn list_number(line: &str) -> usize {
    let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
    let digits = line[indent..].bytes().take_while(u8::is_ascii_digit).count();
    let end = indent + digits;
    match line.as_bytes().get(end..end + 2) {
        Some(b". " | b") ") if (1..=3).contains(&digits) => end + 2,
        _ => 0,
    }
}

fn without(text: &str, tags: bool) -> Option<Shown> {
    let mut out = String::with_capacity(text.len());
    let mut parts = vec![(0, 0)];
    let mut rest = text;
    // What closes nothing any more is not looked for again: that would take a time that grows with the square.
    let mut gone: Vec<&str> = Vec::new();
    let signs: &[char] = if tags { &['<', ']', '['] } else { &[']', '['] };
    while let Some(at) = rest.find(signs) {
        let from = &rest[at..];
        let bytes = from.as_bytes();
        let (kept, close) = match (bytes[0], bytes.get(1)) {
            (b'<', _) if from.starts_with("<![CDATA[") => (0, "["),
            (b'<', _) if from.starts_with("<!--") => (0, "-->"),
            (b'<', Some(b'/' | b'!' | b'?' | b'a'..=b'z' | b'A'..=b'Z')) => (0, ">"),
            (b']', Some(b']')) if from.starts_with("]]>") => (0, ">"),
            (b']', Some(b'(')) => (1, ")"),
            (b']', Some(b'[')) => (1, "]"),
            (b'[', Some(b'^')) => (0, "]"),
            _ => (1, ""),
        };
        let end = match close {
            "" => None,
            _ if gone.contains(&close) => None,
            // The opening is what goes.
            "[" => Some("<![CDATA[".len()),
            ">" => tag_end(from).or_else(|| from.find('>').map(|end| end + 1)),
            _ => from[1..].find(close).map(|end| 1 + end + close.len()),
        };
        out.push_str(&rest[..at]);
        match end {
            Some(end) => {
                if kept == 1 {
                    out.push(']');
                }
                rest = &from[end..];
                parts.push((out.len(), text.len() - rest.len()));
            }
            None => {
                if !close.is_empty() {
                    gone.push(close);
                }
                out.push_str(&from[..1]);
                rest = &from[1..];
            }
        }
    }
    out.push_str(rest);
    (out.len() < text.len()).then_some(Shown { text: out, parts, of: None })
}

/// The end of the tag that `text` begins with, a `>` within quotes of an attribute not being it.
fn tag_end(text: &str) -> Option<usize> {
    let (mut quote, mut before) = (None, b' ');
    for (at, byte) in text.bytes().enumerate().take(LONGEST_QUOTED_TAG) {
        match (quote, byte) {
            (Some(open), _) if byte == open => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') if before == b'=' => quote = Some(byte),
            (None, b'>') => return Some(at + 1),
            _ => {}
        }
        if byte != b' ' {
            before = byte;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(rendered(text).first().map(String::as_str), Some(expected), "{text}");
    }

    #[test]
    fn what_is_shown_knows_where_it_stood() {
        let text = "1. <b>one</b> [two](http://e)\n 2) three é\nv1.2 four";
        let shown = shown(text).unwrap();
        assert_eq!(shown.text, "one [two]\nthree é\nv1.2 four");
        for word in ["one", "two", "three", "é", "v1.2", "four"] {
            assert_eq!(shown.place(shown.text.find(word).unwrap()), text.find(word).unwrap(), "{word}");
        }
        let end = shown.text.find(" four").unwrap();
        assert_eq!(&text[shown.run(0..end)], "one</b> [two](http://e)\n 2) three é\nv1.2");
        assert!(super::shown("1 < 2, v. 3").is_none());
    }

    #[test]
    fn what_is_not_shown_goes() {
        check("a<b>b</b><!-- x > -->c[d](http://e)", "abc[d]");
        check("1 < 2 <b [a](x) [b](y)", "1 < 2 <b [a] [b]");
        check("1 <!-- 2 [a](x) ](b <i>c</i>", "1 <!-- 2 [a] ](b c");
        check("<i title=\"a>b\">x</i> <i title=it's>y</i>", "x y");
        check("<w><![CDATA[one]]></w><w><![CDATA[two]]></w>", "onetwo");
        check("[one][1] [two][2] three[^note]", "[one] [two] three");
        assert_eq!(rendered("a <b [c](d) e > f")[1], "a <b [c] e > f");
        assert_eq!(rendered("1 < 2 [a] b]"), Vec::<String>::new());
    }
}
