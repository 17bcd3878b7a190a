//! What is known of a model before its weights are read, and its twin: a small model of the same make.
//!
//! A twin has what decides which kernels a device runs: the family's steps, a layer of each kind that the model has (by its
//! attention and the formats of its tensors), heads of the same size that share keys as theirs do, columns that fill blocks
//! where its do, the same cap. It is narrower, has few tokens, and its weights are made up, the same each time.

use super::decoder::{Family, LayerAttention};
use crate::engine::device::Device;
use crate::engine::gguf::{Header, TensorInfo, TensorKind};
use crate::engine::network::{Network, Sizes};
use crate::engine::random::Pcg32;
use crate::engine::{EngineError, NonStop};

/// What is known of a model before its weights are read: what chooses a device, and what that has to compute rightly.
#[derive(Clone, Debug, PartialEq)]
pub struct Outline {
    /// Its sizes.
    pub sizes: Sizes,
    /// The formats of its matrices, each once, that of the embedding first.
    pub formats: Vec<TensorKind>,
    /// A small model of the same make.
    pub twin: Twin,
}

/// A small model of a larger one's make.
#[derive(Clone, Debug, PartialEq)]
pub struct Twin {
    /// The larger one's sizes.
    stands_for: Sizes,
    family: Family,
    /// Its tensors, one after the other from the first byte of its file on.
    tensors: Vec<TensorInfo>,
}

/// Numbers of a token between layers and inside the feed-forward part, but for what is left of a block.
const WIDTH: usize = 256;

/// Columns that every format fills blocks with, or none that doesn't.
const FILLED: usize = 32;

/// No whole number of tiles or slices.
const VOCABULARY: usize = 70;

/// More than a twin is given.
const CONTEXT: usize = 128;

/// Kinds of layers, at most; files have some four.
const MOST_KINDS: usize = 16;

/// Positions that a query sees at most, where the larger one has a window.
const WINDOW: usize = 20;

impl Outline {
    /// Of the model with this header, as its family reads it.
    ///
    /// # Errors
    /// [`EngineError::MissingTensor`] where the first layer has no attention: nothing then says how large its heads are.
    pub fn of(family: &Family, header: &Header) -> Result<Outline, EngineError> {
        const HEADS: &str = "blk.0.attn_output.weight";
        if header.tensor(HEADS).is_none() {
            return Err(EngineError::MissingTensor { name: HEADS.to_owned() });
        }
        let mut formats = Vec::new();
        let (embedding, others): (Vec<_>, Vec<_>) =
            header.tensors.iter().partition(|tensor| tensor.name == "token_embd.weight");
        for tensor in embedding.into_iter().chain(others) {
            if tensor.dims.len() > 1 && !formats.contains(&tensor.kind) {
                formats.push(tensor.kind);
            }
        }
        Ok(Outline { sizes: family.sizes, formats, twin: Twin::of(family, header) })
    }
}

impl Twin {
    /// Of the model with this header, as its family reads it.
    pub fn of(family: &Family, header: &Header) -> Twin {
        let layers = layer_kinds(family, header);
        let attention = |layer: &usize| {
            let LayerAttention { rotation, window } = family.layers[*layer];
            LayerAttention { rotation, window: window.map(|window| window.min(WINDOW)) }
        };
        let sizes = sizes(&family.sizes, layers.len(), header);
        let small = Family { sizes, layers: layers.iter().map(attention).collect(), ..family.clone() };
        let mut tensors = Vec::new();
        let mut offset = 0;
        for tensor in &header.tensors {
            let Some((name, dims)) = in_the_twin(&tensor.name, &layers, &small) else { continue };
            // Vectors are read as floats whatever their format.
            let kind = if dims.len() == 1 { TensorKind::F32 } else { tensor.kind };
            let items: u64 = dims.iter().product();
            let bytes = items / kind.block_items() * kind.block_bytes();
            tensors.push(TensorInfo { name, dims, kind, offset, bytes });
            offset += bytes;
        }
        Twin { stands_for: family.sizes, family: small, tensors }
    }

    /// The larger model's sizes.
    pub fn stands_for(&self) -> &Sizes {
        &self.stands_for
    }

    /// How many tokens it knows.
    pub fn vocabulary(&self) -> u32 {
        VOCABULARY as u32
    }

