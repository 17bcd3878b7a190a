//! Fields one behind the other: a blank between them, but not amid an escape (`gr\u0`, `0fcn`), which a cut would hide.

/// What escapes begin with: JSON's and a program's, a URL's, HTML's, quoted-printable's.
const MARKS: [char; 4] = ['\\', '%', '&', '='];

/// Characters of an escape that was begun: `&CounterClockwiseContourIntegral` is rare enough to be read without.
const LONGEST: usize = 12;

/// Puts fields one behind the other.
pub fn join<'a>(fields: impl IntoIterator<Item = &'a str>) -> String {
    let mut joined = String::new();
    for field in fields {
        push(&mut joined, field);
    }
    joined
}

/// Puts one more field behind others.
pub fn push(joined: &mut String, field: &str) {
    if !joined.is_empty() && !goes_on(joined, field) {
        joined.push(' ');
    }
    joined.push_str(field);
}

/// Whether a field goes on with an escape that was begun before it, or with the next byte of the same character. Where it
/// only seems so, a blank is lost, which no letter is told by.
fn goes_on(before: &str, field: &str) -> bool {
    let Some(next) = field.chars().next() else { return true };
    let tail = &before[before.ceil_char_boundary(before.len().saturating_sub(LONGEST))..];
    let Some(at) = tail.rfind(MARKS) else { return false };
    let (mark, begun) = (tail.as_bytes()[at], &tail[at + 1..]);
    let may_go_on = next.is_ascii_alphanumeric() || matches!(next, '#' | ';' | '{' | '}' | '+');
    may_go_on && is_begun(mark, begun) || next as u32 == u32::from(mark) && is_half(mark, begun)
}

/// Whether an escape behind its mark is not at its end.
fn is_begun(mark: u8, begun: &str) -> bool {
    let hex = |digits: &str, most: usize| {
        digits.len() < most && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    match (mark, begun.chars().next()) {
        (_, None) => true,
        (b'\\' | b'%', Some('u' | 'U')) => {
            hex(&begun[1..], if begun.starts_with('U') { 8 } else { 4 })
                || begun[1..].strip_prefix(['{', '+']).is_some_and(|digits| hex(digits, 7))
        }
        (b'\\', Some('x')) => {
            hex(&begun[1..], 2) || begun[1..].strip_prefix('{').is_some_and(|digits| hex(digits, 7))
        }
        (b'\\', Some('0'..='7')) => begun.len() < 3 && begun.bytes().all(|byte| byte.is_ascii_digit()),
        (b'%' | b'=', _) => hex(begun, 2),
        (b'&', _) => begun.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'#'),
        _ => false,
    }
}

/// Whether an escape behind its mark is whole and no whole character: a byte of UTF-8, half a pair of UTF-16.
fn is_half(mark: u8, begun: &str) -> bool {
    let digits = begun.trim_start_matches(['u', 'U', 'x']);
    let number = |radix| u32::from_str_radix(digits, radix).unwrap_or(0);
    match (mark, digits.len()) {
        (b'\\' | b'%' | b'=', 2) => number(16) >= 0x80,
        (b'\\', 3) => number(8) >= 0x80,
        (b'\\' | b'%', 4) => (0xD800..0xDC00).contains(&number(16)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escape_is_put_together_wherever_it_is_cut() {
        for escaped in [
            r"f\u00e4hrt",
            r"f\U000000e4hrt",
            r"f\xc3\xa4hrt",
            r"f\303\244hrt",
            r"f\u{e4}hrt",
            "f%C3%A4hrt",
            "f%u00E4hrt",
            "f&auml;hrt",
            "f&#228;hrt",
            "f&#xe4;hrt",
            "f=C3=A4hrt",
            r"a\ud83e\udd94b",
        ] {
            for at in 2..escaped.len() - 4 {
                let (before, after) = escaped.split_at(at);
                let whole = join([before, after]) == escaped;
                let (begins, ends) = (escaped.find(MARKS).unwrap_or(0), escaped.len() - 3);
                assert!(whole || at <= begins || at >= ends, "{before} | {after}");
            }
            let letters: Vec<String> = escaped.chars().map(String::from).collect();
            let joined = join(letters.iter().map(String::as_str));
            let marked = &escaped[escaped.find(MARKS).unwrap_or(0)..escaped.len() - 3];
            assert!(joined.contains(marked), "{joined}");
        }
    }

    #[test]
    fn words_stay_apart() {
        assert_eq!(join(["the", "quick", "", "fox"]), "the quick fox");
        assert_eq!(join(["x = 12", "3%", " of it", "%74he", "%66ox"]), "x = 12 3%  of it %74he %66ox");
    }
}
