//! Models on a page that is made up: what each gets, what stands before it, and what becomes of what it says.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::super::{
    AboutPageModel, Budget, BuiltIn, Clock, Egress, Either, PageAsk, PageFailure, PageLink, PageModel,
    PageReply, PageTransport, Remote, RemoteSettings, Retry, Waiting,
};
use super::{Words, prompt};
use crate::model::{LanguageModel, ModelError, Prompt, Sampling};
use crate::preference::Turn;
use crate::privacy::{MemoryLedger, Outcome, Raw};

type Says = Box<dyn FnMut(&PageAsk) -> Option<Result<String, PageFailure>>>;

/// A page; what it was asked can be looked at afterwards. It never answers where it has nothing to say.
#[derive(Clone)]
struct Page(Rc<Inner>);

struct Inner {
    says: RefCell<Says>,
    asked: RefCell<Vec<PageAsk>>,
    dropped: Cell<u32>,
    now_ms: Cell<f64>,
}

impl Page {
    fn new(says: impl FnMut(&PageAsk) -> Option<Result<String, PageFailure>> + 'static) -> Self {
        Page(Rc::new(Inner {
            says: RefCell::new(Box::new(says)),
            asked: RefCell::default(),
            dropped: Cell::default(),
            now_ms: Cell::default(),
        }))
    }

    fn saying(text: &'static str) -> Self {
        Page::new(move |_| Some(Ok(text.to_owned())))
    }

    fn failing(failure: PageFailure) -> Self {
        Page::new(move |_| Some(Err(failure.clone())))
    }

    fn silent() -> Self {
        Page::new(|_| None)
    }

    /// The calls that it got, each with whether it was said to be made of texts.
    fn calls(&self) -> Vec<(bool, serde_json::Value)> {
        let asked = self.0.asked.borrow();
        asked
            .iter()
            .map(|ask| match ask {
                PageAsk::Answer { raw, call, .. } => (*raw, serde_json::from_str(call).unwrap()),
                PageAsk::About(_) => panic!("{ask:?}"),
            })
            .collect()
    }
}

impl Clock for Page {
    fn now_ms(&self) -> f64 {
        self.0.now_ms.get()
    }

    async fn sleep(&self, ms: u32) {
        self.0.now_ms.set(self.0.now_ms.get() + f64::from(ms));
    }
}

/// Counts an answer that nobody waits for any more.
struct Asking<'a>(&'a Inner, bool);

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        if !self.1 {
            self.0.dropped.set(self.0.dropped.get() + 1);
        }
    }
}

impl PageLink for Page {
    async fn ask(&self, ask: PageAsk) -> Result<PageReply, PageFailure> {
        self.0.asked.borrow_mut().push(ask.clone());
        let mut asking = Asking(&self.0, false);
        let said = (self.0.says.borrow_mut())(&ask);
        match said {
            Some(said) => {
                asking.1 = true;
                said.map(PageReply::Text)
            }
            None => std::future::pending().await,
        }
    }
}

fn function() -> PageModel {
    PageModel::host_function("ask").unwrap()
}

type Function<'a> = Remote<Either<PageTransport<Page>, PageTransport<Page>>, Words, &'a MemoryLedger>;

fn function_of<'a>(page: &Page, ledger: &'a MemoryLedger, settings: RemoteSettings) -> Function<'a> {
    let allowed = vec![settings.endpoint.origin().clone()];
    // As in the data worker, where the other is the network.
    let transport = Either::Left(PageTransport::new(page.clone(), function()));
    Remote::new(settings, Egress::new(transport, Words(vec!["forbidden".into()]), ledger, allowed))
}

fn settings() -> RemoteSettings {
    let retry = Retry { tries: 2, ..Retry::default() };
    RemoteSettings { retry, ..RemoteSettings::on_page(function(), 4096) }
}

fn ask(page: &Page, question: &str) -> (Result<String, ModelError>, MemoryLedger) {
    let ledger = MemoryLedger::default();
    let model = function_of(page, &ledger, settings());
    let said = pollster::block_on(model.generate(&prompt(question), &Sampling::default()));
    drop(model);
    (said.map(|said| said.text), ledger)
}

fn about(local: bool) -> AboutPageModel {
    AboutPageModel { version: "Some Browser 150".into(), local, context_tokens: 4096 }
}

fn built_in(page: &Page) -> BuiltIn<Page> {
    BuiltIn::new(page.clone(), &about(true)).unwrap()
}

fn raw(question: &str) -> Raw<Prompt> {
    Raw::new(Prompt { turns: vec![Turn::user(question)], answer_start: String::new() })
}

fn labels() -> [String; 2] {
    ["First", "Second"].map(String::from)
}

