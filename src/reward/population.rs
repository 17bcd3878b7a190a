//! What people in general weigh: the mean of the prior, fitted on many people's choices.

use super::Observation;
use super::logistic::{self, Row};
use crate::traits::TABLE;

/// How far a mean weight may be from 0, as a standard deviation in log-odds a usual difference.
const MEAN_SPREAD: f64 = 0.1;

/// The mean weights that fit everybody's observations, in the order of [`TABLE`].
pub fn fit_mean(observations: &[Observation]) -> Vec<f64> {
    let rows: Vec<Row<'_>> =
        observations.iter().map(|o| Row { x: o.difference.values(), weight: o.weight }).collect();
    let zero = vec![0.0; TABLE.len()];
    let variances = vec![MEAN_SPREAD * MEAN_SPREAD; TABLE.len()];
    logistic::fit(&rows, &zero, &variances, &zero).map_or(zero, |fit| fit.mean)
}
