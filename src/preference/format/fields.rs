//! Turns, messages and answers out of JSON values, with the path of whatever is wrong.
//!
//! The shapes are those that the formats' real files have: messages as `{role, content}` or ShareGPT's
//! `{from, value}`, contents as a string or a list of text parts, and Anthropic's dialogues in one string.

use serde_json::{Map, Value};

use super::problem::{Why, Wrong};
use crate::preference::{Role, Turn};

/// A conversation longer than this is no conversation.
pub(super) const TURNS: usize = 4096;

/// What a value is, in words.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

pub(super) fn wrong_kind(expected: &str, value: &Value) -> Wrong {
    match value {
        Value::Null => Wrong::new(Why::Missing),
        _ => Wrong::new(Why::WrongKind { expected: expected.into(), found: kind(value).into() }),
    }
}

/// The field's value; a missing field and a null are the same.
pub(super) fn get<'a>(record: &'a Map<String, Value>, name: &str) -> Result<&'a Value, Wrong> {
    optional(record, name).ok_or_else(|| Wrong::new(Why::Missing).within(name))
}

pub(super) fn optional<'a>(record: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    record.get(name).filter(|value| !value.is_null())
}

/// What both answers answer, under the first of these names that the record has; nothing where it has none of them.
///
/// Data sets mix both names, `context` and `prompt`, and pairs without what was asked would be learnt from as if nothing was.
pub(super) fn asked(record: &Map<String, Value>, names: [&'static str; 2]) -> Result<Vec<Turn>, Wrong> {
    let found = names.into_iter().find_map(|name| Some((name, optional(record, name)?)));
    found.map_or(Ok(Vec::new()), |(name, value)| turns(value, Role::User).map_err(|wrong| wrong.within(name)))
}

/// Fields in which data sets of other makes keep what was asked, and that nothing is read from here.
const ASKED_ELSEWHERE: [&str; 8] =
    ["question", "instruction", "query", "input", "messages", "conversation", "conversations", "history"];

/// The first of those fields that says something. Without a word about it, answers to a question would be learnt from as
/// answers to none.
pub(super) fn asked_elsewhere(record: &Map<String, Value>) -> Option<&'static str> {
    ASKED_ELSEWHERE.into_iter().find(|name| match record.get(*name) {
        Some(Value::String(text)) => !text.trim().is_empty(),
        Some(Value::Array(list)) => !list.is_empty(),
        Some(Value::Object(object)) => !object.is_empty(),
        _ => false,
    })
}

/// Whether the person says something in a conversation.
pub(super) fn is_asked(context: &[Turn]) -> bool {
    context.iter().any(|turn| turn.role == Role::User)
}

/// The first of these fields that names a person; numbers count as names.
pub(super) fn person(record: &Map<String, Value>, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| match record.get(*name)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

/// The beginning of a text, for messages.
pub(super) fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

/// The role behind one of the names that data sets use for it.
pub(super) fn role(name: &str) -> Result<Role, Wrong> {
    match name.trim().to_ascii_lowercase().as_str() {
        "system" | "developer" => Ok(Role::System),
        "user" | "human" | "prompter" => Ok(Role::User),
        // PRISM and PersonalRewardBench write `model`, ShareGPT `gpt`.
        "assistant" | "model" | "gpt" | "bot" | "ai" | "chatbot" => Ok(Role::Assistant),
        _ => Err(Wrong::new(Why::UnknownRole { role: short(name) })),
    }
}

/// A text: a string, a list of text parts, or an object that holds one.
pub(super) fn text(value: &Value) -> Result<String, Wrong> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Array(parts) => {
            let mut whole = String::new();
            for (i, part) in parts.iter().enumerate() {
                whole.push_str(&self::part(part).map_err(|wrong| wrong.at(i))?);
            }
            Ok(whole)
        }
        Value::Object(object) if is_call(object) => Err(call()),
        Value::Object(object) => match (optional(object, "content"), optional(object, "text")) {
            (Some(inner), _) => text(inner).map_err(|wrong| wrong.within("content")),
            (None, Some(inner)) => text(inner).map_err(|wrong| wrong.within("text")),
            (None, None) => Err(Wrong::new(Why::Missing).within("content")),
        },
        _ => Err(wrong_kind("a text", value)),
    }
}

