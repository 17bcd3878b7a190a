//! The fingerprints of a history, and what of a request they hit.
//!
//! Two filters: the anchors, at least one of which is in every run at the bar, and, while the history is small, one
//! gram in eight and every four short words besides, so that of a passage in which words were changed enough is found.
//! At 40 megabytes for 100,000 pairs there is no room for the second; it is dropped for good at about a tenth of that.
//! Without it a passage is found where an anchor happened to be left: of real answers, nine in ten times.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::hint::black_box;

use super::bar::Measured;
use super::compare::{Places, Reading};
use super::filter::{Filter, MOST_LEFT_OUT, Named};
use super::gram::{each_gram, each_word_gram};
use super::normal::{Folding, Letter, depends_on_folding, letters};
use super::numbers::Numbers;
use crate::preference::PairId;

/// What the anchors may take, the rest being for ids.
const ANCHOR_BYTES: usize = 36_500_000;

/// The samples' share while they last, in entries.
const SAMPLE_BYTES: usize = 33_000_000;
const MOST_SAMPLES: usize = 6_000_000;

/// And what all may take while there are some; looked at once in so many pairs.
const MOST_BYTES: usize = 39_500_000;
const LOOKED_AT: u32 = 64;

/// Fingerprints seen lately to miss: most of what one reading holds, another holds too.
const REMEMBERED: usize = 1 << 17;

/// Grams whose memory is asked for ahead: enough to wait for all of it at once, few enough to still have it then.
const AT_ONCE: usize = 32;

/// Fingerprints of pairs, by the pairs' numbers.
#[derive(Clone, Debug)]
pub struct Index {
    numbers: Numbers,
    anchors: Filter,
    samples: Option<Filter>,
}

impl Default for Index {
    fn default() -> Self {
        let samples = Some(Filter::new(SAMPLE_BYTES));
        Index { numbers: Numbers::default(), anchors: Filter::new(ANCHOR_BYTES), samples }
    }
}

/// A pair that samples name this often, within so many letters of a reading, is one to compare with. A passage of 40
/// words with every fifth changed is left in eight stretches, nearly each of which has a sample; of one stretch only
/// those count that are apart.
const SAMPLES_NEAR: usize = 3;
const NEAR: u32 = 500;
const APART: u32 = 10;

/// What of a request the index may know.
#[derive(Default)]
pub struct Hits {
    /// Every reading.
    pub readings: Vec<Reading>,
    /// Where.
    pub places: Places,
    /// Whose.
    pairs: BTreeSet<u32>,
    /// Whether some hit names nobody.
    every: bool,
    /// For each pair that samples name, where they last did.
    sampled: HashMap<u32, [(u32, u32); SAMPLES_NEAR]>,
    /// The pairs that each sample names.
    samples: HashMap<u64, Vec<u32>>,
}

impl Hits {
    /// Whether there are none.
    pub fn is_none(&self) -> bool {
        self.pairs.is_empty() && !self.every
    }

    /// Notes that a sample names a pair.
    fn sample(&mut self, pair: u32, place: (u32, u32)) {
        let last = self.sampled.entry(pair).or_insert([(u32::MAX, 0); SAMPLES_NEAR]);
        let newest = last[SAMPLES_NEAR - 1];
        if newest.0 == place.0 && place.1.abs_diff(newest.1) < APART {
            return;
        }
        last.rotate_left(1);
        last[SAMPLES_NEAR - 1] = place;
        if last[0].0 == place.0 && place.1.abs_diff(last[0].1) <= NEAR {
            self.pairs.insert(pair);
        }
    }
}

impl Index {
    /// Pairs in it.
    pub fn pairs(&self) -> usize {
        self.numbers.len()
    }

    /// Memory that it takes.
    pub fn bytes(&self) -> usize {
        self.numbers.bytes() + self.anchors.bytes() + self.samples.as_ref().map_or(0, Filter::bytes)
    }

