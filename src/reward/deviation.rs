//! How a person deviates from people in general: a weight for every trait, by Newton and Laplace.
//!
//! How far is inferred twice. Whether the person deviates at all, and how much altogether, is told by the evidence
//! of Gaussian weights of the spreads that ship. Then each trait's own spread is inferred from the person's pairs:
//! the weights get Student's t as their prior, written as Gaussians whose precisions are unknown (Tipping 2001),
//! and fitted by variational Bayes with a Gaussian for the weights and a gamma for each precision. A trait that
//! the pairs say nothing of shrinks to nearly nothing, one that they need grows: sparse or dense as they say.
//!
//! There is no intercept, so swapping two answers flips the sign of the log-odds exactly.

use super::linear::Symmetric;
use super::logistic::{Fit, Row, fit};

/// Degrees of freedom of the weights' prior; 1 is Cauchy's: most weights are tiny, a few as large as they like.
const DEGREES: f64 = 1.0;

/// Rounds between weights and precisions; after six nothing moves by more than a hundredth.
const ROUNDS: usize = 6;

/// Differences as the fits read them.
pub(super) struct Evidence<'a> {
    /// The log-odds of the prior's mean, then the difference in each trait; one row a pair.
    pub rows: &'a [Row<'a>],
    /// The mean and the spread of how far the person follows the prior's mean.
    pub follow: (f64, f64),
}

/// The Gaussian approximation of the posterior over (follow, weights).
pub(super) struct Posterior {
    pub mean: Vec<f64>,
    /// The lower triangle, row by row.
    pub covariance: Vec<f64>,
}

impl Evidence<'_> {
    /// The person deviates in no trait: the posterior over the follow alone, and its log evidence.
    pub fn nothing(&self) -> Option<(Posterior, f64)> {
        let rows: Vec<Row<'_>> =
            self.rows.iter().map(|row| Row { x: &row.x[..1], weight: row.weight }).collect();
        let (mean, spread) = self.follow;
        let fit = fit(&rows, &[mean], &[spread * spread], &[mean])?;
        Some((posterior(&fit), fit.log_evidence))
    }

    /// Weights of these spreads, one a trait: the fit under Gaussians, with its evidence.
    pub fn gaussian(&self, spreads: &[f64]) -> Option<Fit> {
        let start = self.around_nothing(spreads.len());
        fit(self.rows, &start, &self.variances(spreads.iter().map(|spread| spread * spread)), &start)
    }

    /// The same weights with heavy tails, each trait's spread its own; from the Gaussian fit on.
    pub fn heavy_tailed(&self, spreads: &[f64], gaussian: Fit) -> Option<Posterior> {
        let prior = self.around_nothing(spreads.len());
        let mut found = gaussian;
        for _ in 0..ROUNDS {
            let uncertain = found.precision.inverse_diagonal();
            let size =
                found.mean.iter().zip(&uncertain).skip(1).map(|(mean, variance)| mean * mean + variance);
            let variances = spreads
                .iter()
                .zip(size)
                .map(|(spread, size)| (DEGREES * spread * spread + size) / (DEGREES + 1.0));
            found = fit(self.rows, &prior, &self.variances(variances), &found.mean)?;
        }
        Some(posterior(&found))
    }

    fn around_nothing(&self, traits: usize) -> Vec<f64> {
        let mut mean = vec![0.0; traits + 1];
        mean[0] = self.follow.0;
        mean
    }

    fn variances(&self, of_traits: impl Iterator<Item = f64>) -> Vec<f64> {
        std::iter::once(self.follow.1 * self.follow.1).chain(of_traits).collect()
    }
}

fn posterior(fit: &Fit) -> Posterior {
    Posterior { mean: fit.mean.clone(), covariance: Symmetric::inverse_of(&fit.precision) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trait_that_matters_keeps_its_weight_and_the_others_shrink() {
        // Two dozen pairs that differ in six traits by arithmetic; only the first decides.
        let rows: Vec<Vec<f64>> = (0..24_i32)
            .map(|i| {
                let mut row: Vec<f64> =
                    (0..7).map(|k| f64::from((i * (2 * k + 3) + k * k) % 11) / 5.0 - 1.0).collect();
                row[0] = 0.0;
                row[1] = row[1].abs() + 0.2;
                row
            })
            .collect();
        let rows: Vec<Row<'_>> = rows.iter().map(|x| Row { x, weight: 1.0 }).collect();
        let evidence = Evidence { rows: &rows, follow: (1.0, 0.2) };
        let spreads = [0.5; 6];
        let gaussian = evidence.gaussian(&spreads).unwrap();
        let (_, nothing) = evidence.nothing().unwrap();
        assert!(gaussian.log_evidence > nothing + 3.0);
        let before = gaussian.mean.clone();
        let after = evidence.heavy_tailed(&spreads, gaussian).unwrap().mean;
        assert!(after[1] > before[1] && after[1] > 1.0, "{before:?} {after:?}");
        let rest = |mean: &[f64]| mean[2..].iter().map(|w| w.abs()).sum::<f64>();
        assert!(rest(&after) < 0.8 * rest(&before), "{before:?} {after:?}");
    }
}
