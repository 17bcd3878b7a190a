//! `--ledger`: every request in a file, one JSON object a line, written before the request leaves.
//!
//! A line holds the request as it is sent, never the key; of one that the guard stopped it says so. What came of a
//! request is not in it, since its line is written first.

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use likeness::privacy::{EntryId, Ledger, LedgerEntry, LedgerError, Outcome, Verdict};
use serde_json::{Map, Value, json};

use super::Failure;
use super::new_file::private;

/// Counts what leaves, and writes it down where a file was named.
pub struct LedgerFile {
    file: Option<RefCell<File>>,
    entries: Cell<u64>,
    requests: Cell<u64>,
    bytes: Cell<u64>,
}

impl LedgerFile {
    /// Opens the file to add to it; without a path it only counts.
    pub fn open(path: Option<&Path>) -> Result<Self, Failure> {
        let file =
            path.map(|path| append_to(path).map_err(|error| Failure::file(path, error))).transpose()?;
        Ok(LedgerFile {
            file: file.map(RefCell::new),
            entries: Cell::default(),
            requests: Cell::default(),
            bytes: Cell::default(),
        })
    }

    /// Requests that left, and the bytes of their bodies.
    pub fn left(&self) -> (u64, u64) {
        (self.requests.get(), self.bytes.get())
    }
}

/// A file for whole lines: one that a crash cut off is ended first.
fn append_to(path: &Path) -> std::io::Result<File> {
    let mut file = private().read(true).append(true).open(path)?;
    if file.metadata()?.is_file() && file.seek(SeekFrom::End(0))? > 0 {
        let mut last = [0];
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            file.write_all(b"\n")?;
        }
    }
    Ok(file)
}

impl Ledger for LedgerFile {
    async fn open(&self, entry: LedgerEntry) -> Result<EntryId, LedgerError> {
        if let Some(file) = &self.file {
            let line = format!("{}\n", line(&entry)?);
            let written = file.borrow_mut().write_all(line.as_bytes());
            written.map_err(|error| LedgerError(error.to_string()))?;
        }
        if entry.outcome == Outcome::Underway {
            self.requests.set(self.requests.get() + 1);
            self.bytes.set(self.bytes.get() + entry.bytes);
        }
        self.entries.set(self.entries.get() + 1);
        Ok(EntryId(self.entries.get()))
    }

    async fn close(&self, _: EntryId, _: Outcome) -> Result<(), LedgerError> {
        Ok(())
    }
}

fn line(entry: &LedgerEntry) -> Result<Value, LedgerError> {
    let body = std::str::from_utf8(&entry.body).map_err(|error| LedgerError(error.to_string()))?;
    let headers: Map<String, Value> =
        entry.headers.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    let verdict = match &entry.verdict {
        Verdict::Pass => "pass".to_owned(),
        Verdict::Refuse(overlaps) => {
            let passages = if overlaps.len() == 1 { "passage" } else { "passages" };
            format!("refuse: it shares {} {passages} with the history", overlaps.len())
        }
        Verdict::Unreadable(why) => format!("refuse: {why}"),
    };
    let mut line = json!({
        "when_ms": entry.when_ms,
        "sent": entry.outcome == Outcome::Underway,
        "method": "POST",
        "url": entry.url,
        "headers": headers,
        "key_header": entry.key_header,
        "purpose": entry.purpose,
        "model": entry.model,
        "bytes": entry.bytes,
        "body": body,
        "verdict": verdict,
    });
    if let Outcome::NotSent(why) = &entry.outcome {
        line["why"] = why.as_str().into();
    }
    Ok(line)
}
