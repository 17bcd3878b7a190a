//! A model on this device: our engine, in its worker or in this process.
//!
//! It opens `Raw` prompts, as `provider::browser` does for a model of the browser's own that says it is on the device, and
//! nobody else. What it reads goes over an [`EngineLink`], which ends in the same browser or process.

#[cfg(all(feature = "engine", not(target_arch = "wasm32")))]
pub(super) mod in_process;
#[cfg(target_arch = "wasm32")]
pub(super) mod worker;

use std::cell::Cell;
use std::rc::Rc;

use crate::engine::message::{
    ChatJudgement, ChatPrompt, ChatTurn, Cost, EngineFailure, EngineReply, EngineRequest, LoadedModel,
    SamplingOptions,
};
use crate::model::{Capabilities, Generation, LanguageModel, ModelError, Prompt, Sampling, Scores, Usage};
use crate::privacy::{OnDevice, Raw};

/// The way to the engine: a worker in a browser, the same process natively.
#[allow(async_fn_in_trait)] // why: used with static dispatch only, on one thread.
pub trait EngineLink {
    /// Asks and waits for the one answer.
    async fn ask(&self, request: EngineRequest) -> Result<EngineReply, EngineFailure>;
}

/// The engine's model, over a link.
pub struct Local<L> {
    link: L,
    capabilities: Capabilities,
    together: usize,
    gone: Rc<Cell<bool>>,
}

/// Prompts that a GPU is asked to score at once: with short endings they fill a chunk.
const TOGETHER_ON_GPU: usize = 16;

/// The same on a processor, which is busy with one and gains only where a tile is not full.
const TOGETHER_ON_CPU: usize = 4;

impl<L> OnDevice for Local<L> {}

impl<L: EngineLink> Local<L> {
    /// A model that was loaded over `link`.
    pub fn new(link: L, loaded: &LoadedModel) -> Self {
        let capabilities = Capabilities {
            name: loaded.name.clone(),
            fingerprint: loaded.fingerprint.clone(),
            context_tokens: loaded.context_tokens,
            log_probabilities: true,
            billions: Some((loaded.parameters / 1e9) as f32),
        };
        let together = if loaded.device.gpu { TOGETHER_ON_GPU } else { TOGETHER_ON_CPU };
        Local { link, capabilities, together, gone: Rc::default() }
    }

    /// The same until `gone` says that it is in memory no more: another may answer over the link by then, and what that
    /// says is not to be taken for this one's.
    pub fn until(self, gone: Rc<Cell<bool>>) -> Self {
        Local { gone, ..self }
    }

    /// The link itself, for what is asked of an engine but not of every model.
    pub fn link(&self) -> &L {
        &self.link
    }

    async fn ask(&self, request: EngineRequest) -> Result<EngineReply, ModelError> {
        if self.gone.get() {
            return Err(ModelError::Failed("it was taken out of memory meanwhile".into()));
        }
        self.link.ask(request).await.map_err(failure)
    }
}

impl<L: EngineLink> LanguageModel for Local<L> {
    type Input = Raw<Prompt>;

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    async fn count_tokens(&self, text: &str) -> Result<u32, ModelError> {
        match self.ask(EngineRequest::Count(text.to_owned())).await? {
            EngineReply::Count(tokens) => Ok(tokens),
            other => Err(unexpected(&other)),
        }
    }

    async fn generate(&self, input: &Raw<Prompt>, sampling: &Sampling) -> Result<Generation, ModelError> {
        let request = EngineRequest::Generate { prompt: chat(input.open(self)), sampling: options(sampling) };
        match self.ask(request).await? {
            EngineReply::Text { text, finished, cost } => {
                Ok(Generation { text, finished, usage: usage(cost) })
            }
            other => Err(unexpected(&other)),
        }
    }

    async fn score(&self, input: &Raw<Prompt>, labels: &[String]) -> Result<Scores, ModelError> {
        let scores = self.score_all(&[(input, labels)]).await?;
        scores.into_iter().next().ok_or_else(|| ModelError::Failed("the engine gave no scores".to_owned()))
    }

    fn scores_together(&self) -> usize {
        self.together
    }

    async fn score_all(&self, asked: &[(&Raw<Prompt>, &[String])]) -> Result<Vec<Scores>, ModelError> {
        let judgement = |(input, labels): &(&Raw<Prompt>, &[String])| ChatJudgement {
            prompt: chat(input.open(self)),
            labels: labels.to_vec(),
        };
        match self.ask(EngineRequest::Score(asked.iter().map(judgement).collect())).await? {
            EngineReply::Scores(scores) if scores.len() == asked.len() => Ok(scores
                .into_iter()
                .map(|scores| Scores {
                    log_probabilities: scores.log_probabilities,
                    usage: usage(scores.cost),
                })
                .collect()),
            other => Err(unexpected(&other)),
        }
    }
}

fn chat(prompt: &Prompt) -> ChatPrompt {
    let turn = |turn: &crate::preference::Turn| ChatTurn {
        role: turn.role.name().to_owned(),
        content: turn.content.clone(),
    };
    ChatPrompt { turns: prompt.turns.iter().map(turn).collect(), answer_start: prompt.answer_start.clone() }
}

fn options(sampling: &Sampling) -> SamplingOptions {
    SamplingOptions {
        max_tokens: sampling.max_tokens,
        temperature: sampling.temperature,
        top_p: sampling.top_p,
        top_k: sampling.top_k,
        min_p: sampling.min_p,
        repetition_penalty: sampling.repetition_penalty,
        stop: sampling.stop.clone(),
        seed: sampling.seed,
    }
}

fn usage(cost: Cost) -> Usage {
    Usage {
        prompt_tokens: cost.prompt_tokens.into(),
        cached_tokens: cost.cached_tokens.into(),
        generated_tokens: cost.generated_tokens.into(),
        elapsed_ms: cost.elapsed_ms,
    }
}

fn failure(failure: EngineFailure) -> ModelError {
    match failure {
        EngineFailure::Cancelled => ModelError::Cancelled,
        EngineFailure::NotLoaded => ModelError::NotLoaded,
        EngineFailure::TooLong { tokens, limit } => ModelError::TooLong { tokens, limit },
        EngineFailure::OutOfMemory(what) => ModelError::OutOfMemory(what),
        EngineFailure::NotANumber => ModelError::NotANumber,
        other => ModelError::Failed(other.to_string()),
    }
}

fn unexpected(reply: &EngineReply) -> ModelError {
    // Which kind of reply it was, never its text.
    let kind = match reply {
        EngineReply::Done => "nothing",
        EngineReply::Loaded(_) => "a model",
        EngineReply::Kept(_) => "a list of files",
        EngineReply::Count(_) => "a count",
        EngineReply::Scores(_) => "scores",
        EngineReply::Text { .. } => "a text",
        EngineReply::Missing(_) => "addresses",
    };
    ModelError::Failed(format!("the engine answered another question, with {kind}"))
}
