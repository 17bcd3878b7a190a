//! Raw text on its way to a model: it opens for a model on this device and for nothing else.
//!
//! `Raw` has no `Display`, no `Debug` that shows, no `Serialize` and no way into JavaScript, so text in it
//! can't reach a log, a request or a page by accident.

use std::fmt;

/// A model that runs on this device, in this browser or process, and sends nothing anywhere.
///
/// Implemented in `provider/local.rs`, and in `provider/browser.rs` for the browser's own model where it is known to be
/// local; a test sees to it that nothing else does.
pub trait OnDevice {}

/// Something made from raw history; it never leaves the device.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Raw<T>(T);

impl<T> Raw<T> {
    /// Marks `value` as made from raw history.
    pub fn new(value: T) -> Self {
        Raw(value)
    }

    /// Opens it for a model on this device.
    pub fn open<S: OnDevice>(&self, _sink: &S) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Raw<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Raw(…)")
    }
}
