//! The models behind [`LanguageModel`](crate::model::LanguageModel), wherever they run.
//!
//! Today there is one: [`Local`], the engine on this device. It is the only one that opens raw prompts.

mod local;

#[cfg(all(feature = "engine", not(target_arch = "wasm32")))]
pub use local::in_process::InProcess;
#[cfg(target_arch = "wasm32")]
pub use local::worker::{Attached, WorkerLink};
pub use local::{EngineLink, Local};
