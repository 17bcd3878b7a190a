//! Our own export: JSON Lines, a header with the version first, then one pair or choice a line.
//!
//! Reading what was written gives the same pairs and choices, in the same order, with notes, origins, times and
//! what they supersede. The file is private: it holds everything in plain text.

use serde::Serialize;
use serde_json::{Map, Value};

use super::fields::{get, optional, short, turn, wrong_kind};
use super::problem::{FormatError, Why, Wrong};
use super::reader::Output;
use super::time::in_range;
use crate::preference::{Answer, Choice, Outcome, PairId, PreferencePair, Standing, Turn};

/// The key that tells our header line.
pub(super) const HEADER: &str = "likeness";

/// The newest version of the format that this code reads, and the one that it writes.
pub const VERSION: u64 = 1;

#[derive(Serialize)]
struct Header {
    likeness: String,
    version: u64,
    /// Says to whoever opens the file what they hold.
    about: String,
}

/// A line after the header.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Row {
    Pair(PairRow),
    Choice(ChoiceRow),
}

/// A pair as it stands in the file; frozen with [`VERSION`].
#[derive(Serialize)]
struct PairRow {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<PairId>,
    context: Vec<Turn>,
    chosen: String,
    rejected: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    at_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    #[serde(skip_serializing_if = "is_stated")]
    standing: Standing,
    #[serde(skip_serializing_if = "Option::is_none")]
    supersedes: Option<PairId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation_id: Option<String>,
}

/// A choice as it stands in the file; frozen with [`VERSION`].
#[derive(Serialize)]
struct ChoiceRow {
    context: Vec<Turn>,
    answers: Vec<Answer>,
    outcome: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    at_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
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

/// A pair's line, with the conversation that it is of where the file that it came from named one.
pub fn pair_line(pair: &PreferencePair, conversation: Option<&str>) -> String {
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
        conversation_id: conversation.map(str::to_owned),
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
    if let Some(value) = optional(record, "pair") {
        let read = object(value).and_then(pair);
        out.pair(read.map_err(|wrong| wrong.within("pair"))?);
    } else {
        let read = object(optional(record, "choice").ok_or_else(|| missing("pair"))?).and_then(choice);
        out.choice(read.map_err(|wrong| wrong.within("choice"))?);
    }
    Ok(())
}

fn pair(row: &Map<String, Value>) -> Result<PreferencePair, Wrong> {
    let mut pair = PreferencePair {
        at_ms: time(row)?,
        origin: optional_text(row, "origin")?,
        note: optional_text(row, "note")?,
        standing: standing(row)?,
        supersedes: id(row, "supersedes")?,
        ..PreferencePair::new(context(row)?, text(row, "chosen")?, text(row, "rejected")?)
    };
    // A pair that takes the place of itself would be gone.
    pair.supersedes = pair.supersedes.filter(|old| *old != pair.id);
    match id(row, "id")? {
        Some(id) if id != pair.id => Err(Wrong::new(Why::WrongId).within("id")),
        _ => Ok(pair),
    }
}

fn choice(row: &Map<String, Value>) -> Result<Choice, Wrong> {
    let (answers, outcome) = (answers(row)?, outcome(row).map_err(|wrong| wrong.within("outcome"))?);
    if let Outcome::Preferred(winner) = &outcome
        && !answers.iter().any(|answer| answer.id == *winner)
    {
        return Err(Wrong::new(Why::NoWinner).within("outcome"));
    }
    Ok(Choice {
        context: context(row)?,
        answers,
        outcome,
        at_ms: time(row)?,
        origin: optional_text(row, "origin")?,
    })
}

fn missing(name: &str) -> Wrong {
    Wrong::new(Why::Missing).within(name)
}

fn object(value: &Value) -> Result<&Map<String, Value>, Wrong> {
    value.as_object().ok_or_else(|| wrong_kind("an object", value))
}

fn list<'a>(row: &'a Map<String, Value>, name: &str, of: &str) -> Result<&'a [Value], Wrong> {
    let value = get(row, name)?;
    value.as_array().map(Vec::as_slice).ok_or_else(|| wrong_kind(of, value).within(name))
}

/// A text and nothing that only holds one: what we wrote comes back as it was.
fn text(row: &Map<String, Value>, name: &str) -> Result<String, Wrong> {
    optional_text(row, name)?.ok_or_else(|| missing(name))
}

fn optional_text(row: &Map<String, Value>, name: &str) -> Result<Option<String>, Wrong> {
    match optional(row, name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(other) => Err(wrong_kind("a text", other).within(name)),
    }
}

/// The turns, however many: conversations that went on apart are joined when they are imported.
fn context(row: &Map<String, Value>) -> Result<Vec<Turn>, Wrong> {
    let turns = list(row, "context", "a list of messages")?.iter().enumerate();
    turns.map(|(i, message)| turn(message, None).map_err(|w| w.at(i).within("context"))).collect()
}

fn answers(row: &Map<String, Value>) -> Result<Vec<Answer>, Wrong> {
    let read = |value| {
        let answer = object(value)?;
        Ok(Answer { id: text(answer, "id")?, content: text(answer, "content")? })
    };
    let answers = list(row, "answers", "a list of answers")?.iter().enumerate();
    answers.map(|(i, value)| read(value).map_err(|wrong: Wrong| wrong.at(i).within("answers"))).collect()
}

