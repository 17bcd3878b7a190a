//! The engine in its worker, from whoever started that worker.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use js_sys::{Object, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::{ErrorEvent, MessageEvent, Worker};

use super::EngineLink;
use crate::engine::message::{
    DeviceReport, EngineEvent, EngineFailure, EngineReply, EngineRequest, FromEngine, ToEngine,
};

/// A link to an engine's worker. Cheap to clone; the worker ends with the last one.
#[derive(Clone)]
pub struct WorkerLink(Rc<Inner>);

/// What serde can't carry: a `File` to read.
pub struct Attached(pub JsValue);

struct Inner {
    worker: Worker,
    next: Cell<u32>,
    open: RefCell<HashMap<u32, Open>>,
    broken: RefCell<Option<String>>,
    on_moved: Box<OnMoved>,
    // Kept for as long as the worker may call them.
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(ErrorEvent)>,
}

/// Why a worker has failed that says nothing of it.
const NOT_THERE: &str = "its worker's script can't be loaded";

/// What an error of a worker's says. One whose script can't be had raises an event that has no words at all, where the
/// bindings expect some.
pub fn error_words(event: &ErrorEvent) -> Option<String> {
    Reflect::get(event, &"message".into()).ok()?.as_string().filter(|words| !words.is_empty())
}

type OnEvent = Rc<dyn Fn(EngineEvent)>;
type OnMoved = dyn Fn(String, Option<DeviceReport>);

#[derive(Default)]
struct Open {
    answer: Option<Result<EngineReply, EngineFailure>>,
    waker: Option<Waker>,
    on_event: Option<OnEvent>,
}

impl WorkerLink {
    /// Speaks to `worker`, which has just been started. `on_moved` hears when the GPU was lost, and what the model was
    /// loaded again on, if it could be.
    pub fn new(worker: Worker, on_moved: impl Fn(String, Option<DeviceReport>) + 'static) -> Self {
        let on_moved: Box<OnMoved> = Box::new(on_moved);
        let inner = Rc::new_cyclic(|weak: &std::rc::Weak<Inner>| {
            let (to, broken) = (weak.clone(), weak.clone());
            let on_message = Closure::new(move |event: MessageEvent| {
                if let Some(inner) = to.upgrade() {
                    inner.hear(event.data());
                }
            });
            let on_error = Closure::new(move |event: ErrorEvent| {
                event.prevent_default();
                if let Some(inner) = broken.upgrade() {
                    let missing =
                        || format!("{NOT_THERE}; the engine's files must lie beside the data worker's");
                    inner.fail(error_words(&event).unwrap_or_else(missing));
                }
            });
            worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
            worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
            Inner {
                worker,
                next: Cell::new(0),
                open: RefCell::default(),
                broken: RefCell::default(),
                on_moved,
                _on_message: on_message,
                _on_error: on_error,
            }
        });
        WorkerLink(inner)
    }

    /// Why the worker is of no more use; a new one must be started.
    pub fn broken(&self) -> Option<String> {
        self.0.broken.borrow().clone()
    }

    /// Asks, with what can't be serialised beside it; `on_event` hears how far it is. Dropping the future cancels.
    pub async fn ask_with(
        &self,
        request: EngineRequest,
        attached: Option<Attached>,
        on_event: impl Fn(EngineEvent) + 'static,
    ) -> Result<EngineReply, EngineFailure> {
        self.send(request, attached, Some(Rc::new(on_event)))?.await
    }

    fn send(
        &self,
        request: EngineRequest,
        attached: Option<Attached>,
        on_event: Option<OnEvent>,
    ) -> Result<Waiting, EngineFailure> {
        if let Some(why) = self.broken() {
            return Err(EngineFailure::Internal(why));
        }
        let id = self.0.next.get();
        self.0.next.set(id.wrapping_add(1));
        self.0.open.borrow_mut().insert(id, Open { on_event, ..Open::default() });
        // From here on a dropped `Waiting` takes the entry away again.
        let waiting = Waiting { inner: Rc::clone(&self.0), id, done: false };
        self.0.post(&ToEngine::Ask(id, request), attached)?;
        Ok(waiting)
    }
}

impl EngineLink for WorkerLink {
    async fn ask(&self, request: EngineRequest) -> Result<EngineReply, EngineFailure> {
        self.send(request, None, None)?.await
    }
}

impl Inner {
    fn post(&self, message: &ToEngine, attached: Option<Attached>) -> Result<(), EngineFailure> {
        let failed = |why: JsValue| EngineFailure::Internal(format!("posting to the engine: {why:?}"));
        let value = serde_wasm_bindgen::to_value(message)
            .map_err(|error| EngineFailure::Internal(error.to_string()))?;
        let envelope = Object::new();
        Reflect::set(&envelope, &"message".into(), &value).map_err(failed)?;
        if let Some(Attached(file)) = attached {
            Reflect::set(&envelope, &"attachment".into(), &file).map_err(failed)?;
        }
        self.worker.post_message(&envelope).map_err(failed)
    }

    fn hear(&self, data: JsValue) {
        match serde_wasm_bindgen::from_value(data) {
            // What is asked before waits in its queue.
            Ok(FromEngine::Ready(_)) => {}
            Ok(FromEngine::Event(id, event)) => {
                let on_event = self.open.borrow().get(&id).and_then(|open| open.on_event.clone());
                if let Some(on_event) = on_event {
                    on_event(event);
                }
            }
            Ok(FromEngine::Moved { trouble, device }) => (self.on_moved)(trouble, device),
            Ok(FromEngine::Answer(id, answer)) => self.answer(id, answer),
            Err(error) => self.fail(format!("the engine's worker said what nobody understands: {error}")),
        }
    }

    fn answer(&self, id: u32, answer: Result<EngineReply, EngineFailure>) {
        let waker = self.open.borrow_mut().get_mut(&id).and_then(|open| {
            open.answer = Some(answer);
            open.waker.take()
        });
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn fail(&self, why: String) {
        *self.broken.borrow_mut() = Some(why.clone());
        let ids: Vec<u32> = self.open.borrow().keys().copied().collect();
        for id in ids {
            self.answer(id, Err(EngineFailure::Internal(why.clone())));
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

/// Waits for an answer; when it is dropped before, the request is cancelled.
struct Waiting {
    inner: Rc<Inner>,
    id: u32,
    done: bool,
}

impl Future for Waiting {
    type Output = Result<EngineReply, EngineFailure>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = match self.inner.open.borrow_mut().get_mut(&self.id) {
            Some(open) => {
                open.waker = Some(context.waker().clone());
                open.answer.take()
            }
            None => Some(Err(EngineFailure::Internal("the question is gone".into()))),
        };
        match answer {
            Some(answer) => {
                self.done = true;
                Poll::Ready(answer)
            }
            None => Poll::Pending,
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.inner.open.borrow_mut().remove(&self.id);
        if !self.done {
            // A worker that can't be reached has nothing to cancel.
            let _ = self.inner.post(&ToEngine::Cancel(self.id), None);
        }
    }
}
