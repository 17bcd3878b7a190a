//! Forgetting everything.

use super::{Asked, Outcome};
use crate::service::{Change, ForgetReport, Response};
use crate::store::forget_everything;

impl Asked {
    pub(super) async fn forget_everything(&self) -> Outcome {
        // A store that can't be opened (a damaged or a newer one) can still be deleted.
        let store = self.server.store().await.ok();
        let forgotten = forget_everything(store.as_ref()).await?;
        self.server.let_go();
        self.server.changed(Change::Everything);
        Ok(Response::Forgotten(ForgetReport { looked: forgotten.looked }))
    }
}
