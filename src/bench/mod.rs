//! Measures what the reward is worth: people left out, questions left out, intervals by bootstrap.

mod chance;
mod fit_prior;
mod people;
mod report;

pub use fit_prior::fit_prior;
pub use people::{BenchChoice, Person, read_people};
pub use report::{Accuracy, Report, System};

/// Why a benchmark could not be run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BenchError {
    /// A line of the file isn't a choice.
    #[error("line {line} is no choice of a person: {source}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// What the JSON reader says.
        source: serde_json::Error,
    },
}
