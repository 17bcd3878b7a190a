//! The data worker's end of the wire: takes a page's requests, does them, answers.
//!
//! It owns the store and everything heavy, one request after the other where they touch the same person's rows
//! and side by side where they don't; each waits for the browser between its steps, so none keeps another out for
//! long. What a request means is said in its own file; this one only hands it there.

mod canaries;
mod chat;
mod door;
mod draft;
mod endpoints;
mod fetched;
mod forget;
mod history;
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
mod why;
mod wire;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::pin::pin;
use std::rc::Rc;

use futures_util::future::{Either, select};
use wasm_bindgen::prelude::*;

use super::{Change, Envelope, Event, FromWorker, Request, Response, ServiceError, ToWorker};
use crate::store::StoreError;
use crate::store::ledger_row::JobRow;

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
    opening: opening::Opening,
    engine: models::Engine,
    watchman: door::Watchman,
    page: page::Page,
    /// For each request under way, whether its page asked to stop it.
    under_way: RefCell<HashMap<Envelope, Rc<Cell<bool>>>>,
}

/// Starts to serve: listens to the page and tells it that the worker is up.
pub fn start() {
    wire::report_panics();
    let server = Server {
        inner: Rc::new(Inner {
            opening: opening::Opening::default(),
            engine: models::Engine::default(),
            watchman: door::Watchman::default(),
            page: page::Page::default(),
            under_way: RefCell::default(),
        }),
    };
    wire::listen(move |message, attachment| server.receive(message, attachment));
    wire::post(&FromWorker::Ready);
}

impl Server {
    fn receive(&self, message: ToWorker, attachment: Option<JsValue>) {
        match message {
            ToWorker::Cancel(envelope) => {
                if let Some(stop) = self.inner.under_way.borrow().get(&envelope) {
                    stop.set(true);
                }
            }
            ToWorker::PageAnswered(number, answer) => self.inner.page.answered(number, answer),
            ToWorker::Ask(envelope, request) => {
                let stop = Rc::new(Cell::new(false));
                self.inner.under_way.borrow_mut().insert(envelope, stop.clone());
                wire::begin(envelope);
                let job = ledger::job_of(&request, envelope);
                let asked = Asked { server: self.clone(), envelope, stop, job, attached: Rc::default() };
                wasm_bindgen_futures::spawn_local(async move {
                    let answer = asked.answer(request, attachment).await;
                    asked.server.inner.under_way.borrow_mut().remove(&envelope);
                    wire::end(envelope);
                    wire::post_with(&FromWorker::Answer(envelope, answer), asked.attached.take());
                });
            }
        }
    }

    /// The guard of this worker.
    fn watchman(&self) -> door::Watchman {
        self.inner.watchman.clone()
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

    async fn answer(&self, request: Request, attachment: Option<JsValue>) -> Outcome {
        match request {
            Request::Open => self.open().await,
            Request::Profiles => self.profiles().await,
            Request::CreateProfile { name } => self.create_profile(&name).await,
            Request::NeedProfile { name } => self.need_profile(&name).await,
            Request::RenameProfile { profile, name } => self.rename_profile(&profile, &name).await,
            Request::RemoveProfile { profile } => self.delete(&profile, None).await,
            Request::Import { profile, name, format, user, passphrase } => {
                let source = import::Source::attached(attachment)?;
                self.import(&profile, import::Told { name, format, user, passphrase }, source).await
            }
            Request::ImportText { profile, name, format, text, user } => {
                let told = import::Told { name, format, user, passphrase: None };
                self.import(&profile, told, import::Source::text(text)).await
            }
            Request::List { profile, query, offset, limit } => {
                self.list(&profile, &query, offset, limit).await
            }
            Request::Pair { profile, id } => self.pair(&profile, id).await,
            Request::Pairs { profile, ids } => self.pairs(&profile, &ids).await,
            Request::SavePair { profile, pair, supersedes } => {
                self.save_pair(&profile, pair, supersedes).await
            }
            Request::RecordChoice { profile, choice, supersedes } => {
                self.record_choice(&profile, choice, supersedes).await
            }
            Request::TakeBackChoice { profile, choice } => self.take_back_choice(&profile, choice).await,
            Request::Delete { profile, ids } => self.delete(&profile, Some(&ids)).await,
            Request::Ties { profile, query, limit } => self.ties(&profile, &query, limit).await,
            Request::DeleteTies { profile, ids } => self.delete_ties(&profile, ids.as_deref()).await,
            Request::Undo { undo } => self.undo(undo).await,
            Request::ExportHistory { profile } => self.export_history(&profile).await,
            Request::SealProfile { profile, passphrase } => self.seal_profile(&profile, &passphrase).await,
            Request::ForgetEverything => self.forget_everything().await,
            Request::Reading { profile } => self.reading(&profile).await,
            Request::Portrait { profile } => self.portrait(&profile).await,
            Request::Induce { profile, settings } => self.induce(&profile, settings).await,
            Request::PendingInduction { profile } => self.pending(&profile).await,
            Request::DropInduction { profile } => self.drop_pending(&profile).await,
            Request::ChangeClaim { profile, claim, change } => {
                self.change_claim(&profile, &claim, change).await
            }
            Request::ExportLikeness { profile } => self.export_likeness(&profile).await,
            Request::Judge { profile, context, first, second, with_model, remote, words } => {
                self.judge(&profile, context, first, second, judge::Asks { with_model, remote, words }).await
            }
            Request::Rank { profile, context, answers, words } => {
                self.rank(&profile, &context, answers, words).await
            }
            Request::Draft { context, answers } => self.draft(context, answers).await,
            Request::About { profile } => self.told(&profile).await,
            Request::Endpoints => self.endpoints().await,
            Request::SaveEndpoint { draft } => self.save_endpoint(draft).await,
            Request::RemoveEndpoint { id } => self.remove_endpoint(&id).await,
            Request::TryEndpoint { id } => self.try_endpoint(&id).await,
            Request::Estimate { profile, settings } => self.estimate(&profile, settings).await,
            Request::Chat { profile } => self.chat(&profile).await,
            Request::Say { profile, saying } => self.say(&profile, saying).await,
            Request::Pick { profile, draft } => self.pick(&profile, draft).await,
            Request::EndChat { profile } => self.end_chat(&profile).await,
            Request::Ledger { words, offset, limit } => self.ledger(&words, offset, limit).await,
            Request::LedgerBody { number } => self.ledger_body(number).await,
            Request::ClearLedger => self.clear_ledger().await,
            Request::PlantCanaries => self.plant_canaries().await,
            Request::Models => self.models().await,
            Request::LoadModel { source, device } => self.load_model(source, device, attachment).await,
            Request::NeedModel { source, device } => self.need_model(source, device, attachment).await,
            Request::MoveModel(device) => self.move_model(device).await,
            Request::UnloadModel => self.unload_model().await,
            Request::RemoveModel { name } => self.remove_model(name).await,
        }
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
            StoreError::UndoExpired => ServiceError::UndoExpired,
            other => ServiceError::Internal(other.to_string()),
        }
    }
}
