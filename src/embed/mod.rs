//! What a page that isn't ours gets: the JavaScript API of the npm package.
//!
//! It is the page's end of `service` in another dress. The history, the traits and the models stay in the package's own
//! workers; here a call becomes a request, and its answer becomes a plain object whose fields a JavaScript programmer
//! expects. The face that they import (`pkg/index.js`) adds names and defaults, and nothing that could go wrong.

#[cfg(all(target_arch = "wasm32", feature = "embed"))]
mod asking;
#[cfg(all(target_arch = "wasm32", feature = "embed"))]
mod core;
pub mod failure;
pub mod given;
#[cfg(all(target_arch = "wasm32", feature = "embed"))]
mod models;
pub mod shown;
