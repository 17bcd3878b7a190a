//! Which of a model's texts quote the history: they are no claims, whoever wrote them.
//!
//! The guard at the door would stop a request that holds one, and a portrait should hold no text of a choice.

use super::TEMPLATES;
use super::claims::{Claim, Source, State};
use super::trace::Reasoning;
use crate::preference::History;
use crate::privacy::{Common, InMemory};

/// Knows the history, and tells what quotes it as the guard does.
pub(super) struct Quotes(InMemory);

impl Quotes {
    /// Of this history.
    pub fn of(history: &History) -> Self {
        Quotes(InMemory::new(Common::shipped(TEMPLATES), history.pairs()))
    }

    async fn are_in(&self, text: &str) -> bool {
        self.0.release(text).await.is_err()
    }

    /// Keeps no reasoning that quotes the history where it would stand in later requests: the guard would stop them,
    /// and the job with them.
    pub async fn let_go(&self, reasonings: &mut [Reasoning]) {
        for reasoning in reasonings {
            reasoning.kept = reasoning.kept && !self.are_in(&reasoning.text).await;
        }
    }

    /// Drops the model's claims that quote the history.
    pub async fn drop_claims(&self, claims: &mut [Claim]) {
        for claim in claims.iter_mut().filter(|claim| claim.from == Source::Reasoning) {
            if self.are_in(&claim.text).await {
                claim.state = State::Dropped("it quoted your choices".into());
            }
        }
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
        let quotes = Quotes::of(&history);
        assert_eq!(claims.map(|claim| pollster::block_on(quotes.are_in(claim))), [false, true]);
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
        pollster::block_on(Quotes::of(&history).let_go(&mut reasonings));
        assert_eq!(reasonings.map(|reasoning| reasoning.kept), [true, false]);
    }
}
