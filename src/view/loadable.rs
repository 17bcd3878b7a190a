//! Something that is asked for: not there yet, there, or failed. Every page shows all three.

use crate::service::ServiceError;

/// Something that is asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Loadable<T> {
    /// Not there yet.
    #[default]
    Loading,
    /// There.
    Ready(T),
    /// It did not come.
    Failed(ServiceError),
}

impl<T> Loadable<T> {
    /// The content, when it is there.
    pub fn ready(&self) -> Option<&T> {
        match self {
            Loadable::Ready(content) => Some(content),
            _ => None,
        }
    }

    /// Why it did not come.
    pub fn failure(&self) -> Option<&ServiceError> {
        match self {
            Loadable::Failed(error) => Some(error),
            _ => None,
        }
    }
}

impl<T> From<Result<T, ServiceError>> for Loadable<T> {
    fn from(result: Result<T, ServiceError>) -> Self {
        match result {
            Ok(content) => Loadable::Ready(content),
            Err(error) => Loadable::Failed(error),
        }
    }
}

/// Numbers the loads of one thing, so that an answer that comes after a newer question is let fall.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turns(u32);

impl Turns {
    /// Begins a load; its number.
    pub fn begin(&mut self) -> u32 {
        self.0 = self.0.wrapping_add(1);
        self.0
    }

    /// Whether no newer load has begun.
    pub fn is_latest(&self, turn: u32) -> bool {
        self.0 == turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_latest_load_counts() {
        let mut turns = Turns::default();
        let first = turns.begin();
        let second = turns.begin();
        assert!(!turns.is_latest(first) && turns.is_latest(second));
    }

    #[test]
    fn a_failure_keeps_its_reason() {
        let failed = Loadable::<()>::from(Err(ServiceError::NoModel));
        assert_eq!((failed.ready(), failed.failure()), (None, Some(&ServiceError::NoModel)));
    }
}
