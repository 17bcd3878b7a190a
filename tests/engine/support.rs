//! Running the engine from a test: an executor for futures that never wait, the embedded model, small random ones.

use std::future::Future;
use std::path::PathBuf;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use likeness::engine::cpu::Cpu;
use likeness::engine::device::AnyDevice;
use likeness::engine::gguf::{Header, Limits, TensorInfo, TensorKind, Value, encode, parse};
use likeness::engine::gpu::{Adapter, Refusal, Variants};
use likeness::engine::{Engine, EngineError, Judgement, NonStop, Options, read_header};

/// Runs a future that is never pending.
pub fn now<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("a test's source and pace never wait"),
    }
}

/// What a test runs an engine on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    /// The processor.
    Cpu,
    /// The processor, with all weights widened to floats.
    Floats,
    /// The GPU that this machine has, if only one that the processor plays, in plain f32.
    Gpu,
    /// The same with hardware's kernels also where the processor plays it, which is slow: for small models.
    GpuAsHardware,
    /// As hardware, with all that it offers beyond f32.
    GpuAtItsBest,
}

/// What a logit may differ by where sums are added up in another order.
pub const CLOSE: f32 = 1e-4;

/// By how much two answers differ at most; a number that is none is as far as can be.
pub fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    largest(a.iter().zip(b).map(|(a, b)| (a - b).abs()))
}

/// The largest, or none if one is no number.
pub fn largest(numbers: impl Iterator<Item = f32>) -> f32 {
    numbers.fold(0.0, |most, x| if most.is_nan() || x <= most { most } else { x })
}

/// That a device gives the same answer as before: the same bits on a processor, next to the same on a GPU, which adds up
/// in an order that hangs on what it reads together.
#[track_caller]
pub fn assert_same(on: On, found: &[f32], expected: &[f32], what: &str) {
    let bits = |numbers: &[f32]| Vec::from_iter(numbers.iter().map(|x| x.to_bits()));
    if on == On::Cpu {
        assert!(bits(found) == bits(expected), "{on:?}, {what}");
    }
    let difference = largest_difference(found, expected);
    assert!(difference < CLOSE, "{on:?}, {what}: {difference}");
}

impl On {
    /// The processor, and the GPU if there is one; else says that `what` was not measured on one.
    pub fn both(what: &str) -> Vec<On> {
        let mut devices = vec![On::Cpu];
        devices.extend(On::Gpu.has_gpu(what).then_some(On::Gpu));
        devices
    }

    /// Whether there is a GPU; else says that `what` was not measured on one.
    pub fn has_gpu(self, what: &str) -> bool {
        match now(Adapter::find()) {
            Ok(_) => true,
            Err(error) => {
                println!("NOT MEASURED: {what} on a GPU ({error})");
                false
            }
        }
    }

    /// The device itself.
    pub fn device(self, threads: usize) -> AnyDevice {
        match self {
            On::Cpu => AnyDevice::Cpu(Cpu::new(threads)),
            On::Floats => AnyDevice::Cpu(Cpu::new(threads).in_floats()),
            On::Gpu | On::GpuAsHardware | On::GpuAtItsBest => {
                let adapter = now(Adapter::find()).expect("there is a GPU");
                // The limits that every WebGPU device has, which is the harder case.
                let refusal = Refusal { default_limits: true, as_hardware: self != On::Gpu };
                let mut gpu = now(adapter.open(refusal)).expect("it opens");
                if self == On::GpuAtItsBest {
                    gpu.use_variants(Variants::ALL);
                }
                AnyDevice::Gpu(gpu)
            }
        }
    }

    /// Loads a model from the bytes of a file.
    pub fn load(self, file: &[u8], options: &Options) -> Result<Engine, EngineError> {
        load_onto(self.device(options.threads), file, options)
    }
}

/// Loads a model from the bytes of a file onto a device.
pub fn load_onto(device: AnyDevice, file: &[u8], options: &Options) -> Result<Engine, EngineError> {
    now(async {
        let header = read_header(file, &Limits::default()).await?;
        Engine::load_on(device, &header, file, options, &mut NonStop, |_, _| {}).await
    })
}

