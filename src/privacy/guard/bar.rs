//! How much of a text may leave: the bar, and the grams that every run at the bar has at least one of.
//!
//! The bar is 8 words or 40 characters, 12 in scripts without spaces, whichever comes first. A run is counted with
//! the signs at both its ends, so that it is at the bar whenever 40 characters of the text are in it; common
//! stretches count nothing.
//!
//! Winnowing (Schleimer, Wilkerson, Aiken 2003) keeps one fingerprint of each window on both sides. Here only the
//! history is thinned: each of its shortest runs at the bar keeps one gram, the last that still fits, and a text
//! at the door is read at every letter. The guarantee is the same, with about half as many fingerprints.

use super::gram::{Gram, each_gram};
use super::normal::{Folding, Letter, is_wide, letters};
use super::phrases::Common;

/// 40 characters of 3, or 12 of 10.
const BAR: u32 = 120;
const CHARACTER: u32 = 3;
const WIDE_CHARACTER: u32 = 10;

const WORDS: u32 = 8;

/// Fewer letters than this say nothing, however many words they are, and have no gram.
const FEWEST_LETTERS: u32 = 14;
const FEWEST_WIDE_LETTERS: u32 = 6;

/// A text with what is needed to hold any run of it against the bar.
pub struct Measured {
    pub letters: Vec<Letter>,
    pub values: Vec<u32>,
    pub covered: Vec<bool>,
    /// Of the letters before each one: what they count, how many words begin, how many letters there are, of all scripts and of those
    /// without spaces.
    counts: Vec<[u32; 4]>,
}

impl Measured {
    /// Measures `text`, what is common left out.
    pub fn of(text: &str, common: &[&Common]) -> Self {
        let letters = letters(text, Folding::Cases);
        let values = letters.iter().map(|letter| letter.value).collect();
        Measured::of_letters(letters, values, common)
    }

    /// The same of a text that is folded already; `values` are those of the letters.
    pub fn of_letters(letters: Vec<Letter>, values: Vec<u32>, common: &[&Common]) -> Self {
        let mut covered = vec![false; values.len()];
        common.iter().for_each(|common| common.cover(&values, &mut covered));
        let mut counts = Vec::with_capacity(values.len() + 1);
        let mut count = [0; 4];
        counts.push(count);
        for (at, letter) in letters.iter().enumerate() {
            if !covered[at] {
                let wide = is_wide(letter.value);
                let each = if wide { WIDE_CHARACTER } else { CHARACTER };
                count[0] += gap(&letters, at) + each * u32::from(letter.characters);
                count[1] += u32::from(letter.starts_word);
                count[2] += 1;
                count[3] += u32::from(wide);
            }
            counts.push(count);
        }
        Measured { letters, values, covered, counts }
    }

    /// Whether the letters from `from` to before `to` are at the bar.
    pub fn is_at_bar(&self, from: usize, to: usize) -> bool {
        let [units, mut words, said, wide] = [0, 1, 2, 3].map(|i| self.counts[to][i] - self.counts[from][i]);
        if said < FEWEST_LETTERS && wide < FEWEST_WIDE_LETTERS {
            return false;
        }
        if self.letters.get(to).is_some_and(|next| !next.starts_word) {
            words = words.saturating_sub(1);
        }
        words >= WORDS || units + gap(&self.letters, to) >= BAR
    }

    /// Grams such that every run at the bar has one of them.
    pub fn anchors(&self) -> Vec<u64> {
        let mut grams: Vec<Gram> = Vec::with_capacity(self.values.len());
        each_gram(&self.values, |gram| grams.push(gram));
        grams.retain(|gram| self.covered[gram.at..gram.at + gram.letters].iter().any(|covered| !covered));
        grams.sort_by_key(|gram| gram.at);
        let mut anchors = Vec::new();
        let (mut to, mut last) = (0, None);
        for from in 0..self.values.len() {
            to = to.max(from);
            while to < self.values.len() && !self.is_at_bar(from, to) {
                to += 1;
            }
            if !self.is_at_bar(from, to) {
                break;
            }
            if last.is_some_and(|last| last >= from) {
                continue;
            }
            let behind = grams.partition_point(|gram| gram.at < to);
            let fits = |gram: &&Gram| gram.at + gram.letters <= to;
            if let Some(gram) = grams[..behind].iter().rev().take_while(|gram| gram.at >= from).find(fits) {
                anchors.push(gram.fingerprint);
                last = Some(gram.at);
            }
        }
        anchors
    }

    /// One gram in eight, by its fingerprint: what is left of a passage that was changed has some of them.
    pub fn samples(&self) -> Vec<u64> {
        let mut samples = Vec::new();
        each_gram(&self.values, |gram| {
            if gram.fingerprint % 8 == 0 && !self.covered[gram.at..gram.at + gram.letters].iter().all(|c| *c)
            {
                samples.push(gram.fingerprint);
            }
        });
        samples
    }
}

/// What the signs before a letter, or after the last one, count.
fn gap(letters: &[Letter], at: usize) -> u32 {
    let characters = letters.get(at).map_or(3, |letter| u32::from(letter.gap));
    let wide = |at: usize| letters.get(at).is_some_and(|letter| is_wide(letter.value));
    characters * if wide(at) || (at > 0 && wide(at - 1)) { WIDE_CHARACTER } else { CHARACTER }
}
