//! The models on the page, as the worker asks them, and which of them reads texts as they are.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use futures_channel::oneshot;

use super::{Asked, Server, wire};
use crate::provider::{
    AboutPageModel, BrowserTransport, BuiltIn, Clock, PageAsk, PageFailure, PageLink, PageModel, PageReply,
};
use crate::service::{BUILT_IN_RAW, FromWorker, ServiceError};

type Answer = Result<PageReply, PageFailure>;

/// Who waits for which answer of the page.
#[derive(Default)]
pub(super) struct Page {
    next: Cell<u32>,
    waiting: RefCell<HashMap<u32, oneshot::Sender<Answer>>>,
}

impl Page {
    /// The page has answered.
    pub(super) fn answered(&self, number: u32, answer: Answer) {
        if let Some(waiting) = self.waiting.borrow_mut().remove(&number) {
            // Nobody waits any more when the job was stopped.
            let _ = waiting.send(answer);
        }
    }
}

/// The way from this worker to its page.
#[derive(Clone)]
pub(super) struct ToPage(Server);

impl Clock for ToPage {
    fn now_ms(&self) -> f64 {
        BrowserTransport.now_ms()
    }

    async fn sleep(&self, ms: u32) {
        BrowserTransport.sleep(ms).await;
    }
}

impl PageLink for ToPage {
    async fn ask(&self, ask: PageAsk) -> Answer {
        let page = &self.0.inner.page;
        let number = page.next.get();
        page.next.set(number.wrapping_add(1));
        let (sender, answer) = oneshot::channel();
        page.waiting.borrow_mut().insert(number, sender);
        let waiting = Waiting { page, number };
        wire::post(&FromWorker::AskPage(number, ask));
        let answer = answer.await.unwrap_or(Err(PageFailure::Cancelled));
        drop(waiting);
        answer
    }
}

/// Tells the page when nobody waits any more.
struct Waiting<'a> {
    page: &'a Page,
    number: u32,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if self.page.waiting.borrow_mut().remove(&self.number).is_some() {
            wire::post(&FromWorker::DropPageAsk(self.number));
        }
    }
}

impl Asked {
    /// The way to the page.
    pub(super) fn page(&self) -> ToPage {
        ToPage(self.server.clone())
    }

    /// What a model on the page is.
    pub(super) async fn about(&self, model: &PageModel) -> Result<AboutPageModel, ServiceError> {
        match self.page().ask(PageAsk::About(model.clone())).await {
            Ok(PageReply::About(about)) => Ok(about),
            Ok(PageReply::Text(_)) => {
                Err(ServiceError::Internal("the page answered another question".into()))
            }
            Err(failure) => Err(ServiceError::Model(failure.to_string())),
        }
    }

    /// The browser's own model, where the person chose it to read texts as they are.
    ///
    /// # Errors
    /// Where it is not known to run on this device: it is then asked nothing, not even over sketches.
    pub(super) async fn built_in(
        &self,
        chosen: Option<&str>,
    ) -> Result<Option<BuiltIn<ToPage>>, ServiceError> {
        if chosen != Some(BUILT_IN_RAW) {
            return Ok(None);
        }
        let about = self.about(&PageModel::BuiltIn).await?;
        match BuiltIn::new(self.page(), &about) {
            Some(model) => Ok(Some(model)),
            None => Err(ServiceError::Model(PageFailure::NotLocal.to_string())),
        }
    }
}
