//! From a person's pairs to the posterior over their weights: a mixture over how they may differ.

use super::dense;
use super::posterior::{Component, Reward};
use super::sparse::{self, Evidence};
use super::{Follow, PersonPrior, Prior};
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

impl Reward {
    /// Learns from `observations`, oldest first; without any, the reward is the prior.
    pub fn learn(prior: &Prior, observations: &[Observation]) -> Self {
        let person = &prior.person;
        let mean = prior.mean_weights();
        let pairs = Pairs::new(&mean, observations);
        let mut candidates: Vec<(f64, Component)> = Vec::new();
        for half_life in &person.half_lives {
            let columns = pairs.faded(half_life.pairs);
            for follow in &person.follow {
                let chance = libm::log(half_life.chance * follow.chance);
                candidates.extend(few(person, follow, &pairs, &columns, chance));
                if half_life.pairs.is_none() {
                    candidates.extend(dense(person, follow, &pairs, &columns, chance));
                }
            }
        }
        Reward::mixture(mean, candidates, NEGLIGIBLE, person.temperature, observations.len())
    }

    /// The reward of someone of whom nothing is known.
    pub fn unknown(prior: &Prior) -> Self {
        Reward::learn(prior, &[])
    }
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

/// No deviation, or one in a few traits.
fn few(
    person: &PersonPrior,
    follow: &Follow,
    pairs: &Pairs<'_>,
    columns: &[Vec<f64>],
    chance: f64,
) -> Vec<(f64, Component)> {
    let included: Vec<f64> = TABLE.iter().map(|row| person.included(row)).collect();
    let inclusion: Vec<f64> = included.iter().map(|p| libm::log(p / (1.0 - p))).collect();
    let nothing: f64 = included.iter().map(|p| libm::log1p(-p)).sum();
    let found = sparse::search(&Evidence {
        columns,
        prior_scores: &pairs.prior_scores,
        weights: &pairs.weights,
        follow,
        slab_spread: person.slab_spread,
        inclusion: &inclusion,
    });
    found
        .into_iter()
        .map(|set| {
            // The empty set is reached two ways: nobody's deviation, and "a few" that happen to be none.
            let prior = match set.traits.is_empty() {
                true => libm::log(person.none + person.few * libm::exp(nothing)),
                false => libm::log(person.few) + nothing,
            };
            (chance + prior + set.log_posterior, Component::new(set.traits, set.mean, set.covariance))
        })
        .collect()
}

/// A little of everything, for each spread of the grid.
fn dense(
    person: &PersonPrior,
    follow: &Follow,
    pairs: &Pairs<'_>,
    columns: &[Vec<f64>],
    chance: f64,
) -> Vec<(f64, Component)> {
    person
        .dense
        .iter()
        .filter_map(|point| {
            let fit = dense::fit(columns, &pairs.prior_scores, &pairs.weights, follow, point.spread)?;
            let everything = (0..columns.len()).collect();
            Some((
                chance + libm::log(point.chance) + fit.log_evidence,
                Component::new(everything, fit.mean, fit.covariance),
            ))
        })
        .collect()
}
