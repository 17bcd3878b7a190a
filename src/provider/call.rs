//! What is asked of an API and what is read out of its reply, in words that all of them share.

use serde_json::Value;

use super::budget::Spending;
use super::clean::plain_text;
use super::{ProviderError, Said};
use crate::model::{Prompt, Sampling};
use crate::preference::Role;

/// One call, before an API gives it its form.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The model's name, as the endpoint spells it.
    pub model: &'a str,
    /// How the answer is drawn.
    pub sampling: &'a Sampling,
    /// What kind of answer is wanted.
    pub want: Want<'a>,
    /// Whether the reply comes as a stream of events.
    pub stream: bool,
    /// Tokens that the model may think beyond the answer's own.
    pub thinking_tokens: u32,
    /// Whether a browser sends it.
    pub in_browser: bool,
}

/// What kind of answer is wanted.
#[derive(Clone, Copy, Debug)]
pub enum Want<'a> {
    /// Words.
    Text,
    /// JSON of a given form.
    Form(&'a Form),
    /// The probabilities of the first token: this many of the likeliest.
    FirstToken(u8),
}

/// A form that an answer must have.
#[derive(Clone, Debug, PartialEq)]
pub struct Form {
    /// What it is called, in letters, digits and `_`.
    pub name: String,
    /// Its JSON Schema: an object that says `required` and `additionalProperties: false`, as the strictest API asks.
    pub schema: Value,
}

/// How an API lets a prompt begin the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerStart {
    /// It doesn't: the model is told how its answer begins.
    Told,
    /// The last message is the model's and is gone on with.
    LastMessage,
    /// The same, and two fields say so (vLLM, SGLang).
    LastMessageWithFlags,
    /// The same, and the message is marked as a prefix (Mistral).
    LastMessageAsPrefix,
}

/// What an endpoint may be asked for besides text. What it turns out not to take is switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Features {
    /// Temperature and top-p: models that think refuse them.
    pub sampling: bool,
    /// Top-k, min-p and a repetition penalty.
    pub wide_sampling: bool,
    /// A seed for its draws.
    pub seed: bool,
    /// Texts that end the answer; they are applied here in any case.
    pub stop: bool,
    /// Probabilities of tokens.
    pub log_probabilities: bool,
    /// Answers of a given form.
    pub forms: bool,
    /// What a streamed answer cost.
    pub stream_usage: bool,
}

impl Features {
    /// Switches off the feature that a server's refusal names; false where it names none that is on.
    pub fn forget(&mut self, refusal: &Said) -> bool {
        let words = refusal.text().to_ascii_lowercase();
        let named: [(&mut bool, &[&str]); 7] = [
            (&mut self.log_probabilities, &["logprob"]),
            (
                &mut self.forms,
                &[
                    "response_format",
                    "json_schema",
                    "responseschema",
                    "response_schema",
                    "responseconstraint",
                    "tool",
                ],
            ),
            (&mut self.stream_usage, &["stream_options", "include_usage"]),
            (&mut self.wide_sampling, &["top_k", "topk", "min_p", "repetition_penalty"]),
            (&mut self.seed, &["seed"]),
            (&mut self.stop, &["stop"]),
            (&mut self.sampling, &["temperature", "top_p", "topp"]),
        ];
        for (on, names) in named {
            if *on && names.iter().any(|name| words.contains(name)) {
                *on = false;
                return true;
            }
        }
        false
    }
}

/// A prompt as the APIs take it: instructions apart, turns that take turns, the person first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Messages {
    /// The instructions; empty where there are none.
    pub system: String,
    /// The turns, no two of one speaker in a row. The last is the model's where its answer has begun.
    pub turns: Vec<(Role, String)>,
}

impl Messages {
    /// Reads a prompt.
    pub fn of(prompt: &Prompt, start: AnswerStart) -> Self {
        let mut messages = Messages { system: String::new(), turns: Vec::new() };
        for turn in &prompt.turns {
            if turn.role == Role::System {
                append(&mut messages.system, &turn.content);
                continue;
            }
            match messages.turns.last_mut().filter(|(role, _)| *role == turn.role) {
                Some((_, content)) => append(content, &turn.content),
                None => messages.turns.push((turn.role, turn.content.clone())),
            }
        }
        if messages.turns.first().is_none_or(|(role, _)| *role == Role::Assistant) {
            let system = std::mem::take(&mut messages.system);
            messages.turns.insert(0, (Role::User, system));
        }
        if !prompt.answer_start.is_empty() {
            messages.begin_answer(&prompt.answer_start, start);
        }
        messages
    }

    fn begin_answer(&mut self, words: &str, start: AnswerStart) {
        if start != AnswerStart::Told {
            return self.turns.push((Role::Assistant, words.to_owned()));
        }
        let told = format!(
            "Your answer begins with the following words; write only what comes after them.\n{words}"
        );
        self.add_to_last(&told);
    }

