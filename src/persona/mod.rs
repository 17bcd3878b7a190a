//! The method: from a person's choices to claims, a portrait, prompts and a judge.
//!
//! SynthesizeMe (arXiv 2506.05598) and beyond; [`induce`] tells it from end to end, and its other files are the steps.
//! Nothing here touches a network, a store or a clock: the method asks questions as data ([`Question`]), and
//! [`drive`] takes them to a model.

pub mod claims;
mod crossfit;
mod demos;
mod dialogue;
mod drive;
mod evidence;
mod faithful;
mod fit;
mod frame;
pub mod induce;
pub mod judge;
mod judgement;
mod likeness;
mod polarity;
mod portrait;
mod progress;
mod prompts;
mod question;
mod quoting;
mod reasoning;
mod reasons;
mod search;
mod settings;
mod sketches;
mod stack;
mod synthesis;
pub mod trace;
mod trial;
mod unmeasured;
mod wording;

#[cfg(test)]
mod scripted;
#[cfg(test)]
mod tests;

pub use claims::{About, Claim, Source, State};
pub use crossfit::trait_claims;
pub use demos::Demo;
pub use dialogue::{Machine, Step};
pub use drive::{DriveError, Journal, NoJournal, drive, foresee};
pub use evidence::{DividedPair, Evidence, Order, Passage, PassageKind, RawPair, SketchedPair};
pub use induce::{Induction, from_traits, induction, induction_from};
pub use judge::{
    Asking, Judgement, Judging, judge_by_traits, judge_one_of_many, judging, judging_by_default,
};
pub use likeness::{Changes, Difference, Likeness, VERSION, Validation};
pub use portrait::{LEARNED_FROM, Portrait, Writer};
pub use progress::{Plan, Remaining};
pub use prompts::TEMPLATES;
pub use question::{Answer, Ask, Question, QuestionId};
pub use reasons::Reason;
pub use settings::Settings;
pub use sketches::{
    LearnsFrom, divided_induction, divided_plan, from_sketches, induction_of_sketches, sketcher_of,
};
pub use stack::{Input, Stack};
pub use unmeasured::unmeasured;

/// Why the method can't go on, or a likeness can't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PersonaError {
    /// An answer is of another kind than its question.
    #[error("the model's answer is not {asked}")]
    WrongKind {
        /// What was asked for.
        asked: &'static str,
    },
    /// A log-probability is not a number.
    #[error("the model's output is not a number: its file may be damaged")]
    NotANumber,
    /// The method waits for nothing and is not done.
    #[error("the method waits for an answer to no question")]
    Stuck,
    /// The text is no likeness.
    #[error("this can't be read as a likeness: {0}")]
    NotALikeness(String),
    /// The file has another version.
    #[error(
        "the likeness file has version {found}, this program reads version {known}; make it anew from the history"
    )]
    Version {
        /// The file's version.
        found: u32,
        /// Ours.
        known: u32,
    },
}
