//! A remote model behind the trait [`LanguageModel`]: it reads released prompts only and asks through the one door.
//!
//! A server on this machine is a server: the same path. One question may take several requests (a retry after a
//! passing failure, once more without what the endpoint does not take); each passes the guard and has its own line in
//! the ledger. Tokens are counted by an estimate, since no endpoint's tokenizer is at hand.

use std::cell::{Cell, RefCell};

use super::budget::{Purse, Spending, estimated_tokens};
use super::call::{Call, Draft, Features, Finish, Form, Messages, Want};
use super::clean::{stopped, without_thoughts};
use super::egress::{Egress, Flow, Outbound, Rendered};
use super::pace::Pace;
use super::presets::Api;
use super::reading::Reading;
use super::retry::retry_after_ms;
use super::settings::RemoteSettings;
use super::transport::{Head, Transport};
use super::{ProviderError, Said, anthropic, gemini, host, labels, openai, status};
use crate::model::{Capabilities, Generation, LanguageModel, ModelError, Prompt, Sampling, Scores, Usage};
use crate::privacy::{Ledger, LiveConversation, Released, Watch};

/// Tokens that asking for a label, or for an answer that has begun, adds to a prompt.
const ASK_TOKENS: u32 = 48;

/// Tokens that the marks around a turn take, about.
const TURN_TOKENS: u32 = 6;

/// Bytes of answer that a token is at most taken for; a reply that is longer than its limit allows is cut.
const MOST_BYTES_A_TOKEN: usize = 16;

/// Requests at once: at the start and at most.
const AT_ONCE: (usize, usize) = (2, 8);

/// A remote model.
pub struct Remote<T, W, L> {
    settings: RemoteSettings,
    egress: Egress<T, W, L>,
    capabilities: Capabilities,
    features: Cell<Features>,
    /// Whether it ever told a token's probability.
    told_probabilities: Cell<bool>,
    pace: Pace,
    purse: Purse,
    chance: RefCell<fastrand::Rng>,
    live: Option<LiveConversation>,
}

/// What one question asks of the endpoint.
#[derive(Clone, Copy)]
enum Ask<'a> {
    Text,
    FirstToken,
    Label(&'a [String], &'a Form),
}

/// What came, and what all of it cost.
struct Answer {
    draft: Draft,
    usage: Usage,
}

impl<T: Transport, W: Watch, L: Ledger> Remote<T, W, L> {
    /// A model behind a door, which has to allow its origin.
    pub fn new(settings: RemoteSettings, egress: Egress<T, W, L>) -> Self {
        let RemoteSettings { endpoint, api, model, dialect, .. } = &settings;
        let capabilities = Capabilities {
            name: settings.name(),
            fingerprint: format!("{} {endpoint} {model} thinks {}", api.name(), settings.thinking_tokens),
            context_tokens: settings.context_tokens,
            log_probabilities: dialect.features.log_probabilities,
            billions: settings.billions,
        };
        Remote {
            features: Cell::new(dialect.features),
            told_probabilities: Cell::new(false),
            pace: Pace::new(AT_ONCE.0, AT_ONCE.1),
            purse: Purse::new(settings.budget.clone(), settings.price.clone()),
            // Jitter only: no result depends on it.
            chance: RefCell::new(fastrand::Rng::with_seed(egress.now_ms().to_bits())),
            live: None,
            settings,
            egress,
            capabilities,
        }
    }

    /// The same as a live chat, whose own turns may go again to this endpoint.
    pub fn in_live(self, live: LiveConversation) -> Self {
        Remote { live: Some(live), ..self }
    }

    /// The door.
    pub fn egress(&self) -> &Egress<T, W, L> {
        &self.egress
    }

    /// What was spent, in calls and tokens.
    pub fn spent(&self) -> Spending {
        self.purse.spent()
    }

