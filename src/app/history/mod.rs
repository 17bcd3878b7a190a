//! The history page: everything that was chosen, to look through, add to, correct and delete.

pub mod draft;
pub mod import_flow;
pub mod list_load;

#[cfg(feature = "app")]
mod drop;
#[cfg(feature = "app")]
mod edit;
#[cfg(feature = "app")]
mod import;
#[cfg(feature = "app")]
mod list;
#[cfg(feature = "app")]
mod list_focus;
#[cfg(feature = "app")]
mod page;
#[cfg(feature = "app")]
mod pair;
#[cfg(feature = "app")]
mod ties;
#[cfg(feature = "app")]
mod unseal;

#[cfg(feature = "app")]
pub use drop::DropFiles;
#[cfg(feature = "app")]
pub use edit::{ConversationFields, Unsaved};
#[cfg(feature = "app")]
pub use import::Importer;
#[cfg(feature = "app")]
pub use page::HistoryPage;
