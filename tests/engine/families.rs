//! Every family against llama.cpp's logits on tiny models of random weights, over more tokens than a window has.
//!
//! `tests/golden/families.py` made the models for llama.cpp with PyPI's `gguf`, `families.mjs` asked it. The same models
//! are made here from `families_models.json`, by the engine's own writer; the digest of all tensors says that they are
//! the same.

use likeness::engine::gguf::{Header, TensorInfo, TensorKind, Value, encode};
use likeness::engine::{Engine, NonStop, Options, arg_max};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use super::support::{On, Random, golden, now, some_of, tokens};

/// The file of a model that `families_models.json` describes.
pub fn file(name: &str) -> Vec<u8> {
    changed(name, &[])
}

/// The same with other numbers under some keys.
fn changed(name: &str, changes: &[(&str, u32)]) -> Vec<u8> {
    let golden = golden("families_models.json");
    let models = golden["models"].as_array().expect("models");
    let number = models.iter().position(|model| model["name"] == name).expect("a model of that name");
    let model = &models[number];
    let architecture = model["architecture"].as_str().expect("a text");
    let mut metadata = vec![("general.architecture".to_owned(), Value::String(architecture.into()))];
    for (key, value) in model["metadata"].as_object().expect("keys") {
        let value = match value {
            Json::String(text) => Value::String(text.clone()),
            number => match number.as_u64() {
                Some(whole) => Value::U32(whole as u32),
                None => Value::F32(number.as_f64().expect("a number") as f32),
            },
        };
        metadata.push((key.clone(), value));
    }
    metadata.retain(|(key, _)| changes.iter().all(|(changed, _)| key != changed));
    metadata.extend(changes.iter().map(|(key, value)| ((*key).to_owned(), Value::U32(*value))));
    let mut header = Header { version: 3, alignment: 32, metadata, tensors: Vec::new(), data_offset: 0 };
    let (mut data, mut digest) = (Vec::new(), Sha256::new());
    for (index, tensor) in model["tensors"].as_array().expect("tensors").iter().enumerate() {
        let name = tensor[0].as_str().expect("a name");
        let kind = TensorKind::ALL.into_iter().find(|kind| tensor[1] == kind.name()).expect("a kind");
        let sizes = tensor[2].as_array().expect("sizes");
        let dims: Vec<u64> = sizes.iter().map(|size| size.as_u64().expect("a size")).collect();
        let bytes = weights(name, kind, dims.iter().product(), (1000 * number + index) as u64);
        digest.update(&bytes);
        let (offset, length) = (data.len() as u64, bytes.len() as u64);
        header.tensors.push(TensorInfo { name: name.to_owned(), dims, kind, offset, bytes: length });
        data.extend(bytes);
        data.resize(data.len().next_multiple_of(32), 0);
    }
    let digest: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(model["sha256"], digest, "{name}: other weights than llama.cpp had");
    [encode(&header), data].concat()
}

/// The bytes of a tensor: random ones, with what decides on magnitudes put in, as in `families.py`.
fn weights(name: &str, kind: TensorKind, items: u64, seed: u64) -> Vec<u8> {
    let length = (items / kind.block_items() * kind.block_bytes()) as usize;
    let mut random = Random(seed);
    let mut bytes: Vec<u8> =
        std::iter::repeat_with(|| random.bits().to_le_bytes()).take(length.div_ceil(8)).flatten().collect();
    bytes.truncate(length);
    // Of each scale: where it lies in a block, and its sign and exponent.
    let scales: &[(usize, u16)] = match kind {
        TensorKind::F32 | TensorKind::BF16 => &[],
        TensorKind::F16 => &[(0, 11)],
        TensorKind::Q4_0 => &[(0, 9)],
        TensorKind::Q4_1 => &[(0, 9), (2, 32 | 12)],
        TensorKind::Q5_0 => &[(0, 8)],
        TensorKind::Q5_1 => &[(0, 8), (2, 32 | 12)],
        TensorKind::Q8_0 | TensorKind::IQ4_NL => &[(0, 5)],
        TensorKind::Q2_K => &[(80, 6), (82, 6)],
        TensorKind::Q3_K => &[(108, 4)],
        TensorKind::Q5_K => &[(0, 2), (2, 6)],
        TensorKind::Q4_K => &[(0, 3), (2, 6)],
        TensorKind::Q6_K => &[(208, 1)],
    };
    for block in bytes.chunks_exact_mut(kind.block_bytes() as usize) {
        for (at, upper) in scales {
            let kept = if kind == TensorKind::F16 { 0x83ff } else { 0x3ff };
            let half = u16::from_le_bytes([block[*at], block[at + 1]]) & kept | upper << 10;
            block[*at..at + 2].copy_from_slice(&half.to_le_bytes());
        }
        if kind == TensorKind::BF16 {
            let word = u16::from_le_bytes([block[0], block[1]]) & 0x807f | 123 << 7;
            block.copy_from_slice(&word.to_le_bytes());
        }
        if kind == TensorKind::F32 {
            let word = u32::from_le_bytes([block[0], block[1], block[2], block[3]]);
            let word = match name {
                _ if name.starts_with("rope_f") => word & 0x7f_ffff | 127 << 23,
                _ if name.ends_with("norm.weight") => word & 0x7f_ffff | 126 << 23,
                _ if name.ends_with(".bias") => word & 0x807f_ffff | 125 << 23,
                _ => word & 0x807f_ffff | 123 << 23,
            };
            block.copy_from_slice(&word.to_le_bytes());
        }
    }
    bytes
}

