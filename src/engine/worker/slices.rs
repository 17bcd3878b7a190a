//! Long work in slices: between them the worker reads its messages, and tells how far it is.

use js_sys::Promise;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{DedicatedWorkerGlobalScope, MessageChannel};

use super::Server;
use crate::engine::message::{EngineEvent, FromEngine};
use crate::engine::{Cancelled, Pace};

/// The longest that the worker computes without a look at its messages.
const SLICE_MS: f64 = 40.0;

/// The least time between two events of one request.
const EVENT_MS: f64 = 100.0;

/// A clock.
pub fn now_ms() -> f64 {
    js_sys::global()
        .dyn_into::<DedicatedWorkerGlobalScope>()
        .ok()
        .and_then(|scope| scope.performance())
        .map_or_else(js_sys::Date::now, |performance| performance.now())
}

/// Tells how far a request is, not too often.
pub struct Told<'a> {
    server: &'a Server,
    id: u32,
    last_ms: f64,
}

impl<'a> Told<'a> {
    pub fn new(server: &'a Server, id: u32) -> Self {
        Told { server, id, last_ms: f64::NEG_INFINITY }
    }

    /// Whether to go on.
    pub fn tell(&mut self, stage: &str, bytes: u64, of: u64) -> bool {
        let now = now_ms();
        if now - self.last_ms >= EVENT_MS || bytes == of {
            self.last_ms = now;
            let loading =
                EngineEvent::Loading { stage: stage.to_owned(), bytes: bytes as f64, of: of as f64 };
            self.server.say(&FromEngine::Event(self.id, loading));
        }
        !self.server.is_cancelled(self.id)
    }
}

/// Returns to the event loop when the last time is long enough ago.
pub struct Slices<'a> {
    server: &'a Server,
    /// The request that a cancel ends; none where the work is to be done whatever becomes of the request.
    id: Option<u32>,
    last_ms: f64,
}

impl<'a> Slices<'a> {
    pub fn new(server: &'a Server, id: Option<u32>) -> Self {
        Slices { server, id, last_ms: now_ms() }
    }
}

impl Pace for Slices<'_> {
    async fn pause(&mut self) -> Result<(), Cancelled> {
        if now_ms() - self.last_ms >= SLICE_MS {
            self.server.event_loop.turn().await;
            self.last_ms = now_ms();
        }
        if self.id.is_some_and(|id| self.server.is_cancelled(id)) { Err(Cancelled) } else { Ok(()) }
    }
}

/// One turn of the event loop, by a message to oneself: timers are held back by 4 ms once they nest.
pub struct EventLoop {
    channel: Option<MessageChannel>,
}

impl EventLoop {
    pub fn new() -> Self {
        EventLoop { channel: MessageChannel::new().ok() }
    }

    pub async fn turn(&self) {
        let Some(channel) = &self.channel else { return };
        let promise = Promise::new(&mut |resolve, _| {
            channel.port1().set_onmessage(Some(&resolve));
            if channel.port2().post_message(&JsValue::NULL).is_err() {
                let _ = resolve.call0(&JsValue::NULL);
            }
        });
        // A promise that only resolves has no error to give.
        let _ = JsFuture::from(promise).await;
    }
}
