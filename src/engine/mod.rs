//! The local model: reads a GGUF file and runs it, in a browser or natively, with nothing else of ours.
//!
//! Nothing here touches a file, a network, a clock or the browser: bytes come in through [`TensorSource`], and
//! whoever drives a long computation decides through [`Pace`] between its slices whether it goes on.
//!
//! Reading order: [`gguf`] (the file).
//
// How the parts meet (the forward pass is being written against this):
//
//   Engine::load(source: &impl TensorSource, options, pace: &mut impl Pace, progress: impl FnMut(u64, u64))
//       reads header, tokenizer, template, then each tensor's range straight into its buffer (try_reserve_exact, so
//       that running out of memory is EngineError::OutOfMemory).
//   engine.tokenizer() -> &Tokenizer; engine.render(turns, answer_start) -> Result<String, TemplateError>
//   engine.logits(tokens: &[u32], pace) -> Result<&[f32], EngineError>   after the last token, prefix reused;
//       it pauses every few tokens of prefill and after each decoded token.
//   engine.score(prefix: &[u32], continuations: &[Vec<u32>], pace) -> Result<Vec<f32>, EngineError>
//   engine.generate(prefix: &[u32], &sample::Parameters, pace, piece: impl FnMut(&str)) -> Result<Generated, …>
//   counters in each result: prompt tokens, cached tokens, generated tokens.

pub mod cpu;
pub mod gguf;
mod pace;
pub mod quant;
mod source;

pub use pace::{Cancelled, NonStop, Pace};
pub use source::{HeaderError, SourceError, TensorSource, read_header};