/// How far the engine's numbers are from llama.cpp's on one model.
struct Distance {
    /// The largest difference of a logit.
    largest: f64,
    /// Places where the likeliest token is another although llama.cpp's leads by more than `largest`, twice.
    parted: usize,
    /// Places where the likeliest token is the same.
    agreeing: usize,
}

fn distance(engine: &mut Engine, input: &[u32], golden: &Json) -> Distance {
    let top1 = tokens(&golden["top1"]);
    let foreseen = now(engine.foresee(input, &mut NonStop)).expect("it runs");
    let agreeing = foreseen.top1.iter().zip(&top1).filter(|(a, b)| a == b).count();
    let mut distance = Distance { largest: 0.0, parted: 0, agreeing };
    let mut places = Vec::new();
    for place in golden["positions"].as_array().expect("places") {
        let after = place["after"].as_u64().expect("an index") as usize;
        let logits = now(engine.logits(&input[..=after], &mut NonStop)).expect("it runs").to_vec();
        let number = |pair: &Json| pair[1].as_f64().expect("a logit");
        let (top, fixed) =
            (place["top"].as_array().expect("pairs"), place["fixed"].as_array().expect("pairs"));
        for pair in top.iter().chain(fixed) {
            let token = pair[0].as_u64().expect("a token") as usize;
            distance.largest = distance.largest.max((f64::from(logits[token]) - number(pair)).abs());
        }
        places.push((arg_max(&logits), top1[after], number(&top[0]) - number(&top[1])));
    }
    distance.parted =
        places.iter().filter(|(ours, theirs, lead)| ours != theirs && *lead > 2.0 * distance.largest).count();
    distance
}

/// That the engine, in each of these ways, is within `bound` of llama.cpp's logits on each model of this suffix.
#[track_caller]
fn check(ways: &[On], suffix: &str, models: usize, bound: f64) {
    let golden = golden("families_logits.json");
    let input = tokens(&golden["tokens"]);
    let families = golden["families"].as_array().expect("families");
    let of_suffix: Vec<&Json> =
        families.iter().filter(|f| f["name"].as_str().is_some_and(|name| name.ends_with(suffix))).collect();
    assert_eq!(of_suffix.len(), models);
    for (turn, family) in of_suffix.into_iter().enumerate() {
        let name = family["name"].as_str().expect("a name");
        for on in some_of(ways, turn) {
            let mut engine = on.load(&file(name), &Options::default()).expect("it loads");
            let Distance { largest, parted, agreeing } = distance(&mut engine, &input, family);
            let all = input.len();
            println!(
                "{name}, {on:?}: top-1 agrees at {agreeing} of {all}, logits differ by {largest:.5} at most"
            );
            assert!(largest < bound, "{name}, {on:?}: off by {largest}");
            assert_eq!(parted, 0, "{name}, {on:?}: another likeliest token with a clear lead");
        }
    }
}

/// In F32 nothing is rounded but the sums themselves, and llama.cpp's table of GELU, which has 16 bits.
#[test]
fn families_in_floats_agree_with_llama_cpp() {
    check(&[On::Cpu], "F32", 9, 0.002);
    if On::Gpu.has_gpu("families in floats") {
        check(&[On::Gpu, On::GpuAsHardware], "F32", 9, 0.002);
    }
}

/// Activations are rounded to 8 bits, here and there in other ways.
#[test]
fn families_in_every_format_agree_with_llama_cpp() {
    check(&[On::Cpu], "mixed", 6, 0.3);
    if On::Gpu.has_gpu("families in every format") {
        check(&[On::GpuAtItsBest, On::Gpu, On::GpuAsHardware], "mixed", 6, 0.3);
    }
}

/// The logits after the first `count` tokens.
fn logits_after(on: On, file: &[u8], options: &Options, count: usize) -> Vec<f32> {
    let input = tokens(&golden("families_logits.json")["tokens"]);
    let mut engine = on.load(file, options).expect("it loads");
    now(engine.logits(&input[..count], &mut NonStop)).expect("it runs").to_vec()
}

/// llama.cpp leaves it out, so it can't say.
#[test]
fn phi_sees_no_further_than_its_window() {
    let options = Options::default();
    let whole = file("phi4-F32");
    for on in On::both("phi's window") {
        for (window, count, same) in [(24, 24, true), (24, 25, false), (600, 96, true), (0, 96, true)] {
            let windowed = changed("phi4-F32", &[("phi3.attention.sliding_window", window)]);
            let is_same =
                logits_after(on, &windowed, &options, count) == logits_after(on, &whole, &options, count);
            assert_eq!(is_same, same, "{on:?}: a window of {window}, {count} tokens");
        }
    }
}

/// The context is what the model takes or what the keys' memory holds; where it is short, so are the factors.
#[test]
fn phi_takes_its_factors_by_the_context_that_there_is_room_for() {
    let short = changed("phi4-F32", &[("phi3.rope.scaling.original_context_length", 512)]);
    let (large, small) = (Options::default(), Options { kv_bytes: 200_000, ..Options::default() });
    for on in On::both("phi's factors") {
        let engine = on.load(&file("phi4-F32"), &small).expect("it loads");
        assert_eq!(engine.context_tokens(), 64);
        let by_memory = logits_after(on, &file("phi4-F32"), &small, 40);
        assert_eq!(by_memory, logits_after(on, &short, &large, 40), "{on:?}");
        assert_ne!(by_memory, logits_after(on, &file("phi4-F32"), &large, 40), "{on:?}");
    }
}

/// Where its queries would have a temperature by their position.
#[test]
fn a_ministral_ends_where_its_first_training_did() {
    for on in On::both("a ministral's end") {
        let engine = on.load(&file("mistral3-F32"), &Options::default()).expect("it loads");
        assert_eq!(engine.context_tokens(), 128);
    }
}
