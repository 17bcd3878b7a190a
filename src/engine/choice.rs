//! What a model runs on: the faster of processor and GPU, as measured here and now.
//!
//! Which is faster depends on the machine, the browser and the model; a GPU that a processor plays is slower than the
//! processor itself. So the GPU, the processor with its threads and one thread alone do the same sample work, a layer of about the model's size, and a GPU that wins must also
//! compute rightly (`gpu::self_test`) before it is used for the first time.

#[cfg(feature = "gpu")]
use std::cell::RefCell;

use super::arch::Outline;
#[cfg(feature = "gpu")]
use super::arch::Twin;
use super::cpu::Cpu;
use super::device::{AnyDevice, Device, Piece};
use super::gguf::TensorKind;
#[cfg(feature = "gpu")]
use super::gpu::{About, Adapter, Gpu, Mismatch, Refusal, Variants, self_test};
use super::kv::KvTree;
use super::message::{DeviceChoice, DeviceReport};
use super::network::{Activation, Network, Pairing, Product, Rotation, Sizes, Slot, Step};
use super::{EngineError, NonStop};

/// The sample work of one device is repeated for so long, in milliseconds: what comes first runs as code that a browser has
/// yet to optimise, and whoever was measured first would seem the slower one.
const PROBE_MS: f64 = 150.0;

/// How often it is at the least and at the most, however long that takes.
const ROUNDS: std::ops::RangeInclusive<usize> = 2..=100;

/// What plain f32, or one thread, must take at most to be used instead: a part of what all that a GPU offers takes, or all
/// threads.
const CLEARLY: f64 = 0.8;

/// Tokens that are read together in the sample work, and how many alone after them.
const TOGETHER: usize = 32;
const ALONE: usize = 4;

/// Chooses, and tells why. `start_helpers` gets the processor's pool going, once for each that is made, before
/// it is used.
///
/// `now_ms` is a clock; `gpu` is what is known of the GPU from elsewhere, if anything is, or why there is none.
pub async fn choose(
    wanted: DeviceChoice,
    outline: &Outline,
    threads: usize,
    now_ms: impl Fn() -> f64,
    start_helpers: impl AsyncFn(&Cpu),
    gpu: Result<&str, &str>,
) -> (AnyDevice, DeviceReport) {
    let cpu = async |threads: usize| {
        let cpu = Cpu::new(threads);
        start_helpers(&cpu).await;
        cpu
    };
    let chosen = "it was chosen".to_owned();
    match wanted {
        DeviceChoice::Cpu => return on_cpu(cpu(threads).await, chosen, None, None),
        DeviceChoice::CpuAlone => return on_cpu(cpu(1).await, chosen, None, None),
        DeviceChoice::Measured | DeviceChoice::Gpu => {}
    }
    let fastest_cpu = async || fastest(threads, &cpu, outline, &now_ms).await;
    let opened = match gpu {
        Ok(name) => open(name).await,
        Err(why) => Err(why.to_owned()),
    };
    let gpu = match opened {
        Ok(gpu) => gpu,
        Err(why) if wanted == DeviceChoice::Gpu => return on_cpu(cpu(threads).await, why, None, None),
        Err(why) => {
            let (cpu, cpu_ms, how) = fastest_cpu().await;
            return on_cpu(cpu, why + how, cpu_ms, None);
        }
    };
    #[cfg(not(feature = "gpu"))]
    match gpu {}
    #[cfg(feature = "gpu")]
    {
        let mut gpu = gpu;
        let gpu_ms = match measured(&mut gpu, outline, wanted, &now_ms).await {
            Ok(ms) => Some(ms),
            Err(error) => return on_cpu(cpu(threads).await, format!("the GPU failed: {error}"), None, None),
        };
        let mut cpu_ms = None;
        if wanted == DeviceChoice::Measured {
            let (cpu, ms, how) = fastest_cpu().await;
            cpu_ms = ms;
            if gpu_ms >= cpu_ms {
                let about = gpu.about();
                let why = if about.software {
                    format!("the GPU here is one that the processor plays ({}), and slower", about.name)
                } else {
                    format!("the GPU ({}) is slower here", about.name)
                };
                return on_cpu(cpu, why + how, cpu_ms, gpu_ms);
            }
        }
        if let Err(mismatch) = tested(&mut gpu, &outline.twin).await {
            return on_cpu(
                cpu(threads).await,
                format!("the GPU ({}) is not used: {mismatch}", gpu.about().name),
                cpu_ms,
                gpu_ms,
            );
        }
        gpu.clear();
        let name = format!("{}, {}, {}", gpu.about().name, gpu.about().interface, gpu.variants().names());
        let why = match wanted {
            DeviceChoice::Measured => "it is faster here and computes what the processor does",
            _ => "it was chosen, and computes what the processor does",
        };
        let report = DeviceReport { gpu: true, name, why: why.to_owned(), cpu_ms, gpu_ms };
        (AnyDevice::Gpu(gpu), report)
    }
}

