//! The synthetic people: random splits of each person's choices, a learning curve, and whether claims hold.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Person;
use super::calibration::calibration_error;
use super::chance::Chance;
use super::effects::Effects;
use super::report::{Interval, mean};
use crate::persona::trait_claims;
use crate::reward::{Observation, Prior, Reward, hit, softplus};
use crate::traits::Trait;

/// Choices to learn from; the rest of a person's forty-eight are predicted.
const LEARNT: usize = 36;
/// Random splits of each person, where no other number is asked for.
pub const SPLITS: u64 = 6;
/// Points of the learning curve.
const CURVE: [usize; 6] = [2, 4, 8, 16, 24, 36];

/// What was measured on synthetic people; all intervals are over people.
#[derive(Clone, Debug, Serialize)]
pub struct Synthetic {
    /// How many people.
    pub people: usize,
    /// In how many random splits of each.
    pub splits: u64,
    /// The shipped prior alone, on the random splits.
    pub prior: Interval,
    /// The person's reward, on the random splits.
    pub reward: Interval,
    /// The reward's accuracy less the prior's, person by person.
    pub gain: Interval,
    /// The reward's accuracy on the last 12 after the first 36, in the order of time.
    pub last_twelve: Interval,
    /// The mean negative log-likelihood of the reward, in nats.
    pub log_loss: f64,
    /// The reward's calibration error: ten bins of equal mass, pooled over people.
    pub calibration_error: f64,
    /// The reward's accuracy from so many pairs.
    pub curve: BTreeMap<usize, Interval>,
    /// Claims made and held.
    pub claims: ClaimsHeld,
    /// What is claimed on people who toss a coin.
    pub tossed: Tossed,
    /// What each trait is worth to a person's reward on their left-out choices.
    pub effects: Effects,
}

/// Of the claims made, how many hold on choices that they were not made from.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct ClaimsHeld {
    /// Claims told, over all people and splits.
    pub made: usize,
    /// Claims that were not told, since they did not hold on choices among those learned from.
    pub dropped: usize,
    /// Those whose trait had a partial effect of the claimed sign on the person's left-out choices.
    pub held: usize,
    /// Those whose left-out choices say nothing: the trait never differs there.
    pub silent: usize,
    /// The pooled partial effect in the claimed direction, in log-odds a usual difference.
    pub effect: f64,
}

/// What is claimed on people of no taste: the same answers, each choice decided by a coin.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Tossed {
    /// Such people.
    pub people: usize,
    /// Those who heard any claim.
    pub heard: usize,
    /// Claims on all of them.
    pub claims: usize,
    /// Claims that were not told, since they did not hold on choices among those learned from.
    pub dropped: usize,
}

impl Tossed {
    fn add(&mut self, prior: &Prior, learnt: &[Observation], chance: &mut Chance) {
        let toss = |one: &Observation| {
            let difference =
                if chance.below(2) == 0 { one.difference.clone() } else { one.difference.reversed() };
            Observation { difference, ..*one }
        };
        let tossed: Vec<Observation> = learnt.iter().map(toss).collect();
        let reward = Reward::learn(prior, &tossed);
        let (told, dropped) = trait_claims(prior, tossed, &reward);
        self.people += 1;
        self.heard += usize::from(!told.is_empty());
        self.claims += told.len();
        self.dropped += dropped.len();
    }
}

/// One person's choices in two parts, each in the order of time.
pub(super) fn split(person: &Person, chance: &mut Chance) -> (Vec<Observation>, Vec<Observation>) {
    let mut order: Vec<usize> = (0..person.choices.len()).collect();
    chance.shuffle(&mut order);
    let (learnt, rest) = order.split_at_mut(LEARNT.min(person.choices.len()));
    learnt.sort_unstable();
    rest.sort_unstable();
    let part = |part: &[usize]| part.iter().map(|&index| person.choices[index].observation.clone()).collect();
    (part(learnt), part(rest))
}

