//! Undoes what writes a character as several others: percent signs, HTML entities, the escapes of JSON and its
//! relatives, quoted-printable. Each gives the text changed, or nothing where there was nothing to undo.
//!
//! What stands for no character (half a pair of surrogates, a code beyond Unicode) becomes nothing, as in a reader that
//! forgives; bytes that are no UTF-8 are read as Latin-1.

use super::charsets::utf8_or_latin;
use super::entities::entity;

/// Undoes percent signs, entities and backslashes, all in one pass, once.
pub fn unescape(text: &str) -> Option<String> {
    if !text.bytes().any(|byte| matches!(byte, b'%' | b'&' | b'\\')) {
        return None;
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let (mut at, mut changed) = (0, false);
    while at < bytes.len() {
        let found = match bytes[at] {
            b'%' => percent(&bytes[at..]),
            b'&' => entity(&bytes[at..])
                .map(|(character, length)| (character.map_or(Said::Nothing, Said::Character), length)),
            b'\\' => backslash(&bytes[at..]),
            _ => None,
        };
        match found {
            Some((said, length)) => {
                said.write(&mut out);
                at += length;
                changed = true;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    changed.then(|| utf8_or_latin(&out))
}

/// Undoes quoted-printable (RFC 2045): `=41`, and an equals sign at the end of a line.
pub fn quoted_printable(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let (mut at, mut changed) = (0, false);
    while at < bytes.len() {
        if bytes[at] == b'=' {
            let line_end = bytes[at + 1..].iter().position(|byte| !matches!(byte, b' ' | b'\r'));
            if let Some(byte) = hex(bytes, at + 1, 2) {
                out.push(byte as u8);
                at += 3;
                changed = true;
                continue;
            }
            if let Some(blanks) = line_end
                && bytes[at + 1 + blanks] == b'\n'
            {
                at += blanks + 2;
                changed = true;
                continue;
            }
        }
        out.push(bytes[at]);
        at += 1;
    }
    changed.then(|| utf8_or_latin(&out))
}

/// Whether the text has escapes that stand for a character by its number, which plain text hardly has.
pub fn has_numbered_escapes(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.iter().enumerate().any(|(at, byte)| match byte {
        b'%' => percent(&bytes[at..]).is_some(),
        b'&' => bytes.get(at + 1) == Some(&b'#') && entity(&bytes[at..]).is_some(),
        b'\\' => matches!(bytes.get(at + 1), Some(b'u' | b'x' | b'U')) && backslash(&bytes[at..]).is_some(),
        b'U' | b'u' => bytes.get(at + 1) == Some(&b'+') && hex(bytes, at + 2, 2).is_some(),
        _ => false,
    })
}

/// How many escapes a text has that say something: hardly one does in a text that was turned round.
pub fn escapes(text: &str) -> usize {
    let bytes = text.as_bytes();
    let says = |(at, byte): (usize, &u8)| match byte {
        b'%' => percent(&bytes[at..]).is_some(),
        b'&' => entity(&bytes[at..]).is_some(),
        b'\\' => matches!(bytes.get(at + 1), Some(b'n' | b'r' | b't' | b'u' | b'x' | b'"' | b'0'..=b'7')),
        _ => false,
    };
    bytes.iter().enumerate().filter(|place| says(*place)).count()
}

/// Makes letters of what was hidden in invisible characters: tags, and variation selectors as bytes.
pub fn invisible(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    for c in text.chars() {
        match c as u32 {
            tag @ 0xE0020..=0xE007E => bytes.push((tag - 0xE0000) as u8),
            selector @ 0xFE00..=0xFE0F => bytes.push((selector - 0xFE00) as u8),
            selector @ 0xE0100..=0xE01EF => bytes.push((selector - 0xE0100 + 16) as u8),
            _ => {}
        }
    }
    (bytes.len() >= 12).then(|| String::from_utf8_lossy(&bytes).into_owned())
}

enum Said {
    Byte(u8),
    Character(char),
    Nothing,
}

impl Said {
    fn write(self, out: &mut Vec<u8>) {
        match self {
            Said::Byte(byte) => out.push(byte),
            Said::Character(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            Said::Nothing => {}
        }
    }
}

fn hex(bytes: &[u8], at: usize, digits: usize) -> Option<u32> {
    let text = std::str::from_utf8(bytes.get(at..at + digits)?).ok()?;
    text.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u32::from_str_radix(text, 16).ok())?
}

/// `%41`, and `%u0041` as JavaScript's old function writes it.
fn percent(bytes: &[u8]) -> Option<(Said, usize)> {
    match bytes.get(1) {
        Some(b'u' | b'U') => unit(bytes, 2),
        _ => hex(bytes, 1, 2).map(|byte| (Said::Byte(byte as u8), 3)),
    }
}

/// A unit of UTF-16 in four digits, or two that make a pair, each behind the same mark.
fn unit(bytes: &[u8], mark: usize) -> Option<(Said, usize)> {
    let (high, end) = (hex(bytes, mark, 4)?, mark + 4);
    if (0xD800..0xDC00).contains(&high)
        && bytes.get(end..end + mark) == bytes.get(..mark)
        && let Some(low) = hex(bytes, end + mark, 4).filter(|low| (0xDC00..0xE000).contains(low))
    {
        let code = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
        return Some((coded(code), end * 2));
    }
    Some((coded(high), end))
}

fn coded(code: u32) -> Said {
    char::from_u32(code).map_or(Said::Nothing, Said::Character)
}

/// Escapes of JSON, JavaScript, C and Python, with one backslash; surrogates that come in pairs.
fn backslash(bytes: &[u8]) -> Option<(Said, usize)> {
    let (said, length) = match *bytes.get(1)? {
        b'n' | b't' | b'r' | b'f' | b'v' => (Said::Byte(b' '), 2),
        b'b' | b'a' | b'\n' => (Said::Nothing, 2),
        b'u' if bytes.get(2) == Some(&b'{') => {
            let end = bytes[3..bytes.len().min(12)].iter().position(|byte| *byte == b'}')?;
            (coded(hex(bytes, 3, end)?), end + 4)
        }
        b'u' => unit(bytes, 2)?,
        b'U' => (coded(hex(bytes, 2, 8)?), 10),
        b'x' => (Said::Byte(hex(bytes, 2, 2)? as u8), 4),
        b'0'..=b'7' => {
            let digits = bytes[1..bytes.len().min(4)].iter().take_while(|b| matches!(b, b'0'..=b'7')).count();
            let code = bytes[1..=digits].iter().fold(0, |code, digit| code * 8 + u32::from(digit - b'0'));
            (Said::Byte(code as u8), digits + 1)
        }
        // What is escaped twice over: the other escape comes first.
        b'&' | b'%' => return None,
        sign if sign.is_ascii_punctuation() => (Said::Byte(sign), 2),
        // A hexadecimal code as CSS writes it.
        _ => {
            let digits = bytes[1..bytes.len().min(7)].iter().take_while(|b| b.is_ascii_hexdigit()).count();
            let blank = usize::from(bytes.get(digits + 1) == Some(&b' '));
            (
                Said::Character(char::from_u32(hex(bytes, 1, digits).filter(|_| digits >= 2)?)?),
                digits + 1 + blank,
            )
        }
    };
    Some((said, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(unescape(text).as_deref(), Some(expected));
    }

    #[test]
    fn what_stands_for_a_character_becomes_it() {
        check("a%20b%C3%A9", "a bé");
        check("a&amp;b&#65;&#x42;&eacute;&shy;", "a&bABe");
        check(r#"\u0041\u{42}\x43\104\"\n\ud83d\ude00\U00000041"#, "ABCD\" 😀A");
        check(r"\\u0041", r"\u0041");
        check(r"a\ud83d\u0041\udc00b", "aAb");
        check("%u6211%uD83D%uDE00%ud800 a%FC%C3%BC", "我😀 aüü");
        check(r"\&#117;0041\%75", r"\u0041\u");
        assert_eq!(unescape("100% & more \\"), None);
        assert_eq!(quoted_printable("na=C3=AFve=\r\nly=EF").as_deref(), Some("naïvelyï"));
        assert!(
            has_numbered_escapes("a %41") && has_numbered_escapes("&#65;") && has_numbered_escapes(r"\u0041")
        );
        assert!(has_numbered_escapes("U+0041") && !has_numbered_escapes(r#"100% \" \n &amp; U+"#));
    }
}
