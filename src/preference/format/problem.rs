//! What can be wrong with a file, and with one record of it.
//!
//! A [`Problem`] costs a record (or less) and reading goes on; a [`FormatError`] ends it.

use serde::{Deserialize, Serialize};

/// Something wrong in one record: where, and what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("line {line}{}{}{field}: {why}", record.map_or(String::new(), |at| format!(", record {at}")), if field.is_empty() { "" } else { ", " })]
pub struct Problem {
    /// The line, from 1, that the record begins on; for broken JSON, the line of the break.
    pub line: u64,
    /// Of a file that is one list, which of its records, from 1: all of them may stand on one line.
    pub record: Option<u64>,
    /// The field, as a path: `context[2].content`; empty for the record as a whole.
    pub field: String,
    /// What is wrong with it.
    pub why: Why,
}

/// What is wrong with a record or a field.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Why {
    /// The record begins as no JSON does.
    #[error("this is plain text: a record begins with {{")]
    PlainText,
    /// The record is no JSON.
    #[error("not JSON: {what} (column {column})")]
    NotJson {
        /// What the JSON reader says.
        what: String,
        /// Where in the line, from 1.
        column: u64,
    },
    /// The bytes are no UTF-8.
    #[error("not UTF-8 at byte {byte} of the record: save the file as UTF-8")]
    NotUtf8 {
        /// The first wrong byte, counted from the record's start.
        byte: u64,
    },
    /// A string is cut by the end of its line.
    #[error(
        "a text does not end on its line: a quote is missing, or a line break inside it is not written \\n"
    )]
    OpenString,
    /// Brackets do not match.
    #[error("a bracket does not match the one that it closes")]
    Brackets,
    /// The record has no end: the file ends inside it, or its line does.
    #[error("the record is cut off")]
    Truncated,
    /// A list that the file ends in. Whole records stand before its end; whether more were meant to follow, nobody knows.
    #[error("the list has no ] at its end: if the file was cut off, later records are missing")]
    OpenList,
    /// A comma with nothing after it.
    #[error("a comma with no record after it")]
    StrayComma,
    /// Two records with no comma between them.
    #[error("a comma is missing before this record")]
    MissingComma,
    /// Something after the end of the list.
    #[error("there is text after the end of the list")]
    AfterEnd,
    /// The record is larger than the limit.
    #[error("the record is longer than {limit} bytes")]
    TooLong {
        /// `Limits::record_bytes`.
        limit: u64,
    },
    /// Lists and objects are nested too deep.
    #[error("nested deeper than {limit} levels")]
    TooDeep {
        /// `Limits::nesting`.
        limit: u32,
    },
    /// A conversation of too many turns.
    #[error("more than {limit} turns")]
    TooManyTurns {
        /// As many may come before an answer.
        limit: u32,
    },
    /// The field is not there, or null.
    #[error("missing")]
    Missing,
    /// The field is of another kind.
    #[error("expected {expected}, found {found}")]
    WrongKind {
        /// What it should be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// A role that is none of ours.
    #[error("unknown role {role:?}: expected system, user or assistant (or a name known for one of them)")]
    UnknownRole {
        /// What stands there, cut to 40 characters.
        role: String,
    },
    /// A winner that is none of the known ones.
    #[error("unknown winner {winner:?}: expected model_a, model_b, tie or tie (bothbad)")]
    UnknownWinner {
        /// What stands there, cut to 40 characters.
        winner: String,
    },
    /// Nobody won, and no outcome says so.
    #[error("no answer of this turn is marked as chosen")]
    NoWinner,
    /// The chosen answer got the same rating as another: no preference between these two.
    #[error("rated the same as the chosen answer: no preference")]
    SameRating,
    /// A rating of one answer, and nothing to hold it against.
    #[error("rated alone: there is no other answer that it can be compared with")]
    NotCompared,
    /// Both answers are the same text; the record is imported all the same, so that places in a file still count.
    #[error("the two answers are the same text: kept, but nothing can be learnt from them")]
    SameAnswers,
    /// What was asked stands in a field that is not read, and in none that is; the record is imported without it.
    #[error("not read, and nothing else says what was asked: name it prompt or context")]
    AskedElsewhere,
    /// A conversation has no answer at its end.
    #[error("does not end with an answer")]
    NoAnswer,
    /// The two conversations differ before their answers.
    #[error("the two conversations part before their answers: the person's own turns differ")]
    DifferentQuestions,
    /// A part of a message that is no text.
    #[error("a part of kind {kind:?}: only texts are read")]
    NotText {
        /// The part's kind, cut to 40 characters.
        kind: String,
    },
    /// A time that can't be read; the record is imported without it.
    #[error(
        "not a time: expected seconds, milli- or microseconds since 1970, or a date like 2023-11-22 15:55:46"
    )]
    NotATime,
    /// An id that is not the hash of its texts.
    #[error("the id is not that of the texts: remove the id to import the record as a new pair")]
    WrongId,
    /// One person's records are asked for, and this one says of nobody that it is theirs.
    #[error("it names nobody, and {asked:?} was asked for")]
    Nobodys {
        /// Whose records were asked for.
        asked: String,
    },
    /// The record is of no known format.
    #[error("its fields are of no known format")]
    UnknownRecord,
}