/// Whether it runs on a GPU that a processor plays, which reads some tokens a second of a real model, and a test should do
/// less there: not with `LIKENESS_LONG`, which `./check --long` sets.
pub fn is_slow(engine: &Engine) -> bool {
    matches!(engine.device(), AnyDevice::Gpu(gpu) if gpu.about().software) && !is_long()
}

/// Of several ways to run on a GPU, all; or one, by turns, where a processor plays it and compiles kernels for seconds.
pub fn some_of<T>(ways: &[T], turn: usize) -> &[T] {
    let played = now(Adapter::find()).is_ok_and(|adapter| adapter.about.software);
    if played && !is_long() { std::slice::from_ref(&ways[turn % ways.len()]) } else { ways }
}

/// Whether this is `./check --long`.
pub fn is_long() -> bool {
    std::env::var_os("LIKENESS_LONG").is_some()
}

/// The embedded model's file.
pub fn embedded_model() -> Vec<u8> {
    let path = models_folder().join("SmolLM2-135M-Instruct.Q4_1.gguf");
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}; ./start fetches it", path.display()))
}

/// The file of a model that not every machine has; says what is not measured without it.
pub fn model_file(name: &str, what: &str) -> Option<Vec<u8>> {
    let file = std::fs::read(models_folder().join(name)).ok();
    if file.is_none() {
        println!("NOT MEASURED: {what} ({name} is not in the models' folder)");
    }
    file
}

fn models_folder() -> PathBuf {
    let cache = std::env::var_os("LIKENESS_CACHE").map(PathBuf::from).unwrap_or_else(|| {
        let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
        std::env::var_os("XDG_CACHE_HOME").map_or(home.join(".cache"), PathBuf::from).join("likeness")
    });
    cache.join("models")
}