    /// What so many questions with so many tokens of prompts and answers come to at most, retries apart.
    pub fn foreseen(&self, calls: u64, prompt_tokens: u64, generated_tokens: u64) -> Spending {
        let each = |tokens: u32| calls.saturating_mul(tokens.into());
        Spending {
            calls,
            prompt_tokens: prompt_tokens.saturating_add(each(ASK_TOKENS)),
            cached_tokens: 0,
            generated_tokens: generated_tokens
                .saturating_add(each(labels::WORD_TOKENS))
                .saturating_add(each(self.settings.thinking_tokens)),
        }
    }

    /// What that costs, where a price is known.
    pub fn price_of(&self, spending: Spending) -> Option<f64> {
        self.settings.price.as_ref().map(|price| spending.cost(price))
    }

    /// What was spent, in money, where a price is known.
    pub fn cost(&self) -> Option<f64> {
        self.purse.cost()
    }

    /// Continues the prompt; `on_text` hears the whole text so far whenever it has grown, or has begun anew.
    ///
    /// # Errors
    /// See [`ProviderError`], whose words and advice are in the error.
    pub async fn stream(
        &self,
        input: &Released<Prompt>,
        sampling: &Sampling,
        mut on_text: impl FnMut(&str),
    ) -> Result<Generation, ModelError> {
        let answer = self.ask(input, sampling, Ask::Text, &mut on_text).await?;
        let (text, finished) = finish(&answer.draft, input.get(), sampling)?;
        Ok(Generation { text, finished, usage: answer.usage })
    }

    async fn ask(
        &self,
        input: &Released<Prompt>,
        sampling: &Sampling,
        ask: Ask<'_>,
        on_text: &mut dyn FnMut(&str),
    ) -> Result<Answer, ModelError> {
        Ok(self.persevere(input, sampling, ask, on_text).await?)
    }

    /// Asks until there is an answer, or a failure that does not pass.
    async fn persevere(
        &self,
        input: &Released<Prompt>,
        sampling: &Sampling,
        ask: Ask<'_>,
        on_text: &mut dyn FnMut(&str),
    ) -> Result<Answer, ProviderError> {
        let began = self.egress.now_ms();
        let most = Spending {
            calls: 1,
            prompt_tokens: prompt_tokens(input.get()).into(),
            cached_tokens: 0,
            generated_tokens: u64::from(sampling.max_tokens) + u64::from(self.settings.thinking_tokens),
        };
        let mut tried = 1;
        loop {
            let place = self.pace.place().await;
            let reserve = self.purse.reserve(most)?;
            let mut reading = Reading::new(self.settings.api, self.egress.limits());
            let result = self.once(input, sampling, ask, &mut reading, on_text).await;
            let cost = cost(&reading, most);
            reserve.settle(cost);
            self.pace.learn(result.as_ref().err());
            drop(place);
            let error = match result {
                Ok(()) => {
                    let usage = Usage {
                        prompt_tokens: cost.prompt_tokens,
                        cached_tokens: cost.cached_tokens,
                        generated_tokens: cost.generated_tokens,
                        elapsed_ms: self.egress.now_ms() - began,
                    };
                    return Ok(Answer { draft: reading.draft, usage });
                }
                Err(error) => error,
            };
            if self.forgets(&error) {
                if matches!(ask, Ask::FirstToken) && !self.features.get().log_probabilities {
                    return Err(error);
                }
                continue;
            }
            let chance = self.chance.borrow_mut().f64();
            let Some(pause) = self.settings.retry.pause_ms(tried, &error, chance) else { return Err(error) };
            self.egress.pause(pause).await?;
            tried += 1;
        }
    }

    /// Switches off what the endpoint says that it does not take; false where it complains of something else.
    fn forgets(&self, error: &ProviderError) -> bool {
        let ProviderError::BadRequest { said, .. } = error else { return false };
        let mut features = self.features.get();
        let forgot = features.forget(said);
        self.features.set(features);
        forgot
    }

