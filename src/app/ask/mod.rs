//! The ask page: a chat with a remote model whose drafts are ranked here, by the person's own taste.

mod exchange;
mod form;
mod page;
mod talk;

pub use page::AskPage;
