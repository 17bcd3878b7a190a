//! The data sets that `measure` and `fit-prior` read; the repository holds none of them.

use std::path::PathBuf;

use clap::Args;
use likeness::bench::{Person, read_people};

use super::{Failure, say};

/// Where the data sets lie.
#[derive(Args)]
pub struct DataFolder {
    /// The folder with mt_bench_human/pairs.jsonl and synthetic_people/pairs.jsonl; LIKENESS_DATA or
    /// ../shared/data otherwise.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

impl DataFolder {
    /// The people of one data set; none, and a line that says so, where it is absent.
    pub fn people(&self, name: &str) -> Result<Option<Vec<Person>>, Failure> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        read_people(&text).map(Some).map_err(|error| Failure::file(&self.path(name), error))
    }

    /// The people of a data set without which there is nothing to do.
    pub fn needed(&self, name: &str) -> Result<Vec<Person>, Failure> {
        let text = self.read(name).map_err(Failure::Input)?;
        read_people(&text).map_err(|error| Failure::file(&self.path(name), error))
    }

    /// A data set as it is.
    pub fn text(&self, name: &str) -> Result<Option<String>, Failure> {
        Ok(self.read(name).map_err(|absent| say(&absent)).ok())
    }

    fn read(&self, name: &str) -> Result<String, String> {
        let path = self.path(name);
        let absent = |error: std::io::Error| format!("NOT MEASURED: {name} ({}: {error})", path.display());
        std::fs::read_to_string(&path).map_err(absent)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name).join("pairs.jsonl")
    }

    fn folder(&self) -> PathBuf {
        let set = || std::env::var_os("LIKENESS_DATA").map(PathBuf::from);
        self.data.clone().or_else(set).unwrap_or_else(|| PathBuf::from("../shared/data"))
    }
}
