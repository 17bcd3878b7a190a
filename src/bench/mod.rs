//! Measures what the reward is worth: people left out, questions left out, intervals by bootstrap.

mod calibration;
mod chance;
mod effects;
mod fit_prior;
mod people;
mod people_left_out;
mod report;
mod sketches;
mod synthetic;
mod tables;
mod topic;

pub use effects::Effects;
pub use fit_prior::fit_prior;
use fit_prior::fit_prior_on;
pub use people::{BenchChoice, Person, read_people};
pub use people_left_out::{LeftOut, left_out};
pub use report::{Accuracy, Interval, Report, System};
pub use sketches::{SketchesMeasured, sketches};
pub use synthetic::{ClaimsHeld, SPLITS, Synthetic, synthetic};
pub use tables::effects_table;

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