/// Measures the prior and the rewards learnt from it on these people, each split at random so many times.
pub fn synthetic(people: &[&Person], prior: &Prior, splits: u64) -> Synthetic {
    let unknown = Reward::unknown(prior);
    let (mut of_prior, mut of_reward, mut last, mut odds) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut curve: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    let (mut claims, mut tossed, mut effects) =
        (ClaimsHeld::default(), Tossed::default(), Effects::default());
    for (number, person) in people.iter().enumerate() {
        let mut chance = Chance::seeded(number as u64);
        // A stream of its own, so that it decides no split.
        let mut coin = Chance::seeded(!(number as u64));
        let (mut prior_hits, mut points) = (Vec::new(), BTreeMap::<usize, Vec<f64>>::new());
        for _ in 0..splits {
            let (learnt, rest) = split(person, &mut chance);
            prior_hits.extend(rest.iter().map(|o| hit(unknown.log_odds(&o.difference))));
            for &count in &CURVE {
                // The latest pairs of those to learn from, as a history that just began would have them.
                let reward = Reward::learn(prior, &learnt[learnt.len().saturating_sub(count)..]);
                let judged: Vec<f64> = rest.iter().map(|o| reward.log_odds(&o.difference)).collect();
                points.entry(count).or_default().extend(judged.iter().map(|z| hit(*z)));
                if count == LEARNT {
                    claims.add(prior, &reward, &learnt, &rest);
                    tossed.add(prior, &learnt, &mut coin);
                    rest.iter().for_each(|o| effects.add(&reward, o));
                    odds.extend(judged);
                }
            }
        }
        of_prior.push(mean(&prior_hits));
        of_reward.push(points.get(&LEARNT).map_or(0.5, |hits| mean(hits)));
        for (count, hits) in points {
            curve.entry(count).or_default().push(mean(&hits));
        }
        let (first, rest) = person.choices.split_at(LEARNT.min(person.choices.len()));
        let first: Vec<Observation> = first.iter().map(|choice| choice.observation.clone()).collect();
        let reward = Reward::learn(prior, &first);
        let hits: Vec<f64> =
            rest.iter().map(|choice| hit(reward.log_odds(&choice.observation.difference))).collect();
        last.push(mean(&hits));
    }
    let gains: Vec<f64> = of_reward.iter().zip(&of_prior).map(|(reward, prior)| reward - prior).collect();
    claims.effect /= (claims.made - claims.silent).max(1) as f64;
    Synthetic {
        people: people.len(),
        splits,
        prior: Interval::of(&of_prior),
        reward: Interval::of(&of_reward),
        gain: Interval::of(&gains),
        last_twelve: Interval::of(&last),
        log_loss: log_loss(&odds),
        calibration_error: calibration_error(&odds),
        curve: curve.into_iter().map(|(count, hits)| (count, Interval::of(&hits))).collect(),
        claims,
        tossed,
        effects,
    }
}

/// The negative log-likelihood, in nats, of log-odds of what was preferred.
pub(super) fn loss(odds: f64) -> f64 {
    softplus(-odds)
}

/// The mean of [`loss`].
pub(super) fn log_loss(odds: &[f64]) -> f64 {
    mean(&odds.iter().map(|z| loss(*z)).collect::<Vec<_>>())
}

impl ClaimsHeld {
    /// Tests the claims that a portrait of `learnt` tells on `rest`.
    ///
    /// The partial effect is the slope of the left-out log-likelihood in the trait's weight at weight 0, all
    /// other weights as learnt: above 0 where the left-out choices ask for more of it, beyond what the other
    /// traits explain.
    fn add(&mut self, prior: &Prior, reward: &Reward, learnt: &[Observation], rest: &[Observation]) {
        let (told, dropped) = trait_claims(prior, learnt.to_vec(), reward);
        self.dropped += dropped.len();
        for claim in told {
            let Some((index, _)) = Trait::find(&claim.id) else { continue };
            let sign = if claim.more { 1.0 } else { -1.0 };
            let (mut slope, mut curvature) = (0.0, 0.0);
            for o in rest {
                let x = o.difference.values()[index];
                let others = reward.log_odds(&o.difference) - claim.weight * x;
                let p = 1.0 / (1.0 + libm::exp(others));
                slope += sign * x * p;
                curvature += x * x * p * (1.0 - p);
            }
            self.made += 1;
            self.silent += usize::from(curvature == 0.0);
            self.held += usize::from(slope > 0.0);
            self.effect += if curvature > 0.0 { slope / (curvature + 1.0) } else { 0.0 };
        }
    }
}
