//! The models page: the model in use, the files kept here, and the ways to get another.

pub mod source;

#[cfg(feature = "app")]
pub mod built_in;
#[cfg(feature = "app")]
mod page;

#[cfg(feature = "app")]
pub use page::{ModelLoading, ModelsPage};
