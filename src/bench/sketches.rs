//! What sketches are worth, and what they give away: the same learner from texts and from sketches, and the attack
//! of `PRIVACY.md`.
//!
//! The attacker knows this code and even the person's weights. They hold a sketch and a hundred pairs of texts, the
//! right one among them, make the sketch of each, and guess one of those whose sketch is the same.

use serde::Serialize;

use super::chance::Chance;
use super::report::{Interval, mean};
use super::synthetic::{SPLITS, split};
use super::{BenchChoice, Person};
use crate::preference::PairId;
use crate::privacy::{Sketch, Sketcher};
use crate::reward::{Observation, Prior, Reward, hit};
use crate::traits::Difference;

/// Texts among which the attacker has to find the right one.
const SUSPECTS: usize = 100;

/// What was measured of sketches; all intervals are over people.
#[derive(Clone, Debug, Serialize)]
pub struct SketchesMeasured {
    /// Accuracy on choices left out, learnt and judged from texts.
    pub from_texts: Interval,
    /// The same, learnt and judged from sketches.
    pub from_sketches: Interval,
    /// How much of the texts' lift over chance the sketches keep: 1 is all of it.
    pub lift_kept: f64,
    /// How often the attacker's first guess is right, of a hundred texts.
    pub found: f64,
    /// The same if a sketch told the topic of the question too, which it does not.
    pub found_with_topic: f64,
}

/// Sketches the choices of these people, splits 36/12 six times, and attacks them; `suspects` are texts of others.
pub fn sketches(people: &[&Person], prior: &Prior) -> SketchesMeasured {
    let everything: Vec<&BenchChoice> = people.iter().flat_map(|person| &person.choices).collect();
    let (mut raw, mut sketched) = (Vec::new(), Vec::new());
    let (mut found, mut found_with_topic) = (Vec::new(), Vec::new());
    for (number, person) in people.iter().enumerate() {
        let mut chance = Chance::seeded(number as u64);
        let (mut raw_hits, mut sketched_hits) = (Vec::new(), Vec::new());
        for _ in 0..SPLITS {
            let (learnt, rest) = split(person, &mut chance);
            let reward = Reward::learn(prior, &learnt);
            let differences: Vec<Difference> = learnt.iter().map(|one| one.difference.clone()).collect();
            let sketcher = Sketcher::new(&reward.weights(), &differences);
            let as_sketch = |one: &Observation| Observation {
                difference: sketch(&sketcher, &one.difference).difference(),
                weight: one.weight,
            };
            let learnt: Vec<Observation> = learnt.iter().map(as_sketch).collect();
            let from_sketches = Reward::learn(prior, &learnt);
            for one in &rest {
                raw_hits.push(hit(reward.log_odds(&one.difference)));
                sketched_hits.push(hit(from_sketches.log_odds(&as_sketch(one).difference)));
            }
            for one in &person.choices {
                let (plain, with_topic) = guess(&sketcher, one, &everything, &mut chance);
                found.push(plain);
                found_with_topic.push(with_topic);
            }
        }
        raw.push(mean(&raw_hits));
        sketched.push(mean(&sketched_hits));
    }
    SketchesMeasured {
        from_texts: Interval::of(&raw),
        from_sketches: Interval::of(&sketched),
        lift_kept: (mean(&sketched) - 0.5) / (mean(&raw) - 0.5),
        found: mean(&found),
        found_with_topic: mean(&found_with_topic),
    }
}

fn sketch(sketcher: &Sketcher, difference: &Difference) -> Sketch {
    // A sketch says nothing of its pair's id, so any will do.
    sketcher.sketch(PairId::of(&[], "", ""), difference)
}

/// The chance that the attacker's one guess is right: by the sketch, and by sketch and topic.
fn guess(sketcher: &Sketcher, one: &BenchChoice, others: &[&BenchChoice], chance: &mut Chance) -> (f64, f64) {
    let told = |one: &BenchChoice| sketch(sketcher, &one.observation.difference).told();
    let seen = told(one);
    let (mut same, mut same_topic) = (0, 0);
    for _ in 1..SUSPECTS {
        let suspect = others[chance.below(others.len())];
        if told(suspect) == seen {
            same += 1;
            same_topic += usize::from(suspect.topic == one.topic);
        }
    }
    (1.0 / (1 + same) as f64, 1.0 / (1 + same_topic) as f64)
}

impl std::fmt::Display for SketchesMeasured {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "| sketches | |\n| --- | --- |")?;
        writeln!(f, "| learnt and judged from texts | {} |", self.from_texts)?;
        writeln!(f, "| learnt and judged from sketches | {} |", self.from_sketches)?;
        writeln!(f, "| lift over chance that sketches keep | {:.0}% |", 100.0 * self.lift_kept)?;
        writeln!(f, "| the right one of 100 texts found at the first guess | {:.1}% |", 100.0 * self.found)?;
        writeln!(f, "| if the topic were told too | {:.1}% |", 100.0 * self.found_with_topic)
    }
}
