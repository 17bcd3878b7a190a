//! Puts the reward model, the judge and the judged claims together: one logistic regression with few weights.
//!
//! Every input is the log-odds of one answer against the other from one source. Weights are never negative, the
//! reward model's is drawn towards 1 and every other towards 0, so a model that knows nothing changes nothing. How
//! far an input is trusted is told by pairs that the fit did not see: their gain in log-likelihood is read as a
//! pseudo-Bayes factor (Geisser and Eddy 1979), and an input without gain gets the weight 0.

use serde::{Deserialize, Serialize};

use super::judgement::log_sigmoid;
use crate::reward::sigmoid;

/// How far a weight may go from what is expected of it, as a standard deviation.
const REWARD_SPREAD: f64 = 0.25;
const OTHER_SPREAD: f64 = 0.5;

/// Scaled inputs beyond this say nothing more.
const REACH: f64 = 3.0;

/// Scales below this many nats are the model's noise.
const LEAST_SCALE: f64 = 0.05;

/// No weight, scale or gain of a likeness is anywhere near.
const MOST: f64 = 1e6;

/// Parts of the cross-validation.
pub(super) const FOLDS: usize = 8;

/// A source of log-odds other than the reward model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// "judge", or the id of a claim.
    pub name: String,
    /// A usual size of its log-odds on this person's pairs; inputs are divided by it.
    pub scale: f64,
    /// Its weight, 0 where it did not help.
    pub weight: f64,
    /// What it adds on pairs that the fit did not see: nats, summed over them.
    pub gain: f64,
}

/// The weights of all sources.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stack {
    /// The reward model's weight.
    pub reward_weight: f64,
    /// The others.
    pub inputs: Vec<Input>,
    /// How many pairs the weights were learned from.
    pub pairs: usize,
}

impl Stack {
    /// Whether these can be weights of a likeness that was read from a file: log-odds times them have to stay numbers.
    pub(super) fn is_sound(&self) -> bool {
        let of_input = |input: &Input| [input.scale, input.weight, input.gain];
        let mut numbers = self.inputs.iter().flat_map(of_input).chain([self.reward_weight]);
        numbers.all(|number| number.abs() <= MOST) && self.inputs.iter().all(|input| input.scale > 0.0)
    }
}

impl Default for Stack {
    /// The reward model alone.
    fn default() -> Self {
        Stack { reward_weight: 1.0, inputs: Vec::new(), pairs: 0 }
    }
}

impl Stack {
    /// What an input adds to the log-odds.
    pub fn part(&self, input: &Input, log_odds: f64) -> f64 {
        input.weight * scaled(log_odds, input.scale)
    }

    /// The log-odds of all sources together; `others` stand in the order of [`Stack::inputs`].
    pub fn log_odds(&self, reward: f64, others: &[f64]) -> f64 {
        let others = self.inputs.iter().zip(others).map(|(input, &log_odds)| self.part(input, log_odds));
        self.reward_weight * reward + others.sum::<f64>()
    }

    /// Learns the weights: `reward[i]` and each column's `[i]` are the log-odds that the sources gave to what the
    /// person chose in pair `i`, none of which they were made from.
    pub fn learn(reward: &[f64], columns: &[(String, Vec<f64>)]) -> Self {
        let mut stack = Stack { pairs: reward.len(), ..Stack::default() };
        let mut kept: Vec<Vec<f64>> = Vec::new();
        for (name, column) in columns {
            let scale = scale(column);
            let column: Vec<f64> = column.iter().map(|x| scaled(*x, scale)).collect();
            let gain = gain(reward, &kept, &column).iter().sum::<f64>();
            stack.inputs.push(Input { name: name.clone(), scale, weight: 0.0, gain });
            if gain > 0.0 {
                kept.push(column);
            }
        }
        if kept.is_empty() {
            return stack;
        }
        let weights = fit(reward, &kept, |_| true);
        stack.reward_weight = weights[0];
        let helping = stack.inputs.iter_mut().filter(|input| input.gain > 0.0);
        for (input, weight) in helping.zip(&weights[1..]) {
            // A gain of g nats is odds of e^g to 1 that the input helps; less of it is less of the weight.
            input.weight = weight * (1.0 - libm::exp(-input.gain));
        }
        stack
    }
}

/// The root mean square of a column: differences have no mean of their own to take off.
pub(super) fn scale(column: &[f64]) -> f64 {
    let squares = column.iter().map(|x| x * x).sum::<f64>();
    (squares / column.len().max(1) as f64).sqrt().max(LEAST_SCALE)
}

pub(super) fn scaled(log_odds: f64, scale: f64) -> f64 {
    (log_odds / scale).clamp(-REACH, REACH)
}

