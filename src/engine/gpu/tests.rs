//! The GPU against the processor, on whatever adapter this machine has.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use crate::engine::arch::{Family, LayerAttention, Twin};
use crate::engine::gguf::{Header, TensorInfo, TensorKind};
use crate::engine::network::{Activation, Pairing, Rotation, Sizes};

use super::self_test::agrees;
use super::{Adapter, Gpu, Refusal, Variants};

/// As models have them: alone, with others, and all that there are between them.
const FORMATS: [&[TensorKind]; 4] = {
    use TensorKind::{BF16, F16, F32, IQ4_NL};
    use TensorKind::{Q2_K, Q3_K, Q4_0, Q4_1, Q4_K, Q5_0, Q5_1, Q5_K, Q6_K, Q8_0};
    [&[F16], &[Q6_K, Q4_K], &[Q8_0, Q5_0, Q4_1, F32, IQ4_NL], &[Q4_0, Q5_1, Q5_K, BF16, Q2_K, Q3_K]]
};

/// A model's sizes; what is no size is of no account here.
const fn sizes([width, hidden, heads, kv_heads, head_size]: [usize; 5]) -> Sizes {
    let (layers, vocabulary, context, epsilon) = (0, 32_000, 4096, 1e-5);
    Sizes { layers, width, hidden, heads, kv_heads, head_size, vocabulary, context, epsilon }
}

/// As those of a small model.
const SMALL: Sizes = sizes([256, 512, 4, 2, 64]);

/// A model of these sizes that has all that families differ in, or nothing of it, and its header: a layer of each format
/// alone, in which matrices of one format lie behind each other, and one in which each matrix is of another.
fn made_up(sizes: Sizes, formats: &[TensorKind], has: bool) -> (Family, Header) {
    let mut tensors = Vec::new();
    let mut add = |name: String, kind, is_matrix: bool| {
        let dims = if is_matrix { vec![32, 1] } else { vec![32] };
        tensors.push(TensorInfo { name, dims, kind, offset: 0, bytes: 0 });
    };
    add("token_embd.weight".into(), formats[0], true);
    let mixed = Vec::from_iter(formats.iter().copied().cycle().take(7));
    let all = formats.iter().map(|format| vec![*format; 7]).chain((formats.len() > 1).then_some(mixed));
    let kinds = Vec::from_iter(all);
    for (layer, kinds) in kinds.iter().enumerate() {
        let matrices = ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"];
        for (part, kind) in matrices.into_iter().zip(kinds) {
            add(format!("blk.{layer}.{part}.weight"), *kind, true);
        }
        let more = ["attn_q_norm", "attn_k_norm", "post_attention_norm", "post_ffw_norm"];
        for part in ["attn_norm", "ffn_norm"].iter().chain(has.then_some(&more).into_iter().flatten()) {
            add(format!("blk.{layer}.{part}.weight"), TensorKind::F32, false);
        }
        for part in ["attn_q", "attn_k", "attn_v"].iter().filter(|_| has) {
            add(format!("blk.{layer}.{part}.bias"), TensorKind::F32, false);
        }
    }
    add("output_norm.weight".into(), TensorKind::F32, false);
    let (pairing, activation) =
        if has { (Pairing::Halves, Activation::Gelu) } else { (Pairing::Neighbours, Activation::Silu) };
    let divisors = vec![1.0; sizes.head_size / 2 - if has { 8 } else { 0 }];
    let rotation = Rotation { step: 0.7, slowdown: 1.0, divisors, magnitude: 1.0, pairing };
    let attention = |layer| LayerAttention { rotation: 0, window: (has && layer == 1).then_some(512) };
    let family = Family {
        sizes: Sizes { layers: kinds.len(), ..sizes },
        rotations: vec![rotation],
        original_context: sizes.context,
        layers: (0..kinds.len()).map(attention).collect(),
        attention_scale: 1.0 / (sizes.head_size as f32).sqrt(),
        fused: false,
        biases: has,
        head_norms: has,
        post_norms: has,
        activation,
        embedding_scale: 1.5,
        logit_cap: has.then_some(30.0),
    };
    let (version, alignment, metadata, data_offset) = (3, 1, Vec::new(), 0);
    (family, Header { version, alignment, metadata, tensors, data_offset })
}

/// Runs a future that is never pending: natively the device is waited for where it is asked.
fn now<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("nothing waits natively"),
    }
}

