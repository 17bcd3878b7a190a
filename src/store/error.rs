//! Why the store can't do something: each variant is a state that the page shows with what to do about it.

/// Why the store can't do what it was asked.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// There is no IndexedDB, as in some private windows and frames.
    #[error("this browser gives the page no storage: {0}")]
    Unavailable(String),
    /// The database was written by a later version of the app.
    #[error("the database is of version {found}, this app knows {known}")]
    TooNew {
        /// The database's version.
        found: u32,
        /// [`super::VERSION`].
        known: u32,
    },
    /// Another tab has an older version open and does not let go of it.
    #[error("another tab with an older version of the app is open")]
    Blocked,
    /// A later version, in another tab, has taken the database over; this tab must be reloaded.
    #[error("a newer version of the app is open in another tab")]
    Outdated,
    /// No room is left.
    #[error("the browser's storage is full")]
    QuotaFull,
    /// No such person.
    #[error("no such person")]
    NoProfile,
    /// The pair to be changed is not there any more.
    #[error("the pair is gone")]
    NoPair,
    /// The time to undo is over, or it was undone already.
    #[error("the time to undo is over")]
    UndoExpired,
    /// The store was opened without a [`super::Strip`], and this takes one.
    #[error("this store can't take deleted pairs out of a portrait")]
    NoStrip,
    /// A row is not what this version writes.
    #[error("a stored {what} is damaged")]
    Damaged {
        /// What kind of row.
        what: &'static str,
    },
    /// What the browser says.
    #[error("the database fails: {name}")]
    Failed {
        /// The exception's name; its message may hold data and is left out.
        name: String,
    },
}
