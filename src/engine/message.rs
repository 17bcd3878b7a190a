//! The wire between whoever uses the engine and the worker that it lives in.
//!
//! A user sends [`ToEngine`], the worker answers every request once, in the order asked, with [`FromEngine`]; events
//! come before the answer. What serde can't carry (a `File` to read) travels beside the message under the key
//! `attachment`.

use serde::{Deserialize, Serialize};

/// To the worker.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ToEngine {
    /// Do this and answer under that number, which the user has given to no other request.
    Ask(u32, EngineRequest),
    /// Stop the request with that number; it then answers [`EngineFailure::Cancelled`].
    Cancel(u32),
}

/// From the worker.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum FromEngine {
    /// The worker is up; what it was built for.
    Ready(Build),
    /// The one answer to a request.
    Answer(u32, Result<EngineReply, EngineFailure>),
    /// How far a request is.
    Event(u32, EngineEvent),
    /// The GPU was lost or failed, and the model was loaded again.
    Moved {
        /// What happened.
        trouble: String,
        /// What the model runs on now; none where it couldn't be loaded and is gone from memory.
        device: Option<DeviceReport>,
    },
}

/// What a build of the worker can use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Build {
    /// Threads that compute.
    pub threads: u32,
    /// The instruction set: `simd128`, `relaxed SIMD`.
    pub instructions: String,
}

/// What the engine can be asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum EngineRequest {
    /// Takes a model into memory, in the place of the one that is there; keeps its file for the next time.
    Load {
        /// Where it is.
        file: ModelFile,
        /// What it is to run on.
        device: DeviceChoice,
    },
    /// Loads the model in memory again, from where its file lies, onto a device chosen so.
    Move(DeviceChoice),
    /// Frees the model's memory; the file stays.
    Unload,
    /// The model files that are kept.
    Kept,
    /// Which addresses loading a file will ask, since what they have is not kept.
    Missing(ModelFile),
    /// Deletes a kept file.
    Remove(String),
    /// How many tokens a text has, special tokens read as text.
    Count(String),
    /// The log-probabilities of whole labels as the next words, of each of these conversations.
    Score(Vec<ChatJudgement>),
    /// Continues a conversation; pieces come as [`EngineEvent::Piece`].
    Generate {
        /// The conversation.
        prompt: ChatPrompt,
        /// How tokens are drawn.
        sampling: SamplingOptions,
    },
}

/// What a model is to run on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeviceChoice {
    /// Whichever is faster here.
    #[default]
    Measured,
    /// The processor, with as many threads as there may be.
    Cpu,
    /// One thread of the processor.
    CpuAlone,
    /// The GPU, if there is one that computes rightly.
    Gpu,
}

/// What a model runs on, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeviceReport {
    /// Whether it is the GPU.
    pub gpu: bool,
    /// The GPU's name, or the processor's threads and instruction set.
    pub name: String,
    /// Why this and not the other, in a sentence.
    pub why: String,
    /// Milliseconds that the processor took for the sample work, where it was measured.
    pub cpu_ms: Option<f64>,
    /// The same of the GPU.
    pub gpu_ms: Option<f64>,
}

/// Where a model's file is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ModelFile {
    /// Kept in this browser, under this name.
    Kept(String),
    /// At this address; kept under `name` once it is whole.
    Url {
        /// The address.
        url: String,
        /// What to keep it as.
        name: String,
        /// Its SHA-256 in lower-case hexadecimal, where it is known.
        sha256: Option<String>,
    },
    /// The `File` attached to the message; one that is kept already is not copied again.
    Attached {
        /// What to keep it as.
        name: String,
        /// Its SHA-256, as above.
        sha256: Option<String>,
    },
}

impl ModelFile {
    /// What it is kept as.
    pub fn name(&self) -> &str {
        match self {
            ModelFile::Kept(name) | ModelFile::Url { name, .. } | ModelFile::Attached { name, .. } => name,
        }
    }
}

/// A conversation for the model to continue, to be put through its chat template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatPrompt {
    /// Roles (`system`, `user`, `assistant`) and texts, oldest first.
    pub turns: Vec<ChatTurn>,
    /// Words that the answer begins with.
    pub answer_start: String,
}

/// A conversation, and labels that may come next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatJudgement {
    /// The conversation.
    pub prompt: ChatPrompt,
    /// The labels.
    pub labels: Vec<String>,
}

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatTurn {
    /// `system`, `user` or `assistant`.
    pub role: String,
    /// The text.
    pub content: String,
}

/// How tokens are drawn; the meaning of each is told where the sampler is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SamplingOptions {
    /// The most tokens to generate.
    pub max_tokens: u32,
    /// 0 takes the likeliest each time.
    pub temperature: f32,
    /// Nucleus; 1 keeps all.
    pub top_p: f32,
    /// The likeliest so many; 0 keeps all.
    pub top_k: u32,
    /// Least probability as a part of the likeliest one's; 0 keeps all.
    pub min_p: f32,
    /// Divides the logits of tokens that came before; 1 does nothing.
    pub repetition_penalty: f32,
    /// Texts that end the answer.
    pub stop: Vec<String>,
    /// Where chance starts from.
    pub seed: u64,
}

