//! The part of the data worker that a page of the package's loads first: it keeps what is recorded and shows the history.
//! All else it hands on to the whole worker, which the script that holds both (`pkg/worker/data_worker_loader.js`) then
//! loads into the same worker; from then on that one hears the page, and this one lets go of the store.

use js_sys::{Array, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use super::{Asked, Duty, Outcome, Server, wire};
use crate::service::{ProfileId, Request, ServiceError};

/// How long another tab may take to carry out its deletion, before that is left to the whole worker of this one.
const GRACE_MS: f64 = 5_000.0;

/// How often it looks whether its last request is done.
const LOOK_MS: f64 = 100.0;

#[wasm_bindgen]
extern "C" {
    /// Of the script's: has the whole worker do this, loaded for it if it isn't there. Resolved once that worker hears the
    /// page by itself.
    #[wasm_bindgen(js_name = likenessHandOn)]
    fn hand_on(message: &JsValue) -> Promise;
}

/// Starts to serve a page, with the history alone.
pub fn start() {
    Server::start(Duty {
        takes,
        answer: |asked, request, _| Box::pin(async move { asked.answer_of_history(request).await }),
        hand_on: Some(|server, letter| server.send_on(letter.whole())),
        strip: None,
        carry_out: |server, _: ProfileId| Box::pin(async move { server.have_carried_out().await }),
        forgotten: |_| {},
    });
}

/// What is done here. What takes something back is not: a portrait may rest on it.
fn takes(request: &Request) -> bool {
    matches!(
        request,
        Request::Open
            | Request::Profiles
            | Request::CreateProfile { .. }
            | Request::NeedProfile { .. }
            | Request::RenameProfile { .. }
            | Request::List { .. }
            | Request::Pair { .. }
            | Request::Pairs { .. }
            | Request::Ties { .. }
            | Request::SavePair { supersedes: None, .. }
            | Request::RecordChoice { supersedes: None, .. }
    )
}

impl Asked {
    async fn answer_of_history(&self, request: Request) -> Outcome {
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
            Request::SavePair { profile, pair, .. } => self.save_pair(&profile, pair, None).await,
            Request::RecordChoice { profile, choice, .. } => self.record_choice(&profile, choice, None).await,
            _ => Err(ServiceError::NotHere),
        }
    }
}

impl Server {
    /// Sends a message on, and retires once the whole worker hears the page.
    fn send_on(&self, message: &JsValue) {
        let heard = hand_on(message);
        if self.inner.retiring.replace(true) {
            return;
        }
        let server = self.clone();
        wasm_bindgen_futures::spawn_local(async move {
            // Where it can't be loaded, the script has told the page, which ends this worker.
            if JsFuture::from(heard).await.is_err() {
                return;
            }
            while !server.inner.under_way.borrow().is_empty() {
                wire::sleep(LOOK_MS).await;
            }
            server.let_go();
        });
    }

    /// Has the whole worker carry out a deletion that nobody else has.
    async fn have_carried_out(&self) {
        wire::sleep(GRACE_MS).await;
        let Some(store) = self.open_already() else { return };
        if store.due_deletions().await == Ok(true) {
            self.send_on(&opening());
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
