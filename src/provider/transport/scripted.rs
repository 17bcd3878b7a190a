//! A network for tests: replies that were written down, cut as the test says, and a clock that jumps.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use super::{Body, Clock, Head, Transport, TransportError};
use crate::provider::Cleared;

/// One reply.
#[derive(Clone, Debug)]
pub struct Reply {
    pub head: Head,
    /// Its bytes, in pieces of this length.
    pub bytes: Vec<u8>,
    pub piece: usize,
    /// How it goes on after the bytes.
    pub then: Then,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    End,
    Break,
    Hang,
}

impl Reply {
    pub fn new(status: u16, content_type: &str, bytes: impl Into<Vec<u8>>) -> Self {
        let head = Head { status, content_type: Some(content_type.into()), retry_after: None };
        Reply { head, bytes: bytes.into(), piece: usize::MAX, then: Then::End }
    }
}

/// What was sent.
#[derive(Clone, Debug)]
pub struct Sent {
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: serde_json::Value,
}

/// The network; what it was given can be looked at afterwards.
#[derive(Clone, Default)]
pub struct Scripted(Rc<Inner>);

#[derive(Default)]
struct Inner {
    replies: RefCell<VecDeque<Result<Reply, TransportError>>>,
    sent: RefCell<Vec<Sent>>,
    now_ms: Cell<f64>,
}

impl Scripted {
    pub fn new(replies: impl IntoIterator<Item = Result<Reply, TransportError>>) -> Self {
        let scripted = Scripted::default();
        scripted.0.replies.borrow_mut().extend(replies);
        scripted
    }

    pub fn sent(&self) -> Vec<Sent> {
        self.0.sent.borrow().clone()
    }
}

impl Clock for Scripted {
    fn now_ms(&self) -> f64 {
        self.0.now_ms.get()
    }

    async fn sleep(&self, ms: u32) {
        self.0.now_ms.set(self.0.now_ms.get() + f64::from(ms));
    }
}

impl Transport for Scripted {
    type Body = ScriptedBody;

    const IN_BROWSER: bool = true;

    async fn send(&self, request: &Cleared) -> Result<(Head, ScriptedBody), TransportError> {
        self.0.sent.borrow_mut().push(Sent {
            url: request.url().to_owned(),
            headers: request.headers().to_vec(),
            body: serde_json::from_slice(request.body()).unwrap(),
        });
        let next = self.0.replies.borrow_mut().pop_front();
        let reply = next.unwrap_or(Err(TransportError::Broken("no reply is left".into())))?;
        Ok((reply.head.clone(), ScriptedBody { reply, at: 0 }))
    }
}

pub struct ScriptedBody {
    reply: Reply,
    at: usize,
}

impl Body for ScriptedBody {
    async fn next(&mut self) -> Option<Result<Vec<u8>, TransportError>> {
        let left = &self.reply.bytes[self.at..];
        if !left.is_empty() {
            let piece = left[..left.len().min(self.reply.piece)].to_vec();
            self.at += piece.len();
            return Some(Ok(piece));
        }
        match self.reply.then {
            Then::End => None,
            Then::Break => Some(Err(TransportError::Broken("reset".into()))),
            Then::Hang => std::future::pending().await,
        }
    }
}
