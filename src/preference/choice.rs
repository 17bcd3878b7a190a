//! A choice as it was made: several answers to one context, and one of four outcomes.

use serde::{Deserialize, Serialize};

use super::{PairId, PreferencePair, Turn};

/// One of the answers that a person was shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Names the answer within its choice; the winner is told by it, never by a side.
    pub id: String,
    /// The text.
    pub content: String,
}

/// What the person said of the answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "winner")]
pub enum Outcome {
    /// They preferred the answer with this id.
    Preferred(String),
    /// All of them are good.
    AllGood,
    /// None of them is.
    AllBad,
}

/// A choice among answers to one context, kept as it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The conversation so far.
    pub context: Vec<Turn>,
    /// The answers shown, in the order shown.
    pub answers: Vec<Answer>,
    /// What the person said.
    pub outcome: Outcome,
    /// When, in milliseconds since 1970 (UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_ms: Option<i64>,
    /// Where it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
}

impl Choice {
    /// Names the choice: a hash of what was shown and said, not of when or where, so importing twice adds nothing.
    ///
    /// Stores keep choices under it: it must stay what it is.
    pub fn id(&self) -> String {
        let mut shown = self.context.clone();
        for answer in &self.answers {
            shown.push(Turn::assistant(&*answer.id));
            shown.push(Turn::assistant(&*answer.content));
        }
        let (outcome, winner) = match &self.outcome {
            Outcome::Preferred(winner) => ("preferred", winner.as_str()),
            Outcome::AllGood => ("all good", ""),
            Outcome::AllBad => ("all bad", ""),
        };
        PairId::of(&shown, outcome, winner).to_string()
    }

    /// The pairs that follow: the preferred answer against each other one; none when nobody won.
    pub fn pairs(&self) -> Vec<PreferencePair> {
        let Outcome::Preferred(winner) = &self.outcome else { return Vec::new() };
        let Some(chosen) = self.answers.iter().find(|a| a.id == *winner) else { return Vec::new() };
        self.answers
            .iter()
            .filter(|a| a.id != *winner && a.content != chosen.content)
            .map(|rejected| PreferencePair {
                at_ms: self.at_ms,
                origin: self.origin.clone(),
                ..PreferencePair::new(self.context.clone(), &*chosen.content, &*rejected.content)
            })
            .collect()
    }

    /// The answers of a choice from which no pair follows, two by two as pairs: nothing is learned from them, and they are
    /// as private as any other.
    pub fn unpaired(&self) -> Vec<PreferencePair> {
        if !self.pairs().is_empty() {
            return Vec::new();
        }
        let pair = |two: &[Answer]| {
            let second = two.get(1).map_or("", |answer| &answer.content);
            PreferencePair::new(self.context.clone(), &*two[0].content, second)
        };
        self.answers.chunks(2).map(pair).collect()
    }
}
