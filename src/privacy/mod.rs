//! What stands between a person's history and everything that could carry it away.
//!
//! [`Raw`] wraps what must stay; only a sink that runs on this device opens it.

mod raw;

pub use raw::{OnDevice, Raw};
