//! Asking a remote model that knows nothing of the person, and picking on this device what they would like.

mod page;

pub use page::AskPage;
