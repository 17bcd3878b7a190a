//! The families of models, a file each.

pub mod llama;
mod load;
