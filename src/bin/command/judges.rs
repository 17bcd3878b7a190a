//! A model as a judge of many pairs, for commands that count how often it is right.

use std::collections::HashMap;

use likeness::bench::System;
use likeness::model::LanguageModel;
use likeness::persona::{
    Answer, Asking, DriveError, Evidence, Journal, Judging, Likeness, Plan, QuestionId, drive, foresee,
    judging, judging_by_default,
};
use likeness::traits::Difference;

use super::job::JobFile;
use super::model::failure;
use super::{Failure, say};

/// A model as a judge of pairs, by itself and told about the person.
pub struct Judges<'a, M, F> {
    pub model: &'a M,
    pub likeness: Option<&'a Likeness>,
    /// How the chosen answer of each pair differs, as the reward sees it.
    pub shown: &'a [Difference],
    /// Each pair as the model sees it.
    pub evidence: F,
}

impl<M, E, F> Judges<'_, M, F>
where
    M: LanguageModel<Input = E::Prompt>,
    E: Evidence + 'static,
    E::Prompt: Clone + 'static,
    F: Fn(usize) -> E,
{
    fn by_default(&self, at: usize) -> Judging<E::Prompt> {
        judging_by_default((self.evidence)(at), self.model.capabilities().clone())
    }

    fn personal(&self, likeness: &Likeness, at: usize) -> Judging<E::Prompt> {
        let capabilities = self.model.capabilities().clone();
        let (evidence, difference) = ((self.evidence)(at), self.shown[at].clone());
        judging(likeness.clone(), evidence, difference, capabilities, Asking::Always)
    }

    /// What all judgements ask at most.
    pub fn foresee(&self, kept: &mut Answers) -> Result<Plan, Failure> {
        let mut all = Plan::default();
        for at in 0..self.shown.len() {
            let personal = self.likeness.map(|likeness| self.personal(likeness, at));
            for mut machine in [Some(self.by_default(at)), personal].into_iter().flatten() {
                let ahead = pollster::block_on(foresee(self.model, &mut machine, kept));
                all = all + ahead.map_err(|error| kept.failure(error))?.left;
            }
        }
        Ok(all)
    }

    /// The log-odds of what was chosen, of each system that the model makes possible.
    pub fn judge(
        &self,
        kept: &mut Answers,
        stopped: impl Fn() -> bool,
    ) -> Result<Vec<(System, Vec<f64>)>, Failure> {
        let pairs = self.shown.len();
        let mut ask = |mut machine: Judging<E::Prompt>| {
            let driven = pollster::block_on(drive(self.model, &mut machine, kept, |_| (), &stopped));
            driven.map_err(|error| kept.failure(error))
        };
        let mut by_default = Vec::with_capacity(pairs);
        for at in 0..pairs {
            by_default.push(ask(self.by_default(at))?.judge.unwrap_or(0.0));
            tell("the model alone", by_default.len(), pairs);
        }
        let mut systems = vec![(System::DefaultJudge, by_default)];
        if let Some(likeness) = self.likeness {
            let (mut judge, mut stack) = (Vec::with_capacity(pairs), Vec::with_capacity(pairs));
            for at in 0..pairs {
                let judgement = ask(self.personal(likeness, at))?;
                judge.push(judgement.judge.unwrap_or(0.0));
                stack.push(judgement.log_odds());
                tell("the model told about the person", judge.len(), pairs);
            }
            systems.extend([(System::Judge, judge), (System::Stack, stack)]);
        }
        Ok(systems)
    }
}

/// Progress, at every tenth of the pairs.
fn tell(what: &str, done: usize, all: usize) {
    if done * 10 / all != (done - 1) * 10 / all {
        say(&format!("{what}: {done} of {all} pairs judged"));
    }
}

/// The answers of an evaluation: equal questions are asked once, and a file keeps them where one was named.
pub struct Answers {
    given: HashMap<QuestionId, Answer>,
    job: Option<JobFile>,
}

impl Answers {
    /// None yet but those in the file.
    pub fn new(job: Option<JobFile>) -> Self {
        Answers { given: HashMap::new(), job }
    }

    /// Takes the file away: all that was wanted is there.
    pub fn done(self) -> Result<(), Failure> {
        self.job.map_or(Ok(()), JobFile::remove)
    }

    fn failure(&self, error: DriveError) -> Failure {
        match &self.job {
            Some(job) => job.failure(error),
            None => failure(error),
        }
    }
}

impl Journal for Answers {
    type Error = std::io::Error;

    async fn get(&mut self, id: &QuestionId) -> Result<Option<Answer>, Self::Error> {
        match (self.given.get(id), &mut self.job) {
            (Some(answer), _) => Ok(Some(answer.clone())),
            (None, Some(job)) => job.get(id).await,
            (None, None) => Ok(None),
        }
    }

    async fn put(&mut self, id: &QuestionId, answer: &Answer) -> Result<(), Self::Error> {
        if let Some(job) = &mut self.job {
            job.put(id, answer).await?;
        }
        self.given.insert(*id, answer.clone());
        Ok(())
    }
}
