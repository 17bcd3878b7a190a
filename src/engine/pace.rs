//! How a long computation is cut into slices: between two of them, whoever drives it decides whether it goes on.

/// Called by the engine between slices of some ten milliseconds of work.
///
/// In a worker it returns to the event loop when the last time is long enough ago, so that messages are read and a
/// cancel takes effect; natively it looks at a flag. The engine itself knows no clock.
///
/// Futures are not `Send`: in a browser none is.
#[allow(async_fn_in_trait)] // why: used with static dispatch only, on one thread.
pub trait Pace {
    /// Returns when the work may go on; an error stops it.
    async fn pause(&mut self) -> Result<(), Cancelled>;
}

/// The work was stopped from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cancelled")]
pub struct Cancelled;

/// Never stops and never waits.
pub struct NonStop;

impl Pace for NonStop {
    async fn pause(&mut self) -> Result<(), Cancelled> {
        Ok(())
    }
}
