//! Every way in which what leaves could be read: as it is, decoded, decoded again, put together from fields.
//!
//! Breadth first, a bounded number of layers deep and a bounded number of bytes in all, so the time is linear in the
//! size of the body. What is still encoded below the last layer, takes more than the bound, or is no text at
//! all, can't be read, and what can't be read does not leave.

use std::collections::{HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use unicode_normalization::char::is_combining_mark;

use super::charsets::{readable, wide};
use super::escapes::{has_numbered_escapes, invisible, quoted_printable, unescape};
use super::fields::joined;
use super::markup::rendered;
use super::radix::written_in_digits;
use crate::privacy::{Outgoing, Unreadable};

/// Layers of encoding that are undone.
const LAYERS: usize = 6;

/// Times that fields are put together before the next layer.
const JOINS: usize = 2;

/// Below the last layer, what has fewer letters than this is let be: an accident of decoding.
const FEWEST_LETTERS: usize = 12;

/// Backwards, a text is unescaped from so many signs of escaping on, or where one stands for a character by its number.
const FEWEST_ESCAPES: usize = 6;

/// Bytes in quoted-printable that are no accident.
const FEWEST_QUOTED: usize = 2;

/// All readings together are so many times longer than what leaves, and a little more.
const MOST_TIMES: usize = 40;
const MOST_MORE: usize = 1 << 18;

/// Every reading of a request.
pub fn readings(outgoing: &Outgoing<'_>) -> Result<Vec<String>, Unreadable> {
    let mut first = vec![outgoing.url.to_owned()];
    first.extend(outgoing.headers.iter().map(|(name, value)| format!("{name}: {value}")));
    let bodies = texts(outgoing.body)?;
    let values = outgoing.headers.iter().map(|(_, value)| value.as_str()).collect::<Vec<_>>().join(" ");
    let mut starts = Vec::new();
    for body in bodies {
        starts.push(format!("{}\n{body}", first.join("\n")));
        // Of a text that is spread over headers, the names lie between.
        if outgoing.headers.len() > 1 {
            starts.push(format!("{values}\n"));
        }
    }
    let most = most(starts.iter().map(String::len).sum());
    unfold(starts, most)
}

/// Bytes that all readings of so many take together at most.
pub fn most(bytes: usize) -> usize {
    MOST_MORE + MOST_TIMES * bytes
}

/// Every reading of a text.
fn unfold(starts: Vec<String>, most: usize) -> Result<Vec<String>, Unreadable> {
    let mut seen = HashSet::new();
    let mut waiting: VecDeque<(String, usize, usize)> = starts.into_iter().map(|text| (text, 0, 0)).collect();
    let (mut found, mut bytes) = (Vec::new(), 0);
    while let Some((text, layer, joins)) = waiting.pop_front() {
        if !seen.insert(hash(&text)) {
            continue;
        }
        bytes += text.len();
        if bytes > most {
            return Err(Unreadable::TooMuch);
        }
        let mut decoded = decoded(&text, layer).into_iter().filter(|decoded| !seen.contains(&hash(decoded)));
        if layer < LAYERS {
            waiting.extend(decoded.map(|text| (text, layer + 1, 0)));
        } else if decoded.any(|text| text.chars().filter(|c| c.is_alphanumeric()).count() >= FEWEST_LETTERS) {
            return Err(Unreadable::TooDeep);
        }
        if joins < JOINS {
            let joined = joined(&text);
            let nested = joined.nested.into_iter().chain(rendered(&text));
            waiting.extend(nested.map(|text| (text, layer, joins + 1)));
            waiting.extend(joined.flat.into_iter().map(|text| (text, layer, JOINS)));
        }
        found.push(text);
    }
    Ok(found)
}

fn decoded(text: &str, layer: usize) -> Vec<String> {
    let mut found = written_in_digits(text);
    found.extend(unescape(text));
    // Backwards, plain text has such signs by chance: again and again it would unfold for ever.
    let may_be_packed = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'%' | b'&' | b'\\' | b'=');
    if layer < 2 && text.bytes().any(may_be_packed) {
        let backwards: String = text.chars().rev().collect();
        if looks_packed(text) || has_numbered_escapes(&backwards) {
            found.extend(unescape(&backwards));
            found.extend(written_in_digits(&backwards));
        }
        if quoted_bytes(&backwards) >= FEWEST_QUOTED {
            found.extend(quoted_printable(&backwards));
        }
    }
    found.extend(quoted_printable(text));
    found.extend(invisible(text));
    found
}

