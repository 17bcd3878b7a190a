//! What a page shows, as it travels: people, pairs, readings, portraits, verdicts, models.

use serde::{Deserialize, Serialize};

pub use crate::engine::message::{DeviceChoice, DeviceReport, KeptFile, PartFile};
use crate::preference::{Outcome, PairId, Turn};

/// Names a person kept here.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProfileId(pub String);

/// A person kept here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProfileView {
    /// Their id.
    pub id: ProfileId,
    /// What they are called.
    pub name: String,
    /// How many pairs are kept of them.
    pub pairs: u32,
    /// When they were added, in milliseconds since 1970.
    pub created_ms: f64,
}

/// The store as it opened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoreView {
    /// Everyone kept here.
    pub profiles: Vec<ProfileView>,
    /// The database's version.
    pub version: u32,
    /// Bytes in use, as the browser estimates.
    pub used_bytes: f64,
    /// Bytes that the browser grants.
    pub quota_bytes: f64,
}

/// A pair as it is typed in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DraftPair {
    /// The conversation so far.
    pub context: Vec<Turn>,
    /// The preferred answer.
    pub chosen: String,
    /// The other one.
    pub rejected: String,
    /// The person's remark.
    pub note: Option<String>,
    /// Where it comes from, in plain words; none where it was typed in.
    #[serde(default)]
    pub origin: Option<String>,
}

/// A pair in full.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PairView {
    /// Its id.
    pub id: PairId,
    /// The conversation so far.
    pub context: Vec<Turn>,
    /// The preferred answer.
    pub chosen: String,
    /// The other one.
    pub rejected: String,
    /// When, in milliseconds since 1970.
    pub at_ms: Option<f64>,
    /// From where.
    pub origin: Option<String>,
    /// The person's remark.
    pub note: Option<String>,
}

/// A row of the history's list: beginnings of the texts only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PairRow {
    /// The pair's id.
    pub id: PairId,
    /// The beginning of the last turn of the context.
    pub question: String,
    /// The beginning of the preferred answer.
    pub chosen: String,
    /// The beginning of the other one.
    pub rejected: String,
    /// When, in milliseconds since 1970.
    pub at_ms: Option<f64>,
    /// From where.
    pub origin: Option<String>,
}

/// A window of the history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PairPage {
    /// Pairs that match in all.
    pub total: u32,
    /// Rows skipped.
    pub offset: u32,
    /// The rows, newest first.
    pub rows: Vec<PairRow>,
}

/// A choice without a winner: beginnings of the texts only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TieRow {
    /// The choice's id.
    pub id: String,
    /// The beginning of the last turn of the context.
    pub question: String,
    /// The beginnings of the answers.
    pub answers: Vec<String>,
    /// What was said of them.
    pub said: Outcome,
    /// When, in milliseconds since 1970.
    pub at_ms: Option<f64>,
    /// From where.
    pub origin: Option<String>,
}

/// The choices without a winner.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TiePage {
    /// How many there are.
    pub total: u32,
    /// The newest, newest first.
    pub rows: Vec<TieRow>,
}

/// A deletion that can be taken back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Deletion {
    /// The number to undo it by.
    pub undo: u64,
    /// Pairs deleted, or choices without a winner.
    pub pairs: u32,
    /// Until when it can be undone, in milliseconds since 1970; now, where no room was left for a way back.
    pub until_ms: f64,
}

/// What is left after everything was forgotten.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ForgetReport {
    /// Where was looked ("IndexedDB", "OPFS", "Cache Storage", "localStorage") and what was found there; empty
    /// when nothing was.
    pub looked: Vec<(String, Vec<String>)>,
}

/// What the history says without a language model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// Pairs that it rests on.
    pub pairs: u32,
    /// Claims, the surest first.
    pub claims: Vec<ClaimView>,
    /// Every trait in which the answers of some choice differ, the weightiest first.
    pub traits: Vec<TraitView>,
    /// How well the reward model predicts the person's choices that it has not seen (cross-validated).
    pub fit: Option<FitView>,
    /// The portrait that follows from the claims alone, in prose.
    pub prose: String,
    /// Whether the prose says how well choices are foretold.
    pub foretells: bool,
    /// What would help: how many more pairs, and of what kind; empty when nothing is missing.
    pub wanted: String,
    /// What could not be measured in these choices; empty when all could.
    pub unmeasured: String,
    /// How long it took, in milliseconds.
    pub elapsed_ms: f64,
}