/// A golden file of llama.cpp's.
pub fn golden(name: &str) -> serde_json::Value {
    let path = PathBuf::from("tests/golden").join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Numbers of a JSON array as tokens.
pub fn tokens(value: &serde_json::Value) -> Vec<u32> {
    let numbers = value.as_array().expect("an array");
    numbers.iter().map(|token| token.as_u64().expect("a token") as u32).collect()
}

/// A tiny llama of random weights: what its file holds, to be changed by a test before it is written.
pub struct Tiny {
    /// Its header; offsets are counted from the start of the data.
    pub header: Header,
    /// The tensors' bytes.
    pub data: Vec<u8>,
}

/// Sizes of [`Tiny`], which has two layers and an odd vocabulary.
pub const WIDTH: u64 = 256;
pub const HIDDEN: u64 = 512;
pub const VOCABULARY: u64 = 99;

impl Tiny {
    /// Matrices of `kind`, everything else in F32; an output matrix of its own if `untied`.
    pub fn new(kind: TensorKind, untied: bool) -> Tiny {
        Tiny::shaped(kind, untied, [4, 2, 64])
    }

    /// The same with so many heads, heads of keys and values, and numbers of a head.
    pub fn shaped(kind: TensorKind, untied: bool, [heads, kv_heads, head_size]: [u32; 3]) -> Tiny {
        let integer = |n: u32| Value::U32(n);
        let metadata = [
            ("general.architecture", Value::String("llama".into())),
            ("llama.block_count", integer(2)),
            ("llama.context_length", integer(512)),
            ("llama.embedding_length", integer(WIDTH as u32)),
            ("llama.feed_forward_length", integer(HIDDEN as u32)),
            ("llama.attention.head_count", integer(heads)),
            ("llama.attention.head_count_kv", integer(kv_heads)),
            ("llama.attention.key_length", integer(head_size)),
            ("llama.attention.value_length", integer(head_size)),
            ("llama.attention.layer_norm_rms_epsilon", Value::F32(1e-5)),
            ("llama.rope.dimension_count", integer(head_size)),
            ("llama.rope.freq_base", Value::F32(10_000.0)),
            ("llama.vocab_size", integer(VOCABULARY as u32)),
            ("tokenizer.ggml.model", Value::String("no_vocab".into())),
        ];
        let metadata = metadata.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        let header = Header { version: 3, alignment: 32, metadata, tensors: Vec::new(), data_offset: 0 };
        let mut tiny = Tiny { header, data: Vec::new() };
        let mut random = Random(kind as u64 + 1);
        let (queries, keys) = (u64::from(heads * head_size), u64::from(kv_heads * head_size));
        tiny.push("token_embd.weight", &[WIDTH, VOCABULARY], kind, &mut random);
        for layer in 0..2 {
            for (part, dims) in [
                ("attn_norm", &[WIDTH][..]),
                ("attn_q", &[WIDTH, queries]),
                ("attn_k", &[WIDTH, keys]),
                ("attn_v", &[WIDTH, keys]),
                ("attn_output", &[queries, WIDTH]),
                ("ffn_norm", &[WIDTH]),
                ("ffn_gate", &[WIDTH, HIDDEN]),
                ("ffn_up", &[WIDTH, HIDDEN]),
                ("ffn_down", &[HIDDEN, WIDTH]),
            ] {
                tiny.push(&format!("blk.{layer}.{part}.weight"), dims, kind, &mut random);
            }
        }
        tiny.push("output_norm.weight", &[WIDTH], kind, &mut random);
        if untied {
            tiny.push("output.weight", &[WIDTH, VOCABULARY], kind, &mut random);
        }
        tiny
    }

    fn push(&mut self, name: &str, dims: &[u64], kind: TensorKind, random: &mut Random) {
        let kind = if dims.len() == 1 { TensorKind::F32 } else { kind };
        let items: u64 = dims.iter().product();
        let start = self.data.len();
        random.tensor(kind, items as usize, dims.len() == 1, &mut self.data);
        self.header.tensors.push(TensorInfo {
            name: name.to_owned(),
            dims: dims.to_vec(),
            kind,
            offset: start as u64,
            bytes: (self.data.len() - start) as u64,
        });
        self.data.resize(self.data.len().next_multiple_of(32), 0);
    }

    /// The bytes of a tensor.
    pub fn tensor(&mut self, name: &str) -> &mut [u8] {
        let info = self.header.tensor(name).expect("it has that tensor");
        &mut self.data[info.offset as usize..(info.offset + info.bytes) as usize]
    }

    /// The file.
    pub fn file(&self) -> Vec<u8> {
        let file = [encode(&self.header), self.data.clone()].concat();
        assert!(
            parse(&file, file.len() as u64, &Limits::default()).is_ok(),
            "the test's file is well-formed"
        );
        file
    }
}

/// SplitMix64 (Steele et al. 2014).
pub struct Random(pub u64);

impl Random {
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// From −1 to 1.
    fn float(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }

    pub fn tokens(&mut self, count: usize) -> Vec<u32> {
        (0..count).map(|_| (self.bits() % VOCABULARY) as u32).collect()
    }

    /// Weights of about ±0.1 (norms: about 1), every code used.
    fn tensor(&mut self, kind: TensorKind, items: usize, norm: bool, out: &mut Vec<u8>) {
        let half = |x: f32| f32_to_f16(x).to_le_bytes();
        let blocks = items / kind.block_items() as usize;
        for _ in 0..blocks {
            let mut codes = |count: usize| -> Vec<u8> { (0..count).map(|_| self.bits() as u8).collect() };
            match kind {
                TensorKind::F32 => {
                    let x = self.float();
                    out.extend((if norm { 1.0 + 0.2 * x } else { 0.1 * x }).to_le_bytes());
                }
                TensorKind::F16 => out.extend(half(0.1 * self.float())),
                TensorKind::BF16 => out.extend(&(0.1 * self.float()).to_le_bytes()[2..]),
                TensorKind::Q4_0 | TensorKind::Q5_0 | TensorKind::Q8_0 | TensorKind::IQ4_NL => {
                    let codes = codes(kind.block_bytes() as usize - 2);
                    let range = match kind {
                        TensorKind::Q4_0 => 8.0,
                        TensorKind::Q5_0 => 16.0,
                        _ => 128.0,
                    };
                    out.extend(half((0.1 + 0.03 * self.float()) / range));
                    out.extend(codes);
                }
                TensorKind::Q4_1 | TensorKind::Q5_1 => {
                    let (bytes, range) = if kind == TensorKind::Q4_1 { (16, 15.0) } else { (20, 31.0) };
                    let codes = codes(bytes);
                    out.extend(half(0.2 / range));
                    out.extend(half(-0.1 + 0.02 * self.float()));
                    out.extend(codes);
                }
                TensorKind::Q2_K => {
                    let codes = codes(80);
                    out.extend(codes);
                    out.extend(half(0.2 / 3.0 / 8.0));
                    out.extend(half(0.1 / 8.0));
                }
                TensorKind::Q3_K => {
                    let codes = codes(108);
                    out.extend(codes);
                    out.extend(half(0.1 / 4.0 / 32.0));
                }
                TensorKind::Q4_K | TensorKind::Q5_K => {
                    let (bytes, range) = if kind == TensorKind::Q4_K { (140, 15.0) } else { (172, 31.0) };
                    let codes = codes(bytes);
                    out.extend(half(0.2 / range / 32.0));
                    out.extend(half(0.1 / 32.0));
                    out.extend(codes);
                }
                TensorKind::Q6_K => {
                    let codes = codes(208);
                    out.extend(codes);
                    out.extend(half(0.1 / 32.0 / 64.0));
                }
            }
        }
    }
}

/// Prompts as an induction has them: some share much, some a little, one is the beginning of another, two are the same.
pub fn a_tree_of_prompts(random: &mut Random) -> Vec<Judgement> {
    let (root, deeper) = (random.tokens(70), random.tokens(33));
    let labels = |random: &mut Random| {
        let long = random.tokens(3);
        vec![vec![long[0]], vec![], long, random.tokens(1)]
    };
    let mut prompts: Vec<Vec<u32>> =
        (0..9).map(|n| [root.clone(), random.tokens(1 + 4 * n)].concat()).collect();
    prompts.extend((0..5).map(|_| [root.clone(), deeper.clone(), random.tokens(7)].concat()));
    prompts.push([root.clone(), deeper.clone()].concat());
    prompts.push(root.clone());
    prompts.push(random.tokens(90));
    prompts.push(prompts[2].clone());
    prompts.into_iter().map(|prompt| Judgement { prompt, continuations: labels(random) }).collect()
}

/// Prompts that share so many tokens and go on for different lengths, in another order for each `order`; asked for is every
/// token, which is to say all logits.
pub fn a_packed_prefix(shared: usize, order: u64) -> Vec<Judgement> {
    let mut random = Random(17 + shared as u64);
    let prefix = random.tokens(shared);
    let every = Vec::from_iter((0..VOCABULARY as u32).map(|token| vec![token]));
    let judgement = |own: usize| {
        let prompt = [prefix.clone(), random.tokens(own)].concat();
        Judgement { prompt, continuations: every.clone() }
    };
    let mut judgements = Vec::from_iter([24, 1, 63, 7, 64, 2, 65, 16].map(judgement));
    let mut random = Random(order);
    for at in (1..judgements.len()).rev() {
        judgements.swap(at, random.bits() as usize % (at + 1));
    }
    judgements
}

/// The nearest 16-bit float of a number whose magnitude is between 2^-14 and 2^15, halves away from zero.
fn f32_to_f16(x: f32) -> u16 {
    let bits = x.to_bits();
    let magnitude = (bits & 0x7fff_ffff) + 0x1000;
    if magnitude < 113 << 23 {
        // Smaller ones lose bits here; counting in steps of 2^-24 keeps what there is.
        return (bits >> 16 & 0x8000) as u16 | (x.abs() * (1u32 << 24) as f32).round() as u16;
    }
    (bits >> 16 & 0x8000) as u16 | ((magnitude >> 13) - (112 << 10)) as u16
}
