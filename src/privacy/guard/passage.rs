//! A passage of a text in which words were changed here and there: what of it is left near one another.
//!
//! Letter by letter it falls into stretches that are below the bar each. Here they are counted together: grams of
//! letters and of words that what leaves has at about the same place. Order and exact place don't matter, so words
//! may have been replaced by longer ones, added or left out; letter by letter reversed, it isn't found.

use std::ops::{Range, RangeInclusive};

use super::bar::Measured;
use super::compare::Reading;
use super::gram::{Gram, each_gram, each_word_gram};

/// Words of a passage that may have been changed here and there.
const WORDS: usize = 40;

/// What part of its letters must be left. One word in five changed at random leaves three quarters of the words in
/// stretches of three or more.
const LETTERS_LEFT: f64 = 0.42;

/// Or how many of its words, wholly: where the words that were changed are the long ones, few letters are left.
const WORDS_LEFT: usize = 24;

/// What was changed moves the rest of a passage by so many letters at most: eight words by fifty.
const MOVED: usize = 400;

/// Runs so near one another, in words of the text and by how far they moved, are of the same passage.
const TRIED_WORDS: usize = 8;
pub const TRIED_LETTERS: isize = 64;

/// What taking a letter into account costs, in letters compared.
pub const STEPS: usize = 8;

/// Bits that tell most grams to be elsewhere.
const SEEN: usize = 1 << 13;

/// Equal grams of a passage that are told apart: of what is ours, since what leaves could hold any number of decoys.
const MOST_EQUAL: usize = 8;

/// The grams of all readings, roughly: it never denies one that is there, and seldom grants another.
pub struct Sieve {
    bits: Vec<u64>,
}

impl Sieve {
    /// Of these readings.
    pub fn of(readings: &[Reading]) -> Self {
        let letters: usize = readings.iter().map(|reading| reading.values.len()).sum();
        // A dozen bits or more for a gram, up to eight megabytes.
        let mut sieve = Sieve { bits: vec![0; (letters / 4).next_power_of_two().clamp(1 << 8, 1 << 20)] };
        for reading in readings {
            let mut take = |gram: Gram| {
                let (word, bits) = sieve.place(gram.fingerprint);
                sieve.bits[word] |= bits;
            };
            each_gram(&reading.values, &mut take);
            each_word_gram(&reading.values, |at| reading.starts[at], &mut take);
        }
        sieve
    }

    fn place(&self, fingerprint: u64) -> (usize, u64) {
        let bit = |at: u32| 1 << (fingerprint >> at & 63);
        ((fingerprint >> 20) as usize & (self.bits.len() - 1), bit(0) | bit(6) | bit(12))
    }

    fn may_have(&self, fingerprint: u64) -> bool {
        let (word, bits) = self.place(fingerprint);
        self.bits[word] & bits == bits
    }
}

/// The words of a text, and where a passage could be.
pub struct Shape {
    /// The first letter of each word, and the end of the text.
    words: Vec<usize>,
    /// The first words of such passages.
    passages: Vec<usize>,
}

impl Shape {
    /// Of a text, by what leaves anywhere.
    pub fn of(text: &Measured, sieve: &Sieve) -> Self {
        let mut words: Vec<usize> =
            (0..text.letters.len()).filter(|at| text.letters[*at].starts_word).collect();
        words.push(text.letters.len());
        let mut shape = Shape { words, passages: Vec::new() };
        if let Some(last) = shape.words.len().checked_sub(WORDS + 1) {
            let mut left = vec![false; text.values.len()];
            each_gram_within(text, &(0..text.values.len()), |gram| {
                if sieve.may_have(gram.fingerprint) {
                    left[gram.at..gram.at + gram.letters].fill(true);
                }
            });
            let anything = Held { letters: usize::MAX, words: usize::MAX };
            shape.passages = shape.left(text, 0..=last, &left, &anything);
        }
        shape
    }

    /// The passages around a letter, if there could be some, and a number for the place.
    pub fn around(&self, letter: usize) -> Option<(usize, RangeInclusive<usize>)> {
        let word = self.words.partition_point(|word| *word <= letter).saturating_sub(1);
        let around = word / TRIED_WORDS;
        let first = self.passages.partition_point(|passage| passage + WORDS <= around * TRIED_WORDS);
        let behind = self.passages.partition_point(|passage| *passage < (around + 1) * TRIED_WORDS);
        (first < behind).then(|| (around, self.passages[first]..=self.passages[behind - 1]))
    }

    /// The letters of these passages.
    pub fn letters(&self, passages: &RangeInclusive<usize>) -> Range<usize> {
        self.words[*passages.start()]..self.words[passages.end() + WORDS]
    }

