//! The trait that every model stands behind, and what it gives back.

use serde::{Deserialize, Serialize};

use super::Sampling;

/// What a model can do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Capabilities {
    /// What the model is called, for people.
    pub name: String,
    /// Names this exact model for caches and traces: a file's SHA-256, or endpoint and model name.
    pub fingerprint: String,
    /// The longest prompt and answer together, in tokens.
    pub context_tokens: u32,
    /// Whether [`LanguageModel::score`] gives true log-probabilities.
    pub log_probabilities: bool,
    /// Parameters in billions, where known: small models are asked small questions.
    pub billions: Option<f32>,
}

/// What an answer cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens of prompt.
    pub prompt_tokens: u64,
    /// Those of them that came out of a cache.
    pub cached_tokens: u64,
    /// Tokens generated.
    pub generated_tokens: u64,
    /// Time, in milliseconds.
    pub elapsed_ms: f64,
}

/// A generated answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Generation {
    /// The text, without the stop string.
    pub text: String,
    /// Whether the model ended by itself; false when the limit on tokens cut it off.
    pub finished: bool,
    /// What it cost.
    pub usage: Usage,
}

/// Log-probabilities of given continuations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// The natural logarithm of the probability of each whole label after the prompt, in the order asked.
    pub log_probabilities: Vec<f32>,
    /// What it cost.
    pub usage: Usage,
}

/// Why a model gave no answer.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum ModelError {
    /// The prompt does not fit.
    #[error("the prompt has {tokens} tokens, the model takes {limit}")]
    TooLong {
        /// Tokens of the prompt and of the answer asked for.
        tokens: u32,
        /// The model's limit.
        limit: u32,
    },
    /// The person, or the page going away, stopped it.
    #[error("cancelled")]
    Cancelled,
    /// Memory ran out.
    #[error("out of memory: {0}")]
    OutOfMemory(String),
    /// No model is loaded.
    #[error("no model is loaded")]
    NotLoaded,
    /// The model gave numbers that are none.
    #[error("the model's output is not a number: its file may be damaged")]
    NotANumber,
    /// Not now, but perhaps later: no network, no more requests for the moment, the budget used up.
    #[error("the model can't be asked now: {0}")]
    Unavailable(String),
    /// What the engine or endpoint said.
    #[error("the model failed: {0}")]
    Failed(String),
}

/// A model, wherever it runs.
///
/// Futures are not `Send`: in a browser none is.
#[allow(async_fn_in_trait)] // why: used with static dispatch only, on one thread.
pub trait LanguageModel {
    /// What it may read: `Raw<Prompt>` on this device, a released prompt elsewhere.
    type Input;

    /// What it can do.
    fn capabilities(&self) -> &Capabilities;

    /// How many tokens `text` takes, special tokens read as text; an estimate where the tokenizer is not at hand.
    async fn count_tokens(&self, text: &str) -> Result<u32, ModelError>;

    /// Continues the prompt.
    async fn generate(&self, input: &Self::Input, sampling: &Sampling) -> Result<Generation, ModelError>;

    /// How likely each label is as the whole next words after the prompt.
    async fn score(&self, input: &Self::Input, labels: &[String]) -> Result<Scores, ModelError>;

    /// How many prompts [`LanguageModel::score_all`] should be given at once: more where that saves time, few enough that
    /// what is lost by a stop in the middle is little.
    fn scores_together(&self) -> usize {
        1
    }

    /// [`LanguageModel::score`] of each, in order; a model that gains by it reads them together.
    async fn score_all(&self, asked: &[(&Self::Input, &[String])]) -> Result<Vec<Scores>, ModelError> {
        let mut scores = Vec::with_capacity(asked.len());
        for (input, labels) in asked {
            scores.push(self.score(input, labels).await?);
        }
        Ok(scores)
    }
}
