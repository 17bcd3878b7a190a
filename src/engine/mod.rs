//! The local model: reads a GGUF file and runs it, in a browser or natively, with nothing else of ours.
//!
//! Nothing here touches a file, a network, a clock or the browser: bytes come in through [`TensorSource`], and
//! whoever drives a long computation decides through [`Pace`] between its slices whether it goes on.
//!
//! Reading order: [`gguf`] (the file), [`quant`] (how its numbers are stored), [`cpu`] (the kernels), [`kv`] (the tree
//! of prefixes), [`arch`] (the models), [`Engine`] (what it all serves).

pub mod arch;
pub mod cpu;
#[allow(clippy::module_inception)] // why: it is what the room is named for.
mod engine;
mod error;
pub mod gguf;
pub mod kv;
pub mod message;
mod pace;
pub mod quant;
mod source;

pub use cpu::work_for as pool_worker_entry;
pub use engine::{Engine, Foreseen, Options, arg_max};
pub use error::EngineError;
pub use pace::{Cancelled, NonStop, Pace};
pub use source::{HeaderError, SourceError, TensorSource, read_header};
