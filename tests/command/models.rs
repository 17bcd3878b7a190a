//! Which model a command opens, and what it runs on.

use std::path::PathBuf;

use likeness::engine::gguf::{Header, Limits, TensorInfo, Value as Metadata, encode, parse, part_names};
use serde_json::Value;

use super::{Folder, Ran, fails, object, run};

/// The embedded model's file, and what its header says.
fn embedded() -> (Vec<u8>, Header) {
    let cache = std::env::var_os("LIKENESS_CACHE").map(PathBuf::from).unwrap_or_else(|| {
        let home = PathBuf::from(std::env::var_os("HOME").unwrap());
        std::env::var_os("XDG_CACHE_HOME").map_or(home.join(".cache"), PathBuf::from).join("likeness")
    });
    let whole = std::fs::read(cache.join("models/SmolLM2-135M-Instruct.Q4_1.gguf")).unwrap();
    let header = parse(&whole, whole.len() as u64, &Limits::default()).unwrap();
    (whole, header)
}

/// A file with this metadata and these tensors of another one.
fn file_of(whole: &[u8], about: Header, tensors: &[TensorInfo]) -> Vec<u8> {
    let mut header = Header { tensors: Vec::new(), data_offset: 0, ..about };
    let mut data = Vec::new();
    for tensor in tensors {
        let mut moved = tensor.clone();
        moved.offset = data.len() as u64;
        header.tensors.push(moved);
        data.extend_from_slice(&whole[tensor.offset as usize..][..tensor.bytes as usize]);
        data.resize(data.len().next_multiple_of(header.alignment as usize), 0);
    }
    [encode(&header), data].concat()
}

/// The embedded model in three files, as `llama-gguf-split` writes them.
fn split_model(folder: &Folder) -> [String; 3] {
    let (whole, header) = embedded();
    let (mut start, all) = (0, header.tensors.len());
    let mut names = part_names("split-00001-of-00003.gguf").unwrap().into_iter();
    [0, 100, all].map(|end| {
        let place = 3 - names.len() as u16;
        let mut part = header.clone();
        part.metadata.retain(|_| place == 0);
        part.metadata.push(("split.no".into(), Metadata::U16(place)));
        part.metadata.push(("split.count".into(), Metadata::U16(3)));
        let path = folder.path(&names.next().unwrap());
        std::fs::write(&path, file_of(&whole, part, &header.tensors[start..end])).unwrap();
        start = end;
        path
    })
}

/// The embedded model's first two layers: what it says makes no sense, and is said soon.
pub fn two_layers(folder: &Folder) -> String {
    let (whole, mut header) = embedded();
    let layer = |name: &str| name.strip_prefix("blk.").and_then(|rest| rest.split('.').next()?.parse().ok());
    let kept: Vec<TensorInfo> = header
        .tensors
        .iter()
        .filter(|tensor| layer(&tensor.name).is_none_or(|at: u32| at < 2))
        .cloned()
        .collect();
    let (_, count) = header.metadata.iter_mut().find(|(key, _)| key == "llama.block_count").unwrap();
    *count = Metadata::U32(2);
    let path = folder.path("two-layers.gguf");
    std::fs::write(&path, file_of(&whole, header, &kept)).unwrap();
    path
}

#[test]
fn a_model_in_several_files_is_opened_by_any_of_them() {
    let folder = Folder::new("parts");
    let files = split_model(&folder);
    let ask = |model| object(&["logits", "--device", "cpu", "--model", model], "The capital of France is");
    let whole = ask("embedded");
    assert_eq!(ask(&files[0]), whole);
    assert_eq!(ask(&files[2]), whole);
    std::fs::rename(&files[1], folder.path("elsewhere.gguf")).unwrap();
    let alone = ["tokens", "--model", &files[0]];
    fails(&alone, "a", 1, "split-00002-of-00003.gguf");
    fails(&alone, "a", 1, "all 3 files of the model must lie in one folder");
    std::fs::copy(&files[2], &files[1]).unwrap();
    fails(&alone, "a", 1, "the model is in 3 files, and part 2 of them is missing");
    fails(&["tokens", "--model", &folder.path("elsewhere.gguf")], "a", 1, "part 1 of them is missing");
}

/// A GPU, where there is one, says what the processor says; where there is none, that is said, and no other used.
#[test]
fn a_model_runs_on_the_device_that_is_named() {
    let ask =
        |device| run(&["logits", "--device", device, "--model", "embedded", "--json"], "The capital of");
    let json = |ran: &Ran| serde_json::from_str::<Value>(&ran.out).unwrap();
    let (cpu, gpu, auto) = (ask("cpu"), ask("gpu"), ask("auto"));
    assert_eq!((cpu.code, auto.code), (0, 0), "{} {}", cpu.err, auto.err);
    assert_eq!(json(&auto)["top1"], json(&cpu)["top1"]);
    if gpu.code == 0 {
        assert_eq!(json(&gpu)["top1"], json(&cpu)["top1"]);
        assert!(gpu.err.contains("it was chosen, and computes what the processor does"), "{}", gpu.err);
    } else {
        println!("NOT MEASURED: the command on a GPU ({})", gpu.err.trim());
        assert_eq!(gpu.code, 1);
        assert!(gpu.err.contains("the GPU can't be used: "), "{}", gpu.err);
    }
}

#[test]
fn judgements_are_timed_beside_one_prefill() {
    let sizes = ["--prefix", "40", "--suffix", "3", "--count", "5", "--runs", "1", "--device", "cpu"];
    let report = object(&[&["score-bench", "--model", "embedded"], &sizes[..]].concat(), "");
    let number = |key: &str| report[key].as_f64().unwrap();
    assert!(number("one_prefill_s") > 0.0 && number("judgements_s") > 0.0);
    assert!((number("ratio") - number("judgements_s") / number("one_prefill_s")).abs() < 1e-9);
    assert_eq!(number("max_logit_difference"), 0.0, "on the processor not a bit differs");
    fails(&["score-bench", "--model", "embedded", "--prefix", "9000"], "", 1, "tokens");
    // As many would take 32 GB before anything is said of them.
    let most = u32::MAX.to_string();
    fails(&["score-bench", "--model", "embedded", "--prefix", &most, "--suffix", &most], "", 1, "tokens");
}
