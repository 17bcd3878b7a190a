//! Real people: the prior on people and questions that it was not fitted on, and what personalising adds.

use std::collections::BTreeSet;

use serde::Serialize;

use super::calibration::calibration_error;
use super::chance::Chance;
use super::effects::Effects;
use super::report::{Interval, mean};
use super::synthetic::log_loss;
use super::{Person, fit_prior_on};
use crate::reward::{Observation, Prior, Reward, hit};

/// Parts that people and questions are dealt into; each pair is predicted by a prior that has seen neither.
const PARTS: usize = 10;
/// Times that they are dealt anew: with forty people one deal alone moves the figures by 0.02.
const DEALS: u64 = 3;
/// Pairs that a person must have to be personalised.
const ENOUGH: usize = 8;

/// What was measured on real people; all intervals are over people.
#[derive(Clone, Debug, Serialize)]
pub struct LeftOut {
    /// How many people.
    pub people: usize,
    /// How many pairs.
    pub pairs: usize,
    /// The prior's accuracy pooled over pairs, so that people with more pairs count more.
    pub prior_pooled: f64,
    /// The prior, refitted for each pair without its person and its question.
    pub prior: Interval,
    /// The person's reward, from their pairs on other questions, where there are at least eight.
    pub reward: Interval,
    /// The reward's accuracy less the prior's, person by person, on the same pairs.
    pub gain: Interval,
    /// The prior's mean negative log-likelihood, in nats.
    pub prior_log_loss: f64,
    /// The reward's.
    pub log_loss: f64,
    /// The prior's calibration error: ten bins of equal mass, pooled over people.
    pub prior_calibration_error: f64,
    /// The reward's.
    pub calibration_error: f64,
    /// What each trait is worth to the prior on people and questions left out.
    pub effects: Effects,
}

/// Deals names into parts, by a seed.
struct Parts(Vec<String>);

impl Parts {
    fn deal<'a>(names: impl Iterator<Item = &'a str>, seed: u64) -> Self {
        let mut names: Vec<String> = names.collect::<BTreeSet<_>>().into_iter().map(str::to_owned).collect();
        Chance::seeded(seed).shuffle(&mut names);
        Parts(names)
    }

    fn of(&self, name: &str) -> usize {
        self.0.iter().position(|other| other == name).unwrap_or(0) % PARTS
    }
}

/// Measures the prior and the rewards on people and questions left out.
pub fn left_out(people: &[&Person], shape: &Prior) -> LeftOut {
    let mut judged: Vec<Judged> = vec![Judged::default(); people.len()];
    let mut effects = Effects::default();
    for number in 0..DEALS {
        deal(people, shape, number, &mut judged, &mut effects);
    }
    report(judged, effects)
}

/// The log-odds of a person's preferred answers.
#[derive(Clone, Default)]
struct Judged {
    /// By the prior, all of them.
    prior: Vec<f64>,
    /// By the prior and by the person's reward, those where they have enough other pairs.
    before: Vec<f64>,
    after: Vec<f64>,
}

fn deal(people: &[&Person], shape: &Prior, number: u64, judged: &mut [Judged], effects: &mut Effects) {
    let persons = Parts::deal(people.iter().map(|person| person.id.as_str()), 2 * number);
    let questions = Parts::deal(
        people.iter().flat_map(|person| person.choices.iter().map(|choice| choice.question.as_str())),
        2 * number + 1,
    );
    for person_part in 0..PARTS {
        for question_part in 0..PARTS {
            let seen = |person: &Person, question: &str| {
                persons.of(&person.id) != person_part && questions.of(question) != question_part
            };
            let prior = fit_prior_on(people, seen, shape);
            let unknown = Reward::unknown(&prior);
            for (person, judged) in people.iter().zip(judged.iter_mut()) {
                if persons.of(&person.id) != person_part {
                    continue;
                }
                let (test, own): (Vec<_>, Vec<_>) =
                    person.choices.iter().partition(|choice| questions.of(&choice.question) == question_part);
                test.iter().for_each(|choice| effects.add(&unknown, &choice.observation));
                judged
                    .prior
                    .extend(test.iter().map(|choice| unknown.log_odds(&choice.observation.difference)));
                if own.len() < ENOUGH || test.is_empty() {
                    continue;
                }
                let own: Vec<Observation> = own.iter().map(|choice| choice.observation.clone()).collect();
                let reward = Reward::learn(&prior, &own);
                for choice in test {
                    judged.before.push(unknown.log_odds(&choice.observation.difference));
                    judged.after.push(reward.log_odds(&choice.observation.difference));
                }
            }
        }
    }
}

fn report(judged: Vec<Judged>, effects: Effects) -> LeftOut {
    let accuracy = |odds: &[f64]| mean(&odds.iter().map(|z| hit(*z)).collect::<Vec<_>>());
    let of = |part: fn(&Judged) -> &[f64]| -> Vec<f64> {
        judged.iter().map(part).filter(|odds| !odds.is_empty()).map(accuracy).collect()
    };
    let pooled = |part: fn(&Judged) -> &[f64]| judged.iter().map(part).collect::<Vec<_>>().concat();
    let (prior, before, after) = (of(|j| &j.prior), of(|j| &j.before), of(|j| &j.after));
    let gain: Vec<f64> = after.iter().zip(&before).map(|(after, before)| after - before).collect();
    LeftOut {
        people: prior.len(),
        pairs: judged.iter().map(|j| j.prior.len()).sum::<usize>() / DEALS as usize,
        prior_pooled: accuracy(&pooled(|j| &j.prior)),
        prior: Interval::of(&prior),
        reward: Interval::of(&after),
        gain: Interval::of(&gain),
        prior_log_loss: log_loss(&pooled(|j| &j.before)),
        log_loss: log_loss(&pooled(|j| &j.after)),
        prior_calibration_error: calibration_error(&pooled(|j| &j.prior)),
        calibration_error: calibration_error(&pooled(|j| &j.after)),
        effects,
    }
}
