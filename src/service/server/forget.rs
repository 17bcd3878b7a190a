//! Forgetting everything.

use super::opening::everything_forgotten;
use super::{Asked, Outcome};
use crate::service::{Change, ForgetReport, Response};
use crate::store::forget_everything;

impl Asked {
    pub(super) async fn forget_everything(&self) -> Outcome {
        // First, so that it holds no model file that is to be deleted.
        self.server.stop_engine();
        // A store that can't be opened (a damaged or a newer one) can still be deleted, so it isn't opened for this.
        let forgotten = forget_everything(self.server.open_already().as_ref()).await?;
        self.server.let_go(everything_forgotten());
        self.server.watchman().forget().await;
        self.server.changed(Change::Everything);
        Ok(Response::Forgotten(ForgetReport { looked: forgotten.looked }))
    }
}
