//! The ledger of requests: a line is on the disk before its request leaves.

use indexed_db_futures::Result as DbResult;
use indexed_db_futures::cursor::CursorDirection;
use indexed_db_futures::prelude::*;
use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;

use super::{Lock, News, Store, commit, read, write};
use crate::store::StoreError;
use crate::store::ledger_row::{JobRow, LedgerRow, OutcomeRow};

/// A window of the ledger, newest first, with what all of it comes to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LedgerWindow {
    /// Lines that match.
    pub total: u32,
    /// Those of the window, with their numbers.
    pub rows: Vec<(f64, LedgerRow)>,
    /// Requests that left, of the whole ledger.
    pub left: u32,
    /// Bytes of their bodies.
    pub left_bytes: f64,
    /// Requests that were stopped at the door.
    pub stopped: u32,
    /// How many left for each origin, and the bytes of their bodies.
    pub origins: Vec<(String, u32, f64)>,
    /// The jobs of the window's lines, each with all that it came to.
    pub jobs: Vec<JobTotal>,
}

/// What all of a job's lines come to.
#[derive(Clone, Debug, PartialEq)]
pub struct JobTotal {
    /// The job.
    pub job: JobRow,
    /// Requests that left.
    pub left: u32,
    /// Bytes of their bodies.
    pub left_bytes: f64,
    /// Requests that were stopped at the door.
    pub stopped: u32,
}

impl LedgerWindow {
    fn count_for_its_job(&mut self, row: &LedgerRow) {
        let Some(job) = &row.job else { return };
        let at = self.jobs.iter().position(|total| total.job == *job).unwrap_or_else(|| {
            self.jobs.push(JobTotal { job: job.clone(), left: 0, left_bytes: 0.0, stopped: 0 });
            self.jobs.len() - 1
        });
        let total = &mut self.jobs[at];
        if row.left() {
            total.left += 1;
            total.left_bytes += row.bytes;
        } else {
            total.stopped += 1;
        }
    }
}

const DAMAGED: StoreError = StoreError::Damaged { what: "line of the ledger" };

impl Store {
    /// Writes a line and its body, and gives its number once the disk has both.
    pub async fn open_line(&self, row: &LedgerRow, body: &[u8]) -> Result<f64, StoreError> {
        let _lock = Lock::take("likeness-ledger").await;
        let database = self.database()?;
        let writing = write(&database, &["ledger", "bodies"], true)?;
        let (lines, bodies) = (writing.object_store("ledger")?, writing.object_store("bodies")?);
        // The newest line's number, without reading those of all others.
        let newest = lines.open_key_cursor().with_direction(CursorDirection::Prev).primitive()?.await?;
        let newest = newest.map(|cursor| cursor.primary_key::<f64>()).transpose()?.flatten();
        let number = newest.unwrap_or(0.0) + 1.0;
        lines.put(text(row)?).with_key(JsValue::from(number)).primitive()?;
        bodies.put(JsValue::from(Uint8Array::from(body))).with_key(JsValue::from(number)).primitive()?;
        drop((lines, bodies));
        commit(writing).await?;
        self.tell(&News::Ledger);
        Ok(number)
    }

    /// Adds to a line what came of its request.
    pub async fn close_line(&self, number: f64, outcome: OutcomeRow) -> Result<(), StoreError> {
        let database = self.database()?;
        let writing = write(&database, &["ledger"], false)?;
        let lines = writing.object_store("ledger")?;
        let line: Option<JsValue> = lines.get(JsValue::from(number)).primitive()?.await?;
        // The ledger was cleared meanwhile.
        let Some(line) = line else { return Ok(()) };
        let row = LedgerRow { outcome, ..LedgerRow::read(&line.as_string().ok_or(DAMAGED)?)? };
        lines.put(text(&row)?).with_key(JsValue::from(number)).primitive()?;
        drop(lines);
        commit(writing).await?;
        self.tell(&News::Ledger);
        Ok(())
    }

    /// A window of the lines that say these words, newest first.
    pub async fn ledger(&self, words: &str, offset: u32, limit: u32) -> Result<LedgerWindow, StoreError> {
        let words = words.to_lowercase();
        let database = self.database()?;
        let reading = read(&database, &["ledger"])?;
        let lines = reading.object_store("ledger")?;
        let keys: Vec<JsValue> = lines.get_all_keys().primitive()?.await?.collect::<DbResult<_>>()?;
        let rows: Vec<JsValue> = lines.get_all().primitive()?.await?.collect::<DbResult<_>>()?;
        let mut window = LedgerWindow::default();
        for (key, row) in keys.iter().zip(&rows).rev() {
            let row = LedgerRow::read(&row.as_string().ok_or(DAMAGED)?)?;
            if row.left() {
                window.left += 1;
                window.left_bytes += row.bytes;
                match window.origins.iter_mut().find(|(origin, ..)| *origin == row.origin) {
                    Some((_, count, bytes)) => (*count, *bytes) = (*count + 1, *bytes + row.bytes),
                    None => window.origins.push((row.origin.clone(), 1, row.bytes)),
                }
            } else {
                window.stopped += 1;
            }
            window.count_for_its_job(&row);
            if row.says(&words) {
                window.total += 1;
                if (offset..offset.saturating_add(limit)).contains(&(window.total - 1)) {
                    window.rows.push((key.as_f64().ok_or(DAMAGED)?, row));
                }
            }
        }
        let rows = &window.rows;
        window.jobs.retain(|total| rows.iter().any(|(_, row)| row.job.as_ref() == Some(&total.job)));
        Ok(window)
    }

    /// The body of a line's request, as it was sent.
    pub async fn ledger_body(&self, number: f64) -> Result<Option<Vec<u8>>, StoreError> {
        let database = self.database()?;
        let reading = read(&database, &["bodies"])?;
        let body: Option<JsValue> =
            reading.object_store("bodies")?.get(JsValue::from(number)).primitive()?.await?;
        body.map(|body| body.dyn_into().map(|body: Uint8Array| body.to_vec()).map_err(|_| DAMAGED))
            .transpose()
    }

    /// Forgets all lines.
    pub async fn clear_ledger(&self) -> Result<(), StoreError> {
        let database = self.database()?;
        let writing = write(&database, &["ledger", "bodies"], true)?;
        for name in ["ledger", "bodies"] {
            writing.object_store(name)?.clear()?;
        }
        commit(writing).await?;
        self.tell(&News::Ledger);
        Ok(())
    }
}

fn text(row: &LedgerRow) -> Result<JsValue, StoreError> {
    serde_json::to_string(row).map(JsValue::from).map_err(|_| DAMAGED)
}
