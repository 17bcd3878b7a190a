//! How fast the engine reads and writes natively: `cargo bench --features gpu --bench engine -- [ARGUMENTS]`.
//!
//! | argument | |
//! | --- | --- |
//! | `--device cpu\|gpu` | where it runs (cpu) |
//! | `--use LIST` | what the GPU's kernels use beyond f32: `bytes`, `halves`, `subgroups`, by commas (all that it offers) |
//! | `--threads N` | threads of the processor (1) |
//! | `--model embedded\|135m\|1b\|3b\|8b` | the embedded model, or made-up Q4_0 weights of a real model's shape (embedded) |
//! | `--prompt N`, `--answer N` | tokens read and written (512, 64) |
//! | `--chunk N` | tokens that go through the layers together (the engine's own number) |
//! | `--judgements N`, `--suffix N` | so many prompts that share the prompt, each with so many tokens of its own, are scored together, beside one prefill of as many tokens (0, 24) |
//! | `--endurance N` | so many prompts that share the prompt are scored one after the other: what the last hundred take beside the first, and the memory (0) |
//! | `--profile N` | on a GPU, each kernel that writes a token is run so often behind each other, and its time printed (0) |
//! | `--plain` | on a GPU, first prints what plain kernels reach there: gigabytes a second read, operations a second of a product of matrices |
//! | `--runs N` | how often; the medians are printed (5) |
//!
//! It prints one JSON object: tokens a second, and how many gigabytes of weights a second decoding reads. llama.cpp's own
//! figure on the same machine comes from `llama-bench` or node-llama-cpp. The browser's figures: `tests/peers/wllama.mjs`.
#![allow(clippy::unwrap_used, clippy::expect_used)] // why: a bench that can't read its input has to fail.

use std::time::Instant;

use likeness::engine::cpu::Cpu;
use likeness::engine::device::AnyDevice;
use likeness::engine::gguf::{Limits, TensorKind};
use likeness::engine::gpu::{Adapter, KernelTime, Refusal, Variants};
use likeness::engine::{Choose, Engine, EngineError, Judgement, NonStop, Options, read_header};

mod plain;
#[path = "../engine/support.rs"]
#[allow(dead_code)] // why: the tests use the rest of it.
mod support;
mod synthetic;

use plain::Plain;
use support::now;
use synthetic::{Synthetic, layer_weights};

fn argument(name: &str) -> Option<String> {
    std::env::args().skip_while(|argument| argument != name).nth(1)
}

fn number(name: &str, otherwise: usize) -> usize {
    argument(name).map_or(otherwise, |text| text.parse().expect("a number"))
}

/// What the kernels may use.
fn variants() -> Variants {
    let Some(list) = argument("--use") else { return Variants::ALL };
    let has = |name: &str| list.split(',').any(|listed| listed == name);
    let subgroups = if has("subgroups") { Variants::ALL.subgroups } else { 0 };
    Variants { bytes: has("bytes"), halves: has("halves"), subgroups }
}

