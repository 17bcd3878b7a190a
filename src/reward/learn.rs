//! From a person's pairs to the posterior over their weights: a mixture over how they may differ.

use super::dense;
use super::posterior::{Component, Reward};
use super::sparse::{self, Evidence, FittedSet};
use super::{Kind, PersonPrior, Prior};
use crate::preference::{PreferencePair, Standing};
use crate::traits::{self, Difference, TABLE};

/// One preferred difference: chosen minus rejected.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// How the chosen answer differs from the rejected one.
    pub difference: Difference,
    /// How much it counts: 1 for a choice that the person stated, less for one read off their behaviour.
    pub weight: f64,
}

/// An inferred preference counts this much of a stated one: a regenerated answer may have been fine.
const INFERRED_WEIGHT: f64 = 0.5;

/// Components with less than this share of the best one's are left out.
const NEGLIGIBLE: f64 = 2e-3;

impl Observation {
    /// What a pair shows.
    pub fn of(pair: &PreferencePair) -> Self {
        Observation {
            difference: traits::difference(&pair.context, &pair.chosen, &pair.rejected),
            weight: match pair.standing {
                Standing::Stated => 1.0,
                Standing::Inferred => INFERRED_WEIGHT,
            },
        }
    }
}

/// Sets that are fitted again for each other half-life and follow.
const KEPT_SETS: usize = 80;

impl Reward {
    /// Learns from `observations`, oldest first; without any, the reward is the prior.
    ///
    /// The same observations always give the same reward, bit for bit.
    pub fn learn(prior: &Prior, observations: &[Observation]) -> Self {
        let person = &prior.person;
        let mean = prior.mean_weights();
        let pairs = Pairs::new(&mean, observations);
        // The sets are searched once, for the kind that is told least and with nothing faded, then fitted for each kind.
        let lasting = pairs.faded(None);
        let widest = person.kinds.iter().max_by(|a, b| a.follow_spread.total_cmp(&b.follow_spread));
        let mut candidates: Vec<(f64, Component)> = Vec::new();
        if let Some(widest) = widest {
            let inclusion: Vec<f64> = TABLE.iter().map(|row| person.included(row)).map(log_odds).collect();
            let nothing = TABLE.iter().map(|row| libm::log1p(-person.included(row))).sum();
            let mut sets = sparse::search(&pairs.evidence(person, widest, &lasting, &inclusion));
            sets.sort_by(|a, b| b.log_posterior.total_cmp(&a.log_posterior));
            let empty = sets.iter().position(|set| set.traits.is_empty()).map(|place| sets.remove(place));
            sets.truncate(KEPT_SETS);
            sets.extend(empty);
            for half_life in &person.half_lives {
                let columns = pairs.faded(half_life.pairs);
                for kind in &person.kinds {
                    let chance = half_life.chance * kind.chance;
                    let fitted = sparse::refit(&pairs.evidence(person, kind, &columns, &inclusion), &sets);
                    candidates.extend(fitted.into_iter().map(|set| weighed(kind, nothing, chance, set)));
                }
            }
            for kind in &person.kinds {
                candidates.extend(dense(person, kind, &pairs, &lasting));
            }
        }
        Reward::mixture(mean, candidates, NEGLIGIBLE, person.temperature, observations.len())
    }

    /// The reward of someone of whom nothing is known.
    pub fn unknown(prior: &Prior) -> Self {
        Reward::learn(prior, &[])
    }
}

fn log_odds(chance: f64) -> f64 {
    libm::log(chance / (1.0 - chance))
}

/// A person's pairs as the fits read them.
struct Pairs<'a> {
    observations: &'a [Observation],
    prior_scores: Vec<f64>,
    weights: Vec<f64>,
}

impl<'a> Pairs<'a> {
    fn new(mean: &[f64], observations: &'a [Observation]) -> Self {
        let score = |o: &Observation| o.difference.values().iter().zip(mean).map(|(x, w)| x * w).sum();
        Pairs {
            observations,
            prior_scores: observations.iter().map(score).collect(),
            weights: observations.iter().map(|o| o.weight).collect(),
        }
    }

    fn evidence<'b>(
        &'b self,
        person: &PersonPrior,
        kind: &'b Kind,
        columns: &'b [Vec<f64>],
        inclusion: &'b [f64],
    ) -> Evidence<'b> {
        Evidence {
            columns,
            prior_scores: &self.prior_scores,
            weights: &self.weights,
            kind,
            slab_spread: person.slab_spread,
            inclusion,
        }
    }

    /// Each trait's differences, those of older pairs shrunk: a taste that has changed since shows less in them.
    ///
    /// The differences shrink, not the pairs' weights, so that every half-life explains all pairs and their
    /// evidences can be compared.
    fn faded(&self, half_life: Option<f64>) -> Vec<Vec<f64>> {
        let newest = self.observations.len();
        let fade = |index: usize| match half_life {
            Some(pairs) => libm::exp2(-((newest - 1 - index) as f64) / pairs),
            None => 1.0,
        };
        let fades: Vec<f64> = (0..newest).map(fade).collect();
        (0..TABLE.len())
            .map(|row| {
                self.observations
                    .iter()
                    .zip(&fades)
                    .map(|(o, fade)| fade * o.difference.values()[row])
                    .collect()
            })
            .collect()
    }
}

/// A set with its weight in the mixture: its evidence, and how likely it was before any pair.
///
/// `nothing` is the log of the chance that none of the traits is among "a few".
fn weighed(kind: &Kind, nothing: f64, chance: f64, set: FittedSet) -> (f64, Component) {
    // The empty set is reached two ways: nobody's deviation, and "a few" that happen to be none.
    let prior = match set.traits.is_empty() {
        true => libm::log(1.0 - kind.few - kind.everything + kind.few * libm::exp(nothing)),
        false => libm::log(kind.few) + nothing,
    };
    let log_weight = libm::log(chance) + prior + set.log_posterior;
    (log_weight, Component::new(set.traits, set.mean, set.covariance))
}

/// A little of everything, for each spread of the grid.
fn dense(
    person: &PersonPrior,
    kind: &Kind,
    pairs: &Pairs<'_>,
    columns: &[Vec<f64>],
) -> Vec<(f64, Component)> {
    person
        .dense
        .iter()
        .filter_map(|point| {
            let fit = dense::fit(columns, &pairs.prior_scores, &pairs.weights, kind, point.spread)?;
            let everything = (0..columns.len()).collect();
            Some((
                libm::log(kind.chance * kind.everything * point.chance) + fit.log_evidence,
                Component::new(everything, fit.mean, fit.covariance),
            ))
        })
        .collect()
}
