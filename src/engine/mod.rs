//! The local model: reads a GGUF file and runs it, in a browser or natively, with nothing else of ours.
//!
//! Nothing but `worker`, which is compiled for the browser alone, touches a file, a network or the browser: bytes come in through [`TensorSource`], and
//! whoever drives a long computation decides through [`Pace`] between its slices whether it goes on.
//!
//! Reading order: [`gguf`] (the file), [`tokenizer`] (text to tokens and back), [`chat_template`] and [`prompt`] (turns
//! to text to tokens), [`quant`] (how numbers are stored), [`cpu`] (the kernels), [`kv`] (the tree of prefixes),
//! [`network`] (a model as steps), [`arch`] (the families), [`device`] (who runs the steps), [`Engine`] (what
//! serves tokens), [`Judgement`] (many prompts scored together), [`sample`] and [`stop`] (which token comes next, and
//! when to end), [`message`] (how a worker is asked).

pub mod arch;
mod chat;
pub mod chat_template;
pub mod choice;
pub mod cpu;
pub mod device;
#[cfg(test)]
pub(crate) mod embedded;
#[allow(clippy::module_inception)] // why: it is what the room is named for.
mod engine;
mod error;
#[cfg(test)]
mod gemma3;
pub mod gguf;
#[cfg(feature = "gpu")]
pub mod gpu;
pub mod kv;
pub mod message;
pub mod network;
mod pace;
pub mod prompt;
pub mod quant;
mod random;
pub mod sample;
mod scoring;
mod source;
pub mod stop;
pub mod tokenizer;
#[cfg(all(target_arch = "wasm32", feature = "engine-worker"))]
mod worker;

pub use chat::Chat;
pub use cpu::{panicked, work_for as pool_worker_entry};
pub use engine::{Choose, Engine, Foreseen, Options, arg_max};
pub use error::EngineError;
pub use pace::{Cancelled, NonStop, Pace};
pub use scoring::{Judgement, Scored};
pub use source::{HeaderError, Parts, SourceError, TensorSource, read_header};
#[cfg(all(target_arch = "wasm32", feature = "engine-worker"))]
pub use worker::serve;
