//! What people in general prefer: the prior that ships, and the file it ships in.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::RewardError;
use crate::traits::TABLE;

/// The prior over a person's weights: where they start, and how far they may go from there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prior {
    /// Whose judgements it was fitted on, and under which licence.
    pub credit: String,
    /// The command that made this file.
    pub made_by: String,
    /// The mean weight of each trait, by id; a trait that isn't named starts at 0.
    pub means: BTreeMap<String, f64>,
    /// The standard deviations, in log-odds a usual difference, that a person's deviation may have.
    pub spreads: Vec<f64>,
}

static SHIPPED: LazyLock<Prior> = LazyLock::new(|| {
    // why: the file is part of the program, and a test reads it.
    #[allow(clippy::expect_used)]
    Prior::from_json(include_str!("prior.json")).expect("src/reward/prior.json is a prior")
});

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
        TABLE.iter().map(|row| self.means.get(row.id).copied().unwrap_or(0.0)).collect()
    }
}
