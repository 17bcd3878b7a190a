//! What is about to leave, as the guard reads it, and what the guard says to it.

use crate::preference::PairId;

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
}

/// A stretch that an outgoing text shares with one pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlap {
    /// Whose text it is.
    pub pair: PairId,
    /// Where the shared stretch starts in that pair's text, in bytes.
    pub text_start: usize,
    /// Where it ends.
    pub text_end: usize,
}

/// Whoever reads each request before it leaves.
#[allow(async_fn_in_trait)] // why: used with static dispatch only, on one thread.
pub trait Watch {
    /// Reads a request against the whole history.
    async fn check(&self, outgoing: &Outgoing<'_>) -> Verdict;
}
