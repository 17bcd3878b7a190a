//! The decoder that all families here are: layers of attention and a gated feed-forward part around a residual stream.
//!
//! What differs between families is in [`Family`], which each reads from a file's header; here the tensors are loaded
//! onto a device and the layers' steps written down.

use super::load::Loader;
use super::sizes::{LONG_FACTORS, SHORT_FACTORS};
use crate::engine::device::Device;
use crate::engine::gguf::Header;
use crate::engine::network::{Activation, Network, Product, Rotation, Sizes, Slot, Step, VectorId};
use crate::engine::{EngineError, Pace, TensorSource};

/// What a family's header says.
#[derive(Clone, Debug, PartialEq)]
pub struct Family {
    /// The sizes.
    pub sizes: Sizes,
    /// The rotations that layers use.
    pub rotations: Vec<Rotation>,
    /// The longest context for which a file's short factors of a rotation hold.
    pub original_context: usize,
    /// Each layer's attention.
    pub layers: Vec<LayerAttention>,
    /// What a score of a query and a key is multiplied by.
    pub attention_scale: f32,
    /// Whether one tensor holds the matrices of queries, keys and values, and one those of gate and up.
    pub fused: bool,
    /// Whether queries, keys and values have a bias.
    pub biases: bool,
    /// Whether each head of queries and keys is normed.
    pub head_norms: bool,
    /// Whether a norm follows the attention and the feed-forward part, before they are added to the stream.
    pub post_norms: bool,
    /// The gate's function.
    pub activation: Activation,
    /// What an embedding is multiplied by.
    pub embedding_scale: f32,
    /// See [`Network::logit_cap`].
    pub logit_cap: Option<f32>,
}

/// What differs between the attentions of a model's layers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LayerAttention {
    /// Which of [`Family::rotations`].
    pub rotation: usize,
    /// How many positions a query sees, its own counted; all if none.
    pub window: Option<usize>,
}

impl Family {
    /// What the header says, read by the family that it names.
    pub fn read(header: &Header) -> Result<Family, EngineError> {
        let architecture: &str = header.require("general.architecture")?;
        match architecture {
            "llama" => super::llama::read(header),
            "qwen2" => super::qwen::read_qwen2(header),
            "qwen3" => super::qwen::read_qwen3(header),
            "gemma3" => super::gemma::read(header),
            "phi3" => super::phi::read(header),
            _ => Err(EngineError::Architecture { found: architecture.to_owned() }),
        }
    }

    /// Loads the weights onto `device`, for prompts of up to `context` tokens; `progress` is told the bytes read and the
    /// bytes of all.
    pub async fn load<D: Device, S: TensorSource + ?Sized, P: Pace>(
        mut self,
        header: &Header,
        source: &S,
        device: &mut D,
        context: usize,
        pace: &mut P,
        progress: impl FnMut(u64, u64),
    ) -> Result<Network, EngineError> {
        let sizes = self.sizes;
        let mut loader = Loader::new(header, source, device, pace, progress);
        for rotation in &mut self.rotations {
            if let Some(divisors) =
                divisors(&mut loader, header, rotation.divisors.len(), context > self.original_context)
                    .await?
            {
                rotation.divisors = divisors;
            }
        }
        let embedding = loader.matrix("token_embd.weight", sizes.vocabulary, sizes.width).await?;
        let mut layers = Vec::new();
        for layer in 0..sizes.layers {
            layers.push(self.layer(&mut loader, layer).await?);
        }
        let output_norm = loader.vector("output_norm.weight", sizes.width).await?;
        let output = match header.tensor("output.weight") {
            Some(_) => loader.matrix("output.weight", sizes.vocabulary, sizes.width).await?,
            None => embedding,
        };
        loader.finish()?;
        let Family { rotations, embedding_scale, logit_cap, .. } = self;
        Ok(Network { sizes, embedding, embedding_scale, rotations, layers, output_norm, output, logit_cap })
    }

