//! What the method asks of a model, as data: it can be stored, compared and answered later.
//!
//! Nothing is asked here. A question's id is a hash over the model and everything that shapes the answer, so an
//! answer stored under it stays good for as long as the model is the same.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::model::{Generation, Prompt, Sampling, Scores, Usage};

/// Names a question: a SHA-256 over the model's fingerprint and the question's content.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct QuestionId([u8; 32]);

impl QuestionId {
    /// Hashes the JSON of the content: serde writes the fields in the order of their declaration, so equal
    /// questions have equal bytes.
    fn of(fingerprint: &str, content: &impl Serialize) -> Self {
        let mut hash = Sha256::new();
        hash.update((fingerprint.len() as u64).to_le_bytes());
        hash.update(fingerprint.as_bytes());
        hash.update(serde_json::to_vec(content).unwrap_or_default());
        QuestionId(hash.finalize().into())
    }
}

impl fmt::Display for QuestionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for QuestionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "QuestionId({self})")
    }
}

impl Serialize for QuestionId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A question to a model that reads prompts of type `P`.
#[derive(Clone, Debug)]
pub struct Question<P> {
    /// Its name.
    pub id: QuestionId,
    /// What is asked.
    pub ask: Ask<P>,
}

/// What a [`Question`] asks.
#[derive(Clone, Debug)]
pub enum Ask<P> {
    /// How many tokens this text takes. Answered on this device, whatever the model.
    Count(String),
    /// To continue the prompt.
    Generate(P, Sampling),
    /// How likely each label is as the next words.
    Score(P, Vec<String>),
}

impl<P> Question<P> {
    /// Asks for the length of a text in tokens.
    pub fn count(fingerprint: &str, text: &str) -> Self {
        Question { id: QuestionId::of(fingerprint, &("count", text)), ask: Ask::Count(text.to_owned()) }
    }

    /// Asks for a continuation; `seal` wraps the prompt in what the model may read.
    pub fn generate(fingerprint: &str, prompt: Prompt, sampling: Sampling, seal: fn(Prompt) -> P) -> Self {
        let id = QuestionId::of(fingerprint, &("generate", &prompt, &sampling));
        Question { id, ask: Ask::Generate(seal(prompt), sampling) }
    }

    /// Asks for the labels' log-probabilities.
    pub fn score(fingerprint: &str, prompt: Prompt, labels: Vec<String>, seal: fn(Prompt) -> P) -> Self {
        let id = QuestionId::of(fingerprint, &("score", &prompt, &labels));
        Question { id, ask: Ask::Score(seal(prompt), labels) }
    }
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Tokens of a text.
    Count(u32),
    /// A continuation.
    Generation(Generation),
    /// Log-probabilities of labels.
    Scores(Scores),
}

impl Answer {
    /// What it cost; counting costs nothing that is worth telling.
    pub fn usage(&self) -> Option<Usage> {
        match self {
            Answer::Count(_) => None,
            Answer::Generation(generation) => Some(generation.usage),
            Answer::Scores(scores) => Some(scores.usage),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preference::Turn;

    fn prompt(text: &str) -> Prompt {
        Prompt { turns: vec![Turn::user(text)], answer_start: String::new() }
    }

    #[test]
    fn an_id_names_model_and_question_and_nothing_else() {
        let labels = || vec!["First".to_owned(), "Second".to_owned()];
        let ask = |model: &str, text: &str| Question::score(model, prompt(text), labels(), |p| p).id;
        assert_eq!(ask("m", "a"), ask("m", "a"));
        assert_ne!(ask("m", "a"), ask("n", "a"));
        assert_ne!(ask("m", "a"), ask("m", "b"));
        assert_ne!(ask("m", "a"), Question::generate("m", prompt("a"), Sampling::default(), |p| p).id);
    }
}
