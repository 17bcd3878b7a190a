//! The single-page app: its pages, and the plain structs that hold what a person is doing on them.
//!
//! A page asks the data worker through [`session`] and shows what comes back; it computes nothing of the
//! method. The structs ([`conversation`], `draft`, `import_flow`, `claim_list`, …) know no browser and are tested
//! natively; the components need the feature `app`.

pub mod conversation;
pub mod history;
pub mod judge;
pub mod models;
pub mod portrait;
pub mod remote;
pub mod sample;
pub mod theme;

#[cfg(feature = "app")]
mod ask;
#[cfg(feature = "app")]
mod browser;
#[cfg(feature = "app")]
mod mount;
#[cfg(feature = "app")]
mod move_profile;
#[cfg(feature = "app")]
mod people;
#[cfg(feature = "app")]
mod privacy;
#[cfg(feature = "app")]
pub mod session;
#[cfg(feature = "app")]
mod shell;
#[cfg(feature = "app")]
mod toast_list;
#[cfg(feature = "app")]
mod welcome;
#[cfg(feature = "app")]
mod your_data;

#[cfg(feature = "app")]
pub use mount::mount;
