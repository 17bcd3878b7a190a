//! The guard: reads what is about to leave against the whole history, and refuses what shares text with it.
//!
//! It holds an index of fingerprints and no text. A request is read in every way that it could be ([`reading`]), each
//! reading folded to its letters ([`normal`]), each gram of letters looked up ([`gram`], [`filter`]); what the index
//! may know is confirmed against the stored pairs ([`compare`]), which the store hands over. `PRIVACY.md` says what
//! it refuses for certain, what it only often does, and what it can't see.

mod bar;
mod bits;
mod charsets;

mod compare;
mod entities;
mod escapes;
mod fields;
mod filter;
mod gram;
mod index;
mod live;
mod markup;
mod memory;
mod normal;
mod numbers;
mod passage;
mod phrases;
mod radix;
mod reading;
mod seams;
#[cfg(test)]
mod tests;

use std::ops::Range;

use serde::Serialize;

pub use live::Kept;
pub use memory::InMemory;
pub use phrases::Common;

use self::bar::Measured;
use self::compare::{Comparison, TooLong};
use self::index::{Hits, Index};
use self::markup::shown;
use self::normal::{Folding, depends_on_folding, letters};
use super::{Field, LiveConversation, Outgoing, Overlap, Released, Unreadable, Verdict, Watch};
use crate::preference::{PairId, PreferencePair};

/// Pairs fetched at a time.
const FETCHED: usize = 64;

/// So many pairs that share text are proof enough.
const MOST_PAIRS: usize = 16;

/// Where the stored texts are: a hit of the index is confirmed against them.
#[allow(async_fn_in_trait)] // why: used with static dispatch only, on one thread.
pub trait Texts {
    /// The pairs with these ids; those that are gone are left out.
    async fn pairs(&self, ids: &[PairId]) -> Vec<Kept>;

    /// The pairs that came of a conversation.
    async fn conversation(&self, id: &str) -> Vec<Kept>;
}

/// The index of a history, kept up to date as its pairs change.
#[derive(Clone, Debug)]
pub struct Guard {
    common: Common,
    index: Index,
}

impl Guard {
    /// A guard of an empty history; stretches of `common` texts do not count.
    pub fn new(common: Common) -> Self {
        Guard { common, index: Index::default() }
    }

    /// Takes a pair into the index; one that is there adds nothing.
    pub fn add(&mut self, pair: &PreferencePair) {
        if let Some(number) = self.index.number(pair.id) {
            for (_, text) in texts(pair) {
                self.index.add(number, &self.ways(text));
            }
        }
    }

    /// Forgets a pair, which must have the texts that it was added with. To be called when the pair is gone from
    /// everywhere else.
    pub fn remove(&mut self, pair: &PreferencePair) {
        if let Some(number) = self.index.forget(pair.id) {
            for (_, text) in texts(pair) {
                self.index.remove(number, &self.ways(text));
            }
        }
    }

    /// A text of the history in the ways in which somebody may have read it: as it is, and as a page shows it.
    fn ways(&self, text: &str) -> Vec<Measured> {
        let shown = shown(text).map(|shown| Measured::of(&shown.text, &[&self.common]));
        std::iter::once(Measured::of(text, &[&self.common])).chain(shown).collect()
    }

    /// Puts a pair in the place of another.
    pub fn edit(&mut self, old: &PreferencePair, new: &PreferencePair) {
        self.add(new);
        self.remove(old);
    }

    /// Pairs in the index.
    pub fn pairs(&self) -> usize {
        self.index.pairs()
    }

    /// Memory that the index takes.
    pub fn bytes(&self) -> usize {
        self.index.bytes()
    }

    /// Reads a request against the history, whose texts the store hands over where they are needed.
    pub async fn check(&self, outgoing: &Outgoing<'_>, texts: &impl Texts) -> Verdict {
        let readings = match reading::readings(outgoing) {
            Ok(readings) => readings,
            Err(why) => return Verdict::Unreadable(why),
        };
        let hits = self.index.hits(&readings);
        if hits.is_none() {
            return Verdict::Pass;
        }
        let live = match outgoing.live {
            Some(live) => live::may_return(live, outgoing.url, &texts.conversation(&live.id).await),
            None => Common::default(),
        };
        let common = [&self.common, &live, &live::own_address(outgoing.url)];
        match self.confirm(&hits, &common, texts).await {
            Ok(overlaps) if overlaps.is_empty() => Verdict::Pass,
            Ok(overlaps) => Verdict::Refuse(overlaps),
            Err(TooLong) => Verdict::Unreadable(Unreadable::TooMuch),
        }
    }

