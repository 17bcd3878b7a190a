//! The ledger as it is stored: a line for each request, its body beside it in a store of its own.
//!
//! A page shows many lines and few bodies, so a line is small. Both are of the person whose likeness was worked on.

use serde::{Deserialize, Serialize};

use super::StoreError;
use crate::preference::PairId;
use crate::privacy::{Field, LedgerEntry, Outcome, Overlap, Unreadable, Verdict};

/// A request as it is stored, but for its body. Stored as JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LedgerRow {
    /// When it was written, in milliseconds since 1970.
    pub when_ms: f64,
    /// Where it goes, with path and query.
    pub url: String,
    /// The scheme, host and port of that.
    pub origin: String,
    /// What it is for.
    pub purpose: String,
    /// The model that is asked.
    pub model: String,
    /// Bytes of the body.
    pub bytes: f64,
    /// The headers, without the key's.
    pub headers: Vec<(String, String)>,
    /// The name of the header that carried the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_header: Option<String>,
    /// What the guard said.
    pub verdict: VerdictRow,
    /// What came of it.
    pub outcome: OutcomeRow,
    /// The job that made it; none for one that was written before jobs were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobRow>,
}

/// What made a request, and maybe others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobRow {
    /// Its name among all jobs.
    pub id: String,
    /// What it is, in words.
    pub what: String,
    /// When it began, in milliseconds since 1970.
    pub began_ms: f64,
}

/// What the guard said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerdictRow {
    /// Nothing of the history was in it.
    Passed,
    /// It shared text with these pairs. Where in them is not kept: it is no use once they have changed.
    Refused(Vec<(PairId, String)>),
    /// It could not be read to its end.
    Unreadable(String),
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeRow {
    /// It was stopped at the door.
    NotSent(String),
    /// It left, or was about to.
    Underway,
    /// The reply came.
    Answered {
        /// The HTTP status.
        status: u16,
        /// Bytes of the reply.
        bytes: f64,
    },
    /// The reply broke off.
    Broken {
        /// The HTTP status, where the reply began.
        status: Option<u16>,
        /// Bytes of the reply.
        bytes: f64,
        /// Why.
        why: String,
    },
}

impl LedgerRow {
    /// The row of an entry, of no job.
    pub fn new(entry: &LedgerEntry) -> Self {
        LedgerRow {
            when_ms: entry.when_ms as f64,
            url: entry.url.clone(),
            origin: entry.origin.clone(),
            purpose: entry.purpose.clone(),
            model: entry.model.clone(),
            bytes: entry.bytes as f64,
            headers: entry.headers.clone(),
            key_header: entry.key_header.clone(),
            verdict: VerdictRow::new(&entry.verdict),
            outcome: OutcomeRow::new(&entry.outcome),
            job: None,
        }
    }

    /// Reads a row.
    ///
    /// # Errors
    /// When it is damaged.
    pub fn read(text: &str) -> Result<Self, StoreError> {
        serde_json::from_str(text).map_err(|_| StoreError::Damaged { what: "line of the ledger" })
    }

    /// Whether the request left this device, as far as is known.
    pub fn left(&self) -> bool {
        !matches!(self.outcome, OutcomeRow::NotSent(_))
    }

    /// Whether these words, all lower-case, are in the line: where it went, what for, to which model.
    pub fn says(&self, words: &str) -> bool {
        let told = format!("{} {} {}", self.url, self.purpose, self.model).to_lowercase();
        words.split_whitespace().all(|word| told.contains(word))
    }
}

impl VerdictRow {
    fn new(verdict: &Verdict) -> Self {
        let place = |overlap: &Overlap| (overlap.pair, Field::to_string(&overlap.field));
        match verdict {
            Verdict::Pass => VerdictRow::Passed,
            Verdict::Refuse(overlaps) => VerdictRow::Refused(overlaps.iter().map(place).collect()),
            Verdict::Unreadable(why) => VerdictRow::Unreadable(Unreadable::to_string(why)),
        }
    }
}

impl OutcomeRow {
    /// The row of an outcome.
    pub fn new(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::NotSent(why) => OutcomeRow::NotSent(why.clone()),
            Outcome::Underway => OutcomeRow::Underway,
            Outcome::Answered { status, bytes } => {
                OutcomeRow::Answered { status: *status, bytes: *bytes as f64 }
            }
            Outcome::Broken { status, bytes, why } => {
                OutcomeRow::Broken { status: *status, bytes: *bytes as f64, why: why.clone() }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(outcome: Outcome) -> LedgerEntry {
        LedgerEntry {
            when_ms: 7,
            url: "https://api.example/v1/chat/completions".into(),
            origin: "https://api.example".into(),
            purpose: "reasoning about a choice".into(),
            model: "Big-8B".into(),
            bytes: 2,
            body: b"{}".to_vec(),
            headers: vec![("content-type".into(), "application/json".into())],
            key_header: None,
            verdict: Verdict::Pass,
            outcome,
        }
    }

    #[test]
    fn a_line_round_trips_and_tells_whether_it_left() {
        let broken = Outcome::Broken { status: Some(500), bytes: 3, why: "it broke off".into() };
        let answered = Outcome::Answered { status: 200, bytes: 9 };
        for (outcome, left) in [
            (Outcome::NotSent("no".into()), false),
            (Outcome::Underway, true),
            (answered, true),
            (broken, true),
        ] {
            let row = LedgerRow::new(&entry(outcome));
            let job = JobRow { id: "7-1".into(), what: "an induction".into(), began_ms: 7.0 };
            for row in [row.clone(), LedgerRow { job: Some(job), ..row }] {
                let text = serde_json::to_string(&row).unwrap();
                assert_eq!(LedgerRow::read(&text), Ok(row.clone()));
                assert_eq!(row.left(), left);
            }
        }
        assert!(LedgerRow::read("{}").is_err());
    }

    #[test]
    fn words_are_looked_for_in_any_case() {
        let row = LedgerRow::new(&entry(Outcome::Underway));
        assert!(row.says("big api.example") && row.says("") && row.says("reasoning"));
        assert!(!row.says("big other"));
    }

    #[test]
    fn what_was_refused_names_the_pairs() {
        let pair = PairId::of(&[], "a", "b");
        let overlap = Overlap { pair, field: Field::Context(2), text_start: 0, text_end: 9 };
        let row = VerdictRow::new(&Verdict::Refuse(vec![overlap]));
        assert_eq!(row, VerdictRow::Refused(vec![(pair, "context/2".into())]));
    }
}
