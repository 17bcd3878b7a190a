//! Open WebUI's feedback, as an administrator exports it and as its page sends it.
//!
//! A record is a rating of one answer (`data.rating`, 1 or -1, in some versions as a text) with a snapshot of the chat that
//! it is in: `backend/open_webui/models/feedbacks.py` has the record, and what `rateMessage` of the page's
//! `ResponseMessage.svelte` puts into it was read in 0.12.4. The snapshot's messages are a tree by `parentId`; the answers
//! to one question, asked again or by several models side by side, are children of one message. The rating of another
//! answer stands in that message's own `annotation`.
//!
//! Two ratings of two answers to one question are a choice. A good rating beside an answer without one is weaker: Open WebUI
//! counts it as won, and the pair is kept as inferred. A bad rating alone says nothing of the other answer.

use serde_json::{Map, Value};

use super::fields::{TURNS, get, kind, optional, role, short, text, wrong_kind};
use super::problem::{Why, Wrong};
use super::reader::Output;
use crate::preference::{Answer, Choice, Outcome, PreferencePair, Role, Standing, Turn};

/// Fields that name the person.
pub(super) const PERSON: &[&str] = &["user_id"];

const TIME: &[&str] = &["updated_at", "created_at"];
const MESSAGES: [&str; 5] = ["snapshot", "chat", "chat", "history", "messages"];

/// The messages of a chat, by their ids.
type Messages = Map<String, Value>;

/// What a person said of an answer.
#[derive(Clone, Copy, PartialEq)]
enum Rating {
    Good,
    Bad,
}

/// An answer with its rating.
struct Rated<'a> {
    id: &'a str,
    content: String,
    rating: Option<Rating>,
}

pub(super) fn read(record: &Map<String, Value>, out: &mut Output<'_>) -> Result<(), Wrong> {
    let said = member(record, &["data", "rating"])?;
    let rating = rating(said).ok_or_else(|| unknown_rating(said).within("data.rating"))?;
    let id = match member(record, &["meta", "message_id"])? {
        Value::String(id) => id.as_str(),
        other => return Err(wrong_kind("a text", other).within("meta.message_id")),
    };
    let messages = match member(record, &MESSAGES)? {
        Value::Object(messages) => messages,
        other => return Err(wrong_kind("an object of messages", other).within(&MESSAGES.join("."))),
    };
    let within = |wrong: Wrong| wrong.within(&MESSAGES.join("."));
    let rated = Rated { rating: Some(rating), ..answer(messages, id).map_err(within)? };
    let others = others(messages, &rated).map_err(within)?;
    let context = context(messages, id).map_err(within)?;
    let at_ms = out.time(record, TIME);
    let mut compared = false;
    for other in others {
        compared |= compare(&context, &rated, &other, at_ms, out);
    }
    if !compared {
        out.skip(Wrong::new(Why::NotCompared));
    }
    Ok(())
}

/// What two answers' ratings say between them, if anything.
fn compare(
    context: &[Turn],
    rated: &Rated<'_>,
    other: &Rated<'_>,
    at_ms: Option<i64>,
    out: &mut Output<'_>,
) -> bool {
    let outcome = match (rated.rating, other.rating) {
        (Some(Rating::Good), Some(Rating::Bad)) => Outcome::Preferred(rated.id.into()),
        (Some(Rating::Bad), Some(Rating::Good)) => Outcome::Preferred(other.id.into()),
        (Some(Rating::Good), Some(Rating::Good)) => Outcome::AllGood,
        (Some(Rating::Bad), Some(Rating::Bad)) => Outcome::AllBad,
        (Some(Rating::Good), None) => {
            out.pair(PreferencePair {
                at_ms,
                origin: out.origin(),
                standing: Standing::Inferred,
                ..PreferencePair::new(context.to_vec(), &*rated.content, &*other.content)
            });
            return true;
        }
        (Some(Rating::Bad) | None, _) => return false,
    };
    let mut answers =
        [other, rated].map(|one| Answer { id: one.id.into(), content: one.content.clone() }).to_vec();
    // Where both were rated each has a record, and the two say one thing.
    answers.sort_unstable_by(|one, other| one.id.cmp(&other.id));
    let choice = Choice { context: context.to_vec(), answers, outcome, at_ms, origin: out.origin() };
    let pairs = choice.pairs();
    out.choice(choice);
    pairs.into_iter().for_each(|pair| out.pair(pair));
    true
}

