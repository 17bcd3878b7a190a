//! A model on this device that reads what was released: whatever may leave may stay as well.
//!
//! So a method over sketches runs unchanged on a local model, to see what a remote one could make of them.

use crate::model::{Capabilities, Generation, LanguageModel, ModelError, Prompt, Sampling, Scores};
use crate::privacy::{Raw, Released};

/// A model on this device, asked with released prompts.
#[derive(Clone, Copy, Debug)]
pub struct OnReleased<'a, M>(pub &'a M);

impl<M: LanguageModel<Input = Raw<Prompt>>> LanguageModel for OnReleased<'_, M> {
    type Input = Released<Prompt>;

    fn capabilities(&self) -> &Capabilities {
        self.0.capabilities()
    }

    async fn count_tokens(&self, text: &str) -> Result<u32, ModelError> {
        self.0.count_tokens(text).await
    }

    async fn generate(
        &self,
        input: &Released<Prompt>,
        sampling: &Sampling,
    ) -> Result<Generation, ModelError> {
        self.0.generate(&kept(input), sampling).await
    }

    async fn score(&self, input: &Released<Prompt>, labels: &[String]) -> Result<Scores, ModelError> {
        self.0.score(&kept(input), labels).await
    }
}

fn kept(input: &Released<Prompt>) -> Raw<Prompt> {
    Raw::new(input.get().clone())
}
