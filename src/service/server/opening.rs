//! Opening the store: once, for whoever asks first, while the others wait.
//!
//! A blocked upgrade answers those who wait at once, and goes on by itself when the other tab lets go.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Function, Promise};
use wasm_bindgen_futures::JsFuture;

use super::{Asked, Outcome, Server};
use crate::service::{Change, ProfileId, ProfileView, Response, ServiceError, StoreView};
use crate::store::deletion::UNDO_MS;
use crate::store::{News, Profile, Store, StoreError, VERSION, now_ms, usage};

/// How far the opening is.
#[derive(Default)]
pub(super) struct Opening {
    store: RefCell<Option<Store>>,
    /// Under way: everyone who waits for it is woken by this.
    waiting: RefCell<Option<(Promise, Function)>>,
    failed: RefCell<Option<StoreError>>,
    blocked: Rc<Cell<bool>>,
}

impl Server {
    /// The store, opened if it isn't.
    pub(super) async fn store(&self) -> Result<Store, ServiceError> {
        let opening = &self.inner.opening;
        loop {
            if let Some(store) = opening.store.borrow().clone() {
                return Ok(store);
            }
            let under_way = opening.waiting.borrow().as_ref().map(|(promise, _)| promise.clone());
            let promise = match under_way {
                Some(_) if opening.blocked.get() => return Err(ServiceError::Blocked),
                Some(promise) => promise,
                None => self.begin_to_open(),
            };
            // It is never rejected.
            let _ = JsFuture::from(promise).await;
            if opening.blocked.get() {
                return Err(ServiceError::Blocked);
            }
            if let Some(error) = opening.failed.borrow_mut().take() {
                return Err(error.into());
            }
        }
    }

    /// The store, if it is open.
    pub(super) fn open_already(&self) -> Option<Store> {
        self.inner.opening.store.borrow().clone()
    }

    fn begin_to_open(&self) -> Promise {
        let opening = &self.inner.opening;
        let mut wake = None;
        let promise = Promise::new(&mut |resolve, _| wake = Some(resolve));
        opening.blocked.set(false);
        opening.failed.replace(None);
        opening.waiting.replace(wake.map(|wake| (promise.clone(), wake)));
        let server = self.clone();
        wasm_bindgen_futures::spawn_local(async move { server.open_store().await });
        promise
    }

    async fn open_store(&self) {
        let (heard, outdated, blocked) = (self.clone(), self.clone(), self.clone());
        let opened = Store::open(
            self.inner.duty.strip,
            move |news| heard.heard(news),
            move || {
                outdated.inner.opening.store.replace(None);
                outdated.changed(Change::Outdated);
            },
            move || {
                blocked.inner.opening.blocked.set(true);
                blocked.wake();
            },
        )
        .await;
        let opening = &self.inner.opening;
        match opened {
            Ok(store) => {
                // A tab that died, or another one, has left them.
                for (profile, until_ms) in store.open_deletions() {
                    self.carry_out_at(until_ms, ProfileId(profile));
                }
                opening.store.replace(Some(store));
            }
            Err(error) => drop(opening.failed.replace(Some(error))),
        }
        self.wake();
        opening.waiting.replace(None);
        if opening.blocked.replace(false) {
            // Those who waited were told that it was blocked; now there is something to show.
            self.changed(Change::Profiles);
        }
    }

    fn wake(&self) {
        if let Some((_, wake)) = self.inner.opening.waiting.borrow().as_ref() {
            // Waking twice does nothing.
            let _ = wake.call0(&wasm_bindgen::JsValue::NULL);
        }
    }

    /// Another tab changed something.
    fn heard(&self, news: News) {
        if news == News::Everything {
            self.let_go(everything_forgotten());
            (self.inner.duty.forgotten)(self);
        }
        if let News::History(profile) = &news {
            // It may be a deletion, and the tab that made it may be closed before its time is over.
            self.carry_out_at(now_ms() + UNDO_MS, ProfileId(profile.clone()));
        }
        self.changed(match news {
            News::Profiles => Change::Profiles,
            News::History(profile) => Change::History(ProfileId(profile)),
            News::Portrait(profile) => Change::Portrait(ProfileId(profile)),
            News::Chat(profile) => Change::Chat(ProfileId(profile)),
            News::Models => Change::Models,
            News::Endpoints => Change::Endpoints,
            News::Ledger => Change::Ledger,
            News::Everything => Change::Everything,
        });
    }

    /// Forgets the open store; the next request opens it anew.
    pub(super) fn let_go(&self, why: StoreError) {
        if let Some(store) = self.inner.opening.store.take() {
            store.close(why);
        }
    }
}

/// Why the store is let go of when there is nothing left in it.
pub(super) fn everything_forgotten() -> StoreError {
    StoreError::Failed { name: "everything was forgotten".into() }
}

impl Asked {
    pub(super) async fn open(&self) -> Outcome {
        let store = self.server.store().await?;
        let (used_bytes, quota_bytes) = usage().await;
        let profiles = store.profiles().await?.into_iter().map(profile_view).collect();
        Ok(Response::Opened(StoreView { profiles, version: VERSION, used_bytes, quota_bytes }))
    }
}

pub(super) fn profile_view(profile: Profile) -> ProfileView {
    ProfileView {
        id: ProfileId(profile.id),
        name: profile.name,
        pairs: profile.pairs,
        created_ms: profile.created_ms,
    }
}
