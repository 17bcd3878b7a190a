//! Finds text in bytes that came out of digits, whatever it was written in: UTF-8, Latin-1, UTF-16, UTF-32.
//!
//! Only stretches that read as text are kept. In UTF-8 such a stretch is no accident. In Latin-1 its letters beyond ASCII
//! stand alone among others; in UTF-16, where most pairs of bytes are some letter, it is of one script.

/// Bytes of text in a row that are no accident.
pub const SHORTEST: usize = 16;

/// Letters in such a text, at least.
const FEWEST_LETTERS: usize = 8;

/// Characters of two bytes or four in a row that are no accident where they are of one script.
const SHORTEST_WIDE: usize = 8;

/// Every text that the bytes hold.
pub fn texts(bytes: &[u8]) -> Vec<String> {
    let mut found: Vec<String> = readable(bytes).into_iter().chain(latin(bytes)).collect();
    found.extend(wide(bytes));
    found
}

/// The stretches that read as UTF-8, zero bytes (of wider encodings) left out.
pub fn readable(bytes: &[u8]) -> Option<String> {
    let mut found = String::new();
    let (mut from, mut at) = (0, 0);
    while at <= bytes.len() {
        let length = bytes.get(at).map_or(0, |byte| match byte {
            0 | b'\t'..=b'\r' | 0x20..=0x7E => 1,
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
    said(found)
}

fn said(found: String) -> Option<String> {
    let letters = found.chars().filter(|c| c.is_alphanumeric() || !c.is_ascii()).count();
    (letters >= FEWEST_LETTERS).then_some(found)
}

fn character_length(bytes: &[u8]) -> usize {
    let length = match bytes[0] {
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        _ => 4,
    };
    bytes.get(..length).is_some_and(|bytes| std::str::from_utf8(bytes).is_ok()) as usize * length
}

/// A byte as Latin-1 has it, or rather windows-1252, which knows a few letters more.
pub fn latin_character(byte: u8) -> char {
    match byte {
        0x8A => 'Š',
        0x8C => 'Œ',
        0x8E => 'Ž',
        0x9A => 'š',
        0x9C => 'œ',
        0x9E => 'ž',
        0x9F => 'Ÿ',
        byte => char::from(byte),
    }
}

/// Bytes as UTF-8, each that is none as Latin-1.
pub fn utf8_or_latin(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|byte| latin_character(*byte)));
    }
    text
}

/// The stretches that read as Latin-1 and as nothing else.
fn latin(bytes: &[u8]) -> Option<String> {
    let mut found = String::new();
    let (mut from, mut high, mut row) = (0, 0, 0);
    for (at, byte) in bytes.iter().copied().chain([1]).enumerate() {
        let is_high = byte >= 0x80;
        row = if is_high { row + 1 } else { 0 };
        if matches!(byte, 0 | b'\t'..=b'\r' | 0x20..=0x7E | 0x8A..=0x9F | 0xA0..) && row <= 2 {
            high += usize::from(is_high);
            continue;
        }
        let stretch = &bytes[from..at];
        if stretch.len() >= SHORTEST
            && high > 0
            && high * 3 <= stretch.len()
            && std::str::from_utf8(stretch).is_err()
        {
            found.extend(stretch.iter().filter(|byte| **byte != 0).map(|byte| latin_character(*byte)));
            found.push('\n');
        }
        (from, high, row) = (at + 1, 0, 0);
    }
    said(found)
}

/// The stretches that read as UTF-16 or UTF-32 in either order of bytes, wherever they begin.
pub fn wide(bytes: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    let is_printable = |byte: u8| (0x20..0x7F).contains(&byte);
    let printable = bytes.iter().filter(|byte| is_printable(**byte)).count();
    // ASCII two by two is Chinese; but every second byte of it is no nought.
    if printable * 10 < bytes.len() * 9 || (0..2).any(|high| has_row_of_hiragana(bytes, high)) {
        for high in (0..2).filter(|high| has_row_of_one_script(bytes, *high)) {
            for (skipped, number) in
                [(high, u16::from_be_bytes as fn([u8; 2]) -> u16), (1 - high, u16::from_le_bytes)]
            {
                let units = bytes[skipped..].as_chunks().0.iter().map(|two| number(*two));
                let chars = char::decode_utf16(units).map(|c| c.unwrap_or('\u{FFFD}'));
                found.extend(of_one_script(chars));
            }
        }
    }
    // Of four bytes at least one is zero, of most characters two.
    if bytes.iter().filter(|byte| **byte == 0).count() * 4 >= bytes.len() {
        for skipped in 0..bytes.len().min(4) {
            for number in [u32::from_le_bytes, u32::from_be_bytes] {
                let codes = bytes[skipped..].as_chunks().0.iter().map(|four| number(*four));
                found.extend(of_one_script(codes.map(|code| char::from_u32(code).unwrap_or('\u{FFFD}'))));
            }
        }
    }
    found
}

/// Hiragana whose two bytes are both ASCII, `0A` to `0~`.
const HIRAGANA: std::ops::Range<char> = '\u{3041}'..'\u{307F}';

/// Whether every second byte is a nought for a while, and none between them a figure.
fn has_row_of_hiragana(bytes: &[u8], high: usize) -> bool {
    let mut row = 0;
    bytes.get(high..).unwrap_or_default().as_chunks().0.iter().any(|[high, low]| {
        row = if *high == b'0' && (0x41..=0x96).contains(low) { row + 1 } else { 0 };
        row >= SHORTEST_WIDE
    })
}

