//! A deviation in every trait at once: logistic regression under a Gaussian prior, by Newton and Laplace.
//!
//! There is no intercept, so swapping two answers flips the sign of the log-odds exactly.

use super::linear::Symmetric;
use super::logistic::{Row, fit as fit_rows};
use super::prior::Kind;

/// The Gaussian approximation of the posterior over (follow, every weight).
pub(super) struct DenseFit {
    pub mean: Vec<f64>,
    /// The lower triangle, row by row.
    pub covariance: Vec<f64>,
    pub log_evidence: f64,
}

/// Fits weights of this spread around 0 to each trait's column, and the follow around its mean.
pub(super) fn fit(
    columns: &[Vec<f64>],
    prior_scores: &[f64],
    weights: &[f64],
    kind: &Kind,
    spread: f64,
) -> Option<DenseFit> {
    let size = columns.len() + 1;
    let rows: Vec<Vec<f64>> = prior_scores
        .iter()
        .enumerate()
        .map(|(at, score)| std::iter::once(*score).chain(columns.iter().map(|column| column[at])).collect())
        .collect();
    let rows: Vec<Row<'_>> = rows.iter().zip(weights).map(|(x, weight)| Row { x, weight: *weight }).collect();
    let mut mean = vec![0.0; size];
    mean[0] = kind.follow;
    let mut variances = vec![spread * spread; size];
    variances[0] = kind.follow_spread * kind.follow_spread;
    let fit = fit_rows(&rows, &mean, &variances)?;
    let covariance = Symmetric::inverse_of(&fit.precision);
    Some(DenseFit { mean: fit.mean, covariance, log_evidence: fit.log_evidence })
}
