//! What came of an import, as it travels.

use serde::{Deserialize, Serialize};

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ImportReport {
    /// The format that was read.
    pub format: String,
    /// Records read.
    pub read: u32,
    /// Pairs added.
    pub imported: u32,
    /// Pairs that were there already.
    pub known: u32,
    /// Choices without a winner that were kept.
    pub ties: u32,
    /// Pairs that an edit of another place took away.
    #[serde(default)]
    pub replaced: u32,
    /// Claims on which what the person said in another place is their later word.
    #[serde(default)]
    pub claims: u32,
    /// Whether another place's portrait is newer, and stands now.
    #[serde(default)]
    pub portrait: bool,
    /// How many records were skipped.
    pub skipped: u32,
    /// The first of the skipped, with the reason.
    pub examples: Vec<Flaw>,
    /// The first of what was imported with a doubt, and what that is.
    #[serde(default)]
    pub doubts: Vec<Flaw>,
}

/// What is wrong with a record of a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Flaw {
    /// Its line, from 1.
    pub line: u64,
    /// Of a file that is one list, which of its records, from 1.
    pub record: Option<u64>,
    /// The field that is wrong; empty when it is the whole record.
    pub field: String,
    /// What is wrong with it.
    pub why: String,
}
