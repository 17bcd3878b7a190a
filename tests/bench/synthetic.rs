//! Models of real models' shapes with made-up weights: how fast an engine is does not depend on what the weights are.

use likeness::engine::gguf::{Header, TensorInfo, TensorKind, Value};
use likeness::engine::{SourceError, TensorSource};

/// A shape: its name, layers, width, hidden, heads, heads of keys and values, numbers of a head, tokens.
type Shape = (&'static str, [u64; 7]);

/// SmolLM2-135M, Llama 3.2 1B and 3B, Llama 3.1 8B.
const SHAPES: [Shape; 4] = [
    ("135m", [30, 576, 1536, 9, 3, 64, 49_152]),
    ("1b", [16, 2048, 8192, 32, 8, 64, 128_256]),
    ("3b", [28, 3072, 8192, 24, 8, 128, 128_256]),
    ("8b", [32, 4096, 14_336, 32, 8, 128, 128_256]),
];

/// A file that is made while it is read.
pub struct Synthetic {
    /// What it begins with.
    pub header: Header,
}

impl Synthetic {
    /// The model of that name with matrices of `kind`, a format of blocks of 32.
    pub fn new(name: &str, kind: TensorKind) -> Option<Synthetic> {
        let (_, [layers, width, hidden, heads, kv_heads, head, vocabulary]) =
            SHAPES.into_iter().find(|(shape, _)| *shape == name)?;
        let whole = |key: &str, value: u64| (format!("llama.{key}"), Value::U32(value as u32));
        let metadata = vec![
            ("general.architecture".to_owned(), Value::String("llama".into())),
            whole("block_count", layers),
            whole("context_length", 8192),
            whole("embedding_length", width),
            whole("feed_forward_length", hidden),
            whole("attention.head_count", heads),
            whole("attention.head_count_kv", kv_heads),
            whole("attention.key_length", head),
            whole("attention.value_length", head),
            whole("rope.dimension_count", head),
            ("llama.attention.layer_norm_rms_epsilon".to_owned(), Value::F32(1e-5)),
        ];
        let header = Header { version: 3, alignment: 32, metadata, tensors: Vec::new(), data_offset: 0 };
        let mut synthetic = Synthetic { header };
        synthetic.push("token_embd.weight", &[width, vocabulary], kind);
        for layer in 0..layers {
            let (queries, keys) = (heads * head, kv_heads * head);
            for (part, dims) in [
                ("attn_norm", &[width][..]),
                ("attn_q", &[width, queries]),
                ("attn_k", &[width, keys]),
                ("attn_v", &[width, keys]),
                ("attn_output", &[queries, width]),
                ("ffn_norm", &[width]),
                ("ffn_gate", &[width, hidden]),
                ("ffn_up", &[width, hidden]),
                ("ffn_down", &[hidden, width]),
            ] {
                synthetic.push(&format!("blk.{layer}.{part}.weight"), dims, kind);
            }
        }
        synthetic.push("output_norm.weight", &[width], kind);
        Some(synthetic)
    }

    fn push(&mut self, name: &str, dims: &[u64], kind: TensorKind) {
        let kind = if dims.len() == 1 { TensorKind::F32 } else { kind };
        let offset = self.bytes();
        let bytes = dims.iter().product::<u64>() / kind.block_items() * kind.block_bytes();
        let dims = dims.to_vec();
        self.header.tensors.push(TensorInfo { name: name.to_owned(), dims, kind, offset, bytes });
    }

    /// Bytes of the matrices that a token goes through: all, since the embedding is the output's too.
    pub fn matrix_bytes(&self) -> u64 {
        self.header.tensors.iter().filter(|tensor| tensor.dims.len() > 1).map(|tensor| tensor.bytes).sum()
    }
}

/// Weights that every token of a prompt is multiplied with: those of the layers.
pub fn layer_weights(header: &Header) -> u64 {
    let matrices =
        header.tensors.iter().filter(|tensor| tensor.name.starts_with("blk.") && tensor.dims.len() > 1);
    matrices.map(|tensor| tensor.dims.iter().product::<u64>()).sum()
}

impl TensorSource for Synthetic {
    fn bytes(&self) -> u64 {
        self.header.tensors.last().map_or(0, |tensor| tensor.offset + tensor.bytes)
    }

    /// Ranges begin and end with blocks: the engine reads no others.
    async fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), SourceError> {
        let at = self.header.tensors.partition_point(|tensor| tensor.offset + tensor.bytes <= offset);
        let kind = self.header.tensors[at].kind;
        let mut state = offset | 1;
        for block in into.chunks_exact_mut(kind.block_bytes() as usize) {
            if kind == TensorKind::F32 {
                block.copy_from_slice(&1.0f32.to_le_bytes());
                continue;
            }
            for word in block.chunks_mut(8) {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                word.copy_from_slice(&(state ^ state >> 29).to_le_bytes()[..word.len()]);
            }
            // A scale of 2^-9: weights of some hundredths.
            block[..2].copy_from_slice(&0x1800u16.to_le_bytes());
        }
        Ok(())
    }
}
