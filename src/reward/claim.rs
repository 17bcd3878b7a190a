//! What can be said of a reward in words: claims on the person, and why one answer is expected to win.

use serde::{Deserialize, Serialize};

use super::{Observation, Reward};
use crate::traits::{Difference, TABLE, Trait};

/// A claim is made where the sign of a weight is at least this certain in the joint posterior.
const CERTAIN: f64 = 0.8;

/// A difference counts as evidence in the counts beside a claim from this many scales on.
const COUNTED: f64 = 0.3;

/// A trait that surely matters to the person, and in which direction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TraitClaim {
    /// The trait's id.
    pub id: String,
    /// Whether they prefer more of it.
    pub more: bool,
    /// The claim in words: "You prefer answers that are shorter."
    pub text: String,
    /// The chance that the sign is right.
    pub certainty: f64,
    /// The person's weight: log-odds a usual difference.
    pub weight: f64,
    /// What people in general weigh it.
    pub prior_weight: f64,
    /// Pairs in which the chosen answer differs noticeably in the claimed direction; shown, never the ground.
    pub supports: usize,
    /// Pairs in which it differs in the other one.
    pub contradicts: usize,
}

/// What one trait adds to the log-odds of the first of two answers.
#[derive(Clone, Debug)]
pub struct Contribution {
    /// The trait.
    pub row: &'static Trait,
    /// How far the first answer has more of it, in usual differences.
    pub difference: f64,
    /// What that adds to the log-odds.
    pub log_odds: f64,
}

impl Reward {
    /// Why the first of two answers is expected to win or lose: the largest contribution first.
    pub fn why(&self, difference: &Difference) -> Vec<Contribution> {
        let mut parts: Vec<Contribution> = TABLE
            .iter()
            .zip(difference.values())
            .zip(&self.summary)
            .map(|((row, &difference), trait_summary)| Contribution {
                row,
                difference,
                log_odds: trait_summary.weight * difference,
            })
            .filter(|part| part.log_odds != 0.0)
            .collect();
        parts.sort_by(|a, b| b.log_odds.abs().total_cmp(&a.log_odds.abs()));
        parts
    }

    /// The claims, surest first: traits whose sign is certain and in which the person differs from people in
    /// general; `observations` are those that the reward was learnt from, for the counts beside each claim.
    pub fn claims(&self, observations: &[Observation]) -> Vec<TraitClaim> {
        let mut claims: Vec<TraitClaim> =
            (0..TABLE.len()).filter_map(|index| self.claim(index, observations)).collect();
        claims.sort_by(|a, b| b.certainty.total_cmp(&a.certainty));
        claims
    }

    fn claim(&self, index: usize, observations: &[Observation]) -> Option<TraitClaim> {
        let row = &TABLE[index];
        let summary = self.summary[index];
        let more = summary.weight > 0.0;
        let certainty = if more { summary.raised } else { summary.lowered };
        if self.pairs == 0 || certainty < CERTAIN {
            return None;
        }
        let counted =
            |sign: f64| observations.iter().filter(|o| sign * o.difference.values()[index] > COUNTED).count();
        let sign = if more { 1.0 } else { -1.0 };
        Some(TraitClaim {
            id: row.id.to_owned(),
            more,
            text: format!("You prefer answers that {}.", row.phrase(more)),
            certainty,
            weight: summary.weight,
            prior_weight: self.mean[index],
            supports: counted(sign),
            contradicts: counted(-sign),
        })
    }
}
