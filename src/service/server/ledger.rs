//! Requests about the ledger: what left, and what was stopped.

use super::{Asked, Outcome};
use crate::service::{Change, Envelope, LedgerJob, LedgerLine, LedgerPage, Request, Response, ServiceError};
use crate::store::ledger_row::{JobRow, LedgerRow, OutcomeRow, VerdictRow};
use crate::store::{JobTotal, now_ms};

/// Lines that are given at once, at most.
const MOST_LINES: u32 = 200;

impl Asked {
    pub(super) async fn ledger(&self, words: &str, offset: u32, limit: u32) -> Outcome {
        let window = self.server.store().await?.ledger(words, offset, limit.min(MOST_LINES)).await?;
        Ok(Response::Ledger(LedgerPage {
            total: window.total,
            lines: window.rows.into_iter().map(|(number, row)| line(number, row)).collect(),
            left: window.left,
            left_bytes: window.left_bytes,
            stopped: window.stopped,
            origins: window.origins,
            jobs: window.jobs.into_iter().map(job).collect(),
        }))
    }

    pub(super) async fn ledger_body(&self, number: f64) -> Outcome {
        let body = self.server.store().await?.ledger_body(number).await?;
        let body = body.ok_or_else(|| ServiceError::NotFound("this request".into()))?;
        // What we send is text; were it not, the page would say so by the signs for what is none.
        Ok(Response::Text(String::from_utf8_lossy(&body).into_owned()))
    }

    pub(super) async fn clear_ledger(&self) -> Outcome {
        self.server.store().await?.clear_ledger().await?;
        self.server.changed(Change::Ledger);
        Ok(Response::Done)
    }
}

/// What a request of a page is to the ledger, should it send anything.
pub(super) fn job_of(request: &Request, envelope: Envelope) -> JobRow {
    let what = match request {
        Request::Induce { .. } => "an induction",
        Request::Judge { .. } => "a judgement",
        Request::Say { .. } => "a question on the Ask page",
        Request::TryEndpoint { .. } => "a try of a model",
        Request::LoadModel { .. } | Request::NeedModel { .. } => "the loading of a model",
        Request::PlantCanaries => "a test with made-up secrets",
        _ => "something else",
    };
    let began_ms = now_ms();
    // Two tabs count their requests apart, so the time is a part of it.
    JobRow { id: format!("{began_ms}-{}", envelope.0), what: what.to_owned(), began_ms }
}

fn job(JobTotal { job, left, left_bytes, stopped }: JobTotal) -> LedgerJob {
    LedgerJob { id: job.id, what: job.what, began_ms: job.began_ms, left, left_bytes, stopped }
}

fn line(number: f64, row: LedgerRow) -> LedgerLine {
    let left = row.left();
    let verdict = match &row.verdict {
        VerdictRow::Passed => "nothing of the history is in it".to_owned(),
        VerdictRow::Refused(places) => match places.len() {
            1 => "it shares text with 1 place in the history".to_owned(),
            many => format!("it shares text with {many} places in the history"),
        },
        VerdictRow::Unreadable(why) => why.clone(),
    };
    let outcome = match &row.outcome {
        OutcomeRow::NotSent(why) => format!("not sent: {why}"),
        OutcomeRow::Underway => "left, or was about to; the page went away before more was known".to_owned(),
        OutcomeRow::Answered { status, bytes } => format!("answered with {status}, {bytes:.0} bytes"),
        OutcomeRow::Broken { status, why, .. } => match status {
            Some(status) => format!("answered with {status}, then: {why}"),
            None => format!("no answer: {why}"),
        },
    };
    LedgerLine {
        number,
        when_ms: row.when_ms,
        url: row.url,
        purpose: row.purpose,
        model: row.model,
        bytes: row.bytes,
        headers: row.headers,
        key_header: row.key_header,
        passed: row.verdict == VerdictRow::Passed,
        verdict,
        outcome,
        left,
        job: row.job.map(|job| job.id),
    }
}
