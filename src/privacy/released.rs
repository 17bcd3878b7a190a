//! What may leave the device: made by a sketch, by the guard, or by the person's own release of a text.

use std::fmt;

/// Something that may be sent. Only this room makes one, so an unreviewed text can't be sent: it does not compile.
///
/// Being released never bypasses the guard, which reads every request once more at the door.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Released<T>(T);

impl<T> Released<T> {
    /// Marks `value` as fit to leave; each caller says why it is.
    pub(super) fn new(value: T) -> Self {
        Released(value)
    }

    /// What was released.
    pub fn get(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Released<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Released(…)")
    }
}
