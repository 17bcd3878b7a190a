//! Finds text that was written in digits: base64 (any alphabet, with or without padding and line breaks), base32, hex,
//! binary, and lists of character codes.
//!
//! Whatever is no digit is skipped, so that separators, quotes and line breaks inside change nothing, and every
//! alignment is tried, backwards too, so that what stands before changes nothing. Of the bytes that come out only stretches
//! that read as text are kept; in other bytes such a stretch is a matter of one in millions.

/// Bytes of text in a row that are no accident.
const SHORTEST: usize = 16;

/// Every text that was found written in digits, one for each way and alignment.
pub fn written_in_digits(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let tries: [(u32, fn(u8) -> Option<u8>); 4] = [(6, base64), (5, base32), (4, hex), (1, binary)];
    let (hexes, binaries) = (text.replace("0x", " "), text.replace("0b", " "));
    for (bits, digit) in tries {
        let source = match bits {
            4 => &hexes,
            1 => &binaries,
            _ => text,
        };
        let mut digits: Vec<u8> = source.bytes().filter_map(digit).collect();
        if digits.len() * bits as usize / 8 < SHORTEST {
            continue;
        }
        // Digits that lie across a byte's edge come back to it after so many.
        let alignments = match bits {
            6 => 4,
            4 => 2,
            _ => 8,
        };
        for _backwards in [false, true] {
            for skipped in 0..alignments.min(digits.len()) {
                found.extend(readable(&packed(&digits[skipped..], bits)));
            }
            digits.reverse();
        }
    }
    found.extend(character_codes(text));
    found
}

fn base64(byte: u8) -> Option<u8> {
    Some(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    })
}

fn base32(byte: u8) -> Option<u8> {
    Some(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a',
        b'2'..=b'7' => byte - b'2' + 26,
        _ => return None,
    })
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).map(|digit| digit as u8)
}

fn binary(byte: u8) -> Option<u8> {
    matches!(byte, b'0' | b'1').then(|| byte - b'0')
}

fn packed(digits: &[u8], bits: u32) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(digits.len() * bits as usize / 8);
    let (mut buffer, mut filled) = (0u32, 0);
    for digit in digits {
        buffer = (buffer << bits) | u32::from(*digit);
        filled += bits;
        if filled >= 8 {
            filled -= 8;
            bytes.push((buffer >> filled) as u8);
        }
    }
    bytes
}

/// The stretches that read as text, zero bytes (of wider encodings) left out.
pub fn readable(bytes: &[u8]) -> Option<String> {
    let mut found = String::new();
    let (mut from, mut at) = (0, 0);
    while at <= bytes.len() {
        let length = bytes.get(at).map_or(0, |byte| match byte {
            0 | b'\t' | b'\n' | b'\r' | 0x20..=0x7E => 1,
            0xC2..=0xF4 => character_length(&bytes[at..]),
            _ => 0,
        });
        if length > 0 {
            at += length;
            continue;
        }
        if at - from >= SHORTEST {
            found.extend(String::from_utf8_lossy(&bytes[from..at]).chars().filter(|c| *c != '\0'));
            found.push('\n');
        }
        at += 1;
        from = at;
    }
    (!found.is_empty()).then_some(found)
}

fn character_length(bytes: &[u8]) -> usize {
    let length = match bytes[0] {
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        _ => 4,
    };
    bytes.get(..length).is_some_and(|bytes| std::str::from_utf8(bytes).is_ok()) as usize * length
}

/// Numbers one behind the other that are codes of characters: `[72, 101, 108, …]`.
fn character_codes(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let (mut found, mut row) = (String::new(), String::new());
    let (mut at, mut apart) = (0, 0);
    let end = |row: &mut String, found: &mut String| {
        if row.len() >= SHORTEST {
            found.push_str(row);
            found.push('\n');
        }
        row.clear();
    };
    while at < bytes.len() {
        let digits = bytes[at..].iter().take(8).take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 {
            apart += 1;
            // A separator is short and has no letters.
            if bytes[at].is_ascii_alphabetic() || apart > 8 {
                end(&mut row, &mut found);
            }
            at += 1;
            continue;
        }
        let code = text[at..at + digits]
            .parse()
            .ok()
            .and_then(char::from_u32)
            .filter(|c| *c >= ' ' || c.is_whitespace());
        match code {
            Some(c) if digits < 8 => row.push(c),
            _ => end(&mut row, &mut found),
        }
        at += digits;
        apart = 0;
    }
    end(&mut row, &mut found);
    (!found.is_empty()).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn finds(text: &str, expected: &str) {
        let found = written_in_digits(text);
        assert!(found.iter().any(|found| found.contains(expected)), "{found:?}");
    }

    #[test]
    fn every_way_is_found_wherever_it_stands() {
        finds("q=VGhlIHJhaW4gaW4gU3BhaW4gZmFsbHM", "The rain in Spain falls");
        finds("x VGhlIHJh\r\naW4gaW4g\",\"U3BhaW4gZmFsbHM= y", "The rain in Spain falls");
        finds("546865207261696E20696E20537061696E", "The rain in Spain");
        finds(
            "0x54,0x68,0x65,0x20,0x72,0x61,0x69,0x6e,0x20,0x69,0x6e,0x20,0x53,0x70,0x61,0x69,0x6e",
            "The rain in Spain",
        );
        finds("[84,104,101,32,114,97,105,110,32,105,110,32,83,112,97,105,110]", "The rain in Spain");
        finds("KRUGKIDSMFUW4IDJNYQFG4DBNFXA", "The rain in Spain");
    }

    #[test]
    fn plain_text_is_not_read_as_digits() {
        let text =
            "Sphinx of black quartz, judge my vow; 12 jugs of liquor, packed in 5 dozen boxes. ".repeat(50);
        assert_eq!(written_in_digits(&text), Vec::<String>::new());
    }
}
