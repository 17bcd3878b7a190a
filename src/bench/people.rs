//! Reads the people of a benchmark: one JSON object a line, each a choice of one person.
//!
//! It reads the two files that the figures of `BENCHMARKS.md` are taken on; importing a person's own history
//! is the work of `preference::format`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::BenchError;
use super::topic::Topic;
use crate::preference::{PreferencePair, Turn};
use crate::reward::Observation;

/// One person's choices, oldest first where an order is known.
#[derive(Clone, Debug)]
pub struct Person {
    /// The file's name for them.
    pub id: String,
    /// Their choices.
    pub choices: Vec<BenchChoice>,
}

/// A choice, measured.
#[derive(Clone, Debug)]
pub struct BenchChoice {
    /// Names the question; choices on one question (both turns of it) are never split.
    pub question: String,
    /// Chosen minus rejected.
    pub observation: Observation,
    /// What the question is about.
    pub topic: Topic,
    /// The texts.
    pub pair: PreferencePair,
}

#[derive(Deserialize)]
struct Line {
    user_id: String,
    conversation_id: String,
    #[serde(default)]
    order: u32,
    context: Vec<Turn>,
    chosen: Message,
    rejected: Message,
}

#[derive(Deserialize)]
struct Message {
    content: String,
}

/// Reads `pairs.jsonl`; people come in the order of their ids.
pub fn read_people(jsonl: &str) -> Result<Vec<Person>, BenchError> {
    let mut people: BTreeMap<String, Vec<(u32, BenchChoice)>> = BTreeMap::new();
    for (index, text) in jsonl.lines().enumerate().filter(|(_, text)| !text.trim().is_empty()) {
        let line: Line =
            serde_json::from_str(text).map_err(|source| BenchError::Line { line: index + 1, source })?;
        let pair = PreferencePair::new(line.context, line.chosen.content, line.rejected.content);
        let question = line.conversation_id.split('-').next().unwrap_or_default().to_owned();
        // Synthetic people never meet a question twice; their ids all open with the person's name.
        let question = if question.starts_with("person_") { line.conversation_id } else { question };
        let topic = Topic::of(&pair.context);
        let choice = BenchChoice { question, observation: Observation::of(&pair), topic, pair };
        people.entry(line.user_id).or_default().push((line.order, choice));
    }
    Ok(people
        .into_iter()
        .map(|(id, mut choices)| {
            choices.sort_by_key(|(order, _)| *order);
            Person { id, choices: choices.into_iter().map(|(_, choice)| choice).collect() }
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_no_choice_is_named() {
        assert!(read_people("\n{}").unwrap_err().to_string().starts_with("line 2 "));
    }
}
