//! What stands between a person's history and everything that could carry it away.
//!
//! [`Raw`] wraps what must stay; only a sink that runs on this device opens it. [`Released`] is what may go, and
//! whoever is the [`Watch`] reads it once more at the door: the [`Guard`], with the store behind it.

mod guard;
mod outgoing;
mod raw;
mod released;

pub use guard::{Common, Guard, Kept, Texts, Watcher};
pub use outgoing::{Field, LiveConversation, Outgoing, Overlap, Unreadable, Verdict, Watch};
pub use raw::{OnDevice, Raw};
pub use released::Released;
