//! Our own export: JSON Lines, a header with the version first, then one pair or choice a line.
//!
//! Reading what was written gives the same pairs and choices, in the same order, with notes, origins, times and
//! what they supersede. The file is private: it holds everything in plain text.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::problem::{FormatError, Why, Wrong};
use super::reader::Output;
use super::time::in_range;
use crate::preference::{Answer, Choice, Outcome, PairId, PreferencePair, Standing, Turn};

/// The key that tells our header line.
pub(super) const HEADER: &str = "likeness";

/// The newest version of the format that this code reads, and the one that it writes.
pub const VERSION: u64 = 1;

#[derive(Serialize, Deserialize)]
struct Header {
    likeness: String,
    version: u64,
    /// Says to whoever opens the file what they hold.
    about: String,
}

/// A line after the header.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Row {
    Pair(PairRow),
    Choice(ChoiceRow),
}

/// A pair as it stands in the file; frozen with [`VERSION`].
#[derive(Serialize, Deserialize)]
struct PairRow {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<PairId>,
    context: Vec<Turn>,
    chosen: String,
    rejected: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at_ms: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    origin: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    #[serde(default, skip_serializing_if = "is_stated")]
    standing: Standing,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    supersedes: Option<PairId>,
}

/// A choice as it stands in the file; frozen with [`VERSION`].
#[derive(Serialize, Deserialize)]
struct ChoiceRow {
    context: Vec<Turn>,
    answers: Vec<Answer>,
    outcome: Outcome,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at_ms: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    origin: Option<String>,
}

fn is_stated(standing: &Standing) -> bool {
    *standing == Standing::Stated
}

/// The header line of an export.
pub fn header() -> String {
    line(&Header {
        likeness: "history".into(),
        version: VERSION,
        about: "Private: preference pairs and choices in plain text, exported by Likeness.".into(),
    })
}

/// A pair's line.
pub fn pair_line(pair: &PreferencePair) -> String {
    let pair = pair.clone();
    line(&Row::Pair(PairRow {
        id: Some(pair.id),
        context: pair.context,
        chosen: pair.chosen,
        rejected: pair.rejected,
        at_ms: pair.at_ms,
        origin: pair.origin,
        note: pair.note,
        standing: pair.standing,
        supersedes: pair.supersedes,
    }))
}

/// A choice's line.
pub fn choice_line(choice: &Choice) -> String {
    let choice = choice.clone();
    line(&Row::Choice(ChoiceRow {
        context: choice.context,
        answers: choice.answers,
        outcome: choice.outcome,
        at_ms: choice.at_ms,
        origin: choice.origin,
    }))
}

fn line(row: &impl Serialize) -> String {
    #[allow(clippy::expect_used)] // why: texts, numbers and lists only; no map with keys that are no texts.
    let mut text = serde_json::to_string(row).expect("a row is always JSON");
    text.push('\n');
    text
}

/// What a line was.
pub(super) enum Line {
    Header,
    Row,
}

/// Why a line was not read.
pub(super) enum Unreadable {
    Record(Wrong),
    File(FormatError),
}

pub(super) fn read(record: &Map<String, Value>, out: &mut Output<'_>) -> Result<Line, Unreadable> {
    if record.contains_key(HEADER) {
        let version = record.get("version").and_then(Value::as_u64).unwrap_or(0);
        return match version {
            1..=VERSION => Ok(Line::Header),
            0 => Err(Unreadable::Record(Wrong::new(Why::Missing).within("version"))),
            found => Err(Unreadable::File(FormatError::TooNew { found, known: VERSION })),
        };
    }
    row(record, out).map(|()| Line::Row).map_err(Unreadable::Record)
}

fn row(record: &Map<String, Value>, out: &mut Output<'_>) -> Result<(), Wrong> {
    for (name, is_pair) in [("pair", true), ("choice", false)] {
        let Some(value) = record.get(name) else { continue };
        let inner = |error: serde_json::Error| {
            let why = Why::WrongKind { expected: "a row of version 1".into(), found: error.to_string() };
            Wrong::new(why).within(name)
        };
        if is_pair {
            out.pair(pair(PairRow::deserialize(value).map_err(inner)?).map_err(|w| w.within(name))?);
        } else {
            out.choice(choice(ChoiceRow::deserialize(value).map_err(inner)?).map_err(|w| w.within(name))?);
        }
        return Ok(());
    }
    Err(Wrong::new(Why::Missing).within("pair"))
}

fn time(at_ms: Option<i64>) -> Result<Option<i64>, Wrong> {
    let wrong = || Wrong::new(Why::NotATime).within("at_ms");
    at_ms.map(|ms| in_range(ms as f64).map(|_| ms).ok_or_else(wrong)).transpose()
}

fn pair(row: PairRow) -> Result<PreferencePair, Wrong> {
    let pair = PreferencePair {
        at_ms: time(row.at_ms)?,
        origin: row.origin,
        note: row.note,
        standing: row.standing,
        supersedes: row.supersedes,
        ..PreferencePair::new(row.context, row.chosen, row.rejected)
    };
    match row.id {
        Some(id) if id != pair.id => Err(Wrong::new(Why::WrongId).within("id")),
        _ => Ok(pair),
    }
}

fn choice(row: ChoiceRow) -> Result<Choice, Wrong> {
    if let Outcome::Preferred(winner) = &row.outcome
        && !row.answers.iter().any(|answer| answer.id == *winner)
    {
        return Err(Wrong::new(Why::NoWinner).within("outcome"));
    }
    Ok(Choice {
        context: row.context,
        answers: row.answers,
        outcome: row.outcome,
        at_ms: time(row.at_ms)?,
        origin: row.origin,
    })
}
