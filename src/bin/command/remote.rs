//! The remote model of a task: which one, what it may cost, what is foreseen, and what left in the end.
//!
//! It sees sketches alone, whatever the task. The guard of the whole history at hand stands in the door, which lets
//! requests to the endpoint's own origin through and to no other.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;
use likeness::persona::{Likeness, Plan, TEMPLATES};
use likeness::preference::PreferencePair;
use likeness::privacy::{Common, InMemory};
use likeness::provider::{
    Api, Budget, Egress, Limits, NativeTransport, Price, ProviderError, Remote, RemoteSettings, preset,
};

use super::ledger::LedgerFile;
use super::model::interrupt;
use super::{Failure, say};

/// Where the key is, so that it is in no argument, which every program on the machine may read.
const KEY: &str = "LIKENESS_API_KEY";

/// Which remote model to use.
#[derive(Args, Clone)]
#[command(
    next_help_heading = "Remote model (it sees sketches, never a text; the key comes from LIKENESS_API_KEY)"
)]
pub struct RemoteFlags {
    /// The API's base address, as https://api.openai.com/v1, or a known name: openai, ollama, vllm, …
    #[arg(long, value_name = "URL", requires = "remote_model")]
    endpoint: Option<String>,
    /// What the endpoint speaks.
    #[arg(long, requires = "endpoint", value_parser = ["openai", "anthropic", "gemini"])]
    api: Option<String>,
    /// The model, as the endpoint spells it.
    #[arg(long, value_name = "NAME", requires = "endpoint")]
    remote_model: Option<String>,
    /// Write every request there as it is sent, one JSON object a line, before it leaves.
    #[arg(long, value_name = "FILE.jsonl", requires = "endpoint")]
    ledger: Option<PathBuf>,
    /// What a million tokens cost: of prompt, of answer.
    #[arg(long, value_name = "IN,OUT", requires = "endpoint", value_parser = price)]
    price: Option<Price>,
    /// Stop before this run makes more requests.
    #[arg(long, value_name = "N", requires = "endpoint")]
    budget_calls: Option<u64>,
    /// Stop before this run takes more tokens, of prompts and answers together.
    #[arg(long, value_name = "N", requires = "endpoint")]
    budget_tokens: Option<u64>,
    /// Stop before this run costs more, at the price given.
    #[arg(long, value_name = "X", requires = "price", value_parser = amount)]
    budget_cost: Option<f64>,
    /// Tokens that a model which thinks may think for each answer.
    #[arg(long, value_name = "N", requires = "endpoint", default_value_t = 0)]
    thinking_tokens: u32,
    /// Seconds of silence after which a request is given up and made again.
    #[arg(long, value_name = "SECONDS", requires = "endpoint", value_parser = clap::value_parser!(u32).range(1..=600))]
    timeout: Option<u32>,
}

/// A remote model behind its door.
pub struct RemoteModel {
    pub model: Remote<NativeTransport, InMemory, LedgerFile>,
    stop: Arc<AtomicBool>,
    origin: String,
}

impl RemoteFlags {
    /// Whether a remote model is meant.
    pub fn is_given(&self) -> bool {
        self.endpoint.is_some()
    }

    /// Where every request is written down.
    pub fn ledger(&self) -> Option<&Path> {
        self.ledger.as_deref()
    }

    /// What the arguments and the environment say; they are looked at before any file is.
    pub fn settings(&self) -> Result<Option<RemoteSettings>, Failure> {
        let (Some(endpoint), Some(model)) = (&self.endpoint, &self.remote_model) else { return Ok(None) };
        let key = key()?;
        let settings = match (preset(endpoint), self.api.as_deref().and_then(Api::named)) {
            (Some(preset), api) if api.is_none_or(|api| api == preset.api) => {
                RemoteSettings::at(preset, model, key.as_deref())
            }
            (Some(preset), _) => {
                let speaks = preset.api.name();
                return Err(Failure::Usage(format!(
                    "{} speaks --api {speaks}, or none need be given",
                    preset.name
                )));
            }
            (None, Some(api)) => RemoteSettings::new(api, endpoint, model, key.as_deref()),
            (None, None) => {
                return Err(Failure::Usage(
                    "--endpoint needs --api openai, anthropic or gemini: which API does it speak?".into(),
                ));
            }
        };
        let settings = settings.map_err(|error| Failure::Usage(in_words(&error)))?;
        let budget = Budget { calls: self.budget_calls, tokens: self.budget_tokens, cost: self.budget_cost };
        let (price, thinking_tokens) = (self.price.clone(), self.thinking_tokens);
        Ok(Some(RemoteSettings { budget, price, thinking_tokens, ..settings }))
    }

