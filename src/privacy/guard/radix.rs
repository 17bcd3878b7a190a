//! Finds text that was written in digits: base64 (any alphabet, with or without padding and line breaks), base32 (in
//! capitals), hex, binary, and lists of character codes.
//!
//! Separators are skipped, so that line breaks, quotes and the like inside change nothing, and every alignment is
//! tried, backwards too, so that what stands before changes nothing. Of the bytes that come out only stretches that
//! read as text are kept; in other bytes such a stretch is a matter of one in millions. Plain text is passed over
//! quickly: words have letters that are no hex digits, and hardly change between capitals and small letters.

/// Bytes of text in a row that are no accident.
const SHORTEST: usize = 16;

/// Letters in such a text, at least.
const FEWEST_LETTERS: usize = 8;

/// Of as many digits of base64 as give so many bytes, a few change between capitals, small letters and figures; in
/// encoded English a dozen do, in English hardly one.
const WINDOW: usize = 22;
const FEWEST_CHANGES: usize = 4;

/// Every text that was found written in digits, one for each way and alignment.
pub fn written_in_digits(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for run in mixed_runs(text) {
        decode(run, 6, 4, &mut found);
    }
    // What stands before each byte, or behind it in a text turned round.
    for marks in [["0x", "\\x"], ["x0", "x\\"]] {
        let unmarked = marks.iter().fold(text.to_owned(), |text, mark| text.replace(mark, " "));
        runs(&unmarked, hex, SHORTEST * 2).into_iter().for_each(|run| decode(run, 4, 2, &mut found));
    }
    runs(text, base32, SHORTEST * 8 / 5).into_iter().for_each(|run| decode(run, 5, 8, &mut found));
    let unmarked = text.replace("0b", " ");
    runs(&unmarked, binary, SHORTEST * 8).into_iter().for_each(|run| decode(run, 1, 8, &mut found));
    found.extend(character_codes(text));
    found.sort_unstable();
    found.dedup();
    found
}

/// Reads digits at every alignment, both ways.
fn decode(mut digits: Vec<u8>, bits: u32, alignments: usize, found: &mut Vec<String>) {
    for _backwards in [false, true] {
        for skipped in 0..alignments.min(digits.len()) {
            found.extend(readable(&packed(&digits[skipped..], bits)));
        }
        digits.reverse();
    }
}

/// Runs of digits with nothing but separators between them.
fn runs(text: &str, digit: fn(u8) -> Option<u8>, shortest: usize) -> Vec<Vec<u8>> {
    let (mut runs, mut run) = (Vec::new(), Vec::new());
    for byte in text.bytes().chain([b'z']) {
        match digit(byte) {
            Some(digit) => run.push(digit),
            None if byte.is_ascii_alphanumeric() || byte >= 0x80 => {
                if run.len() >= shortest {
                    runs.push(std::mem::take(&mut run));
                }
                run.clear();
            }
            None => {}
        }
    }
    runs
}

/// Runs of digits of base64 that change between kinds as words don't, with what is around them.
fn mixed_runs(text: &str) -> Vec<Vec<u8>> {
    let mut digits = Vec::with_capacity(text.len());
    let mut changes = Vec::with_capacity(text.len());
    let mut kind_before = 0;
    for byte in text.bytes() {
        let Some(digit) = base64(byte) else { continue };
        let kind = match digit {
            0..26 => 1,
            26..52 => 2,
            _ => 3,
        };
        digits.push(digit);
        changes.push(usize::from(kind != kind_before));
        kind_before = kind;
    }
    let mut runs: Vec<std::ops::Range<usize>> = Vec::new();
    let mut changed = 0;
    for end in 1..=digits.len() {
        changed += changes[end - 1];
        if end > WINDOW {
            changed -= changes[end - 1 - WINDOW];
        }
        if end >= WINDOW && changed >= FEWEST_CHANGES {
            let run = end.saturating_sub(2 * WINDOW)..(end + WINDOW).min(digits.len());
            match runs.last_mut() {
                Some(last) if last.end >= run.start => last.end = run.end,
                _ => runs.push(run),
            }
        }
    }
    runs.into_iter().map(|run| digits[run].to_vec()).collect()
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
    (found.chars().filter(|c| c.is_alphanumeric() || !c.is_ascii()).count() >= FEWEST_LETTERS)
        .then_some(found)
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
