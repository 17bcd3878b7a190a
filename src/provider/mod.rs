//! The models behind [`LanguageModel`](crate::model::LanguageModel), wherever they run.
//!
//! [`Local`], the engine on this device, and [`BuiltIn`], the browser's own model where it is known to be local, are the
//! only ones that open raw prompts. A [`Remote`] reads released prompts and asks through [`Egress`], the one door: to a
//! server, or to a function of the page. A provider's file turns a call into a request and bytes into a draft, and
//! sends nothing itself.

mod anthropic;
mod browser;
mod budget;
mod call;
mod clean;
mod divided;
mod egress;
mod error;
mod file;
mod form;
mod gemini;
mod host;
mod key;
mod labels;
mod local;
mod on_released;
mod openai;
mod origin;
mod pace;
mod page;
mod presets;
mod reading;
mod remote;
mod retry;
mod settings;
mod sse;
mod status;
#[cfg(test)]
#[cfg(feature = "cli")]
mod tests;
mod transport;
mod waiting;

pub use browser::BuiltIn;
pub use budget::{Budget, Price, Purse, Reserve, Spending, estimated_tokens};
pub use call::{AnswerStart, Features};
pub use divided::Divided;
pub use egress::{Cleared, Egress, Flow, Limits, Outbound, Rendered};
pub use error::{ProviderError, Said};
pub use file::announce;
pub use key::{ApiKey, KeyHeader};
#[cfg(all(feature = "engine", not(target_arch = "wasm32")))]
pub use local::in_process::InProcess;
#[cfg(target_arch = "wasm32")]
pub use local::worker::{Attached, WorkerLink, error_words};
pub use local::{EngineLink, Local};
pub use on_released::OnReleased;
pub use origin::{Endpoint, Origin};
pub use page::{AboutPageModel, PageAsk, PageFailure, PageLink, PageModel, PageReply};
pub use presets::{Api, Dialect, PRESETS, Preset, preset};
pub use remote::Remote;
pub use retry::Retry;
pub use settings::{RemoteSettings, billions_in};
#[cfg(target_arch = "wasm32")]
pub use transport::browser::BrowserTransport;
pub use transport::either::Either;
#[cfg(all(feature = "cli", not(target_arch = "wasm32")))]
pub use transport::native::NativeTransport;
pub use transport::page::PageTransport;
pub use transport::{Body, Clock, Head, Transport, TransportError};
pub use waiting::Waiting;
