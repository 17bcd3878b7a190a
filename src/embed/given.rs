//! What a page gives: choices as its programmer writes them, checked and turned into those of the house.

use serde::Deserialize;

use crate::preference::{Answer, Choice, Outcome, Turn};
use crate::service::{
    DeviceChoice, DraftPair, InductionSettings, ModelSource, Passphrase, ReasonWords, ServiceError,
};

/// Where a choice was made, as the person is shown it, when the page does not say.
const RECORDED: &str = "recorded by the page";

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
    /// Where it was made.
    #[serde(default)]
    pub origin: Option<String>,
}

impl From<GivenPair> for DraftPair {
    fn from(given: GivenPair) -> Self {
        let GivenPair { context, chosen, rejected, note, origin } = given;
        DraftPair { context, chosen, rejected, note, origin: recorded(origin) }
    }
}

fn recorded(origin: Option<String>) -> Option<String> {
    origin.filter(|origin| !origin.trim().is_empty()).or_else(|| Some(RECORDED.into()))
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
            origin: recorded(given.origin),
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

/// In whose words to say why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GivenWords {
    /// The claims', the person's own among them.
    #[default]
    Own,
    /// The claims' past the guard.
    Guarded,
    /// The table's for traits alone.
    Traits,
}

impl From<GivenWords> for ReasonWords {
    fn from(given: GivenWords) -> Self {
        match given {
            GivenWords::Own => ReasonWords::Own,
            GivenWords::Guarded => ReasonWords::Guarded,
            GivenWords::Traits => ReasonWords::Traits,
        }
    }
}

/// How to judge, or to rank.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct GivenAsking {
    /// Whether to ask the model too.
    pub ask_model: bool,
    /// In whose words to say why.
    pub why: GivenWords,
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

/// A model that runs on this device.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct GivenModel {
    /// The name of a file that is kept.
    pub kept: Option<String>,
    /// An address, whole.
    pub url: Option<String>,
    /// What to keep the file as; a file that is handed over has one in any case.
    pub name: Option<String>,
    /// Its SHA-256 in lower-case hexadecimal.
    pub sha256: Option<String>,
    /// `auto`, `cpu` or `gpu`.
    pub device: Option<String>,
}

impl GivenModel {
    /// Where it comes from, and what it is to run on.
    pub fn source(self) -> Result<(ModelSource, DeviceChoice), ServiceError> {
        let GivenModel { kept, url, name, sha256, device } = self;
        let device = match device.as_deref() {
            None | Some("auto") => DeviceChoice::Measured,
            Some("cpu") => DeviceChoice::Cpu,
            Some("gpu") => DeviceChoice::Gpu,
            Some(other) => return Err(ServiceError::Invalid(format!("there is no device {other:?}"))),
        };
        let source = match (kept, url, name) {
            (Some(kept), None, None) => ModelSource::Kept(kept),
            (None, Some(url), name) => ModelSource::Url { url, name, sha256 },
            (None, None, Some(name)) => ModelSource::File { name, sha256 },
            _ => {
                return Err(ServiceError::Invalid(
                    "a model is a file, an address or one that is kept".into(),
                ));
            }
        };
        Ok((source, device))
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
    fn a_model_has_one_source() {
        let model = |text: &str| serde_json::from_str::<GivenModel>(text).unwrap().source();
        let kept = (ModelSource::Kept("a.gguf".into()), DeviceChoice::Gpu);
        assert_eq!(model(r#"{"kept":"a.gguf","device":"gpu"}"#), Ok(kept));
        let file = ModelSource::File { name: "a.gguf".into(), sha256: Some("00".into()) };
        assert_eq!(model(r#"{"name":"a.gguf","sha256":"00"}"#), Ok((file, DeviceChoice::Measured)));
        let url = ModelSource::Url { url: "https://a/b.gguf".into(), name: None, sha256: None };
        assert_eq!(model(r#"{"url":"https://a/b.gguf","device":"cpu"}"#), Ok((url, DeviceChoice::Cpu)));
        for wrong in ["{}", r#"{"kept":"a","url":"b"}"#, r#"{"name":"a","device":"npu"}"#] {
            assert!(matches!(model(wrong), Err(ServiceError::Invalid(_))), "{wrong}");
        }
    }

    #[test]
    fn what_a_page_records_says_so_unless_it_says_where() {
        let pair = |rest: &str| -> DraftPair {
            let text = format!(r#"{{"context":[],"chosen":"a","rejected":"b"{rest}}}"#);
            serde_json::from_str::<GivenPair>(&text).unwrap().into()
        };
        let page = Some(RECORDED.to_owned());
        assert_eq!(pair("").origin, page);
        assert_eq!(pair(r#","origin":" ""#).origin, page);
        assert_eq!(pair(r#","origin":"the chat""#).origin.as_deref(), Some("the chat"));
        assert_eq!(choice(r#","chosen":"y""#).unwrap().origin, page);
        assert_eq!(
            choice(r#","chosen":"y","origin":"the chat""#).unwrap().origin.as_deref(),
            Some("the chat")
        );
    }

    #[test]
    fn why_is_said_in_words_of_three_kinds() {
        let asking = |text: &str| {
            serde_json::from_str::<GivenAsking>(text).map(|asking| ReasonWords::from(asking.why))
        };
        assert_eq!(asking("{}").unwrap(), ReasonWords::Own);
        assert_eq!(asking(r#"{"askModel":true,"why":"guarded"}"#).unwrap(), ReasonWords::Guarded);
        assert_eq!(asking(r#"{"why":"traits"}"#).unwrap(), ReasonWords::Traits);
        assert!(asking(r#"{"why":"everything"}"#).is_err());
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