fn main() -> Result<(), EngineError> {
    if std::env::args().any(|argument| argument == "--plain") {
        let Plain { read_gb_per_s, f32_tflops, f16_tflops } = plain::measure();
        println!(
            "{}",
            serde_json::json!({
                "plain_read_gb_per_s": read_gb_per_s.round(),
                "plain_f32_tflops": (f32_tflops * 100.0).round() / 100.0,
                "plain_f16_tflops": f16_tflops.map(|x| (x * 100.0).round() / 100.0),
            })
        );
    }
    let (prompt_tokens, answer) = (number("--prompt", 512), number("--answer", 64));
    let threads = number("--threads", 1);
    let (device, on) = if argument("--device").as_deref() == Some("gpu") {
        let adapter = now(Adapter::find()).expect("there is a GPU");
        let mut gpu = now(adapter.open(Refusal::default())).expect("it opens");
        gpu.use_variants(variants());
        let used = gpu.variants().names();
        let on = format!("{} ({}; {used})", adapter.about.name, adapter.about.interface);
        (AnyDevice::Gpu(gpu), on)
    } else {
        let cpu = Cpu::new(threads);
        let on = format!("{threads} threads, {}", cpu.kernels().name);
        (AnyDevice::Cpu(cpu), on)
    };
    let chunk_tokens = argument("--chunk").map(|text| text.parse().expect("a number"));
    let options = Options { threads, chunk_tokens, ..Options::default() };
    let model = argument("--model").unwrap_or_else(|| "embedded".to_owned());
    let start = Instant::now();
    let (mut engine, (bytes, weights)) = match Synthetic::new(&model, TensorKind::Q4_0) {
        Some(source) => {
            let engine = now(async {
                Engine::load_on(device, &source.header, &source, &options, &mut NonStop, |_, _| {}).await
            })?;
            (engine, (source.matrix_bytes(), layer_weights(&source.header)))
        }
        None => {
            assert_eq!(model, "embedded", "--model takes embedded, 135m, 1b, 3b or 8b");
            let file = support::embedded_model();
            let header = now(read_header(&file[..], &Limits::default()))?;
            let engine = now(Engine::load_on(device, &header, &file[..], &options, &mut NonStop, |_, _| {}))?;
            (engine, (file.len() as u64, layer_weights(&header)))
        }
    };
    let load_s = start.elapsed().as_secs_f64();
    let (mut prefill, mut decode) = (Vec::new(), Vec::new());
    // Run 0 warms up.
    for run in 0..=number("--runs", 5) as u32 {
        // Another first token each time, so that nothing comes from the tree of prefixes.
        let prompt: Vec<u32> = (0..prompt_tokens as u32).map(|at| (at * 7919 + 31 * run) % 49_000).collect();
        let start = Instant::now();
        now(engine.logits(&prompt, &mut NonStop))?;
        let read = start.elapsed().as_secs_f64();
        let start = Instant::now();
        now(engine.generate(&prompt, answer, Choose::Likeliest(&mut |_| true), &mut NonStop))?;
        let wrote = start.elapsed().as_secs_f64();
        if run > 0 {
            prefill.push(prompt_tokens as f64 / read);
            decode.push(answer as f64 / wrote);
        }
    }
    let (prefill, decode) = (median(prefill), median(decode));
    let ratio = match number("--judgements", 0) {
        0 => None,
        count => Some(median(judgements(&mut engine, (prompt_tokens, number("--suffix", 24), count))?)),
    };
    let report = serde_json::json!({
        "device": on,
        "model": model,
        "prompt_tokens": prompt_tokens,
        "chunk_tokens": options.chunk_tokens,
        "load_s": (load_s * 100.0).round() / 100.0,
        "prefill": (prefill * 10.0).round() / 10.0,
        "decode": (decode * 10.0).round() / 10.0,
        "judgements_beside_one_prefill": ratio.map(|ratio| (ratio * 100.0).round() / 100.0),
        "dispatches_of_a_token": match engine.device() {
            AnyDevice::Gpu(gpu) => Some(gpu.dispatches_of_a_token()),
            AnyDevice::Cpu(_) => None,
        },
        "prefill_tflops": (2.0 * prefill * weights as f64 / 1e10).round() / 100.0,
        "weights_gb_per_s": (decode * bytes as f64 / 1e8).round() / 10.0,
    });
    println!("{report}");
    let judged = number("--endurance", 0);
    if judged > 0 {
        endure(&mut engine, (prompt_tokens, number("--suffix", 24), judged))?;
    }
    let runs = number("--profile", 0);
    if runs > 0 {
        print_profile(&mut engine, runs)?;
    }
    Ok(())
}