    /// Of these passages the first of which enough is left, as letters; `left` says which of theirs are, `held` how many
    /// what leaves has for them.
    pub fn first_left(
        &self,
        text: &Measured,
        passages: RangeInclusive<usize>,
        left: &[bool],
        held: &Held,
    ) -> Option<Range<usize>> {
        let found = self.left(text, passages, left, held);
        found.first().map(|first| self.letters(&(*first..=*first)))
    }

    fn left(
        &self,
        text: &Measured,
        passages: RangeInclusive<usize>,
        left: &[bool],
        held: &Held,
    ) -> Vec<usize> {
        let (first, start) = (*passages.start(), self.words[*passages.start()]);
        // Before each word, how many letters are left, and how many whole words.
        let (mut letters, mut words) = (0, 0);
        let mut before = vec![(letters, words)];
        for word in self.words[first..=passages.end() + WORDS].windows(2) {
            let left = (word[0]..word[1]).filter(|at| left[at - start] && !text.covered[*at]).count();
            letters += left;
            words += usize::from(left == word[1] - word[0]);
            before.push((letters, words));
        }
        let is_left = |passage: &usize| {
            let (from, to) = (before[passage - first], before[passage - first + WORDS]);
            let all = self.letters(&(*passage..=*passage)).len();
            let (letters, words) = ((to.0 - from.0).min(held.letters), (to.1 - from.1).min(held.words));
            letters as f64 >= LETTERS_LEFT * all as f64 || words >= WORDS_LEFT
        };
        passages.filter(is_left).collect()
    }
}

/// How much of a passage a reading has: a text that says the same again and again has all of it left where it is said
/// once.
pub struct Held {
    /// Letters in grams of the passage.
    letters: usize,
    /// Words wholly in such grams.
    words: usize,
}

/// Where in a reading of so many letters those of a text may be, `moved` by about so many.
pub fn near(ours: &Range<usize>, moved: isize, letters: usize) -> Range<usize> {
    let slack = MOVED as isize + TRIED_LETTERS;
    let within = |at: isize| at.clamp(0, letters as isize) as usize;
    within(ours.start as isize + moved - slack)..within(ours.end as isize + moved + slack)
}

/// Which letters of `ours` are in grams that `theirs` has at about the same place, which is `moved` by about so many, and
/// how much `theirs` has for them.
pub fn left(
    text: &Measured,
    ours: &Range<usize>,
    reading: &Reading,
    theirs: &Range<usize>,
    moved: isize,
) -> (Vec<bool>, Held) {
    // Sorted, with a bit for each: nearly all of theirs are told to be elsewhere by a look at the bits.
    let (mut grams, mut seen) = (Vec::with_capacity(2 * ours.len()), [0u64; SEEN / 64]);
    each_gram_within(text, ours, |gram| {
        seen[gram.fingerprint as usize % SEEN / 64] |= 1 << (gram.fingerprint % 64);
        grams.push(gram);
    });
    grams.sort_unstable_by_key(|gram| gram.fingerprint);
    let (mut left, mut has) = (vec![false; ours.len()], vec![false; theirs.len()]);
    let mut mark = |their: Gram| {
        if seen[their.fingerprint as usize % SEEN / 64] >> (their.fingerprint % 64) & 1 == 0 {
            return;
        }
        let their_at = their.at + theirs.start;
        let their_letters = &reading.values[their_at..their_at + their.letters];
        let first = grams.partition_point(|gram| gram.fingerprint < their.fingerprint);
        let equal = grams[first..].iter().take_while(|gram| gram.fingerprint == their.fingerprint);
        for gram in equal.take(MOST_EQUAL) {
            let letters = gram.at..gram.at + gram.letters;
            let off = their_at as isize - moved - gram.at as isize;
            if off.unsigned_abs() <= MOVED + TRIED_LETTERS as usize
                && text.values[letters.clone()] == *their_letters
            {
                left[letters.start - ours.start..letters.end - ours.start].fill(true);
                has[their.at..their.at + their.letters].fill(true);
            }
        }
    };
    each_gram(&reading.values[theirs.clone()], &mut mark);
    each_word_gram(&reading.values[theirs.clone()], |at| reading.starts[theirs.start + at], &mut mark);
    let mut words = 0;
    let mut starts = (0..has.len()).filter(|at| reading.starts[theirs.start + at]).peekable();
    while let Some(start) = starts.next() {
        let end = starts.peek().copied().unwrap_or(has.len());
        words += usize::from(has[start..end].iter().all(|has| *has));
    }
    (left, Held { letters: has.iter().filter(|has| **has).count(), words })
}

/// Tells every gram of a stretch of a text, where it starts counted in the text.
fn each_gram_within(text: &Measured, stretch: &Range<usize>, mut tell: impl FnMut(Gram)) {
    let mut tell = |gram: Gram| tell(Gram { at: gram.at + stretch.start, ..gram });
    each_gram(&text.values[stretch.clone()], &mut tell);
    each_word_gram(
        &text.values[stretch.clone()],
        |at| text.letters[stretch.start + at].starts_word,
        &mut tell,
    );
}
