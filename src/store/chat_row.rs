//! The conversation that a person has with a remote model, as it is stored.

use serde::{Deserialize, Serialize};

use crate::preference::PairId;

/// A person's conversation; each has one at a time. Stored as JSON.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ChatRow {
    /// Names it.
    pub id: String,
    /// The remote model that was asked last.
    pub endpoint: String,
    /// Scheme, host and port that all of it went to. It goes to no other.
    pub origin: String,
    /// What the person lets the model know about them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// What was asked and drafted, oldest first.
    pub exchanges: Vec<ExchangeRow>,
}

/// A question and the answers that were drafted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExchangeRow {
    /// The question, as it was sent.
    pub question: String,
    /// The model that drafted.
    pub model: String,
    /// The answers, the one first that the person would like best. There is at least one.
    pub drafts: Vec<DraftRow>,
    /// The one that the person picked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picked: Option<u32>,
    /// The pairs that the pick made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pairs: Vec<PairId>,
}

/// An answer that was drafted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DraftRow {
    /// The answer.
    pub text: String,
    /// The chance that the person prefers it to another of its exchange, on average, when it was drafted.
    pub liked: f32,
    /// Why, in words.
    pub why: Vec<String>,
}

impl ExchangeRow {
    /// The answer that the conversation goes on from: the picked one, else the best.
    pub fn answer(&self) -> &str {
        let picked = self.picked.and_then(|at| self.drafts.get(at as usize)).or(self.drafts.first());
        picked.map_or("", |draft| &draft.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_goes_on_from_the_pick() {
        let draft = |text: &str| DraftRow { text: text.into(), liked: 0.5, why: Vec::new() };
        let mut exchange = ExchangeRow {
            question: "q".into(),
            model: "m".into(),
            drafts: vec![draft("best"), draft("other")],
            picked: None,
            pairs: Vec::new(),
        };
        assert_eq!(exchange.answer(), "best");
        exchange.picked = Some(1);
        assert_eq!(exchange.answer(), "other");
        // Of a file that somebody changed.
        exchange.picked = Some(9);
        assert_eq!(exchange.answer(), "best");
    }
}