/// The answer to an [`EngineRequest`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum EngineReply {
    /// Nothing to tell.
    Done,
    /// To [`EngineRequest::Load`] and [`EngineRequest::Move`].
    Loaded(LoadedModel),
    /// To [`EngineRequest::Kept`].
    Kept(KeptFiles),
    /// To [`EngineRequest::Missing`], in the order in which they are asked.
    Missing(Vec<String>),
    /// To [`EngineRequest::Count`].
    Count(u32),
    /// To [`EngineRequest::Score`], in the order asked.
    Scores(Vec<ChatScores>),
    /// To [`EngineRequest::Generate`].
    Text {
        /// The whole text.
        text: String,
        /// Whether the model ended by itself.
        finished: bool,
        /// What it took.
        cost: Cost,
    },
}

/// The model files in this browser, each list by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct KeptFiles {
    /// Those that are whole.
    pub whole: Vec<KeptFile>,
    /// Downloads that are not, and can be gone on with.
    pub parts: Vec<PartFile>,
}

/// A model file that is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeptFile {
    /// Its name.
    pub name: String,
    /// Its size.
    pub bytes: f64,
    /// Its SHA-256 in lower-case hexadecimal, computed while it came.
    pub sha256: Option<String>,
    /// The address that it came from; none for a file from disk.
    pub from: Option<String>,
}

/// What came so far of a model file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PartFile {
    /// The name that it is to have.
    pub name: String,
    /// The bytes that came.
    pub bytes: f64,
    /// The bytes in all; 0 where unknown.
    pub of: f64,
    /// The address.
    pub url: String,
    /// The SHA-256 that it is to have, where it was told.
    pub sha256: Option<String>,
    /// Whether a tab is fetching it right now.
    pub busy: bool,
}

/// How likely labels are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChatScores {
    /// The natural logarithm of each label's probability.
    pub log_probabilities: Vec<f32>,
    /// What it took; of what several conversations share, one has it all, and of their time each an equal part.
    pub cost: Cost,
}

/// What an answer took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// Tokens of prompt.
    pub prompt_tokens: u32,
    /// Those that were in the tree of prefixes.
    pub cached_tokens: u32,
    /// Tokens generated.
    pub generated_tokens: u32,
    /// Milliseconds.
    pub elapsed_ms: f64,
}

/// A model in memory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoadedModel {
    /// What it calls itself.
    pub name: String,
    /// The file's name.
    pub file: String,
    /// The file's bytes.
    pub bytes: f64,
    /// Names this exact file: its SHA-256 where it was computed, else name and size.
    pub fingerprint: String,
    /// Parameters.
    pub parameters: f64,
    /// The longest prompt and answer, in tokens.
    pub context_tokens: u32,
    /// Architecture and the commonest tensor format: `llama, Q4_1`.
    pub format: String,
    /// What it runs on.
    pub device: DeviceReport,
    /// Whether the file is kept for the next time; why not, otherwise.
    pub kept: Result<(), String>,
}

/// How far a request is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum EngineEvent {
    /// Of loading.
    Loading {
        /// `downloading`, `copying`, `checking`, `measuring`, `preparing`; `starting over` and `waiting` with why.
        stage: String,
        /// Bytes done.
        bytes: f64,
        /// Bytes in all; 0 where unknown.
        of: f64,
    },
    /// The next piece of an answer.
    Piece(String),
    /// The GPU was lost or failed; the model is loaded anew and the request begins again. What came of it so far is void.
    Again(String),
}

/// Why the engine gave no answer.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum EngineFailure {
    /// It was stopped.
    #[error("cancelled")]
    Cancelled,
    /// No model is in memory.
    #[error("no model is loaded")]
    NotLoaded,
    /// The prompt does not fit.
    #[error("the prompt has {tokens} tokens, the model takes {limit}")]
    TooLong {
        /// Tokens of the prompt and of the answer asked for.
        tokens: u32,
        /// The model's limit.
        limit: u32,
    },
    /// Memory ran out.
    #[error("out of memory: {0}")]
    OutOfMemory(String),
    /// The model's output is no number.
    #[error("the model's output is not a number: its file may be damaged")]
    NotANumber,
    /// The GPU is gone or fails.
    #[error("{0}")]
    DeviceLost(String),
    /// The file can't be had.
    #[error("the model's file can't be read: {0}")]
    File(String),
    /// No file of this name is kept.
    #[error("no model file {0} is kept")]
    Missing(String),
    /// The address gives no file.
    #[error("the model's file can't be fetched: {0}")]
    Unreachable(String),
    /// A server answers at the address, and gives no file.
    #[error("the model's file is not to be had: {0}")]
    NoFileThere(String),
    /// There is no room for the file.
    #[error("there is no room for the model's file: {0}")]
    NoRoom(String),
    /// The file is not one that this engine runs.
    #[error("this model can't be run: {0}")]
    Model(String),
    /// The same of a file that was to be loaded.
    #[error("the file {name} can't be used: {why}")]
    BadFile {
        /// The file's name.
        name: String,
        /// What is wrong with it.
        why: String,
    },
    /// The worker broke.
    #[error("the engine failed: {0}")]
    Internal(String),
}
