//! Why the engine gave no answer.

use super::gguf::GgufError;
use super::kv::NoRoom;
use super::{Cancelled, HeaderError, SourceError};

/// What went wrong while loading or running a model.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// The file's header can't be read, or lacks something.
    #[error(transparent)]
    Gguf(#[from] GgufError),
    /// The file can't be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The work was stopped from outside.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// Another family of models.
    #[error("the model's architecture is {found}; this engine runs llama, qwen2, qwen3, gemma3 and phi3")]
    Architecture {
        /// `general.architecture` of the file.
        found: String,
    },
    /// The file asks for something that the engine does not do, and that it would be wrong to leave out.
    #[error("{key} is {found}; this engine takes {takes}")]
    Unsupported {
        /// A metadata key.
        key: String,
        /// Its value.
        found: String,
        /// What it could be.
        takes: &'static str,
    },
    /// A tensor that the architecture needs.
    #[error("the file has no tensor {name}")]
    MissingTensor {
        /// Which.
        name: String,
    },
    /// A tensor that the architecture has no place for; leaving it out would give wrong answers in silence.
    #[error(
        "the file has a tensor {name}, which this engine has no place for in a model of its architecture"
    )]
    UnexpectedTensor {
        /// Which.
        name: String,
    },
    /// A tensor of another shape than the metadata says.
    #[error("tensor {name} has the shape {found:?}; the metadata says {expected:?}")]
    Shape {
        /// Which.
        name: String,
        /// Its sizes, innermost first.
        found: Vec<u64>,
        /// What they should be.
        expected: Vec<u64>,
    },
    /// Infinity or NaN in the weights.
    #[error("tensor {name} holds a number that is infinite or none: the file is damaged")]
    NotFinite {
        /// Which.
        name: String,
    },
    /// The model's output is no number.
    #[error("the model's output is not a number: its file may be damaged")]
    NotANumber,
    /// Memory ran out.
    #[error("out of memory: {}", short_of(*bytes, what))]
    OutOfMemory {
        /// What it was for.
        what: String,
        /// How much was asked for; 0 where that is not known.
        bytes: u64,
    },
    /// The GPU is gone: unplugged, reset, taken by the system, or closed.
    #[error("the GPU was lost ({why})")]
    DeviceLost {
        /// What it said.
        why: String,
    },
    /// The GPU refused what it was asked.
    #[error("the GPU failed: {why}")]
    Device {
        /// What it said.
        why: String,
    },
    /// A device was asked before it had a model.
    #[error("no model is loaded")]
    NotPrepared,
    /// No room for keys and values.
    #[error(transparent)]
    NoRoom(#[from] NoRoom),
    /// The prompt does not fit.
    #[error("the prompt has {tokens} tokens, the model takes {limit}")]
    TooLong {
        /// Tokens of the prompt and of the answer asked for.
        tokens: usize,
        /// The model's limit.
        limit: usize,
    },
    /// A prompt without a token has no next token either.
    #[error("the prompt is empty")]
    EmptyPrompt,
    /// A token that the model does not have.
    #[error("token {token} at place {place}: the model has {vocabulary}")]
    TokenRange {
        /// Which.
        token: u32,
        /// Where in the prompt.
        place: usize,
        /// Tokens of the model, numbered from 0.
        vocabulary: usize,
    },
}

/// What memory was missing for.
pub(super) fn short_of(bytes: u64, what: &str) -> String {
    match bytes {
        0 => what.to_owned(),
        bytes => format!("{bytes} bytes for {what}"),
    }
}

impl From<HeaderError> for EngineError {
    fn from(error: HeaderError) -> Self {
        match error {
            HeaderError::Source(error) => error.into(),
            HeaderError::Gguf(error) => error.into(),
        }
    }
}
