//! The engine's worker from within: takes requests one after the other, answers each once.
//!
//! While a request runs the worker returns to its event loop every few hundredths of a second, so that a cancel takes
//! effect; requests that come meanwhile wait in a queue, so that 64 calls at once give what 64 in sequence give.
//! It sends nothing anywhere: messages go to whoever started the worker, and the one request it makes is for a model
//! file that the person asked for. Model files are kept here and not in the store, since nobody else opens them.

mod files;

use std::cell::{Cell, RefCell};
use std::collections::{HashSet, VecDeque};
use std::rc::Rc;

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, DedicatedWorkerGlobalScope, MessageChannel, MessageEvent};

use self::files::{BlobSource, FileError, Incoming, ModelFiles};
use super::cpu::Pool;
use super::message::{
    Build, EngineEvent, EngineFailure, EngineReply, EngineRequest, FromEngine, LoadedModel, ModelFile,
    ToEngine,
};
use super::{Cancelled, Chat, Options, Pace};

/// The longest that the worker computes without a look at its messages.
const SLICE_MS: f64 = 40.0;

/// The least time between two events of one request.
const EVENT_MS: f64 = 100.0;

/// Bytes for keys and values: 8,192 tokens of a small model several times over.
const KV_BYTES: usize = 512 << 20;

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
    model: RefCell<Option<Chat>>,
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
            EngineRequest::Load(file) => self.load(id, file, attached).await.map(EngineReply::Loaded),
            EngineRequest::Unload => {
                self.model.borrow_mut().take();
                Ok(EngineReply::Done)
            }
            EngineRequest::Kept => {
                let kept =
                    ModelFiles::open().await.map_err(file_failure)?.list().await.map_err(file_failure)?;
                Ok(EngineReply::Kept(kept.into_iter().map(|file| (file.name, file.bytes)).collect()))
            }
            EngineRequest::Remove(name) => {
                let files = ModelFiles::open().await.map_err(file_failure)?;
                files.remove(&name).await.map_err(file_failure)?;
                Ok(EngineReply::Done)
            }
            request => self.ask_model(id, request).await,
        }
    }

    // why: the queue runs one request at a time, and only requests touch the model.
    #[allow(clippy::await_holding_refcell_ref)]
    async fn ask_model(&self, id: u32, request: EngineRequest) -> Result<EngineReply, EngineFailure> {
        let mut model = self.model.borrow_mut();
        let model = model.as_mut().ok_or(EngineFailure::NotLoaded)?;
        let piece = |piece| self.say(&FromEngine::Event(id, EngineEvent::Piece(piece)));
        model.answer(request, &mut Slices::new(self, id), now_ms, piece).await
    }

    async fn load(&self, id: u32, file: ModelFile, attached: JsValue) -> Result<LoadedModel, EngineFailure> {
        // The old model goes first: two may not fit.
        self.model.borrow_mut().take();
        let found = self.find(id, file, attached).await?;
        let source = BlobSource::new(found.blob);
        let options = Options { threads: threads(), kv_bytes: KV_BYTES, ..Options::default() };
        let mut told = Told::new(self, id);
        let progress = |bytes, of| {
            told.tell("preparing", bytes, of);
        };
        let mut pace = Slices::new(self, id);
        let (mut chat, mut loaded) = Chat::load(&source, &found.name, &options, &mut pace, progress).await?;
        if let Some(cpu) = chat.engine().device().cpu() {
            start_helpers(cpu.pool());
        }
        if let Some(digest) = found.digest {
            loaded.fingerprint = digest;
        }
        loaded.kept = found.kept;
        *self.model.borrow_mut() = Some(chat);
        Ok(loaded)
    }

    async fn find(&self, id: u32, file: ModelFile, attached: JsValue) -> Result<Found, EngineFailure> {
        let files = ModelFiles::open().await;
        let mut told = Told::new(self, id);
        let progress = |stage: &'static str, bytes, of| told.tell(stage, bytes, of);
        match (file, files) {
            (ModelFile::Kept(name), files) => Found::kept(&files.map_err(file_failure)?, name).await,
            (ModelFile::Url { url, name, sha256 }, Ok(files)) => {
                let known = files.digest(&name).await;
                let good = sha256.is_none() || sha256 == known;
                if good && files.file(&name).await.is_ok() {
                    return Found::kept(&files, name).await;
                }
                let _ = files.sweep().await; // Leftovers do no harm but take room.
                let from = Incoming::Url { url: &url, sha256: sha256.as_deref() };
                match files.keep(&name, from, Chat::examine, progress).await {
                    Ok(_) => Found::kept(&files, name).await,
                    Err(why @ (FileError::QuotaFull | FileError::NoFiles(_))) => {
                        // What was begun would only take the room that is missing.
                        let _ = files.remove(&name).await;
                        Found::unkept(name, fetch_blob(&url).await?, &why)
                    }
                    Err(error) => Err(file_failure(error)),
                }
            }
            (ModelFile::Url { url, name, .. }, Err(why)) => {
                Found::unkept(name, fetch_blob(&url).await?, &why)
            }
            (ModelFile::Attached(name), files) => {
                let blob: Blob =
                    attached.dyn_into().map_err(|_| EngineFailure::File("no file is attached".into()))?;
                let files = match files {
                    Ok(files) => files,
                    Err(why) => return Found::unkept(name, blob, &why),
                };
                match files.keep(&name, Incoming::File(&blob), Chat::examine, progress).await {
                    Ok(_) => Found::kept(&files, name).await,
                    Err(error @ (FileError::Cancelled | FileError::Refused(_))) => {
                        let _ = files.remove(&name).await;
                        Err(file_failure(error))
                    }
                    Err(why) => {
                        let _ = files.remove(&name).await; // A part that nobody can go on with.
                        Found::unkept(name, blob, &why)
                    }
                }
            }
        }
    }
}

