//! Readers of every format that preferences come in, and the writer of our own.
//!
//! A [`Reader`] is fed bytes as they arrive and gives [`Event`]s: it holds one record at a time, so a file of
//! any size takes the same memory. Whatever is wrong with a record is told with its line and field, and the
//! records around it are read. It opens no file and knows no store.
//!
//! | format | from | a record |
//! | --- | --- | --- |
//! | [`Format::SynthesizeMe`] | SALT-NLP/SynthesizeMe, PersonalRewardBench | `context`, `chosen`, `rejected`, `user_id` |
//! | [`Format::Trl`] | TRL's preference datasets | `prompt`, `chosen`, `rejected`: strings or messages |
//! | [`Format::Arena`] | lmsys/chatbot_arena_conversations | `conversation_a`, `conversation_b`, `winner`, `judge` |
//! | [`Format::Prism`] | PRISM's `conversations.jsonl` | `conversation_history`, `user_id` |
//! | [`Format::OpenWebui`] | Open WebUI's feedback export | `data.rating`, `meta.message_id`, `snapshot.chat` |
//! | [`Format::Likeness`] | our own export | a header line, then a pair or a choice a line |

#[cfg(test)]
mod any_file;
mod arena;
mod detect;
mod fields;
pub mod likeness;
mod open_webui;
mod prism;
mod problem;
mod reader;
mod split;
mod synthesizeme;
#[cfg(test)]
mod tests;
mod time;
mod trl;

pub use detect::{Format, UnknownFormatName};
pub use problem::{FormatError, Problem, Why};
pub use reader::{Event, Options, People, Reader, Summary};
pub use split::Limits;
