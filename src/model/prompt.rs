//! What a model is asked.

use serde::{Deserialize, Serialize};

use crate::preference::Turn;

/// A conversation for a model to continue.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Prompt {
    /// The turns, system first; the model's answer comes after the last.
    pub turns: Vec<Turn>,
    /// Words that the answer begins with, already in the model's mouth; usually empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub answer_start: String,
}

/// How an answer is drawn from a model's probabilities.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sampling {
    /// The most tokens to generate.
    pub max_tokens: u32,
    /// 0 takes the likeliest token each time.
    pub temperature: f32,
    /// Keep the likeliest tokens whose probabilities add up to this; 1 keeps all.
    pub top_p: f32,
    /// Keep this many of the likeliest tokens; 0 keeps all.
    pub top_k: u32,
    /// Keep tokens at least this likely, as a part of the likeliest one's probability; 0 keeps all.
    pub min_p: f32,
    /// Divides the logits of tokens that came before (Keskar et al. 2019, arXiv 1909.05858); 1 does nothing.
    pub repetition_penalty: f32,
    /// Texts that end the answer; they are not part of it.
    pub stop: Vec<String>,
    /// Where the random draws start from.
    pub seed: u64,
}

impl Default for Sampling {
    fn default() -> Self {
        Sampling {
            max_tokens: 256,
            temperature: 0.0,
            top_p: 1.0,
            top_k: 0,
            min_p: 0.0,
            repetition_penalty: 1.0,
            stop: Vec::new(),
            seed: 0,
        }
    }
}
