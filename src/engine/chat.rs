//! A model that reads and writes text: the engine with its tokenizer, chat template and sampler.
//!
//! It answers the requests of [`message`](super::message) that need a model, in a worker and natively alike.

use jiff::civil::Date;

use super::arch::{Family, Outline};
use super::chat_template::{ChatTemplate, Message};
use super::device::AnyDevice;
use super::error::short_of;
use super::gguf::{GgufError, Header, Limits, Part, parse, whole_name};
use super::message::{
    ChatJudgement, ChatPrompt, ChatScores, ChatTurn, Cost, DeviceReport, EngineFailure, EngineReply,
    EngineRequest, LoadedModel, SamplingOptions,
};
use super::prompt;
use super::sample::{Parameters, SampleError, Sampler};
use super::stop::StopStrings;
use super::tokenizer::{SpecialTokens, Tokenizer, Utf8Stream};
use super::{Choose, Engine, EngineError, Judgement, Options, Pace, TensorSource, read_header};

/// What templates are told that today is: a prompt must not change from one day to the next.
const TODAY: Date = jiff::civil::date(2024, 7, 26);

/// Bytes of weights that can be addressed, with room left for everything else. In WebAssembly that is what decides.
const MOST_WEIGHTS: u64 = (usize::MAX - (512 << 20)) as u64;

/// A loaded model with all that text needs.
pub struct Chat {
    engine: Engine,
    tokenizer: Tokenizer,
    template: ChatTemplate,
}

impl Chat {
    /// What is to be known of the model of `source` by whoever chooses a device.
    pub async fn outline<S: TensorSource + ?Sized>(source: &S) -> Result<Outline, EngineFailure> {
        let header =
            read_header(source, &Limits::default()).await.map_err(EngineError::from).map_err(failure)?;
        let outline = Family::read(&header).and_then(|family| Outline::of(&family, &header));
        outline.map_err(failure)
    }

    /// Loads the model of `source` onto `device`; `file` is its name. The fingerprint is of name and size: whoever knows the
    /// file's SHA-256 puts that in its place.
    pub async fn load<S: TensorSource + ?Sized, P: Pace>(
        (device, report): (AnyDevice, DeviceReport),
        source: &S,
        file: &str,
        options: &Options,
        pace: &mut P,
        progress: impl FnMut(u64, u64),
    ) -> Result<(Chat, LoadedModel), EngineFailure> {
        let header =
            read_header(source, &Limits::default()).await.map_err(EngineError::from).map_err(failure)?;
        // Both are small beside the weights, and tell early that a file is of another kind.
        let (tokenizer, template) = text_parts(&header)?;
        let engine = Engine::load_on(device, &header, source, options, pace, progress);
        let engine = engine.await.map_err(failure)?;
        let loaded = LoadedModel {
            name: name(file),
            file: file.to_owned(),
            bytes: source.bytes() as f64,
            fingerprint: format!("{file}, {} bytes", source.bytes()),
            parameters: header.tensors.iter().map(|tensor| tensor.items() as f64).sum(),
            context_tokens: engine.context_tokens().try_into().unwrap_or(u32::MAX),
            format: format(&header),
            device: report,
            kept: Err("it was read where it lies".to_owned()),
        };
        Ok((Chat { engine, tokenizer, template }, loaded))
    }

    /// Whether a file that begins with `bytes` and is `file_bytes` long can be a model for this engine: told from its
    /// header, before the rest is fetched. `Ok(Some(n))` says that it takes the first `n` bytes to tell.
    ///
    /// # Errors
    /// Why it can't: no GGUF, another architecture, a tokenizer that is not known, weights beyond the memory.
    pub fn examine(bytes: &[u8], file_bytes: u64) -> Result<Option<u64>, EngineFailure> {
        let header = match parse(bytes, file_bytes, &Limits::default()) {
            // Doubling keeps the work linear.
            Err(GgufError::NeedMore { at_least }) => {
                return Ok(Some(at_least.max(2 * bytes.len() as u64).min(file_bytes)));
            }
            parsed => parsed.map_err(EngineError::from).map_err(failure)?,
        };
        let weights: u64 = header.tensors.iter().map(|tensor| tensor.bytes).sum();
        if weights > MOST_WEIGHTS {
            return Err(failure(EngineError::OutOfMemory { what: "the weights".to_owned(), bytes: weights }));
        }
        // What the model is stands in the first of its files alone.
        let part = Part::of(&header).map_err(EngineError::from).map_err(failure)?;
        if part.is_none_or(|part| part.number == 1) {
            Family::read(&header).map_err(failure)?;
            text_parts(&header)?;
        }
        Ok(None)
    }

    /// The engine beneath.
    pub fn engine(&mut self) -> &mut Engine {
        &mut self.engine
    }

