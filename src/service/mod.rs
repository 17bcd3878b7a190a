//! The wire between a page and the data worker: what a page may ask, and what comes back.
//!
//! A page never touches the database, a trait or a model itself: it sends a [`Request`] and shows the
//! [`Response`]. Everything here is a wire type, flat and serialisable, but for the turns, choices and ids of
//! `preference` and the questions to a page's model, so a change in the method is no change on the wire.

pub mod client;
mod error;
mod import_view;
mod message;
mod passphrase;
mod remote_view;
#[cfg(all(target_arch = "wasm32", feature = "data-worker"))]
pub mod server;
pub mod show;
mod view;

pub use error::ServiceError;
pub use import_view::{Flaw, ImportReport};
pub use message::{Change, Envelope, Event, FromWorker, Request, Response, ToWorker};
pub use passphrase::Passphrase;
pub use remote_view::*;
pub use view::*;
