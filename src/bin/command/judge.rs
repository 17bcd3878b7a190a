//! `likeness judge`: which of two answers the person would prefer.

use std::path::PathBuf;

use clap::Args;
use likeness::model::{Capabilities, LanguageModel};
use likeness::persona::{
    Asking, Evidence, Judgement, Judging, Likeness, NoJournal, RawPair, SketchedPair, drive, foresee,
    judge_by_traits, judging, judging_by_default, sketcher_of,
};
use likeness::preference::PreferencePair;
use likeness::provider::RemoteSettings;
use likeness::traits::{Difference, difference};
use serde::Serialize;

use super::model::{OptionalModelFile, failure};
use super::new_file::apart;
use super::remote::{RemoteFlags, raw_examples};
use super::{Failure, Output, files, one_line};

#[derive(Args)]
pub struct Judge {
    /// The pair: JSON with context, first, second (or chosen, rejected); - for standard input.
    #[arg(long, value_name = "P.json")]
    pair: PathBuf,
    /// The person's likeness; people in general otherwise, or, where one is given, the model by itself.
    #[arg(long, value_name = "L.json")]
    likeness: Option<PathBuf>,
    #[command(flatten)]
    model: OptionalModelFile,
    #[command(flatten)]
    show: Output,
    #[command(flatten)]
    remote: RemoteFlags,
}

#[derive(Serialize)]
struct Report<'a> {
    p_first: f64,
    why: &'a [String],
}

impl Judge {
    pub fn run(self) -> Result<(), Failure> {
        self.model.or(&self.remote)?;
        apart(
            &[("--ledger", self.remote.ledger())],
            &[
                ("--pair", Some(&self.pair)),
                ("--likeness", self.likeness.as_deref()),
                ("--model", self.model.path()),
            ],
        )?;
        let remote = self.remote.settings()?;
        let likeness = self.likeness.as_deref().map(files::likeness).transpose()?;
        let pair = files::pair(&self.pair)?;
        let difference = difference(&pair.context, &pair.chosen, &pair.rejected);
        let judgement = match (remote, self.model.load()?) {
            (Some(settings), _) => self.with_remote(settings, likeness, &pair, difference)?,
            (None, Some(loaded)) => {
                let capabilities = loaded.model.capabilities().clone();
                let evidence = RawPair::new(pair);
                let machine = machine(likeness, evidence, difference, capabilities);
                judged(&loaded.model, machine, || loaded.stopped())?
            }
            (None, None) => judge_by_traits(likeness.as_ref(), &difference),
        };
        let report = Report { p_first: judgement.p_first, why: &judgement.words() };
        self.show.show(&report, &words(&judgement))
    }

    fn with_remote(
        &self,
        settings: RemoteSettings,
        likeness: Option<Likeness>,
        pair: &PreferencePair,
        difference: Difference,
    ) -> Result<Judgement, Failure> {
        let examples = raw_examples(likeness.as_ref());
        let remote = self.remote.open(settings, examples.iter().chain([pair]))?;
        let sketch = sketcher_of(likeness.as_ref()).sketch(pair.id, &difference);
        let capabilities = remote.model.capabilities().clone();
        let mut machine = machine(likeness, SketchedPair::new(sketch), difference, capabilities);
        let ahead = pollster::block_on(foresee(&remote.model, &mut machine, &mut NoJournal));
        let ahead = ahead.map_err(failure)?;
        remote.foretell(ahead.left, ahead.sure());
        let judgement = judged(&remote.model, machine, || remote.stopped());
        remote.tell();
        judgement
    }
}

fn machine<E: Evidence + 'static>(
    likeness: Option<Likeness>,
    evidence: E,
    difference: Difference,
    capabilities: Capabilities,
) -> Judging<E::Prompt>
where
    E::Prompt: Clone + 'static,
{
    match likeness {
        Some(likeness) => judging(likeness, evidence, difference, capabilities, Asking::WhereItCounts),
        None => judging_by_default(evidence, capabilities),
    }
}

fn judged<M>(
    model: &M,
    mut machine: Judging<M::Input>,
    stopped: impl Fn() -> bool,
) -> Result<Judgement, Failure>
where
    M: LanguageModel,
    M::Input: Clone + 'static,
{
    pollster::block_on(drive(model, &mut machine, &mut NoJournal, |_| (), stopped)).map_err(failure)
}

fn words(judgement: &Judgement) -> String {
    if judgement.p_first == 0.5 && judgement.why.is_empty() {
        return "nothing tells the two answers apart".to_owned();
    }
    // What is shown is rounded: neither answer is named for half a percent.
    let even = (judgement.p_first - 0.5).abs() < 0.005;
    let (side, p) = if judgement.p_first >= 0.5 {
        ("first", judgement.p_first)
    } else {
        ("second", 1.0 - judgement.p_first)
    };
    let verdict = if even {
        "either answer, one as likely as the other".to_owned()
    } else {
        format!("the {side} answer, with a chance of {:.0}%", p * 100.0)
    };
    // A claim may be in the words of whoever edited the likeness's file.
    let why = judgement.words().into_iter().map(|why| one_line(&why));
    std::iter::once(verdict).chain(why).collect::<Vec<_>>().join(
        "
",
    )
}