/// Whether a message calls tools and says nothing: read as an empty answer it would be preferred for its silence.
fn is_call(message: &Map<String, Value>) -> bool {
    let calls = message.get("tool_calls").and_then(Value::as_array).is_some_and(|calls| !calls.is_empty());
    let says_nothing = match message.get("content") {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.trim().is_empty(),
        Some(_) => false,
    };
    calls && says_nothing
}

fn call() -> Wrong {
    Wrong::new(Why::NotText { kind: "tool call".into() }).within("tool_calls")
}

/// One part of a list of contents, as OpenAI's and Arena's newer files have them.
fn part(value: &Value) -> Result<String, Wrong> {
    if let Value::Object(object) = value {
        let kind = object.get("type").and_then(Value::as_str).unwrap_or("text");
        if kind != "text" {
            return Err(Wrong::new(Why::NotText { kind: short(kind) }));
        }
    }
    text(value)
}

/// A message; without a role it is `unsaid`'s.
pub(super) fn turn(value: &Value, unsaid: Option<Role>) -> Result<Turn, Wrong> {
    let Value::Object(object) = value else {
        return Err(wrong_kind("a message with role and content", value));
    };
    if is_call(object) {
        return Err(call());
    }
    let either = |a, b| if optional(object, a).is_none() && optional(object, b).is_some() { b } else { a };
    let (role_name, content_name) = (either("role", "from"), either("content", "value"));
    let role = match (optional(object, role_name), unsaid) {
        (Some(Value::String(name)), _) => role(name).map_err(|wrong| wrong.within(role_name))?,
        (Some(other), _) => return Err(wrong_kind("a role", other).within(role_name)),
        (None, Some(unsaid)) => unsaid,
        (None, None) => return Err(Wrong::new(Why::Missing).within(role_name)),
    };
    let content = text(get(object, content_name)?).map_err(|wrong| wrong.within(content_name))?;
    Ok(Turn { role, content })
}

/// A conversation: a list of messages, a text that is a dialogue, or a text that is all `speaker`'s.
pub(super) fn turns(value: &Value, speaker: Role) -> Result<Vec<Turn>, Wrong> {
    match value {
        Value::Array(list) if list.len() > TURNS => {
            Err(Wrong::new(Why::TooManyTurns { limit: TURNS as u32 }))
        }
        Value::Array(list) => {
            list.iter().enumerate().map(|(i, message)| turn(message, None).map_err(|w| w.at(i))).collect()
        }
        Value::Object(_) => Ok(vec![turn(value, Some(speaker))?]),
        Value::String(text) => {
            Ok(dialogue(text).unwrap_or_else(|| vec![Turn { role: speaker, content: text.clone() }]))
        }
        _ => Err(wrong_kind("a text or a list of messages", value)),
    }
}

/// Anthropic's hh-rlhf writes a whole dialogue into one string, each turn behind one of these marks.
const MARKS: [(&str, Role); 2] = [("\n\nHuman:", Role::User), ("\n\nAssistant:", Role::Assistant)];

/// The turns of a dialogue in one string; none when it doesn't begin with the person's mark.
pub(super) fn dialogue(text: &str) -> Option<Vec<Turn>> {
    let (first, _) = MARKS[0];
    if !text.starts_with(first) {
        return None;
    }
    let mut turns = Vec::new();
    let mut rest = text;
    while let Some((mark, role)) = MARKS.into_iter().find(|(mark, _)| rest.starts_with(mark)) {
        rest = &rest[mark.len()..];
        let end = MARKS.iter().filter_map(|(mark, _)| rest.find(mark)).min().unwrap_or(rest.len());
        let content = rest[..end].strip_prefix(' ').unwrap_or(&rest[..end]);
        // A prompt ends with the model's mark and nothing behind it.
        if !(content.is_empty() && end == rest.len()) {
            turns.push(Turn { role, content: content.into() });
        }
        rest = &rest[end..];
        if turns.len() > TURNS {
            return None;
        }
    }
    Some(turns)
}

/// Two conversations that share their questions, brought to a context and two answers.
#[derive(Debug, PartialEq)]
pub(super) struct Compared {
    pub context: Vec<Turn>,
    pub first: String,
    pub second: String,
}