/// A quick look at the upper bytes alone, every second from the first or from the second on: in most bytes that are no UTF-16 no row of them is of one script.
fn has_row_of_one_script(bytes: &[u8], high: usize) -> bool {
    let (mut row, mut script) = (0, 0);
    for byte in bytes.iter().skip(high).step_by(2) {
        let of = SCRIPTS[usize::from(*byte)];
        if of == NO_SCRIPT {
            (row, script) = (0, 0);
            continue;
        }
        if of != 0 && script != 0 && of != script {
            (row, script) = (0, 0);
        }
        script = script.max(of);
        row += 1;
        if row >= SHORTEST_WIDE {
            return true;
        }
    }
    false
}

const NO_SCRIPT: u8 = u8::MAX;

/// By the upper byte of a unit what [`script`] says of some characters with it; a half of a pair goes with any script.
static SCRIPTS: [u8; 256] = {
    let mut scripts = [NO_SCRIPT; 256];
    let mut high = 0;
    while high < 256 {
        scripts[high] = match high {
            0x00..=0x02 | 0x1E | 0x20 | 0x30 | 0xD8..=0xDF | 0xFF => 0,
            0x03 | 0x1F => 1,
            0x06..=0x08 | 0xFB..=0xFE => 6,
            0x4E..=0x9F => 0x4E,
            0xAC..=0xD7 => 0xAC,
            0x04..=0x1C | 0xA0..=0xAB => high as u8,
            _ => NO_SCRIPT,
        };
        high += 1;
    }
    scripts
};

/// The stretches of characters of one script and of what every script has.
fn of_one_script(chars: impl Iterator<Item = char>) -> Option<String> {
    let (mut found, mut stretch, mut script) = (String::new(), String::new(), 0);
    let (mut count, mut doubtful) = (0, 0);
    for c in chars.chain(['\u{FFFD}']) {
        let of = self::script(c);
        if of != Some(0) && of != Some(script) && script != 0 || of.is_none() {
            // What could as well be two letters of ASCII each says nothing.
            if count >= SHORTEST_WIDE && doubtful * 2 <= count && !stretch.is_ascii() {
                found.push_str(&stretch);
                found.push('\n');
            }
            stretch.clear();
            (script, count, doubtful) = (0, 0, 0);
        }
        if let Some(of) = of {
            script = script.max(of);
            stretch.push(c);
            count += 1;
            let [high, low] = (c as u32 as u16).to_be_bytes();
            let is_printable = |byte: u8| (0x20..0x7F).contains(&byte);
            doubtful += usize::from(is_printable(high) && is_printable(low) && !HIRAGANA.contains(&c));
        }
    }
    said(found)
}

/// A number for a script, none for what is hardly ever in a text, zero for what is in texts of every script.
fn script(c: char) -> Option<u32> {
    match c as u32 {
        0x09..=0x0D | 0x20..=0x7E | 0xA0..=0x24F | 0x300..=0x36F | 0x1E00..=0x1EFF | 0x2000..=0x206F => {
            Some(0)
        }
        0x3000..=0x30FF | 0xFEFF..=0xFFEF | 0x1F000..=0x1FAFF => Some(0),
        0x370..=0x3FF | 0x1F00..=0x1FFF => Some(1),
        0x600..=0x8FF | 0xFB50..=0xFDFF | 0xFE70..=0xFEFE => Some(6),
        0x4E00..=0x9FFF | 0x20000..=0x3FFFF => Some(0x4E),
        0xAC00..=0xD7A3 => Some(0xAC),
        code @ (0x400..=0x1CFF | 0xA000..=0xABFF) => Some(code >> 8),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn finds(bytes: &[u8], expected: &str) {
        let found = texts(bytes);
        assert!(found.iter().any(|found| found.contains(expected)), "{found:?}");
    }

    #[test]
    fn text_is_found_in_whatever_it_was_written() {
        finds("one\x0ctwo\x0bthree four five".as_bytes(), "one\x0ctwo");
        finds(&"der müde Bäcker im Grünen".chars().map(|c| c as u8).collect::<Vec<_>>(), "müde Bäcker");
        let chinese = "我外婆在老屋后院种了七棵石榴树";
        let units = |text: &str| text.encode_utf16().collect::<Vec<_>>();
        finds(&units(chinese).iter().flat_map(|unit| unit.to_le_bytes()).collect::<Vec<_>>(), chinese);
        let cyrillic: Vec<u8> = [7]
            .into_iter()
            .chain(units("рыжики в бочке").iter().flat_map(|unit| unit.to_be_bytes()))
            .collect();
        finds(&cyrillic, "рыжики в бочке");
        finds(&chinese.chars().flat_map(|c| (c as u32).to_be_bytes()).collect::<Vec<_>>(), chinese);
        let hiragana = "わたしのそぼはにわにざくろをうえた";
        for spread in [u16::to_be_bytes as fn(u16) -> [u8; 2], u16::to_le_bytes] {
            finds(&units(hiragana).into_iter().flat_map(spread).collect::<Vec<_>>(), hiragana);
        }
        finds(&hiragana.chars().flat_map(|c| (c as u32).to_le_bytes()).collect::<Vec<_>>(), hiragana);
        assert_eq!(utf8_or_latin(b"\xC3\xA9t\xE9 \x9Cuf"), "été œuf");
    }

    #[test]
    fn plain_text_is_found_once() {
        assert_eq!(texts(b"sphinx of black quartz, judge my vow").len(), 1);
    }
}
