//! What stands at the door of the data worker: the guard over all that is kept here, and the ledger in the store.
//!
//! The guard's index is made at the first request and brought up to date before each: people whose number of
//! changes has grown are looked through for pairs that it does not know, and a conversation with a remote model is
//! taken in as soon as it has changed: what was said there may go there again, and nowhere else. A pair that is gone stays in the index and
//! does no harm there, since a hit is confirmed against the store; once an eighth of all are gone it is made anew.
//!
//! With many choices reading them takes a while, which whoever waits is told of, and can stop: what was read is known then.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use futures_util::lock::{Mutex, MutexGuard};

use super::{Asked, Server};
use crate::persona::TEMPLATES;
use crate::preference::{Choice, PairId, PreferencePair, Role, Turn};
use crate::privacy::{
    Common, EntryId, Guard, Kept, Ledger, LedgerEntry, LedgerError, LiveConversation, Outcome, Outgoing,
    Overlap, Released, Texts, Unreadable, Verdict, Watch,
};
use crate::service::{Event, ServiceError, WaitView};
use crate::store::chat_row::ChatRow;
use crate::store::ledger_row::{JobRow, LedgerRow, OutcomeRow};
use crate::store::{Store, StoreError};

/// Pairs read and indexed at a time, before others get their turn.
const READ: usize = 100;

/// Fewer pairs than this are read before anybody looks.
const TOLD: usize = 1000;

/// One in so many of the index may be gone before it is made anew.
const GONE: usize = 8;

/// Letters of a quote that are shown, and quotes.
const QUOTED: usize = 80;
const MOST_QUOTES: usize = 3;

/// The guard of this worker; one request is read after the other.
#[derive(Clone)]
pub(super) struct Watchman {
    pub watched: SharedWatched,
    pub server: Server,
}

/// What the guard knows, for whoever may ask it.
#[derive(Clone)]
pub(super) struct SharedWatched(Rc<Mutex<Watched>>);

impl Default for SharedWatched {
    fn default() -> Self {
        SharedWatched(Rc::new(Mutex::new(Watched::of(HashMap::new()))))
    }
}

/// Pairs that are read one after the other; those who wait are told where they are many.
struct Reading<'a> {
    server: &'a Server,
    read: Cell<usize>,
    of: usize,
}

impl<'a> Reading<'a> {
    fn new(server: &'a Server, of: usize) -> Self {
        Reading { server, read: Cell::new(0), of }
    }

    fn has_read(&self, pairs: usize) {
        let before = self.read.replace(self.read.get() + pairs);
        if self.of >= TOLD && before * 100 / self.of < self.read.get() * 100 / self.of {
            let (read, of) = (self.read.get() as u32, self.of as u32);
            self.server.event(&Event::Waiting(Some(WaitView::Guard { read, of })));
        }
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        if self.of >= TOLD && self.read.get() > 0 {
            self.server.event(&Event::Waiting(None));
        }
    }
}

/// What the guard knows, and of which state of the store.
struct Watched {
    guard: Guard,
    people: HashMap<String, Indexed>,
    /// Texts that are in no store: canaries.
    others: HashMap<PairId, PreferencePair>,
    /// What was said to remote models, by person, as texts that the guard knows.
    chats: HashMap<String, Said>,
    /// Pairs in the index that the store has no more.
    gone: usize,
}

/// A conversation with a remote model.
struct Said {
    chat: ChatRow,
    kept: HashMap<PairId, Kept>,
}

impl Said {
    fn of(chat: ChatRow) -> Self {
        let went = LiveConversation { id: chat.id.clone(), origin: chat.origin.clone() };
        let texts = chat.exchanges.iter().flat_map(|exchange| {
            let drafts = exchange.drafts.iter().map(|draft| &*draft.text);
            std::iter::once(&*exchange.question).chain(drafts)
        });
        // A system turn, so that its id is no pair's of the history.
        let pair =
            |text: &str| PreferencePair::new(vec![Turn { role: Role::System, content: text.into() }], "", "");
        let kept = texts.map(|text| Kept { pair: pair(text), went: Some(went.clone()) });
        Said { kept: kept.map(|kept| (kept.pair.id, kept)).collect(), chat }
    }
}

