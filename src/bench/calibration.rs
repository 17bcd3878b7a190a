//! Whether "70%" comes true in 70 of 100 cases.

use crate::reward::{hit, sigmoid};

/// Bins of equal mass.
const BINS: usize = 10;

/// The expected calibration error of log-odds of the preferred answer: ten bins of equal mass, the mean gap
/// between what was said and what came true.
///
/// Each pair enters once, on the side that was held more likely, since the two sides say the same thing.
pub(super) fn calibration_error(log_odds: &[f64]) -> f64 {
    let mut said: Vec<(f64, f64)> = log_odds.iter().map(|&odds| (sigmoid(odds.abs()), hit(odds))).collect();
    said.sort_by(|a, b| a.0.total_cmp(&b.0));
    let total = said.len();
    let gap = |bin: usize| {
        let members = &said[bin * total / BINS..(bin + 1) * total / BINS];
        members.iter().map(|(said, came)| said - came).sum::<f64>().abs()
    };
    (0..BINS).map(gap).sum::<f64>() / (total as f64).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forecast_that_always_comes_true_half_the_time_is_off_by_its_excess() {
        let odds: Vec<f64> =
            (0..1000).map(|i| if i % 2 == 0 { 3.0_f64.ln() } else { -(3.0_f64.ln()) }).collect();
        assert!((calibration_error(&odds) - 0.25).abs() < 1e-9);
        assert_eq!(calibration_error(&[]), 0.0);
    }
}
