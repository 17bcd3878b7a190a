//! The families of models, a file each, and the decoder that they all are.

mod decoder;
mod gemma;
mod llama;
mod load;
mod phi;
mod qwen;
mod sizes;

pub use decoder::{Family, LayerAttention};
