//! What a page gives: choices as its programmer writes them, checked and turned into those of the house.

use serde::Deserialize;

use crate::preference::{Answer, Choice, Outcome, Turn};
use crate::service::{DraftPair, InductionSettings, Passphrase, ServiceError};

/// A preferred answer and another one.
#[derive(Clone, Debug, Deserialize)]
pub struct GivenPair {
    /// The conversation so far.
    pub context: Vec<Turn>,
    /// The answer that the person preferred.
    pub chosen: String,
    /// The other.
    pub rejected: String,
    /// The person's remark.
    #[serde(default)]
    pub note: Option<String>,
}

impl From<GivenPair> for DraftPair {
    fn from(given: GivenPair) -> Self {
        let GivenPair { context, chosen, rejected, note } = given;
        DraftPair { context, chosen, rejected, note }
    }
}

/// What was said where no answer won.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoWinner {
    /// All are good.
    AllGood,
    /// None is.
    AllBad,
}

/// A choice among answers.
#[derive(Clone, Debug, Deserialize)]
pub struct GivenChoice {
    /// The conversation so far.
    pub context: Vec<Turn>,
    /// The answers, as shown.
    pub options: Vec<Answer>,
    /// The id of the one that the person preferred.
    #[serde(default)]
    pub chosen: Option<String>,
    /// What they said instead.
    #[serde(default)]
    pub none: Option<NoWinner>,
    /// Where it was made.
    #[serde(default)]
    pub origin: Option<String>,
}

/// What was said of answers before.
#[derive(Clone, Debug, Deserialize)]
pub struct GivenOutcome {
    /// The id of the answer that the person preferred.
    #[serde(default)]
    chosen: Option<String>,
    /// What they said instead.
    #[serde(default)]
    none: Option<NoWinner>,
}

impl TryFrom<GivenOutcome> for Outcome {
    type Error = ServiceError;

    fn try_from(given: GivenOutcome) -> Result<Self, ServiceError> {
        match (given.chosen, given.none) {
            (Some(winner), None) => Ok(Outcome::Preferred(winner)),
            (None, Some(NoWinner::AllGood)) => Ok(Outcome::AllGood),
            (None, Some(NoWinner::AllBad)) => Ok(Outcome::AllBad),
            _ => Err(ServiceError::Invalid("a choice has either `chosen` or `none`".into())),
        }
    }
}

impl TryFrom<GivenChoice> for Choice {
    type Error = ServiceError;

    fn try_from(given: GivenChoice) -> Result<Self, ServiceError> {
        let outcome = GivenOutcome { chosen: given.chosen, none: given.none }.try_into()?;
        Ok(Choice {
            context: given.context,
            answers: given.options,
            outcome,
            at_ms: None,
            origin: given.origin,
        })
    }
}

/// How to import.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct GivenImport {
    /// The file's name, for the pairs' origin.
    pub name: Option<String>,
    /// The format's name.
    pub format: Option<String>,
    /// Whose lines to take.
    pub user: Option<String>,
    /// What opens it, for a profile.
    pub passphrase: Option<Passphrase>,
}

/// Which lines of the ledger.
#[derive(Clone, Debug, Deserialize)]
pub struct GivenWindow {
    /// Only lines with these words.
    #[serde(default)]
    pub words: String,
    /// Lines to skip.
    pub offset: u32,
    /// Lines to give.
    pub limit: u32,
}

/// How to induce.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct GivenSearch {
    /// `small` or `full`.
    pub search: Option<String>,
    /// Where chance starts from.
    pub seed: u32,
    /// Candidates in each search.
    pub candidates: Option<u32>,
}

impl GivenSearch {
    /// The settings, for the model with this id.
    pub fn settings(self, remote: Option<String>) -> InductionSettings {
        let search = self.search.unwrap_or_else(|| "small".into());
        InductionSettings { search, seed: self.seed, candidates: self.candidates, remote, divided: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(rest: &str) -> Result<Choice, ServiceError> {
        let options = r#"[{"id":"x","content":"one"},{"id":"y","content":"two"}]"#;
        let text = format!(r#"{{"context":[{{"role":"user","content":"q"}}],"options":{options}{rest}}}"#);
        serde_json::from_str::<GivenChoice>(&text).unwrap().try_into()
    }

    #[test]
    fn a_choice_has_one_of_four_outcomes() {
        assert_eq!(choice(r#","chosen":"y""#).unwrap().outcome, Outcome::Preferred("y".into()));
        assert_eq!(choice(r#","chosen":"x""#).unwrap().outcome, Outcome::Preferred("x".into()));
        assert_eq!(choice(r#","none":"all-good""#).unwrap().outcome, Outcome::AllGood);
        assert_eq!(choice(r#","none":"all-bad""#).unwrap().outcome, Outcome::AllBad);
        for wrong in ["", r#","chosen":"x","none":"all-bad""#] {
            assert!(matches!(choice(wrong), Err(ServiceError::Invalid(_))), "{wrong}");
        }
    }
}