    /// A number for a new pair.
    pub fn number(&mut self, id: PairId) -> Option<u32> {
        self.numbers.give(id)
    }

    /// Takes a pair's number back.
    pub fn forget(&mut self, id: PairId) -> Option<u32> {
        self.numbers.take(id)
    }

    /// Adds a text of the pair with this number, in the ways in which it is read.
    pub fn add(&mut self, number: u32, ways: &[Measured]) {
        once(ways, |way, tell| way.anchors().into_iter().for_each(tell))
            .into_iter()
            .for_each(|anchor| self.anchors.insert(anchor, number));
        if let Some(samples) = &mut self.samples {
            once(ways, |way, tell| each_sample(way, tell))
                .into_iter()
                .for_each(|sample| samples.insert(sample, number));
            let full = samples.len() > MOST_SAMPLES;
            if full || (number.is_multiple_of(LOOKED_AT) && self.bytes() > MOST_BYTES) {
                self.samples = None;
            }
        }
    }

    /// Takes it away.
    pub fn remove(&mut self, number: u32, ways: &[Measured]) {
        once(ways, |way, tell| way.anchors().into_iter().for_each(tell))
            .into_iter()
            .for_each(|anchor| self.anchors.remove(anchor, number));
        if let Some(samples) = &mut self.samples {
            once(ways, |way, tell| each_sample(way, tell))
                .into_iter()
                .for_each(|sample| samples.remove(sample, number));
        }
    }

    /// Looks up every gram of every reading: in its order, and with its words turned round; mirrored letters have
    /// the same fingerprints.
    pub fn hits(&self, readings: &[String]) -> Hits {
        let mut hits = Hits::default();
        let mut missed = vec![0u64; REMEMBERED];
        for reading in readings {
            let folded = letters(reading, Folding::Cases);
            // Where one character is several letters, a mirror image of the letters is not one of the text.
            if folded.iter().any(|letter| letter.characters == 0) {
                let backwards: String = reading.chars().rev().collect();
                self.look_up(letters(&backwards, Folding::Cases), &mut missed, &mut hits);
            }
            self.look_up(folded, &mut missed, &mut hits);
            if depends_on_folding(reading) {
                self.look_up(letters(reading, Folding::Looks), &mut missed, &mut hits);
            }
        }
        hits
    }

    fn look_up(&self, letters: Vec<Letter>, missed: &mut [u64], hits: &mut Hits) {
        let as_it_is = Reading::of(&letters);
        let turned = turned(&letters, &as_it_is);
        for reading in std::iter::once(as_it_is).chain(turned) {
            let number = hits.readings.len() as u32;
            let new = |missed: &[u64], fingerprint| missed[fingerprint as usize % REMEMBERED] != fingerprint;
            let mut grams = Vec::with_capacity(reading.values.len());
            each_gram(&reading.values, |gram| {
                if new(missed, gram.fingerprint) {
                    grams.push((gram, false));
                }
            });
            if self.samples.is_some() {
                each_word_gram(
                    &reading.values,
                    |at| reading.starts[at],
                    |gram| {
                        if new(missed, gram.fingerprint) {
                            grams.push((gram, true));
                        }
                    },
                );
                // Samples near one another are told by the order.
                grams.sort_by_key(|(gram, _)| gram.at);
            }
            for some in grams.chunks(AT_ONCE) {
                // The index is larger than any cache: the memory that a look-up waits for is asked for ahead.
                black_box(some.iter().fold(0, |all, (gram, words)| {
                    let filter = self.samples.as_ref().filter(|_| *words).unwrap_or(&self.anchors);
                    all ^ filter.touch(gram.fingerprint)
                }));
                for (gram, words) in some {
                    if new(missed, gram.fingerprint)
                        && !self.look_up_gram(gram.fingerprint, *words, (number, gram.at as u32), hits)
                    {
                        missed[gram.fingerprint as usize % REMEMBERED] = gram.fingerprint;
                    }
                }
            }
            hits.readings.push(reading);
        }
    }

