//! A guard of a history that is all in memory, together with its texts.

use std::collections::HashMap;

use serde::Serialize;

use super::{Common, Guard, Kept, Texts, Watcher};
use crate::preference::{PairId, PreferencePair};
use crate::privacy::{Outgoing, Released, Verdict, Watch};

impl Texts for HashMap<PairId, Kept> {
    async fn pairs(&self, ids: &[PairId]) -> Vec<Kept> {
        ids.iter().filter_map(|id| self.get(id).cloned()).collect()
    }

    async fn conversation(&self, id: &str) -> Vec<Kept> {
        let of = |kept: &&Kept| kept.went.as_ref().is_some_and(|went| went.id == id);
        self.values().filter(of).cloned().collect()
    }
}

/// The guard of a history none of which ever left, with the texts that its hits are confirmed against.
#[derive(Clone, Debug)]
pub struct InMemory {
    guard: Guard,
    texts: HashMap<PairId, Kept>,
}

impl InMemory {
    /// Guards these pairs; stretches of `common` texts do not count.
    pub fn new<'a>(common: Common, pairs: impl IntoIterator<Item = &'a PreferencePair>) -> Self {
        let (mut guard, mut texts) = (Guard::new(common), HashMap::new());
        for pair in pairs {
            guard.add(pair);
            texts.insert(pair.id, Kept { pair: pair.clone(), went: None });
        }
        InMemory { guard, texts }
    }

    /// As [`Guard::release`].
    ///
    /// # Errors
    /// What the guard says, where it may not.
    pub async fn release<T: Serialize>(&self, value: T) -> Result<Released<T>, Verdict> {
        self.guard.release(value, &self.texts).await
    }
}

impl Watch for InMemory {
    async fn check(&self, outgoing: &Outgoing<'_>) -> Verdict {
        Watcher { guard: &self.guard, texts: &self.texts }.check(outgoing).await
    }
}
