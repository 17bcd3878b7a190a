//! The data worker's end of the wire: takes a page's requests, does them, answers.
//!
//! It owns the store and everything heavy, one request after the other where they touch the same person's rows
//! and side by side where they don't; each waits for the browser between its steps, so none keeps another out for
//! long. What a request means is said in its own file.
//!
//! Two programs are made of it. The whole one ([`start`]) does everything. The package's pages load a quarter of it first
//! ([`start_with_history`]), which keeps the history, and hands on to the whole one what else is asked.

mod canaries;
mod chat;
mod door;
mod draft;
mod endpoints;
mod fetched;
mod forget;
mod history;
mod history_first;
mod import;
mod judge;
mod ledger;
mod models;
mod opening;
mod page;
mod people;
mod portrait;
mod profile;
mod rank;
mod starting;
mod trouble;
mod whole;
mod why;
mod wire;

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::pin::pin;
use std::rc::Rc;

use futures_util::future::{Either, LocalBoxFuture, select};
use wasm_bindgen::prelude::*;

use super::{Change, Envelope, Event, FromWorker, ProfileId, Request, Response, ServiceError, ToWorker};
use crate::store::ledger_row::JobRow;
use crate::store::{StoreError, Strip};

pub use history_first::start as start_with_history;
pub use whole::start;

/// How often long work looks whether it shall stop.
const LOOK_MS: f64 = 100.0;

/// What comes of a request.
type Outcome = Result<Response, ServiceError>;

/// The worker's state. Cheap to clone.
#[derive(Clone)]
pub(super) struct Server {
    inner: Rc<Inner>,
}

struct Inner {
    duty: Duty,
    opening: opening::Opening,
    engine: models::Engine,
    watched: OnceCell<door::SharedWatched>,
    page: page::Page,
    /// Whether the other program is there, and takes over.
    retiring: Cell<bool>,
    /// Whether something was handed on.
    hands_on: Cell<bool>,
    /// Whether a change of the history was handed on, which later ones must not overtake.
    follows: Cell<bool>,
    /// For each request under way, whether its page asked to stop it.
    under_way: RefCell<HashMap<Envelope, Rc<Cell<bool>>>>,
}

/// What a program does of all that a page may ask. As functions, so that what one of them never does is not in it.
struct Duty {
    /// Whether it is the one for this, now.
    takes: fn(&Server, &Request) -> bool,
    /// Does it.
    answer: fn(Asked, Request, Option<JsValue>) -> LocalBoxFuture<'static, Outcome>,
    /// Sends what it is not the one for, or found that it can't do, to the other program.
    hand_on: Option<fn(&Server, Option<Envelope>, wire::Letter)>,
    /// Takes deleted pairs out of a portrait; without, deletions are left to the other program.
    strip: Option<Strip>,
    /// Carries out a person's deletion, whose time is over.
    carry_out: fn(Server, ProfileId) -> LocalBoxFuture<'static, ()>,
    /// Everything was forgotten, in another tab.
    forgotten: fn(&Server),
}

impl Server {
    /// Starts to serve: listens to the page and tells it that the worker is up.
    fn start(duty: Duty) {
        wire::report_panics();
        let server = Server {
            inner: Rc::new(Inner {
                duty,
                opening: opening::Opening::default(),
                engine: models::Engine::default(),
                watched: OnceCell::new(),
                page: page::Page::default(),
                retiring: Cell::default(),
                hands_on: Cell::default(),
                follows: Cell::default(),
                under_way: RefCell::default(),
            }),
        };
        wire::listen(move |message, letter| server.receive(message, letter));
        wire::post(&FromWorker::Ready);
    }