    /// One request and its reply.
    async fn once(
        &self,
        input: &Released<Prompt>,
        sampling: &Sampling,
        ask: Ask<'_>,
        reading: &mut Reading,
        on_text: &mut dyn FnMut(&str),
    ) -> Result<(), ProviderError> {
        let RemoteSettings { endpoint, api, model, key, .. } = &self.settings;
        let purpose = match ask {
            Ask::Text => "an answer",
            Ask::FirstToken | Ask::Label(..) => "a judgement",
        };
        let render = |prompt: &Prompt| self.render(prompt, sampling, ask);
        let outbound = Outbound::new(endpoint, input, render, purpose, model)
            .with_key(key.as_ref(), api.key_header())
            .in_live(self.live.as_ref());
        let mut said = 0;
        let mut seen = Head::default();
        let exchanged = self
            .egress
            .exchange(outbound, |head: &Head, piece: &[u8]| -> Result<Flow, ProviderError> {
                seen.clone_from(head);
                let flow = reading.hear(head, piece)?;
                if reading.draft.text.len() != said {
                    said = reading.draft.text.len();
                    on_text(without_thoughts(&reading.draft.text).unwrap_or_default());
                }
                Ok(flow)
            })
            .await;
        match exchanged {
            Ok(_) => {}
            // The answer is whole; only the connection was not closed as it should.
            Err(ProviderError::Truncated { .. } | ProviderError::TimedOut { .. })
                if reading.draft.finish.is_some() => {}
            Err(error) => return Err(error),
        }
        let body = reading.end()?;
        let complaint = match (&body, &reading.draft.complaint) {
            (Some(body), _) => status::complaint(*api, body),
            (None, Some(complaint)) => complaint.clone(),
            (None, None) => return Ok(()),
        };
        let origin = endpoint.origin().to_string();
        let asked = status::Asked { origin: &origin, model, key: key.as_ref() };
        let wait = seen.retry_after.and_then(|value| retry_after_ms(&value, self.egress.now_ms()));
        Err(status::error(asked, seen.status, &complaint, wait))
    }

    fn render(&self, prompt: &Prompt, sampling: &Sampling, ask: Ask<'_>) -> Rendered {
        let (features, dialect) = (self.features.get(), &self.settings.dialect);
        let mut messages = Messages::of(prompt, dialect.answer_start);
        let want = match ask {
            Ask::Text => Want::Text,
            Ask::FirstToken => Want::FirstToken(dialect.top_tokens),
            Ask::Label(names, wanted) => {
                labels::ask(&mut messages, names);
                Want::Form(wanted)
            }
        };
        let call = Call {
            model: &self.settings.model,
            sampling,
            want,
            stream: matches!(ask, Ask::Text),
            thinking_tokens: self.settings.thinking_tokens,
            in_browser: self.egress.in_browser(),
        };
        match self.settings.api {
            Api::OpenAi => openai::render(&call, &messages, features, dialect),
            Api::Anthropic => anthropic::render(&call, &messages, features),
            Api::Gemini => gemini::render(&call, &messages, features),
            Api::Page => host::render(&call, &messages, features),
        }
    }

