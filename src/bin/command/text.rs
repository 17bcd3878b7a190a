//! `likeness tokens`, `logits`, `generate`: the model itself, for comparing it with others.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;
use likeness::engine::message::{ChatPrompt, ChatTurn, EngineReply, SamplingOptions};
use likeness::engine::tokenizer::SpecialTokens;
use likeness::engine::{Cancelled, Pace};
use serde::Serialize;

use super::model::{Loaded, ModelFile};
use super::{Failure, Output, files};

#[derive(Args)]
pub struct Tokens {
    #[command(flatten)]
    model: ModelFile,
    /// Read the names of special tokens as these tokens, not as text.
    #[arg(long)]
    special: bool,
    #[command(flatten)]
    show: Output,
}

#[derive(Args)]
pub struct Logits {
    #[command(flatten)]
    model: ModelFile,
    #[command(flatten)]
    show: Output,
}

#[derive(Args)]
pub struct Generate {
    #[command(flatten)]
    model: ModelFile,
    /// What to continue or answer.
    #[arg(long)]
    prompt: String,
    /// The most tokens to generate.
    #[arg(long, allow_negative_numbers = true)]
    max_tokens: u32,
    /// 0 takes the likeliest token each time.
    #[arg(long, default_value_t = 0.0, value_parser = temperature, allow_negative_numbers = true)]
    temperature: f32,
    /// Where the random draws start from.
    #[arg(long, default_value_t = 0, allow_negative_numbers = true)]
    seed: u64,
    /// Continue the prompt as it is, without the model's chat template.
    #[arg(long)]
    raw: bool,
    #[command(flatten)]
    show: Output,
}

#[derive(Serialize)]
struct TokensReport {
    tokens: Vec<u32>,
}

#[derive(Serialize)]
struct LogitsReport {
    tokens: Vec<u32>,
    top1: Vec<u32>,
    perplexity: f64,
}

#[derive(Serialize)]
struct GenerateReport {
    text: String,
    tokens: u32,
}

impl Tokens {
    pub fn run(self) -> Result<(), Failure> {
        let text = files::text(Path::new("-"))?;
        let how = if self.special { SpecialTokens::Parsed } else { SpecialTokens::AsText };
        let tokens = self.model.on_processor().load()?.link.with(|chat| chat.tokenizer().encode(&text, how));
        let words = numbers(&tokens);
        self.show.show(&TokensReport { tokens }, &words)
    }
}

impl Logits {
    pub fn run(self) -> Result<(), Failure> {
        let text = files::text(Path::new("-"))?;
        let loaded = self.model.load()?;
        let (tokens, foreseen) = loaded.link.with(|chat| {
            let tokens = chat.tokenizer().encode(&text, SpecialTokens::AsText);
            let foreseen = pollster::block_on(chat.engine().foresee(&tokens, &mut Flag(&loaded.stop)));
            (tokens, foreseen)
        });
        let foreseen = foreseen.map_err(|error| failed(&loaded, error))?;
        let perplexity = foreseen.perplexity();
        let words = format!("{} tokens, perplexity {perplexity:.3}", tokens.len());
        self.show.show(&LogitsReport { tokens, top1: foreseen.top1, perplexity }, &words)
    }
}

impl Generate {
    pub fn run(self) -> Result<(), Failure> {
        if self.raw && self.prompt.is_empty() {
            return Err(Failure::Usage("--raw needs a --prompt with something in it to continue".into()));
        }
        let loaded = self.model.load()?;
        let sampling = SamplingOptions {
            max_tokens: self.max_tokens,
            temperature: self.temperature,
            seed: self.seed,
            top_p: 1.0,
            top_k: 0,
            min_p: 0.0,
            repetition_penalty: 1.0,
            stop: Vec::new(),
        };
        let answer = loaded.link.with(|chat| {
            let tokens = if self.raw {
                chat.tokenizer().encode(&self.prompt, SpecialTokens::AsText)
            } else {
                let turn = ChatTurn { role: "user".into(), content: self.prompt.clone() };
                chat.tokens(&ChatPrompt { turns: vec![turn], answer_start: String::new() })?
            };
            pollster::block_on(chat.continue_tokens(&tokens, &sampling, &mut Flag(&loaded.stop), |_| ()))
        });
        let report = match answer.map_err(|error| failed(&loaded, error))? {
            EngineReply::Text { text, cost, .. } => GenerateReport { tokens: cost.generated_tokens, text },
            _ => return Err(Failure::Input("the engine answered with no text".into())),
        };
        let words = report.text.clone();
        self.show.show(&report, &words)
    }
}

fn failed(loaded: &Loaded, error: impl std::fmt::Display) -> Failure {
    if loaded.stopped() { Failure::Stopped("stopped".into()) } else { Failure::Input(error.to_string()) }
}

fn temperature(text: &str) -> Result<f32, String> {
    let temperature = text.parse::<f32>().map_err(|error| error.to_string())?;
    let fits = temperature.is_finite() && temperature >= 0.0;
    if fits { Ok(temperature) } else { Err("it has to be a number, 0 or more".into()) }
}

fn numbers(tokens: &[u32]) -> String {
    tokens.iter().map(u32::to_string).collect::<Vec<_>>().join(" ")
}

/// Stops the work when the flag is set.
struct Flag<'a>(&'a AtomicBool);

impl Pace for Flag<'_> {
    async fn pause(&mut self) -> Result<(), Cancelled> {
        if self.0.load(Ordering::Relaxed) { Err(Cancelled) } else { Ok(()) }
    }
}