/// The other answers to the question that this one answers, with other texts.
fn others<'a>(messages: &'a Messages, rated: &Rated<'_>) -> Result<Vec<Rated<'a>>, Wrong> {
    let Some(parent) = parent(messages, rated.id) else { return Ok(Vec::new()) };
    let Some(Value::Array(children)) = message(messages, parent)?.get("childrenIds") else {
        return Ok(Vec::new());
    };
    // A deleted answer may still be named there.
    let there =
        children.iter().filter_map(Value::as_str).filter(|id| *id != rated.id && messages.contains_key(*id));
    let mut others = Vec::new();
    for id in there {
        let other = answer(messages, id)?;
        // One that failed or was stopped at once is no answer.
        if !other.content.trim().is_empty() && other.content != rated.content {
            others.push(other);
        }
    }
    Ok(others)
}

/// The conversation above a message, from its first question.
fn context(messages: &Messages, id: &str) -> Result<Vec<Turn>, Wrong> {
    let mut turns = Vec::new();
    let mut at = parent(messages, id);
    while let Some(id) = at {
        // A tree that leads round in a circle would never end.
        if turns.len() == TURNS {
            return Err(Wrong::new(Why::TooManyTurns { limit: TURNS as u32 }));
        }
        turns.push(turn(messages, id)?);
        at = parent(messages, id);
    }
    turns.reverse();
    Ok(turns)
}

fn answer<'a>(messages: &'a Messages, id: &str) -> Result<Rated<'a>, Wrong> {
    let Some((id, found)) = messages.get_key_value(id) else {
        return Err(Wrong::new(Why::Missing).within(&short(id)));
    };
    let Turn { role, content } = turn(messages, id)?;
    if role != Role::Assistant {
        return Err(Wrong::new(Why::NoAnswer).within(&short(id)));
    }
    let said = found.get("annotation").and_then(|annotation| annotation.get("rating"));
    Ok(Rated { id, content, rating: said.and_then(rating) })
}

fn turn(messages: &Messages, id: &str) -> Result<Turn, Wrong> {
    let within = |wrong: Wrong, field: &str| wrong.within(field).within(&short(id));
    let found = message(messages, id)?;
    let role = match get(found, "role").map_err(|wrong| wrong.within(&short(id)))? {
        Value::String(name) => role(name).map_err(|wrong| within(wrong, "role"))?,
        other => return Err(within(wrong_kind("a role", other), "role")),
    };
    let content = get(found, "content").map_err(|wrong| wrong.within(&short(id)))?;
    let content = text(content).map_err(|wrong| within(wrong, "content"))?;
    Ok(Turn { role, content: if role == Role::Assistant { without_details(&content) } else { content } })
}

fn message<'a>(messages: &'a Messages, id: &str) -> Result<&'a Map<String, Value>, Wrong> {
    match messages.get(id) {
        Some(Value::Object(message)) => Ok(message),
        Some(other) => Err(wrong_kind("a message", other).within(&short(id))),
        None => Err(Wrong::new(Why::Missing).within(&short(id))),
    }
}

fn parent<'a>(messages: &'a Messages, id: &str) -> Option<&'a str> {
    messages.get(id)?.get("parentId")?.as_str()
}

