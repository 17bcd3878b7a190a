//! Why a profile was not sealed or opened.

/// Why a profile was not sealed or opened. Nothing of the passphrase or the content is in it.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// Sealing takes a passphrase.
    #[error("the passphrase is empty")]
    NoPassphrase,
    /// It begins otherwise than an age file.
    #[error("it is no age file")]
    NotAge,
    /// It is an age file written as text.
    #[error("it is an age file in ASCII armor")]
    Armored,
    /// It is sealed for keys.
    #[error("it is an age file for a key, not for a passphrase")]
    NotByPassphrase,
    /// Its header is not as the format says.
    #[error("its age header is damaged: {0}")]
    BadHeader(&'static str),
    /// Finding out its key would take too much memory and time.
    #[error("its scrypt work factor is {found}, more than {most}")]
    TooMuchWork {
        /// The logarithm that the header names.
        found: u8,
        /// The largest that is read.
        most: u8,
    },
    /// There is not memory enough for scrypt.
    #[error("there is no memory for its scrypt work factor of {0}")]
    NoMemory(u8),
    /// The passphrase does not fit.
    #[error("the passphrase is wrong")]
    WrongPassphrase,
    /// It ends before its end; a last block that was changed looks the same.
    #[error("it is cut off, or damaged at its end")]
    Truncated,
    /// It was changed since it was sealed.
    #[error("it is damaged in its block {0}")]
    Damaged(u64),
    /// What was sealed is something else.
    #[error("it opens, but holds no Likeness profile: {0}")]
    NotAProfile(String),
    /// A later version wrote it.
    #[error("it is of version {found}; this program knows {known}")]
    TooNew {
        /// The file's version.
        found: u64,
        /// The newest that this code knows.
        known: u64,
    },
}

impl ProfileError {
    /// What the person can do.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::NoPassphrase => "choose one: four or five words at random are safe",
            Self::NotAge => "choose the file that Likeness saved for moving to another place",
            Self::Armored => {
                "turn it into a binary file with an age tool: open it, and seal it without armor"
            }
            Self::NotByPassphrase => "open it with the age tool and key that it was made for",
            Self::BadHeader(_) | Self::Damaged(_) => {
                "copy it again from where it was saved, or save it anew there"
            }
            Self::TooMuchWork { .. } => {
                "open it with an age tool, and seal it again with the usual work factor"
            }
            Self::NoMemory(_) => "close other tabs, or open it on a larger machine",
            Self::WrongPassphrase => "type it as it was when the file was saved; capitals and spaces count",
            Self::Truncated => "copy it again from where it was saved: a part of it is missing",
            Self::NotAProfile(_) => "choose the file that Likeness saved for moving to another place",
            Self::TooNew { .. } => "open it with the newest version",
        }
    }
}
