//! The store in IndexedDB. Runs in the data worker.

mod choices;
mod edits;
mod forget;
mod guarded;
mod js;
mod keep;
mod ledger;
mod order;
mod pairs;
mod people;
mod purge;
mod schema;
mod secrets;
mod tabs;

use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;

use indexed_db_futures::database::Database;
use indexed_db_futures::error::{Error, UnexpectedDataError};
use indexed_db_futures::internals::SystemRepr;
use indexed_db_futures::prelude::*;
use indexed_db_futures::transaction::{
    Transaction, TransactionDurability, TransactionMode, TransactionOptions,
};

use wasm_bindgen::JsValue;

pub use forget::{Forgotten, forget_everything, usage};
pub use js::now_ms;
pub use keep::Portrait;
pub use ledger::{JobTotal, LedgerWindow};
pub use pairs::{Added, Page};
pub use people::Profile;
pub use tabs::{Lock, News};

use super::StoreError;
use super::deletion::Pending;
use crate::preference::PairId;

/// Takes out of a kept portrait what rests on deleted pairs; nothing when nothing of use is left.
pub type Strip = fn(portrait: &str, gone: &HashSet<PairId>) -> Option<String>;

/// The open store. Cheap to clone: every clone is the same store.
#[derive(Clone)]
pub struct Store {
    inner: Rc<Inner>,
}

struct Inner {
    database: RefCell<Option<Database>>,
    /// Why there is no database any more.
    closed: RefCell<Option<StoreError>>,
    pending: RefCell<Pending>,
    /// The pairs of the person looked at last, in order.
    order: RefCell<Option<Rc<order::Order>>>,
    channel: tabs::Channel,
    strip: Option<Strip>,
}

impl Store {
    /// Opens the store, brings an older one to this version, and carries out the deletions whose time is over.
    ///
    /// Without `strip` deletions are left as they are, and what would carry one out or read a portrait gives
    /// [`StoreError::NoStrip`] and changes nothing.
    ///
    /// `heard` is called with what other tabs change, and with what happens to this one: [`News::Everything`]
    /// and then nothing more when the database was deleted. `blocked` is called when another tab holds an older
    /// version open; opening goes on when it lets go.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::TooNew`], or what the browser says.
    pub async fn open(
        strip: Option<Strip>,
        heard: impl FnMut(News) + 'static,
        outdated: impl Fn() + 'static,
        blocked: impl Fn() + Clone + 'static,
    ) -> Result<Store, StoreError> {
        let database = schema::open(blocked).await?;
        let store = Store::of(database, strip, heard);
        store.watch(outdated);
        match strip {
            Some(_) => drop(store.carry_out_due().await?),
            None => store.read_pending().await?,
        }
        Ok(store)
    }

    fn of(database: Database, strip: Option<Strip>, mut heard: impl FnMut(News) + 'static) -> Store {
        let inner = Rc::new_cyclic(|weak: &std::rc::Weak<Inner>| {
            let weak = weak.clone();
            let channel = tabs::Channel::open(move |news| {
                if let Some(inner) = weak.upgrade() {
                    inner.order.replace(None);
                    let store = Store { inner };
                    wasm_bindgen_futures::spawn_local(async move {
                        // What fails here fails again, and is told, when something is asked.
                        let _ = store.read_pending().await;
                    });
                }
                heard(news);
            });
            Inner {
                database: RefCell::new(Some(database)),
                closed: RefCell::new(None),
                pending: RefCell::default(),
                order: RefCell::default(),
                channel,
                strip,
            }
        });
        Store { inner }
    }

    /// Lets go of the database when a newer version of the app, or a deletion, needs it.
    fn watch(&self, outdated: impl Fn() + 'static) {
        let Ok(database) = self.database() else { return };
        let Ok(mut changes) = database.version_changes() else { return };
        let weak = Rc::downgrade(&self.inner);
        wasm_bindgen_futures::spawn_local(async move {
            let newer = changes.recv().await.is_some_and(|event| event.new_version().is_some());
            if let Some(inner) = weak.upgrade() {
                Store { inner }.close(if newer {
                    StoreError::Outdated
                } else {
                    StoreError::Failed { name: "the database was closed".into() }
                });
                if newer {
                    outdated();
                }
            }
        });
    }

    /// Closes the database; whatever is asked from now on gets this error.
    pub fn close(&self, why: StoreError) {
        if let Some(database) = self.inner.database.take() {
            database.close();
            self.inner.closed.replace(Some(why));
        }
    }

    /// Tells the other tabs.
    pub fn tell(&self, news: &News) {
        self.inner.channel.tell(news);
    }

    /// Waits for the lock that lets one tab write at a time.
    pub async fn writing(&self) -> Lock {
        Lock::take("likeness-write").await
    }

    /// Waits for the lock that lets one tab change a setting at a time, from reading it to writing it.
    pub async fn changing_settings(&self) -> Lock {
        Lock::take("likeness-settings").await
    }

    /// The lock that whoever runs a job over a person's pairs holds, where nobody has it now: one runs at a time, in
    /// whichever tab.
    pub async fn running_job(&self, profile: &str) -> Option<Lock> {
        Lock::take_now(&format!("likeness-job/{profile}")).await
    }

    fn strip(&self) -> Result<Strip, StoreError> {
        self.inner.strip.ok_or(StoreError::NoStrip)
    }

    fn database(&self) -> Result<Database, StoreError> {
        let closed = || self.inner.closed.borrow().clone();
        self.inner.database.borrow().clone().ok_or_else(|| closed().unwrap_or(StoreError::Outdated))
    }
}

/// A transaction for reading.
fn read<'a>(database: &'a Database, stores: &[&str]) -> Result<Transaction<'a>, StoreError> {
    Ok(database.transaction(stores).build()?)
}

/// A transaction for writing; `strict` waits until the disk has it.
fn write<'a>(database: &'a Database, stores: &[&str], strict: bool) -> Result<Transaction<'a>, StoreError> {
    let durability = if strict { TransactionDurability::Strict } else { TransactionDurability::Relaxed };
    let options = TransactionOptions::new().with_durability(durability);
    Ok(database.transaction(stores).with_mode(TransactionMode::Readwrite).with_options(options).build()?)
}

/// Ends a transaction for writing; all of it is kept, or nothing.
///
/// Of an abort by the browser (for want of room, or because the disk fails) the library tells no reason, so the
/// transaction itself is asked. How much room the browser says is left tells nothing: Chromium's answer is made up.
async fn commit(writing: Transaction<'_>) -> Result<(), StoreError> {
    let transaction: JsValue = writing.as_sys().clone().into();
    match writing.commit().await {
        Err(Error::MissingData(UnexpectedDataError::TransactionAborted)) => {
            Err(js::abort_error(&transaction))
        }
        other => Ok(other?),
    }
}
