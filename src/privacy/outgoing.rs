//! What is about to leave, as the guard reads it, and what the guard says to it.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::preference::{PairId, PreferencePair};

/// A request at the door: everything of it that carries text.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    /// Where it goes, with path and query.
    pub url: &'a str,
    /// Its headers, keys left out: a key is no history, and the guard need not see it.
    pub headers: &'a [(String, String)],
    /// Its body, as it will be sent.
    pub body: &'a [u8],
    /// The live chat that it continues: its own turns may go again to the endpoint that they went to, and to no other.
    pub live: Option<&'a LiveConversation>,
}

/// A chat that the person has with a remote model right now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveConversation {
    /// The conversation's id, as the pairs that come of it name it.
    pub id: String,
    /// The origin that its turns go to: scheme, host and port.
    pub origin: String,
}

/// What the guard says to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing of the history is in it.
    Pass,
    /// It shares text with the history, here.
    Refuse(Vec<Overlap>),
    /// It can't be read to its end, so it can't be said to be free of history.
    Unreadable(Unreadable),
}

/// Why what leaves could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unreadable {
    /// More layers of encoding than are undone.
    #[error("it is encoded too many times over to be read")]
    TooDeep,
    /// Decoding it, or comparing it, takes more than a request may.
    #[error("it unfolds to more than can be read")]
    TooMuch,
    /// Bytes that are no text: compressed, encrypted, an image.
    #[error("it is not text")]
    NotText,
    /// The history that it is to be compared with.
    #[error("the history that it is to be compared with can't be read")]
    NoHistory,
}

/// A stretch that an outgoing text shares with one pair.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Overlap {
    /// Whose text it is.
    pub pair: PairId,
    /// Which of its texts.
    pub field: Field,
    /// Where the shared stretch starts in that text, in bytes of UTF-8.
    pub text_start: usize,
    /// Where it ends: the byte behind its last.
    pub text_end: usize,
}

/// One of a pair's texts. It is written `context/0`, `chosen`, `rejected` or `note`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The content of a turn of the context, counted from 0.
    Context(usize),
    /// The answer that the person preferred.
    Chosen,
    /// The one that they did not.
    Rejected,
    /// Their remark.
    Note,
}

impl Field {
    /// This text of a pair; none where the pair has none such.
    pub fn of(self, pair: &PreferencePair) -> Option<&str> {
        match self {
            Field::Context(turn) => pair.context.get(turn).map(|turn| turn.content.as_str()),
            Field::Chosen => Some(&pair.chosen),
            Field::Rejected => Some(&pair.rejected),
            Field::Note => pair.note.as_deref(),
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Field::Context(turn) => write!(f, "context/{turn}"),
            Field::Chosen => f.write_str("chosen"),
            Field::Rejected => f.write_str("rejected"),
            Field::Note => f.write_str("note"),
        }
    }
}

impl Serialize for Field {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Whoever reads each request before it leaves.
#[allow(async_fn_in_trait)] // why: used with static dispatch only, on one thread.
pub trait Watch {
    /// Reads a request against the whole history.
    async fn check(&self, outgoing: &Outgoing<'_>) -> Verdict;
}
