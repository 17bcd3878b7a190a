//! Holds what leaves against one text of the history, letter by letter: a hit of the index is a guess, this is the
//! proof.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::bar::Measured;
use super::gram::{Gram, each_gram, each_word_gram};
use super::normal::Letter;
use super::passage::{self, Shape, Sieve};

/// Letters compared for one request at most; what needs more is built to take long.
const MOST_STEPS: usize = 200_000_000;

/// Places where what leaves has a gram of the history, by fingerprint: the reading and the letter.
pub type Places = HashMap<u64, Vec<(u32, u32)>>;

/// It would take too long.
#[derive(Debug, PartialEq, Eq)]
pub struct TooLong;

/// A reading of what leaves.
#[derive(Default)]
pub struct Reading {
    /// Its letters, folded.
    pub values: Vec<u32>,
    /// Whether a word starts with each.
    pub starts: Vec<bool>,
}

impl Reading {
    /// With these letters.
    pub fn of(letters: &[Letter]) -> Self {
        Reading {
            values: letters.iter().map(|letter| letter.value).collect(),
            starts: letters.iter().map(|letter| letter.starts_word).collect(),
        }
    }
}

/// Compares readings of what leaves with texts of the history.
pub struct Comparison<'a> {
    readings: &'a [Reading],
    places: &'a Places,
    /// The grams of all readings, once they are asked for.
    sieve: Option<Sieve>,
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
}

impl<'a> Comparison<'a> {
    /// With these readings and the places where they have grams of the history.
    pub fn new(readings: &'a [Reading], places: &'a Places) -> Self {
        let mut seen = vec![0; SEEN as usize / 64];
        for fingerprint in places.keys() {
            seen[(fingerprint % SEEN / 64) as usize] |= 1 << (fingerprint % 64);
        }
        Comparison { readings, places, sieve: None, seen, steps: 0 }
    }

    /// Whether a text with these letters has any gram that leaves; nearly all have none, and need not be measured.
    pub fn touches(&self, letters: &[Letter], values: &[u32]) -> bool {
        let mut touches = false;
        each_gram(values, |gram| touches |= self.leaves(gram.fingerprint));
        if !touches {
            each_word_gram(
                values,
                |at| letters[at].starts_word,
                |gram| {
                    touches |= self.leaves(gram.fingerprint);
                },
            );
        }
        touches
    }

    fn leaves(&self, fingerprint: u64) -> bool {
        self.seen[(fingerprint % SEEN / 64) as usize] >> (fingerprint % 64) & 1 == 1
            && self.places.contains_key(&fingerprint)
    }

    /// The stretch of `text` that leaves, if one at the bar does: its letters.
    pub fn overlap(&mut self, text: &Measured) -> Result<Option<Range<usize>>, TooLong> {
        let mut met: HashMap<(usize, bool, usize), usize> = HashMap::new();
        let mut tried: HashSet<(usize, usize, isize)> = HashSet::new();
        let mut shape: Option<Shape> = None;
        let mut best: Option<Range<usize>> = None;
        let mut grams = Vec::new();
        let mut take = |gram: Gram| {
            if self.leaves(gram.fingerprint) {
                grams.push(gram);
            }
        };
        each_gram(&text.values, &mut take);
        each_word_gram(&text.values, |at| text.letters[at].starts_word, &mut take);
        // A run that was met is known by its end, so what is before it must come first.
        grams.sort_by_key(|gram| gram.at);
        for gram in grams {
            for (reading, at) in &self.places[&gram.fingerprint] {
                self.steps += 1;
                let (reading, at) = (*reading as usize, *at as usize);
                for mirrored in [false, true] {
                    if !self.is_there(text, &gram, reading, at, mirrored) {
                        continue;
                    }
                    let diagonal = if mirrored { gram.at + at } else { gram.at.wrapping_sub(at) };
                    if met.get(&(reading, mirrored, diagonal)).is_some_and(|end| *end > gram.at) {
                        continue;
                    }
                    let run = self.run(text, &gram, reading, at, mirrored);
                    self.steps += run.text.len();
                    if self.steps > MOST_STEPS {
                        return Err(TooLong);
                    }
                    met.insert((reading, mirrored, diagonal), run.text.end);
                    if text.is_at_bar(run.text.start, run.text.end) {
                        if best.as_ref().is_none_or(|best| best.len() < run.text.len()) {
                            best = Some(run.text);
                        }
                    } else if best.is_none() && !mirrored {
                        let shape = shape.get_or_insert_with(|| self.shape(text));
                        best = self.passage(text, shape, &run, &mut tried)?;
                    }
                }
            }
        }
        Ok(best)
    }

    /// Whether a gram of a text is at this place of a reading, letter by letter.
    fn is_there(&self, text: &Measured, gram: &Gram, reading: usize, place: usize, mirrored: bool) -> bool {
        let ours = &text.values[gram.at..gram.at + gram.letters];
        let theirs = &self.readings[reading].values[place..place + gram.letters];
        if mirrored { ours.iter().eq(theirs.iter().rev()) } else { ours == theirs }
    }

    /// The longest run around a gram.
    fn run(&self, text: &Measured, gram: &Gram, reading: usize, place: usize, mirrored: bool) -> Run {
        let (ours, theirs) = (&text.values, &self.readings[reading].values);
        let (at, letters) = (gram.at, gram.letters);
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
        Run { text: at - before..at + letters + after, reading, at: start }
    }

    /// Where a passage of a text could be, by what the readings have anywhere.
    fn shape(&mut self, text: &Measured) -> Shape {
        let readings = self.readings;
        let sieve = self.sieve.get_or_insert_with(|| Sieve::of(readings));
        Shape::of(text, sieve)
    }

    /// A passage around a run that is too short by itself: most of it leaves, a few words were changed. What was `tried`
    /// about there is not tried again.
    fn passage(
        &mut self,
        text: &Measured,
        shape: &Shape,
        run: &Run,
        tried: &mut HashSet<(usize, usize, isize)>,
    ) -> Result<Option<Range<usize>>, TooLong> {
        let Some((around, passages)) = shape.around(run.text.start) else { return Ok(None) };
        let moved = run.at as isize - run.text.start as isize;
        if !tried.insert((run.reading, around, moved.div_euclid(passage::TRIED_LETTERS))) {
            return Ok(None);
        }
        let theirs = &self.readings[run.reading];
        let ours = shape.letters(&passages);
        let near = passage::near(&ours, moved, theirs.values.len());
        self.steps += passage::STEPS * (ours.len() + near.len());
        if self.steps > MOST_STEPS {
            return Err(TooLong);
        }
        let (left, held) = passage::left(text, &ours, theirs, &near, moved);
        Ok(shape.first_left(text, passages, &left, &held))
    }
}
