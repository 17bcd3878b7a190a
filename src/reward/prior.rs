//! What people in general prefer, and how a person may differ: the prior that ships, and its file.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::RewardError;
use crate::traits::{Notice, TABLE, Trait};

/// The prior over a person's weights: where they start, and how far they may go from there.
///
/// A person's log-odds are `follow · (mean · difference) + deviation · difference`. The follow is near 1; the
/// deviation is nothing at all, or a few traits, or a little of everything, and the person's own pairs say which.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prior {
    /// Whose judgements the mean was fitted on, and under which licence.
    pub credit: String,
    /// The command that made this file.
    pub made_by: String,
    /// The mean weight of each trait, by id; a trait that isn't named starts at 0.
    pub mean: BTreeMap<String, f64>,
    /// How a person may differ.
    pub person: PersonPrior,
}

/// How a person may differ from people in general.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PersonPrior {
    /// How far a person follows the mean: fully, more or less, or hardly at all, each with its chance.
    pub follow: Vec<Follow>,
    /// The chance that they don't deviate at all.
    pub none: f64,
    /// The chance that they deviate in a few traits.
    pub few: f64,
    /// A little of everything: standard deviations of a weight, in log-odds a usual difference, each with its
    /// chance.
    pub dense: Vec<Spread>,
    /// The standard deviation of a weight that is one of the few.
    pub slab_spread: f64,
    /// The chance that a trait is one of the few, by how readily it is noticed.
    pub inclusion: Inclusion,
    /// After how many pairs a taste may have half faded, each with its chance; none for never.
    pub half_lives: Vec<HalfLife>,
    /// What the log-odds of a person are multiplied by to be calibrated.
    pub temperature: f64,
}

/// One idea of how far a person follows the mean: a Gaussian over the factor of the mean's log-odds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Follow {
    /// 1 is fully, 0 not at all.
    pub mean: f64,
    /// The standard deviation.
    pub spread: f64,
    /// Its prior chance.
    pub chance: f64,
}

/// One point of the grid of dense deviations.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// The standard deviation of each weight.
    pub spread: f64,
    /// Its prior chance.
    pub chance: f64,
}

/// One point of the grid of half-lives.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct HalfLife {
    /// After this many pairs a deviation shows half; none where it never fades.
    pub pairs: Option<f64>,
    /// Its prior chance.
    pub chance: f64,
}

/// The chance that a trait is one of the few that a person weighs in their own way.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Inclusion {
    /// For a trait noticed at a glance.
    pub glance: f64,
    /// For one noticed while reading.
    pub read: f64,
    /// For a subtle one.
    pub subtle: f64,
}

static SHIPPED: LazyLock<Prior> = LazyLock::new(|| {
    // why: the file is part of the program, and a test reads it.
    #[allow(clippy::expect_used)]
    Prior::from_json(include_str!("prior.json")).expect("src/reward/prior.json is a prior")
});

impl Default for PersonPrior {
    /// The settings that ship: chosen on the first fifteen synthetic people, see `BENCHMARKS.md`.
    fn default() -> Self {
        PersonPrior {
            follow: vec![
                Follow { mean: 1.0, spread: 0.5, chance: 0.7 },
                Follow { mean: 0.0, spread: 0.3, chance: 0.3 },
            ],
            none: 0.1,
            few: 0.85,
            dense: vec![Spread { spread: 0.3, chance: 0.05 }],
            slab_spread: 1.7,
            inclusion: Inclusion { glance: 0.12, read: 0.05, subtle: 0.012 },
            half_lives: vec![
                HalfLife { pairs: None, chance: 0.85 },
                HalfLife { pairs: Some(16.0), chance: 0.15 },
            ],
            temperature: 1.0,
        }
    }
}

impl PersonPrior {
    /// The chance that a trait is one of the few.
    pub(super) fn included(&self, row: &Trait) -> f64 {
        match row.notice {
            Notice::Glance => self.inclusion.glance,
            Notice::Read => self.inclusion.read,
            Notice::Subtle => self.inclusion.subtle,
        }
    }
}

impl Prior {
    /// The prior that ships, fitted by `likeness fit-prior` on the people of MT-Bench human judgments.
    pub fn shipped() -> &'static Prior {
        &SHIPPED
    }

    /// Reads a prior from its file.
    pub fn from_json(text: &str) -> Result<Prior, RewardError> {
        serde_json::from_str(text).map_err(RewardError::Prior)
    }

    /// The mean weights in the order of [`TABLE`].
    pub(super) fn mean_weights(&self) -> Vec<f64> {
        TABLE.iter().map(|row| self.mean.get(row.id).copied().unwrap_or(0.0)).collect()
    }
}