/// What the index has of a person.
#[derive(Default)]
struct Indexed {
    /// The number of the change that it is of; none where whoever waited for it left before all was read.
    revision: Option<u32>,
    pairs: HashSet<PairId>,
    /// Answers that nobody won, as pairs of their own: no pair of the store has them.
    ties: HashMap<PairId, PreferencePair>,
}

impl Watched {
    /// A guard of these texts alone.
    fn of(others: HashMap<PairId, PreferencePair>) -> Self {
        let mut guard = Guard::new(Common::shipped(TEMPLATES));
        others.values().for_each(|pair| guard.add(pair));
        Watched { guard, people: HashMap::new(), others, chats: HashMap::new(), gone: 0 }
    }

    /// Takes in what changed in the store since the last time.
    async fn catch_up(&mut self, store: &Store, server: &Server) -> Result<(), StoreError> {
        let known: usize = self.people.values().map(|person| person.pairs.len()).sum();
        if self.gone > known / GONE {
            *self = Watched::of(std::mem::take(&mut self.others));
        }
        let now = store.revisions().await?;
        let gone: Vec<_> = self.people.extract_if(|profile, _| !now.contains_key(profile)).collect();
        for (_, person) in gone {
            self.gone += person.pairs.len();
            self.drop_ties(person.ties);
        }
        for (profile, revision) in now {
            let person = self.people.entry(profile.clone()).or_default();
            if person.revision == Some(revision) {
                continue;
            }
            person.revision = None;
            let ids = store.all_ids(&profile).await?;
            let (known, there) = (person.pairs.len(), ids.iter().copied().collect::<HashSet<_>>());
            person.pairs.retain(|id| there.contains(id));
            self.gone += known - person.pairs.len();
            let new: Vec<PairId> = ids.into_iter().filter(|id| !person.pairs.contains(id)).collect();
            let reading = Reading::new(server, new.len());
            for ids in new.chunks(READ) {
                for pair in store.pairs_of_any(std::iter::once(&profile), ids).await? {
                    self.guard.add(&pair);
                    person.pairs.insert(pair.id);
                }
                reading.has_read(ids.len());
            }
            let choices = store.all_choices(&profile).await?;
            let mut tied_before = std::mem::take(&mut person.ties);
            for pair in choices.iter().flat_map(Choice::unpaired) {
                tied_before.remove(&pair.id);
                self.guard.add(&pair);
                person.ties.insert(pair.id, pair);
            }
            person.revision = Some(revision);
            self.drop_ties(tied_before);
        }
        self.hear(store.chats().await?);
        Ok(())
    }

    /// Takes in the conversations as they are now.
    fn hear(&mut self, now: Vec<(String, ChatRow)>) {
        let mut before = std::mem::take(&mut self.chats);
        for (person, chat) in now {
            let said = match before.remove(&person) {
                Some(said) if said.chat == chat => said,
                old => {
                    let said = Said::of(chat);
                    said.kept.values().for_each(|kept| self.guard.add(&kept.pair));
                    self.unhear(old, &said);
                    said
                }
            };
            self.chats.insert(person, said);
        }
        let nothing = Said::of(ChatRow::default());
        before.into_values().for_each(|old| self.unhear(Some(old), &nothing));
    }

    /// Takes out what a conversation said before and does not any more.
    fn unhear(&mut self, before: Option<Said>, now: &Said) {
        for kept in before.into_iter().flat_map(|said| said.kept.into_values()) {
            let elsewhere = self.chats.values().any(|said| said.kept.contains_key(&kept.pair.id));
            if !elsewhere && !now.kept.contains_key(&kept.pair.id) {
                self.guard.remove(&kept.pair);
            }
        }
    }

