//! From a reading to numbers: what an answer is like, and how two answers differ.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::reading::Reading;
use super::{Needs, TABLE, Trait};
use crate::preference::Turn;

/// How far a difference can go, in scales: beyond it more of the same says nothing new.
const REACH: f64 = 3.0;

/// An answer's raw value of each trait, in the order of [`TABLE`]; kept in files by the traits' ids.
#[derive(Clone, Debug, PartialEq)]
pub struct Measurement {
    values: Vec<f64>,
    /// Whether it is told to be in another language than English, where the rows that rest on English say nothing.
    foreign: bool,
}

/// What the answer is like, measured from its text alone and from how it goes with the context.
///
/// Takes time linear in the text; no text makes it fail.
pub fn measure(context: &[Turn], answer: &str) -> Measurement {
    let reading = Reading::of(context, answer);
    Measurement {
        values: TABLE.iter().map(|row| (row.extract)(&reading)).collect(),
        foreign: reading.foreign,
    }
}

impl Measurement {
    /// The raw value of each trait, in the order of [`TABLE`].
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    fn is_wordless(&self) -> bool {
        // Letters a word: none where there is no word.
        Trait::find("word_length").is_some_and(|(index, _)| self.values[index] == 0.0)
    }
}

/// How the first of two answers differs from the second: for each trait in the order of [`TABLE`], in units of
/// a usual difference between two answers, positive where the first has more of it. Always finite.
///
/// It is 0 where a trait means nothing: an answer without words, outside code at least, has neither short nor long ones, and
/// one in another language is not without hedges because it has none of ours.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    values: Vec<f64>,
}

/// How `first` differs from `second` as answers to `context`.
pub fn difference(context: &[Turn], first: &str, second: &str) -> Difference {
    Difference::between(&measure(context, first), &measure(context, second))
}

impl Difference {
    /// The same from measurements taken before.
    pub fn between(first: &Measurement, second: &Measurement) -> Self {
        let wordless = first.is_wordless() || second.is_wordless();
        let foreign = first.foreign || second.foreign;
        let is_silent = |row: &Trait| wordless && row.of_words || foreign && row.needs == Needs::English;
        let value = |(row, (a, b)): (&Trait, (&f64, &f64))| match is_silent(row) {
            true => 0.0,
            false => bounded((row.transform.of(*a) - row.transform.of(*b)) / row.scale),
        };
        Difference { values: TABLE.iter().zip(first.values.iter().zip(&second.values)).map(value).collect() }
    }

    /// Differences that were not measured on texts, in the order of [`TABLE`]: one a trait, finite.
    pub fn from_values(values: Vec<f64>) -> Self {
        debug_assert_eq!(values.len(), TABLE.len());
        Difference { values }
    }

    /// The difference in each trait, in the order of [`TABLE`].
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The same two answers the other way round.
    pub fn reversed(&self) -> Self {
        Difference { values: self.values.iter().map(|value| -value).collect() }
    }

    /// The traits in which the two differ noticeably, the largest difference first, each with its words:
    /// "far longer", "somewhat fewer headings".
    pub fn words(&self) -> Vec<(&'static Trait, String)> {
        let mut told: Vec<_> = TABLE
            .iter()
            .zip(&self.values)
            .filter_map(|(row, &value)| Some((row, value, row.step(value)?)))
            .collect();
        told.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
        told.into_iter().map(|(row, _, words)| (row, words)).collect()
    }
}

/// Bends a difference so that it stays within ±[`REACH`], and is itself where it is small.
fn bounded(difference: f64) -> f64 {
    if difference.is_finite() { difference / (1.0 + (difference / REACH).powi(2)).sqrt() } else { 0.0 }
}

impl Serialize for Measurement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let told =
            TABLE.iter().zip(&self.values).filter(|(row, _)| !self.foreign || row.needs != Needs::English);
        serializer.collect_map(told.map(|(row, value)| (row.id, value)))
    }
}

impl<'de> Deserialize<'de> for Measurement {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let by_id = BTreeMap::<String, f64>::deserialize(deserializer)?;
        let mut english = TABLE.iter().filter(|row| row.needs == Needs::English);
        let foreign = english.all(|row| !by_id.contains_key(row.id));
        let values = TABLE.iter().map(|row| by_id.get(row.id).copied().unwrap_or(0.0)).collect();
        Ok(Measurement { values, foreign })
    }
}
