//! The file that a profile moves by from one place to another: what is in it, and how it is sealed.
//!
//! Browsers part the storage of the app, of a frame and of an extension, so what one learned reaches the others by a
//! file. It is an [age](https://age-encryption.org/v1) file sealed with a passphrase, which any age tool opens. Inside
//! are two texts: a first line ([`Head`]) with the kept portrait and what was edited, and behind it the history's own
//! export, line by line, as `preference::format` reads it.
//!
//! It does no I/O: bytes come in pieces and go out in pieces, and chance is given. Pairs are merged by `store`, portraits
//! by [`KeptPortrait::merged`].

mod age;
mod content;
mod error;
mod merge;
mod stream;

pub use age::{ENTROPY_BYTES, Key, looks_sealed};
pub use content::{Head, KeptPortrait, Opener, Sealer, VERSION};
pub use error::ProfileError;
pub use merge::Merged;

/// The logarithm of scrypt's work factor in files that we write: 64 MiB of memory, and about a second on a phone.
pub const WORK_FACTOR: u8 = 16;

/// The largest that is read: what age and its kin write unless told otherwise. It takes 256 MiB; twice that, and a
/// phone may end the tab.
pub const MOST_WORK: u8 = 18;
