//! The llama family (Touvron et al. 2023, arXiv 2302.13971): Llama 1 to 3, Mistral, SmolLM, TinyLlama and others.
//!
//! A layer is RMS norm, grouped-query attention with rotary positions, a residual, RMS norm, SwiGLU, a residual. Experts,
//! sliding windows, biases and YaRN are not done: a file that needs them is refused.

use super::decoder::{Family, LayerAttention};
use super::sizes::{Keys, read_original_context, read_rotation, read_sizes};
use crate::engine::EngineError;
use crate::engine::gguf::Header;
use crate::engine::network::{Activation, Pairing};

/// What the header says.
pub fn read(header: &Header) -> Result<Family, EngineError> {
    let keys = Keys { header, prefix: "llama" };
    let sizes = read_sizes(&keys)?;
    let experts = keys.optional("expert_count")?.unwrap_or(0);
    keys.check("expert_count", experts, experts == 0, "0: it runs no mixture of experts")?;
    let rotation = read_rotation(&keys, sizes.head_size, 10_000.0, Pairing::Neighbours)?;
    Ok(Family {
        original_context: read_original_context(&keys, &sizes)?,
        sizes,
        rotations: vec![rotation],
        layers: vec![LayerAttention { rotation: 0, window: None }; sizes.layers],
        attention_scale: 1.0 / (sizes.head_size as f32).sqrt(),
        biases: false,
        head_norms: false,
        post_norms: false,
        activation: Activation::Silu,
        embedding_scale: 1.0,
        fused: false,
        logit_cap: None,
    })
}
