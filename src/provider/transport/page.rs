//! The page as a network: what the door has cleared goes to a model on the page, and to nothing else.
//!
//! So guard, ledger, budget and retries are those of a server. What a function does with what it gets is its page's
//! affair: it counts as having left. Its failures get the statuses of HTTP, which the door and the ledger speak.

use super::{Body, Clock, Head, Transport, TransportError};
use crate::provider::{Cleared, PageAsk, PageFailure, PageLink, PageModel, PageReply};

/// A model on the page, reached over a link.
#[derive(Clone, Debug)]
pub struct PageTransport<L> {
    link: L,
    model: PageModel,
}

impl<L> PageTransport<L> {
    /// The way to one model.
    pub fn new(link: L, model: PageModel) -> Self {
        PageTransport { link, model }
    }
}

impl<L: PageLink> Clock for PageTransport<L> {
    fn now_ms(&self) -> f64 {
        self.link.now_ms()
    }

    async fn sleep(&self, ms: u32) {
        self.link.sleep(ms).await;
    }
}

impl<L: PageLink> Transport for PageTransport<L> {
    type Body = PageBody;

    const IN_BROWSER: bool = true;

    async fn send(&self, request: &Cleared) -> Result<(Head, PageBody), TransportError> {
        let broken = |why: &str| TransportError::Broken(why.to_owned());
        if request.url() != self.model.to_string() {
            return Err(broken("this request is for another place"));
        }
        let call =
            String::from_utf8(request.body().to_vec()).map_err(|_| broken("this request is no text"))?;
        let ask = PageAsk::Answer { model: self.model.clone(), raw: false, call };
        let (status, text) = match self.link.ask(ask).await {
            Ok(PageReply::Text(text)) => (200, text),
            Ok(PageReply::About(_)) => return Err(broken("the page answered another question")),
            Err(failure) => (status(&failure), failure.to_string()),
        };
        let head = Head { status, content_type: Some("text/plain".into()), retry_after: None };
        Ok((head, PageBody(Some(text))))
    }
}

fn status(failure: &PageFailure) -> u16 {
    match failure {
        PageFailure::NotThere => 404,
        PageFailure::TooLong => 413,
        PageFailure::NotReady | PageFailure::NotLocal | PageFailure::Refused(_) => 400,
        PageFailure::Cancelled | PageFailure::Failed(_) => 500,
    }
}

/// An answer, which comes in one piece.
#[derive(Debug)]
pub struct PageBody(Option<String>);

impl Body for PageBody {
    async fn next(&mut self) -> Option<Result<Vec<u8>, TransportError>> {
        self.0.take().map(|text| Ok(text.into_bytes()))
    }
}