    async fn score_by_first_token(
        &self,
        input: &Released<Prompt>,
        names: &[String],
    ) -> Result<Option<Scores>, ModelError> {
        let sampling = Sampling { max_tokens: 1, ..Sampling::default() };
        match self.persevere(input, &sampling, Ask::FirstToken, &mut |_| {}).await {
            Ok(answer) => {
                let tokens = &answer.draft.first_tokens;
                self.told_probabilities.set(self.told_probabilities.get() || !tokens.is_empty());
                if !self.told_probabilities.get() {
                    // It takes the field and does nothing with it: asking again would double every question.
                    self.features.set(Features { log_probabilities: false, ..self.features.get() });
                }
                Ok(labels::from_first_tokens(tokens, names)
                    .map(|log_probabilities| Scores { log_probabilities, usage: answer.usage }))
            }
            Err(ProviderError::BadRequest { .. }) if !self.features.get().log_probabilities => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn score_by_word(&self, input: &Released<Prompt>, names: &[String]) -> Result<Scores, ModelError> {
        let sampling = Sampling { max_tokens: labels::WORD_TOKENS, ..Sampling::default() };
        let wanted = labels::form(names);
        let answer = self.ask(input, &sampling, Ask::Label(names, &wanted), &mut |_| {}).await?;
        let text = if answer.draft.form.is_empty() {
            finish(&answer.draft, input.get(), &sampling)?.0
        } else {
            answer.draft.form
        };
        Ok(Scores { log_probabilities: labels::from_words(&text, names), usage: answer.usage })
    }
}

impl<T: Transport, W: Watch, L: Ledger> LanguageModel for Remote<T, W, L> {
    type Input = Released<Prompt>;

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// An estimate by the text's bytes, at the safe side; nothing is sent.
    async fn count_tokens(&self, text: &str) -> Result<u32, ModelError> {
        Ok(estimated_tokens(text))
    }

    async fn generate(
        &self,
        input: &Released<Prompt>,
        sampling: &Sampling,
    ) -> Result<Generation, ModelError> {
        self.stream(input, sampling, |_| {}).await
    }

    /// From the probabilities of the first token where the endpoint tells them. Where it doesn't, or the model would
    /// say something else first, from the label that it names: log-odds of 2, by convention.
    async fn score(&self, input: &Released<Prompt>, names: &[String]) -> Result<Scores, ModelError> {
        if self.features.get().log_probabilities
            && let Some(scores) = self.score_by_first_token(input, names).await?
        {
            return Ok(scores);
        }
        self.score_by_word(input, names).await
    }
}

/// An estimate of a prompt's tokens.
pub(super) fn prompt_tokens(prompt: &Prompt) -> u32 {
    let turns = prompt.turns.iter().map(|turn| estimated_tokens(&turn.content).saturating_add(TURN_TOKENS));
    turns.fold(estimated_tokens(&prompt.answer_start), u32::saturating_add)
}

/// What a request cost: as the server counted, else as far as it can be told; a refused one costs no token.
fn cost(reading: &Reading, most: Spending) -> Spending {
    let counted = reading.draft.counted;
    if counted.tokens() > 0 {
        return Spending { calls: 1, ..counted };
    }
    if reading.bytes == 0 || reading.failed.is_some() {
        return Spending { calls: 1, ..Spending::default() };
    }
    let written = estimated_tokens(&reading.draft.text) + estimated_tokens(&reading.draft.form);
    Spending { generated_tokens: written.into(), ..most }
}

/// The text of an answer and whether the model ended it by itself.
pub(super) fn finish(
    draft: &Draft,
    prompt: &Prompt,
    sampling: &Sampling,
) -> Result<(String, bool), ProviderError> {
    let declined = draft.finish == Some(Finish::Declined);
    if declined || (draft.text.trim().is_empty() && !draft.refusal.is_empty()) {
        let words = if draft.refusal.is_empty() { &draft.text } else { &draft.refusal };
        return Err(ProviderError::Declined { said: Said::new(words) });
    }
    let cut_off = draft.finish == Some(Finish::CutOff);
    let answer = without_thoughts(&draft.text).ok_or(ProviderError::CutOff)?;
    let start = prompt.answer_start.trim();
    let answer = match answer.trim_start().strip_prefix(start) {
        Some(rest) if !start.is_empty() => rest,
        _ => answer,
    };
    let (text, ended) = stopped(answer, &sampling.stop);
    let most = (sampling.max_tokens as usize).saturating_mul(MOST_BYTES_A_TOKEN);
    let kept = &text[..text.floor_char_boundary(most)];
    if kept.trim().is_empty() && !ended {
        return Err(if cut_off { ProviderError::CutOff } else { ProviderError::Empty });
    }
    Ok((kept.to_owned(), (ended || !cut_off) && kept.len() == text.len()))
}
