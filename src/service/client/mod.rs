//! The page's end of the wire: starts the data worker, asks it, hands its answers and events on.
//!
//! It decides nothing: what a request means is the worker's affair, what an answer means the page's. Needs the
//! feature `browser`, but for [`switchboard`], which is plain bookkeeping.

#[cfg(feature = "browser")]
mod page_models;
pub mod switchboard;
#[cfg(feature = "browser")]
mod verbs;
#[cfg(feature = "browser")]
mod worker;

#[cfg(feature = "browser")]
pub use worker::{Asking, Client, Stop};
