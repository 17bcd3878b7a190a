//! The ledger: a line for every request, written before it leaves, with the exact body.
//!
//! It is what a person reads to see what left. An entry is opened before anything is sent and closed with what came
//! of it; an entry that was never closed belongs to a request whose page went away while it was under way. Keys are
//! never in it.

use std::cell::RefCell;

use super::Verdict;

/// One request: what was to go where, what the guard said, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerEntry {
    /// When it was written, in milliseconds since 1970, before the request left.
    pub when_ms: u64,
    /// Where the request goes, with path and query.
    pub url: String,
    /// The scheme, host and port of that.
    pub origin: String,
    /// What it is for, in plain words.
    pub purpose: String,
    /// The model that is asked.
    pub model: String,
    /// The length of the body, in bytes.
    pub bytes: u64,
    /// The body exactly as it is sent.
    pub body: Vec<u8>,
    /// The headers that we set, without the one that carries the key.
    pub headers: Vec<(String, String)>,
    /// The name of the header that carried the key, where one was sent.
    pub key_header: Option<String>,
    /// What the guard said.
    pub verdict: Verdict,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was stopped at the door; this says why, in plain words.
    NotSent(String),
    /// It left, or was about to; nothing more is known.
    Underway,
    /// The reply came whole, or as far as it was wanted.
    Answered {
        /// The HTTP status.
        status: u16,
        /// Bytes of the reply's body.
        bytes: u64,
    },
    /// The reply broke off, could not be read, or never began.
    Broken {
        /// The HTTP status, where the reply began.
        status: Option<u16>,
        /// Bytes of the reply's body that came.
        bytes: u64,
        /// Why, in plain words, without any text of the request.
        why: String,
    },
}

/// Names an entry to the ledger that wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntryId(pub u64);

/// The ledger could not be written; then nothing is sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the ledger could not be written: {0}")]
pub struct LedgerError(pub String);

/// Wherever the entries are kept.
#[allow(async_fn_in_trait)] // why: used with static dispatch only, on one thread.
pub trait Ledger {
    /// Writes an entry; the request leaves only once this has come back.
    async fn open(&self, entry: LedgerEntry) -> Result<EntryId, LedgerError>;

    /// Adds what came of the request.
    async fn close(&self, id: EntryId, outcome: Outcome) -> Result<(), LedgerError>;
}

impl<L: Ledger> Ledger for &L {
    async fn open(&self, entry: LedgerEntry) -> Result<EntryId, LedgerError> {
        (**self).open(entry).await
    }

    async fn close(&self, id: EntryId, outcome: Outcome) -> Result<(), LedgerError> {
        (**self).close(id, outcome).await
    }
}

/// A ledger in memory: for the command, which shows it at the end, and for tests.
#[derive(Debug, Default)]
pub struct MemoryLedger(RefCell<Vec<LedgerEntry>>);

impl MemoryLedger {
    /// Every entry, oldest first.
    pub fn entries(&self) -> Vec<LedgerEntry> {
        self.0.borrow().clone()
    }
}

impl Ledger for MemoryLedger {
    async fn open(&self, entry: LedgerEntry) -> Result<EntryId, LedgerError> {
        let mut entries = self.0.borrow_mut();
        entries.push(entry);
        Ok(EntryId(entries.len() as u64 - 1))
    }

    async fn close(&self, id: EntryId, outcome: Outcome) -> Result<(), LedgerError> {
        let mut entries = self.0.borrow_mut();
        let at = usize::try_from(id.0).unwrap_or(usize::MAX);
        let entry = entries.get_mut(at).ok_or_else(|| LedgerError("there is no such entry".into()))?;
        entry.outcome = outcome;
        Ok(())
    }
}
