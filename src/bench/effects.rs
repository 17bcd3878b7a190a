//! What each trait is worth on choices that nothing was learnt from.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::synthetic::loss;
use crate::reward::{Observation, Reward};
use crate::traits::{TABLE, Trait};

/// For each trait, by how much the left-out log-loss rises when what it adds to the log-odds is taken out.
///
/// Above 0 it helped, below 0 it harmed. Nothing is fitted again without it, so a trait whose work another one
/// could do looks worth more than it is.
#[derive(Clone, Debug, Default)]
pub struct Effects {
    sums: Vec<f64>,
    count: f64,
}

impl Effects {
    /// Adds one left-out choice, judged by a reward's mean weights.
    pub(super) fn add(&mut self, reward: &Reward, observation: &Observation) {
        self.sums.resize(TABLE.len(), 0.0);
        self.count += 1.0;
        let parts = reward.why(&observation.difference);
        let odds: f64 = parts.iter().map(|part| part.log_odds).sum();
        for part in parts {
            let Some((index, _)) = Trait::find(part.row.id) else { continue };
            self.sums[index] += loss(odds - part.log_odds) - loss(odds);
        }
    }

    /// Each trait with its effect, in thousandths of a nat a choice.
    pub fn in_millinats(&self) -> BTreeMap<&'static str, f64> {
        let per = 1000.0 / self.count.max(1.0);
        TABLE.iter().map(|row| row.id).zip(self.sums.iter().map(|sum| sum * per)).collect()
    }
}

impl Serialize for Effects {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.in_millinats())
    }
}
