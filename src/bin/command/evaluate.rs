//! `likeness evaluate`: how well each system names what the person preferred, on pairs that it should not have seen.

use std::path::PathBuf;

use clap::Args;
use likeness::bench::{Report, System};
use likeness::reward::{Observation, Prior, Reward};

use super::files::{self, HistoryFile};
use super::{Failure, Output};

#[derive(Args)]
pub struct Evaluate {
    #[command(flatten)]
    history: HistoryFile,
    /// The person's likeness, made from other pairs.
    #[arg(long, value_name = "L.json")]
    likeness: Option<PathBuf>,
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
            super::say(&format!(
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
        let report = Report::of(systems);
        let line = |(system, told): (&System, &likeness::bench::Accuracy)| {
            let [low, high] = told.interval;
            format!("{system:?}: {:.3} [{low:.3}, {high:.3}]", told.accuracy)
        };
        let words: Vec<String> = report.systems.iter().map(line).collect();
        self.show.show(&report, &format!("{} pairs\n{}", report.n, words.join("\n")))
    }
}