    fn receive(&self, message: ToWorker, letter: wire::Letter) {
        let duty = &self.inner.duty;
        match message {
            ToWorker::Cancel(envelope) => match self.inner.under_way.borrow().get(&envelope) {
                Some(stop) => stop.set(true),
                None => self.hand_on(None, letter),
            },
            ToWorker::PageAnswered(number, answer) => self.inner.page.answered(number, answer),
            ToWorker::Ask(envelope, request) if !(duty.takes)(self, &request) => {
                self.hand_on(Some(envelope), letter);
            }
            ToWorker::Ask(envelope, request) => {
                let stop = Rc::new(Cell::new(false));
                self.inner.under_way.borrow_mut().insert(envelope, stop.clone());
                wire::begin(envelope);
                let job = ledger::job_of(&request, envelope);
                let asked = Asked { server: self.clone(), envelope, stop, job, attached: Rc::default() };
                let answer = (duty.answer)(asked.clone(), request, letter.attachment());
                // What can't be handed on is not held while it is done: it may be a file's whole text.
                let letter = duty.hand_on.map(|_| letter);
                wasm_bindgen_futures::spawn_local(async move {
                    let answer = answer.await;
                    asked.server.inner.under_way.borrow_mut().remove(&envelope);
                    wire::end(envelope);
                    match (answer, letter) {
                        (Err(ServiceError::NotHere), Some(letter)) if !asked.stopped() => {
                            asked.server.inner.follows.set(true);
                            asked.server.hand_on(Some(envelope), letter);
                        }
                        (Err(ServiceError::NotHere), _) => {
                            wire::post(&FromWorker::Answer(envelope, Err(ServiceError::Cancelled)));
                        }
                        (answer, _) => {
                            wire::post_with(&FromWorker::Answer(envelope, answer), asked.attached.take());
                        }
                    }
                });
            }
        }
    }

    fn hand_on(&self, envelope: Option<Envelope>, letter: wire::Letter) {
        // The whole program has nobody to hand on to, and gets here only where a page stops what is answered already.
        if let Some(hand_on) = self.inner.duty.hand_on {
            // A stop that crosses its answer is nobody's, and nothing to load the other program for.
            if envelope.is_some() || self.inner.hands_on.get() {
                self.inner.hands_on.set(true);
                hand_on(self, envelope, letter);
            }
        }
    }

    /// The guard of this worker.
    fn watchman(&self) -> door::Watchman {
        let watched = self.inner.watched.get_or_init(door::SharedWatched::default).clone();
        door::Watchman { watched, server: self.clone() }
    }

    /// Tells whoever waits in this page of something that they all wait for.
    fn event(&self, event: &Event) {
        for envelope in self.inner.under_way.borrow().keys() {
            wire::post(&FromWorker::Event(*envelope, event.clone()));
        }
    }

    /// Tells this page that something changed; the store tells the other tabs.
    fn changed(&self, change: Change) {
        wire::post(&FromWorker::Changed(change));
    }
}

/// One request under way.
#[derive(Clone)]
struct Asked {
    server: Server,
    envelope: Envelope,
    stop: Rc<Cell<bool>>,
    /// What it is to the ledger.
    job: JobRow,
    /// What the answer brings along.
    attached: Rc<RefCell<Option<JsValue>>>,
}

impl Asked {
    /// Whether the page wants it no more.
    fn stopped(&self) -> bool {
        self.stop.get()
    }

    /// What `work` gives; nothing where the page wants it no more, and then it is dropped, with the question that a model
    /// is at.
    async fn unless_stopped<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let stopping = pin!(async {
            while !self.stopped() {
                wire::sleep(LOOK_MS).await;
            }
        });
        match select(pin!(work), stopping).await {
            Either::Left((done, _)) => Some(done),
            Either::Right(_) => None,
        }
    }

    /// Tells the page how far it is.
    fn event(&self, event: Event) {
        wire::post(&FromWorker::Event(self.envelope, event));
    }
}

impl From<StoreError> for ServiceError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(what) => ServiceError::NoStorage(what),
            StoreError::TooNew { found, known } => ServiceError::TooNew { found, known },
            StoreError::Blocked => ServiceError::Blocked,
            StoreError::Outdated => ServiceError::Outdated,
            StoreError::QuotaFull => ServiceError::QuotaFull,
            StoreError::NoProfile => ServiceError::NotFound("this person".into()),
            StoreError::NoPair => ServiceError::NotFound("the pair to change".into()),
            StoreError::UndoExpired => ServiceError::UndoExpired,
            StoreError::NoStrip => ServiceError::NotHere,
            other => ServiceError::Internal(other.to_string()),
        }
    }
}
