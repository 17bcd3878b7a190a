//! Undoes what writes a character as several others: percent signs, HTML entities, the escapes of JSON and its
//! relatives, quoted-printable. Each gives the text changed, or nothing where there was nothing to undo.
//!
//! What stands for no character (half a pair of surrogates, a code beyond Unicode) becomes nothing, as in a reader that
//! forgives; bytes that are no UTF-8 are read as Latin-1.

use std::ops::Range;

use super::charsets::utf8_or_latin;
use super::entities::entity;

/// Undoes percent signs, entities and backslashes, all in one pass, once: what they stand for, with what is around them.
pub fn unescape(text: &str) -> Option<String> {
    let mut undone = Undone::of(text);
    each_escape(text, |said, part| undone.says(&said, part));
    undone.text()
}

/// How many escapes it undoes.
pub fn unescaped(text: &str) -> usize {
    let mut count = 0;
    each_escape(text, |_, _| count += 1);
    count
}

/// Tells each escape: what it says, and where it stands.
fn each_escape(text: &str, mut tell: impl FnMut(Said, Range<usize>)) {
    let bytes = text.as_bytes();
    let mut at = 0;
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
                tell(said, at..at + length);
                at += length;
            }
            None => at += 1,
        }
    }
}

/// A text of which parts are undone, and with each what stands around it: what is far from all of them was read before.
/// Else a long text with a sign of escaping here and there would be read whole again, in each of a hundred ways.
struct Undone<'a> {
    of: &'a str,
    out: Vec<u8>,
    /// Up to where the text is told; none where no part was yet.
    told: Option<usize>,
}

/// Bytes around a part that are told with it: more than forty words, of letters of three bytes too.
const AROUND: usize = 1000;

impl<'a> Undone<'a> {
    fn of(of: &'a str) -> Self {
        Undone { of, out: Vec::new(), told: None }
    }

    /// Puts what a part says in its place; parts come in their order.
    fn says(&mut self, said: &Said, part: Range<usize>) {
        let from = self.of.floor_char_boundary(part.start.saturating_sub(AROUND));
        let bytes = self.of.as_bytes();
        match self.told {
            Some(told) if told + AROUND < from => {
                self.out.extend_from_slice(&bytes[told..self.of.ceil_char_boundary(told + AROUND)]);
                self.out.push(b'\n');
                self.out.extend_from_slice(&bytes[from..part.start]);
            }
            told => self.out.extend_from_slice(&bytes[told.unwrap_or(from)..part.start]),
        }
        said.write(&mut self.out);
        self.told = Some(part.end);
    }

    fn text(mut self) -> Option<String> {
        let told = self.told?;
        let end = self.of.ceil_char_boundary((told + AROUND).min(self.of.len()));
        self.out.extend_from_slice(&self.of.as_bytes()[told..end]);
        Some(utf8_or_latin(&self.out))
    }
}

/// Undoes quoted-printable (RFC 2045): `=41`, and an equals sign at the end of a line; with what is around them.
pub fn quoted_printable(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut undone = Undone::of(text);
    let mut at = 0;
    while at < bytes.len() {
        let mut length = 1;
        if bytes[at] == b'=' {
            let line_end = bytes[at + 1..].iter().position(|byte| !matches!(byte, b' ' | b'\r'));
            if let Some(byte) = hex(bytes, at + 1, 2) {
                length = 3;
                undone.says(&Said::Byte(byte as u8), at..at + length);
            } else if let Some(blanks) = line_end
                && bytes[at + 1 + blanks] == b'\n'
            {
                length = blanks + 2;
                undone.says(&Said::Nothing, at..at + length);
            }
        }
        at += length;
    }
    undone.text()
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

/// Whether the text has letters by their names, closed by a semicolon (`&eacute;`).
pub fn has_named_letters(text: &str) -> bool {
    let bytes = text.as_bytes();
    let named = |at: usize| {
        let (character, length) = entity(&bytes[at..])?;
        Some(character?.is_alphabetic() && bytes[at + length - 1] == b';')
    };
    (0..bytes.len()).any(|at| bytes[at] == b'&' && named(at) == Some(true))
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

/// Makes letters of what was hidden in invisible characters: tags, and variation selectors as bytes. Tags may stand among
/// letters that are seen, since only ASCII has tags.
pub fn invisible(text: &str) -> Vec<String> {
    let (mut bytes, mut is_seen) = (Vec::new(), false);
    for c in text.chars() {
        match c as u32 {
            tag @ 0xE0020..=0xE007E => bytes.push((tag - 0xE0000) as u8),
            selector @ 0xFE00..=0xFE0F => bytes.push((selector - 0xFE00) as u8),
            selector @ 0xE0100..=0xE01EF => bytes.push((selector - 0xE0100 + 16) as u8),
            _ => is_seen |= c.is_alphanumeric(),
        }
    }
    let mut found = Vec::new();
    if bytes.len() >= 12 {
        found.push(String::from_utf8_lossy(&bytes).into_owned());
    }
    let is_tag = |c: char| matches!(c, '\u{E0020}'..='\u{E007E}');
    if is_seen && text.contains(is_tag) {
        let shown = |c: char| if is_tag(c) { char::from((c as u32 - 0xE0000) as u8) } else { c };
        found.push(text.chars().map(shown).collect());
    }
    found
}

enum Said {
    Byte(u8),
    Character(char),
    Nothing,
}

impl Said {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Said::Byte(byte) => out.push(*byte),
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
    fn of_a_long_text_what_is_far_from_any_escape_is_left_out() {
        let (far, near) = ("ä".repeat(3 * AROUND), "é".repeat(AROUND / 2));
        let told = unescape(&format!("{far}%41{far}&#66;{far}")).unwrap();
        assert_eq!(
            told,
            "ä".repeat(AROUND / 2)
                + "A"
                + &"ä".repeat(AROUND / 2)
                + "\n"
                + &"ä".repeat(AROUND / 2)
                + "B"
                + &"ä".repeat(AROUND / 2)
        );
        check(&format!("{near}%41{near}%42{near}"), &format!("{near}A{near}B{near}"));
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
        assert!(has_named_letters("caf&eacute;") && !has_named_letters("a &amp; b &eacute"));
        assert!(has_numbered_escapes("U+0041") && !has_numbered_escapes(r#"100% \" \n &amp; U+"#));
    }
}
