//! The families of models, a file each, and the decoder that they all are.

mod decoder;
mod gemma;
mod llama;
mod load;
mod phi;
mod qwen;
mod sizes;
mod twin;
mod yarn;

pub use decoder::{Family, LayerAttention};
pub use twin::{Outline, Twin};
