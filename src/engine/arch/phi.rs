//! Phi 3 and 3.5 mini and medium (Abdin et al. 2024, arXiv 2404.14219), and Phi 4 and 4 mini (arXiv 2412.08905, 2503.01743),
//! whose files name the same architecture.
//!
//! A layer is llama's, but for this: one tensor holds the matrices of queries, keys and values, one those of gate and up;
//! halves of a head turn together, in Phi 4 mini only a part of each head; and for long contexts the rotation has factors
//! of its own (LongRoPE). Which factors hold is decided once, by the context that the engine has room for, as llama.cpp
//! does: prompts of all lengths share their keys. llama.cpp leaves the window out, since some files tell a wrong one; here
//! it counts where the file has it, as in the makers' code. Experts (Phi 3.5 MoE) name another architecture.

use super::decoder::{Family, LayerAttention};
use super::sizes::{Keys, read_original_context, read_rotation, read_sizes};
use crate::engine::EngineError;
use crate::engine::gguf::Header;
use crate::engine::network::{Activation, Pairing};

/// What the header says.
pub fn read(header: &Header) -> Result<Family, EngineError> {
    let keys = Keys { header, prefix: "phi3" };
    let sizes = read_sizes(&keys)?;
    let rotation = read_rotation(&keys, sizes.head_size, 10_000.0, Pairing::Halves)?;
    let window = keys.optional("attention.sliding_window")?.filter(|window| *window > 0);
    Ok(Family {
        original_context: read_original_context(&keys, &sizes)?,
        sizes,
        rotations: vec![rotation],
        layers: vec![LayerAttention { rotation: 0, window }; sizes.layers],
        attention_scale: 1.0 / (sizes.head_size as f32).sqrt(),
        fused: true,
        biases: false,
        head_norms: false,
        post_norms: false,
        activation: Activation::Silu,
        embedding_scale: 1.0,
        logit_cap: None,
    })
}
