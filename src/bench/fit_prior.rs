//! Fits the prior that ships: what people in general prefer.

use super::Person;
use crate::reward::{self, Prior};
use crate::traits::TABLE;

/// The prior whose mean fits these people best, with the same ideas of how a person may differ as `shape` has.
pub fn fit_prior(people: &[&Person], shape: &Prior) -> Prior {
    fit_prior_on(people, |_, _| true, shape)
}

/// The same on those choices whose person and question are `seen`.
///
/// Each person counts the same, however many choices they made.
pub(super) fn fit_prior_on(people: &[&Person], seen: impl Fn(&Person, &str) -> bool, shape: &Prior) -> Prior {
    let of = |person: &'_ Person| -> Vec<_> {
        person.choices.iter().filter(|c| seen(person, &c.question)).map(|c| c.observation.clone()).collect()
    };
    let groups: Vec<Vec<_>> =
        people.iter().map(|person| of(person)).filter(|group| !group.is_empty()).collect();
    let choices = groups.iter().map(Vec::len).sum::<usize>() as f64;
    let mut observations = Vec::new();
    for group in &groups {
        let share = choices / (groups.len() * group.len()) as f64;
        observations.extend(group.iter().cloned().map(|mut observation| {
            observation.weight *= share;
            observation
        }));
    }
    let weights = reward::fit_mean(&observations);
    let rounded = weights.iter().map(|weight| (weight * 1e4).round() / 1e4);
    Prior {
        credit: "Fitted on MT-Bench human judgments, Zheng et al. 2023, CC BY 4.0".to_owned(),
        made_by: "likeness fit-prior -o src/reward/prior.json".to_owned(),
        mean: TABLE.iter().map(|row| row.id.to_owned()).zip(rounded).collect(),
        scale: shape.scale,
        person: shape.person.clone(),
    }
}