    /// Adds a paragraph to what the person says last.
    pub fn add_to_last(&mut self, words: &str) {
        match self.turns.last_mut().filter(|(role, _)| *role == Role::User) {
            Some((_, content)) => append(content, words),
            None => self.turns.push((Role::User, words.to_owned())),
        }
    }
}

fn append(text: &mut String, more: &str) {
    if !text.is_empty() {
        text.push_str("\n\n");
    }
    text.push_str(more);
}

/// A reply as far as it was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draft {
    /// The answer's text, as plain text.
    pub text: String,
    /// The JSON of the form that was asked for, where the API keeps it apart from the text.
    pub form: String,
    /// The model's words of refusal, or the name of what filtered it.
    pub refusal: String,
    /// Why the answer ended; `None` while it goes on.
    pub finish: Option<Finish>,
    /// Whether the server said that nothing more comes.
    pub done: bool,
    /// The likeliest first tokens with their log-probabilities, where they were asked for.
    pub first_tokens: Vec<(String, f32)>,
    /// What the server counted; zero where it doesn't say.
    pub counted: Spending,
    /// What the server complained of within its reply.
    pub complaint: Option<Complaint>,
}

/// Why an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// By itself, or at a text that ends it.
    Ended,
    /// At the limit on tokens.
    CutOff,
    /// The model, or a filter in front of it, would not.
    Declined,
}

impl Draft {
    /// Adds text of the answer.
    pub fn say(&mut self, text: &str) {
        self.text.push_str(&plain_text(text));
    }
}

/// An error as a server reports it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Complaint {
    /// Its kind, code and status, each as the API names it, in one lower-case line.
    pub kind: String,
    /// Its message.
    pub message: String,
    /// How long to wait, in milliseconds, where the body says so.
    pub retry_after_ms: Option<u64>,
}

/// Reads JSON of a reply.
///
/// # Errors
/// [`ProviderError::NotJson`] and [`ProviderError::WrongShape`], which tell a broken reply from another API's.
pub(super) fn json<'a, T: serde::Deserialize<'a>>(
    text: &'a str,
    lacks: &'static str,
) -> Result<T, ProviderError> {
    serde_json::from_str(text).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => ProviderError::WrongShape { field: lacks },
        _ => ProviderError::NotJson { at: offset(text, error.line(), error.column()) },
    })
}

/// The byte at a line and column, both from 1.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    (before + column.saturating_sub(1)).min(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preference::Turn;

    fn prompt(turns: &[Turn], answer_start: &str) -> Prompt {
        Prompt { turns: turns.to_vec(), answer_start: answer_start.into() }
    }

    #[test]
    fn turns_take_turns() {
        let system = |text: &str| Turn { role: Role::System, content: text.into() };
        let turns = [system("a"), Turn::user("b"), Turn::user("c"), Turn::assistant("d"), system("e")];
        let messages = Messages::of(&prompt(&turns, ""), AnswerStart::Told);
        assert_eq!(messages.system, "a\n\ne");
        assert_eq!(messages.turns, [(Role::User, "b\n\nc".into()), (Role::Assistant, "d".into())]);
        let alone = Messages::of(&prompt(&turns[..1], ""), AnswerStart::Told);
        assert_eq!((alone.system.as_str(), alone.turns), ("", vec![(Role::User, "a".into())]));
    }

    #[test]
    fn an_answer_is_begun_or_the_model_is_told() {
        let prompt = prompt(&[Turn::user("q")], "So:");
        let begun = Messages::of(&prompt, AnswerStart::LastMessage).turns;
        assert_eq!(begun, [(Role::User, "q".into()), (Role::Assistant, "So:".into())]);
        let told = Messages::of(&prompt, AnswerStart::Told).turns;
        assert!(told.len() == 1 && told[0].1.starts_with("q\n\n") && told[0].1.ends_with("\nSo:"));
    }

    #[test]
    fn what_a_server_does_not_take_is_switched_off_once() {
        let mut features = Features {
            sampling: true,
            wide_sampling: false,
            seed: true,
            stop: true,
            log_probabilities: true,
            forms: true,
            stream_usage: true,
        };
        let refusal = Said::new("Unsupported value: 'temperature' does not support 0 with this model.");
        assert!(features.forget(&refusal) && !features.sampling);
        assert!(!features.forget(&refusal));
        assert!(features.forget(&Said::new("logprobs are not supported")) && !features.log_probabilities);
        assert!(!features.forget(&Said::new("you are not welcome")));
    }

    #[test]
    fn broken_json_is_told_from_json_of_another_kind() {
        assert_eq!(json::<Vec<u8>>("[1,\n2", "x"), Err(ProviderError::NotJson { at: 4 }));
        assert_eq!(json::<Vec<u8>>("{}", "x"), Err(ProviderError::WrongShape { field: "x" }));
    }
}
