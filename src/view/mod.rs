//! Pieces of the app's pages, and the plain structs behind them.
//!
//! The structs ([`list_window`], [`toasts`], [`words`], [`excerpt`]) know no browser and are tested natively; the
//! components need the feature `app`. No piece asks the data worker anything.

pub mod excerpt;
pub mod list_window;
pub mod loadable;
pub mod toasts;
pub mod words;

pub use words::sentence;

#[cfg(feature = "app")]
mod pieces;
#[cfg(feature = "app")]
pub use pieces::*;