#[test]
fn a_function_gets_one_plain_object_and_its_text_is_the_answer() {
    let page = Page::saying("because");
    let (said, ledger) = ask(&page, "why?");
    assert_eq!(said.as_deref(), Ok("because"));
    let expected = serde_json::json!({
        "messages": [
            { "role": "system", "content": "Be brief." },
            { "role": "user", "content": "why?" },
        ],
        "maxTokens": 256,
        "temperature": 0.0,
    });
    assert_eq!(page.calls(), [(false, expected)]);
    let entries = ledger.entries();
    assert_eq!(entries.len(), 1);
    assert_eq!(
        (entries[0].url.as_str(), entries[0].origin.as_str()),
        ("host-function:ask", "host-function:ask")
    );
    assert_eq!(entries[0].outcome, Outcome::Answered { status: 200, bytes: 7 });
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&entries[0].body).unwrap(), page.calls()[0].1);
}

#[test]
fn the_line_is_written_before_the_function_is_called() {
    let ledger: &'static MemoryLedger = Box::leak(Box::default());
    let page = Page::new(move |_| {
        let entries = ledger.entries();
        assert_eq!((entries.len(), &entries[0].outcome), (1, &Outcome::Underway));
        Some(Ok("fine".into()))
    });
    let model = function_of(&page, ledger, settings());
    pollster::block_on(model.generate(&prompt("why?"), &Sampling::default())).unwrap();
    assert_eq!(page.calls().len(), 1);
}

#[test]
fn what_the_guard_refuses_never_reaches_the_function() {
    let page = Page::saying("fine");
    let (said, ledger) = ask(&page, "this is forbidden");
    assert!(said.unwrap_err().to_string().contains("shares 1 passage with your history"));
    assert!(page.calls().is_empty());
    assert!(matches!(ledger.entries()[0].outcome, Outcome::NotSent(_)));
}

#[test]
fn a_function_that_was_not_allowed_is_not_called() {
    let (page, ledger) = (Page::saying("fine"), MemoryLedger::default());
    let transport = PageTransport::new(page.clone(), function());
    let model = Remote::new(settings(), Egress::new(transport, Words::default(), &ledger, Vec::new()));
    let said = pollster::block_on(model.generate(&prompt("why?"), &Sampling::default()));
    assert!(said.unwrap_err().to_string().contains("not among the endpoints"));
    assert!(page.calls().is_empty());
}

#[test]
fn a_transport_carries_nothing_to_another_model() {
    let (page, ledger) = (Page::saying("fine"), MemoryLedger::default());
    let settings = settings();
    let allowed = vec![settings.endpoint.origin().clone()];
    let transport = PageTransport::new(page.clone(), PageModel::BuiltIn);
    let model = Remote::new(settings, Egress::new(transport, Words::default(), &ledger, allowed));
    assert!(pollster::block_on(model.generate(&prompt("why?"), &Sampling::default())).is_err());
    assert!(page.calls().is_empty());
}

#[test]
fn what_comes_back_is_cleaned_and_cut() {
    let (said, _) = ask(&Page::saying("<think>hm</think>fine\u{1b}[2J\u{202e}"), "why?");
    assert_eq!(said.as_deref(), Ok("fine[2J"));
    let long = || Page::new(|_| Some(Ok("x".repeat(1 << 20))));
    let (said, _) = ask(&long(), "why?");
    assert_eq!(said.unwrap().len(), 256 * 16);
    let said = pollster::block_on(built_in(&long()).generate(&raw("why?"), &Sampling::default())).unwrap();
    assert_eq!((said.text.len(), said.finished), (256 * 16, false));
    let much = Page::new(|_| Some(Ok("x".repeat(9 << 20))));
    assert!(ask(&much, "why?").0.unwrap_err().to_string().contains("longer than"));
    assert!(ask(&Page::saying(" "), "why?").0.is_err());
}

#[test]
fn a_function_that_fails_is_asked_again_and_quoted_briefly() {
    let page = Page::failing(PageFailure::Failed("\u{1b}[31mno network".into()));
    let (said, ledger) = ask(&page, "why?");
    assert_eq!(
        said.unwrap_err().to_string(),
        "the model can't be asked now: host-function:ask failed (status 500): \"[31mno network\"; \
         try again later; what was answered is kept"
    );
    assert_eq!((page.calls().len(), ledger.entries().len()), (2, 2));
    let page = Page::failing(PageFailure::Refused("not this".into()));
    assert!(ask(&page, "why?").0.unwrap_err().to_string().contains("not this"));
    assert_eq!(page.calls().len(), 1);
    let (said, _) = ask(&Page::failing(PageFailure::TooLong), "why?");
    assert!(
        said.unwrap_err().to_string().contains("does not fit into the model: \"it takes no prompt as long")
    );
    assert!(ask(&Page::failing(PageFailure::NotThere), "why?").0.is_err());
}

#[test]
fn a_function_that_is_silent_is_given_up_and_told() {
    let page = Page::silent();
    let (said, ledger) = ask(&page, "why?");
    assert!(said.unwrap_err().to_string().contains("took longer than 180 s"));
    assert_eq!(page.0.dropped.get(), 2, "each try was stopped on the page");
    assert!(matches!(ledger.entries()[1].outcome, Outcome::Broken { status: None, .. }));
}