/// Why a file can't be read at all.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// Nothing is in the file.
    #[error("the file holds no records")]
    Empty,
    /// A file of another kind.
    #[error("this is {kind}")]
    NotText {
        /// What it is: "a ZIP archive, not text".
        kind: &'static str,
        /// What to do about it.
        advice: &'static str,
    },
    /// No record had the fields of a known format.
    #[error("the format is not recognised: the first record (line {line}) {found}")]
    Unrecognised {
        /// The first record's line.
        line: u64,
        /// What can be said of it: "has the fields …", or "can't be read: …".
        found: String,
    },
    /// Our own format, of a later version.
    #[error("the file is of version {found} of the export format; this version reads up to {known}")]
    TooNew {
        /// The file's.
        found: u64,
        /// Ours.
        known: u64,
    },
    /// Several people's records, and nobody named.
    #[error("the file holds the choices of {count} people: {}{}", names.join(", "), if *count > names.len() as u64 { ", …" } else { "" })]
    SeveralPeople {
        /// The first of them, at most 20.
        names: Vec<String>,
        /// How many there are.
        count: u64,
    },
    /// The person named is not in the file.
    #[error("nobody in the file is called {asked:?}; there are {}{}", if names.is_empty() { "no names in it".into() } else { names.join(", ") }, if *count > names.len() as u64 { ", …" } else { "" })]
    NoSuchPerson {
        /// Who was asked for.
        asked: String,
        /// The first of those who are there, at most 20.
        names: Vec<String>,
        /// How many there are.
        count: u64,
    },
}

impl FormatError {
    /// What the person can do.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Empty => "choose another file",
            Self::NotText { advice, .. } => advice,
            Self::Unrecognised { .. } => {
                "name the format when importing, or bring the records into one: context, chosen, rejected is the simplest"
            }
            Self::TooNew { .. } => "update Likeness, or export with the older version",
            Self::SeveralPeople { .. } => "say whose choices to read",
            Self::NoSuchPerson { names, .. } if names.is_empty() => "leave the name out",
            Self::NoSuchPerson { .. } => "choose one of the names in the file",
        }
    }
}

/// A problem on its way up: the field's path grows as it passes each level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub field: String,
    pub why: Why,
}

impl Wrong {
    pub fn new(why: Why) -> Self {
        Wrong { field: String::new(), why }
    }

    /// Puts the name of a field before the path.
    pub fn within(mut self, name: &str) -> Self {
        let dot = if self.field.is_empty() || self.field.starts_with('[') { "" } else { "." };
        self.field = format!("{name}{dot}{}", self.field);
        self
    }

    /// Puts a place in a list before the path.
    pub fn at(self, index: usize) -> Self {
        self.within(&format!("[{index}]"))
    }
}
