//! How much of a text may leave: the bar, and the grams that every run at the bar has at least one of.
//!
//! The bar is 8 words or 40 characters, 12 where half of them are of a script without spaces, whichever comes first. A
//! run is counted with the signs and marks at both its ends, so that it is at the bar whenever 40 characters of the text are in
//! it; common stretches count nothing.
//!
//! Winnowing (Schleimer, Wilkerson, Aiken 2003) keeps one fingerprint of each window on both sides. Here only the
//! history is thinned: each of its shortest runs at the bar keeps one gram, the last that still fits, and a text
//! at the door is read at every letter. The guarantee is the same, with about half as many fingerprints.

use std::collections::HashSet;

use super::gram::{Gram, NARROW, WIDE, each_gram};
use super::normal::{Folding, LONGEST_GAP, Letter, depends_on_folding, is_wide, letters};
use super::phrases::Common;

/// 40 characters of 3, or 12 of 10.
const BAR: u32 = 120;
const CHARACTER: u32 = 3;
const WIDE_CHARACTER: u32 = 10;

const WORDS: u32 = 8;

/// A text's end counts as so many signs at least.
const SHORTEST_TAIL: u32 = 3;

/// Fewer letters than this say nothing, however many words they are.
const FEWEST_LETTERS: u32 = 14;

/// And fewer than this have no gram, however many characters they are: twelve, or six of scripts without spaces.
const FEWEST_WITH_GRAM: u32 = NARROW as u32;
const FEWEST_WIDE_LETTERS: u32 = WIDE as u32;

/// So many characters with so many of a script without spaces are at the bar, whatever is between.
const MIXED_CHARACTERS: u32 = 12;

/// A text with what is needed to hold any run of it against the bar.
pub struct Measured {
    pub letters: Vec<Letter>,
    pub values: Vec<u32>,
    pub covered: Vec<bool>,
    /// Of the letters before each one: what they count, how many words begin, how many letters there are, of all scripts
    /// and of those without spaces, and how many characters.
    counts: Vec<[u32; 5]>,
    /// Signs behind the last letter.
    tail: u32,
    /// The same text by the looks of its letters, where they differ: someone may have written it in those.
    by_looks: Option<Box<Measured>>,
}

impl Measured {
    /// Measures `text`, what is common left out.
    pub fn of(text: &str, common: &[&Common]) -> Self {
        let folded = |folding| {
            let letters = letters(text, folding);
            let values = letters.iter().map(|letter| letter.value).collect();
            Measured::of_letters(text, letters, values, common)
        };
        let mut measured = folded(Folding::Cases);
        if depends_on_folding(text) {
            measured.by_looks = Some(Box::new(folded(Folding::Looks)));
        }
        measured
    }

    /// The same of a text that is folded already; `values` are those of the letters.
    pub fn of_letters(text: &str, letters: Vec<Letter>, values: Vec<u32>, common: &[&Common]) -> Self {
        let mut covered = vec![false; values.len()];
        common.iter().for_each(|common| common.cover(&values, &mut covered));
        let mut counts = Vec::with_capacity(values.len() + 1);
        let mut count = [0; 5];
        counts.push(count);
        for (at, letter) in letters.iter().enumerate() {
            if !covered[at] {
                let wide = is_wide(letter.value);
                let each = if wide { WIDE_CHARACTER } else { CHARACTER };
                count[0] +=
                    u32::from(letter.gap) * around(&letters, at) + each * u32::from(letter.characters);
                count[1] += u32::from(letter.starts_word);
                count[2] += 1;
                count[3] += u32::from(wide);
                count[4] += u32::from(letter.gap) + u32::from(letter.characters);
            }
            counts.push(count);
        }
        let end = letters.last().map_or(0, |letter| letter.end as usize);
        let tail = text[end..].chars().take(usize::from(LONGEST_GAP)).count() as u32;
        Measured { letters, values, covered, counts, tail: tail.max(SHORTEST_TAIL), by_looks: None }
    }

    /// Whether the letters from `from` to before `to` are at the bar.
    pub fn is_at_bar(&self, from: usize, to: usize) -> bool {
        let [units, mut words, said, wide, characters] =
            [0, 1, 2, 3, 4].map(|i| self.counts[to][i] - self.counts[from][i]);
        if said < FEWEST_WITH_GRAM && wide < FEWEST_WIDE_LETTERS {
            return false;
        }
        let behind = self.letters.get(to).map_or(self.tail, |letter| u32::from(letter.gap));
        // Marks of the letter before may stand in front, without it.
        let before = from.checked_sub(1).map_or(0, |at| self.letters[at].characters.saturating_sub(1).into());
        if wide >= FEWEST_WIDE_LETTERS && before + characters + behind >= MIXED_CHARACTERS {
            return true;
        }
        if self.letters.get(to).is_some_and(|next| !next.starts_word) {
            words = words.saturating_sub(1);
        }
        if said < FEWEST_LETTERS && wide < FEWEST_WIDE_LETTERS {
            words = 0;
        }
        words >= WORDS
            || units + before * around(&self.letters, from) + behind * around(&self.letters, to) >= BAR
    }

    /// Grams such that every run at the bar has one of them.
    pub fn anchors(&self) -> Vec<u64> {
        self.with_looks(Measured::own_anchors)
    }

    /// What is told of the text, and what else of its looks.
    fn with_looks(&self, tell: fn(&Measured) -> Vec<u64>) -> Vec<u64> {
        let mut told = tell(self);
        if let Some(looks) = &self.by_looks {
            let known: HashSet<u64> = told.iter().copied().collect();
            told.extend(tell(looks).into_iter().filter(|fingerprint| !known.contains(fingerprint)));
        }
        told
    }

    fn own_anchors(&self) -> Vec<u64> {
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
        self.with_looks(Measured::own_samples)
    }

    fn own_samples(&self) -> Vec<u64> {
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

/// What each sign before a letter, or after the last one, counts.
fn around(letters: &[Letter], at: usize) -> u32 {
    let wide = |at: usize| letters.get(at).is_some_and(|letter| is_wide(letter.value));
    if wide(at) || (at > 0 && wide(at - 1)) { WIDE_CHARACTER } else { CHARACTER }
}