    /// Opens the door: `history` is all that must not pass it.
    pub fn open<'a>(
        &self,
        settings: RemoteSettings,
        history: impl IntoIterator<Item = &'a PreferencePair>,
    ) -> Result<RemoteModel, Failure> {
        let stop = interrupt()?;
        let ledger = LedgerFile::open(self.ledger.as_deref())?;
        let origin = settings.endpoint.origin().clone();
        let named = origin.to_string();
        let cancelled = Arc::clone(&stop);
        let egress = Egress::new(
            NativeTransport::new(),
            InMemory::new(Common::shipped(TEMPLATES), history),
            ledger,
            vec![origin],
        )
        .with_limits(self.limits())
        .with_cancel(move || cancelled.load(Ordering::Relaxed));
        Ok(RemoteModel { model: Remote::new(settings, egress), stop, origin: named })
    }

    fn limits(&self) -> Limits {
        let usual = Limits::default();
        match self.timeout {
            None => usual,
            Some(seconds) => {
                let ms = seconds * 1000;
                Limits { head_ms: ms, idle_ms: ms, total_ms: usual.total_ms.min(ms * 10), ..usual }
            }
        }
    }
}

fn key() -> Result<Option<String>, Failure> {
    match std::env::var(KEY) {
        Ok(key) => Ok(Some(key).filter(|key| !key.is_empty())),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => Err(Failure::Usage(format!("{KEY} is no text"))),
    }
}

fn in_words(error: &ProviderError) -> String {
    match error.advice() {
        Some(advice) => format!("{error}; {advice}"),
        None => error.to_string(),
    }
}

fn price(text: &str) -> Result<Price, String> {
    let (prompt, generated) = text.split_once(',').ok_or("two numbers with a comma between, as 0.15,0.60")?;
    Ok(Price { prompt: amount(prompt)?, cached: None, generated: amount(generated)?, as_of: "now".into() })
}

fn amount(text: &str) -> Result<f64, String> {
    let amount = text.trim().parse::<f64>().map_err(|error| error.to_string())?;
    if amount.is_finite() && amount >= 0.0 { Ok(amount) } else { Err("it has to be 0 or more".into()) }
}

impl RemoteModel {
    /// Whether Ctrl-C was pressed.
    pub fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Says what lies ahead, before anything is asked.
    ///
    /// `sure` is what is left of it where nothing is found that has to be tested.
    pub fn foretell(&self, most: Plan, sure: Plan) {
        let cost = |spending| {
            let cost = self.model.price_of(spending);
            cost.map_or_else(String::new, |cost| format!(", {cost:.4} at the price given"))
        };
        let spending =
            |plan: Plan| self.model.foreseen(plan.calls, plan.prompt_tokens, plan.generated_tokens);
        let (most, sure) = (spending(most), spending(sure));
        say(&format!(
            "estimate: at most {} calls of {}, {} prompt tokens and {} answer tokens{}; what has to be asked again comes on top",
            most.calls,
            self.origin,
            most.prompt_tokens,
            most.generated_tokens,
            cost(most)
        ));
        if sure.calls < most.calls {
            let calls = sure.calls;
            say(&format!(
                "where no claim is found that has to be tested: at most {calls} calls{}",
                cost(sure)
            ));
        }
    }

    /// Says what left, and what it cost.
    pub fn tell(&self) {
        let ((requests, bytes), spent) = (self.model.egress().ledger().left(), self.model.spent());
        let cost =
            self.model.cost().map_or_else(String::new, |cost| format!(", {cost:.4} at the price given"));
        say(&format!(
            "what left: {requests} requests with {bytes} bytes, to {}; {} prompt tokens and {} answer tokens{cost}",
            self.origin, spent.prompt_tokens, spent.generated_tokens
        ));
    }
}

/// The examples of a likeness that were made of texts, for the guard; it says so where there are any.
pub fn raw_examples(likeness: Option<&Likeness>) -> Vec<PreferencePair> {
    let made_of_texts = likeness.filter(|likeness| likeness.sketcher.is_none());
    let demos = made_of_texts.map_or(&[][..], |likeness| &likeness.demos);
    if !demos.is_empty() {
        say(
            "the likeness was made of texts: its examples stay here, and the remote model is told the claims alone",
        );
    }
    demos.iter().map(|demo| PreferencePair::new(Vec::new(), &demo.asked, "")).collect()
}
