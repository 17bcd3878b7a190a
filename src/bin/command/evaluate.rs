//! `likeness evaluate`: how well each system names what the person preferred, on pairs that it should not have seen.

use std::path::PathBuf;

use clap::Args;
use likeness::bench::{Report, System};
use likeness::model::LanguageModel;
use likeness::persona::{Asking, Likeness, NoJournal, RawPair, drive, judging, judging_by_default};
use likeness::preference::PreferencePair;
use likeness::reward::{Observation, Prior, Reward};

use super::files::{self, HistoryFile};
use super::model::{Loaded, OptionalModelFile, failure};
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
    show: Output,
}

impl Evaluate {
    pub fn run(self) -> Result<(), Failure> {
        let likeness = self.likeness.as_deref().map(files::likeness).transpose()?;
        let history = self.history.read()?;
        if history.pairs().is_empty() {
            return Err(Failure::Input("there is no pair in the history to evaluate on".into()));
        }
        let seen = likeness.as_ref().map_or(0, |likeness| {
            history.pairs().iter().filter(|pair| likeness.made_from.contains(&pair.id)).count()
        });
        if seen > 0 {
            say(&format!(
                "{seen} of these pairs are among those that the likeness was made from: its figures are too good"
            ));
        }
        let observations: Vec<Observation> = history.pairs().iter().map(Observation::of).collect();
        let judged =
            |reward: &Reward| observations.iter().map(|one| reward.log_odds(&one.difference)).collect();
        let mut systems = vec![(System::Prior, judged(&Reward::unknown(Prior::shipped())))];
        if let Some(likeness) = &likeness {
            systems.push((System::Reward, judged(&likeness.reward)));
        }
        if let Some(loaded) = self.model.load()? {
            systems.push((System::DefaultJudge, by_default(&loaded, history.pairs())?));
            if let Some(likeness) = &likeness {
                let (judge, stack) = personal(&loaded, likeness, history.pairs(), &observations)?;
                systems.extend([(System::Judge, judge), (System::Stack, stack)]);
            }
        }
        let report = Report::of(systems);
        let line = |(system, told): (&System, &likeness::bench::Accuracy)| {
            let [low, high] = told.interval;
            format!("{system:?}: {:.3} [{low:.3}, {high:.3}]", told.accuracy)
        };
        let words: Vec<String> = report.systems.iter().map(line).collect();
        self.show.show(&report, &format!("{} pairs\n{}", report.n, words.join("\n")))
    }
}

/// The log-odds of what was chosen, by the model alone.
fn by_default(loaded: &Loaded, pairs: &[PreferencePair]) -> Result<Vec<f64>, Failure> {
    let mut judged = Vec::with_capacity(pairs.len());
    for pair in pairs {
        let capabilities = loaded.model.capabilities().clone();
        let mut machine = judging_by_default(RawPair::new(pair.clone()), capabilities);
        let mut journal = NoJournal;
        let driven = drive(&loaded.model, &mut machine, &mut journal, |_| (), || loaded.stopped());
        judged.push(pollster::block_on(driven).map_err(failure)?.judge.unwrap_or(0.0));
        tell("the model alone", judged.len(), pairs.len());
    }
    Ok(judged)
}

/// The same by the model with persona and examples, and by all sources together.
fn personal(
    loaded: &Loaded,
    likeness: &Likeness,
    pairs: &[PreferencePair],
    observations: &[Observation],
) -> Result<(Vec<f64>, Vec<f64>), Failure> {
    let (mut judge, mut stack) = (Vec::new(), Vec::new());
    for (pair, observation) in pairs.iter().zip(observations) {
        let evidence = RawPair::new(pair.clone());
        let (difference, capabilities) =
            (observation.difference.clone(), loaded.model.capabilities().clone());
        let mut machine = judging(likeness.clone(), evidence, difference, capabilities, Asking::Always);
        let mut journal = NoJournal;
        let driven = drive(&loaded.model, &mut machine, &mut journal, |_| (), || loaded.stopped());
        let judgement = pollster::block_on(driven).map_err(failure)?;
        judge.push(judgement.judge.unwrap_or(0.0));
        stack.push(judgement.log_odds());
        tell("the model told about the person", judge.len(), pairs.len());
    }
    Ok((judge, stack))
}

/// Progress, at every tenth of the pairs.
fn tell(what: &str, done: usize, all: usize) {
    if done * 10 / all != (done - 1) * 10 / all {
        say(&format!("{what}: {done} of {all} pairs judged"));
    }
}