/// The processor with its threads, or with one where that is clearly faster: threads wait for each other, which costs more
/// than it gains where other programs have the cores. Tells how fast it is, and what more there is to say of why.
async fn fastest(
    threads: usize,
    cpu: &impl AsyncFn(usize) -> Cpu,
    outline: &Outline,
    now_ms: &impl Fn() -> f64,
) -> (Cpu, Option<f64>, &'static str) {
    let mut together = cpu(threads).await;
    let ms = probe(&mut together, outline, now_ms).await.ok();
    together.clear();
    if threads == 1 {
        return (together, ms, "");
    }
    let mut alone = cpu(1).await;
    let alone_ms = probe(&mut alone, outline, now_ms).await.ok();
    alone.clear();
    match (alone_ms, ms) {
        (Some(one), Some(all)) if one < CLEARLY * all => {
            (alone, alone_ms, "; one thread is faster here than several")
        }
        _ => (together, ms, ""),
    }
}

/// Has the GPU show that it computes rightly what the model needs, unless it has since this worker started.
#[cfg(feature = "gpu")]
async fn tested(gpu: &mut Gpu, twin: &Twin) -> Result<(), Mismatch> {
    thread_local! {
        static RIGHT: RefCell<Vec<(About, Variants, Twin)>> = const { RefCell::new(Vec::new()) };
    }
    let now = (gpu.about().clone(), gpu.variants(), twin.clone());
    if RIGHT.with_borrow(|right| right.contains(&now)) {
        return Ok(());
    }
    self_test(gpu, twin).await?;
    RIGHT.with_borrow_mut(|right| right.push(now));
    Ok(())
}

#[cfg(feature = "gpu")]
async fn open(name: &str) -> Result<Gpu, String> {
    let mut adapter = Adapter::find().await.map_err(|error| error.to_string())?;
    if !name.is_empty() {
        name.clone_into(&mut adapter.about.name);
    }
    adapter.open(Refusal::default()).await.map_err(|error| error.to_string())
}

/// The processor with its report.
pub fn on_cpu(cpu: Cpu, why: String, cpu_ms: Option<f64>, gpu_ms: Option<f64>) -> (AnyDevice, DeviceReport) {
    let threads = match cpu.pool().threads() {
        1 => "1 thread".to_owned(),
        threads => format!("{threads} threads"),
    };
    let name = format!("{threads}, {}", cpu.kernels().name);
    (AnyDevice::Cpu(cpu), DeviceReport { gpu: false, name, why, cpu_ms, gpu_ms })
}

#[cfg(not(feature = "gpu"))]
async fn open(_: &str) -> Result<std::convert::Infallible, String> {
    Err("this build has no GPU".to_owned())
}

/// As [`probe_variants`]; a GPU that need not be the faster one is measured once by a worker for models of one outline.
#[cfg(feature = "gpu")]
async fn measured(
    gpu: &mut Gpu,
    outline: &Outline,
    wanted: DeviceChoice,
    now_ms: &impl Fn() -> f64,
) -> Result<f64, EngineError> {
    thread_local! {
        static MEASURED: RefCell<Vec<(About, Outline, Variants, f64)>> = const { RefCell::new(Vec::new()) };
    }
    let same = |(about, of, ..): &&(About, Outline, Variants, f64)| about == gpu.about() && of == outline;
    let known = MEASURED.with_borrow(|measured| measured.iter().find(same).cloned());
    if let Some((.., variants, ms)) = known.filter(|_| wanted != DeviceChoice::Measured) {
        gpu.use_variants(variants);
        return Ok(ms);
    }
    let ms = probe_variants(gpu, outline, now_ms).await?;
    let found = (gpu.about().clone(), outline.clone(), gpu.variants(), ms);
    MEASURED.with_borrow_mut(|measured| {
        measured.retain(|(about, of, ..)| (about, of) != (&found.0, &found.1));
        measured.push(found);
    });
    Ok(ms)
}

/// Has the GPU use all that it offers beyond f32, or nothing of it where that is clearly faster, and tells how fast.
///
/// Where both take about as long, noise would decide, and the same question get another answer in its last digits
/// each time that the model is loaded.
#[cfg(feature = "gpu")]
async fn probe_variants(
    gpu: &mut Gpu,
    outline: &Outline,
    now_ms: &impl Fn() -> f64,
) -> Result<f64, EngineError> {
    let plain = probe(gpu, outline, now_ms).await?;
    let offers = gpu.about().offers;
    if offers == Variants::NONE {
        gpu.clear();
        return Ok(plain);
    }
    gpu.use_variants(offers);
    let all = probe(gpu, outline, now_ms).await?;
    if plain < CLEARLY * all {
        gpu.use_variants(Variants::NONE);
        return Ok(plain);
    }
    Ok(all)
}

