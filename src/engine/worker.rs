//! The engine's worker from within: takes requests one after the other, answers each once.
//!
//! While a request runs the worker returns to its event loop every few hundredths of a second, so that a cancel takes
//! effect; requests that come meanwhile wait in a queue, so that 64 calls at once give what 64 in sequence give.
//! It sends nothing anywhere: messages go to whoever started the worker, and the one request it makes is for a model
//! file that the person asked for. Model files are kept here and not in the store, since nobody else opens them.
//! It sets no timer, since a tab in the background has few of them.

mod files;
mod finding;
mod resident;
mod slices;

use std::cell::{Cell, RefCell};
use std::collections::{HashSet, VecDeque};
use std::rc::Rc;

use js_sys::Reflect;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

use self::files::ModelFiles;
use self::finding::{file_failure, missing};
use self::resident::Resident;
use self::slices::EventLoop;
use super::message::{Build, EngineFailure, EngineReply, EngineRequest, FromEngine, ToEngine};

/// Starts answering. Called by the worker's `main`, which the threads that help run too: they are told by lacking
/// what `engine_worker.js` says.
pub fn serve() {
    if told_threads().is_none() {
        return;
    }
    let Ok(scope) = js_sys::global().dyn_into::<DedicatedWorkerGlobalScope>() else {
        return; // Only a worker has messages to answer.
    };
    let server = Rc::new(Server::new(scope));
    let hearing = Rc::clone(&server);
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        hearing.hear(event.data());
    });
    server.scope.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget(); // It lives as long as the worker.
    server.say(&FromEngine::Ready(build()));
}

/// Helps the pool of `handle` as thread number `thread`, until that pool is gone. For `engine_helper.js`, which has
/// both from [`start_helpers`].
#[wasm_bindgen]
pub fn help(handle: usize, thread: usize) {
    // SAFETY: `start_helpers` gave this handle and this number to one helper only.
    unsafe { super::pool_worker_entry(handle, thread) };
}

/// To be called where a helper ended by a trap that was no panic (its stack, its memory): nobody waits for it any longer. For
/// `engine_helper.js`.
#[wasm_bindgen]
pub fn trapped() {
    super::panicked();
}

/// Threads that compute, as `engine_worker.js` tells.
fn told_threads() -> Option<f64> {
    Reflect::get(&js_sys::global(), &"likenessThreads".into()).ok().and_then(|n| n.as_f64())
}

fn threads() -> usize {
    told_threads().map_or(1, |threads| threads.clamp(1.0, 64.0) as usize)
}

fn build() -> Build {
    let instructions = if cfg!(target_feature = "relaxed-simd") { "relaxed SIMD" } else { "SIMD" };
    Build { threads: threads() as u32, instructions: instructions.to_owned() }
}

struct Asked {
    id: u32,
    request: EngineRequest,
    attached: JsValue,
}

struct Server {
    scope: DedicatedWorkerGlobalScope,
    queue: RefCell<VecDeque<Asked>>,
    cancelled: RefCell<HashSet<u32>>,
    busy: Cell<bool>,
    model: RefCell<Option<Resident>>,
    event_loop: EventLoop,
}

impl Server {
    fn new(scope: DedicatedWorkerGlobalScope) -> Self {
        Server {
            scope,
            queue: RefCell::default(),
            cancelled: RefCell::default(),
            busy: Cell::new(false),
            model: RefCell::new(None),
            event_loop: EventLoop::new(),
        }
    }

    fn say(&self, message: &FromEngine) {
        if let Ok(value) = serde_wasm_bindgen::to_value(message) {
            // A page that is gone hears nothing; the browser ends this worker with it.
            let _ = self.scope.post_message(&value);
        }
    }

    fn hear(self: &Rc<Self>, data: JsValue) {
        let message = Reflect::get(&data, &"message".into()).unwrap_or_default();
        let attached = Reflect::get(&data, &"attachment".into()).unwrap_or_default();
        match serde_wasm_bindgen::from_value(message) {
            Ok(ToEngine::Cancel(id)) => {
                self.cancelled.borrow_mut().insert(id);
            }
            Ok(ToEngine::Ask(id, request)) => {
                self.queue.borrow_mut().push_back(Asked { id, request, attached });
                self.work();
            }
            // There is no number to answer under; the sender is of another version.
            Err(error) => web_sys::console::error_1(&format!("engine worker: {error}").into()),
        }
    }

    /// Works off the queue, unless that is under way.
    fn work(self: &Rc<Self>) {
        if self.busy.replace(true) {
            return;
        }
        let server = Rc::clone(self);
        spawn_local(async move {
            while let Some(asked) = server.next() {
                let id = asked.id;
                let answer = if server.is_cancelled(id) {
                    Err(EngineFailure::Cancelled)
                } else {
                    server.answer(asked).await
                };
                server.cancelled.borrow_mut().remove(&id);
                server.say(&FromEngine::Answer(id, answer));
            }
            // Cancels of requests that were answered before they came.
            server.cancelled.borrow_mut().clear();
            server.busy.set(false);
        });
    }

    fn next(&self) -> Option<Asked> {
        self.queue.borrow_mut().pop_front()
    }

    fn is_cancelled(&self, id: u32) -> bool {
        self.cancelled.borrow().contains(&id)
    }

    async fn answer(&self, asked: Asked) -> Result<EngineReply, EngineFailure> {
        let Asked { id, request, attached } = asked;
        match request {
            EngineRequest::Load { file, device } => {
                self.load(id, file, attached, device).await.map(EngineReply::Loaded)
            }
            EngineRequest::Move(device) => self.move_to(id, device).await.map(EngineReply::Loaded),
            EngineRequest::Unload => {
                self.model.borrow_mut().take();
                Ok(EngineReply::Done)
            }
            EngineRequest::Kept => {
                let files = ModelFiles::open().await.map_err(file_failure)?;
                files.list().await.map(EngineReply::Kept).map_err(file_failure)
            }
            EngineRequest::Missing(file) => Ok(EngineReply::Missing(missing(file).await)),
            EngineRequest::Remove(name) => {
                let files = ModelFiles::open().await.map_err(file_failure)?;
                files.remove(&name).await.map_err(file_failure)?;
                Ok(EngineReply::Done)
            }
            request => self.ask_model(id, request).await,
        }
    }
}
