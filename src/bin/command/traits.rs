//! `likeness traits`: what the two answers of a pair are like.

use std::path::PathBuf;

use clap::Args;
use likeness::traits::{TABLE, difference, measure};
use serde::Serialize;

use super::{Failure, Output, files};

#[derive(Args)]
pub struct Traits {
    /// The pair: JSON with context, first, second (or chosen, rejected); - for standard input.
    #[arg(long, value_name = "P.json")]
    pair: PathBuf,
    #[command(flatten)]
    show: Output,
}

#[derive(Serialize)]
struct Report {
    traits: Vec<Measured>,
}

#[derive(Serialize)]
struct Measured {
    id: &'static str,
    chosen: f64,
    rejected: f64,
}

impl Traits {
    pub fn run(self) -> Result<(), Failure> {
        let pair = files::pair(&self.pair)?;
        let (chosen, rejected) =
            (measure(&pair.context, &pair.chosen), measure(&pair.context, &pair.rejected));
        let values = chosen.values().iter().zip(rejected.values());
        let traits = TABLE.iter().zip(values);
        let traits =
            traits.map(|(row, (&chosen, &rejected))| Measured { id: row.id, chosen, rejected }).collect();
        let told = difference(&pair.context, &pair.chosen, &pair.rejected).words();
        let words: Vec<String> = told.iter().map(|(row, words)| format!("{} {words}", row.verb)).collect();
        let words = match words.len() {
            0 => "the two answers do not differ noticeably".to_owned(),
            _ => format!("against the second answer, the first\n{}", words.join("\n"))
                .replace("are ", "is ")
                .replace("have ", "has "),
        };
        self.show.show(&Report { traits }, &words)
    }
}
