//! Logistic regression without intercept under a Gaussian prior: its mode by Newton, its shape by Laplace.
//!
//! Every row is a difference "chosen minus rejected" whose label is therefore always 1; without an intercept
//! swapping the two answers flips the sign of the log-odds exactly.

use super::linear::{Cholesky, Symmetric};

/// A difference that was preferred, and how much it counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'a> {
    pub x: &'a [f64],
    pub weight: f64,
}

/// The Gaussian approximation of a posterior at its mode.
#[derive(Clone, Debug)]
pub(super) struct Fit {
    pub mean: Vec<f64>,
    /// The factor of the precision (the inverse covariance).
    pub precision: Cholesky,
    /// The Laplace approximation of the logarithm of the evidence.
    pub log_evidence: f64,
}

/// Newton steps before we settle for what we have; from the prior's mean fewer than ten suffice.
const STEPS: usize = 40;

/// ln(1 + e^z) without overflow.
pub fn softplus(z: f64) -> f64 {
    z.max(0.0) + libm::log1p(libm::exp(-z.abs()))
}

/// 1 / (1 + e^-z) without overflow: the probability that log-odds stand for.
pub fn sigmoid(z: f64) -> f64 {
    let e = libm::exp(-z.abs());
    if z >= 0.0 { 1.0 / (1.0 + e) } else { e / (1.0 + e) }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The posterior of the weights given the rows, under independent Gaussians with these means and variances.
///
/// All variances must be above zero; Newton starts at `start`. None only where numbers overflow, which bounded differences can't make.
pub(super) fn fit(rows: &[Row<'_>], prior_mean: &[f64], variances: &[f64], start: &[f64]) -> Option<Fit> {
    let precisions: Vec<f64> = variances.iter().map(|v| 1.0 / v).collect();
    let objective = |w: &[f64]| {
        let data: f64 = rows.iter().map(|row| row.weight * softplus(-dot(row.x, w))).sum();
        let prior: f64 =
            w.iter().zip(prior_mean).zip(&precisions).map(|((w, m), p)| p * (w - m) * (w - m)).sum();
        data + prior / 2.0
    };
    let mut mean = start.to_vec();
    let mut value = objective(&mean);
    for _ in 0..STEPS {
        let (gradient, curvature) = slopes(rows, &mean, prior_mean, &precisions);
        let step = curvature.cholesky()?.solve(&gradient);
        // The objective is convex, so halving a step that overshoots always ends.
        let (mut scale, mut next, mut next_value);
        scale = 1.0;
        loop {
            next = mean.iter().zip(&step).map(|(w, s)| w - scale * s).collect::<Vec<_>>();
            next_value = objective(&next);
            if next_value <= value || scale < 1e-6 {
                break;
            }
            scale /= 2.0;
        }
        let gain = value - next_value;
        if gain > 0.0 {
            (mean, value) = (next, next_value);
        }
        if gain < 1e-7 {
            break;
        }
    }
    let (_, curvature) = slopes(rows, &mean, prior_mean, &precisions);
    let precision = curvature.cholesky()?;
    let log_prior_precision: f64 = precisions.iter().map(|p| libm::log(*p)).sum();
    let log_evidence = -value + (log_prior_precision - precision.log_determinant()) / 2.0;
    Some(Fit { mean, precision, log_evidence })
}

/// The gradient and the Hessian of the negative log posterior at `w`.
fn slopes(rows: &[Row<'_>], w: &[f64], prior_mean: &[f64], precisions: &[f64]) -> (Vec<f64>, Symmetric) {
    let mut gradient: Vec<f64> = (0..w.len()).map(|k| precisions[k] * (w[k] - prior_mean[k])).collect();
    let mut curvature = Symmetric::diagonal(precisions);
    for row in rows {
        let p = sigmoid(-dot(row.x, w));
        for (g, x) in gradient.iter_mut().zip(row.x) {
            *g -= row.weight * p * x;
        }
        curvature.add_outer(row.weight * p * (1.0 - p), row.x);
    }
    (gradient, curvature)
}
