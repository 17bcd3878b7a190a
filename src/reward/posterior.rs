//! What is known of a person's weights: a mixture of Gaussians, and what it says of two answers.

use serde::{Deserialize, Serialize};

use super::logistic::sigmoid;
use super::{Observation, RewardError};
use crate::traits::{Difference, NOTICEABLE, TABLE, Trait};

/// What a person likes: the posterior over their weights.
///
/// Kept with the ids of the traits that it speaks of, so one that another version of the table made is refused
/// when read and learnt again from the pairs, which takes milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Kept", into = "Kept")]
pub struct Reward {
    pub(super) mean: Vec<f64>,
    pub(super) components: Vec<Component>,
    pub(super) temperature: f64,
    /// How many pairs it was learnt from.
    pub pairs: usize,
    /// In how many of them the chosen answer has noticeably more of each trait, and in how many less; empty where an older
    /// program kept none. No prediction rests on them.
    pub(super) chosen: Vec<[u32; 2]>,
    pub(super) summary: Vec<Summary>,
}

/// One Gaussian of the mixture, over how far the person follows the prior and their deviation in some traits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Component {
    pub share: f64,
    /// Places in the table, ascending.
    pub traits: Vec<usize>,
    /// The follow, then the deviation in each trait.
    pub mean: Vec<f64>,
    /// The lower triangle of their covariance, row by row.
    pub covariance: Vec<f64>,
}

/// One trait's marginal.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Summary {
    /// The mean of the whole weight: what the person keeps of the prior, and their deviation.
    pub weight: f64,
    /// The chance that the whole weight is above 0.
    pub positive: f64,
    /// The chance that the person wants more of the trait itself than most by an amount worth a word, and less.
    pub raised: f64,
    pub lowered: f64,
}

/// No number of a reward is anywhere near: log-odds of what is read from a file have to stay numbers.
const MOST: f64 = 1e6;

/// A deviation in one trait matters from here on: log-odds a usual difference. Those of traits that the pairs say
/// nothing of stay well below.
const MATTERS: f64 = 0.2;

#[derive(Clone, Serialize, Deserialize)]
struct Kept {
    traits: Vec<String>,
    mean: Vec<f64>,
    components: Vec<Component>,
    temperature: f64,
    pairs: usize,
    #[serde(default)]
    chosen: Vec<[u32; 2]>,
}

impl Component {
    pub fn new(traits: Vec<usize>, mean: Vec<f64>, covariance: Vec<f64>) -> Self {
        Component { share: 0.0, traits, mean, covariance }
    }

    /// The mean and the variance of the log-odds of a difference whose prior log-odds are `score`.
    pub(super) fn log_odds(&self, score: f64, x: &[f64]) -> (f64, f64) {
        let inputs: Vec<f64> =
            std::iter::once(score).chain(self.traits.iter().map(|&index| x[index])).collect();
        let mean = self.mean.iter().zip(&inputs).map(|(w, x)| w * x).sum();
        let mut variance = 0.0;
        let mut cells = self.covariance.iter();
        for (i, xi) in inputs.iter().enumerate() {
            let row: f64 = inputs[..i].iter().zip(cells.by_ref()).map(|(xj, cell)| xj * cell).sum();
            variance += xi * (2.0 * row + xi * cells.next().copied().unwrap_or(0.0));
        }
        (mean, f64::max(variance, 0.0))
    }

    fn covariance_of(&self, i: usize, j: usize) -> f64 {
        self.covariance[i * (i + 1) / 2 + j]
    }
}

impl Reward {
    /// The mixture of `candidates`, each with the logarithm of its posterior weight.
    pub(super) fn mixture(
        mean: Vec<f64>,
        candidates: Vec<(f64, Component)>,
        temperature: f64,
        observations: &[Observation],
    ) -> Self {
        let best = candidates.iter().map(|(log, _)| *log).fold(f64::NEG_INFINITY, f64::max);
        let mut components: Vec<Component> = candidates
            .into_iter()
            .map(|(log, component)| Component { share: libm::exp(log - best), ..component })
            .collect();
        let total: f64 = components.iter().map(|component| component.share).sum();
        for component in &mut components {
            component.share /= total;
        }
        components.sort_by(|a, b| b.share.total_cmp(&a.share));
        let (pairs, chosen) = (observations.len(), counts(observations));
        let mut reward = Reward { mean, components, temperature, pairs, chosen, summary: Vec::new() };
        reward.summary = reward.summarise();
        reward
    }

    fn summarise(&self) -> Vec<Summary> {
        let mut summary = vec![Summary::default(); TABLE.len()];
        for component in &self.components {
            let share = component.share;
            let mut place = 0;
            for (index, trait_summary) in summary.iter_mut().enumerate() {
                let (follow, prior) = (component.mean[0], self.mean[index]);
                let mut mean = follow * prior;
                let mut variance = prior * prior * component.covariance_of(0, 0);
                if component.traits.get(place) == Some(&index) {
                    place += 1;
                    let own = component.covariance_of(place, place);
                    mean += component.mean[place];
                    variance += own + 2.0 * prior * component.covariance_of(place, 0);
                    let (own_mean, deviation) = (component.mean[place], own.max(1e-18).sqrt());
                    trait_summary.raised += share * normal_cdf((own_mean - MATTERS) / deviation);
                    trait_summary.lowered += share * normal_cdf((-own_mean - MATTERS) / deviation);
                }
                trait_summary.weight += share * mean;
                trait_summary.positive += share * normal_cdf(mean / variance.max(1e-18).sqrt());
            }
        }
        summary
    }

