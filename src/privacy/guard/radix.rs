//! Finds text that was written in digits: base64 (any alphabet, with or without padding and line breaks), base32 (in
//! capitals), hex, binary, and lists of character codes (decimal, octal, `U+0048`).
//!
//! Separators are skipped, so that line breaks, quotes and the like inside change nothing, and every alignment is
//! tried, backwards too, so that what stands before changes nothing. What was encoded word by word is decoded so as well.
//! Of the bytes that come out only stretches that read as text are kept ([`super::charsets`]); in other bytes such a
//! stretch is a matter of one in millions. Plain text is passed over quickly: words have letters that are no hex
//! digits, and hardly change between capitals and small letters.

use std::borrow::Cow;
use std::collections::HashSet;

use super::charsets::{SHORTEST, texts};

/// Of as many digits of base64 as give so many bytes, a few change between capitals, small letters and figures; in
/// encoded English a dozen do, in English hardly one.
const WINDOW: usize = 22;
const FEWEST_CHANGES: usize = 4;

/// Codes in a row that are no accident.
const SHORTEST_ROW: usize = 8;

/// Of what was encoded word by word, so many words in a row may be none.
const MOST_BETWEEN: usize = 2;

/// Every text that was found written in digits, one for each way and alignment.
pub fn written_in_digits(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mixed = mixed_runs(text, base64);
    // The signs among the digits may be what separates them.
    if !mixed.is_empty() && text.bytes().any(|byte| matches!(byte, b'-' | b'_' | b'/' | b'+')) {
        let known: HashSet<&Vec<u8>> = mixed.iter().collect();
        let others = mixed_runs(text, base62).into_iter().filter(|run| !known.contains(run));
        others.for_each(|run| decode(run, 6, 4, &mut found));
    }
    mixed.into_iter().for_each(|run| decode(run, 6, 4, &mut found));
    if has_mixed_words(text) {
        let words = |back| [word_by_word(text, base64, 6, back), word_by_word(text, base62, 6, back)];
        found.extend([false, true].into_iter().flat_map(words).flatten());
    }
    if text.as_bytes().windows(2).any(|two| base32(two[0]).is_some() && base32(two[1]).is_some()) {
        found.extend([false, true].into_iter().filter_map(|back| word_by_word(text, base32, 5, back)));
    }
    // What stands before each byte, or behind it in a text turned round.
    let before = without(text, &["0x", "0X", "\\x"]);
    let behind = without(text, &["x0", "X0", "x\\"]);
    let both = [before, behind];
    // Most texts have neither.
    let some = if both.iter().all(|text| matches!(text, Cow::Borrowed(_))) { &both[..1] } else { &both };
    for unmarked in some {
        runs(unmarked, hex, SHORTEST * 2).into_iter().for_each(|run| decode(run, 4, 2, &mut found));
    }
    runs(text, base32, SHORTEST * 8 / 5).into_iter().for_each(|run| decode(run, 5, 8, &mut found));
    let figures = text.bytes().filter(u8::is_ascii_digit).count();
    if figures >= SHORTEST * 8 {
        let unmarked = without(text, &["0b"]);
        runs(&unmarked, binary, SHORTEST * 8).into_iter().for_each(|run| decode(run, 1, 8, &mut found));
    }
    if figures >= SHORTEST_ROW {
        found.extend(character_codes(text, 10));
        found.extend(character_codes(&without(text, &["0o", "0O"]), 8));
        found.extend(character_codes(&without(text, &["0b"]), 2));
    }
    // As Unicode's own tables, programs and style sheets write them.
    let marks = ["U+", "u+", "0x", "0X", "\\x", "\\u", "&H", "\\"];
    if marks.iter().any(|mark| text.contains(mark)) {
        found.extend(character_codes(&without(text, &marks), 16));
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The text with spaces for these marks; most texts have none and are not copied.
fn without<'a>(text: &'a str, marks: &[&str]) -> Cow<'a, str> {
    let found = marks.iter().filter(|mark| text.contains(**mark));
    found.fold(Cow::Borrowed(text), |text, mark| Cow::Owned(text.replace(mark, " ")))
}