    /// Puts it on a device.
    ///
    /// # Errors
    /// Those of a model: a header that lacks a tensor has a twin that lacks it too.
    pub async fn load<D: Device>(&self, device: &mut D) -> Result<Network, EngineError> {
        let mut file = Vec::new();
        let mut weights = Weights { random: Pcg32::new(20) };
        for tensor in &self.tensors {
            weights.tensor(tensor, &mut file);
        }
        let (alignment, tensors) = (1, self.tensors.clone());
        let header = Header { version: 3, alignment, metadata: Vec::new(), tensors, data_offset: 0 };
        self.family.clone().load(&header, &file[..], device, CONTEXT, &mut NonStop, |_, _| {}).await
    }
}

/// A layer of each kind, in their order.
fn layer_kinds(family: &Family, header: &Header) -> Vec<usize> {
    let mut parts = vec![Vec::new(); family.sizes.layers];
    for tensor in &header.tensors {
        let Some((layer, part)) = layer_and_part(&tensor.name) else { continue };
        if let Some(parts) = parts.get_mut(layer) {
            parts.push((part, tensor.kind));
        }
    }
    let mut seen = Vec::new();
    let mut layers = Vec::new();
    for (layer, mut parts) in parts.into_iter().enumerate() {
        parts.sort_by_key(|(part, _)| *part);
        let kind = (family.layers[layer], parts);
        if layers.len() < MOST_KINDS && !seen.contains(&kind) {
            seen.push(kind);
            layers.push(layer);
        }
    }
    layers
}

/// Of `blk.3.attn_q.weight`: 3 and the rest.
fn layer_and_part(name: &str) -> Option<(usize, &str)> {
    let (layer, part) = name.strip_prefix("blk.")?.split_once('.')?;
    Some((layer.parse().ok()?, part))
}

/// The twin's sizes.
fn sizes(large: &Sizes, layers: usize, header: &Header) -> Sizes {
    let narrow = |size: usize| WIDTH + size % FILLED;
    let sharing = large.heads / large.kv_heads;
    let attended = large.heads * large.head_size;
    // As few heads as fill blocks of what multiplies them, where the larger one's do.
    let outputs = header.tensors.iter().filter(|tensor| tensor.name.ends_with(".attn_output.weight"));
    let block = outputs.map(|tensor| tensor.kind.block_items() as usize).max().unwrap_or(1);
    let fits = |kv_heads: &usize| {
        let queries = kv_heads * sharing * large.head_size;
        queries.is_multiple_of(block) && queries.is_multiple_of(FILLED) == attended.is_multiple_of(FILLED)
    };
    let kv_heads = (large.kv_heads.min(2)..large.kv_heads).find(fits).unwrap_or(large.kv_heads);
    Sizes {
        layers,
        width: narrow(large.width),
        hidden: narrow(large.hidden),
        heads: kv_heads * sharing,
        kv_heads,
        vocabulary: VOCABULARY,
        context: CONTEXT,
        ..*large
    }
}

/// The name and the sizes that a tensor has in the twin, if it is there: see `Family::load`, which asks for them.
fn in_the_twin(name: &str, layers: &[usize], twin: &Family) -> Option<(String, Vec<u64>)> {
    let Sizes { width, hidden, heads, head_size, vocabulary, .. } = twin.sizes;
    let (queries, keys) = (heads * head_size, twin.sizes.keys());
    let of_layer = || {
        let (layer, part) = layer_and_part(name)?;
        Some((layers.iter().position(|kept| *kept == layer)?, part))
    };
    let vector = |length: usize| vec![length as u64];
    let matrix = |cols: usize, rows: usize| vec![cols as u64, rows as u64];
    let (layer, part) = match name {
        "token_embd.weight" | "output.weight" => return Some((name.to_owned(), matrix(width, vocabulary))),
        "output_norm.weight" => return Some((name.to_owned(), vector(width))),
        _ => of_layer()?,
    };
    let dims = match part {
        "attn_norm.weight" | "ffn_norm.weight" | "post_attention_norm.weight" | "post_ffw_norm.weight" => {
            vector(width)
        }
        "attn_q_norm.weight" | "attn_k_norm.weight" => vector(head_size),
        "attn_q.weight" => matrix(width, queries),
        "attn_k.weight" | "attn_v.weight" => matrix(width, keys),
        "attn_qkv.weight" => matrix(width, queries + 2 * keys),
        "attn_q.bias" => vector(queries),
        "attn_k.bias" | "attn_v.bias" => vector(keys),
        "attn_output.weight" => matrix(queries, width),
        "ffn_up.weight" if twin.fused => matrix(width, 2 * hidden),
        "ffn_gate.weight" | "ffn_up.weight" => matrix(width, hidden),
        "ffn_down.weight" => matrix(hidden, width),
        _ => return None,
    };
    Some((format!("blk.{layer}.{part}"), dims))
}

