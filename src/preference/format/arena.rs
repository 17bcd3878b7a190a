//! Chatbot Arena's conversations (lmsys/chatbot_arena_conversations; Zheng et al. 2023, arXiv 2306.05685).
//!
//! `conversation_a` and `conversation_b` are lists of messages (in some later files a JSON text of one),
//! `winner` is `model_a`, `model_b`, `tie` or `tie (bothbad)`, `judge` is the person and `tstamp` the time in
//! seconds. A tie is kept as a choice with its outcome and makes no pair.

use serde_json::{Map, Value};

use super::fields::{compare, get, short, turns, wrong_kind};
use super::problem::{Why, Wrong};
use super::reader::Output;
use crate::preference::{Answer, Choice, Outcome, Role, Turn};

/// Fields that name the person.
pub(super) const PERSON: &[&str] = &["judge", "judge_hash", "user_id"];

const TIME: &[&str] = &["tstamp", "timestamp"];
const SIDES: [&str; 2] = ["conversation_a", "conversation_b"];

pub(super) fn read(record: &Map<String, Value>, out: &mut Output<'_>) -> Result<(), Wrong> {
    let winner = match get(record, "winner")? {
        Value::String(winner) => outcome(winner).map_err(|wrong| wrong.within("winner"))?,
        other => return Err(wrong_kind("a text", other).within("winner")),
    };
    let [a, b] =
        SIDES.map(|name| get(record, name).and_then(|v| conversation(v).map_err(|w| w.within(name))));
    let compared = compare(Vec::new(), a?, b?, SIDES)?;
    let choice = Choice {
        context: compared.context,
        answers: vec![
            Answer { id: "model_a".into(), content: compared.first },
            Answer { id: "model_b".into(), content: compared.second },
        ],
        outcome: winner,
        at_ms: out.time(record, TIME),
        origin: out.origin(),
    };
    let pairs = choice.pairs();
    if choice.answers[0].content == choice.answers[1].content {
        out.doubt(Wrong::new(Why::SameAnswers).within(SIDES[1]));
    }
    out.choice(choice);
    pairs.into_iter().for_each(|pair| out.pair(pair));
    Ok(())
}

fn outcome(winner: &str) -> Result<Outcome, Wrong> {
    match winner.trim() {
        side @ ("model_a" | "model_b") => Ok(Outcome::Preferred(side.into())),
        // A plain tie is FastChat's button "Tie", beside one that says "Both are bad".
        "tie" | "both_good" => Ok(Outcome::AllGood),
        "tie (bothbad)" | "tie (both bad)" | "both_bad" | "bothbad" => Ok(Outcome::AllBad),
        other => Err(Wrong::new(Why::UnknownWinner { winner: short(other) })),
    }
}

/// A conversation; later files of the Arena keep it as a JSON text.
fn conversation(value: &Value) -> Result<Vec<Turn>, Wrong> {
    match value {
        Value::String(text) => match serde_json::from_str::<Value>(text) {
            Ok(list @ Value::Array(_)) => turns(&list, Role::User),
            _ => Err(wrong_kind("a list of messages", value)),
        },
        Value::Array(_) => turns(value, Role::User),
        other => Err(wrong_kind("a list of messages", other)),
    }
}
