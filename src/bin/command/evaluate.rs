//! `likeness evaluate`: how well each system names what the person preferred, on pairs that it should not have seen.

use std::path::PathBuf;

use clap::Args;
use likeness::bench::{Report, System};
use likeness::persona::{LearnsFrom, Likeness, RawPair, SketchedPair, sketcher_of};
use likeness::preference::PreferencePair;
use likeness::provider::OnReleased;
use likeness::reward::{Observation, Prior, Reward};
use likeness::traits::Difference;

use super::evidence::EvidenceFlag;
use super::files::{self, HistoryFile};
use super::job::JobFile;
use super::judges::{Answers, Judges};
use super::model::OptionalModelFile;
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
        let read = self.history.read()?;
        let pairs = read.history.pairs();
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
        let mut kept = Answers::new(job);
        let likeness = likeness.as_ref();
        let (raw, sketched) =
            (|at: usize| RawPair::new(pairs[at].clone()), |at: usize| SketchedPair::new(sketch(at)));
        if let Some(settings) = remote {
            let examples = raw_examples(likeness);
            let remote = self.remote.open(settings, read.guarded().chain(&examples))?;
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
        kept.done()
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