/// Takes what two conversations share into the context, and what is left as the two answers.
///
/// Where the conversations went on for several turns apart from each other, the person's turns join the
/// context and the model's become one text, parted by `[second turn]` lines, as MT-Bench's judgements have them.
///
/// # Errors
/// The fault's side is told by the field: `names` are those of the first and the second conversation.
pub(super) fn compare(
    mut context: Vec<Turn>,
    first: Vec<Turn>,
    second: Vec<Turn>,
    names: [&str; 2],
) -> Result<Compared, Wrong> {
    let most = first.len().min(second.len()).saturating_sub(1);
    let shared = first.iter().zip(&second).take(most).take_while(|(a, b)| a == b).count();
    let (prefix, first_rest) = first.split_at(shared);
    let (_, second_rest) = second.split_at(shared);
    // A file may give the prompt on its own and once more at the head of both conversations.
    if prefix.starts_with(&context) || prefix.ends_with(&context) {
        context = prefix.to_vec();
    } else {
        context.extend_from_slice(prefix);
    }
    let (first_asked, first) = answers(first_rest).map_err(|wrong| wrong.within(names[0]))?;
    let (second_asked, second) = answers(second_rest).map_err(|wrong| wrong.within(names[1]))?;
    if first_asked != second_asked {
        return Err(Wrong::new(Why::DifferentQuestions).within(names[1]));
    }
    context.extend(first_asked.into_iter().cloned());
    Ok(Compared { context, first, second })
}

/// The person's turns among these, and the model's as one text.
fn answers(turns: &[Turn]) -> Result<(Vec<&Turn>, String), Wrong> {
    if turns.last().is_none_or(|turn| turn.role != Role::Assistant) {
        return Err(Wrong::new(Why::NoAnswer));
    }
    let (said, asked): (Vec<&Turn>, Vec<&Turn>) = turns.iter().partition(|turn| turn.role == Role::Assistant);
    let mut text = String::new();
    for (i, turn) in said.iter().enumerate() {
        if i > 0 {
            text.push_str(&format!("\n\n[{} turn]\n\n", ordinal(i + 1)));
        }
        text.push_str(&turn.content);
    }
    Ok((asked, text))
}

fn ordinal(n: usize) -> String {
    match n {
        2 => "second".into(),
        3 => "third".into(),
        4 => "fourth".into(),
        5 => "fifth".into(),
        _ => format!("{n}th"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(text: &str) -> Turn {
        Turn::user(text)
    }

    fn model(text: &str) -> Turn {
        Turn::assistant(text)
    }

    #[track_caller]
    fn check(
        context: Vec<Turn>,
        a: Vec<Turn>,
        b: Vec<Turn>,
        expected: Result<(Vec<Turn>, &str, &str), &str>,
    ) {
        let got = compare(context, a, b, ["chosen", "rejected"]);
        match expected {
            Ok((context, first, second)) => {
                assert_eq!(got, Ok(Compared { context, first: first.into(), second: second.into() }));
            }
            Err(field) => assert_eq!(got.expect_err("it should be wrong").field, field),
        }
    }

    #[test]
    fn a_shared_beginning_is_the_context() {
        check(
            vec![],
            vec![user("q"), model("a")],
            vec![user("q"), model("b")],
            Ok((vec![user("q")], "a", "b")),
        );
    }

    #[test]
    fn a_prompt_given_twice_counts_once() {
        let (a, b) = (vec![user("q"), model("a")], vec![user("q"), model("b")]);
        check(vec![user("q")], a, b, Ok((vec![user("q")], "a", "b")));
    }

    #[test]
    fn conversations_that_went_apart_become_one_answer_each() {
        let a = vec![user("q"), model("a"), user("r"), model("aa")];
        let b = vec![user("q"), model("b"), user("r"), model("bb")];
        let joined = (vec![user("q"), user("r")], "a\n\n[second turn]\n\naa", "b\n\n[second turn]\n\nbb");
        check(vec![], a, b, Ok(joined));
    }

    #[test]
    fn what_can_not_be_compared_is_told_with_its_side() {
        check(vec![], vec![user("q")], vec![user("q"), model("b")], Err("chosen"));
        check(vec![], vec![], vec![], Err("chosen"));
        let (a, b) = (vec![user("q"), model("a")], vec![user("other"), model("b")]);
        check(vec![], a, b, Err("rejected"));
    }

    #[test]
    fn a_dialogue_in_a_string_has_turns() {
        let text = "\n\nHuman: hi\n\nAssistant: hello\n\nHuman: bye\n\nAssistant:";
        assert_eq!(dialogue(text), Some(vec![user("hi"), model("hello"), user("bye")]));
        assert_eq!(dialogue("Human: hi"), None);
    }
}
