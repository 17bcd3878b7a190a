//! `likeness fit-prior`: writes the prior that ships, always the same bytes for the same people.

use std::path::PathBuf;

use clap::Args;
use likeness::bench::{Person, fit_prior};
use likeness::reward::Prior;

use super::Failure;
use super::data::DataFolder;
use super::new_file::NewFile;

#[derive(Args)]
pub struct FitPrior {
    #[command(flatten)]
    data: DataFolder,
    /// The prior to write; src/reward/prior.json is the one that ships.
    #[arg(short, long, value_name = "PRIOR.json")]
    output: PathBuf,
}

impl FitPrior {
    pub fn run(self) -> Result<(), Failure> {
        let people = self.data.needed("mt_bench_human")?;
        let prior = fit_prior(&people.iter().collect::<Vec<&Person>>(), Prior::shipped());
        let mut file = NewFile::at(&self.output)?;
        file.write(&prior.to_json())?;
        file.finish()
    }
}
