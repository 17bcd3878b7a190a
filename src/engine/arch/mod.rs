//! The families of models, a file each, and the decoder that they all are.

mod decoder;
mod llama;
mod load;
mod sizes;

pub use decoder::{Family, LayerAttention};
