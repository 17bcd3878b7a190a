//! `likeness judge`: which of two answers the person would prefer.

use std::path::PathBuf;

use clap::Args;
use likeness::model::LanguageModel;
use likeness::persona::{
    Asking, Judgement, NoJournal, RawPair, drive, judge_by_traits, judging, judging_by_default,
};
use likeness::traits::difference;
use serde::Serialize;

use super::model::{OptionalModelFile, failure};
use super::{Failure, Output, files};

#[derive(Args)]
pub struct Judge {
    /// The pair: JSON with context, first, second (or chosen, rejected); - for standard input.
    #[arg(long, value_name = "P.json")]
    pair: PathBuf,
    /// The person's likeness; people in general otherwise.
    #[arg(long, value_name = "L.json")]
    likeness: Option<PathBuf>,
    #[command(flatten)]
    model: OptionalModelFile,
    #[command(flatten)]
    show: Output,
}

#[derive(Serialize)]
struct Report<'a> {
    p_first: f64,
    why: &'a [String],
}

impl Judge {
    pub fn run(self) -> Result<(), Failure> {
        let likeness = self.likeness.as_deref().map(files::likeness).transpose()?;
        let pair = files::pair(&self.pair)?;
        let difference = difference(&pair.context, &pair.chosen, &pair.rejected);
        let judgement = match (self.model.load()?, likeness) {
            (None, likeness) => judge_by_traits(likeness.as_ref(), &difference),
            (Some(loaded), likeness) => {
                let capabilities = loaded.model.capabilities().clone();
                let evidence = RawPair::new(pair);
                let mut machine = match likeness {
                    Some(likeness) => {
                        judging(likeness, evidence, difference, capabilities, Asking::WhereItCounts)
                    }
                    None => judging_by_default(evidence, capabilities),
                };
                let mut journal = NoJournal;
                let driven = drive(&loaded.model, &mut machine, &mut journal, |_| (), || loaded.stopped());
                pollster::block_on(driven).map_err(failure)?
            }
        };
        let report = Report { p_first: judgement.p_first, why: &judgement.why };
        self.show.show(&report, &words(&judgement))
    }
}

fn words(judgement: &Judgement) -> String {
    let (side, p) = if judgement.p_first >= 0.5 {
        ("first", judgement.p_first)
    } else {
        ("second", 1.0 - judgement.p_first)
    };
    let verdict = format!("the {side} answer, with a chance of {:.0}%", p * 100.0);
    std::iter::once(verdict).chain(judgement.why.iter().cloned()).collect::<Vec<_>>().join("\n")
}
