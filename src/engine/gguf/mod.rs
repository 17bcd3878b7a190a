//! The header of a GGUF file: typed metadata and the table of tensors, checked before anyone acts on it.
//!
//! It reads versions 2 and 3, little-endian, from bytes that may be only the beginning of the file, and never
//! touches tensor data. Every length is held against a named cap, the file's size and the bytes at hand before
//! memory is taken for it, so a hostile file costs no more memory than its header is long (a few times over).
//! The format: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>.

mod error;
mod header;
#[cfg(test)]
mod hostile;
mod kind;
mod limits;
mod parts;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use error::GgufError;
pub use header::{Array, FromValue, Header, TensorInfo, Value};
pub use kind::TensorKind;
pub use limits::Limits;
pub use parts::{Part, join, part_names, whole_name};
pub use read::parse;
pub use write::encode;