/// Whether much of a text is written in other characters, so that it is worth reading backwards too.
fn looks_packed(text: &str) -> bool {
    let escapes = text.bytes().filter(|byte| matches!(byte, b'%' | b'&' | b'\\')).count();
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    escapes >= FEWEST_ESCAPES || digits * 2 > text.len()
}

/// Equals signs with two figures behind them, as quoted-printable writes a byte.
fn quoted_bytes(text: &str) -> usize {
    let is_figure = |byte: &u8| byte.is_ascii_digit() || (b'A'..=b'F').contains(byte);
    text.as_bytes().windows(3).filter(|three| three[0] == b'=' && three[1..].iter().all(is_figure)).count()
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// A body's bytes as text: UTF-8, else UTF-16 or UTF-32 with or without a mark at the start, else one of them that
/// reads as text.
fn texts(body: &[u8]) -> Result<Vec<String>, Unreadable> {
    if let Ok(text) = std::str::from_utf8(body)
        && !text.contains('\0')
    {
        let mut found = vec![text.to_owned()];
        // Bytes of wider characters may happen to be UTF-8, but not without controls.
        if text.bytes().any(|byte| byte < b' ' && !byte.is_ascii_whitespace()) {
            found.extend(wide(body));
        }
        return Ok(found);
    }
    let mut found = vec![String::from_utf8_lossy(body).into_owned()];
    let units = |number: fn([u8; 2]) -> u16, skipped: usize| {
        body[skipped.min(body.len())..]
            .chunks_exact(2)
            .map(|two| number([two[0], two[1]]))
            .collect::<Vec<_>>()
    };
    // A body may begin in the middle of a unit.
    for skipped in 0..2 {
        for number in [u16::from_le_bytes, u16::from_be_bytes] {
            found.push(String::from_utf16_lossy(&units(number, skipped)));
        }
    }
    for number in [u32::from_le_bytes, u32::from_be_bytes] {
        let fours = body.chunks_exact(4).map(|four| number([four[0], four[1], four[2], four[3]]));
        let text: String = fours.filter_map(char::from_u32).collect();
        if text.chars().count() > body.len() / 8 {
            found.push(text);
        }
    }
    // Latin-1 and its kin: the bytes themselves.
    found.push(body.iter().map(|byte| char::from(*byte)).collect());
    found.extend(readable(body));
    let best = found.iter().map(|text| reads_as_text(text)).fold(0.0, f64::max);
    if best < 0.9 { Err(Unreadable::NotText) } else { Ok(found) }
}

/// What part of a text is letters, marks, digits, spaces and the signs of ASCII.
fn reads_as_text(text: &str) -> f64 {
    let (mut good, mut all) = (0, 0);
    for c in text.chars() {
        all += 1;
        // Latin-1 letters alone don't tell text from noise.
        let noise = matches!(c, '\u{80}'..='\u{FF}' | '\u{FFFD}' | '\u{E000}'..='\u{F8FF}');
        good += usize::from(
            !noise
                && (c.is_alphanumeric() || is_combining_mark(c) || c.is_whitespace() || c.is_ascii_graphic()),
        );
    }
    if all == 0 { 1.0 } else { f64::from(good as u32) / f64::from(all as u32) }
}