    /// The model's tokenizer.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// Answers a request that needs a loaded model; pieces of a text go to `on_piece` as they come.
    pub async fn answer<P: Pace>(
        &mut self,
        request: EngineRequest,
        pace: &mut P,
        now_ms: impl Fn() -> f64,
        on_piece: impl FnMut(String),
    ) -> Result<EngineReply, EngineFailure> {
        let start = now_ms();
        let mut reply = match request {
            EngineRequest::Count(text) => {
                let tokens = self.tokenizer.encode(&text, SpecialTokens::AsText).len();
                EngineReply::Count(tokens.try_into().unwrap_or(u32::MAX))
            }
            EngineRequest::Score(judgements) => EngineReply::Scores(self.score(&judgements, pace).await?),
            EngineRequest::Generate { prompt, sampling } => {
                self.generate(&prompt, &sampling, pace, on_piece).await?
            }
            _ => return Err(EngineFailure::Internal("a loaded model can't do this".into())),
        };
        let elapsed_ms = now_ms() - start;
        match &mut reply {
            EngineReply::Text { cost, .. } => cost.elapsed_ms = elapsed_ms,
            EngineReply::Scores(scores) => {
                let each = elapsed_ms / scores.len() as f64;
                scores.iter_mut().for_each(|scores| scores.cost.elapsed_ms = each);
            }
            _ => {}
        }
        Ok(reply)
    }

    /// The tokens of a conversation, up to where the model goes on.
    pub fn tokens(&self, prompt: &ChatPrompt) -> Result<Vec<u32>, EngineFailure> {
        let message = |turn: &ChatTurn| Message { role: turn.role.clone(), content: turn.content.clone() };
        let messages: Vec<Message> = prompt.turns.iter().map(message).collect();
        let tokens = prompt::encode(&self.tokenizer, &self.template, &messages, &prompt.answer_start, TODAY);
        tokens.map_err(|error| EngineFailure::Model(error.to_string()))
    }

    async fn score<P: Pace>(
        &mut self,
        judgements: &[ChatJudgement],
        pace: &mut P,
    ) -> Result<Vec<ChatScores>, EngineFailure> {
        let encode = |label: &String| self.tokenizer.encode(label, SpecialTokens::AsText);
        let judgements: Vec<Judgement> = judgements
            .iter()
            .map(|ChatJudgement { prompt, labels }| {
                let continuations = labels.iter().map(encode).collect();
                Ok(Judgement { prompt: self.tokens(prompt)?, continuations })
            })
            .collect::<Result<_, EngineFailure>>()?;
        let scored = self.engine.score_all(&judgements, pace).await.map_err(failure)?;
        let scores = judgements.iter().zip(scored).map(|(judgement, scored)| {
            let prompt_tokens = judgement.prompt.len();
            let cached_tokens = prompt_tokens.saturating_sub(scored.computed) as u32;
            let cost = Cost { prompt_tokens: prompt_tokens as u32, cached_tokens, ..Cost::default() };
            ChatScores { log_probabilities: scored.log_probabilities, cost }
        });
        Ok(scores.collect())
    }

    async fn generate<P: Pace>(
        &mut self,
        prompt: &ChatPrompt,
        options: &SamplingOptions,
        pace: &mut P,
        on_piece: impl FnMut(String),
    ) -> Result<EngineReply, EngineFailure> {
        let tokens = self.tokens(prompt)?;
        self.continue_tokens(&tokens, options, pace, on_piece).await
    }

    /// Continues these tokens as they are, without the chat template.
    pub async fn continue_tokens<P: Pace>(
        &mut self,
        tokens: &[u32],
        options: &SamplingOptions,
        pace: &mut P,
        mut on_piece: impl FnMut(String),
    ) -> Result<EngineReply, EngineFailure> {
        let before = self.engine.counters();
        let mut sampler = Sampler::new(parameters(options)).map_err(bad_sampling)?;
        sampler.see(tokens);
        let mut writing = Writing::new(&self.tokenizer, options);
        let mut failed = None;
        let most = options.max_tokens as usize;
        let written = if sampler.takes_the_likeliest() {
            let mut take = |token| writing.take(token, &mut on_piece);
            self.engine.generate(tokens, most, Choose::Likeliest(&mut take), pace).await
        } else {
            let mut choose = |logits: &[f32]| match sampler.pick(logits) {
                Ok(token) => writing.take(token, &mut on_piece).then_some(token),
                Err(error) => {
                    failed = Some(error);
                    None
                }
            };
            self.engine.generate(tokens, most, Choose::ByLogits(&mut choose), pace).await
        };
        written.map_err(failure)?;
        if let Some(error) = failed {
            return Err(bad_sampling(error));
        }
        let (text, generated, finished) = writing.end(&mut on_piece);
        let cost = self.cost(tokens.len(), before.cached_tokens, generated);
        Ok(EngineReply::Text { text, finished, cost })
    }

