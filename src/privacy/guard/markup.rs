//! Takes out what a reader of a rendered page would not see: tags, comments, the addresses of links, footnotes.

/// Bytes within which a tag's quotes are looked at; in a longer one its first `>` ends it.
const LONGEST_QUOTED_TAG: usize = 400;

/// The text without tags and addresses, and without addresses alone: a tag that is none hides what is in it.
pub fn rendered(text: &str) -> Vec<String> {
    let mut ways: Vec<String> = [true, false].into_iter().filter_map(|tags| without(text, tags)).collect();
    ways.dedup();
    ways
}

fn without(text: &str, tags: bool) -> Option<String> {
    let mut out = String::with_capacity(text.len());
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
            Some(end) => rest = &from[end..],
            None => {
                if !close.is_empty() {
                    gone.push(close);
                }
                out.push_str(&from[..1]);
                rest = &from[1..];
                continue;
            }
        }
        if kept == 1 {
            out.push(']');
        }
    }
    out.push_str(rest);
    (out.len() < text.len()).then_some(out)
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
