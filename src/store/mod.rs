//! What the browser keeps: people, their pairs and choices, portraits, answered questions, settings, remote models with
//! their keys, and the ledger of what was sent to them.
//!
//! Rows are types of their own ([`row`]), never domain types, so a change in the method is no migration.
//! Everything that can be is plain and tested natively: what a row holds, in which order rows come, what a
//! search matches, what a deletion hides and takes with it, how an older row becomes a newer one. The rest
//! talks to IndexedDB, in a worker, and is tested in a real browser.
//!
//! Each choice and each deletion is written with strict durability. Several tabs may have the store open: one
//! lock lets one of them write at a time, and a channel tells the others what changed.

pub mod chat_row;
pub mod deletion;
pub mod edits;
pub mod endpoint_row;
mod error;
pub mod ledger_row;
pub mod migration;
pub mod order;
pub mod row;
pub mod search;

#[cfg(all(target_arch = "wasm32", feature = "browser"))]
mod browser;

#[cfg(all(target_arch = "wasm32", feature = "browser"))]
pub use browser::{
    Added, Forgotten, JobTotal, LedgerWindow, Lock, News, Page, Portrait, Profile, Store, Strip,
    forget_everything, now_ms, usage,
};
pub use error::StoreError;

/// The version of the database that this code writes. Each change of what is stored raises it by one and adds a
/// step to [`migration`]; a database of a later version is refused, never touched.
pub const VERSION: u32 = 4;

/// The database's name.
pub const DATABASE: &str = "likeness";