    /// Whether the index may know this gram, of words or of letters; the hits take it in.
    fn look_up_gram(&self, fingerprint: u64, words: bool, place: (u32, u32), hits: &mut Hits) -> bool {
        if let Some(places) = hits.places.get_mut(&fingerprint) {
            places.push(place);
            for pair in hits.samples.get(&fingerprint).cloned().into_iter().flatten() {
                hits.sample(pair, place);
            }
            return true;
        }
        let (mut hit, mut names) = (false, Vec::new());
        let (pairs, every) = (&mut hits.pairs, &mut hits.every);
        let mut tell = |named| {
            hit = true;
            match named {
                // So many name nobody in particular.
                Named::Between(from, to) if to - from > 1 << MOST_LEFT_OUT => *every = true,
                Named::Between(from, to) => pairs.extend(from..to),
                Named::Every => *every = true,
            }
        };
        if !words {
            self.anchors.find(fingerprint, &mut tell);
        }
        if let Some(samples) = self.samples.as_ref().filter(|_| words || fingerprint.is_multiple_of(8)) {
            samples.find(fingerprint, |named| {
                hit = true;
                // What so many share that it names nobody says nothing of a passage.
                if let Named::Between(from, to) = named
                    && to == from + 1
                {
                    names.push(from);
                }
            });
        }
        if hit {
            hits.places.insert(fingerprint, vec![place]);
        }
        if !names.is_empty() {
            names.iter().for_each(|pair| hits.sample(*pair, place));
            hits.samples.insert(fingerprint, names);
        }
        hit
    }

    /// The pairs that hits name, and where some name nobody, all the others.
    pub fn candidates(&self, hits: &Hits) -> (Vec<PairId>, Vec<PairId>) {
        let named = hits.pairs.iter().filter_map(|number| self.numbers.id(*number)).collect();
        let end = if hits.every { self.numbers.end() } else { 0 };
        let others = (0..end).filter(|number| !hits.pairs.contains(number));
        (named, others.filter_map(|number| self.numbers.id(number)).collect())
    }
}

/// The fingerprints of a text, and of each other way to read it those that are not told yet.
fn once(ways: &[Measured], tell: impl Fn(&Measured, &mut dyn FnMut(u64))) -> Vec<u64> {
    let mut told = Vec::new();
    for (at, way) in ways.iter().enumerate() {
        let known: HashSet<u64> = if at == 0 { HashSet::new() } else { told.iter().copied().collect() };
        tell(way, &mut |fingerprint| {
            if !known.contains(&fingerprint) {
                told.push(fingerprint);
            }
        });
    }
    told
}

/// Tells the samples of a text: some of what is left of it where one word in five was changed.
fn each_sample(text: &Measured, mut tell: impl FnMut(u64)) {
    text.samples().into_iter().for_each(&mut tell);
    each_word_gram(
        &text.values,
        |at| text.letters[at].starts_word,
        |gram| {
            if !text.covered[gram.at..gram.at + gram.letters].iter().all(|covered| *covered) {
                tell(gram.fingerprint);
            }
        },
    );
}

/// The letters with the order of the words turned round, words being what is between signs, or between spaces.
fn turned(letters: &[Letter], as_it_is: &Reading) -> Vec<Reading> {
    let turn = |starts: fn(&Letter) -> bool| {
        let mut turned = Reading::default();
        let mut end = letters.len();
        for at in (0..letters.len()).rev() {
            if starts(&letters[at]) || at == 0 {
                turned.values.extend_from_slice(&as_it_is.values[at..end]);
                turned.starts.extend_from_slice(&as_it_is.starts[at..end]);
                end = at;
            }
        }
        turned
    };
    let mut ways = vec![turn(|letter| letter.starts_word), turn(|letter| letter.follows_space)];
    ways.dedup_by(|one, other| one.values == other.values);
    ways.retain(|way| way.values != as_it_is.values);
    ways
}
