//! A model by script, for tests: it has a mind of its own about cats, an incurable liking for the first answer, and
//! a count of all that it was asked.
//!
//! It stands in for a language model where the test must know the truth; the engine has tests of its own.

use std::cell::RefCell;

use super::evidence::{Evidence, Order, Passage, RawPair};
use crate::model::{Capabilities, Generation, LanguageModel, ModelError, Prompt, Sampling, Scores, Usage};
use crate::preference::{History, PairId, PreferencePair, Role, Turn};

/// A raw pair whose prompts stay readable, so that a test may look into them.
pub struct Open(pub RawPair);

impl Evidence for Open {
    const LEAVES: bool = false;

    type Prompt = Prompt;

    fn id(&self) -> PairId {
        self.0.id()
    }

    fn passages(&self) -> Vec<Passage> {
        self.0.passages()
    }

    fn render(&self, passages: &[String], order: Order) -> String {
        self.0.render(passages, order)
    }

    fn seal(prompt: Prompt) -> Prompt {
        prompt
    }
}

/// The history's pairs as a scripted model may read them.
pub fn open(history: &History) -> Vec<Open> {
    history.pairs().iter().cloned().map(|pair| Open(RawPair::new(pair))).collect()
}

/// What a scripted model is like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mind {
    /// It learns from examples that this person likes cats, and finds that out by reasoning.
    Learns,
    /// It throws a coin, the same for the same words.
    Coin,
}

/// A model by script.
pub struct Scripted {
    pub capabilities: Capabilities,
    mind: Mind,
    /// Every prompt that it answered, with its length in words.
    pub asked: RefCell<Vec<(Prompt, u32)>>,
}

impl Scripted {
    pub fn new(mind: Mind) -> Self {
        let capabilities = Capabilities {
            name: "scripted".into(),
            fingerprint: format!("{mind:?}"),
            context_tokens: 8192,
            log_probabilities: true,
            billions: None,
        };
        Scripted { capabilities, mind, asked: RefCell::new(Vec::new()) }
    }

    pub fn calls(&self) -> usize {
        self.asked.borrow().len()
    }

    fn hear(&self, prompt: &Prompt, more: u32) -> Result<Usage, ModelError> {
        let words: u32 = prompt.turns.iter().map(|turn| words(&turn.content)).sum();
        let tokens = words + self::words(&prompt.answer_start);
        if tokens + more > self.capabilities.context_tokens {
            return Err(ModelError::TooLong {
                tokens: tokens + more,
                limit: self.capabilities.context_tokens,
            });
        }
        self.asked.borrow_mut().push((prompt.clone(), tokens));
        Ok(Usage { prompt_tokens: u64::from(tokens), elapsed_ms: f64::from(tokens), ..Usage::default() })
    }

    /// The log-odds of "First": a position bias of 2.9 nats, as measured on the embedded model, and what it knows.
    fn first(&self, prompt: &Prompt) -> f64 {
        const BIAS: f64 = 2.9;
        let asked = last(prompt);
        let cats = side("cat", asked);
        if !prompt.answer_start.is_empty() {
            // Behind a reasoning about the weather it goes by the weather, which is wrong half of the time.
            let by = if prompt.answer_start.contains("weather") { side("rain", asked) } else { cats };
            return BIAS + 2.0 * by;
        }
        if let Some(claim) =
            asked.lines().find_map(|line| line.strip_prefix("Suppose this is true of the person:"))
        {
            let word = if claim.contains("cat") { "cat" } else { "rain" };
            return BIAS + 1.5 * side(word, asked);
        }
        match self.mind {
            Mind::Coin => BIAS + 4.0 * (f64::from(hash(asked)) / f64::from(u32::MAX) - 0.5),
            Mind::Learns => BIAS + 0.25 * lessons(prompt) * cats,
        }
    }

    fn write(&self, prompt: &Prompt) -> String {
        let asked = last(prompt);
        if asked.contains("at most") {
            return "1. You prefer answers that mention a cat.\n2. You prefer answers that mention rain.\nI hope \
                    this helps"
                .into();
        }
        if self.mind == Mind::Coin {
            return if hash(asked).is_multiple_of(2) {
                "The weather differs."
            } else {
                "It differs. Somehow"
            }
            .into();
        }
        if hash(asked).is_multiple_of(3) {
            "One is about the weather."
        } else {
            "One has a cat, and they like cats."
        }
        .into()
    }
}

impl LanguageModel for Scripted {
    type Input = Prompt;

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    async fn count_tokens(&self, text: &str) -> Result<u32, ModelError> {
        Ok(words(text))
    }

    async fn generate(&self, prompt: &Prompt, sampling: &Sampling) -> Result<Generation, ModelError> {
        let usage = self.hear(prompt, sampling.max_tokens)?;
        let mut text = self.write(prompt);
        if !self.capabilities.log_probabilities && !last(prompt).contains("at most") {
            text =
                format!("{text}\nPreferred: {}", if self.first(prompt) > 0.0 { "First" } else { "Second" });
        }
        Ok(Generation { text, finished: true, usage: Usage { generated_tokens: 12, ..usage } })
    }

    async fn score(&self, prompt: &Prompt, labels: &[String]) -> Result<Scores, ModelError> {
        let usage = self.hear(prompt, 2)?;
        assert_eq!(labels.len(), 2);
        let first = self.first(prompt);
        let log_probability = |x: f64| super::judgement::log_sigmoid(x) as f32;
        Ok(Scores { log_probabilities: vec![log_probability(first), log_probability(-first)], usage })
    }
}

/// Choices of someone who likes cats and nothing else; every third pair has no cat, and rain falls anywhere.
pub fn cat_person(pairs: usize) -> History {
    let pair = |i: usize| {
        let rain = |bit: usize| if (i * 7 + bit * 3) % 5 < 2 { "rain" } else { "sun" };
        let (good, bad) = if i % 3 == 2 { ("dog", "dog") } else { ("cat", "dog") };
        let chosen = format!("Tale {i}: a {good} walked home in the {} and slept.", rain(0));
        let rejected = format!("Tale {i}: a {bad} strolled off in the {} and slept.", rain(1));
        PreferencePair {
            at_ms: Some(i as i64),
            ..PreferencePair::new(vec![Turn::user(format!("Tell tale {i}."))], chosen, rejected)
        }
    };
    History::new((0..pairs).map(pair))
}

/// How many examples in the prompt teach that cats are liked: those whose answers differ in cats.
fn lessons(prompt: &Prompt) -> f64 {
    let demos = &prompt.turns[..prompt.turns.len() - 1];
    let lessons = demos.iter().filter(|turn| turn.role == Role::User && side("cat", &turn.content) != 0.0);
    let persona = prompt.turns.iter().any(|turn| turn.role == Role::System && turn.content.contains("cat"));
    lessons.count() as f64 + if persona { 1.0 } else { 0.0 }
}

/// 1 where the first answer shown has the word and the second has not, −1 the other way round, else 0.
fn side(word: &str, shown: &str) -> f64 {
    let Some((_, answers)) = shown.split_once("First answer:") else { return 0.0 };
    let Some((first, second)) = answers.split_once("Second answer:") else { return 0.0 };
    let second = second.split("\n\n").next().unwrap_or("");
    f64::from(u8::from(first.contains(word))) - f64::from(u8::from(second.contains(word)))
}

fn last(prompt: &Prompt) -> &str {
    prompt.turns.last().map_or("", |turn| &turn.content)
}

fn words(text: &str) -> u32 {
    text.split_whitespace().count() as u32
}

fn hash(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}
