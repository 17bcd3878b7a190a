//! What a page shows of remote models, as it travels: where they are, what a run may cost, what left.

use serde::{Deserialize, Serialize};

/// A remote model that the person configured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EndpointView {
    /// Its id.
    pub id: String,
    /// The name of the API that it speaks.
    pub api: String,
    /// The API's base address.
    pub endpoint: String,
    /// Scheme, host and port of that.
    pub origin: String,
    /// Whether that is this machine.
    pub on_this_machine: bool,
    /// The model's name.
    pub model: String,
    /// The longest prompt and answer together, in tokens.
    pub context_tokens: u32,
    /// What a million tokens cost.
    pub price: Option<PriceView>,
    /// Calls that a job may make, at most.
    pub most_calls: Option<u32>,
    /// What a job may cost, at most.
    pub most_cost: Option<f64>,
    /// Whether a key is kept for it.
    pub has_key: bool,
}

/// What a million tokens cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PriceView {
    /// Of prompt.
    pub prompt: f64,
    /// Of answer.
    pub generated: f64,
    /// The day on which it was looked up, such as 2026-11-25.
    pub as_of: String,
}

/// A remote model as it is typed in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EndpointDraft {
    /// The one that it changes; none for a new one.
    pub id: Option<String>,
    /// The name of the API that it speaks.
    pub api: String,
    /// The API's base address.
    pub endpoint: String,
    /// The model's name.
    pub model: String,
    /// A new key; none leaves the kept one, an empty one forgets it.
    pub key: Option<String>,
    /// The longest prompt and answer together, in tokens.
    pub context_tokens: u32,
    /// What a million tokens cost.
    pub price: Option<PriceView>,
    /// Calls that a job may make, at most.
    pub most_calls: Option<u32>,
    /// What a job may cost, at most.
    pub most_cost: Option<f64>,
}

/// What came of trying a remote model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TriedView {
    /// What it said.
    pub text: String,
    /// How long it took.
    pub elapsed_ms: f64,
}

/// What a job waits for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum WaitView {
    /// A remote model.
    Model {
        /// The model and where it is.
        model: String,
        /// In how many milliseconds it is asked again; none while it was asked and says nothing.
        again_ms: Option<u32>,
    },
    /// The guard, which reads the history.
    Guard {
        /// Choices that it has read.
        read: u32,
        /// Choices that it has to.
        of: u32,
    },
}

/// What a run on a remote model will take, at most.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EstimateView {
    /// Calls that were answered before and are not made again.
    pub kept: u32,
    /// Calls.
    pub calls: u32,
    /// Tokens of prompts.
    pub prompt_tokens: f64,
    /// Tokens of answers.
    pub generated_tokens: f64,
    /// Money, where a price is known.
    pub cost: Option<f64>,
    /// Calls, and their cost, where nothing is found that has to be tested; none where that makes no difference.
    #[serde(default)]
    pub untested: Option<(u32, Option<f64>)>,
}

/// A window of the ledger, newest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LedgerPage {
    /// Lines that match.
    pub total: u32,
    /// Those of the window.
    pub lines: Vec<LedgerLine>,
    /// Requests that left, of the whole ledger.
    pub left: u32,
    /// Bytes of their bodies.
    pub left_bytes: f64,
    /// Requests that were stopped at the door.
    pub stopped: u32,
    /// How many left for each origin, and the bytes of their bodies.
    pub origins: Vec<(String, u32, f64)>,
    /// The jobs that made the window's lines.
    pub jobs: Vec<LedgerJob>,
}

/// What made requests: an induction, a judgement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LedgerJob {
    /// Its name among all jobs.
    pub id: String,
    /// What it is, in words.
    pub what: String,
    /// When it began, in milliseconds since 1970.
    pub began_ms: f64,
    /// Its requests that left.
    pub left: u32,
    /// Bytes of their bodies.
    pub left_bytes: f64,
    /// Its requests that were stopped at the door.
    pub stopped: u32,
}

/// One request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LedgerLine {
    /// Its number.
    pub number: f64,
    /// When, in milliseconds since 1970.
    pub when_ms: f64,
    /// Where it went, with path and query.
    pub url: String,
    /// What it was for.
    pub purpose: String,
    /// The model that was asked.
    pub model: String,
    /// Bytes of its body.
    pub bytes: f64,
    /// Its headers, without the key's.
    pub headers: Vec<(String, String)>,
    /// The name of the header that carried the key.
    pub key_header: Option<String>,
    /// What the guard said, in words.
    pub verdict: String,
    /// Whether the guard let it pass.
    pub passed: bool,
    /// What came of it, in words.
    pub outcome: String,
    /// Whether it left.
    pub left: bool,
    /// The id of the job that made it.
    pub job: Option<String>,
}

/// What is said to a remote model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Saying {
    /// The remote model's id.
    pub endpoint: String,
    /// The question. It goes to the remote model as it is.
    pub question: String,
    /// What the person lets the model know about them, such as their portrait. It goes along as it is.
    pub about: Option<String>,
    /// How many answers to draft.
    pub answers: u32,
}

/// A conversation with a remote model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ChatView {
    /// The remote model that was asked last.
    pub endpoint: Option<String>,
    /// Scheme, host and port that all of it went to.
    pub origin: String,
    /// What the person let the model know about them.
    pub about: Option<String>,
    /// What was asked and drafted, oldest first.
    pub exchanges: Vec<ExchangeView>,
}

/// A question and the answers that were drafted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExchangeView {
    /// The question.
    pub question: String,
    /// The model that drafted.
    pub model: String,
    /// The answers, the best first.
    pub drafts: Vec<DraftAnswer>,
    /// The one that the person picked.
    pub picked: Option<u32>,
}

/// An answer that a remote model drafted, as the person would like it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DraftAnswer {
    /// The answer.
    pub text: String,
    /// The chance that the person prefers it to another of these, on average.
    pub liked: f32,
    /// Why, in words.
    pub why: Vec<String>,
}

/// What came of planting canaries: made-up secrets in a made-up history.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CanaryView {
    /// Canaries that were planted.
    pub planted: u32,
    /// Requests that the echo endpoint got.
    pub requests: u32,
    /// Bytes of their bodies.
    pub bytes: f64,
    /// Canaries that were found in them, in any spelling that was looked for.
    pub found: Vec<String>,
    /// Whether the guard stopped a request that was made to carry one.
    pub stopped: bool,
}

/// The id of the browser's own model where the person lets it read their choices as they are. It is asked where it is
/// known to run on this device, and nowhere else. Under its address it is a remote one, over sketches.
pub const BUILT_IN_RAW: &str = "built-in";

/// Which model a page asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelChoice {
    /// The one on this device.
    OnDevice,
    /// The remote one with this id, over sketches.
    Remote(String),
    /// The one on this device, whose findings the remote one with this id sums up, over sketches.
    Divided(String),
}

impl ModelChoice {
    /// The remote model's id.
    pub fn remote(self) -> Option<String> {
        match self {
            ModelChoice::OnDevice => None,
            ModelChoice::Remote(id) | ModelChoice::Divided(id) => Some(id),
        }
    }
}
