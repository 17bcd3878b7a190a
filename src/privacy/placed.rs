//! A prompt with the side that it is for, where one job is divided between a model here and a model elsewhere.

use super::{Raw, Released};

/// A prompt for a model on this device, which may hold history, or for one that is not, which was released.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Placed<T> {
    /// For the model on this device.
    Here(Raw<T>),
    /// For the model elsewhere.
    There(Released<T>),
}
