//! The portrait page: what the choices say of a person, and what a language model adds.

pub mod claim_list;
pub mod decisions;
pub mod run;
pub mod trust;

#[cfg(feature = "app")]
mod claims;
#[cfg(feature = "app")]
mod induce;
#[cfg(feature = "app")]
mod interrupted;
#[cfg(feature = "app")]
mod outputs;
#[cfg(feature = "app")]
mod page;
#[cfg(feature = "app")]
mod traits;

#[cfg(feature = "app")]
pub use induce::Induction;
#[cfg(feature = "app")]
pub use page::PortraitPage;
