//! The models page: the model in use, the files kept here, and the ways to get another.

pub mod catalogue;
pub mod device;
pub mod source;

#[cfg(feature = "app")]
pub mod built_in;
#[cfg(feature = "app")]
mod fetching;
#[cfg(feature = "app")]
mod get;
#[cfg(feature = "app")]
mod kept;
#[cfg(feature = "app")]
mod page;
#[cfg(feature = "app")]
mod run_on;

#[cfg(feature = "app")]
pub use page::{ModelLoading, ModelsPage};
