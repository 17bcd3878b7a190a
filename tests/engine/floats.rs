//! Against llama.cpp with the weights as floats: neither weights nor activations are rounded then, so that the engine has
//! to give the same, and what is left between the two with a file's own weights is how each rounds. (llama.cpp on two x86-64 machines agrees with
//! itself at 492 of 512 places of the embedded model's text, and at 489 with the weights as floats.)

use likeness::engine::gguf::{Header, Limits, TensorInfo, TensorKind};
use likeness::engine::quant::dequantise;
use likeness::engine::{Engine, NonStop, Options, SourceError, TensorSource, read_header};
use serde_json::Value as Json;

use super::comparison::{Comparison, compare};
use super::support::{embedded_model, f32_to_f16, golden, model_file, now, tokens};

/// That the engine with the weights of `file` as floats agrees with a run of llama.cpp's: the likeliest token at 98% of
/// the places and elsewhere a near tie, the perplexity within 1%, log-probabilities within 0.01.
#[track_caller]
fn check(file: &[u8], input: &Json, run: &Json) {
    let input = tokens(input);
    let header = now(read_header(file, &Limits::default())).expect("it has a header");
    let widened = Widened::new(file, &header);
    let options = Options { threads: 2, ..Options::default() };
    let mut engine =
        now(async { Engine::load(&widened.header, &widened, &options, &mut NonStop, |_, _| {}).await })
            .expect("it loads");
    let Comparison { agreeing, widest_lead, perplexity, difference } = compare(&mut engine, &input, run);
    assert!(agreeing * 100 >= 98 * input.len(), "{agreeing} of {}", input.len());
    assert!(widest_lead < 0.05, "a lead of {widest_lead}");
    let theirs = run["perplexity"].as_f64().expect("a number");
    assert!((perplexity / theirs - 1.0).abs() < 0.01, "{perplexity} against {theirs}");
    assert!(difference < 0.01, "off by {difference}");
}

#[test]
fn the_embedded_model_in_floats_agrees_with_llama_cpp() {
    let run = golden("smollm2_floats.json");
    check(&embedded_model(), &run["tokens"], &run);
}

#[test]
fn gemma3_in_floats_agrees_with_llama_cpp() {
    let name = "gemma-3-270m-q4_k_m.gguf";
    let Some(file) = model_file(name, "gemma3-270m in floats against llama.cpp") else { return };
    let golden = golden("gemma3_logits.json");
    check(&file, &golden["tokens"], &golden["runs"][1]);
}

/// The floats of a file, made while it is read. Matrices are F32; the embedding, by far the largest, is F16, which takes its numbers of eight bits
/// to within 2^-12.
struct Widened<'a> {
    file: &'a [u8],
    /// The file's own tensors, in the order of the header's.
    tensors: Vec<TensorInfo>,
    /// What the widened file would begin with.
    header: Header,
}

impl<'a> Widened<'a> {
    fn new(file: &'a [u8], header: &Header) -> Widened<'a> {
        let mut widened = Header { tensors: Vec::new(), data_offset: 0, ..header.clone() };
        let mut offset = 0;
        for tensor in &header.tensors {
            let kind = if tensor.name == "token_embd.weight" { TensorKind::F16 } else { TensorKind::F32 };
            let bytes = tensor.items() * kind.block_bytes();
            widened.tensors.push(TensorInfo { kind, offset, bytes, ..tensor.clone() });
            offset += bytes;
        }
        Widened { file, tensors: header.tensors.clone(), header: widened }
    }
}

impl TensorSource for Widened<'_> {
    fn bytes(&self) -> u64 {
        self.header.tensors.iter().map(|tensor| tensor.bytes).sum()
    }

    /// Ranges begin and end with rows: the engine reads no others.
    async fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), SourceError> {
        let at = self.header.tensors.partition_point(|tensor| tensor.offset + tensor.bytes <= offset);
        let (wide, narrow) = (&self.header.tensors[at], &self.tensors[at]);
        let width = wide.kind.block_bytes();
        let (first, count) = ((offset - wide.offset) / width, into.len() as u64 / width);
        let bytes = |items: u64| (items / narrow.kind.block_items() * narrow.kind.block_bytes()) as usize;
        let from = narrow.offset as usize + bytes(first);
        let mut floats = vec![0.0; count as usize];
        dequantise(narrow.kind, &self.file[from..from + bytes(count)], &mut floats);
        for (slot, float) in into.chunks_exact_mut(width as usize).zip(floats) {
            match wide.kind {
                TensorKind::F16 => slot.copy_from_slice(&f32_to_f16(float).to_le_bytes()),
                _ => slot.copy_from_slice(&float.to_le_bytes()),
            }
        }
        Ok(())
    }
}
