//! The client over a real `Worker`: posting, receiving, and starting it anew when it dies.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use futures_channel::oneshot;
use js_sys::{Object, Reflect};
use serde::Serialize;
use wasm_bindgen::prelude::*;
use web_sys::{ErrorEvent, MessageEvent, Worker, WorkerOptions, WorkerType};

use super::super::{Change, Envelope, Event, FromWorker, Request, ServiceError, ToWorker};
use super::page_models::PageModels;
use super::switchboard::{Answer, Outgoing, Switchboard, Told};
use crate::provider::{ProviderError, error_words};

/// A worker that dies this often without becoming ready is not started again.
const FAILED_STARTS: u32 = 3;

/// The way to the data worker. Cloning it gives another handle to the same worker.
#[derive(Clone)]
pub struct Client(Rc<Inner>);

/// Called with what changed.
type Listener = Box<dyn Fn(&Change)>;

struct Inner {
    make: Box<dyn Fn() -> Result<Worker, JsValue>>,
    worker: RefCell<Option<Worker>>,
    board: RefCell<Switchboard<JsValue>>,
    listeners: RefCell<Vec<Listener>>,
    failed_starts: Cell<u32>,
    /// Whether nobody is to be asked any more.
    ended: Cell<bool>,
    /// What answers bring along, for those who wait for it.
    attached: RefCell<HashMap<Envelope, Option<JsValue>>>,
    page_models: Rc<PageModels>,
}

impl Client {
    /// Starts the worker whose script is at this URL.
    pub fn start(script: impl Into<String>) -> Self {
        let script = script.into();
        Self::start_by(move || {
            let options = WorkerOptions::new();
            options.set_type(WorkerType::Module);
            options.set_name("likeness-data");
            Worker::new_with_options(&script, &options)
        })
    }

    /// Starts the worker that this makes; it is called again when the worker died.
    pub fn start_by(make: impl Fn() -> Result<Worker, JsValue> + 'static) -> Self {
        let client = Client(Rc::new(Inner {
            make: Box::new(make),
            worker: RefCell::new(None),
            board: RefCell::new(Switchboard::default()),
            listeners: RefCell::new(Vec::new()),
            failed_starts: Cell::new(0),
            ended: Cell::new(false),
            attached: RefCell::default(),
            page_models: Rc::default(),
        }));
        client.launch();
        client
    }

    /// Calls this whenever something changed, in this tab or another one, for as long as the page lives.
    pub fn on_change(&self, listener: impl Fn(&Change) + 'static) {
        self.0.listeners.borrow_mut().push(Box::new(listener));
    }

    /// Lets the browser's own model be asked; `object` is what `www/built_in.js` made of it.
    pub fn offer_built_in(&self, object: JsValue) {
        self.0.page_models.offer_built_in(object);
    }

    /// Lets a function of this page be asked as a model, which takes so many tokens of prompt and answer together. It
    /// is remote, whatever it does: it sees sketches, past the guard and with a line in the ledger.
    ///
    /// # Errors
    /// [`ProviderError::BadModelName`] where the name is not one plain word.
    pub fn offer_function(
        &self,
        name: &str,
        function: js_sys::Function,
        context_tokens: u32,
    ) -> Result<(), ProviderError> {
        self.0.page_models.offer(name, function, context_tokens)
    }

    /// Asks; the answer comes when the future is awaited. A dropped future does not stop the request.
    pub fn ask(&self, request: Request) -> Asking {
        self.ask_with(request, None, |_| {})
    }

    /// Asks with an attached `File` or `Blob`, and listens to how far it is.
    pub fn ask_with(
        &self,
        request: Request,
        attachment: Option<JsValue>,
        on_event: impl Fn(Event) + 'static,
    ) -> Asking {
        let (sender, answer) = oneshot::channel();
        let envelope = self.0.board.borrow_mut().ask(request, attachment, on_event, move |answer| {
            // Nobody waits any more when the page that asked has gone.
            let _ = sender.send(answer);
        });
        if self.0.worker.borrow().is_none() {
            self.launch();
        }
        self.post();
        Asking { answer, stop: Stop { client: self.clone(), envelope } }
    }

