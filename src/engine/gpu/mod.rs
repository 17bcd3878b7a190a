//! The GPU as a device: the same network's steps as on the CPU, through wgpu (WebGPU in a browser, Vulkan, Metal or
//! Direct3D natively).
//!
//! Reading order: [`adapter`] (which GPU there is), [`weights`] (how matrices lie in its memory), `wgsl/` (the kernels),
//! [`kernels`] (their pipelines), [`memory`] (buffers, and what the GPU reports), [`pages`] (keys and values), [`plan`] (buffers and dispatches),
//! [`planner`] (a network as dispatches), [`few`] (the same for few tokens), [`device`] (the device), [`self_test`] (whether
//! it can be believed), `profile` (where a token's time goes).
//!
//! Plain f32 needs no feature beyond WebGPU's own and always works; [`variants`] says what is used beyond it where it is
//! offered, and [`source`] puts each kernel together accordingly. A chunk of tokens is one submit with the
//! logits that are asked of it; nothing is read back but what was asked for, and no buffer is made for a step.

pub mod adapter;
mod adjacent;
mod device;
mod few;
mod kernels;
mod memory;
mod pages;
mod plan;
mod planner;
#[cfg(not(target_arch = "wasm32"))]
mod profile;
mod self_test;
mod source;
#[cfg(test)]
mod tests;
mod variants;
mod weights;

pub use adapter::{About, Adapter, AdapterError, Refusal};
pub use device::Gpu;
#[cfg(not(target_arch = "wasm32"))]
pub use profile::{KernelTime, Profile};
pub use self_test::{Mismatch, self_test};
pub use variants::Variants;
