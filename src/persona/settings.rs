//! How much an induction searches.
//!
//! Two named sizes: `small` for the embedded model, whose prefill is some hundred tokens a second in a browser,
//! and `full`, the search of SynthesizeMe (arXiv 2506.05598) with the number of its candidates.

use serde::{Deserialize, Serialize};

use crate::model::Capabilities;

/// A model with at least this many billions of parameters writes prose and is trusted with longer prompts.
const ABLE_BILLIONS: f32 = 3.0;

/// The size of the search and of its prompts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// What this size is called.
    pub name: String,
    /// Where every random draw starts from.
    pub seed: u64,
    /// Sets of examples to race before there is a persona (SynthesizeMe: 12).
    pub reasoning_candidates: usize,
    /// Sets of examples to race with the persona in the prompt (SynthesizeMe: 13).
    pub demo_candidates: usize,
    /// Examples in a set, at most.
    pub most_demos: usize,
    /// Labelled examples in a set, and before a question that asks for reasoning, at most (SynthesizeMe: 4).
    pub labelled_demos: usize,
    /// Whether labelled examples stand before a question that asks for reasoning.
    pub reasoning_sees_demos: bool,
    /// Validation pairs that a race judges, at most; the newest are taken.
    pub validation_pairs: usize,
    /// Training pairs that the model sees, at most; the newest are taken.
    pub train_pairs: usize,
    /// Tokens of the conversation that a prompt shows, at most.
    pub context_tokens: u32,
    /// Tokens of each answer that a prompt shows, at most.
    pub answer_tokens: u32,
    /// Tokens of a reasoning, at most.
    pub reasoning_tokens: u32,
    /// Judgements that one synthesis prompt holds, at most.
    pub judgements_a_synthesis: usize,
    /// Claims that one synthesis prompt may give, at most.
    pub claims_a_synthesis: usize,
    /// Claims of the model's that are put to the test, at most.
    pub tested_claims: usize,
    /// Tokens of prompt and answer together, at most, whatever the model would take.
    pub prompt_tokens: u32,
    /// The accuracy in validation at which a race ends (SynthesizeMe: 80 of 100).
    pub stop_at: f64,
}

impl Settings {
    /// For the embedded model: 4 candidates a race, one reasoning pass, short passages.
    pub fn small(seed: u64) -> Self {
        Settings {
            name: "small".into(),
            seed,
            reasoning_candidates: 4,
            demo_candidates: 4,
            most_demos: 3,
            labelled_demos: 3,
            reasoning_sees_demos: false,
            validation_pairs: 6,
            train_pairs: 16,
            context_tokens: 48,
            answer_tokens: 88,
            reasoning_tokens: 40,
            judgements_a_synthesis: 4,
            claims_a_synthesis: 2,
            tested_claims: 3,
            prompt_tokens: 2048,
            stop_at: 0.8,
        }
    }

    /// The whole search.
    pub fn full(seed: u64) -> Self {
        Settings {
            name: "full".into(),
            seed,
            reasoning_candidates: 12,
            demo_candidates: 13,
            most_demos: 8,
            labelled_demos: 4,
            reasoning_sees_demos: true,
            validation_pairs: usize::MAX,
            train_pairs: usize::MAX,
            context_tokens: 400,
            answer_tokens: 500,
            reasoning_tokens: 160,
            judgements_a_synthesis: 12,
            claims_a_synthesis: 6,
            tested_claims: 6,
            prompt_tokens: 8192,
            stop_at: 0.8,
        }
    }

    /// The size that suits a model: small below 3 billion parameters or where the size is not known.
    pub fn for_model(capabilities: &Capabilities, seed: u64) -> Self {
        if able(capabilities) { Settings::full(seed) } else { Settings::small(seed) }
    }

    /// The same with `candidates` sets in each race, at least one.
    pub fn with_candidates(self, candidates: usize) -> Self {
        let candidates = candidates.max(1);
        Settings { reasoning_candidates: candidates, demo_candidates: candidates, ..self }
    }
}

impl std::fmt::Display for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}: two races, of {} and of {}, one reasoning pass, up to {} examples, answers cut to {} tokens",
            self.name,
            candidates(self.reasoning_candidates),
            candidates(self.demo_candidates),
            self.most_demos,
            self.answer_tokens
        )
    }
}

fn candidates(count: usize) -> String {
    if count == 1 { "1 candidate".into() } else { format!("{count} candidates") }
}

/// Whether a model is large enough to write the portrait.
pub(super) fn able(capabilities: &Capabilities) -> bool {
    capabilities.billions.is_some_and(|billions| billions >= ABLE_BILLIONS)
}
