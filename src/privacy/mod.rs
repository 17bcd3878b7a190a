//! What stands between a person's history and everything that could carry it away.
//!
//! [`Raw`] wraps what must stay; only a sink that runs on this device opens it. [`Released`] is what may go: made of
//! [`Sketch`]es, or passed by the [`Guard`]. Whoever is the [`Watch`] reads it once more at the door, the guard with
//! the store behind it, and the [`Ledger`] tells what left.

mod canary;
mod guard;
mod ledger;
mod outgoing;
mod placed;
mod raw;
mod released;
mod sketch;
#[cfg(test)]
#[cfg(feature = "cli")]
pub(crate) mod testing;

pub use canary::{Planted, found};
pub use guard::{Common, Guard, InMemory, Kept, Texts, Watcher};
pub use ledger::{EntryId, Ledger, LedgerEntry, LedgerError, MemoryLedger, Outcome};
pub use outgoing::{Field, LiveConversation, Outgoing, Overlap, Unreadable, Verdict, Watch};
pub use placed::Placed;
pub use raw::{OnDevice, Raw};
pub use released::Released;
pub use sketch::{Sketch, Sketcher, Told};
