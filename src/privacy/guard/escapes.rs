//! Undoes what writes a character as several others: percent signs, HTML entities, the escapes of JSON and its
//! relatives, quoted-printable. Each gives the text changed, or nothing where there was nothing to undo.

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
            b'%' => hex(bytes, at + 1, 2).map(|byte| (Said::Byte(byte as u8), 3)),
            b'&' => entity(&bytes[at..]),
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
    changed.then(|| String::from_utf8_lossy(&out).into_owned())
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
    changed.then(|| String::from_utf8_lossy(&out).into_owned())
}

/// Takes out what a reader of a rendered page would not see: tags, comments, the addresses of links.
pub fn rendered(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['<', ']']) {
        let (open, close) = match rest.as_bytes()[at] {
            b'<' if rest[at..].starts_with("<!--") => (at, "-->"),
            b'<' => (at, ">"),
            _ if rest[at + 1..].starts_with('(') => (at, ")"),
            _ => (at, ""),
        };
        let end = rest[open..].find(close).filter(|_| !close.is_empty());
        match end {
            Some(end) => {
                out.push_str(&rest[..open]);
                rest = &rest[open + end + close.len()..];
            }
            None => {
                out.push_str(&rest[..=at]);
                rest = &rest[at + 1..];
                // Nothing closes behind here either: looking on would take a time that grows with the square.
                if !close.is_empty() {
                    break;
                }
            }
        }
    }
    out.push_str(rest);
    (out.len() < text.len()).then_some(out)
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

/// `&amp;`, `&#65;`, `&#x41;`; the closing semicolon may be missing behind a number.
fn entity(bytes: &[u8]) -> Option<(Said, usize)> {
    let body = &bytes[1..bytes.len().min(12)];
    if body.first() == Some(&b'#') {
        let is_hex = matches!(body.get(1), Some(b'x' | b'X'));
        let from = if is_hex { 2 } else { 1 };
        let is_digit = |byte: &&u8| if is_hex { byte.is_ascii_hexdigit() } else { byte.is_ascii_digit() };
        let digits = body[from..].iter().take_while(is_digit).count();
        let text = std::str::from_utf8(&body[from..from + digits]).ok()?;
        let code = u32::from_str_radix(text, if is_hex { 16 } else { 10 }).ok()?;
        let closed = usize::from(body.get(from + digits) == Some(&b';'));
        return Some((Said::Character(char::from_u32(code)?), 1 + from + digits + closed));
    }
    let end = body.iter().position(|byte| *byte == b';')?;
    let c = match std::str::from_utf8(&body[..end]).ok()? {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" | "rsquo" | "lsquo" => '\'',
        "nbsp" | "ensp" | "emsp" | "thinsp" | "Tab" | "NewLine" => ' ',
        "bsol" => '\\',
        "percnt" => '%',
        "lowbar" => '_',
        "shy" | "zwj" | "zwnj" | "lrm" | "rlm" => return Some((Said::Nothing, end + 2)),
        // An accented letter, a ligature: its first letter is what it is folded to.
        name if ["acute", "grave", "circ", "uml", "tilde", "cedil", "ring", "slash", "caron"]
            .iter()
            .any(|mark| name.len() == mark.len() + 1 && name.ends_with(mark)) =>
        {
            char::from(body[0])
        }
        _ => return None,
    };
    Some((Said::Character(c), end + 2))
}

/// Escapes of JSON, JavaScript, C and Python, with one backslash; surrogates that come in pairs.
fn backslash(bytes: &[u8]) -> Option<(Said, usize)> {
    let (said, length) = match *bytes.get(1)? {
        b'n' | b't' | b'r' | b'f' | b'v' => (Said::Byte(b' '), 2),
        b'b' | b'a' | b'\n' => (Said::Nothing, 2),
        b'u' if bytes.get(2) == Some(&b'{') => {
            let end = bytes[3..bytes.len().min(12)].iter().position(|byte| *byte == b'}')?;
            (Said::Character(char::from_u32(hex(bytes, 3, end)?)?), end + 4)
        }
        b'u' => {
            let unit = hex(bytes, 2, 4)?;
            if (0xD800..0xDC00).contains(&unit) && bytes.get(6..8) == Some(b"\\u") {
                let low = hex(bytes, 8, 4).filter(|low| (0xDC00..0xE000).contains(low))?;
                let code = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
                (Said::Character(char::from_u32(code)?), 12)
            } else {
                (Said::Character(char::from_u32(unit)?), 6)
            }
        }
        b'U' => (Said::Character(char::from_u32(hex(bytes, 2, 8)?)?), 10),
        b'x' => (Said::Byte(hex(bytes, 2, 2)? as u8), 4),
        b'0'..=b'7' => {
            let digits = bytes[1..bytes.len().min(4)].iter().take_while(|b| matches!(b, b'0'..=b'7')).count();
            let code = bytes[1..=digits].iter().fold(0, |code, digit| code * 8 + u32::from(digit - b'0'));
            (Said::Byte(code as u8), digits + 1)
        }
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
        check(r"\ud83d\u0041", r"\ud83dA");
        assert_eq!(unescape("100% & more \\"), None);
        assert_eq!(quoted_printable("na=C3=AFve=\r\nly").as_deref(), Some("naïvely"));
        assert_eq!(rendered("a<b>b</b><!-- x > -->c[d](http://e)").as_deref(), Some("abc[d"));
    }
}
