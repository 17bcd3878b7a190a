//! Holds what leaves against one text of the history, letter by letter: a hit of the index is a guess, this is the
//! proof.

use std::collections::HashMap;
use std::ops::Range;

use super::bar::Measured;
use super::gram::{NARROW, each_gram};

/// Letters compared for one request at most; what needs more is built to take long.
const MOST_STEPS: usize = 200_000_000;

/// Words of a passage that may have been changed here and there.
const PASSAGE_WORDS: usize = 40;

/// What part of its letters must be left in stretches of twelve letters or more. One word in five changed at random
/// leaves three quarters of the words in stretches of three or more.
const PASSAGE_LEFT: f64 = 0.42;

/// What words were added or left out moves the rest of a passage by so many letters at most.
const PASSAGE_MOVED: usize = 90;

/// Places where what leaves has a gram of the history, by fingerprint: the reading and the letter.
pub type Places = HashMap<u64, Vec<(u32, u32)>>;

/// It would take too long.
#[derive(Debug, PartialEq, Eq)]
pub struct TooLong;

/// Compares readings of what leaves with texts of the history.
pub struct Comparison<'a> {
    readings: &'a [Vec<u32>],
    places: &'a Places,
    /// A bit for each place's fingerprint, by its lowest bits: most grams are told to be elsewhere by a look at it.
    seen: Vec<u64>,
    steps: usize,
}

/// Bits of that, a power of two.
const SEEN: u64 = 1 << 17;

/// A stretch of a reading and of a text that have the same letters, in the same order or mirrored.
struct Run {
    text: Range<usize>,
    reading: usize,
    /// Where the text's stretch starts in the reading (mirrored: ends).
    at: usize,
    mirrored: bool,
}

impl<'a> Comparison<'a> {
    /// With these readings and the places where they have grams of the history.
    pub fn new(readings: &'a [Vec<u32>], places: &'a Places) -> Self {
        let mut seen = vec![0; SEEN as usize / 64];
        for fingerprint in places.keys() {
            seen[(fingerprint % SEEN / 64) as usize] |= 1 << (fingerprint % 64);
        }
        Comparison { readings, places, seen, steps: 0 }
    }

    /// Whether a text with these letters has any gram that leaves; nearly all have none, and need not be measured.
    pub fn touches(&self, values: &[u32]) -> bool {
        let mut touches = false;
        each_gram(values, |gram| touches |= self.leaves(gram.fingerprint));
        touches
    }

    fn leaves(&self, fingerprint: u64) -> bool {
        self.seen[(fingerprint % SEEN / 64) as usize] >> (fingerprint % 64) & 1 == 1
            && self.places.contains_key(&fingerprint)
    }

    /// The stretch of `text` that leaves, if one at the bar does: its letters.
    pub fn overlap(&mut self, text: &Measured) -> Result<Option<Range<usize>>, TooLong> {
        let mut met: HashMap<(usize, bool, usize), usize> = HashMap::new();
        let mut tried: HashMap<(usize, usize), ()> = HashMap::new();
        let mut best: Option<Range<usize>> = None;
        let mut grams = Vec::new();
        each_gram(&text.values, |gram| {
            if self.leaves(gram.fingerprint) {
                grams.push(gram);
            }
        });
        for gram in grams {
            for (reading, at) in &self.places[&gram.fingerprint] {
                self.steps += 1;
                let (reading, at) = (*reading as usize, *at as usize);
                for mirrored in [false, true] {
                    let diagonal = if mirrored { gram.at + at } else { gram.at.wrapping_sub(at) };
                    if met.get(&(reading, mirrored, diagonal)).is_some_and(|end| *end > gram.at) {
                        continue;
                    }
                    let Some(run) = self.run(text, gram.at, gram.letters, reading, at, mirrored) else {
                        continue;
                    };
                    self.steps += run.text.len();
                    if self.steps > MOST_STEPS {
                        return Err(TooLong);
                    }
                    met.insert((reading, mirrored, diagonal), run.text.end);
                    if text.is_at_bar(run.text.start, run.text.end) {
                        if best.as_ref().is_none_or(|best| best.len() < run.text.len()) {
                            best = Some(run.text);
                        }
                    } else if best.is_none()
                        && !mirrored
                        && tried.insert((reading, run.text.start / 256), ()).is_none()
                    {
                        best = self.passage(text, &run)?;
                    }
                }
            }
        }
        Ok(best)
    }