/// A GPU; without one the test says that it was not measured.
fn gpu(refusal: Refusal) -> Option<Gpu> {
    match now(Adapter::find()) {
        Ok(adapter) => Some(now(adapter.open(refusal)).expect("it opens")),
        Err(error) => {
            println!("NOT MEASURED: the GPU's kernels ({error})");
            None
        }
    }
}

// A processor that plays a GPU is given other kernels than hardware; here both are tried on it.

#[test]
fn the_self_test_passes() {
    passes(false);
}

#[test]
fn the_self_test_passes_with_the_kernels_of_hardware() {
    passes(true);
}

fn passes(as_hardware: bool) {
    let Some(mut gpu) = gpu(Refusal { default_limits: true, as_hardware }) else { return };
    println!("{:?}", gpu.about());
    // A processor compiles each kernel for half a second. `./check --long` sets this.
    let is_slow = gpu.about().software && std::env::var_os("LIKENESS_LONG").is_none();
    let Variants { bytes, halves, subgroups } = gpu.about().offers;
    for (name, used) in [
        ("plain", Variants::NONE),
        ("subgroups", Variants { subgroups, ..Variants::NONE }),
        ("16-bit floats", Variants { halves, ..Variants::NONE }),
        ("8-bit products", Variants { bytes, ..Variants::NONE }),
        ("all that is offered", gpu.about().offers),
    ] {
        if used == Variants::NONE && name != "plain" {
            println!("NOT MEASURED: {name}, which this GPU doesn't offer");
            continue;
        }
        gpu.use_variants(used);
        // One alone changes the same kernels whatever the format.
        let some = match name {
            "plain" | "all that is offered" => &FORMATS[..],
            _ if is_slow => &FORMATS[..1],
            _ => &FORMATS[..2],
        };
        for (turn, formats) in some.iter().enumerate() {
            for has in if is_slow { vec![turn % 2 == 0] } else { vec![true, false] } {
                let (family, header) = made_up(SMALL, formats, has);
                now(agrees(&mut gpu, &Twin::of(&family, &header)))
                    .unwrap_or_else(|mismatch| panic!("{name}, {formats:?}, {has}: {mismatch}"));
            }
        }
    }
}

/// Every way to share out the work of few tokens, and heads of every size that models have, are tried on twins: weights of the
/// models' own sizes would take minutes.
#[test]
fn the_kernels_of_large_models_compute_rightly() {
    let Some(mut gpu) = gpu(Refusal { default_limits: true, as_hardware: true }) else { return };
    let mut kernels = std::collections::BTreeSet::new();
    for (name, large, has) in [
        ("Llama 3.2 1B", [2048, 8192, 32, 8, 64], false),
        ("Llama 3.2 3B", [3072, 8192, 24, 8, 128], false),
        ("Llama 3.1 8B", [4096, 14_336, 32, 8, 128], false),
        ("Qwen 2.5 1.5B", [1536, 8960, 12, 2, 128], true),
        ("Gemma 3 270M", [640, 2048, 4, 1, 256], true),
        ("Gemma 3 4B", [2560, 10_240, 8, 4, 256], true),
        ("Phi 2", [2560, 10_240, 32, 32, 80], false),
    ] {
        for formats in [&[TensorKind::Q4_0][..], &[TensorKind::Q6_K, TensorKind::Q4_K]] {
            let (family, header) = made_up(sizes(large), formats, has);
            now(agrees(&mut gpu, &Twin::of(&family, &header)))
                .unwrap_or_else(|mismatch| panic!("{name}, {formats:?}: {mismatch}"));
            kernels.extend(gpu.kernels());
        }
    }
    for sharing in [(64, 16, 48), (128, 16, 64), (64, 32, 64), (128, 32, 64), (128, 64, 64)] {
        let (threads, lanes, staged) = sharing;
        let named = format!("Sharing {{ threads: {threads}, lanes: {lanes}, rows: 4, staged: {staged} }}");
        assert!(kernels.iter().any(|kernel| kernel.contains(&named)), "{named} in {kernels:#?}");
    }
    for head_size in [64, 80, 128, 256] {
        let named = format!("Attend {{ head_size: {head_size},");
        assert!(kernels.iter().any(|kernel| kernel.contains(&named)), "{named}");
    }
}
