//! Fits the prior that ships: what people in general prefer.

use std::collections::BTreeMap;

use super::Person;
use crate::reward::{self, Prior};
use crate::traits::TABLE;

/// The prior whose mean fits these people best; each person counts the same however many choices they made.
pub fn fit_prior(people: &[&Person]) -> Prior {
    let choices = people.iter().map(|person| person.choices.len()).sum::<usize>() as f64;
    let mut observations = Vec::new();
    for person in people {
        let share = choices / (people.len() * person.choices.len().max(1)) as f64;
        for choice in &person.choices {
            let mut observation = choice.observation.clone();
            observation.weight *= share;
            observations.push(observation);
        }
    }
    let weights = reward::fit_mean(&observations);
    let means: BTreeMap<String, f64> = TABLE
        .iter()
        .map(|row| row.id.to_owned())
        .zip(weights.iter().map(|w| (w * 1e4).round() / 1e4))
        .collect();
    Prior {
        credit: "Fitted on MT-Bench human judgments, Zheng et al. 2023, CC BY 4.0".to_owned(),
        made_by: "likeness fit-prior".to_owned(),
        means,
        spreads: vec![0.0, 0.1, 0.2, 0.4],
    }
}
