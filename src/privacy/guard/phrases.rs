//! Texts that say nothing of anyone: our own templates, phrases that every model uses.
//!
//! Only a stretch of two dozen letters (about five words) that stands in such a text as it is counts as common, so a
//! list of short phrases whitens nothing, and what a run has beside a common stretch is still held against it.

use super::normal::{Folding, is_wide, letters};

/// Letters of a stretch that may be common; half as many in scripts without spaces.
const SPAN: usize = 24;

/// Letters of a stretch of a live chat's turns that may go back to where they went.
const LIVE_SPAN: usize = 12;

/// Written down from public prompts and model cards, a line each.
const PHRASES: &str = include_str!("phrases.txt");

const BASE: u64 = 0xD1B5_4A32_D192_ED03;

/// A list of common texts, as hashes of all their stretches.
#[derive(Clone, Debug, Default)]
pub struct Common {
    span: usize,
    /// Sorted.
    hashes: Vec<u64>,
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
    /// templates of whoever asks.
    pub fn shipped<'a>(templates: impl IntoIterator<Item = &'a str>) -> Self {
        Self::new(PHRASES.lines().chain(templates))
    }

    /// The turns of a live chat.
    pub(super) fn live<'a>(turns: impl IntoIterator<Item = &'a str>) -> Self {
        Self::with_span(LIVE_SPAN, turns)
    }

    fn with_span<'a>(span: usize, texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut hashes = Vec::new();
        for text in texts {
            let values: Vec<u32> = letters(text, Folding::Cases).iter().map(|letter| letter.value).collect();
            each_stretch(&values, span, |_, _, hash| hashes.push(hash));
        }
        hashes.sort_unstable();
        hashes.dedup();
        Common { span, hashes }
    }

    /// Marks the letters that are common.
    pub(super) fn cover(&self, values: &[u32], covered: &mut [bool]) {
        if self.hashes.is_empty() {
            return;
        }
        each_stretch(values, self.span, |at, letters, hash| {
            if self.hashes.binary_search(&hash).is_ok() {
                covered[at..at + letters].fill(true);
            }
        });
    }
}

/// Tells each stretch: where it starts, its letters, its hash.
fn each_stretch(values: &[u32], span: usize, mut tell: impl FnMut(usize, usize, u64)) {
    let mut hashes = Vec::with_capacity(values.len() + 1);
    hashes.push(0u64);
    for value in values {
        let last = hashes[hashes.len() - 1];
        hashes.push(
            last.wrapping_mul(BASE).wrapping_add((u64::from(*value) + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15)),
        );
    }
    for letters in [span, span / 2] {
        let top = (0..letters).fold(1u64, |power, _| power.wrapping_mul(BASE));
        let mut wide = 0;
        for end in 1..=values.len() {
            wide += usize::from(is_wide(values[end - 1]));
            if end > letters {
                wide -= usize::from(is_wide(values[end - 1 - letters]));
            }
            if end >= letters && (letters == span || wide == letters) {
                let at = end - letters;
                let hash = hashes[end].wrapping_sub(hashes[at].wrapping_mul(top));
                tell(at, letters, hash ^ (hash >> 31) ^ letters as u64);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covered(common: &Common, text: &str) -> usize {
        let values: Vec<u32> = letters(text, Folding::Cases).iter().map(|letter| letter.value).collect();
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
}