/// Reads digits at every alignment, both ways.
fn decode(mut digits: Vec<u8>, bits: u32, alignments: usize, found: &mut Vec<String>) {
    for _backwards in [false, true] {
        for skipped in 0..alignments.min(digits.len()) {
            found.extend(texts(&packed(&digits[skipped..], bits)));
        }
        digits.reverse();
    }
}

/// Runs of digits with nothing but separators between them.
fn runs(text: &str, digit: impl Fn(u8) -> Option<u8>, shortest: usize) -> Vec<Vec<u8>> {
    let (mut runs, mut run) = (Vec::new(), Vec::new());
    for byte in text.bytes().chain(*b"z") {
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
fn mixed_runs(text: &str, digit: impl Fn(u8) -> Option<u8>) -> Vec<Vec<u8>> {
    let mut digits = Vec::with_capacity(text.len());
    let mut changes = Vec::with_capacity(text.len());
    let mut kind_before = 0;
    for byte in text.bytes() {
        let Some(digit) = digit(byte) else { continue };
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

/// Words that were encoded each by itself, put together: `["a2VlcHM=", "dGhyZWU="]`; of a text turned round in the
/// order in which they stand.
fn word_by_word(text: &str, digit: impl Fn(u8) -> Option<u8>, bits: u32, backwards: bool) -> Option<String> {
    let (mut found, mut row, mut words, mut between) = (String::new(), String::new(), 0, 0);
    let mut end = |row: &mut String, words: &mut usize| {
        if row.len() >= SHORTEST && *words > 1 {
            found.push_str(row);
            found.push('\n');
        }
        row.clear();
        *words = 0;
    };
    let mut digits = Vec::new();
    for byte in text.bytes().chain(*b" ") {
        if let Some(digit) = digit(byte) {
            digits.push(digit);
            continue;
        }
        if digits.len() < 2 {
            digits.clear();
            continue;
        }
        if backwards {
            digits.reverse();
        }
        // Of most words that are none the first byte begins no character.
        let first = (u32::from(digits[0]) << bits | u32::from(digits[1])) >> (2 * bits - 8);
        let begins = matches!(first, 0x09..=0x0D | 0x20..=0x7E | 0xC2..=0xF4);
        // A number is one, though it could be a letter of Hebrew in base64.
        let is_number = digits.iter().all(|digit| (52..62).contains(digit));
        let bytes = if begins && !is_number { packed(&digits, bits) } else { vec![0] };
        let is_text = |text: &&str| !text.chars().any(|c| c.is_control() && !c.is_whitespace());
        if let Some(word) = std::str::from_utf8(&bytes).ok().filter(is_text) {
            row.push_str(word);
            row.push(' ');
            words += 1;
            between = 0;
        } else {
            between += 1;
            if between > MOST_BETWEEN {
                end(&mut row, &mut words);
            }
        }
        digits.clear();
    }
    end(&mut row, &mut words);
    (!found.is_empty()).then_some(found)
}

/// Whether some word has a capital or a figure behind its first letter: hardly a word encoded in base64 has none.
fn has_mixed_words(text: &str) -> bool {
    text.as_bytes().windows(2).any(|two| {
        two[0].is_ascii_alphanumeric() && (two[1].is_ascii_uppercase() && !two[0].is_ascii_uppercase())
            || two[0].is_ascii_alphabetic() && two[1].is_ascii_digit()
    })
}

/// Base64 without its signs.
fn base62(byte: u8) -> Option<u8> {
    base64(byte).filter(|digit| *digit < 62)
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

/// Numbers one behind the other that are codes of characters, or of their bytes or units of UTF-16: `[72, 101, 108, …]`,
/// in octal `110 145 154 …`, in hexadecimal `0048 0065 006C …`.
fn character_codes(text: &str, radix: u32) -> Option<String> {
    let bytes = text.as_bytes();
    // A byte in binary has eight digits, a character beyond ASCII up to 21.
    let most = if radix == 2 { 21 } else { 7 };
    let mut found = String::new();
    let mut row: Vec<u32> = Vec::new();
    let (mut at, mut apart) = (0, 0);
    while at < bytes.len() {
        let digits =
            bytes[at..].iter().take(most + 1).take_while(|byte| char::from(**byte).is_digit(radix)).count();
        if digits == 0 {
            apart += 1;
            // A separator is short and has no letters.
            if bytes[at].is_ascii_alphabetic() || apart > 8 {
                read_codes(&mut row, &mut found);
            }
            at += 1;
            continue;
        }
        match u32::from_str_radix(&text[at..at + digits], radix) {
            Ok(code) if digits <= most => {
                // Bytes of some languages are below zero from 128 on.
                let is_negative = at > 0 && bytes[at - 1] == b'-' && (1..=128).contains(&code);
                row.push(if is_negative { 256 - code } else { code });
            }
            _ => read_codes(&mut row, &mut found),
        }
        at += digits;
        apart = 0;
    }
    read_codes(&mut row, &mut found);
    (!found.is_empty()).then_some(found)
}

/// What a row of codes says, in each way that they could be meant.
fn read_codes(row: &mut Vec<u32>, found: &mut String) {
    let row = std::mem::take(row);
    if row.len() < SHORTEST_ROW {
        return;
    }
    let mut say = |text: &str| {
        if text.len() >= SHORTEST {
            found.push_str(text);
            found.push('\n');
        }
    };
    let is_said = |c: &char| *c >= ' ' || c.is_whitespace();
    let chars: Option<Vec<char>> = row.iter().map(|code| char::from_u32(*code)).collect();
    for stretch in chars.iter().flat_map(|chars| chars.split(|c| !is_said(c))) {
        say(&stretch.iter().collect::<String>());
    }
    if chars.is_none() {
        let units = row.iter().map(|code| u16::try_from(*code).unwrap_or(0xFFFD));
        say(&char::decode_utf16(units).map(|unit| unit.unwrap_or('\u{FFFD}')).collect::<String>());
    }
    let bytes: Option<Vec<u8>> = row.iter().map(|code| u8::try_from(*code).ok()).collect();
    if let Some(bytes) = bytes.filter(|bytes| !bytes.is_ascii() || bytes.contains(&0)) {
        texts(&bytes).iter().for_each(|text| say(text));
    }
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
        finds("124 150 145 040 162 141 151 156 040 151 156 040 123 160 141 151 156", "The rain in Spain");
        finds(
            "0o124,0o150,0o145,0o40,0o162,0o141,0o151,0o156,0o40,0o151,0o156,0o40,0o123,0o160,0o141,0o151,0o156",
            "The rain in Spain",
        );
        finds(
            "U+54 U+68 U+65 U+20 U+72 U+61 U+ED U+6E U+20 U+69 U+6E U+20 U+53 U+70 U+61 U+69 U+6E",
            "The raín in Spain",
        );
        finds("[84,104,101,32,114,97,195,173,110,32,105,110,32,83,112,97,105,110]", "The raín in Spain");
        finds("KRUGKIDSMFUW4IDJNYQFG4DBNFXA", "The rain in Spain");
        finds(
            "0X54 0X68 0X65 0X20 0X72 0X61 0X69 0X6E 0X20 0X69 0X6E 0X20 0X53 0X70 0X61 0X69 0X6E",
            "The rain",
        );
        finds("VGhl-IHJh-aW4g_aW4g/U3Bh+aW4g-ZmFs-bHM", "The rain in Spain falls");
        finds(
            r#"{"a": "VGhl", "b": "cmFpbg==", "c": "aW4=", "d": "U3BhaW4=", "e": "ZmFsbHM="}"#,
            "The rain in Spain falls",
        );
        finds("KRUGK, OJQWS3Q=, NFXA====, KNYGC2LO", "The rain in Spain");
        finds("https://a.b/VGhlIHJhaW4/aW4gU3BhaW4/ZmFsbHM/b24gdGhl", "The rain in Spain falls on the");
    }

    #[test]
    fn plain_text_is_not_read_as_digits() {
        let text =
            "Sphinx of black quartz, judge my vow; 12 jugs of liquor, packed in 5 dozen boxes. ".repeat(50);
        assert_eq!(written_in_digits(&text), Vec::<String>::new());
    }
}
