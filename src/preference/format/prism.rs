//! PRISM's `conversations.jsonl` (Kirk et al. 2024, arXiv 2404.16019).
//!
//! A record is one conversation: in each turn the person writes, up to four models answer, and the person
//! rates each answer from 1 to 100. `if_chosen` marks the answer that the conversation went on with: the one
//! rated highest, *or one of the highest at random* (the code book says so), so an answer with the chosen
//! one's rating makes no pair with it. The chosen answer makes a pair with each other one.

use serde_json::{Map, Value};

use super::fields::{TURNS, get, optional, role, text, wrong_kind};
use super::problem::{Why, Wrong};
use super::reader::Output;
use crate::preference::{Answer, Choice, Outcome, Role, Turn};

/// Fields that name the person.
pub(super) const PERSON: &[&str] = &["user_id"];

const HISTORY: &str = "conversation_history";
const TIME: &[&str] = &["generated_datetime", "timestamp"];

/// An answer of one turn.
struct Rated {
    /// Its place in the history.
    place: usize,
    id: String,
    content: String,
    chosen: bool,
    score: Option<f64>,
}

pub(super) fn read(record: &Map<String, Value>, out: &mut Output<'_>) -> Result<(), Wrong> {
    let items = match get(record, HISTORY)? {
        Value::Array(items) if items.len() > 4 * TURNS => {
            return Err(Wrong::new(Why::TooManyTurns { limit: 4 * TURNS as u32 }).within(HISTORY));
        }
        Value::Array(items) => items,
        other => return Err(wrong_kind("a list of turns", other).within(HISTORY)),
    };
    let at_ms = out.time(record, TIME);
    let mut context = Vec::new();
    let mut rated: Vec<Rated> = Vec::new();
    for (place, item) in items.iter().enumerate() {
        let here = |wrong: Wrong| wrong.at(place).within(HISTORY);
        let Value::Object(item) = item else { return Err(here(wrong_kind("a turn", item))) };
        let said = text(get(item, "content").map_err(here)?).map_err(|w| here(w.within("content")));
        match speaker(item).map_err(here)? {
            Role::Assistant => match said {
                Ok(content) => rated.push(answer(item, place, content)),
                // One unreadable answer costs that answer only.
                Err(wrong) => out.skip(wrong),
            },
            role => {
                if !rated.is_empty() {
                    close_turn(&mut context, std::mem::take(&mut rated), at_ms, out)?;
                }
                context.push(Turn { role, content: said? });
            }
        }
    }
    if rated.is_empty() {
        return Ok(());
    }
    close_turn(&mut context, rated, at_ms, out)
}

fn speaker(item: &Map<String, Value>) -> Result<Role, Wrong> {
    match get(item, "role")? {
        Value::String(name) => role(name).map_err(|wrong| wrong.within("role")),
        other => Err(wrong_kind("a role", other).within("role")),
    }
}

fn answer(item: &Map<String, Value>, place: usize, content: String) -> Rated {
    let id = match optional(item, "within_turn_id") {
        Some(Value::String(id)) => id.clone(),
        Some(Value::Number(id)) => id.to_string(),
        _ => place.to_string(),
    };
    let chosen = match item.get("if_chosen") {
        Some(Value::Bool(chosen)) => *chosen,
        // Tables that went through a spreadsheet.
        Some(Value::String(word)) => word.eq_ignore_ascii_case("true"),
        Some(Value::Number(number)) => number.as_f64() == Some(1.0),
        _ => false,
    };
    let score = match optional(item, "score") {
        Some(Value::String(number)) => number.trim().parse().ok().filter(|score: &f64| score.is_finite()),
        score => score.and_then(Value::as_f64),
    };
    Rated { place, id, content, chosen, score }
}

/// Gives the turn's choice and pairs, and lets the conversation go on with the chosen answer.
fn close_turn(
    context: &mut Vec<Turn>,
    rated: Vec<Rated>,
    at_ms: Option<i64>,
    out: &mut Output<'_>,
) -> Result<(), Wrong> {
    let here = |place, field| move |why| Wrong::new(why).within(field).at(place).within(HISTORY);
    let Some(winner) = winner(&rated) else {
        // Without it nobody knows what the next turn answers.
        return Err(here(rated[0].place, "if_chosen")(Why::NoWinner));
    };
    let ids = unique_ids(&rated);
    let mut answers = Vec::new();
    for (i, (one, id)) in rated.iter().zip(&ids).enumerate() {
        if i != winner && one.score.is_some() && one.score == rated[winner].score {
            out.skip(here(one.place, "score")(Why::SameRating));
        } else {
            answers.push(Answer { id: id.clone(), content: one.content.clone() });
        }
    }
    let choice = Choice {
        context: context.clone(),
        answers,
        outcome: Outcome::Preferred(ids[winner].clone()),
        at_ms,
        origin: out.origin(),
    };
    context.push(Turn::assistant(&*rated[winner].content));
    let pairs = choice.pairs();
    if rated.len() == 1 {
        out.skip(here(rated[0].place, "content")(Why::NotCompared));
    }
    if !pairs.is_empty() {
        out.choice(choice);
    }
    pairs.into_iter().for_each(|pair| out.pair(pair));
    Ok(())
}

/// The answer marked as chosen; of several, or of none, the only one rated highest.
fn winner(rated: &[Rated]) -> Option<usize> {
    let marked: Vec<usize> = (0..rated.len()).filter(|i| rated[*i].chosen).collect();
    if let [only] = marked[..] {
        return Some(only);
    }
    let among = if marked.is_empty() { (0..rated.len()).collect() } else { marked };
    if let [only] = among[..] {
        return Some(only);
    }
    // Of one whose rating is missing nobody knows that it is lower.
    let scores: Option<Vec<f64>> = among.iter().map(|i| rated[*i].score).collect();
    let best = scores?.into_iter().fold(f64::NEG_INFINITY, f64::max);
    let mut highest = among.into_iter().filter(|i| rated[*i].score == Some(best));
    let first = highest.next()?;
    highest.next().is_none().then_some(first)
}

/// The answers' ids, each its own even where the file repeats one.
fn unique_ids(rated: &[Rated]) -> Vec<String> {
    let repeated = |id: &str| rated.iter().filter(|other| other.id == id).count() > 1;
    rated
        .iter()
        .map(|one| if repeated(&one.id) { format!("{}@{}", one.id, one.place) } else { one.id.clone() })
        .collect()
}
