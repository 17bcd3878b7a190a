//! The formats by name, and which of them a record is in.

use std::fmt;
use std::str::FromStr;

use serde_json::{Map, Value};

/// A format that preferences come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// SynthesizeMe's and PersonalRewardBench's records, in JSON or JSON Lines.
    SynthesizeMe,
    /// TRL's preference datasets, standard or conversational, with or without a `prompt`.
    Trl,
    /// Chatbot Arena's conversations.
    Arena,
    /// PRISM's conversations.
    Prism,
    /// Open WebUI's feedback.
    OpenWebui,
    /// Our own export.
    Likeness,
}

impl Format {
    /// All of them.
    pub const ALL: [Format; 6] = [
        Format::SynthesizeMe,
        Format::Trl,
        Format::Arena,
        Format::Prism,
        Format::OpenWebui,
        Format::Likeness,
    ];

    /// The format's name, as the command and the page take it.
    pub fn name(self) -> &'static str {
        match self {
            Format::SynthesizeMe => "synthesizeme",
            Format::Trl => "trl",
            Format::Arena => "arena",
            Format::Prism => "prism",
            Format::OpenWebui => "open-webui",
            Format::Likeness => "likeness",
        }
    }

    /// The format whose fields this record has.
    pub(super) fn of(record: &Map<String, Value>) -> Option<Format> {
        let has = |name| record.contains_key(name);
        let is_object = |name| record.get(name).is_some_and(Value::is_object);
        if has(super::likeness::HEADER) {
            Some(Format::Likeness)
        } else if has("conversation_a") && has("conversation_b") {
            Some(Format::Arena)
        } else if has("conversation_history") {
            Some(Format::Prism)
        } else if has("data") && has("meta") && has("snapshot") {
            Some(Format::OpenWebui)
        } else if has("chosen") && has("rejected") {
            // A record with both keys is SynthesizeMe's own: PersonalRewardBench keeps no prompt.
            Some(if has("context") { Format::SynthesizeMe } else { Format::Trl })
        } else if is_object("pair") || is_object("choice") {
            // A part of an export, without its header.
            Some(Format::Likeness)
        } else {
            None
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that no format has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown format: expected synthesizeme, trl, arena, prism, open-webui or likeness")]
pub struct UnknownFormatName;

impl FromStr for Format {
    type Err = UnknownFormatName;

    fn from_str(name: &str) -> Result<Self, UnknownFormatName> {
        Format::ALL.into_iter().find(|format| format.name() == name).ok_or(UnknownFormatName)
    }
}