/// What a model thought, and the tools that it called, stand in its answer as `<details type="…">`; they are no part of it.
fn without_details(content: &str) -> String {
    const OPEN: &str = "<details type=\"";
    const CLOSE: &str = "</details>";
    let mut left = String::new();
    let mut rest = content;
    while let Some(start) = rest.find(OPEN) {
        let Some(length) = rest[start..].find(CLOSE) else { break };
        left.push_str(&rest[..start]);
        rest = rest[start + length + CLOSE.len()..].trim_start_matches('\n');
    }
    left.push_str(rest);
    left
}

/// A value further in; a fault tells the whole path.
fn member<'a>(record: &'a Map<String, Value>, path: &[&str]) -> Result<&'a Value, Wrong> {
    let mut object = record;
    for (depth, name) in path[..path.len() - 1].iter().enumerate() {
        object = match optional(object, name) {
            Some(Value::Object(inner)) => inner,
            Some(other) => return Err(wrong_kind("an object", other).within(&path[..=depth].join("."))),
            None => return Err(Wrong::new(Why::Missing).within(&path[..=depth].join("."))),
        };
    }
    optional(object, path[path.len() - 1]).ok_or_else(|| Wrong::new(Why::Missing).within(&path.join(".")))
}

fn rating(value: &Value) -> Option<Rating> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    match number {
        Some(1.0) => Some(Rating::Good),
        Some(-1.0) => Some(Rating::Bad),
        _ => None,
    }
}

