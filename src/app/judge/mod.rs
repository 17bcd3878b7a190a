//! The judge page: which of two answers the person would prefer, how sure that is, and why.

pub mod judging;
pub mod question;

#[cfg(feature = "app")]
mod page;

#[cfg(feature = "app")]
pub use page::JudgePage;