/// Prints where the time of a token goes on a GPU, the longest first.
fn print_profile(engine: &mut Engine, runs: usize) -> Result<(), EngineError> {
    let AnyDevice::Gpu(gpu) = engine.device_mut() else { return Ok(()) };
    let Some(mut profile) = now(gpu.profile(runs))? else { return Ok(()) };
    let micro = |seconds: f64| seconds * 1e6;
    let of_token = |kernel: &KernelTime| kernel.of_a_token as f64 * kernel.seconds;
    profile.kernels.sort_by(|a, b| of_token(b).total_cmp(&of_token(a)));
    println!("{:9.1} µs recording a token", micro(profile.recording_s));
    println!("{:9.1} µs submitting it until it is done", micro(profile.running_s));
    println!("{:9.1} µs reading sixteen bytes", micro(profile.round_trip_s));
    let all: f64 = profile.kernels.iter().map(of_token).sum();
    println!("{:9.1} µs all kernels of a token:", micro(all));
    for kernel in &profile.kernels {
        let KernelTime { kernel: name, of_a_token, seconds } = kernel;
        println!("{:9.1} µs = {of_a_token:3} × {:6.1} µs {name}", micro(of_token(kernel)), micro(*seconds));
    }
    Ok(())
}

/// Prints what the first and the last hundred of `count` judgements take, in the middle of each, and what memory is held
/// after as many; the first fifty of all warm up.
fn endure(engine: &mut Engine, (prefix, suffix, count): (usize, usize, usize)) -> Result<(), EngineError> {
    let mut milliseconds = Vec::new();
    let mut bytes = Vec::new();
    for n in 0..count + 50 {
        let judgement = judgement(n, prefix, suffix);
        let start = Instant::now();
        now(engine.score_all(&[judgement], &mut NonStop))?;
        if n >= 50 {
            milliseconds.push(1000.0 * start.elapsed().as_secs_f64());
        }
        bytes.push(match engine.device() {
            AnyDevice::Gpu(gpu) => gpu.memory_bytes(),
            AnyDevice::Cpu(_) => resident_bytes(),
        });
    }
    let hundred = 100.min(count);
    let (first, last) =
        (median(milliseconds[..hundred].to_vec()), median(milliseconds[count - hundred..].to_vec()));
    println!(
        "{count} judgements: the first hundred take {first:.2} ms each, the last {last:.2} ms ({:+.1}%); memory {} MB \
         after the first half, {} MB at the end",
        100.0 * (last / first - 1.0),
        bytes[bytes.len() / 2] >> 20,
        bytes[bytes.len() - 1] >> 20,
    );
    Ok(())
}

/// What this process holds in memory, where the system tells it in `/proc`.
fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()).unwrap_or(0) << 10
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

/// The judgement of this number: a prompt that all share, then tokens of its own.
fn judgement(number: usize, prefix: usize, suffix: usize) -> Judgement {
    let prompt = tokens(0, prefix).chain(tokens(100_000 + 1000 * number, suffix)).collect();
    Judgement { prompt, continuations: vec![vec![11], vec![12]] }
}

fn tokens(from: usize, count: usize) -> impl Iterator<Item = u32> {
    (from..from + count).map(|at| (at * 7919 % 49_000) as u32)
}

/// How many times as long `count` judgements take as one prefill of as many tokens: once for each run, in turn.
fn judgements(
    engine: &mut Engine,
    (prefix, suffix, count): (usize, usize, usize),
) -> Result<Vec<f64>, EngineError> {
    let many: Vec<Judgement> = (0..count).map(|n| judgement(n, prefix, suffix)).collect();
    let one = [judgement(0, prefix + suffix * count, 0)];
    let mut ratios = Vec::new();
    for run in 0..=number("--runs", 5) {
        engine.forget();
        let start = Instant::now();
        now(engine.score_all(&one, &mut NonStop))?;
        let prefill = start.elapsed().as_secs_f64();
        engine.forget();
        let start = Instant::now();
        now(engine.score_all(&many, &mut NonStop))?;
        if run > 0 {
            ratios.push(start.elapsed().as_secs_f64() / prefill);
        }
    }
    Ok(ratios)
}
