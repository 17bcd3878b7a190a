//! `likeness evaluate`: how well each system names what the person preferred, on pairs that it should not have seen.

use std::collections::HashMap;
use std::path::PathBuf;

use clap::Args;
use likeness::bench::{Report, System};
use likeness::model::LanguageModel;
use likeness::persona::{
    Answer, Asking, DriveError, Evidence, Journal, Judging, LearnsFrom, Likeness, Plan, QuestionId, RawPair,
    SketchedPair, drive, foresee, judging, judging_by_default, sketcher_of,
};
use likeness::preference::PreferencePair;
use likeness::provider::OnReleased;
use likeness::reward::{Observation, Prior, Reward};
use likeness::traits::Difference;

use super::evidence::EvidenceFlag;
use super::files::{self, HistoryFile};
use super::job::JobFile;
use super::model::{OptionalModelFile, failure};
use super::new_file::apart;
use super::remote::{RemoteFlags, raw_examples};
use super::{Failure, Output, say};

#[derive(Args)]
pub struct Evaluate {
    #[command(flatten)]
    history: HistoryFile,
    /// The person's likeness, made from other pairs.
    #[arg(long, value_name = "L.json")]
    likeness: Option<PathBuf>,
    #[command(flatten)]
    model: OptionalModelFile,
    #[command(flatten)]
    evidence: EvidenceFlag,
    /// Keep the model's answers there, in a file of their own, until all are, so that a stopped evaluation goes on where
    /// it was.
    #[arg(long, value_name = "FILE")]
    job: Option<PathBuf>,
    #[command(flatten)]
    show: Output,
    #[command(flatten)]
    remote: RemoteFlags,
}

impl Evaluate {
    pub fn run(self) -> Result<(), Failure> {
        self.evidence.check(&self.remote)?;
        self.model.or(&self.remote)?;
        apart(
            &[("--job", self.job.as_deref()), ("--ledger", self.remote.ledger())],
            &[
                ("--history", Some(self.history.path())),
                ("--likeness", self.likeness.as_deref()),
                ("--model", self.model.path()),
            ],
        )?;
        let remote = self.remote.settings()?;
        let likeness = self.likeness.as_deref().map(files::likeness).transpose()?;
        let history = self.history.read()?;
        let pairs = history.pairs();
        if pairs.is_empty() {
            return Err(Failure::Input("there is no pair in the history to evaluate on".into()));
        }
        warn_of_seen(likeness.as_ref(), pairs);
        let texts: Vec<Difference> = pairs.iter().map(|pair| Observation::of(pair).difference).collect();
        let sketcher = sketcher_of(likeness.as_ref());
        let sketch = |at: usize| sketcher.sketch(pairs[at].id, &texts[at]);
        let shown: Vec<Difference> = match self.evidence.reward() {
            LearnsFrom::Texts => texts.clone(),
            LearnsFrom::Sketches => (0..pairs.len()).map(|at| sketch(at).difference()).collect(),
        };
        let judged = |reward: &Reward| shown.iter().map(|one| reward.log_odds(one)).collect();
        let mut systems = vec![(System::Prior, judged(&Reward::unknown(Prior::shipped())))];
        if let Some(likeness) = &likeness {
            systems.push((System::Reward, judged(&likeness.reward)));
        }
        let job = self.job.as_deref().map(JobFile::at).transpose()?;
        job.iter().for_each(JobFile::greet);
        let mut kept = Answers { given: HashMap::new(), job };
        let likeness = likeness.as_ref();
        let (raw, sketched) =
            (|at: usize| RawPair::new(pairs[at].clone()), |at: usize| SketchedPair::new(sketch(at)));
        if let Some(settings) = remote {
            let examples = raw_examples(likeness);
            let remote = self.remote.open(settings, pairs.iter().chain(&examples))?;
            let judges = Judges { model: &remote.model, likeness, shown: &shown, evidence: sketched };
            let ahead = judges.foresee(&mut kept)?;
            remote.foretell(ahead, ahead);
            let told = judges.judge(&mut kept, || remote.stopped());
            remote.tell();
            systems.extend(told?);
        } else if let Some(loaded) = self.model.load()? {
            let stopped = || loaded.stopped();
            let told = if self.evidence.local_reads_sketches() {
                let model = &OnReleased(&loaded.model);
                Judges { model, likeness, shown: &shown, evidence: sketched }.judge(&mut kept, stopped)
            } else {
                let model = &loaded.model;
                Judges { model, likeness, shown: &shown, evidence: raw }.judge(&mut kept, stopped)
            };
            systems.extend(told?);
        }
        let report = Report::of(systems);
        let line = |(system, told): (&System, &likeness::bench::Accuracy)| {
            let [low, high] = told.interval;
            format!("{system:?}: {:.3} [{low:.3}, {high:.3}]", told.accuracy)
        };
        let words: Vec<String> = report.systems.iter().map(line).collect();
        self.show.show(&report, &format!("{} pairs\n{}", report.n, words.join("\n")))?;
        kept.job.map_or(Ok(()), JobFile::remove)
    }
}

fn warn_of_seen(likeness: Option<&Likeness>, pairs: &[PreferencePair]) {
    let seen = likeness
        .map_or(0, |likeness| pairs.iter().filter(|pair| likeness.made_from.contains(&pair.id)).count());
    if seen > 0 {
        say(&format!(
            "{seen} of these pairs are among those that the likeness was made from: its figures are too good"
        ));
    }
}

/// A model as a judge of pairs, by itself and told about the person.
struct Judges<'a, M, F> {
    model: &'a M,
    likeness: Option<&'a Likeness>,
    /// How the chosen answer of each pair differs, as the reward sees it.
    shown: &'a [Difference],
    /// Each pair as the model sees it.
    evidence: F,
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
    fn foresee(&self, kept: &mut Answers) -> Result<Plan, Failure> {
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
    fn judge(
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
struct Answers {
    given: HashMap<QuestionId, Answer>,
    job: Option<JobFile>,
}

impl Answers {
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
