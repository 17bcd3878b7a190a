//! What a page is given: the wire's answers with the fields that a JavaScript programmer expects.
//!
//! A host sees what was found, never the pairs that it was found in unless it names them, nor a prompt with demos in it.

use serde::Serialize;

use crate::preference::Turn;
use crate::service::{
    ClaimState, ClaimView, Event, ImportReport, InductionProgress, LedgerLine, LedgerPage, LoadedModel,
    ModelsView, PairView, PortraitView, Reading,
};

/// What is known of a person.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Portrait {
    /// In prose: a sentence also where nothing held; empty before the first induction.
    pub prose: String,
    /// The claims, the surest first.
    pub claims: Vec<Claim>,
    /// What could not be measured in the choices, in a sentence or two; empty when all could.
    pub unmeasured: String,
    /// Pairs that it rests on.
    pub pairs: u32,
    /// Pairs added or removed since it was made.
    pub changed_since: u32,
    /// The model that read along; none when only traits spoke.
    pub model: Option<String>,
    /// When it was made, in milliseconds since 1970; none while it is what follows from the traits just now.
    pub made_ms: Option<f64>,
}

/// A claim about the person.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Claim {
    /// Its id.
    pub id: String,
    /// A sentence.
    pub text: String,
    /// `traits`, `reasoning` or `person`.
    pub from: String,
    /// How sure, 0.5 to 1.
    pub certainty: f32,
    /// Whether it comes along with another claim so closely that the choices can't tell which of them matters.
    pub along: bool,
    /// Whether it is no taste of the person's own: most people like it as well.
    pub shared: bool,
    /// How many pairs speak for it.
    pub supports: u32,
    /// How many speak against it.
    pub contradicts: u32,
    /// `found`, `edited`, `pinned` or `refused`.
    pub state: &'static str,
}

impl From<ClaimView> for Claim {
    fn from(claim: ClaimView) -> Self {
        Claim {
            id: claim.id,
            text: claim.text,
            from: claim.from,
            certainty: claim.certainty,
            along: claim.along,
            shared: claim.shared,
            supports: claim.supports.len() as u32,
            contradicts: claim.contradicts.len() as u32,
            state: match claim.state {
                ClaimState::Found => "found",
                ClaimState::Edited => "edited",
                ClaimState::Pinned => "pinned",
                ClaimState::Refused => "refused",
            },
        }
    }
}

impl From<PortraitView> for Portrait {
    fn from(view: PortraitView) -> Self {
        Portrait {
            prose: view.prose,
            claims: view.claims.into_iter().map(Claim::from).collect(),
            unmeasured: view.unmeasured,
            pairs: view.pairs,
            changed_since: view.changed_since,
            model: view.model,
            made_ms: view.made_ms,
        }
    }
}

impl From<Reading> for Portrait {
    fn from(reading: Reading) -> Self {
        Portrait {
            prose: reading.prose,
            claims: reading.claims.into_iter().map(Claim::from).collect(),
            unmeasured: reading.unmeasured,
            pairs: reading.pairs,
            changed_since: 0,
            model: None,
            made_ms: None,
        }
    }
}

/// A pair in full.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Pair {
    /// Its id.
    pub id: String,
    /// The conversation so far.
    pub context: Vec<Turn>,
    /// The preferred answer.
    pub chosen: String,
    /// The other one.
    pub rejected: String,
    /// When, in milliseconds since 1970.
    pub at_ms: Option<f64>,
    /// Where it comes from.
    pub origin: Option<String>,
    /// The person's remark.
    pub note: Option<String>,
}

impl From<PairView> for Pair {
    fn from(pair: PairView) -> Self {
        let PairView { id, context, chosen, rejected, at_ms, origin, note } = pair;
        Pair { id: id.to_string(), context, chosen, rejected, at_ms, origin, note }
    }
}

/// Counts of an import.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Imported {
    /// Records read.
    pub read: u32,
    /// Pairs added.
    pub imported: u32,
    /// Pairs that were there already.
    pub known: u32,
    /// Choices without a winner that were kept.
    pub ties: u32,
    /// Records skipped.
    pub skipped: u32,
    /// Pairs that an edit of another place took away.
    pub replaced: u32,
    /// Claims that changed by what the person said in another place.
    pub claims: u32,
    /// Whether another place's portrait is newer, and stands now.
    pub portrait: bool,
}

impl From<ImportReport> for Imported {
    fn from(report: ImportReport) -> Self {
        let ImportReport { read, imported, known, ties, skipped, replaced, claims, portrait, .. } = report;
        Imported { read, imported, known, ties, skipped, replaced, claims, portrait }
    }
}

/// A window of the ledger.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ledger {
    /// Lines that match in all.
    pub total: u32,
    /// Those of the window, newest first.
    pub entries: Vec<LedgerEntry>,
}

/// One request that left, or was stopped.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LedgerEntry {
    /// Its number, which its body is asked for by.
    pub number: f64,
    /// When, in milliseconds since 1970.
    pub when_ms: f64,
    /// Where to.
    pub url: String,
    /// Which model.
    pub model: String,
    /// What for.
    pub purpose: String,
    /// Bytes of its body.
    pub bytes: f64,
    /// What the guard said, in words.
    pub verdict: String,
    /// Whether the guard let it pass.
    pub passed: bool,
    /// Whether it left.
    pub left: bool,
    /// What came of it, in words.
    pub outcome: String,
}