fn unknown_rating(value: &Value) -> Wrong {
    let found = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => format!("{:?}", short(text)),
        other => kind(other).into(),
    };
    Wrong::new(Why::WrongKind { expected: "a rating of 1 or -1".into(), found })
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;

    use super::super::{Event, Options, Reader};
    use super::*;

    /// A record as 0.12.4 exports it, without the fields that nobody here reads: an answer rated `rating`, and another answer
    /// to its question with this annotation.
    pub fn record(rating: Value, other: Value) -> Value {
        let message = |id: &str, parent: Value, children: Value, role: &str, content: &str| json!({"id": id, "parentId": parent, "childrenIds": children, "role": role, "content": content, "timestamp": 1795712228});
        let mut first = message("a1", json!("q"), json!([]), "assistant", "long");
        first["annotation"] = other;
        let thought = "<details type=\"reasoning\" done=\"true\">\nhm\n</details>\nshort";
        let messages = json!({
            "s": message("s", Value::Null, json!(["s1"]), "user", "hi"),
            "s1": message("s1", json!("s"), json!(["q"]), "assistant", "hello"),
            "q": message("q", json!("s1"), json!(["a1", "a2", "gone", "empty", "same"]), "user", "how?"),
            "a1": first,
            "a2": message("a2", json!("q"), json!(["next"]), "assistant", thought),
            "empty": message("empty", json!("q"), json!([]), "assistant", ""),
            "same": message("same", json!("q"), json!([]), "assistant", "short"),
            "next": message("next", json!("a2"), json!([]), "user", "thanks"),
        });
        json!({
            "id": "f", "user_id": "u", "version": 0, "type": "rating",
            "data": {"rating": rating, "model_id": "default", "sibling_model_ids": ["default"], "reason": null, "comment": null},
            "meta": {"arena": false, "chat_id": "c", "message_id": "a2", "message_index": 4},
            "snapshot": {"chat": {"id": "c", "title": "T", "chat": {"history": {"currentId": "next", "messages": messages}}}},
            "created_at": 1795712228, "updated_at": 1795712229,
        })
    }

    /// One line an event: `+ question > chosen > rejected (standing)`, `= outcome`, `- problem`, `! error`.
    fn told(records: &Value) -> Vec<String> {
        let mut reader = Reader::new(Options::default());
        let mut events: Vec<Event> = reader.push(records.to_string().as_bytes()).collect();
        let error = reader.finish().map(|rest| events.extend(rest)).err();
        let mut lines: Vec<String> = events.iter().map(line_of).collect();
        lines.extend(error.map(|error| format!("! {error}")));
        lines
    }

    fn line_of(event: &Event) -> String {
        match event {
            Event::Pair { pair, .. } => {
                assert_eq!(pair.at_ms, Some(1795712229000));
                let context: Vec<_> = pair.context.iter().map(|turn| &*turn.content).collect();
                format!("+ {} > {} > {} ({:?})", context.join("|"), pair.chosen, pair.rejected, pair.standing)
            }
            Event::Choice { choice, .. } => format!("= {:?}", choice.outcome),
            Event::Skipped(problem) | Event::Doubted(problem) => format!("- {problem}"),
        }
    }

    #[track_caller]
    fn check(record: &Value, expected: &[&str]) {
        assert_eq!(told(&json!([record])), expected, "{record}");
    }

    #[test]
    fn two_ratings_are_a_choice_with_four_outcomes() {
        let annotation = |rating: Value| json!({"rating": rating, "tags": ["x"]});
        let won = ["= Preferred(\"a2\")", "+ hi|hello|how? > short > long (Stated)"];
        check(&record(json!(1), annotation(json!(-1))), &won);
        check(&record(json!("1"), annotation(json!("-1"))), &won);
        let lost = ["= Preferred(\"a1\")", "+ hi|hello|how? > long > short (Stated)"];
        check(&record(json!(-1), annotation(json!(1))), &lost);
        check(&record(json!(1), annotation(json!(1))), &["= AllGood"]);
        check(&record(json!(-1), annotation(json!(-1))), &["= AllBad"]);
    }

    #[test]
    fn a_rating_beside_an_answer_without_one_is_weaker_or_nothing() {
        check(&record(json!(1), Value::Null), &["+ hi|hello|how? > short > long (Inferred)"]);
        let alone = "- line 1, record 1: rated alone: there is no other answer that it can be compared with";
        check(&record(json!(-1), Value::Null), &[alone]);
        let mut only = record(json!(1), Value::Null);
        only["snapshot"]["chat"]["chat"]["history"]["messages"]["q"]["childrenIds"] = json!(["a2"]);
        check(&only, &[alone]);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_path() {
        let good = || record(json!(1), Value::Null);
        let mut list = good();
        list["snapshot"] = Value::Null;
        check(&list, &["- line 1, record 1, snapshot: missing"]);
        let messages = "snapshot.chat.chat.history.messages";
        let mut gone = good();
        gone["meta"]["message_id"] = json!("elsewhere");
        check(&gone, &[&format!("- line 1, record 1, {messages}.elsewhere: missing")]);
        let mut question = good();
        question["meta"]["message_id"] = json!("q");
        check(&question, &[&format!("- line 1, record 1, {messages}.q: does not end with an answer")]);
        check(
            &record(json!(0), Value::Null),
            &["- line 1, record 1, data.rating: expected a rating of 1 or -1, found 0"],
        );
        let mut circle = good();
        circle["snapshot"]["chat"]["chat"]["history"]["messages"]["s"]["parentId"] = json!("a2");
        check(&circle, &[&format!("- line 1, record 1, {messages}: more than 4096 turns")]);
    }

    #[test]
    fn an_export_of_several_people_is_several_peoples() {
        let mut other = record(json!(1), Value::Null);
        other["user_id"] = json!("v");
        let lines = told(&json!([record(json!(1), Value::Null), other]));
        assert!(lines.last().unwrap().starts_with("! "), "{lines:?}");
    }

    #[test]
    fn details_are_no_part_of_an_answer() {
        for (content, expected) in [
            ("plain", "plain"),
            (
                "a <details type=\"tool_calls\"></details>b <details type=\"reasoning\">c</details>\nd",
                "a b d",
            ),
            ("<details type=\"reasoning\">cut off", "<details type=\"reasoning\">cut off"),
            (
                "<details><summary>its own</summary></details>",
                "<details><summary>its own</summary></details>",
            ),
        ] {
            assert_eq!(without_details(content), expected);
        }
    }
}
