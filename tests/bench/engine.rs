//! How fast the engine reads and writes natively, on the embedded model: `cargo bench --features engine --bench engine`.
//!
//! Arguments after `--`: threads (1). It prints the medians of five runs, in tokens a second; llama.cpp's own figure on
//! the same machine comes from `llama-bench` or node-llama-cpp. The browser's figures: `tests/peers/wllama.mjs`.
#![allow(clippy::unwrap_used, clippy::expect_used)] // why: a bench that can't read its input has to fail.

use std::time::Instant;

use likeness::engine::gguf::Limits;
use likeness::engine::{Engine, EngineError, NonStop, Options, arg_max, read_header};

#[path = "../engine/support.rs"]
#[allow(dead_code)] // why: the tests use the rest of it.
mod support;

const PROMPT: usize = 512;
const ANSWER: usize = 64;

fn main() -> Result<(), EngineError> {
    let threads = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(1);
    let file = support::embedded_model();
    let options = Options { threads, ..Options::default() };
    let mut engine = support::now(async {
        let header = read_header(&file[..], &Limits::default()).await?;
        Engine::load(&header, &file[..], &options, &mut NonStop, |_, _| {}).await
    })?;
    let (mut prefill, mut decode) = (Vec::new(), Vec::new());
    for run in 0..5 {
        // Another first token each time, so that nothing comes from the tree of prefixes.
        let prompt: Vec<u32> = (0..PROMPT as u32).map(|at| (at * 7919 + 31 * run) % 49_000).collect();
        let start = Instant::now();
        support::now(engine.logits(&prompt, &mut NonStop))?;
        prefill.push(PROMPT as f64 / start.elapsed().as_secs_f64());
        let start = Instant::now();
        support::now(engine.generate(&prompt, ANSWER, |logits| Some(arg_max(logits)), &mut NonStop))?;
        decode.push(ANSWER as f64 / start.elapsed().as_secs_f64());
    }
    let median = |mut speeds: Vec<f64>| {
        speeds.sort_by(f64::total_cmp);
        speeds[speeds.len() / 2]
    };
    let set = engine.device().cpu().map_or("GPU", |cpu| cpu.kernels().name);
    println!(
        "{set}, {threads} threads: prefill {:.0}, decode {:.0} tokens a second",
        median(prefill),
        median(decode)
    );
    Ok(())
}