    /// The log-odds that the first of two answers is preferred, averaged over what the weights may be.
    ///
    /// Swapping the answers flips its sign exactly. Always finite.
    ///
    /// ```
    /// use likeness::reward::{Prior, Reward};
    /// let reward = Reward::unknown(Prior::shipped());
    /// let difference = likeness::traits::difference(&[], "A full answer, with reasons.", "No.");
    /// assert_eq!(reward.log_odds(&difference), -reward.log_odds(&difference.reversed()));
    /// ```
    pub fn log_odds(&self, difference: &Difference) -> f64 {
        let x = difference.values();
        let score: f64 = self.mean.iter().zip(x).map(|(w, x)| w * x).sum();
        let (mut first, mut second) = (0.0, 0.0);
        for component in &self.components {
            let (mean, variance) = component.log_odds(score, x);
            // MacKay (1992): a logistic averaged over a Gaussian is nearly a logistic of a smaller argument.
            let z = mean / (1.0 + std::f64::consts::PI / 8.0 * variance).sqrt();
            first += component.share * sigmoid(z);
            second += component.share * sigmoid(-z);
        }
        self.temperature * (libm::log(first.max(1e-12)) - libm::log(second.max(1e-12)))
    }

    /// The calibrated probability that the first of two answers is preferred.
    pub fn probability(&self, difference: &Difference) -> f64 {
        sigmoid(self.log_odds(difference))
    }

    /// The chance that the person's weight of a trait is above zero, from the joint posterior; 0.5 where nothing
    /// is known, none where there is no such trait.
    pub fn certainty(&self, id: &str) -> Option<f64> {
        Trait::find(id).map(|(index, _)| self.summary[index].positive)
    }

    /// The mean weight of each trait, in the order of [`TABLE`]: log-odds a usual difference.
    pub fn weights(&self) -> Vec<f64> {
        self.summary.iter().map(|one| one.weight).collect()
    }

    /// The chances that the person wants more of a trait than people in general do, and less.
    pub fn departure(&self, id: &str) -> Option<(f64, f64)> {
        let (index, _) = Trait::find(id)?;
        Some((self.summary[index].raised, self.summary[index].lowered))
    }
}

impl From<Reward> for Kept {
    fn from(reward: Reward) -> Self {
        Kept {
            traits: TABLE.iter().map(|row| row.id.to_owned()).collect(),
            mean: reward.mean,
            components: reward.components,
            temperature: reward.temperature,
            pairs: reward.pairs,
            chosen: reward.chosen,
        }
    }
}

impl TryFrom<Kept> for Reward {
    type Error = RewardError;

    fn try_from(kept: Kept) -> Result<Self, RewardError> {
        let same =
            kept.traits.len() == TABLE.len() && kept.traits.iter().zip(TABLE).all(|(id, row)| id == row.id);
        if !same {
            return Err(RewardError::OtherTable);
        }
        let whole = |c: &Component| {
            let size = c.traits.len() + 1;
            let ascending = c.traits.windows(2).all(|pair| pair[0] < pair[1]);
            let known = c.traits.iter().all(|&index| index < TABLE.len());
            ascending && known && c.mean.len() == size && c.covariance.len() == size * (size + 1) / 2
        };
        if kept.mean.len() != TABLE.len() || !kept.components.iter().all(whole) {
            return Err(RewardError::Broken);
        }
        let of_component =
            |c: &Component| c.mean.iter().chain(&c.covariance).copied().chain([c.share]).collect::<Vec<_>>();
        let mut numbers = kept.components.iter().flat_map(of_component).chain(kept.mean.iter().copied());
        if !numbers.all(|number| number.abs() <= MOST) || !(1.0 / MOST..=MOST).contains(&kept.temperature) {
            return Err(RewardError::Broken);
        }
        let in_pairs = |[more, less]: &[u32; 2]| {
            more.checked_add(*less).is_some_and(|counted| counted as usize <= kept.pairs)
        };
        if !kept.chosen.iter().all(in_pairs) {
            return Err(RewardError::Broken);
        }
        let mut reward = Reward {
            mean: kept.mean,
            components: kept.components,
            temperature: kept.temperature,
            pairs: kept.pairs,
            chosen: if kept.chosen.len() == TABLE.len() { kept.chosen } else { Vec::new() },
            summary: Vec::new(),
        };
        reward.summary = reward.summarise();
        Ok(reward)
    }
}

/// In how many pairs the chosen answer has noticeably more of each trait, and in how many less.
fn counts(observations: &[Observation]) -> Vec<[u32; 2]> {
    let mut chosen = vec![[0, 0]; TABLE.len()];
    for observation in observations {
        for (counted, &difference) in chosen.iter_mut().zip(observation.difference.values()) {
            counted[0] += u32::from(difference > NOTICEABLE);
            counted[1] += u32::from(difference < -NOTICEABLE);
        }
    }
    chosen
}

/// 1 where log-odds name the preferred answer, 0 where they name the other one, one half where they are exactly 0.
pub fn hit(log_odds: f64) -> f64 {
    match log_odds.partial_cmp(&0.0) {
        Some(std::cmp::Ordering::Greater) => 1.0,
        Some(std::cmp::Ordering::Less) => 0.0,
        _ => 0.5,
    }
}

/// The standard normal's distribution function.
pub(super) fn normal_cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z / std::f64::consts::SQRT_2)
}