/// How well choices are predicted on pairs that were left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FitView {
    /// Pairs predicted.
    pub pairs: u32,
    /// The part predicted right.
    pub accuracy: f32,
    /// The part predicted right by the shipped prior alone.
    pub prior_accuracy: f32,
}

/// What the person's choices say of one trait.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TraitView {
    /// The trait's id.
    pub id: String,
    /// The direction that the person leans to, in words.
    pub words: String,
    /// What a usual difference in the trait is worth with all that goes along with it in the person's pairs, in log-odds.
    pub weight: f32,
    /// The weight's standard deviation.
    pub deviation: f32,
    /// How sure the sign is, 0.5 to 1.
    pub certainty: f32,
    /// Pairs whose chosen answer has more of it in that direction.
    pub supports: u32,
    /// Pairs whose rejected answer has.
    pub contradicts: u32,
}

/// A claim about the person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClaimView {
    /// Its id, stable from one portrait to the next.
    pub id: String,
    /// The claim, a sentence.
    pub text: String,
    /// `traits`, `reasoning` or `person`.
    pub from: String,
    /// How sure, 0.5 to 1.
    pub certainty: f32,
    /// Whether it comes along with another claim so closely that the choices can't tell which of them matters.
    pub along: bool,
    /// Whether it is no taste of the person's own: most people like it as well.
    pub shared: bool,
    /// How much it lowers the log-loss on pairs that it was not made from, in nats a pair.
    pub gain: Option<f32>,
    /// Pairs that speak for it.
    pub supports: Vec<PairId>,
    /// Pairs that speak against it.
    pub contradicts: Vec<PairId>,
    /// What the person did with it.
    pub state: ClaimState,
}

/// What the person did with a claim.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClaimState {
    /// Nothing: it stands as it was found.
    #[default]
    Found,
    /// They changed its words.
    Edited,
    /// They want it kept.
    Pinned,
    /// They refused it; it is not used and does not come back.
    Refused,
}

/// What to do with a claim.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ClaimChange {
    /// Say it in these words.
    Edit(String),
    /// Keep it whatever comes.
    Pin,
    /// Never use it.
    Refuse,
    /// As it was found.
    Restore,
}

/// How much an induction searches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InductionSettings {
    /// The search's name: `small` (for the embedded model) or `full` (the paper's).
    pub search: String,
    /// Where chance starts from.
    pub seed: u32,
    /// Candidates in each search; the named search's own number when none.
    pub candidates: Option<u32>,
    /// The id of the remote model to ask, over sketches; the model on this device when none.
    #[serde(default)]
    pub remote: Option<String>,
    /// Whether the remote model only sums up, and the model on this device does the rest.
    #[serde(default)]
    pub divided: bool,
}

/// How far an induction is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct InductionProgress {
    /// What is being done, in plain words.
    pub stage: String,
    /// Calls answered.
    pub calls: u32,
    /// Calls in all at most, where nothing is found that has to be tested.
    pub of: u32,
    /// Calls that testing what is found takes beyond that, at most; 0 once it is known.
    #[serde(default)]
    pub of_more: u32,
    /// Calls that a kept answer saved.
    pub resumed: u32,
    /// Tokens of prompt so far.
    pub prompt_tokens: f64,
    /// Those that came from the cache.
    pub cached_tokens: f64,
    /// Seconds left at most, where nothing is found that has to be tested; a guess from what was measured so far.
    pub seconds_left: Option<f32>,
    /// Seconds that testing what is found takes beyond that, at most.
    #[serde(default)]
    pub seconds_more: Option<f32>,
    /// What happened on the way that the person should know of, in plain words.
    #[serde(default)]
    pub note: Option<String>,
}

/// An induction that was interrupted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PendingInduction {
    /// With which settings.
    pub settings: InductionSettings,
    /// Calls answered and kept.
    pub calls: u32,
    /// When it was interrupted, in milliseconds since 1970; none where that is not known, as when its tab was closed.
    pub stopped_ms: Option<f64>,
}

