//! The dense models of Qwen 2 and 2.5 (Yang et al. 2024, arXiv 2407.10671) and Qwen 3 (Yang et al. 2025, arXiv 2505.09388).
//!
//! A layer is llama's, but for two things: halves of a head turn together; and Qwen 2 has biases on queries, keys and
//! values, where Qwen 3 norms each head of queries and keys instead. Experts, YaRN and dual chunk attention are not done:
//! files that need them name another architecture or are refused.

use super::decoder::{Family, LayerAttention};
use super::sizes::{Keys, read_original_context, read_rotation, read_sizes};
use crate::engine::EngineError;
use crate::engine::gguf::Header;
use crate::engine::network::{Activation, Pairing};

/// What the header of a Qwen 2 says.
pub fn read_qwen2(header: &Header) -> Result<Family, EngineError> {
    Ok(Family { biases: true, ..read(Keys { header, prefix: "qwen2" })? })
}

/// What the header of a Qwen 3 says.
pub fn read_qwen3(header: &Header) -> Result<Family, EngineError> {
    Ok(Family { head_norms: true, ..read(Keys { header, prefix: "qwen3" })? })
}

fn read(keys: Keys) -> Result<Family, EngineError> {
    let sizes = read_sizes(&keys)?;
    let rotation = read_rotation(&keys, sizes.head_size, 10_000.0, Pairing::Halves)?;
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
