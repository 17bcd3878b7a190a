//! Which of a model's texts quote the history: they are no claims, whoever wrote them.
//!
//! The guard at the door would stop a request that holds one, and a portrait should hold no text of a choice.

use super::TEMPLATES;
use super::claims::{Claim, Source, State};
use super::trace::Reasoning;
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
async fn quoting(history: &History, texts: &[&str]) -> Vec<bool> {
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

/// Keeps no reasoning that quotes the history where it would stand in later requests: the guard would stop them, and
/// the job with them.
pub(super) async fn let_go_of_quotes(reasonings: &mut [Reasoning], history: &History) {
    let texts: Vec<&str> = reasonings.iter().map(|reasoning| reasoning.text.as_str()).collect();
    let told = quoting(history, &texts).await;
    for (reasoning, _) in reasonings.iter_mut().zip(told).filter(|(_, quotes)| *quotes) {
        reasoning.kept = false;
    }
}

/// Drops the model's claims that quote the history.
pub(super) async fn drop_quotes(claims: &mut [Claim], history: &History) {
    let mut said: Vec<&mut Claim> =
        claims.iter_mut().filter(|claim| claim.from == Source::Reasoning).collect();
    let texts: Vec<&str> = said.iter().map(|claim| claim.text.as_str()).collect();
    let told = quoting(history, &texts).await;
    for (claim, _) in said.iter_mut().zip(told).filter(|(_, quotes)| *quotes) {
        claim.state = State::Dropped("it quoted your choices".into());
    }
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

    #[test]
    fn a_reasoning_that_quotes_is_not_kept() {
        let asked = "Should I tell my sister Ottilie that the ferrets ate her wedding cake last night?";
        let history = History::new([PreferencePair::new(vec![Turn::user(asked)], "Yes, soon.", "No.")]);
        let reasoning = |text: &str| Reasoning {
            pair: history.pairs()[0].id,
            chosen_first: true,
            text: text.into(),
            margin: 1.0,
            kept: true,
        };
        let mut reasonings = [reasoning("The first is shorter."), reasoning(asked)];
        pollster::block_on(let_go_of_quotes(&mut reasonings, &history));
        assert_eq!(reasonings.map(|reasoning| reasoning.kept), [true, false]);
    }
}