#[test]
fn who_asked_is_told_that_it_is_silent_and_when_it_is_asked_again() {
    let (page, ledger) = (Page::silent(), MemoryLedger::default());
    let settings = settings();
    let transport = PageTransport::new(page, function());
    let egress = Egress::new(transport, Words::default(), &ledger, vec![settings.endpoint.origin().clone()]);
    let told = Rc::<RefCell<Vec<Waiting>>>::default();
    let heard = Rc::clone(&told);
    let model = Remote::new(settings, egress.with_waiting(move |waiting| heard.borrow_mut().push(waiting)));
    assert!(pollster::block_on(model.generate(&prompt("why?"), &Sampling::default())).is_err());
    let told = told.borrow();
    let [Waiting::ForReply, Waiting::Over, Waiting::ToAskAgain(ms), rest @ ..] = &told[..] else {
        panic!("{told:?}")
    };
    assert!(*ms <= 1000, "{ms}");
    assert_eq!(rest, [Waiting::Over, Waiting::ForReply, Waiting::Over]);
}

#[test]
fn cancelling_stops_the_function() {
    let (page, ledger, stop) = (Page::silent(), MemoryLedger::default(), Rc::new(Cell::new(false)));
    let (settings, asked) = (settings(), Rc::clone(&stop));
    let allowed = vec![settings.endpoint.origin().clone()];
    let egress =
        Egress::new(PageTransport::new(page.clone(), function()), Words::default(), &ledger, allowed);
    let looks = Cell::new(0);
    let model = Remote::new(
        settings,
        egress.with_cancel(move || {
            looks.set(looks.get() + 1);
            asked.set(looks.get() > 5);
            asked.get()
        }),
    );
    let said = pollster::block_on(model.generate(&prompt("why?"), &Sampling::default()));
    assert_eq!(said, Err(ModelError::Cancelled));
    assert_eq!((page.0.dropped.get(), stop.get()), (1, true));
}

#[test]
fn a_budget_holds_for_a_function_too() {
    let (page, ledger) = (Page::saying("fine"), MemoryLedger::default());
    let budget = Budget { calls: Some(1), ..Budget::default() };
    let model = function_of(&page, &ledger, RemoteSettings { budget, ..settings() });
    let ask = || pollster::block_on(model.generate(&prompt("why?"), &Sampling::default()));
    assert!(ask().is_ok());
    assert!(ask().unwrap_err().to_string().contains("the budget of 1 calls"));
    assert_eq!(page.calls().len(), 1);
}

#[test]
fn a_label_is_asked_for_by_its_form_and_read_leniently() {
    for (text, expected) in [
        (r#"{"answer": "Second"}"#, 2.0),
        ("I take the **second** one.", 2.0),
        (r#"{"answer": "First"}"#, -2.0),
        ("I can't say", 0.0),
    ] {
        let (page, ledger) = (Page::saying(text), MemoryLedger::default());
        let function = function_of(&page, &ledger, settings());
        assert!(!function.capabilities().log_probabilities);
        let said = pollster::block_on(function.score(&prompt("which?"), &labels())).unwrap();
        let own = pollster::block_on(built_in(&page).score(&raw("which?"), &labels())).unwrap();
        for said in [said.log_probabilities, own.log_probabilities] {
            assert!((said[1] - said[0] - expected).abs() < 1e-5, "{text}: {said:?}");
        }
        let calls = page.calls();
        assert_eq!((calls[0].0, calls[1].0), (false, true));
        for (_, call) in calls {
            let names = &call["schema"]["properties"]["answer"]["enum"];
            assert_eq!(*names, serde_json::json!(["First", "Second"]));
        }
    }
}

#[test]
fn the_browsers_model_is_one_only_where_the_page_says_that_it_is_local() {
    let page = Page::saying("fine");
    assert!(BuiltIn::new(page.clone(), &about(false)).is_none());
    let model = built_in(&page);
    assert_eq!(model.capabilities().fingerprint, "page:LanguageModel Some Browser 150");
    let said = pollster::block_on(model.generate(&raw("a secret"), &Sampling::default())).unwrap();
    assert_eq!((said.text.as_str(), said.finished), ("fine", true));
    // It says so each time, and the page looks again.
    let calls = page.calls();
    assert!(calls.len() == 1 && calls[0].0);
    assert_eq!(calls[0].1["messages"][0]["content"], "a secret");
}

#[test]
fn the_browsers_model_fails_in_words_and_not_for_ever() {
    let fails = |failure| {
        let model = built_in(&Page::failing(failure));
        pollster::block_on(model.generate(&raw("why?"), &Sampling::default())).unwrap_err()
    };
    assert_eq!(fails(PageFailure::Cancelled), ModelError::Cancelled);
    assert_eq!(fails(PageFailure::NotThere), ModelError::NotLoaded);
    assert!(matches!(fails(PageFailure::TooLong), ModelError::TooLong { limit: 4096, .. }));
    assert!(fails(PageFailure::NotLocal).to_string().contains("it was given no text"));
    assert!(fails(PageFailure::NotReady).to_string().contains("prepare it on the Models page"));
    let page = Page::silent();
    let said = pollster::block_on(built_in(&page).generate(&raw("why?"), &Sampling::default()));
    assert!(matches!(said, Err(ModelError::Unavailable(_))));
    assert_eq!(page.0.dropped.get(), 1);
}