/// Milliseconds for [`TOGETHER`] tokens and [`ALONE`] more through a layer of about the model's size: the median of the later
/// half of some rounds.
async fn probe<D: Device>(
    device: &mut D,
    outline: &Outline,
    now_ms: &impl Fn() -> f64,
) -> Result<f64, EngineError> {
    let model = outline.sizes;
    // What fits a format's blocks; larger layers take longer on both and tell no more.
    let fit = |size: usize, most: usize| size.min(most).next_multiple_of(32);
    let sizes = Sizes {
        layers: 1,
        width: fit(model.width, 1024),
        hidden: fit(model.hidden, 4096),
        heads: model.heads.min(16).next_multiple_of(model.kv_heads.min(4)),
        kv_heads: model.kv_heads.min(4),
        vocabulary: 512,
        context: 256,
        ..model
    };
    let network = sample(device, sizes, &outline.formats).await?;
    device.prepare(network, TOGETHER).await?;
    let mut rounds: Vec<f64> = Vec::new();
    // The first rounds compile, wake threads and fill caches.
    while rounds.len() < *ROUNDS.start()
        || rounds.len() < *ROUNDS.end() && rounds.iter().sum::<f64>() < PROBE_MS
    {
        let start = now_ms();
        let mut tree = KvTree::new(1, 1 << 20);
        let mut branch = tree.branch(&[0; TOGETHER], 0);
        tree.reserve(&mut branch, TOGETHER + ALONE)?;
        let no_memory = |_| EngineError::OutOfMemory { what: "measuring".to_owned(), bytes: 0 };
        device.hold(tree.pages_needed()).await.map_err(no_memory)?;
        device.forward(&mut [Piece { branch: &mut branch, tokens: &[0; TOGETHER] }], &mut NonStop).await?;
        for token in 0..ALONE as u32 {
            device.forward(&mut [Piece { branch: &mut branch, tokens: &[token] }], &mut NonStop).await?;
            device.outlook(&[0], &[]).await?;
        }
        rounds.push(now_ms() - start);
    }
    let mut later = rounds.split_off(rounds.len() / 2);
    later.sort_by(f64::total_cmp);
    Ok(later[later.len() / 2])
}

/// A layer of zeros in the format that follows the embedding's, which is that of the model's layers or one of them: what it
/// computes is nothing, how long it takes is the same, and what a GPU compiles for it serves the model too.
async fn sample<D: Device>(
    device: &mut D,
    sizes: Sizes,
    formats: &[TensorKind],
) -> Result<Network, EngineError> {
    let format = formats.get(1).or(formats.first()).copied().unwrap_or(TensorKind::Q4_0);
    let Sizes { width, hidden, heads, head_size, vocabulary, .. } = sizes;
    let (queries, keys) = (heads * head_size, sizes.keys());
    let mut matrices = Vec::new();
    for (rows, cols) in [
        (vocabulary, width),
        (queries, width),
        (keys, width),
        (keys, width),
        (width, queries),
        (hidden, width),
        (hidden, width),
        (width, hidden),
    ] {
        let whole = cols.is_multiple_of(format.block_items() as usize);
        let kind = if whole { format } else { TensorKind::Q4_0 };
        let blocks = rows * cols / kind.block_items() as usize;
        device.begin_matrix("the sample's", kind, rows, cols).await?;
        device.push_rows(&vec![0; blocks * kind.block_bytes() as usize]).await?;
        matrices.push(device.end_matrix());
    }
    let weight = device.vector(vec![1.0; width]).await?;
    let product = |matrix: usize, into| Product { matrix: matrices[matrix], bias: None, into };
    let multiply = |from, products| Step::Multiply { from, products };
    let norm = || Step::Norm { from: Slot::Stream, weight, into: Slot::Normed };
    let steps = vec![
        norm(),
        multiply(
            Slot::Normed,
            vec![product(1, Slot::Queries), product(2, Slot::Keys), product(3, Slot::Values)],
        ),
        Step::Keep { layer: 0, rotation: 0 },
        Step::Attend { layer: 0, window: None, scale: 1.0 },
        multiply(Slot::Attended, vec![product(4, Slot::Stream)]),
        norm(),
        multiply(Slot::Normed, vec![product(5, Slot::Gate), product(6, Slot::Up)]),
        Step::Gate(Activation::Silu),
        multiply(Slot::Gate, vec![product(7, Slot::Stream)]),
    ];
    let divisors = vec![1.0; head_size / 2];
    let rotation = Rotation { step: 0.9, slowdown: 1.0, divisors, magnitude: 1.0, pairing: Pairing::Halves };
    Ok(Network {
        sizes,
        embedding: matrices[0],
        embedding_scale: 1.0,
        rotations: vec![rotation],
        layers: vec![steps],
        output_norm: weight,
        output: matrices[0],
        logit_cap: None,
    })
}
