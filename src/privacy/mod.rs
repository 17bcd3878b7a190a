//! What stands between a person's history and everything that could carry it away.
//!
//! [`Raw`] wraps what must stay; only a sink that runs on this device opens it. [`Released`] is what may go, and
//! whoever is the [`Watch`] reads it once more at the door, where the [`Ledger`] tells what left.

mod ledger;
mod outgoing;
mod raw;
mod released;
mod sketch;
#[cfg(all(test, feature = "cli"))]
pub(crate) mod testing;

pub use ledger::{EntryId, Ledger, LedgerEntry, LedgerError, MemoryLedger, Outcome};
pub use outgoing::{LiveConversation, Outgoing, Overlap, Verdict, Watch};
pub use raw::{OnDevice, Raw};
pub use released::Released;
pub use sketch::{Sketch, Sketcher, Told};