/// Makes weights up.
struct Weights {
    random: Pcg32,
}

impl Weights {
    /// Numbers about 1 for a vector, of about ±0.1 for a matrix, every code used.
    fn tensor(&mut self, tensor: &TensorInfo, bytes: &mut Vec<u8>) {
        if tensor.dims.len() == 1 {
            let floats = (0..tensor.items()).map(|_| 0.8 + 0.4 * self.unit());
            bytes.extend(floats.flat_map(f32::to_le_bytes));
            return;
        }
        for _ in 0..tensor.items() / tensor.kind.block_items() {
            self.block(tensor.kind, bytes);
        }
    }

    fn block(&mut self, kind: TensorKind, bytes: &mut Vec<u8>) {
        // Halves with this exponent: smaller for formats whose codes reach further.
        let scale = |exponent: u16, random: &mut Pcg32| {
            ((exponent << 10) | (random.next_u32() as u16 & 0x3ff)).to_le_bytes()
        };
        let at = bytes.len();
        let length = kind.block_bytes() as usize;
        bytes.extend((0..length).map(|_| self.random.next_u32() as u8));
        let block = &mut bytes[at..];
        let random = &mut self.random;
        match kind {
            TensorKind::F32 => {
                let float = (random.next_u32() >> 8) as f32 / (1u32 << 23) as f32 - 1.0;
                block.copy_from_slice(&(0.1 * float).to_le_bytes());
            }
            TensorKind::F16 => {
                let sign = random.next_u32() as u16 & 0x8000;
                let half = u16::from_le_bytes(scale(11, random)) | sign;
                block.copy_from_slice(&half.to_le_bytes());
            }
            TensorKind::BF16 => {
                let sign = random.next_u32() as u16 & 0x8000;
                block.copy_from_slice(&(123 << 7 | random.next_u32() as u16 & 0x7f | sign).to_le_bytes());
            }
            TensorKind::Q4_0 => block[..2].copy_from_slice(&scale(8, random)),
            TensorKind::Q5_0 => block[..2].copy_from_slice(&scale(7, random)),
            TensorKind::Q4_1 => {
                block[..2].copy_from_slice(&scale(8, random));
                let min = u16::from_le_bytes(scale(11, random)) | 0x8000;
                block[2..4].copy_from_slice(&min.to_le_bytes());
            }
            TensorKind::Q5_1 => {
                block[..2].copy_from_slice(&scale(7, random));
                let min = u16::from_le_bytes(scale(11, random)) | 0x8000;
                block[2..4].copy_from_slice(&min.to_le_bytes());
            }
            TensorKind::Q8_0 | TensorKind::IQ4_NL => block[..2].copy_from_slice(&scale(4, random)),
            // Its own scales reach 15. Smaller than the others: the processor rounds what it multiplies these with to 8
            // bits, and no kernel of the GPU does.
            TensorKind::Q2_K => {
                block[80..82].copy_from_slice(&scale(5, random));
                block[82..].copy_from_slice(&scale(5, random));
            }
            // Its own scales reach 31.
            TensorKind::Q3_K => block[108..].copy_from_slice(&scale(3, random)),
            // Its own scales reach 63.
            TensorKind::Q4_K | TensorKind::Q5_K => {
                let bits = if kind == TensorKind::Q4_K { 3 } else { 2 };
                block[..2].copy_from_slice(&scale(bits, random));
                // As large as the codes in the mean, or all that is multiplied would have much in common, and so would
                // keys: attention then turns over at the least difference.
                block[2..4].copy_from_slice(&scale(6, random));
            }
            // Its own scales reach 127, so that this is as small as a half with a leading one can't be.
            TensorKind::Q6_K => block[208..].copy_from_slice(&400u16.to_le_bytes()),
        }
    }

    /// From 0 to 1.
    fn unit(&mut self) -> f32 {
        (self.random.next_u32() >> 8) as f32 / (1u32 << 24) as f32
    }
}