    /// The longest run around a gram.
    fn run(
        &self,
        text: &Measured,
        at: usize,
        letters: usize,
        reading: usize,
        place: usize,
        mirrored: bool,
    ) -> Option<Run> {
        let (ours, theirs) = (&text.values, &self.readings[reading]);
        let their = |i: usize| if mirrored { theirs[place + letters - 1 - i] } else { theirs[place + i] };
        if (0..letters).any(|i| ours[at + i] != their(i)) {
            return None;
        }
        let same = |(a, b): &(&u32, &u32)| a == b;
        let (ours_before, ours_after) = (&ours[..at], &ours[at + letters..]);
        let (theirs_before, theirs_after) = (&theirs[..place], &theirs[place + letters..]);
        let (before, after) = if mirrored {
            (
                ours_before.iter().rev().zip(theirs_after).take_while(same).count(),
                ours_after.iter().zip(theirs_before.iter().rev()).take_while(same).count(),
            )
        } else {
            (
                ours_before.iter().rev().zip(theirs_before.iter().rev()).take_while(same).count(),
                ours_after.iter().zip(theirs_after).take_while(same).count(),
            )
        };
        let start = if mirrored { place + letters + before } else { place - before };
        Some(Run { text: at - before..at + letters + after, reading, at: start, mirrored })
    }

    /// A passage around a run that is too short by itself: most of its letters leave, a few words were changed.
    fn passage(&mut self, text: &Measured, run: &Run) -> Result<Option<Range<usize>>, TooLong> {
        let words: Vec<usize> = (0..text.letters.len()).filter(|at| text.letters[*at].starts_word).collect();
        let middle = words.partition_point(|word| *word <= run.text.start);
        let first = middle.saturating_sub(PASSAGE_WORDS + 2);
        let behind = (middle + PASSAGE_WORDS + 2).min(words.len());
        if behind - first < PASSAGE_WORDS || run.mirrored {
            return Ok(None);
        }
        let start = words[first];
        let end = words.get(behind).copied().unwrap_or(text.values.len());
        let theirs = &self.readings[run.reading];
        let their_start = (run.at + start).saturating_sub(run.text.start + PASSAGE_MOVED);
        let their_end = (run.at + end + PASSAGE_MOVED).saturating_sub(run.text.start).min(theirs.len());
        self.steps += end - start + their_end - their_start;
        if self.steps > MOST_STEPS {
            return Err(TooLong);
        }
        let left = left_over(&text.values[start..end], &theirs[their_start..their_end]);
        let left_before: Vec<usize> = std::iter::once(0)
            .chain(left.iter().enumerate().scan(0, |count, (at, left)| {
                *count += usize::from(*left && !text.covered[start + at]);
                Some(*count)
            }))
            .collect();
        for at in first..=behind - PASSAGE_WORDS {
            let from = words[at];
            let to = words.get(at + PASSAGE_WORDS).copied().unwrap_or(text.values.len()).min(end);
            let part = left_before[to - start] - left_before[from - start];
            if part as f64 >= PASSAGE_LEFT * (to - from) as f64 {
                return Ok(Some(from..to));
            }
        }
        Ok(None)
    }
}

/// Which letters of `ours` are in stretches of a gram's length or more that `theirs` has at about the same place.
fn left_over(ours: &[u32], theirs: &[u32]) -> Vec<bool> {
    let mut places: HashMap<u64, Vec<usize>> = HashMap::new();
    each_gram(theirs, |gram| {
        let at = places.entry(gram.fingerprint).or_default();
        if at.len() < 8 {
            at.push(gram.at);
        }
    });
    let mut left = vec![false; ours.len()];
    each_gram(ours, |gram| {
        let same = |at: &&usize| ours[gram.at..gram.at + gram.letters] == theirs[**at..**at + gram.letters];
        let near = |at: &&usize| at.abs_diff(gram.at + PASSAGE_MOVED) <= PASSAGE_MOVED + NARROW;
        if places.get(&gram.fingerprint).is_some_and(|places| places.iter().filter(near).any(|at| same(&at)))
        {
            left[gram.at..gram.at + gram.letters].fill(true);
        }
    });
    left
}
