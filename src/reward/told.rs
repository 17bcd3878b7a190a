//! The joint posterior told in few traits.
//!
//! Traits go along with each other: a longer answer has more paragraphs, more lines, more of everything. The
//! posterior then shares a taste among rival sets of them, so that no weight is certain alone though the taste is.
//! What is asked here is therefore not a trait's own weight, but what all the weights together make of it: the
//! slope of the person's reward in the few traits that are told, each standing also for what goes along with it
//! in the person's pairs (a linear summary of the posterior; Woody, Carvalho and Murray 2021). The slopes are
//! linear in the weights, so their certainty comes from the joint posterior and from nothing else.

use super::Observation;
use super::linear::Symmetric;
use super::posterior::{Reward, normal_cdf};
use crate::traits::TABLE;

/// Pairs of answers in which no two traits go together, added to the person's: with a handful of pairs nearly
/// everything goes together by chance.
const UNRELATED: f64 = 12.0;

/// How traits go together: the sums of their products over pairs of answers.
pub(super) struct Together {
    sums: Vec<f64>,
}

/// How the slope in one told trait is made from the weights of all traits, in the order of [`TABLE`].
pub type Direction = Vec<f64>;

/// What the posterior says of a slope.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Slope {
    /// Its mean: log-odds a usual difference.
    pub weight: f64,
    /// Its standard deviation.
    pub deviation: f64,
    /// What it is for people in general.
    pub prior_weight: f64,
    /// The chance that it is above 0.
    pub positive: f64,
    /// The chance that the person wants more of it: more than none, and more than people in general want; more than these
    /// alone where that is next to nothing.
    pub more: f64,
    /// The chance that they want less of it, in both senses.
    pub less: f64,
    /// The chance that it is above 0 and more than next to nothing.
    pub above: f64,
    /// The chance that it is below 0 and more than next to nothing.
    pub below: f64,
}

/// A slope nearer to 0 than this is next to nothing: log-odds a usual difference.
const NEXT_TO_NOTHING: f64 = 0.05;

impl Together {
    /// Over the pairs of a person.
    pub fn of(observations: &[Observation]) -> Self {
        let size = TABLE.len();
        let mut sums = vec![0.0; size * size];
        for index in 0..size {
            sums[index * size + index] = UNRELATED;
        }
        for observation in observations {
            let x = observation.difference.values();
            for (row, a) in sums.chunks_exact_mut(size).zip(x) {
                row.iter_mut().zip(x).for_each(|(cell, b)| *cell += observation.weight * a * b);
            }
        }
        Together { sums }
    }

    fn between(&self, a: usize, b: usize) -> f64 {
        self.sums[a * TABLE.len() + b]
    }

    /// How two traits correlate in the pairs alone, from −1 to 1; 0 where one of them never differs.
    pub fn correlation(&self, a: usize, b: usize) -> f64 {
        let squares = |index| self.between(index, index) - UNRELATED;
        let size = (squares(a) * squares(b)).max(0.0).sqrt();
        if size > 1e-9 { self.between(a, b) / size } else { 0.0 }
    }

    /// The slope in `index` where it and `others` are told, and how much of the trait the others leave unsaid.
    pub fn direction(&self, index: usize, others: &[usize]) -> Option<(Direction, f64)> {
        let told: Vec<usize> = others.iter().copied().chain([index]).collect();
        let size = told.len();
        let cells = told.iter().flat_map(|&a| told.iter().map(move |&b| self.between(a, b))).collect();
        let mut unit = vec![0.0; size];
        unit[size - 1] = 1.0;
        let parts = Symmetric::new(size, cells).cholesky()?.solve(&unit);
        let of = |place: usize| parts.iter().zip(&told).map(|(part, &a)| part * self.between(a, place)).sum();
        Some(((0..TABLE.len()).map(of).collect(), 1.0 / parts[size - 1]))
    }
}

impl Reward {
    /// What the posterior says of each trait told alone, in the order of [`TABLE`]: each stands for all that goes
    /// along with it in `observations`, those that the reward was learnt from.
    pub fn slopes(&self, observations: &[Observation]) -> Vec<Slope> {
        let together = Together::of(observations);
        (0..TABLE.len())
            .map(|index| together.direction(index, &[]).map_or_else(Slope::default, |(d, _)| self.slope(&d)))
            .collect()
    }

    /// What the posterior says of the slope along `direction`.
    pub fn slope(&self, direction: &Direction) -> Slope {
        let prior_weight: f64 = self.mean.iter().zip(direction).map(|(w, part)| w * part).sum();
        let mut slope = Slope { prior_weight, ..Slope::default() };
        // Whoever departs in nothing is on neither side of people who care next to nothing.
        let none = if prior_weight.abs() < NEXT_TO_NOTHING { prior_weight } else { 0.0 };
        for component in &self.components {
            let share = component.share;
            let (whole, variance) = component.log_odds(prior_weight, direction);
            slope.weight += share * whole;
            slope.deviation += share * (variance + whole * whole);
            let deviation = variance.max(1e-18).sqrt();
            slope.positive += share * normal_cdf(whole / deviation);
            slope.above += share * normal_cdf((whole - NEXT_TO_NOTHING) / deviation);
            slope.below += share * normal_cdf((-NEXT_TO_NOTHING - whole) / deviation);
            slope.more += share * normal_cdf((whole - prior_weight.max(none)) / deviation);
            slope.less += share * normal_cdf((prior_weight.min(none) - whole) / deviation);
        }
        slope.deviation = (slope.deviation - slope.weight * slope.weight).max(0.0).sqrt();
        slope
    }
}
