//! Likeness learns, in a person's browser, what they like from which answers they preferred.
//!
//! This file is the map of the house; `ARCHITECTURE.md` says which room may use which.
//!
//! * [`preference`]: preference pairs, the history, and every file format they come in.
//! * [`traits`]: what an answer is like, measured from its text.
//! * [`reward`]: the weights that a person gives them, with a prior from people in general.
//! * [`model`]: what a language model is to the method, wherever it runs.
//! * [`persona`]: the method: reasoning, claims, demos, the judge and the portrait.
//! * `engine`: the local model, behind the feature of its name.
//! * [`privacy`]: raw and released text, and what stands between them.
//! * [`provider`]: language models on the device and elsewhere, and the one door out.
//! * `profile`: the file that a profile moves by, behind the feature of its name.
//! * [`bench`]: measures what the reward and the judges are worth.
//! * [`store`]: what the browser keeps, and for how long.
//! * [`service`]: the wire between a page and the data worker.
//! * [`view`]: pieces of the app's pages, and the plain structs behind them.
//! * [`app`]: the pages.
//! * [`embed`]: the JavaScript API of the npm package.

#[cfg(feature = "house")]
pub mod app;
#[cfg(feature = "house")]
pub mod bench;
#[cfg(feature = "house")]
pub mod embed;
#[cfg(feature = "engine")]
pub mod engine;
/// The local model: here only the wire to its worker, for those who use it without holding it.
#[cfg(not(feature = "engine"))]
pub mod engine {
    pub mod message;
}
#[cfg(feature = "house")]
pub mod model;
#[cfg(feature = "house")]
pub mod persona;
#[cfg(feature = "house")]
pub mod preference;
#[cfg(feature = "house")]
pub mod privacy;
#[cfg(feature = "profile")]
pub mod profile;
#[cfg(feature = "house")]
pub mod provider;
#[cfg(feature = "house")]
pub mod reward;
#[cfg(feature = "house")]
pub mod service;
#[cfg(feature = "house")]
pub mod store;
#[cfg(feature = "house")]
pub mod traits;
#[cfg(feature = "house")]
pub mod view;
