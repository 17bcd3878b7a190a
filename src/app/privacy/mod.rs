//! The privacy page: what left this browser, each request as it was sent, and a way to try whether anything does.

mod canaries;
mod ledger;
mod page;

pub use page::PrivacyPage;