    /// Takes ties that are gone out of the index, unless somebody else's history has the same.
    fn drop_ties(&mut self, ties: HashMap<PairId, PreferencePair>) {
        for (id, pair) in ties {
            let is_had = |person: &Indexed| person.pairs.contains(&id) || person.ties.contains_key(&id);
            if !self.others.contains_key(&id) && !self.people.values().any(is_had) {
                self.guard.remove(&pair);
            }
        }
    }

    fn take_other(&mut self, pair: PreferencePair) {
        self.guard.add(&pair);
        self.others.insert(pair.id, pair);
    }

    async fn check(&self, outgoing: &Outgoing<'_>, store: &Store, server: &Server) -> Verdict {
        let texts = KeptTexts::new(self, store, server);
        let verdict = self.guard.check(outgoing, &texts).await;
        // What could not be compared is not known to be free of history.
        if texts.failed.get() { Verdict::Unreadable(Unreadable::NoHistory) } else { verdict }
    }
}

/// The stored texts that a hit is confirmed against.
struct KeptTexts<'a> {
    watched: &'a Watched,
    store: &'a Store,
    failed: Cell<bool>,
    /// Where a request is held against all of them.
    reading: Reading<'a>,
}

impl<'a> KeptTexts<'a> {
    fn new(watched: &'a Watched, store: &'a Store, server: &'a Server) -> Self {
        let reading = Reading::new(server, watched.guard.pairs());
        KeptTexts { watched, store, failed: Cell::new(false), reading }
    }
}

impl Texts for KeptTexts<'_> {
    async fn pairs(&self, ids: &[PairId]) -> Vec<Kept> {
        let stored = self.store.pairs_of_any(self.watched.people.keys(), ids).await.unwrap_or_else(|_| {
            self.failed.set(true);
            Vec::new()
        });
        self.reading.has_read(ids.len());
        let watched = self.watched;
        let in_no_pair = |id| {
            let ties = watched.people.values().find_map(move |person| person.ties.get(id));
            ties.or_else(|| watched.others.get(id)).cloned()
        };
        let others = ids.iter().filter_map(in_no_pair);
        let pairs = stored.into_iter().chain(others).map(|pair| Kept { pair, went: None });
        let said = ids
            .iter()
            .flat_map(|id| self.watched.chats.values().filter_map(move |said| said.kept.get(id).cloned()));
        pairs.chain(said).collect()
    }

    async fn conversation(&self, id: &str) -> Vec<Kept> {
        let chats = self.watched.chats.values().filter(|said| said.chat.id == id);
        chats.flat_map(|said| said.kept.values().cloned()).collect()
    }
}

impl Watchman {
    async fn lock(&self) -> MutexGuard<'_, Watched> {
        self.watched.0.lock().await
    }

    /// Reads something that shall leave, as the door will; where it is part of a live chat, with that.
    ///
    /// # Errors
    /// What the guard says, where it may not: [`ServiceError::Quotes`] with what it shares.
    async fn release<T: serde::Serialize>(
        &self,
        value: T,
        live: Option<&LiveConversation>,
        store: &Store,
    ) -> Result<Released<T>, ServiceError> {
        let mut watched = self.lock().await;
        watched.catch_up(store, &self.server).await?;
        let texts = KeptTexts::new(&watched, store, &self.server);
        let released = watched.guard.release_live(value, live, &texts).await;
        if texts.failed.get() {
            return Err(ServiceError::Internal(Unreadable::NoHistory.to_string()));
        }
        match released {
            Ok(released) => Ok(released),
            Err(Verdict::Refuse(overlaps)) => {
                Err(ServiceError::Quotes { about: false, quotes: quotes(&overlaps, &texts).await })
            }
            Err(Verdict::Unreadable(why)) => Err(ServiceError::Invalid(format!("this can't be sent: {why}"))),
            Err(Verdict::Pass) => Err(ServiceError::Internal("the guard said two things at once".into())),
        }
    }

    /// Watches over texts that are in no store, until they are taken away again.
    pub(super) async fn add(&self, pairs: &[PreferencePair]) {
        let mut watched = self.lock().await;
        pairs.iter().cloned().for_each(|pair| watched.take_other(pair));
    }

    /// Takes away what [`Watchman::add`] added.
    pub(super) async fn remove(&self, pairs: &[PreferencePair]) {
        let mut watched = self.lock().await;
        for pair in pairs {
            if watched.others.remove(&pair.id).is_some() {
                watched.guard.remove(pair);
            }
        }
    }

    /// Forgets all that it knows; the next request makes it anew.
    pub(super) async fn forget(&self) {
        *self.lock().await = Watched::of(HashMap::new());
    }
}

