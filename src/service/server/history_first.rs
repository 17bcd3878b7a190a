//! The part of the data worker that a page of the package's loads first: it keeps what is recorded and shows the history.
//! All else it hands on to the whole worker, which the script that holds both (`pkg/worker/data_worker_loader.js`) then
//! loads into the same worker. Once that is there, this one ends what it is at, lets go of the store, and has the other
//! take over: the two never have the store at once, so that each change is told once. Where the other can't be loaded, what
//! was handed on is answered so, this one goes on, and the next that is handed on tries again.

use js_sys::{Array, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use super::{Asked, Duty, Outcome, Server, wire};
use crate::service::{Envelope, FromWorker, ProfileId, Request, ServiceError};
use crate::store::StoreError;

/// How long another tab may take to carry out its deletion, before that is left to the whole worker of this one.
const GRACE_MS: f64 = 5_000.0;

/// How often it looks whether its last request is done.
const LOOK_MS: f64 = 5.0;

#[wasm_bindgen]
extern "C" {
    /// Of the script's: has the whole worker do this, once it has taken over; it is loaded for that if it isn't there.
    /// Resolved when it is loaded, rejected where it can't be, and then the message is dropped.
    #[wasm_bindgen(js_name = likenessHandOn)]
    fn hand_on(message: &JsValue) -> Promise;
    /// Of the script's: from now on the whole worker hears the page, first what was handed on.
    #[wasm_bindgen(js_name = likenessTakeOver)]
    fn take_over();
}

/// Starts to serve a page, with the history alone.
pub fn start() {
    Server::start(Duty {
        takes,
        answer: |asked, request, _| Box::pin(async move { asked.answer_of_history(request).await }),
        hand_on: Some(|server, envelope, letter| server.send_on(envelope, letter.whole())),
        strip: None,
        carry_out: |server, _: ProfileId| Box::pin(async move { server.have_carried_out().await }),
        forgotten: |_| {},
    });
}

/// What is done here. What takes something back is not: a portrait may rest on it. Nor what is recorded after something
/// that was handed on and changes the history: changes keep the order in which they were asked for.
fn takes(server: &Server, request: &Request) -> bool {
    let inner = &server.inner;
    let here = match request {
        Request::SavePair { supersedes: None, .. } | Request::RecordChoice { supersedes: None, .. } => {
            !inner.follows.get()
        }
        Request::Open
        | Request::Profiles
        | Request::CreateProfile { .. }
        | Request::NeedProfile { .. }
        | Request::RenameProfile { .. }
        | Request::List { .. }
        | Request::Pair { .. }
        | Request::Pairs { .. }
        | Request::Ties { .. } => true,
        _ => false,
    };
    let here = here && !inner.retiring.get();
    if !here && changes_history(request) {
        inner.follows.set(true);
    }
    here
}

fn changes_history(request: &Request) -> bool {
    matches!(
        request,
        Request::Import { .. }
            | Request::ImportText { .. }
            | Request::SavePair { .. }
            | Request::RecordChoice { .. }
            | Request::TakeBackChoice { .. }
            | Request::Delete { .. }
            | Request::DeleteTies { .. }
            | Request::Undo { .. }
            | Request::RemoveProfile { .. }
            | Request::ForgetEverything
    )
}

impl Asked {
    /// What both programs do alike.
    pub(super) async fn answer_of_history(&self, request: Request) -> Outcome {
        match request {
            Request::Open => self.open().await,
            Request::Profiles => self.profiles().await,
            Request::CreateProfile { name } => self.create_profile(&name).await,
            Request::NeedProfile { name } => self.need_profile(&name).await,
            Request::RenameProfile { profile, name } => self.rename_profile(&profile, &name).await,
            Request::List { profile, query, offset, limit } => {
                self.list(&profile, &query, offset, limit).await
            }
            Request::Pair { profile, id } => self.pair(&profile, id).await,
            Request::Pairs { profile, ids } => self.pairs(&profile, &ids).await,
            Request::Ties { profile, query, limit } => self.ties(&profile, &query, limit).await,
            Request::SavePair { profile, pair, supersedes } => {
                self.save_pair(&profile, pair, supersedes).await
            }
            Request::RecordChoice { profile, choice, supersedes } => {
                self.record_choice(&profile, choice, supersedes).await
            }
            _ => Err(ServiceError::NotHere),
        }
    }
}

impl Server {
    /// Sends a message on, of the request with that number if it is one.
    fn send_on(&self, envelope: Option<Envelope>, message: &JsValue) {
        let (loaded, server) = (hand_on(message), self.clone());
        wasm_bindgen_futures::spawn_local(async move {
            match JsFuture::from(loaded).await {
                Ok(_) => server.retire().await,
                Err(error) => {
                    // What follows need not wait for what is not done.
                    server.inner.follows.set(false);
                    if let Some(envelope) = envelope {
                        let why = error
                            .dyn_ref::<js_sys::Error>()
                            .map_or_else(String::new, |error| error.message().into());
                        let error = ServiceError::Internal(format!(
                            "the data worker's larger part can't be loaded: {why}"
                        ));
                        wire::post(&FromWorker::Answer(envelope, Err(error)));
                    }
                }
            }
        });
    }

    /// Ends what it is at, lets go of the store, and has the whole worker take over.
    async fn retire(&self) {
        if self.inner.retiring.replace(true) {
            return;
        }
        while !self.inner.under_way.borrow().is_empty() {
            wire::sleep(LOOK_MS).await;
        }
        self.let_go(StoreError::Failed { name: "the whole data worker has it".into() });
        take_over();
    }

    /// Has the whole worker carry out a deletion that nobody else has.
    async fn have_carried_out(&self) {
        wire::sleep(GRACE_MS).await;
        let Some(store) = self.open_already() else { return };
        if !store.open_deletions().is_empty() && store.due_deletions().await == Ok(true) {
            self.send_on(None, &opening());
        }
    }
}

/// The question that has the whole worker open its store, whereby it carries out what is due. No page has a question of
/// that number, so nobody hears the answer.
fn opening() -> JsValue {
    let message = Object::new();
    // A new object takes any property.
    let _ = Reflect::set(&message, &"Ask".into(), &Array::of2(&0.into(), &"Open".into()));
    message.into()
}
