//! Which of a model's texts quote the history: they are no claims, whoever wrote them.
//!
//! The guard at the door would stop a request that holds one, and a portrait should hold no text of a choice.

use super::TEMPLATES;
use crate::preference::{History, PairId};
use crate::privacy::{Common, Guard, Kept, Texts};

/// The history as the guard confirms its hits against it.
struct InMemory<'a>(&'a History);

impl Texts for InMemory<'_> {
    async fn pairs(&self, ids: &[PairId]) -> Vec<Kept> {
        let named = self.0.pairs().iter().filter(|pair| ids.contains(&pair.id));
        named.map(|pair| Kept { pair: pair.clone(), went: None }).collect()
    }

    async fn conversation(&self, _: &str) -> Vec<Kept> {
        Vec::new()
    }
}

/// For each text whether it shares a passage with the history, as the guard tells it.
pub(super) async fn quoting(history: &History, texts: &[&str]) -> Vec<bool> {
    if texts.is_empty() {
        return Vec::new();
    }
    let mut guard = Guard::new(Common::shipped(TEMPLATES));
    history.pairs().iter().for_each(|pair| guard.add(pair));
    let mut told = Vec::with_capacity(texts.len());
    for text in texts {
        told.push(guard.release(*text, &InMemory(history)).await.is_err());
    }
    told
}

#[cfg(test)]
#[cfg(feature = "cli")]
mod tests {
    use super::*;
    use crate::preference::{PreferencePair, Turn};

    #[test]
    fn a_quote_is_told_and_a_claim_is_not() {
        let asked = "Should I tell my sister Ottilie that the ferrets ate her wedding cake last night?";
        let history = History::new([PreferencePair::new(vec![Turn::user(asked)], "Yes, soon.", "No.")]);
        let claims = [
            "You prefer answers that are short and warm.",
            "You like to tell my sister Ottilie that the ferrets ate her wedding cake.",
        ];
        assert_eq!(pollster::block_on(quoting(&history, &claims)), [false, true]);
        assert!(pollster::block_on(quoting(&history, &[])).is_empty());
    }
}