/// A model's file, found.
struct Found {
    name: String,
    blob: Blob,
    digest: Option<String>,
    kept: Result<(), String>,
}

impl Found {
    async fn kept(files: &ModelFiles, name: String) -> Result<Self, EngineFailure> {
        let blob = files.file(&name).await.map_err(file_failure)?.into();
        Ok(Found { digest: files.digest(&name).await, name, blob, kept: Ok(()) })
    }

    fn unkept(name: String, blob: Blob, why: &FileError) -> Result<Self, EngineFailure> {
        Ok(Found { name, blob, digest: None, kept: Err(why.to_string()) })
    }
}

/// A download that can't be kept: the browser holds it, on disk if it is large.
async fn fetch_blob(url: &str) -> Result<Blob, EngineFailure> {
    let failed = |why: String| EngineFailure::File(format!("{url}: {why}"));
    let response =
        gloo_net::http::Request::get(url).send().await.map_err(|error| failed(error.to_string()))?;
    if !response.ok() {
        return Err(failed(format!("the server answered {}", response.status())));
    }
    let raw: web_sys::Response = response.into();
    let promise = raw.blob().map_err(|error| failed(format!("{error:?}")))?;
    let blob = JsFuture::from(promise).await.map_err(|error| failed(format!("{error:?}")))?;
    Ok(blob.unchecked_into())
}

/// Has a helper started for each thread but this one; `engine_worker.js` has put the function that does it there.
fn start_helpers(pool: &Pool) {
    let start = Reflect::get(&js_sys::global(), &"likenessStartHelper".into());
    let Some(start) = start.ok().and_then(|start| start.dyn_into::<Function>().ok()) else { return };
    for thread in 1..pool.threads() {
        let (handle, thread) = (pool.handle() as f64, thread as f64);
        // Without a helper the others do its share.
        let _ = start.call2(&JsValue::NULL, &handle.into(), &thread.into());
    }
}

fn file_failure(error: FileError) -> EngineFailure {
    match error {
        FileError::Cancelled => EngineFailure::Cancelled,
        FileError::Refused(why) => why,
        other => EngineFailure::File(other.to_string()),
    }
}

fn now_ms() -> f64 {
    js_sys::global()
        .dyn_into::<DedicatedWorkerGlobalScope>()
        .ok()
        .and_then(|scope| scope.performance())
        .map_or_else(js_sys::Date::now, |performance| performance.now())
}

/// Tells how far a request is, not too often.
struct Told<'a> {
    server: &'a Server,
    id: u32,
    last_ms: f64,
}

impl<'a> Told<'a> {
    fn new(server: &'a Server, id: u32) -> Self {
        Told { server, id, last_ms: f64::NEG_INFINITY }
    }

    /// Whether to go on.
    fn tell(&mut self, stage: &str, bytes: u64, of: u64) -> bool {
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
struct Slices<'a> {
    server: &'a Server,
    id: u32,
    last_ms: f64,
}

impl<'a> Slices<'a> {
    fn new(server: &'a Server, id: u32) -> Self {
        Slices { server, id, last_ms: now_ms() }
    }
}

impl Pace for Slices<'_> {
    async fn pause(&mut self) -> Result<(), Cancelled> {
        if now_ms() - self.last_ms >= SLICE_MS {
            self.server.event_loop.turn().await;
            self.last_ms = now_ms();
        }
        if self.server.is_cancelled(self.id) { Err(Cancelled) } else { Ok(()) }
    }
}

/// One turn of the event loop, by a message to oneself: timers are held back by 4 ms once they nest.
struct EventLoop {
    channel: Option<MessageChannel>,
}

impl EventLoop {
    fn new() -> Self {
        EventLoop { channel: MessageChannel::new().ok() }
    }

    async fn turn(&self) {
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
