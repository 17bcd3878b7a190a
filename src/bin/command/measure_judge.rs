//! What a model as a judge is worth, from texts and from sketches, beside the reward: the judge's part of `measure`.
//!
//! The judge is told what the traits found, as a remote one is; it is given no examples and no weight in a stack, since
//! both take an induction for each person. `induce` and `evaluate` measure those for one.

use std::collections::{BTreeMap, HashSet};

use likeness::bench::{Accuracy, BenchChoice, Interval, Person, System};
use likeness::persona::{Likeness, RawPair, SketchedPair, from_sketches, from_traits, sketcher_of};
use likeness::preference::History;
use likeness::provider::OnReleased;
use likeness::reward::{Prior, Reward};
use likeness::traits::Difference;
use serde::Serialize;

use super::judges::{Answers, Judges};
use super::model::Loaded;
use super::{Failure, say};

/// The last choices of a person, which are judged; those before are learnt from.
const JUDGED: usize = 12;

/// So many choices are learnt from at least, and at most.
const LEARNT: std::ops::RangeInclusive<usize> = 8..=36;

/// How often each system names what was preferred; intervals are over people.
#[derive(Serialize)]
pub struct JudgeMeasured {
    people: usize,
    judged_each: usize,
    systems: BTreeMap<System, Sides>,
}

/// One system, from texts and from sketches.
#[derive(Serialize)]
struct Sides {
    texts: Interval,
    sketches: Interval,
    /// How much of the texts' lift over chance the sketches keep: 1 is all of it; none where there is no lift.
    lift_kept: Option<f64>,
}

/// Each system's share of right answers for one person.
type Shares = BTreeMap<System, f64>;

/// Judges the last choices of each person who has enough.
pub fn measure(people: &[&Person], loaded: &Loaded, kept: &mut Answers) -> Result<JudgeMeasured, Failure> {
    let mut all: Vec<(Shares, Shares)> = Vec::new();
    for (at, person) in people.iter().enumerate() {
        say(&format!("{}: person {} of {}", person.id, at + 1, people.len()));
        if let Some(split) = Split::of(person) {
            all.push((split.on_texts(loaded, kept)?, split.on_sketches(loaded, kept)?));
        }
    }
    let mut systems = BTreeMap::new();
    for system in [System::Prior, System::Reward, System::DefaultJudge, System::Judge] {
        let side = |of: fn(&(Shares, Shares)) -> &Shares| -> Vec<f64> {
            all.iter().filter_map(|person| of(person).get(&system).copied()).collect()
        };
        let (texts, sketches) = (Interval::of(&side(|both| &both.0)), Interval::of(&side(|both| &both.1)));
        let lift = texts.mean - 0.5;
        // Where the texts' lift may be none, a share of it says nothing.
        let lift_kept = (texts.interval[0] > 0.5).then(|| (sketches.mean - 0.5) / lift);
        systems.insert(system, Sides { texts, sketches, lift_kept });
    }
    Ok(JudgeMeasured { people: all.len(), judged_each: JUDGED, systems })
}

/// What is learnt of a person, and what is judged: no question is in both.
struct Split<'a> {
    learnt: History,
    judged: Vec<&'a BenchChoice>,
}

impl<'a> Split<'a> {
    /// None for a person with too few choices.
    fn of(person: &'a Person) -> Option<Self> {
        let judged: Vec<&BenchChoice> = person.choices.iter().rev().take(JUDGED).rev().collect();
        let asked: HashSet<&str> = judged.iter().map(|choice| choice.question.as_str()).collect();
        let others = person.choices.iter().filter(|choice| !asked.contains(choice.question.as_str()));
        let mut learnt: Vec<&BenchChoice> = others.rev().take(*LEARNT.end()).collect();
        learnt.reverse();
        let enough = learnt.len() >= *LEARNT.start() && judged.len() == JUDGED;
        enough.then(|| Split {
            learnt: History::new(learnt.into_iter().map(|choice| choice.pair.clone())),
            judged,
        })
    }

    fn on_texts(&self, loaded: &Loaded, kept: &mut Answers) -> Result<Shares, Failure> {
        let likeness = from_traits(&self.learnt, 0, &[]);
        let shown: Vec<Difference> =
            self.judged.iter().map(|one| one.observation.difference.clone()).collect();
        let evidence = |at: usize| RawPair::new(self.judged[at].pair.clone());
        let judges = Judges { model: &loaded.model, likeness: Some(&likeness), shown: &shown, evidence };
        Ok(shares(&likeness, &shown, judges.judge(kept, || loaded.stopped())?))
    }

    fn on_sketches(&self, loaded: &Loaded, kept: &mut Answers) -> Result<Shares, Failure> {
        let likeness = from_sketches(&self.learnt, 0, &[]);
        let sketcher = sketcher_of(Some(&likeness));
        let sketch =
            |at: usize| sketcher.sketch(self.judged[at].pair.id, &self.judged[at].observation.difference);
        let shown: Vec<Difference> = (0..self.judged.len()).map(|at| sketch(at).difference()).collect();
        let evidence = |at: usize| SketchedPair::new(sketch(at));
        let model = &OnReleased(&loaded.model);
        let judges = Judges { model, likeness: Some(&likeness), shown: &shown, evidence };
        Ok(shares(&likeness, &shown, judges.judge(kept, || loaded.stopped())?))
    }
}

fn shares(likeness: &Likeness, shown: &[Difference], judges: Vec<(System, Vec<f64>)>) -> Shares {
    let by = |reward: &Reward| shown.iter().map(|one| reward.log_odds(one)).collect();
    let everyone = Reward::unknown(Prior::shipped());
    let traits = [(System::Prior, by(&everyone)), (System::Reward, by(&likeness.reward))];
    traits.iter().chain(&judges).map(|(system, odds)| (*system, Accuracy::of(odds).accuracy)).collect()
}

impl std::fmt::Display for JudgeMeasured {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let JudgeMeasured { people, judged_each, .. } = self;
        writeln!(
            f,
            "| {people} people, the last {judged_each} choices of each | from texts | from sketches | lift kept |"
        )?;
        writeln!(f, "| --- | --- | --- | --- |")?;
        for (system, Sides { texts, sketches, lift_kept }) in &self.systems {
            let name = match system {
                System::Prior => "people in general (traits)",
                System::Reward => "the person's reward (traits)",
                System::DefaultJudge => "the model, told nothing",
                _ => "the model, told what was found",
            };
            let kept = lift_kept.map_or("no lift".to_owned(), |kept| format!("{:.0}%", 100.0 * kept));
            writeln!(f, "| {name} | {texts} | {sketches} | {kept} |")?;
        }
        Ok(())
    }
}
