//! Texts that say nothing of anyone: our own templates, phrases that every model uses.
//!
//! Only a stretch of two dozen letters (about five words) that stands in such a text as it is counts as common, so a
//! list of short phrases whitens nothing, and what a run has beside a common stretch is still held against it. Of the
//! frame of a request, its headers and the names of its fields, fewer will do: every request has it, and so has code
//! that asks such an API, among brackets and indented so far that a few words are forty characters.

use super::normal::{Folding, is_wide, letters};

/// Letters of a stretch that may be common; half as many in scripts without spaces.
const SPAN: usize = 24;

/// Letters of a stretch of a live chat's turns that may go back to where they went.
const LIVE_SPAN: usize = 12;

/// And of the origin of who is asked: `http://127.0.0.1` has so many.
const ADDRESS_SPAN: usize = 10;

/// Written down from public prompts and model cards, a line each.
const PHRASES: &str = include_str!("phrases.txt");

/// The frames of our requests as each API wants them, and how programs end, a line each.
const FRAMES: &str = include_str!("frames.txt");

/// Letters of a stretch of those: in four million letters of people's answers none is there by chance; of stretches of
/// twelve one is in twenty thousand, as in "the temperature".
const FRAME_SPAN: usize = 13;

const BASE: u64 = 0xD1B5_4A32_D192_ED03;

/// A list of common texts, as hashes of all their stretches.
#[derive(Clone, Debug, Default)]
pub struct Common {
    span: usize,
    /// Sorted.
    hashes: Vec<u64>,
    /// Of the stretches of frames.
    frames: Few,
}

/// A few hashes that every letter is looked up in: nearly all are told to be none of them by a look at the bits.
#[derive(Clone, Debug, Default)]
struct Few {
    bits: Vec<u64>,
    /// Sorted.
    hashes: Vec<u64>,
}

impl Few {
    fn of(mut hashes: Vec<u64>) -> Self {
        hashes.sort_unstable();
        let mut bits = vec![0; 1 << 8];
        for hash in &hashes {
            bits[(hash >> 6) as usize % (1 << 8)] |= 1 << (hash % 64);
        }
        Few { bits, hashes }
    }

    fn has(&self, hash: u64) -> bool {
        self.bits[(hash >> 6) as usize % (1 << 8)] >> (hash % 64) & 1 == 1
            && self.hashes.binary_search(&hash).is_ok()
    }
}

impl Common {
    /// A list of texts that do not count: public prompts, our own templates.
    ///
    /// ```
    /// use likeness::privacy::Common;
    /// let common = Common::new(["As an AI language model, I do not have personal opinions"]);
    /// ```
    pub fn new<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        Self::with_span(SPAN, texts)
    }

    /// The phrases that ship, of public prompts and of what most models say, with more texts of the same kind: the
    /// templates of whoever asks; and the frames of requests.
    pub fn shipped<'a>(templates: impl IntoIterator<Item = &'a str>) -> Self {
        let mut frames = Vec::new();
        for frame in FRAMES.lines() {
            let values = values(frame);
            each_stretch(&values, &sums(&values), FRAME_SPAN, |_, _, hash| frames.push(hash));
        }
        Common { frames: Few::of(frames), ..Self::new(PHRASES.lines().chain(templates)) }
    }

    /// The turns of a live chat.
    pub(super) fn live<'a>(turns: impl IntoIterator<Item = &'a str>) -> Self {
        Self::with_span(LIVE_SPAN, turns)
    }

    /// The origin of who is asked.
    pub(super) fn address(origin: Option<&str>) -> Self {
        Self::with_span(ADDRESS_SPAN, origin)
    }

    fn with_span<'a>(span: usize, texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut hashes = Vec::new();
        for text in texts {
            let values = values(text);
            let sums = sums(&values);
            each_stretch(&values, &sums, span, |_, _, hash| hashes.push(hash));
            each_stretch(&values, &sums, span / 2, |_, is_wide, hash| hashes.extend(is_wide.then_some(hash)));
        }
        hashes.sort_unstable();
        hashes.dedup();
        Common { span, hashes, frames: Few::default() }
    }

    /// Marks the letters that are common.
    pub(super) fn cover(&self, values: &[u32], covered: &mut [bool]) {
        if self.hashes.is_empty() {
            return;
        }
        let sums = sums(values);
        for letters in [self.span, self.span / 2] {
            each_stretch(values, &sums, letters, |at, is_wide, hash| {
                if (letters == self.span || is_wide) && self.hashes.binary_search(&hash).is_ok() {
                    covered[at..at + letters].fill(true);
                }
            });
        }
        if !self.frames.hashes.is_empty() {
            each_stretch(values, &sums, FRAME_SPAN, |at, _, hash| {
                if self.frames.has(hash) {
                    covered[at..at + FRAME_SPAN].fill(true);
                }
            });
        }
    }
}

fn values(text: &str) -> Vec<u32> {
    letters(text, Folding::Cases).iter().map(|letter| letter.value).collect()
}

/// Of the letters before each one, what the hash of a stretch is the difference of.
fn sums(values: &[u32]) -> Vec<u64> {
    let mut sums = Vec::with_capacity(values.len() + 1);
    sums.push(0u64);
    for value in values {
        let last = sums[sums.len() - 1];
        sums.push(
            last.wrapping_mul(BASE).wrapping_add((u64::from(*value) + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15)),
        );
    }
    sums
}

/// Tells each stretch of so many letters: where it starts, whether all are of scripts without spaces, its hash.
fn each_stretch(values: &[u32], sums: &[u64], letters: usize, mut tell: impl FnMut(usize, bool, u64)) {
    let top = (0..letters).fold(1u64, |power, _| power.wrapping_mul(BASE));
    let mut wide = 0;
    for end in 1..=values.len() {
        wide += usize::from(is_wide(values[end - 1]));
        if end > letters {
            wide -= usize::from(is_wide(values[end - 1 - letters]));
        }
        if end >= letters {
            let at = end - letters;
            let hash = sums[end].wrapping_sub(sums[at].wrapping_mul(top));
            tell(at, wide == letters, hash ^ (hash >> 31) ^ letters as u64);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covered(common: &Common, text: &str) -> usize {
        let values = values(text);
        let mut covered = vec![false; values.len()];
        common.cover(&values, &mut covered);
        covered.iter().filter(|covered| **covered).count()
    }

    #[test]
    fn short_phrases_whiten_nothing() {
        let common =
            Common::new(["for example", "in order to", "as well as", "the other hand", "it is also"]);
        assert_eq!(
            covered(&common, "For example, in order to see it, as well as on the other hand it is also"),
            0
        );
    }

    #[test]
    fn a_long_stretch_of_a_common_text_is_common_and_no_more() {
        let common = Common::new(["As an AI language model, I do not have personal opinions or beliefs"]);
        let text = "Well: AS AN AI LANGUAGE MODEL I do not have personal secrets like my aunt's";
        assert_eq!(covered(&common, text), "asanailanguagemodelidonothavepersonal".len());
    }

    #[test]
    fn what_frames_a_request_is_common_wherever_it_stands() {
        let common = Common::shipped([]);
        let text = "\"stream\": true,\n            \"temperature\": 0.0, and Ferdinand";
        assert_eq!(covered(&common, text), "streamtruetemperature00".len());
        assert_eq!(
            covered(
                &common,
                "of its many options include the temperature, additional properties, its description"
            ),
            0
        );
    }
}
