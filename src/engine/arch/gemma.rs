//! Gemma 3 (Gemma Team 2025, arXiv 2503.19786), its text part.
//!
//! Of every six layers the first five see a window of positions and turn heads with a base of their own; the sixth sees
//! all. Each head of queries and keys is normed, and what a layer's parts add to the stream too. The gated unit's function
//! is GELU, embeddings are scaled by √width. Norm weights have their 1 added in the file already.

use super::decoder::{Family, LayerAttention};
use super::sizes::{Keys, read_original_context, read_rotation, read_sizes, rotation};
use crate::engine::EngineError;
use crate::engine::gguf::Header;
use crate::engine::network::{Activation, Pairing, Sizes};

/// Layers of the one size whose scores are scaled by the width that a head would have if the heads shared the model's, and
/// not by the width that it has (`query_pre_attn_scalar`, which files do not tell): 27 billion parameters.
const LAYERS_OF_27B: usize = 62;

/// One layer in so many sees all positions, where the file does not say.
const PERIOD: usize = 6;

/// The rotation of layers with a window.
const NEAR: usize = 0;
/// The rotation of the others.
const FAR: usize = 1;

/// What the header says.
pub fn read(header: &Header) -> Result<Family, EngineError> {
    let keys = Keys { header, prefix: "gemma3" };
    let sizes = read_sizes(&keys)?;
    let far = read_rotation(&keys, sizes.head_size, 10_000.0, Pairing::Halves)?;
    let near_base = keys.float("rope.freq_base_swa")?.unwrap_or(10_000.0);
    let sane = near_base > 0.0 && near_base.is_finite();
    keys.check("rope.freq_base_swa", near_base, sane, "a number above zero")?;
    let near = rotation(near_base, 1.0, 2 * far.divisors.len(), Pairing::Halves);
    let cap = keys.float("final_logit_softcapping")?.unwrap_or(0.0);
    keys.check("final_logit_softcapping", cap, cap >= 0.0 && cap.is_finite(), "0 or a number above it")?;
    let scaled_to = match sizes.layers {
        LAYERS_OF_27B => sizes.width / sizes.heads,
        _ => sizes.head_size,
    };
    Ok(Family {
        original_context: read_original_context(&keys, &sizes)?,
        sizes,
        rotations: vec![near, far],
        layers: layers(&keys, &sizes)?,
        attention_scale: 1.0 / (scaled_to as f32).sqrt(),
        biases: false,
        head_norms: true,
        post_norms: true,
        activation: Activation::Gelu,
        embedding_scale: (sizes.width as f32).sqrt(),
        fused: false,
        logit_cap: Some(cap).filter(|cap| *cap > 0.0),
    })
}

fn layers(keys: &Keys, sizes: &Sizes) -> Result<Vec<LayerAttention>, EngineError> {
    let window = keys.optional("attention.sliding_window")?.filter(|window| *window > 0);
    let period = keys.optional("attention.sliding_window_pattern")?.unwrap_or(PERIOD);
    let layer = |index: usize| match window {
        // A period of 0 gives all layers the window.
        Some(_) if period == 0 || index % period < period - 1 => LayerAttention { rotation: NEAR, window },
        _ => LayerAttention { rotation: FAR, window: None },
    };
    Ok((0..sizes.layers).map(layer).collect())
}
