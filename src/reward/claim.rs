//! What can be said of a reward in words: claims on the person, and why one answer is expected to win.

use serde::{Deserialize, Serialize};

use super::told::Together;
use super::{Direction, Observation, Reward, Slope};
use crate::traits::{Difference, TABLE, Trait};

/// A claim is made where the sign of its slope is at least this certain in the joint posterior.
const CERTAIN: f64 = 0.9;

/// And where the person wants more (or less) of it than people in general with at least this chance. Before any
/// pair it is below one half: what everybody likes is no claim on a person.
const THEIR_OWN: f64 = 0.55;

/// A claim stays where this chance is left to it once all others are told beside it.
const BESIDE_OTHERS: f64 = 0.5;

/// The chance that the trait itself is among those in which the person departs, and not only others that go along
/// with it. Of those who say as much, the one with the best chance is told.
const ITSELF: f64 = 0.1;

/// A departure below this is too small to speak of, however certain: log-odds a usual difference.
const WORTH_TELLING: f64 = 0.1;

/// A claim says at least this share of what the first one says.
const LEAST_SHARE: f64 = 0.05;

/// The most claims on one person; what comes later explains little.
const MOST: usize = 6;

/// A difference counts as evidence in the counts beside a claim from this many scales on.
const COUNTED: f64 = 0.3;

/// A trait that surely matters to the person, and in which direction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TraitClaim {
    /// The trait's id.
    pub id: String,
    /// Whether they prefer more of it.
    pub more: bool,
    /// The claim in words: "You prefer answers that are shorter."
    pub text: String,
    /// The chance that the sign is right.
    pub certainty: f64,
    /// What a usual difference in the trait, with all that goes along with it but for what other claims tell, is
    /// worth to the person: log-odds.
    pub weight: f64,
    /// What it is worth to people in general.
    pub prior_weight: f64,
    /// How that slope is made from the weights of all traits.
    pub direction: Direction,
    /// Pairs in which the chosen answer differs noticeably in the claimed direction; shown, never the ground.
    pub supports: usize,
    /// Pairs in which it differs in the other one.
    pub contradicts: usize,
}

/// What one trait adds to the log-odds of the first of two answers.
#[derive(Clone, Debug)]
pub struct Contribution {
    /// The trait.
    pub row: &'static Trait,
    /// How far the first answer has more of it, in usual differences.
    pub difference: f64,
    /// What that adds to the log-odds.
    pub log_odds: f64,
    /// What it would add for people in general.
    pub usual: f64,
}

impl Contribution {
    /// Whether most of it is the person's own taste, and not what most people like.
    pub fn is_their_own(&self) -> bool {
        (self.log_odds - self.usual) / self.log_odds > 0.5
    }
}

impl Reward {
    /// Why the first of two answers is expected to win or lose: the largest contribution first.
    pub fn why(&self, difference: &Difference) -> Vec<Contribution> {
        let mut parts: Vec<Contribution> = TABLE
            .iter()
            .zip(difference.values())
            .zip(&self.summary)
            .zip(&self.mean)
            .map(|(((row, &difference), trait_summary), usual)| Contribution {
                row,
                difference,
                log_odds: trait_summary.weight * difference,
                usual: usual * difference,
            })
            .filter(|part| part.log_odds != 0.0)
            .collect();
        parts.sort_by(|a, b| b.log_odds.abs().total_cmp(&a.log_odds.abs()));
        parts
    }

    /// The claims, surest first: traits in which the person surely wants more or less, and departs from people in
    /// general by it; `observations` are those that the reward was learnt from.
    ///
    /// Traits are told one by one, each time the one that says most of what is still unsaid, until none is certain.
    pub fn claims(&self, observations: &[Observation]) -> Vec<TraitClaim> {
        if self.pairs == 0 {
            return Vec::new();
        }
        let together = Together::of(observations);
        let mut told: Vec<usize> = Vec::new();
        let mut first = 0.0;
        while told.len() < MOST {
            let unsaid = (0..TABLE.len()).filter(|index| !told.contains(index));
            let said = unsaid.filter_map(|index| Some((index, self.says(&together, index, &told)?)));
            match said.max_by(|a, b| a.1.total_cmp(&b.1)) {
                Some((index, says)) if says > LEAST_SHARE * first => {
                    first = f64::max(first, says);
                    told.push(index);
                }
                _ => break,
            }
        }
        let beside = self.beside_each_other(&together, &told);
        let claims = beside.into_iter().zip(&told);
        let claims =
            claims.map(|((direction, slope), &at)| TraitClaim::of(at, slope, direction, observations));
        let mut claims: Vec<TraitClaim> = claims.collect();
        claims.sort_by(|a, b| b.certainty.total_cmp(&a.certainty));
        claims
    }

    /// How much of the person's reward one more trait would say beside those already told; none where it can't be
    /// claimed, or where it would take away what those told rest on.
    fn says(&self, together: &Together, index: usize, told: &[usize]) -> Option<f64> {
        let (direction, left) = together.direction(index, told)?;
        let slope = self.slope(&direction);
        let summary = &self.summary[index];
        let itself = if slope.more > slope.less { summary.raised } else { summary.lowered };
        if !can_be_claimed(&slope) || itself < ITSELF {
            return None;
        }
        let all: Vec<usize> = told.iter().copied().chain([index]).collect();
        let slopes = self.beside_each_other(together, &all);
        let all_stay = slopes.iter().all(|(_, slope)| slope.more.max(slope.less) >= BESIDE_OTHERS);
        all_stay.then_some(slope.weight * slope.weight * left * itself)
    }

    /// The slope in each of these traits where all of them are told.
    fn beside_each_other(&self, together: &Together, told: &[usize]) -> Vec<(Direction, Slope)> {
        let one = |place: usize| {
            let mut others = told.to_vec();
            let index = others.remove(place);
            // What is told was told before, so that its directions exist; one that did not would say nothing.
            let direction =
                together.direction(index, &others).map(|(direction, _)| direction).unwrap_or_default();
            let slope = self.slope(&direction);
            (direction, slope)
        };
        (0..told.len()).map(one).collect()
    }
}

fn can_be_claimed(slope: &Slope) -> bool {
    let certain = slope.positive.max(1.0 - slope.positive) >= CERTAIN;
    let own = slope.more.max(slope.less) >= THEIR_OWN;
    certain && own && (slope.weight - slope.prior_weight).abs() >= WORTH_TELLING
}

impl TraitClaim {
    fn of(index: usize, slope: Slope, direction: Direction, observations: &[Observation]) -> Self {
        let row = &TABLE[index];
        let more = slope.more > slope.less;
        let sign = if more { 1.0 } else { -1.0 };
        let counted =
            |sign: f64| observations.iter().filter(|o| sign * o.difference.values()[index] > COUNTED).count();
        TraitClaim {
            id: row.id.to_owned(),
            more,
            text: format!("You prefer answers that {}.", row.phrase(more)),
            certainty: if more { slope.positive } else { 1.0 - slope.positive },
            weight: slope.weight,
            prior_weight: slope.prior_weight,
            direction,
            supports: counted(sign),
            contradicts: counted(-sign),
        }
    }
}