impl Asked {
    /// What [`Watchman::release`] gives, unless the page wants it no more.
    pub(super) async fn released<T: serde::Serialize>(
        &self,
        value: T,
        live: Option<&LiveConversation>,
        store: &Store,
    ) -> Result<Released<T>, ServiceError> {
        let watchman = self.server.watchman();
        let released = self.unless_stopped(watchman.release(value, live, store)).await;
        released.unwrap_or(Err(ServiceError::Cancelled))
    }
}

/// The stretches that something shares with the history, as they stand there, each once.
async fn quotes(overlaps: &[Overlap], texts: &KeptTexts<'_>) -> Vec<String> {
    let ids: Vec<PairId> = overlaps.iter().map(|overlap| overlap.pair).collect();
    let kept = texts.pairs(&ids).await;
    let mut quotes = Vec::new();
    for overlap in overlaps {
        let of = |kept: &Kept| {
            let text = overlap.field.of(&kept.pair)?.get(overlap.text_start..overlap.text_end)?;
            Some(text.trim().to_owned())
        };
        let quote = kept.iter().filter(|kept| kept.pair.id == overlap.pair).find_map(of);
        quotes.extend(quote.map(|text| shortened(&text)));
    }
    quotes.sort_unstable();
    quotes.dedup();
    quotes.truncate(MOST_QUOTES);
    quotes
}

/// Its first words.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(QUOTED) {
        Some((end, _)) => format!("{} …", text[..end].trim_end()),
        None => text.to_owned(),
    }
}

/// The guard as the door asks it.
pub(super) struct Watching(pub Watchman);

impl Watch for Watching {
    async fn check(&self, outgoing: &Outgoing<'_>) -> Verdict {
        let server = &self.0.server;
        let Ok(store) = server.store().await else { return Verdict::Unreadable(Unreadable::NoHistory) };
        let mut watched = self.0.lock().await;
        match watched.catch_up(&store, server).await {
            Ok(()) => watched.check(outgoing, &store, server).await,
            Err(_) => Verdict::Unreadable(Unreadable::NoHistory),
        }
    }
}

/// The ledger in the store; a page that shows it is told of each line.
pub(super) struct StoredLedger {
    pub server: Server,
    pub job: JobRow,
}

impl StoredLedger {
    async fn store(&self) -> Result<Store, LedgerError> {
        self.server.store().await.map_err(|error| LedgerError(error.to_string()))
    }
}

impl Ledger for StoredLedger {
    async fn open(&self, entry: LedgerEntry) -> Result<EntryId, LedgerError> {
        let row = LedgerRow { job: Some(self.job.clone()), ..LedgerRow::new(&entry) };
        let number = self.store().await?.open_line(&row, &entry.body).await.map_err(failed)?;
        self.server.changed(crate::service::Change::Ledger);
        Ok(EntryId(number as u64))
    }

    async fn close(&self, id: EntryId, outcome: Outcome) -> Result<(), LedgerError> {
        let outcome = OutcomeRow::new(&outcome);
        self.store().await?.close_line(id.0 as f64, outcome).await.map_err(failed)?;
        self.server.changed(crate::service::Change::Ledger);
        Ok(())
    }
}

fn failed(error: StoreError) -> LedgerError {
    LedgerError(error.to_string())
}
