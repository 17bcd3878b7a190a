//! Model files that the engine's worker fetches, at the door: announced before, with what came of it after.

use std::cell::RefCell;
use std::rc::Rc;

use super::door::{StoredLedger, Watching};
use super::{Asked, models};
use crate::engine::message::{EngineFailure, EngineReply, EngineRequest, ModelFile};
use crate::model::ModelError;
use crate::privacy::{EntryId, Ledger, Outcome};
use crate::provider::{EngineLink, ProviderError, WorkerLink, announce};
use crate::service::ServiceError;
use crate::store::now_ms;

/// What the engine says while bytes come from elsewhere.
const COMING: [&str; 2] = ["downloading", "starting over"];

/// The lines of what a load asks of others.
pub(super) struct Fetched {
    ledger: StoredLedger,
    lines: Vec<EntryId>,
    came: Came,
}

/// Bytes that came of each file, as far as the engine tells: where its first piece began, and how far it is.
#[derive(Clone, Default)]
pub(super) struct Came(Rc<RefCell<Vec<(u64, u64)>>>);

impl Came {
    /// Hears how far a load is; files come one after the other.
    pub(super) fn hear(&self, stage: &str, bytes: u64) {
        if !COMING.iter().any(|coming| stage.starts_with(coming)) {
            return;
        }
        let mut files = self.0.borrow_mut();
        match files.last_mut() {
            Some((_, to)) if bytes >= *to => *to = bytes,
            // Nothing came of it yet, and now it starts elsewhere.
            Some(last) if last.0 == last.1 => *last = (bytes, bytes),
            _ => files.push((bytes, bytes)),
        }
    }

    fn bytes(&self, file: usize) -> u64 {
        self.0.borrow().get(file).map_or(0, |(from, to)| to - from)
    }

    /// What the server answered with: what goes on in the middle of a file is a part of it.
    fn status(&self, file: usize) -> u16 {
        if self.0.borrow().get(file).is_some_and(|(from, _)| *from > 0) { 206 } else { 200 }
    }
}

impl Fetched {
    /// Has what a load will ask of others read by the guard and written down; nothing where all of the file is here, or comes
    /// from the app's own server.
    ///
    /// # Errors
    /// Where an address may not be asked; then nothing was.
    pub(super) async fn announced(
        asked: &Asked,
        link: &WorkerLink,
        file: &ModelFile,
    ) -> Result<Self, ServiceError> {
        let server = asked.server.clone();
        let ledger = StoredLedger { server: server.clone(), job: asked.job.clone() };
        let mut fetched = Fetched { ledger, lines: Vec::new(), came: Came::default() };
        let ModelFile::Url { .. } = file else { return Ok(fetched) };
        let EngineReply::Missing(addresses) = link.ask(EngineRequest::Missing(file.clone())).await? else {
            return Err(ServiceError::Internal("the engine answered another question".into()));
        };
        let watch = Watching(server.watchman());
        for address in addresses.iter().filter_map(|address| models::elsewhere(address)) {
            let place = (&*address.url, &*address.origin);
            let line = announce(&watch, &fetched.ledger, place, now_ms()).await;
            fetched.lines.push(line.map_err(|error| match error {
                ProviderError::Guarded { .. } => ServiceError::Invalid(
                    "the address of that file shares text with your history, so it was not asked".into(),
                ),
                error => asked.remote_error(ModelError::from(error)),
            })?);
        }
        Ok(fetched)
    }

    /// Hears how far the load is.
    pub(super) fn came(&self) -> Came {
        self.came.clone()
    }

    /// Writes down what came of it.
    pub(super) async fn close(self, failed: Option<&EngineFailure>) {
        for (file, line) in self.lines.into_iter().enumerate() {
            let (bytes, status) = (self.came.bytes(file), self.came.status(file));
            let outcome = match failed {
                Some(
                    why @ (EngineFailure::Unreachable(_)
                    | EngineFailure::NoFileThere(_)
                    | EngineFailure::Cancelled),
                ) => Outcome::Broken { status: (bytes > 0).then_some(status), bytes, why: why.to_string() },
                // That what came is no model, or that there is no room for it, is another matter.
                _ => Outcome::Answered { status, bytes },
            };
            // The file is here: a ledger that fails now must not cost it.
            let _ = self.ledger.close(line, outcome).await;
        }
    }
}
