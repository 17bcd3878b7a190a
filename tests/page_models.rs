//! A whole induction by a function of a page, with secrets planted in the history: none of them reaches the function.
//!
//! The page is played here; the method, the sketches, the guard over the whole history, the door and the ledger are the
//! real ones. The browser's own model, where it is known to be local, reads the texts: that is shown beside it, so that
//! a search that finds nothing is known to be able to find something.

#![allow(clippy::unwrap_used)] // why: a test that can't read its input has to fail.

use std::cell::RefCell;
use std::rc::Rc;

use likeness::model::LanguageModel;
use likeness::persona::{
    LearnsFrom, NoJournal, Settings, TEMPLATES, drive, induction, induction_of_sketches,
};
use likeness::preference::History;
use likeness::privacy::{Common, InMemory, MemoryLedger, Outcome, Planted, found};
use likeness::provider::{
    AboutPageModel, BuiltIn, Clock, Egress, PageAsk, PageFailure, PageLink, PageModel, PageReply,
    PageTransport, Remote, RemoteSettings,
};

/// A page that answers as a model would, and keeps what it got.
#[derive(Clone, Default)]
struct Page(Rc<RefCell<Vec<String>>>);

impl Clock for Page {
    fn now_ms(&self) -> f64 {
        0.0
    }

    async fn sleep(&self, _: u32) {
        std::future::pending().await
    }
}

impl PageLink for Page {
    async fn ask(&self, ask: PageAsk) -> Result<PageReply, PageFailure> {
        let PageAsk::Answer { call, .. } = ask else { return Err(PageFailure::NotThere) };
        let text = if call.contains("one word, First or Second") {
            "First"
        } else if call.contains("Write at most") {
            "You prefer shorter answers.\nYou prefer plain words."
        } else {
            "One is shorter than the other.\nPreferred: First"
        };
        self.0.borrow_mut().push(call);
        Ok(PageReply::Text(text.into()))
    }
}

fn guarding(planted: &Planted) -> InMemory {
    InMemory::new(Common::shipped(TEMPLATES), &planted.pairs)
}

fn search() -> Settings {
    Settings::small(0).with_candidates(1)
}

#[test]
fn no_planted_secret_reaches_a_function() {
    let (planted, page) = (Planted::new(7), Page::default());
    let model = PageModel::host_function("ask").unwrap();
    let settings = RemoteSettings::on_page(model.clone(), 8192);
    let allowed = vec![settings.endpoint.origin().clone()];
    let transport = PageTransport::new(page.clone(), model);
    let egress = Egress::new(transport, guarding(&planted), MemoryLedger::default(), allowed);
    let model = Remote::new(settings, egress);
    let known = model.capabilities().clone();
    let history = History::new(planted.pairs.clone());
    let mut machine = induction_of_sketches(history, LearnsFrom::Texts, search(), known, Vec::new());
    let likeness = pollster::block_on(drive(&model, &mut machine, &mut NoJournal, |_| {}, || false)).unwrap();
    assert!(!likeness.claims.is_empty());

    let got = page.0.borrow().clone();
    assert!(got.len() > 5, "{} calls", got.len());
    assert_eq!(found(&planted.canaries, &got.join("\n")), Vec::<&str>::new());
    let entries = model.egress().ledger().entries();
    assert_eq!(entries.len(), got.len());
    for (entry, call) in entries.iter().zip(&got) {
        assert_eq!((entry.url.as_str(), entry.body.as_slice()), ("host-function:ask", call.as_bytes()));
        assert!(matches!(entry.outcome, Outcome::Answered { status: 200, .. }));
    }
}

#[test]
fn the_browsers_own_model_reads_the_texts_where_it_is_local() {
    let (planted, page) = (Planted::new(7), Page::default());
    let about = AboutPageModel { version: "Some Browser 150".into(), local: true, context_tokens: 8192 };
    let model = BuiltIn::new(page.clone(), &about).unwrap();
    let history = History::new(planted.pairs.clone());
    let mut machine = induction(history, search(), model.capabilities().clone(), Vec::new());
    pollster::block_on(drive(&model, &mut machine, &mut NoJournal, |_| {}, || false)).unwrap();
    let got = page.0.borrow().join("\n");
    assert!(found(&planted.canaries, &got).len() > 20, "the search finds what is there");
}