    /// Compares with the pairs that were hit, and where hits name nobody, with all; what is `common` does not count.
    async fn confirm(
        &self,
        hits: &Hits,
        common: &[&Common],
        texts: &impl Texts,
    ) -> Result<Vec<Overlap>, TooLong> {
        let mut comparison = Comparison::new(&hits.readings, &hits.places);
        let mut overlaps = Vec::new();
        let mut pairs = 0;
        let (named, others) = self.index.candidates(hits);
        for ids in named.chunks(FETCHED).chain(others.chunks(FETCHED)) {
            for kept in texts.pairs(ids).await {
                let before = overlaps.len();
                for (field, text) in self::texts(&kept.pair) {
                    let mut found = overlap(&mut comparison, text, common)?;
                    if found.is_none()
                        && let Some(shown) = shown(text)
                    {
                        found = overlap(&mut comparison, &shown.text, common)?.map(|run| shown.run(run));
                    }
                    if let Some(Range { start: text_start, end: text_end }) = found {
                        overlaps.push(Overlap { pair: kept.pair.id, field, text_start, text_end });
                    }
                }
                pairs += usize::from(overlaps.len() > before);
                if pairs >= MOST_PAIRS {
                    return Ok(overlaps);
                }
            }
        }
        Ok(overlaps)
    }

    /// Releases what the person wrote or approved, or what was made of sketches: all that it would be sent as is read.
    pub async fn release<T: Serialize>(&self, value: T, texts: &impl Texts) -> Result<Released<T>, Verdict> {
        self.release_live(value, None, texts).await
    }

    /// Releases it as [`Guard::release`] does; what a live chat said may be in it, for the endpoint that it was said to.
    pub async fn release_live<T: Serialize>(
        &self,
        value: T,
        live: Option<&LiveConversation>,
        texts: &impl Texts,
    ) -> Result<Released<T>, Verdict> {
        let body = serde_json::to_vec(&value).map_err(|_| Verdict::Unreadable(Unreadable::NotText))?;
        let url = live.map_or("", |live| &live.origin);
        let outgoing = Outgoing { url, headers: &[], body: &body, live };
        match self.check(&outgoing, texts).await {
            Verdict::Pass => Ok(Released::new(value)),
            refused => Err(refused),
        }
    }
}

/// A guard with the store that its hits are confirmed against: what the door asks.
#[derive(Clone, Copy, Debug)]
pub struct Watcher<'a, T> {
    /// The index.
    pub guard: &'a Guard,
    /// The stored texts.
    pub texts: &'a T,
}

impl<T: Texts> Watch for Watcher<'_, T> {
    async fn check(&self, outgoing: &Outgoing<'_>) -> Verdict {
        self.guard.check(outgoing, self.texts).await
    }
}

/// Every text of a pair that is history.
fn texts(pair: &PreferencePair) -> impl Iterator<Item = (Field, &str)> {
    let context =
        pair.context.iter().enumerate().map(|(at, turn)| (Field::Context(at), turn.content.as_str()));
    let answers = [(Field::Chosen, pair.chosen.as_str()), (Field::Rejected, pair.rejected.as_str())];
    context.chain(answers).chain(pair.note.as_deref().map(|note| (Field::Note, note)))
}

/// Where a text of the history leaves, in bytes.
fn overlap(
    comparison: &mut Comparison<'_>,
    text: &str,
    common: &[&Common],
) -> Result<Option<Range<usize>>, TooLong> {
    let by_looks = depends_on_folding(text).then_some(Folding::Looks);
    for folding in std::iter::once(Folding::Cases).chain(by_looks) {
        let letters = letters(text, folding);
        let values: Vec<u32> = letters.iter().map(|letter| letter.value).collect();
        if !comparison.touches(&letters, &values) {
            continue;
        }
        let measured = Measured::of_letters(text, letters, values, common);
        if let Some(run) = comparison.overlap(&measured)? {
            let (first, last) = (&measured.letters[run.start], &measured.letters[run.end - 1]);
            return Ok(Some(first.start as usize..last.end as usize));
        }
    }
    Ok(None)
}
