//! What a person likes, as weights over traits: a Bayesian logistic regression from the prior that ships.
//!
//! No language model and no network; refitted from scratch in milliseconds whenever a pair comes or goes.
//! The posterior is joint, so a claim never rests on a trait that merely goes along with the one that matters.

mod claim;
mod deviation;
mod learn;
mod linear;
mod logistic;
mod population;
mod posterior;
mod prior;
#[cfg(test)]
mod tests;
mod told;
mod why;

pub use claim::TraitClaim;
pub use learn::Observation;
pub use logistic::{sigmoid, softplus};
pub use population::fit_mean;
pub use posterior::{Reward, hit};
pub use prior::{HalfLife, Kind, PersonPrior, Prior, Spreads};
pub use told::{Direction, Slope};
pub use why::Contribution;

/// Why a prior or a reward could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RewardError {
    /// The file isn't a prior; the message of the JSON reader has line and column.
    #[error("not a prior: {0}; make one with `likeness fit-prior`")]
    Prior(#[source] serde_json::Error),
    /// The reward speaks of traits that this version's table doesn't have, or not in that order.
    #[error("the reward was learnt with another table of traits; learn it again from the pairs")]
    OtherTable,
    /// Lengths or places in the reward don't go together.
    #[error("the reward is damaged: its numbers don't fit its traits; learn it again from the pairs")]
    Broken,
}
