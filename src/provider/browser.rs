//! The browser's own model, where the browser's maker says that it runs on this device.
//!
//! It opens `Raw` prompts, so the question is who says so. The Prompt API does not: its draft lets a browser answer
//! from a cloud and gives a page no way to tell. What counts is therefore two things that the page looks at before any
//! other script runs (`www/built_in.js`): that `LanguageModel` is the platform's own and nothing that a script has put
//! in its place, and that the browser is one whose maker says in its documentation that what this API is given stays on
//! the device. Without both there is no [`BuiltIn`], and the model is a [`super::Remote`] that sees sketches.

use super::budget::estimated_tokens;
use super::call::{Call, Draft, Form, Messages, Want};
use super::remote::{finish, prompt_tokens};
use super::transport::{First, first};
use super::{
    AboutPageModel, Limits, PageAsk, PageFailure, PageLink, PageModel, PageReply, Said, host, labels,
};
use crate::model::{Capabilities, Generation, LanguageModel, ModelError, Prompt, Sampling, Scores, Usage};
use crate::privacy::{OnDevice, Raw};

/// The browser's own model on this device.
pub struct BuiltIn<L> {
    link: L,
    capabilities: Capabilities,
    most_ms: u32,
}

impl<L> OnDevice for BuiltIn<L> {}

impl<L: PageLink> BuiltIn<L> {
    /// The model that the page tells about; none where it does not say that the model runs on this device.
    pub fn new(link: L, about: &AboutPageModel) -> Option<Self> {
        let capabilities = Capabilities {
            name: PageModel::BuiltIn.words(),
            fingerprint: format!("{} {}", PageModel::BuiltIn, about.version),
            context_tokens: about.context_tokens,
            log_probabilities: false,
            billions: None,
        };
        about.local.then(|| BuiltIn { link, capabilities, most_ms: Limits::default().head_ms })
    }

    /// The answer to a prompt, as it is used: cleaned, and no longer than was asked for.
    async fn answer(
        &self,
        prompt: &Prompt,
        messages: &Messages,
        sampling: &Sampling,
        want: Want<'_>,
    ) -> Result<Generation, ModelError> {
        let began = self.link.now_ms();
        let call = Call { model: "", sampling, want, stream: false, thinking_tokens: 0, in_browser: true };
        let call = host::object(&call, messages, host::DIALECT.features).to_string();
        let ask = self.link.ask(PageAsk::Answer { model: PageModel::BuiltIn, raw: true, call });
        let reply = match first(ask, self.link.sleep(self.most_ms)).await {
            First::Left(reply) => reply.map_err(|failure| self.failure(failure, prompt))?,
            First::Right(()) => {
                let seconds = self.most_ms / 1000;
                return Err(ModelError::Unavailable(format!("it took longer than {seconds} s to answer")));
            }
        };
        let PageReply::Text(text) = reply else {
            return Err(ModelError::Failed("the page answered another question".into()));
        };
        let mut draft = Draft::default();
        host::hear_whole(&text, &mut draft);
        let (text, finished) = finish(&draft, prompt, sampling)?;
        let usage = Usage {
            prompt_tokens: prompt_tokens(prompt).into(),
            cached_tokens: 0,
            generated_tokens: estimated_tokens(&text).into(),
            elapsed_ms: self.link.now_ms() - began,
        };
        Ok(Generation { text, finished, usage })
    }

    fn failure(&self, failure: PageFailure, prompt: &Prompt) -> ModelError {
        let limit = self.capabilities.context_tokens;
        match failure {
            PageFailure::Cancelled => ModelError::Cancelled,
            PageFailure::NotThere => ModelError::NotLoaded,
            PageFailure::TooLong => {
                ModelError::TooLong { tokens: prompt_tokens(prompt).max(limit.saturating_add(1)), limit }
            }
            other => ModelError::Failed(Said::new(&other.to_string()).text().to_owned()),
        }
    }
}

impl<L: PageLink> LanguageModel for BuiltIn<L> {
    type Input = Raw<Prompt>;

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// An estimate by the text's bytes, at the safe side.
    async fn count_tokens(&self, text: &str) -> Result<u32, ModelError> {
        Ok(estimated_tokens(text))
    }

    async fn generate(&self, input: &Raw<Prompt>, sampling: &Sampling) -> Result<Generation, ModelError> {
        let prompt = input.open(self);
        let messages = Messages::of(prompt, host::DIALECT.answer_start);
        self.answer(prompt, &messages, sampling, Want::Text).await
    }

    /// From the label that it names, being held to name one: log-odds of 2, by convention.
    async fn score(&self, input: &Raw<Prompt>, names: &[String]) -> Result<Scores, ModelError> {
        let prompt = input.open(self);
        let mut messages = Messages::of(prompt, host::DIALECT.answer_start);
        labels::ask(&mut messages, names);
        let sampling = Sampling { max_tokens: labels::WORD_TOKENS, ..Sampling::default() };
        let form: Form = labels::form(names);
        let said = self.answer(prompt, &messages, &sampling, Want::Form(&form)).await?;
        Ok(Scores { log_probabilities: labels::from_words(&said.text, names), usage: said.usage })
    }
}
