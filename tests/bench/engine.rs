//! How fast the engine reads and writes natively, on the embedded model: `cargo bench --features gpu --bench engine`.
//!
//! Arguments after `--`: threads (1), `gpu` to run on the GPU, tokens of the prompt beyond 64 (512). It prints the medians of five runs, in tokens a second; llama.cpp's own figure on
//! the same machine comes from `llama-bench` or node-llama-cpp. The browser's figures: `tests/peers/wllama.mjs`.
#![allow(clippy::unwrap_used, clippy::expect_used)] // why: a bench that can't read its input has to fail.

use std::time::Instant;

use likeness::engine::cpu::Cpu;
use likeness::engine::device::AnyDevice;
use likeness::engine::gguf::Limits;
use likeness::engine::gpu::{Adapter, Refusal};
use likeness::engine::{Engine, EngineError, NonStop, Options, arg_max, read_header};

#[path = "../engine/support.rs"]
#[allow(dead_code)] // why: the tests use the rest of it.
mod support;

const ANSWER: usize = 64;

fn main() -> Result<(), EngineError> {
    let numbers = || std::env::args().skip(1).filter_map(|argument| argument.parse::<usize>().ok());
    let threads = numbers().find(|number| *number <= 64).unwrap_or(1);
    let prompt_tokens = numbers().find(|number| *number > 64).unwrap_or(512);
    let device = if std::env::args().any(|argument| argument == "gpu") {
        let adapter = support::now(Adapter::find()).expect("there is a GPU");
        println!("{:?}", adapter.about);
        AnyDevice::Gpu(support::now(adapter.open(Refusal::default())).expect("it opens"))
    } else {
        AnyDevice::Cpu(Cpu::new(threads))
    };
    let file = support::embedded_model();
    let options = Options { threads, ..Options::default() };
    let mut engine = support::now(async {
        let header = read_header(&file[..], &Limits::default()).await?;
        Engine::load_on(device, &header, &file[..], &options, &mut NonStop, |_, _| {}).await
    })?;
    let (mut prefill, mut decode) = (Vec::new(), Vec::new());
    for run in 0..5 {
        // Another first token each time, so that nothing comes from the tree of prefixes.
        let prompt: Vec<u32> = (0..prompt_tokens as u32).map(|at| (at * 7919 + 31 * run) % 49_000).collect();
        let start = Instant::now();
        support::now(engine.logits(&prompt, &mut NonStop))?;
        prefill.push(prompt_tokens as f64 / start.elapsed().as_secs_f64());
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
