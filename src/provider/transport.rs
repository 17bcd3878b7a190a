//! What carries a request: the seam between the door and a browser's or this system's network.
//!
//! A transport sends only what the door has [`Cleared`], follows no redirect, keeps no cookie and adds no credential.
//! When its future or its body is dropped, the connection ends.

#[cfg(target_arch = "wasm32")]
pub(super) mod browser;
pub(super) mod either;
#[cfg(all(feature = "cli", not(target_arch = "wasm32")))]
pub(super) mod native;
pub(super) mod page;
#[cfg(test)]
#[cfg(feature = "cli")]
pub(super) mod scripted;

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use super::Cleared;

/// The time, and waiting.
#[allow(async_fn_in_trait)] // why: used with static dispatch only, on one thread.
pub trait Clock {
    /// Milliseconds since 1970.
    fn now_ms(&self) -> f64;

    /// Comes back after `ms` milliseconds.
    async fn sleep(&self, ms: u32);
}

/// A network.
#[allow(async_fn_in_trait)] // why: used with static dispatch only, on one thread.
pub trait Transport: Clock {
    /// The bytes of a reply as they come.
    type Body: Body;

    /// Whether it is a browser's, where a refusal by CORS looks like no network.
    const IN_BROWSER: bool;

    /// Sends the request and waits for the head of the reply.
    async fn send(&self, request: &Cleared) -> Result<(Head, Self::Body), TransportError>;
}

/// The bytes of a reply as they come.
#[allow(async_fn_in_trait)] // why: used with static dispatch only, on one thread.
pub trait Body {
    /// The next bytes, a few kilobytes at most; `None` at the end.
    async fn next(&mut self) -> Option<Result<Vec<u8>, TransportError>>;
}

/// The head of a reply.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The HTTP status.
    pub status: u16,
    /// The value of `content-type`, where there is one.
    pub content_type: Option<String>,
    /// The value of `retry-after`, where there is one and it may be read.
    pub retry_after: Option<String>,
}

/// Why nothing, or not all, came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransportError {
    /// No connection, or a connection that broke, in the network's own words.
    Broken(String),
    /// The reply sends the request elsewhere.
    Redirected,
    /// The connection took too long to be made.
    ConnectTimedOut,
}

/// Which of two came first.
pub(super) enum First<A, B> {
    Left(A),
    Right(B),
}

/// Waits for whichever comes first; the other is dropped. The left one wins a tie.
pub(super) async fn first<A, B>(
    left: impl Future<Output = A>,
    right: impl Future<Output = B>,
) -> First<A, B> {
    let (mut left, mut right) = (pin!(left), pin!(right));
    poll_fn(move |context| {
        if let Poll::Ready(done) = left.as_mut().poll(context) {
            return Poll::Ready(First::Left(done));
        }
        right.as_mut().poll(context).map(First::Right)
    })
    .await
}
