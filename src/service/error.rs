//! Why a request was not done, as a page shows it.

use serde::{Deserialize, Serialize};

/// Why a request was not done. The text says what was wrong and where; [`ServiceError::advice`] what to do.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum ServiceError {
    /// The person stopped it.
    #[error("stopped")]
    Cancelled,
    /// The browser gives no database, as some do in private windows.
    #[error("this browser gives the page no storage: {0}")]
    NoStorage(String),
    /// The database is of a newer version of the app.
    #[error("the history was written by a newer version (database {found}, this app knows {known})")]
    TooNew {
        /// The database's version.
        found: u32,
        /// The newest that this code knows.
        known: u32,
    },
    /// Another tab holds an older version open.
    #[error("another tab with an older version of this app is open")]
    Blocked,
    /// A newer version of the app, in another tab, has taken the database over.
    #[error("a newer version of this app is open in another tab")]
    Outdated,
    /// No room is left.
    #[error("the browser's storage is full")]
    QuotaFull,
    /// The file can't be read.
    #[error("the file can't be imported: {0}")]
    BadFile(String),
    /// The file is sealed, and no passphrase was given.
    #[error("the file is sealed with a passphrase")]
    Sealed,
    /// The passphrase does not open the file.
    #[error("the passphrase does not open this file")]
    WrongPassphrase,
    /// The file holds several people's lines.
    #[error("the file holds the choices of several people")]
    SeveralPeople {
        /// Their names in the file.
        users: Vec<String>,
    },
    /// What was named is not there (any more).
    #[error("not found: {0}")]
    NotFound(String),
    /// What it goes on from was changed in another tab meanwhile.
    #[error("{0} went on in another tab meanwhile, or was ended there")]
    ChangedElsewhere(String),
    /// Too late to undo.
    #[error("the time to undo is over")]
    UndoExpired,
    /// The request's content is wrong.
    #[error("{0}")]
    Invalid(String),
    /// What the person wants to send shares text with their history.
    #[error("this quotes your history: {}", .quotes.iter().map(|quote| format!("“{quote}”")).collect::<Vec<_>>().join(", "))]
    Quotes {
        /// Whether that is in what they say of themselves, and not in the question.
        about: bool,
        /// The stretches, as they stand in the history, shortened.
        quotes: Vec<String>,
    },
    /// There are too few pairs for this.
    #[error("there are {have} pairs, this needs at least {need}")]
    TooFewPairs {
        /// Pairs there are.
        have: u32,
        /// Pairs needed.
        need: u32,
    },
    /// No model is loaded.
    #[error("no language model is loaded")]
    NoModel,
    /// The engine fails.
    #[error("the language model: {0}")]
    Model(String),
    /// The model's file is none that the engine runs, or is damaged.
    #[error("{0}")]
    BadModel(String),
    /// The model and its work don't fit into memory.
    #[error("the language model: {0}")]
    OutOfMemory(String),
    /// The model's address gives no file.
    #[error("{0}")]
    Unreachable(String),
    /// A server answers at the model's address, and gives no file.
    #[error("{0}")]
    NoFileThere(String),
    /// A remote model gave no answer; the text says what to do.
    #[error("the remote model: {0}")]
    Remote(String),
    /// This worker has the history alone, and hands the request on to the one that can do it: no page is answered so.
    #[error("this takes the whole data worker")]
    NotHere,
    /// The worker broke; it has been started anew.
    #[error("an internal error: {0}")]
    Internal(String),
}

impl ServiceError {
    /// What the person can do.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Cancelled => "Start it again when you like; what was done so far is kept.",
            Self::NoStorage(_) => "Open the app in an ordinary window; a private window may refuse storage.",
            Self::TooNew { .. } => "Reload the page to get the newest version of the app.",
            Self::Blocked => "Close the other tabs of this app, then reload this one.",
            Self::Outdated => "Reload this page to get the newer version.",
            Self::QuotaFull => "Free some disk space, or remove a model on the Models page, then try again.",
            // The reason says it already, and for one file it is another thing than for the next.
            Self::BadFile(_) => "Try again when that is done.",
            Self::Sealed => "Give the passphrase that it was saved with.",
            Self::WrongPassphrase => "Type it as it was when the file was saved; capitals and spaces count.",
            Self::SeveralPeople { .. } => "Choose whose lines to import.",
            Self::NotFound(_) => "It may have been deleted in another tab; reload the page.",
            Self::ChangedElsewhere(_) => {
                "It is shown as it is now, and nothing of it is lost. Try again to go on from there."
            }
            Self::UndoExpired => "Import it again from a backup, if you have one.",
            Self::Invalid(_) => "Change what was entered and try again.",
            Self::Quotes { .. } => "It was not sent. Say it in other words.",
            Self::TooFewPairs { .. } => "Add some more choices on the History page.",
            Self::NoModel => "Load a model on the Models page.",
            Self::BadModel(_) => "Choose another model, or get this file again, whole.",
            Self::OutOfMemory(_) => "Choose a smaller model, or close other tabs and load it again.",
            Self::Unreachable(_) => "Check the address; its server must allow other pages to read it (CORS).",
            Self::NoFileThere(_) => "Check the address: its server answers, but has no file for you there.",
            Self::Model(_) => "Load the model again, or choose another one.",
            Self::Remote(_) => "Try again once that is mended; an induction goes on where it stopped.",
            Self::Internal(_) | Self::NotHere => {
                "Try again; if it comes back, reload the page. Nothing stored was lost."
            }
        }
    }
}
