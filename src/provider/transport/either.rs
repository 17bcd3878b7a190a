//! One of two networks: so that a model's client is of one type, wherever its model is.

use super::{Body, Clock, Head, Transport, TransportError};
use crate::provider::Cleared;

/// The one or the other.
#[derive(Clone, Debug)]
pub enum Either<A, B> {
    /// The one.
    Left(A),
    /// The other.
    Right(B),
}

impl<A: Clock, B: Clock> Clock for Either<A, B> {
    fn now_ms(&self) -> f64 {
        match self {
            Either::Left(one) => one.now_ms(),
            Either::Right(other) => other.now_ms(),
        }
    }

    async fn sleep(&self, ms: u32) {
        match self {
            Either::Left(one) => one.sleep(ms).await,
            Either::Right(other) => other.sleep(ms).await,
        }
    }
}

impl<A: Transport, B: Transport> Transport for Either<A, B> {
    type Body = Either<A::Body, B::Body>;

    const IN_BROWSER: bool = A::IN_BROWSER && B::IN_BROWSER;

    async fn send(&self, request: &Cleared) -> Result<(Head, Self::Body), TransportError> {
        Ok(match self {
            Either::Left(one) => {
                let (head, body) = one.send(request).await?;
                (head, Either::Left(body))
            }
            Either::Right(other) => {
                let (head, body) = other.send(request).await?;
                (head, Either::Right(body))
            }
        })
    }
}

impl<A: Body, B: Body> Body for Either<A, B> {
    async fn next(&mut self) -> Option<Result<Vec<u8>, TransportError>> {
        match self {
            Either::Left(one) => one.next().await,
            Either::Right(other) => other.next().await,
        }
    }
}
