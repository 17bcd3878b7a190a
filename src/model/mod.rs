//! What a language model is to the method: messages in, text or label log-probabilities out.
//!
//! Where a model runs and what it may read is told by its `Input` type (`privacy::Raw<Prompt>` for a model on
//! this device, a released prompt for any other), so raw text can't be handed to a remote one.

mod language_model;
mod prompt;

pub use language_model::{Capabilities, Generation, LanguageModel, ModelError, Scores, Usage};
pub use prompt::{Prompt, Sampling};