fn outcome(row: &Map<String, Value>) -> Result<Outcome, Wrong> {
    let value = optional(row, "outcome").ok_or_else(|| Wrong::new(Why::Missing))?;
    let outcome = object(value)?;
    match text(outcome, "kind")?.as_str() {
        "preferred" => text(outcome, "winner").map(Outcome::Preferred),
        "all_good" => Ok(Outcome::AllGood),
        "all_bad" => Ok(Outcome::AllBad),
        other => Err(no_such("preferred, all_good or all_bad", other).within("kind")),
    }
}

fn standing(row: &Map<String, Value>) -> Result<Standing, Wrong> {
    match optional_text(row, "standing")?.as_deref() {
        None | Some("stated") => Ok(Standing::Stated),
        Some("inferred") => Ok(Standing::Inferred),
        Some(other) => Err(no_such("stated or inferred", other).within("standing")),
    }
}

fn id(row: &Map<String, Value>, name: &str) -> Result<Option<PairId>, Wrong> {
    let Some(text) = optional_text(row, name)? else { return Ok(None) };
    text.parse().map(Some).map_err(|_| no_such("32 hexadecimal digits", &text).within(name))
}

fn time(row: &Map<String, Value>) -> Result<Option<i64>, Wrong> {
    let Some(value) = optional(row, "at_ms") else { return Ok(None) };
    let ms = value.as_i64().filter(|ms| in_range(*ms as f64).is_some());
    ms.map(Some).ok_or_else(|| no_such("whole milliseconds since 1970", &value.to_string()).within("at_ms"))
}

/// A text or a number that is none of those which may stand there.
fn no_such(expected: &str, found: &str) -> Wrong {
    Wrong::new(Why::WrongKind { expected: expected.into(), found: short(found) })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{Event, Options, People, Reader};
    use super::*;

    /// What is told of one row, which stands on line 2.
    #[track_caller]
    fn check(row: &Value, expected: &str) {
        let mut reader = Reader::new(Options::default());
        let mut events: Vec<Event> = reader.push((header() + &row.to_string()).as_bytes()).collect();
        events.extend(reader.finish().expect("the header is good"));
        let [Event::Skipped(problem)] = &events[..] else { panic!("{row}: {events:?}") };
        assert_eq!(problem.to_string(), format!("line 2, {expected}"));
    }

    #[test]
    fn each_field_of_a_row_is_told_by_its_name_and_in_plain_words() {
        let with = |name: &str, value: Value| {
            let mut row = json!({"context": [], "chosen": "a", "rejected": "b"});
            row[name] = value;
            json!({ "pair": row })
        };
        check(&json!({"other": 1}), "pair: missing");
        check(&json!({"pair": 3}), "pair: expected an object, found a number");
        check(&with("chosen", json!(null)), "pair.chosen: missing");
        check(&with("rejected", json!(["b"])), "pair.rejected: expected a text, found a list");
        check(&with("context", json!("q")), "pair.context: expected a list of messages, found a text");
        let bad_turn = json!([{"role": "user", "content": "q"}, {"role": "user"}]);
        check(&with("context", bad_turn), "pair.context[1].content: missing");
        check(&with("note", json!(true)), "pair.note: expected a text, found true or false");
        check(&with("standing", json!("sure")), "pair.standing: expected stated or inferred, found sure");
        check(&with("id", json!("zz")), "pair.id: expected 32 hexadecimal digits, found zz");
        check(&with("at_ms", json!(0.5)), "pair.at_ms: expected whole milliseconds since 1970, found 0.5");
        check(
            &with("at_ms", json!(i64::MAX)),
            "pair.at_ms: expected whole milliseconds since 1970, found 9223372036854775807",
        );
    }

    #[test]
    fn each_field_of_a_choice_is_told_by_its_name() {
        let with = |name: &str, value: Value| {
            let mut row = json!({
                "context": [], "answers": [{"id": "x", "content": "a"}], "outcome": {"kind": "all_good"},
            });
            row[name] = value;
            json!({ "choice": row })
        };
        check(&with("answers", json!({})), "choice.answers: expected a list of answers, found an object");
        check(&with("answers", json!([{"id": 3}])), "choice.answers[0].id: expected a text, found a number");
        check(&with("outcome", json!(null)), "choice.outcome: missing");
        check(&with("outcome", json!("x")), "choice.outcome: expected an object, found a text");
        check(
            &with("outcome", json!({"kind": "won"})),
            "choice.outcome.kind: expected preferred, all_good or all_bad, found won",
        );
        check(&with("outcome", json!({"kind": "preferred"})), "choice.outcome.winner: missing");
    }

    #[test]
    fn a_part_of_an_export_is_known_without_its_header() {
        let pair = |name: &str| pair_line(&PreferencePair::new(Vec::new(), name, "b"), None);
        let choice = Choice {
            context: Vec::new(),
            answers: vec![Answer { id: "x".into(), content: "a".into() }],
            outcome: Outcome::AllBad,
            at_ms: None,
            origin: None,
        };
        for file in [pair("a") + &header() + &pair("c"), choice_line(&choice) + &pair("a")] {
            let mut reader = Reader::new(Options::default());
            let given = reader.push(file.as_bytes()).count() + reader.finish().map_or(0, Iterator::count);
            assert_eq!((given, reader.summary().skipped), (2, 0), "{file}");
        }
    }
    #[test]
    fn whoever_asks_for_an_export_knows_whose_it_is() {
        let export = header() + &pair_line(&PreferencePair::new(Vec::new(), "a", "b"), None);
        let people = People::Only("whoever it is".into());
        let mut reader = Reader::new(Options { people, ..Options::default() });
        let given = reader.push(export.as_bytes()).count() + reader.finish().map_or(0, Iterator::count);
        assert_eq!((given, reader.summary().others), (1, 0));
    }
}