/// What `column` adds to the log-likelihood of each pair when it joins the reward model and `others`, each pair judged
/// by weights that were learned without its part. The column is scaled already.
pub(super) fn gain(reward: &[f64], others: &[Vec<f64>], column: &[f64]) -> Vec<f64> {
    let mut with = others.to_vec();
    with.push(column.to_vec());
    let folds = FOLDS.min(reward.len());
    let mut gains = vec![0.0; reward.len()];
    for fold in 0..folds {
        let seen = |i: usize| i % folds != fold;
        let (old, new) = (fit(reward, others, seen), fit(reward, &with, seen));
        for i in (0..reward.len()).filter(|&i| !seen(i)) {
            gains[i] =
                log_sigmoid(product(&new, reward, &with, i)) - log_sigmoid(product(&old, reward, others, i));
        }
    }
    gains
}

fn product(weights: &[f64], reward: &[f64], columns: &[Vec<f64>], i: usize) -> f64 {
    weights[0] * reward[i] + weights[1..].iter().zip(columns).map(|(w, column)| w * column[i]).sum::<f64>()
}

/// The likeliest weights, reward first, none below 0: Newton steps along one weight at a time. The loss is convex and
/// the prior strictly so, so this ends where it should; the sweeps are a bound that it doesn't come near.
fn fit(reward: &[f64], columns: &[Vec<f64>], seen: impl Fn(usize) -> bool) -> Vec<f64> {
    let rows: Vec<usize> = (0..reward.len()).filter(|&i| seen(i)).collect();
    let prior = |k: usize| if k == 0 { (1.0, REWARD_SPREAD) } else { (0.0, OTHER_SPREAD) };
    let mut weights: Vec<f64> = (0..=columns.len()).map(|k| prior(k).0).collect();
    for _ in 0..200 {
        let mut moved = 0.0_f64;
        for k in 0..weights.len() {
            let (mean, spread) = prior(k);
            let mut slope = (weights[k] - mean) / (spread * spread);
            let mut curve = 1.0 / (spread * spread);
            for &i in &rows {
                let x = if k == 0 { reward[i] } else { columns[k - 1][i] };
                let wrong = sigmoid(-product(&weights, reward, columns, i));
                slope -= wrong * x;
                // The bound of the curvature (Böhning 1992) instead of the curvature: no step overshoots.
                curve += 0.25 * x * x;
            }
            let next = (weights[k] - slope / curve).max(0.0);
            moved = moved.max((next - weights[k]).abs());
            weights[k] = next;
        }
        if moved < 1e-9 {
            break;
        }
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;
    use fastrand::Rng;

    /// A reward that is right three times of four, and a second source that is right with probability `right`.
    fn people(seed: u64, pairs: usize, right: f64) -> (Vec<f64>, Vec<f64>) {
        let mut rng = Rng::with_seed(seed);
        let mut side = |right: f64| if rng.f64() < right { 1.0 } else { -1.0 };
        (0..pairs).map(|_| (0.7 * side(0.7), side(right))).unzip()
    }

    #[test]
    fn a_source_that_knows_gets_weight() {
        let (reward, judge) = people(1, 40, 0.9);
        let stack = Stack::learn(&reward, &[("judge".into(), judge)]);
        assert!(stack.inputs[0].weight > 0.4, "{stack:?}");
    }

    #[test]
    fn a_coin_gets_nearly_none_and_does_no_harm() {
        let mut weights = 0.0;
        let mut harm = 0.0;
        for seed in 0..200 {
            let (reward, judge) = people(seed, 24, 0.5);
            let stack = Stack::learn(&reward, &[("judge".into(), judge)]);
            weights += stack.inputs[0].weight / 200.0;
            let (fresh_reward, fresh_judge) = people(seed + 1000, 200, 0.5);
            for (reward, judge) in fresh_reward.iter().zip(&fresh_judge) {
                let change = log_sigmoid(stack.log_odds(*reward, &[*judge])) - log_sigmoid(*reward);
                harm -= change / (200.0 * 200.0);
            }
        }
        assert!(weights < 0.03 && harm < 0.01, "weight {weights}, harm {harm}");
    }

    #[test]
    fn a_source_that_is_always_wrong_is_not_turned_round() {
        let (reward, judge) = people(3, 40, 0.1);
        assert_eq!(Stack::learn(&reward, &[("judge".into(), judge)]).inputs[0].weight, 0.0);
    }

    #[test]
    fn nothing_to_learn_from_leaves_the_reward_alone() {
        let stack = Stack::learn(&[], &[("judge".into(), Vec::new())]);
        assert_eq!(stack.log_odds(0.5, &[10.0]), 0.5);
    }
}