impl From<LedgerLine> for LedgerEntry {
    fn from(line: LedgerLine) -> Self {
        let LedgerLine {
            number, when_ms, url, model, purpose, bytes, verdict, passed, left, outcome, ..
        } = line;
        LedgerEntry { number, when_ms, url, model, purpose, bytes, verdict, passed, left, outcome }
    }
}

impl From<LedgerPage> for Ledger {
    fn from(page: LedgerPage) -> Self {
        Ledger { total: page.total, entries: page.lines.into_iter().map(LedgerEntry::from).collect() }
    }
}

/// How far an induction is.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// What is being done, in plain words.
    pub stage: String,
    /// Calls answered.
    pub calls: u32,
    /// Calls expected in all.
    pub of: u32,
    /// Those that an earlier run, which was stopped, has answered.
    pub resumed: u32,
    /// Seconds left, where that can be told.
    pub seconds_left: Option<f32>,
    /// While the model is being loaded, before the first call: how far that is.
    pub loading: Option<Loading>,
}

impl From<InductionProgress> for Progress {
    fn from(progress: InductionProgress) -> Self {
        let InductionProgress { stage, calls, of, resumed, seconds_left, .. } = progress;
        Progress { stage, calls, of, resumed, seconds_left, loading: None }
    }
}

impl From<Loading> for Progress {
    fn from(loading: Loading) -> Self {
        let stage = loading.stage.clone();
        Progress { stage, calls: 0, of: 0, resumed: 0, seconds_left: None, loading: Some(loading) }
    }
}

/// How far the loading of a model is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Loading {
    /// `downloading`, `copying`, `checking`, `measuring` or `preparing`.
    pub stage: String,
    /// Bytes done.
    pub bytes: f64,
    /// Bytes in all; 0 where unknown.
    pub of: f64,
}

/// The model in memory.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Model {
    /// What it calls itself.
    pub name: String,
    /// What its file is kept as.
    pub file: String,
    /// The file's size.
    pub bytes: f64,
    /// How many parameters it has.
    pub parameters: f64,
    /// Architecture and quantisation.
    pub format: String,
    /// Tokens of prompt and answer together, at most.
    pub context_tokens: u32,
    /// `cpu` or `gpu`.
    pub device: &'static str,
    /// The GPU's name, or the processor's threads and instructions.
    pub device_name: String,
    /// Why this device and not the other.
    pub device_why: String,
    /// Tokens of prompt that it reads in a second.
    pub read_per_second: Option<f32>,
    /// Tokens that it writes in a second.
    pub written_per_second: Option<f32>,
    /// Why its file is not kept for the next time; none where it is.
    pub not_kept: Option<String>,
}

impl From<LoadedModel> for Model {
    fn from(model: LoadedModel) -> Self {
        Model {
            name: model.name,
            file: model.file,
            bytes: model.bytes,
            parameters: (f64::from(model.millions) * 1e6).round(),
            format: model.format,
            context_tokens: model.context_tokens,
            device: if model.device.gpu { "gpu" } else { "cpu" },
            device_name: model.device.name,
            device_why: model.device.why,
            read_per_second: model.prefill_per_second,
            written_per_second: model.decode_per_second,
            not_kept: model.kept.err(),
        }
    }
}

/// A draft, before all are ranked.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Draft {
    /// Its number; 0 is the likeliest.
    pub index: u32,
    /// The text.
    pub content: String,
}

impl Draft {
    /// The draft that an event tells; none where the model said nothing.
    pub fn of(event: Event) -> Option<Self> {
        match event {
            Event::Drafting { number, text, .. } if !text.is_empty() => {
                Some(Draft { index: number, content: text })
            }
            _ => None,
        }
    }
}

/// A model's file that is kept.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KeptModel {
    /// Its name.
    pub name: String,
    /// Its size.
    pub bytes: f64,
}

/// The models here.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Models {
    /// The one in memory.
    pub in_use: Option<Model>,
    /// Files that are kept.
    pub kept: Vec<KeptModel>,
}

impl From<ModelsView> for Models {
    fn from(view: ModelsView) -> Self {
        let kept = view.kept.into_iter().map(|kept| KeptModel { name: kept.name, bytes: kept.bytes });
        Models { in_use: view.loaded.map(Model::from), kept: kept.collect() }
    }
}

/// Which of two answers the person would prefer.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Judged {
    /// The probability that they prefer the first.
    pub first: f32,
    /// What moved it: sentences.
    pub why: Vec<String>,
    /// What the model says by itself, told about the person; none where it was not asked.
    pub by_model: Option<f32>,
}

/// An answer among others.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ranked {
    /// Its place among those that were given.
    pub index: u32,
    /// The text.
    pub content: String,
    /// The chance that the person prefers it to another of them, on average.
    pub liked: f32,
    /// Why, in words.
    pub why: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_is_told_where_the_model_said_something() {
        let event = |text: &str| Event::Drafting { done: 2, of: 3, number: 1, text: text.into() };
        assert_eq!(Draft::of(event("Tea.")), Some(Draft { index: 1, content: "Tea.".into() }));
        assert_eq!(Draft::of(event("")), None);
        assert_eq!(Draft::of(Event::Waiting(None)), None);
    }
}
