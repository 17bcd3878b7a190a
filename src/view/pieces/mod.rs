//! The components themselves; each file is one thing that a person sees.

mod answers;
mod certainty;
mod confirm;
mod field;
mod focus;
mod icon;
mod markdown;
mod modal;
mod notice;
mod progress;

pub use answers::{LongText, PairTexts};
pub use certainty::{CertaintyMark, LeaningBar};
pub use confirm::Confirm;
pub use field::{TextArea, TextInput, fresh_id};
pub use focus::{
    catch_focus, catch_focus_on, focus_in_place, focus_page, focus_soon, is_focus_lost, show_wrong,
};
pub use icon::{Glyph, Icon};
pub use markdown::Markdown;
pub use modal::{Modal, OpenDialogs};
pub use notice::{Failure, Spinner};
pub use progress::Progress;
