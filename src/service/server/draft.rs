//! Answers drafted by the model on this device, which is told the conversation and nothing of the person.

use super::trouble::model_error;
use super::{Asked, Outcome};
use crate::model::{LanguageModel, Prompt, Sampling};
use crate::preference::Turn;
use crate::privacy::Raw;
use crate::service::{Event, Response, ServiceError};

/// Answers that may be drafted at once.
pub(super) const MOST_DRAFTS: u32 = 8;

/// Tokens of a draft.
const DRAFT_TOKENS: u32 = 1024;

/// How the draft with this number is drawn: the first is the likeliest, the others are different ones.
pub(super) fn sampling(number: u32) -> Sampling {
    let temperature = if number == 0 { 0.0 } else { 1.0 };
    Sampling { max_tokens: DRAFT_TOKENS, temperature, seed: number.into(), ..Sampling::default() }
}

impl Asked {
    pub(super) async fn draft(&self, context: Vec<Turn>, answers: u32) -> Outcome {
        if context.iter().all(|turn| turn.content.trim().is_empty()) {
            return Err(ServiceError::Invalid("there is nothing to answer".into()));
        }
        let model = self.server.model().ok_or(ServiceError::NoModel)?;
        let prompt = Raw::new(Prompt { turns: context, answer_start: String::new() });
        let of = answers.clamp(1, MOST_DRAFTS);
        let mut texts: Vec<String> = Vec::new();
        for number in 0..of {
            let sampling = sampling(number);
            let drafting = model.generate(&prompt, &sampling);
            let said = self.unless_stopped(drafting).await.ok_or(ServiceError::Cancelled)?;
            let text = said.map_err(model_error)?.text.trim().to_owned();
            self.event(Event::Drafting { done: number + 1, of, number, text: text.clone() });
            if !text.is_empty() && !texts.contains(&text) {
                texts.push(text);
            }
        }
        Ok(Response::Drafts(texts))
    }
}