    fn cost(&self, prompt_tokens: usize, cached_before: u64, generated_tokens: u32) -> Cost {
        Cost {
            prompt_tokens: prompt_tokens as u32,
            cached_tokens: (self.engine.counters().cached_tokens - cached_before) as u32,
            generated_tokens,
            elapsed_ms: 0.0,
        }
    }
}

/// An answer while it is written.
struct Writing<'a> {
    tokenizer: &'a Tokenizer,
    utf8: Utf8Stream,
    stop: StopStrings,
    text: String,
    generated: u32,
    finished: bool,
}

impl<'a> Writing<'a> {
    fn new(tokenizer: &'a Tokenizer, options: &SamplingOptions) -> Self {
        Writing {
            tokenizer,
            utf8: Utf8Stream::default(),
            stop: StopStrings::new(&options.stop),
            text: String::new(),
            generated: 0,
            finished: false,
        }
    }

    /// Whether to go on after this token.
    fn take(&mut self, token: u32, on_piece: &mut impl FnMut(String)) -> bool {
        self.generated += 1;
        if self.tokenizer.is_end(token) {
            self.finished = true;
            return false;
        }
        let decoded = self.utf8.push(self.tokenizer.bytes(token));
        let piece = self.stop.push(&decoded);
        self.show(piece, on_piece);
        self.finished = self.stop.stopped();
        !self.finished
    }

    fn end(mut self, on_piece: &mut impl FnMut(String)) -> (String, u32, bool) {
        if !self.stop.stopped() {
            let rest = self.utf8.finish();
            let piece = self.stop.push(&rest) + &self.stop.finish();
            self.show(piece, on_piece);
        }
        (self.text, self.generated, self.finished)
    }

    fn show(&mut self, piece: String, on_piece: &mut impl FnMut(String)) {
        if !piece.is_empty() {
            self.text.push_str(&piece);
            on_piece(piece);
        }
    }
}

fn parameters(options: &SamplingOptions) -> Parameters {
    Parameters {
        temperature: options.temperature,
        top_p: options.top_p,
        top_k: options.top_k,
        min_p: options.min_p,
        repetition_penalty: options.repetition_penalty,
        seed: options.seed,
    }
}

fn bad_sampling(error: SampleError) -> EngineFailure {
    match error {
        SampleError::NotANumber => EngineFailure::NotANumber,
        other => EngineFailure::Model(other.to_string()),
    }
}

/// What turns text into tokens and a conversation into text.
fn text_parts(header: &Header) -> Result<(Tokenizer, ChatTemplate), EngineFailure> {
    let tokenizer = Tokenizer::from_header(header).map_err(|e| EngineFailure::Model(e.to_string()))?;
    let template = ChatTemplate::from_header(header).map_err(|e| EngineFailure::Model(e.to_string()))?;
    Ok((tokenizer, template))
}

/// The file's name without its ending. What files say of themselves in `general.name` is often a leftover of training.
fn name(file: &str) -> String {
    if let Some(whole) = whole_name(file) {
        return whole.to_owned();
    }
    let end = file.len().saturating_sub(".gguf".len());
    match file.get(end..) {
        Some(ending) if ending.eq_ignore_ascii_case(".gguf") => file[..end].to_owned(),
        _ => file.to_owned(),
    }
}

/// Its architecture and the format of most of its weights.
fn format(header: &Header) -> String {
    let architecture = header.get::<&str>("general.architecture").ok().flatten().unwrap_or("unknown");
    let mut formats: Vec<(&'static str, u64)> = Vec::new();
    for tensor in &header.tensors {
        match formats.iter_mut().find(|(name, _)| *name == tensor.kind.name()) {
            Some((_, items)) => *items += tensor.items(),
            None => formats.push((tensor.kind.name(), tensor.items())),
        }
    }
    let most = formats.iter().max_by_key(|(_, items)| *items).map_or("no weights", |(name, _)| name);
    format!("{architecture}, {most}")
}

/// The engine's errors as the wire has them.
pub(super) fn failure(error: EngineError) -> EngineFailure {
    match error {
        EngineError::Cancelled(_) => EngineFailure::Cancelled,
        EngineError::TooLong { tokens, limit } => {
            EngineFailure::TooLong { tokens: tokens as u32, limit: limit as u32 }
        }
        // The wire's error says itself that memory is out.
        EngineError::OutOfMemory { what, bytes } => EngineFailure::OutOfMemory(short_of(bytes, &what)),
        EngineError::NoRoom(why) => EngineFailure::OutOfMemory(why.to_string()),
        EngineError::NotANumber => EngineFailure::NotANumber,
        EngineError::DeviceLost { .. } | EngineError::Device { .. } => {
            EngineFailure::DeviceLost(error.to_string())
        }
        EngineError::Source(_) => EngineFailure::File(error.to_string()),
        other => EngineFailure::Model(other.to_string()),
    }
}
