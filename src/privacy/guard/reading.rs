//! Every way in which what leaves could be read: as it is, decoded, decoded again, put together from fields.
//!
//! Breadth first, a bounded number of layers deep and a bounded number of bytes in all, so the time is linear in the
//! size of the body. What is still encoded below the last layer, takes more than the bound, or is no text at
//! all, can't be read, and what can't be read does not leave.

use std::collections::{HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use unicode_normalization::char::is_combining_mark;

use super::charsets::{readable, wide};
use super::escapes::{
    escapes, has_named_letters, has_numbered_escapes, invisible, quoted_printable, unescape, unescaped,
};
use super::fields::{beside, is_long, joined, quotes};
use super::markup::rendered;
use super::normal::is_invisible;
use super::radix::written_in_digits;
use super::seams::join;
use crate::privacy::{Outgoing, Unreadable};

/// Layers of encoding that are undone.
const LAYERS: usize = 6;

/// Times that fields are put together, between whatever layers: a third time found one body more of four thousand in which
/// they were encoded and spread in turns, and twice as much code could not be read to its end.
const JOINS: usize = 2;

/// Backwards, a text is unescaped from so many signs of escaping on, or where one stands for a character by its number.
const FEWEST_ESCAPES: usize = 6;

/// Bytes in quoted-printable that are no accident.
const FEWEST_QUOTED: usize = 2;

/// All readings together are so many times longer than what leaves, and eight megabytes more: code that has escapes of its
/// own is read in a hundred ways.
const MOST_TIMES: usize = 40;
const MOST_MORE: usize = 1 << 23;

/// Every reading of a request.
pub fn readings(outgoing: &Outgoing<'_>) -> Result<Vec<String>, Unreadable> {
    let mut first = vec![outgoing.url.to_owned()];
    first.extend(outgoing.headers.iter().map(|(name, value)| format!("{name}: {value}")));
    let bodies = texts(outgoing.body)?;
    let values = join(outgoing.headers.iter().map(|(_, value)| value.as_str()));
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

/// A reading, and how it was come to: what can be done to a text in any order is not done twice, or the readings of code,
/// which has a little of everything, would be thousands.
#[derive(Clone, Copy, Default)]
struct Steps {
    /// Layers of encoding that were undone.
    layers: usize,
    /// Times that fields were put together.
    joins: usize,
    /// None are before the next layer.
    closed: bool,
    /// Times that literals were put together of a text that is hardly anything else: JSON within a string of JSON, as the
    /// arguments of a tool's call are. Each gives less than it was made of, so it costs little.
    quoted: usize,
    /// Fields that stood apart were put together: in turns, by their keys.
    parted: bool,
    /// What a page does not show was taken out.
    rendered: bool,
}

impl Steps {
    fn decoded(self) -> Self {
        Steps { layers: self.layers + 1, closed: false, ..self }
    }

    fn quoted(self) -> Self {
        Steps { quoted: self.quoted + 1, ..self }
    }

    fn joined(self) -> Self {
        Steps { joins: self.joins + 1, ..self }
    }
}

/// Every reading of a text.
fn unfold(starts: Vec<String>, most: usize) -> Result<Vec<String>, Unreadable> {
    let mut seen = HashSet::new();
    let mut waiting: VecDeque<(String, Steps)> =
        starts.into_iter().map(|text| (text, Steps::default())).collect();
    let (mut found, mut bytes) = (Vec::new(), 0);
    while let Some((text, steps)) = waiting.pop_front() {
        if !seen.insert(hash(&text)) {
            continue;
        }
        bytes += text.len();
        if bytes > most {
            return Err(Unreadable::TooMuch);
        }
        // What is quoted for the most part is read by its quotes, which undoes the same escapes, and what is beside them.
        let quotes = quotes(&text);
        let beside = beside(&text, &quotes);
        let mut decoded = decoded(&text, steps.layers, beside.is_some());
        decoded.retain(|decoded| !seen.contains(&hash(decoded)));
        if steps.layers < LAYERS {
            waiting.extend(decoded.into_iter().map(|text| (text, steps.decoded())));
        } else if decoded.iter().any(|text| is_long(text)) {
            // What is shorter is an accident of decoding.
            return Err(Unreadable::TooDeep);
        }
        if steps.joins < JOINS && !steps.closed {
            let joined = joined(&text, quotes, beside.is_some());
            if !steps.rendered && !steps.parted && beside.is_none() {
                let shown = Steps { rendered: true, ..steps.joined() };
                waiting.extend(rendered(&text).into_iter().map(|text| (text, shown)));
            }
            let free = beside.is_some() && steps.quoted < LAYERS;
            for text in joined.nested.into_iter().chain(beside) {
                let is_json_again = free && self::beside(&text, &self::quotes(&text)).is_some();
                let then = if is_json_again { steps.quoted() } else { steps.joined() };
                waiting.push_back((text, then));
            }
            if !steps.parted {
                // Once more behind the next layer.
                let parted = Steps { joins: JOINS - 1, closed: true, parted: true, ..steps };
                waiting.extend(joined.flat.into_iter().map(|text| (text, parted)));
            }
        }
        found.push(text);
    }
    Ok(found)
}

fn decoded(text: &str, layer: usize, by_quotes: bool) -> Vec<String> {
    let mut found = written_in_digits(text);
    if let Some(narrow) = narrowed(text) {
        found.extend(written_in_digits(&narrow));
        // As many as there are anyway are the same ones.
        if unescaped(&narrow) > unescaped(text) {
            found.extend(unescape(&narrow));
        }
    }
    // Backwards, plain text has such signs by chance: again and again it would unfold for ever.
    let may_be_packed = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'%' | b'&' | b'\\' | b'=');
    if layer < 2 && text.bytes().any(may_be_packed) {
        let backwards: String = text.chars().rev().collect();
        // The right way round, an escape hardly is one backwards too.
        let is_turned = || looks_packed(text) && 2 * escapes(&backwards) >= escapes(text);
        if has_numbered_escapes(&backwards) || has_named_letters(&backwards) || is_turned() {
            found.extend(unescape(&backwards));
            found.extend(written_in_digits(&backwards));
        }
        if is_quoted_printable(&backwards) {
            found.extend(quoted_printable(&backwards));
        }
    }
    // Neither a literal nor a key undoes an entity, and what is spread over both is read in their order alone.
    if !by_quotes || text.contains('&') {
        found.extend(unescape(text));
    }
    // A line that was broken, or one byte, leaves the letters around it as they are.
    if !by_quotes && is_quoted_printable(text) {
        found.extend(quoted_printable(text));
    }
    found.extend(invisible(text));
    found
}

/// The text with the wide forms of ASCII made narrow, without what can't be seen, and with spaces for other signs: whoever
/// reads digits or escapes passes over those. Nothing where that changes nothing.
fn narrowed(text: &str) -> Option<String> {
    let changes = |c: char| !c.is_ascii() && (matches!(c, '\u{FF01}'..='\u{FF5E}') || !c.is_alphanumeric());
    text.chars().any(changes).then(|| {
        let narrow = |c: char| match c {
            '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0),
            c if is_invisible(c) || is_combining_mark(c) => None,
            c if changes(c) => Some(' '),
            c => Some(c),
        };
        text.chars().filter_map(narrow).collect()
    })
}

/// Whether much of a text is written in other characters, so that it is worth reading backwards too.
fn looks_packed(text: &str) -> bool {
    let escapes = text.bytes().filter(|byte| matches!(byte, b'%' | b'&' | b'\\')).count();
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    escapes >= FEWEST_ESCAPES || digits * 2 > text.len()
}

/// Whether equals signs have two figures behind them, as quoted-printable writes a byte: in capitals, as it should, or
/// more often than code does by chance.
fn is_quoted_printable(text: &str) -> bool {
    let quoted = |three: &&[u8]| three[0] == b'=' && three[1..].iter().all(u8::is_ascii_hexdigit);
    let capital = |three: &[u8]| !three.iter().any(u8::is_ascii_lowercase);
    let bytes: Vec<bool> = text.as_bytes().windows(3).filter(quoted).map(capital).collect();
    bytes.iter().filter(|capital| **capital).count() >= FEWEST_QUOTED || bytes.len() >= FEWEST_ESCAPES
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
        let twos = body[skipped.min(body.len())..].as_chunks().0;
        twos.iter().map(|two| number(*two)).collect::<Vec<_>>()
    };
    // A body may begin in the middle of a unit.
    for skipped in 0..2 {
        for number in [u16::from_le_bytes, u16::from_be_bytes] {
            found.push(String::from_utf16_lossy(&units(number, skipped)));
        }
    }
    for number in [u32::from_le_bytes, u32::from_be_bytes] {
        let fours = body.as_chunks().0.iter().map(|four| number(*four));
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