/// A portrait with all that came with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PortraitView {
    /// The portrait, in prose.
    pub prose: String,
    /// Whether the prose says how well choices are foretold.
    pub foretells: bool,
    /// The claims in use and those refused.
    pub claims: Vec<ClaimView>,
    /// Claims that were tried and dropped, with the reason.
    pub dropped: Vec<(String, String)>,
    /// What could not be measured in the choices as they are now; empty when all could.
    pub unmeasured: String,
    /// The demos in use.
    pub demos: Vec<PairView>,
    /// The prompt for a judge. Private: it may hold raw demos.
    pub judge_prompt: String,
    /// The system prompt for a chat model.
    pub chat_prompt: String,
    /// Which model was asked; none when only traits spoke.
    pub model: Option<String>,
    /// How much weight the model's judgement got in the stack.
    pub model_weight: Option<f32>,
    /// Validation, in words and figures: (name, value).
    pub validation: Vec<(String, String)>,
    /// The trace, readable: each kept reasoning, candidate, claim and call. Private.
    pub trace: Vec<TraceLine>,
    /// Calls made.
    pub calls: u32,
    /// Tokens of prompt.
    pub prompt_tokens: f64,
    /// Those that came from the cache.
    pub cached_tokens: f64,
    /// Pairs that it rests on.
    pub pairs: u32,
    /// Pairs added or removed since.
    pub changed_since: u32,
    /// What is new, gone or changed against the portrait before: one sentence each.
    pub differences: Vec<String>,
    /// When it was made, in milliseconds since 1970. None where nobody made it: it is kept for what the person said of its
    /// claims, and is what follows from the traits just now.
    pub made_ms: Option<f64>,
}

/// A line of the trace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TraceLine {
    /// `reasoning`, `candidate`, `claim`, `call` or `seed`.
    pub kind: String,
    /// What happened, in words.
    pub text: String,
}

/// In whose words a judgement says why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReasonWords {
    /// The claims' as they stand, with what the person wrote in their place: for them alone.
    #[default]
    Own,
    /// The claims' past the guard; one that quotes the history gives way to the trait that it is about.
    Guarded,
    /// The table's for traits, and no claim's.
    Traits,
}

/// Which of two answers the person would prefer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The probability that they prefer the first.
    pub p_first: f32,
    /// What moved it, the strongest first: sentences.
    pub why: Vec<String>,
    /// What each part says: (name, probability of the first), among them the un-personalised judge.
    pub parts: Vec<(String, f32)>,
    /// The model's own word, told about the person: its probability of the first. None where it was not asked.
    #[serde(default)]
    pub by_model: Option<f32>,
    /// How long it took, in milliseconds.
    pub elapsed_ms: f64,
}

/// Where a model comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ModelSource {
    /// The embedded one, from the app's own server.
    Embedded,
    /// A file kept here, by its name.
    Kept(String),
    /// The file attached to the request.
    File {
        /// What to keep it as.
        name: String,
        /// Its SHA-256 in lower-case hexadecimal, where it is known.
        sha256: Option<String>,
    },
    /// A download.
    Url {
        /// The address.
        url: String,
        /// What to keep it as; the last part of the address unless told.
        name: Option<String>,
        /// Its SHA-256, as above.
        sha256: Option<String>,
    },
}

impl ModelSource {
    /// The download that goes on with what came so far.
    pub fn going_on(part: &PartFile) -> Self {
        ModelSource::Url { url: part.url.clone(), name: Some(part.name.clone()), sha256: part.sha256.clone() }
    }
}

/// The models kept here, and the one in use.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ModelsView {
    /// Model files kept in this browser.
    pub kept: Vec<KeptFile>,
    /// Downloads that are not whole.
    pub parts: Vec<PartFile>,
    /// The one in memory.
    pub loaded: Option<LoadedModel>,
}

/// The model in memory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoadedModel {
    /// What it calls itself.
    pub name: String,
    /// The file's name.
    pub file: String,
    /// The file's size.
    pub bytes: f64,
    /// Parameters, in millions.
    pub millions: f32,
    /// Its longest context, in tokens.
    pub context_tokens: u32,
    /// Architecture and quantisation: "llama, Q4_1".
    pub format: String,
    /// What it was to run on.
    pub wanted: DeviceChoice,
    /// What it runs on, and why.
    pub device: DeviceReport,
    /// Prefill speed measured at load, in tokens a second; none before the first measurement.
    pub prefill_per_second: Option<f32>,
    /// Decode speed, in tokens a second.
    pub decode_per_second: Option<f32>,
    /// Whether its file is kept for the next time; why not, otherwise.
    pub kept: Result<(), String>,
}
