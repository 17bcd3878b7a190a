//! What an induction did: every call and what it cost, every reasoning, every candidate.
//!
//! Times are the only part of it that differs between two runs with the same seeds on the same model.

use serde::{Deserialize, Serialize};

use crate::model::Usage;
use crate::preference::PairId;

/// One call of the model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// What it was for.
    pub phase: String,
    /// The question's id, 64 hexadecimal digits.
    pub question: String,
    /// Whether the model wrote text; otherwise it scored labels.
    pub generated: bool,
    /// What it cost.
    pub usage: Usage,
}

/// A reasoning that the model gave before it predicted a choice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reasoning {
    /// The pair that it is about.
    pub pair: PairId,
    /// Whether the chosen answer was shown first.
    pub chosen_first: bool,
    /// What the model said, in terms of the first and the second answer.
    pub text: String,
    /// The log-odds that the prediction gave to the answer that the person chose, position bias taken out.
    pub margin: f64,
    /// Whether it predicted right; only then may it be used.
    pub kept: bool,
}

/// Why the evaluation of a candidate ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// Every validation pair was judged.
    Complete,
    /// It could no longer win.
    Beaten,
    /// An earlier one was good enough to stop the search.
    NotTried,
}

/// One set of examples in a race.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// `reasoning` before there is a persona, `demos` with the persona in the prompt.
    pub race: String,
    /// "zero-shot", "labels only", "unshuffled", "shuffle 3".
    pub name: String,
    /// The seed that drew it, where one did.
    pub seed: Option<u64>,
    /// The pairs that it shows, in order.
    pub demos: Vec<PairId>,
    /// Validation pairs judged, in both orders.
    pub judged: usize,
    /// Those of them judged right.
    pub right: usize,
    /// The mean log-probability of the person's choices, both orders averaged (nats; 0 is best).
    pub soft_score: f64,
    /// Why it ended.
    pub ended: Ended,
    /// Whether it won its race.
    pub won: bool,
}

/// Everything that an induction did.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// Every reasoning, kept or not.
    pub reasonings: Vec<Reasoning>,
    /// Every candidate of both races.
    pub trials: Vec<Trial>,
    /// Every call, in the order made.
    pub calls: Vec<Call>,
    /// Judgements left out of prompts that would have been too long, and other things worth knowing.
    pub notes: Vec<String>,
    /// What was not asked of the model.
    #[serde(default)]
    pub spared: Spared,
}

/// Tokens of the prompts that a search without these would have sent besides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spared {
    /// Since equal questions are asked once.
    pub asked_once: u64,
    /// Since a race judges no further what can't win, and stops at one that is good enough. The marks of a chat
    /// template are not counted.
    pub raced: u64,
}

impl Trace {
    /// What all calls cost together.
    pub fn total(&self) -> Usage {
        self.calls.iter().fold(Usage::default(), |sum, call| add(sum, call.usage))
    }
}

pub(super) fn add(a: Usage, b: Usage) -> Usage {
    Usage {
        prompt_tokens: a.prompt_tokens + b.prompt_tokens,
        cached_tokens: a.cached_tokens + b.cached_tokens,
        generated_tokens: a.generated_tokens + b.generated_tokens,
        elapsed_ms: a.elapsed_ms + b.elapsed_ms,
    }
}