    async fn layer<D: Device, S: TensorSource + ?Sized, P: Pace, F: FnMut(u64, u64)>(
        &self,
        loader: &mut Loader<'_, D, S, P, F>,
        layer: usize,
    ) -> Result<Vec<Step>, EngineError> {
        let LayerAttention { rotation, window } = self.layers[layer];
        let Sizes { width, hidden, heads, head_size, .. } = self.sizes;
        let (queries, keys) = (heads * head_size, self.sizes.keys());
        let mut steps = Vec::new();

        let weight = loader.vector(&name(layer, "attn_norm"), width).await?;
        steps.push(Step::Norm { from: Slot::Stream, weight, into: Slot::Normed });
        let mut products = Vec::new();
        let slots = [Slot::Queries, Slot::Keys, Slot::Values];
        let parts = [("q", queries), ("k", keys), ("v", keys)];
        let fused = match self.fused {
            true => Some(loader.stacked(&name(layer, "attn_qkv"), [queries, keys, keys], width).await?),
            false => None,
        };
        for (at, ((part, rows), into)) in parts.into_iter().zip(slots).enumerate() {
            let matrix = match fused {
                Some(matrices) => matrices[at],
                None => loader.matrix(&name(layer, &format!("attn_{part}")), rows, width).await?,
            };
            let bias = if self.biases {
                Some(loader.vector(&format!("blk.{layer}.attn_{part}.bias"), rows).await?)
            } else {
                None
            };
            products.push(Product { matrix, bias, into });
        }
        steps.push(Step::Multiply { from: Slot::Normed, products });
        if self.head_norms {
            for (part, slot) in [("attn_q_norm", Slot::Queries), ("attn_k_norm", Slot::Keys)] {
                let weight = loader.vector(&name(layer, part), head_size).await?;
                steps.push(Step::Norm { from: slot, weight, into: slot });
            }
        }
        steps.push(Step::Keep { layer, rotation });
        steps.push(Step::Attend { layer, window, scale: self.attention_scale });
        let matrix = loader.matrix(&name(layer, "attn_output"), width, queries).await?;
        let weight = self.post_norm(loader, layer, "post_attention_norm").await?;
        add_product(&mut steps, Slot::Attended, matrix, weight);

        let weight = loader.vector(&name(layer, "ffn_norm"), width).await?;
        steps.push(Step::Norm { from: Slot::Stream, weight, into: Slot::Normed });
        let [gate, up] = match self.fused {
            true => loader.stacked(&name(layer, "ffn_up"), [hidden, hidden], width).await?,
            false => [
                loader.matrix(&name(layer, "ffn_gate"), hidden, width).await?,
                loader.matrix(&name(layer, "ffn_up"), hidden, width).await?,
            ],
        };
        let products = vec![
            Product { matrix: gate, bias: None, into: Slot::Gate },
            Product { matrix: up, bias: None, into: Slot::Up },
        ];
        steps.push(Step::Multiply { from: Slot::Normed, products });
        steps.push(Step::Gate(self.activation));
        let matrix = loader.matrix(&name(layer, "ffn_down"), width, hidden).await?;
        let weight = self.post_norm(loader, layer, "post_ffw_norm").await?;
        add_product(&mut steps, Slot::Gate, matrix, weight);
        Ok(steps)
    }

    async fn post_norm<D: Device, S: TensorSource + ?Sized, P: Pace, F: FnMut(u64, u64)>(
        &self,
        loader: &mut Loader<'_, D, S, P, F>,
        layer: usize,
        part: &str,
    ) -> Result<Option<VectorId>, EngineError> {
        if !self.post_norms {
            return Ok(None);
        }
        loader.vector(&name(layer, part), self.sizes.width).await.map(Some)
    }
}

/// What the frequencies of a rotation of so many pairs are divided by, where the file says: Llama 3's scaling has one
/// divisor for each, LongRoPE one for a short context and one for a long.
async fn divisors<D: Device, S: TensorSource + ?Sized, P: Pace, F: FnMut(u64, u64)>(
    loader: &mut Loader<'_, D, S, P, F>,
    header: &Header,
    pairs: usize,
    is_long: bool,
) -> Result<Option<Vec<f32>>, EngineError> {
    const FREQUENCIES: &str = "rope_freqs.weight";
    if header.tensor(FREQUENCIES).is_some() {
        return loader.floats(FREQUENCIES, pairs).await.map(Some);
    }
    if header.tensor(SHORT_FACTORS).is_none() && header.tensor(LONG_FACTORS).is_none() {
        return Ok(None);
    }
    let short = loader.floats(SHORT_FACTORS, pairs).await?;
    let long = loader.floats(LONG_FACTORS, pairs).await?;
    Ok(Some(if is_long { long } else { short }))
}

fn name(layer: usize, part: &str) -> String {
    format!("blk.{layer}.{part}.weight")
}

/// `stream += matrix · from`, with a norm between where there is one.
fn add_product(
    steps: &mut Vec<Step>,
    from: Slot,
    matrix: crate::engine::network::MatrixId,
    norm: Option<VectorId>,
) {
    let into = if norm.is_some() { Slot::Product } else { Slot::Stream };
    steps.push(Step::Multiply { from, products: vec![Product { matrix, bias: None, into }] });
    if let Some(weight) = norm {
        steps.push(Step::Norm { from: Slot::Product, weight, into: Slot::Product });
        steps.push(Step::Add { from: Slot::Product });
    }
}
