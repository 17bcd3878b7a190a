//! How well systems tell which of two answers was preferred, with the interval that says how far to trust it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::chance::Chance;
use crate::reward::hit;

/// Resamples behind every interval.
const RESAMPLES: usize = 2000;

/// A system that predicts which of two answers was preferred.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum System {
    /// The shipped prior alone: people in general.
    Prior,
    /// The person's reward over traits.
    Reward,
    /// The language model without persona and demos.
    DefaultJudge,
    /// The language model with persona and demos.
    Judge,
    /// Reward and judge, stacked.
    Stack,
}

/// Accuracy with its 95% bootstrap interval over pairs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Accuracy {
    /// The share of pairs whose preferred answer was named; log-odds of exactly 0 count one half.
    pub accuracy: f64,
    /// The 2.5th and the 97.5th percentile.
    pub interval: [f64; 2],
}

/// What the command `evaluate` prints.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// How many pairs were judged.
    pub n: usize,
    /// The systems that the arguments allowed.
    pub systems: BTreeMap<System, Accuracy>,
}

impl Report {
    /// A report on log-odds of the preferred answer against the other, one list a system, one entry a pair.
    ///
    /// ```
    /// use likeness::bench::{Report, System};
    /// let report = Report::of([(System::Prior, vec![0.3, -0.1, 0.9, 0.2])]);
    /// assert_eq!((report.n, report.systems[&System::Prior].accuracy), (4, 0.75));
    /// ```
    pub fn of(log_odds: impl IntoIterator<Item = (System, Vec<f64>)>) -> Self {
        let systems: Vec<(System, Vec<f64>)> = log_odds.into_iter().collect();
        Report {
            n: systems.iter().map(|(_, odds)| odds.len()).max().unwrap_or(0),
            systems: systems.into_iter().map(|(system, odds)| (system, Accuracy::of(&odds))).collect(),
        }
    }
}

impl Accuracy {
    /// The accuracy of these log-odds of the preferred answer; 0 to 1 where there is no pair.
    pub fn of(log_odds: &[f64]) -> Self {
        let hits: Vec<f64> = log_odds.iter().map(|odds| hit(*odds)).collect();
        if hits.is_empty() {
            return Accuracy { accuracy: 0.5, interval: [0.0, 1.0] };
        }
        Accuracy { accuracy: mean(&hits), interval: interval(&hits) }
    }
}

/// A mean with its 95% bootstrap interval over people.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// The mean over people.
    pub mean: f64,
    /// The 2.5th and the 97.5th percentile.
    pub interval: [f64; 2],
}

impl Interval {
    /// Over one value for each person.
    pub fn of(values: &[f64]) -> Self {
        match values {
            [] => Interval { mean: f64::NAN, interval: [f64::NAN; 2] },
            _ => Interval { mean: mean(values), interval: interval(values) },
        }
    }
}

impl std::fmt::Display for Interval {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.3} [{:.3}, {:.3}]", self.mean, self.interval[0], self.interval[1])
    }
}

pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / (values.len() as f64).max(1.0)
}

/// The 95% percentile bootstrap interval of the mean of `values`, always from the same seed.
pub(super) fn interval(values: &[f64]) -> [f64; 2] {
    let mut chance = Chance::seeded(0x5eed);
    let mut means: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            (0..values.len()).map(|_| values[chance.below(values.len())]).sum::<f64>() / values.len() as f64
        })
        .collect();
    means.sort_by(f64::total_cmp);
    [means[RESAMPLES / 40], means[RESAMPLES - 1 - RESAMPLES / 40]]
}
