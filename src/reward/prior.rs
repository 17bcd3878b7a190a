//! What people in general prefer, and how a person may differ: the prior that ships, and its file.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::RewardError;
use crate::traits::{Divides, TABLE, Trait};

/// The prior over a person's weights: where they start, and how far they may go from there.
///
/// A person's log-odds are `follow · (scale · mean · difference) + deviation · difference`. How near to 1 the follow
/// is depends on the kind of person; the deviation is nothing at all, or a weight for each trait with a heavy-tailed
/// prior, and the person's own pairs say which, and in which traits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prior {
    /// Whose judgements the mean was fitted on, and under which licence.
    pub credit: String,
    /// The command that made this file.
    pub made_by: String,
    /// The mean weight of each trait, by id; a trait that isn't named starts at 0.
    pub mean: BTreeMap<String, f64>,
    /// What the mean is multiplied by: weights that were kept small in the fit are too timid for people whom it
    /// has not seen.
    pub scale: f64,
    /// How a person may differ.
    pub person: PersonPrior,
}

/// How a person may differ from people in general.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PersonPrior {
    /// Kinds of people: those who go by what everybody finds good, those who go by a taste of their own.
    pub kinds: Vec<Kind>,
    /// How far a weight usually is from the mean of the prior, by how far people differ over its trait.
    pub spreads: Spreads,
    /// After how many pairs a taste may have half faded, each with its chance; none for never.
    pub half_lives: Vec<HalfLife>,
    /// What the log-odds of a person are multiplied by to be calibrated.
    pub temperature: f64,
}

/// One kind of person: how far they follow the mean, a Gaussian over the factor of the mean's log-odds, and how
/// likely they then are to deviate from it. Who follows it closely seldom does.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kind {
    /// How common the kind is.
    pub chance: f64,
    /// How far they follow the mean: 1 is fully, 0 not at all.
    pub follow: f64,
    /// The standard deviation of that.
    pub follow_spread: f64,
    /// The chance that they deviate.
    pub deviates: f64,
    /// How far they then do, as a factor of [`PersonPrior::spreads`].
    pub spread: f64,
}

/// Spreads of a weight in log-odds a usual difference, by how far people differ over its trait.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spreads {
    /// Where tastes differ much.
    pub much: f64,
    /// Where they differ.
    pub some: f64,
    /// Where they hardly do.
    pub little: f64,
}

/// One point of the grid of half-lives.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct HalfLife {
    /// After this many pairs a deviation shows half; none where it never fades.
    pub pairs: Option<f64>,
    /// Its prior chance.
    pub chance: f64,
}

static SHIPPED: LazyLock<Prior> = LazyLock::new(|| {
    // why: the file is part of the program, and a test reads it.
    #[allow(clippy::expect_used)]
    Prior::from_json(include_str!("prior.json")).expect("src/reward/prior.json is a prior")
});

impl Kind {
    /// The mean and the standard deviation of how far they follow the mean.
    pub(super) fn follow(&self) -> (f64, f64) {
        (self.follow, self.follow_spread)
    }
}

impl PersonPrior {
    /// The spread of each trait's weight for a kind of person, in the order of [`TABLE`].
    pub(super) fn spreads_of(&self, kind: &Kind) -> Vec<f64> {
        let of = |row: &Trait| match row.divides {
            Divides::Much => self.spreads.much,
            Divides::Some => self.spreads.some,
            Divides::Little => self.spreads.little,
        };
        TABLE.iter().map(|row| kind.spread * of(row)).collect()
    }
}

impl Prior {
    /// The prior that ships, fitted by `likeness fit-prior` on the people of MT-Bench human judgments.
    pub fn shipped() -> &'static Prior {
        &SHIPPED
    }

    /// How far each trait's weight usually is from the mean for someone with a taste of their own, in the order of
    /// [`TABLE`]: which traits are worth looking at in someone of whom nothing is known.
    pub fn usual_deviations(&self) -> Vec<f64> {
        let own = self.person.kinds.iter().max_by(|a, b| a.spread.total_cmp(&b.spread));
        own.map_or_else(|| vec![0.0; TABLE.len()], |kind| self.person.spreads_of(kind))
    }

    /// Reads a prior from its file.
    pub fn from_json(text: &str) -> Result<Prior, RewardError> {
        serde_json::from_str(text).map_err(RewardError::Prior)
    }

    /// Writes its file: the same prior always gives the same bytes.
    pub fn to_json(&self) -> String {
        // Strings and numbers under string keys always have a JSON form.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// The mean weights in the order of [`TABLE`].
    pub(super) fn mean_weights(&self) -> Vec<f64> {
        TABLE.iter().map(|row| self.scale * self.mean.get(row.id).copied().unwrap_or(0.0)).collect()
    }
}