    /// Starts the worker; when that can't be done, everyone who waits is told.
    fn launch(&self) {
        if self.0.ended.get() {
            self.fail("the data worker was ended");
            return;
        }
        if self.0.failed_starts.get() >= FAILED_STARTS {
            self.fail("the data worker does not start");
            return;
        }
        let worker = match (self.0.make)() {
            Ok(worker) => worker,
            Err(error) => {
                self.fail(&describe(&error));
                return;
            }
        };
        // The closures live as long as the worker, which lives as long as the page; they are freed by nobody.
        let weak = Rc::downgrade(&self.0);
        let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(inner) = weak.upgrade() {
                Client(inner).receive(event.data());
            }
        });
        worker.set_onmessage(Some(on_message.into_js_value().unchecked_ref()));
        let weak = Rc::downgrade(&self.0);
        let on_error = Closure::<dyn Fn(ErrorEvent)>::new(move |event: ErrorEvent| {
            if let Some(inner) = weak.upgrade() {
                Client(inner).died(&event);
            }
        });
        worker.set_onerror(Some(on_error.into_js_value().unchecked_ref()));
        *self.0.worker.borrow_mut() = Some(worker);
    }

    /// Ends the worker for good; whoever waits is told, and so is who asks later.
    pub fn end(&self) {
        self.0.ended.set(true);
        if let Some(worker) = self.0.worker.borrow_mut().take() {
            worker.terminate();
        }
        self.fail("the data worker was ended");
    }

    /// Keeps what the answer to this request will bring along, for as long as somebody waits for it.
    pub(super) fn awaits_attached(&self, envelope: Envelope) -> Attached {
        self.0.attached.borrow_mut().insert(envelope, None);
        Attached { client: self.clone(), envelope }
    }

    fn receive(&self, data: JsValue) {
        let attached = Reflect::get(&data, &"attachment".into()).ok().filter(|value| !value.is_undefined());
        if let Some(object) = data.dyn_ref::<Object>() {
            // The message's own reader would not know what to make of it.
            let _ = Reflect::delete_property(object, &"attachment".into());
        }
        let message = match serde_wasm_bindgen::from_value::<FromWorker>(data) {
            Ok(message) => message,
            // Only a worker of another build speaks otherwise; whoever waits would wait for ever.
            Err(error) => return self.fail(&format!("the data worker and the page differ: {error}")),
        };
        match message {
            FromWorker::Ready => self.0.failed_starts.set(0),
            FromWorker::AskPage(number, ask) => {
                let (client, models) = (self.clone(), self.0.page_models.clone());
                return wasm_bindgen_futures::spawn_local(async move {
                    if let Some(answer) = models.answer(number, ask).await {
                        client.send(Outgoing {
                            message: ToWorker::PageAnswered(number, answer),
                            attachment: None,
                        });
                    }
                });
            }
            FromWorker::DropPageAsk(number) => return self.0.page_models.stop(number),
            _ => {}
        }
        if let (FromWorker::Answer(envelope, Ok(_)), Some(attached)) = (&message, attached)
            && let Some(awaited) = self.0.attached.borrow_mut().get_mut(envelope)
        {
            *awaited = Some(attached);
        }
        let told = self.0.board.borrow_mut().receive(message);
        self.tell(told);
        self.post();
    }

    /// An error that nothing in the worker caught: after it, its memory can't be trusted.
    fn died(&self, event: &ErrorEvent) {
        if let Some(worker) = self.0.worker.borrow_mut().take() {
            worker.terminate();
        }
        self.0.failed_starts.set(self.0.failed_starts.get() + 1);
        let words = error_words(event);
        self.fail(words.as_deref().unwrap_or("the data worker's script can't be loaded"));
    }

    fn fail(&self, reason: &str) {
        self.0.page_models.stop_all();
        let told = self.0.board.borrow_mut().crashed(reason);
        self.tell(told);
    }

    fn tell(&self, told: impl IntoIterator<Item = Told>) {
        for one in told {
            one.tell(|change| self.0.listeners.borrow().iter().for_each(|listen| listen(&change)));
        }
    }

    fn post(&self) {
        if self.0.worker.borrow().is_none() {
            return;
        }
        let outgoing = self.0.board.borrow_mut().post();
        outgoing.into_iter().for_each(|one| self.send(one));
    }

    fn send(&self, outgoing: Outgoing<JsValue>) {
        let Some(worker) = self.0.worker.borrow().clone() else { return };
        if let Err(error) = encode(outgoing).and_then(|message| worker.post_message(&message)) {
            self.fail(&describe(&error));
        }
    }
}

/// The message as one JavaScript object, its attachment under its own key.
fn encode(outgoing: Outgoing<JsValue>) -> Result<JsValue, JsValue> {
    let message = outgoing.message.serialize(&serde_wasm_bindgen::Serializer::json_compatible())?;
    if let Some(attachment) = outgoing.attachment {
        Reflect::set(message.unchecked_ref::<Object>(), &"attachment".into(), &attachment)?;
    }
    Ok(message)
}

fn describe(error: &JsValue) -> String {
    match error.dyn_ref::<js_sys::Error>() {
        Some(error) => error.message().into(),
        None => error.as_string().unwrap_or_else(|| "an error without words".into()),
    }
}

/// What an answer brings along.
pub(super) struct Attached {
    client: Client,
    envelope: Envelope,
}

impl Attached {
    /// It, once the answer has come.
    pub(super) fn take(self) -> Option<JsValue> {
        self.client.0.attached.borrow_mut().get_mut(&self.envelope).and_then(Option::take)
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        self.client.0.attached.borrow_mut().remove(&self.envelope);
    }
}

/// A request that is under way; awaiting it gives its answer.
pub struct Asking {
    answer: oneshot::Receiver<Answer>,
    stop: Stop,
}

impl Asking {
    /// The number of this request.
    pub(super) fn envelope(&self) -> Envelope {
        self.stop.envelope
    }

    /// What stops this request.
    pub fn stop(&self) -> Stop {
        self.stop.clone()
    }
}

impl Future for Asking {
    type Output = Answer;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Answer> {
        Pin::new(&mut self.answer).poll(context).map(|answer| {
            answer.unwrap_or_else(|_| Err(ServiceError::Internal("the question was lost".into())))
        })
    }
}

/// Stops a request that may still be under way; it then answers that it was cancelled.
#[derive(Clone)]
pub struct Stop {
    client: Client,
    envelope: Envelope,
}

impl Stop {
    /// Stops it. After the answer has come, this does nothing.
    pub fn now(&self) {
        let told = self.client.0.board.borrow_mut().cancel(self.envelope);
        self.client.tell(told);
        self.client.post();
    }
}
