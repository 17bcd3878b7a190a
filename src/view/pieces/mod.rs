//! The components themselves; each file is one thing that a person sees.

mod answers;
mod certainty;
mod confirm;
mod field;
mod icon;
mod markdown;
mod modal;
mod notice;
mod progress;

pub use answers::{LongText, PairTexts};
pub use certainty::{CertaintyMark, LeaningBar};
pub use confirm::Confirm;
pub use field::{TextArea, TextInput, fresh_id};
pub use icon::{Glyph, Icon};
pub use markdown::Markdown;
pub use modal::Modal;
pub use notice::{Failure, Spinner};
pub use progress::Progress;
