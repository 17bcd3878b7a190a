//! What a person likes, as weights over traits: a Bayesian logistic regression from the prior that ships.
//!
//! No language model and no network; refitted from scratch in milliseconds whenever a pair comes or goes.
//! The posterior is joint, so a claim never rests on a trait that merely goes along with the one that matters.

mod claim;
mod learn;
mod linear;
mod logistic;
mod prior;

pub use claim::{Contribution, TraitClaim};
pub use learn::{Observation, Reward, fit_mean};
pub use prior::Prior;

/// Why a prior or a reward could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RewardError {
    /// The file isn't a prior; the message of the JSON reader has line and column.
    #[error("not a prior: {0}; make one with `likeness fit-prior`")]
    Prior(#[source] serde_json::Error),
}
