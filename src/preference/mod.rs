//! What a person preferred: turns, preference pairs, choices, and their history.
//!
//! Pure data: no storage, no model, no network.

mod choice;
pub mod format;
mod history;
mod pair;
mod turn;

pub use choice::{Answer, Choice, Outcome};
pub use history::{History, Split};
pub use pair::{PairId, PreferencePair, Standing, TYPED_IN};
pub use turn::{Role, Turn};
