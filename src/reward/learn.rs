//! From a person's pairs to their weights.

use serde::{Deserialize, Serialize};

use super::Prior;
use super::linear::Cholesky;
use super::logistic::{self, Row, sigmoid};
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

/// What a person likes: the posterior over their weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reward {
    pub(super) weights: Vec<f64>,
    pub(super) prior_weights: Vec<f64>,
    /// The chance that each weight is above zero.
    pub(super) positive: Vec<f64>,
    /// The lower triangle of the covariance, row by row.
    pub(super) covariance: Vec<f64>,
    /// How many pairs it was learnt from.
    pub pairs: usize,
}

impl Reward {
    /// Learns from `observations`, oldest first; without any, the reward is the prior.
    pub fn learn(prior: &Prior, observations: &[Observation]) -> Self {
        let mean = prior.mean_weights();
        let rows: Vec<Row<'_>> = observations
            .iter()
            .map(|o| Row { x: o.difference.values(), offset: 0.0, weight: o.weight })
            .collect();
        let fits: Vec<_> = prior
            .spreads
            .iter()
            .filter_map(|spread| logistic::fit(&rows, &mean, &vec![(spread * spread).max(1e-6); mean.len()]))
            .collect();
        let best = fits.iter().map(|fit| fit.log_evidence).fold(f64::NEG_INFINITY, f64::max);
        let mut reward = Reward {
            weights: vec![0.0; mean.len()],
            positive: vec![0.0; mean.len()],
            covariance: vec![0.0; mean.len() * (mean.len() + 1) / 2],
            prior_weights: mean,
            pairs: observations.len(),
        };
        let total: f64 = fits.iter().map(|fit| libm::exp(fit.log_evidence - best)).sum();
        for fit in &fits {
            reward.add(libm::exp(fit.log_evidence - best) / total, &fit.mean, &fit.precision);
        }
        reward.center();
        reward
    }

    fn add(&mut self, share: f64, mean: &[f64], precision: &Cholesky) {
        let mut cell = 0;
        for i in 0..mean.len() {
            let mut unit = vec![0.0; mean.len()];
            unit[i] = 1.0;
            let column = precision.solve(&unit);
            self.weights[i] += share * mean[i];
            self.positive[i] += share * normal_cdf(mean[i] / column[i].max(1e-12).sqrt());
            for j in 0..=i {
                self.covariance[cell] += share * (column[j] + mean[i] * mean[j]);
                cell += 1;
            }
        }
    }

    fn center(&mut self) {
        let mut cell = 0;
        for i in 0..self.weights.len() {
            for j in 0..=i {
                self.covariance[cell] -= self.weights[i] * self.weights[j];
                cell += 1;
            }
        }
    }

    /// The reward of someone of whom nothing is known.
    pub fn unknown(prior: &Prior) -> Self {
        Reward::learn(prior, &[])
    }

    /// The log-odds that the first of two answers is preferred, averaged over what the weights may be.
    ///
    /// Swapping the answers flips its sign exactly.
    pub fn log_odds(&self, difference: &Difference) -> f64 {
        let x = difference.values();
        let mean: f64 = self.weights.iter().zip(x).map(|(w, x)| w * x).sum();
        // MacKay (1992): a logistic averaged over a Gaussian is a logistic of a smaller argument.
        mean / (1.0 + std::f64::consts::PI / 8.0 * self.variance(x)).sqrt()
    }

    fn variance(&self, x: &[f64]) -> f64 {
        let mut cell = 0;
        let mut sum = 0.0;
        for i in 0..x.len() {
            for j in 0..=i {
                let twice = if i == j { 1.0 } else { 2.0 };
                sum += twice * self.covariance[cell] * x[i] * x[j];
                cell += 1;
            }
        }
        sum.max(0.0)
    }

    /// The calibrated probability that the first of two answers is preferred.
    pub fn probability(&self, difference: &Difference) -> f64 {
        sigmoid(self.log_odds(difference))
    }

    /// The chance that the person prefers more of a trait, all others equal; 0.5 where nothing is known.
    pub fn certainty(&self, id: &str) -> Option<f64> {
        TABLE.iter().position(|row| row.id == id).map(|index| self.positive[index])
    }

    /// How unsure the weight of a trait is: its standard deviation in the posterior.
    pub fn deviation(&self, id: &str) -> Option<f64> {
        let index = TABLE.iter().position(|row| row.id == id)?;
        Some(self.covariance[index * (index + 3) / 2].max(0.0).sqrt())
    }

    /// The person's mean weight of a trait: log-odds a usual difference.
    pub fn weight(&self, id: &str) -> Option<f64> {
        TABLE.iter().position(|row| row.id == id).map(|index| self.weights[index])
    }
}

/// The standard normal's distribution function.
pub(super) fn normal_cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z / std::f64::consts::SQRT_2)
}

/// How far a mean weight of people in general may be from 0, as a standard deviation.
const MEAN_SPREAD: f64 = 0.15;

/// The mean weights that fit everybody's observations, in the order of [`TABLE`].
pub fn fit_mean(observations: &[Observation]) -> Vec<f64> {
    let rows: Vec<Row<'_>> = observations
        .iter()
        .map(|o| Row { x: o.difference.values(), offset: 0.0, weight: o.weight })
        .collect();
    let zero = vec![0.0; TABLE.len()];
    logistic::fit(&rows, &zero, &vec![MEAN_SPREAD * MEAN_SPREAD; TABLE.len()]).map_or(zero, |fit| fit.mean)
}
