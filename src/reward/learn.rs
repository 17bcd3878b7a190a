//! From a person's pairs to the posterior over their weights: a mixture over how they may differ.

use super::deviation::{Evidence, Posterior};
use super::logistic::{Fit, Row};
use super::posterior::{Component, Reward};
use super::{Kind, Prior};
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

/// Ways that are less likely than this share of the likeliest one are left out.
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
    ///
    /// The same observations always give the same reward, bit for bit.
    pub fn learn(prior: &Prior, observations: &[Observation]) -> Self {
        let person = &prior.person;
        let mean = prior.mean_weights();
        let lasting = inputs(&mean, observations, None);
        let mut ways: Vec<Way<'_>> = Vec::new();
        for kind in &person.kinds {
            let evidence = Evidence { rows: &rows(&lasting, observations), follow: kind.follow() };
            let nothing = evidence.nothing().map(|(posterior, log_evidence)| Way {
                log_weight: libm::log(kind.chance * (1.0 - kind.deviates)) + log_evidence,
                found: Found::Nothing(posterior),
            });
            ways.extend(nothing);
        }
        let faded: Vec<(f64, Vec<Vec<f64>>)> = person
            .half_lives
            .iter()
            .map(|half_life| (half_life.chance, inputs(&mean, observations, half_life.pairs)))
            .collect();
        for (chance, inputs) in &faded {
            for kind in &person.kinds {
                let rows = rows(inputs, observations);
                let spreads = person.spreads_of(kind);
                let fit = Evidence { rows: &rows, follow: kind.follow() }.gaussian(&spreads);
                ways.extend(fit.map(|fit| Way {
                    log_weight: libm::log(chance * kind.chance * kind.deviates) + fit.log_evidence,
                    found: Found::Deviation { kind, inputs, fit },
                }));
            }
        }
        let best = ways.iter().map(|way| way.log_weight).fold(f64::NEG_INFINITY, f64::max);
        ways.retain(|way| way.log_weight >= best + libm::log(NEGLIGIBLE));
        let components = ways.into_iter().filter_map(|way| {
            let (traits, posterior) = match way.found {
                Found::Nothing(posterior) => (Vec::new(), posterior),
                Found::Deviation { kind, inputs, fit } => {
                    let rows = rows(inputs, observations);
                    let evidence = Evidence { rows: &rows, follow: kind.follow() };
                    ((0..TABLE.len()).collect(), evidence.heavy_tailed(&person.spreads_of(kind), fit)?)
                }
            };
            Some((way.log_weight, Component::new(traits, posterior.mean, posterior.covariance)))
        });
        Reward::mixture(mean, components.collect(), person.temperature, observations)
    }

    /// The reward of someone of whom nothing is known.
    pub fn unknown(prior: &Prior) -> Self {
        Reward::learn(prior, &[])
    }
}

/// One way in which the person may differ, with how likely it is before and after their pairs.
struct Way<'a> {
    log_weight: f64,
    found: Found<'a>,
}

enum Found<'a> {
    /// They deviate in no trait.
    Nothing(Posterior),
    /// They deviate; the fit is that of Gaussian weights, whose evidence weighs this way.
    Deviation { kind: &'a Kind, inputs: &'a [Vec<f64>], fit: Fit },
}

fn rows<'a>(inputs: &'a [Vec<f64>], observations: &[Observation]) -> Vec<Row<'a>> {
    inputs.iter().zip(observations).map(|(x, o)| Row { x, weight: o.weight }).collect()
}

/// The prior's log-odds of each pair, then its differences, those of older pairs shrunk: a taste that has changed
/// since shows less in them.
///
/// The differences shrink, not the pairs' weights, so that every half-life explains all pairs and their evidences
/// can be compared.
fn inputs(mean: &[f64], observations: &[Observation], half_life: Option<f64>) -> Vec<Vec<f64>> {
    let newest = observations.len();
    let fade = |index: usize| match half_life {
        Some(pairs) => libm::exp2(-((newest - 1 - index) as f64) / pairs),
        None => 1.0,
    };
    let input = |(index, observation): (usize, &Observation)| {
        let differences = observation.difference.values();
        let score = differences.iter().zip(mean).map(|(x, w)| x * w).sum();
        std::iter::once(score).chain(differences.iter().map(|x| fade(index) * x)).collect()
    };
    observations.iter().enumerate().map(input).collect()
}
