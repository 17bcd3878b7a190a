//! Real servers on this machine that fail in every way, through the command's own network.

use std::cell::Cell;
use std::rc::Rc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::super::{
    Api, ApiKey, Budget, Egress, Endpoint, Limits, NativeTransport, Remote, RemoteSettings, Retry,
};
use super::server::{Act, EVENTS, Server, bytes, reply};
use super::{SECRET, Words, prompt, remote};
use crate::model::{Generation, LanguageModel, ModelError, Sampling};
use crate::privacy::{EntryId, Ledger, LedgerEntry, LedgerError, MemoryLedger, Outcome, Verdict};

const GOOD: &str = r#"{"choices":[{"index":0,"message":{"role":"assistant","content":"fine"},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":1}}"#;

const FAST: Retry = Retry { tries: 3, base_ms: 20, most_ms: 50, patience_ms: 3000 };

type Model = Remote<NativeTransport, Words, MemoryLedger>;

fn limits() -> Limits {
    Limits { reply_bytes: 1 << 20, event_bytes: 1 << 16, head_ms: 300, idle_ms: 300, total_ms: 1500 }
}

fn settings(server: &Server) -> RemoteSettings {
    let settings = RemoteSettings::new(Api::OpenAi, &server.url(), "m", Some(SECRET)).unwrap();
    RemoteSettings { retry: FAST, ..settings }
}

fn start(acts: Vec<Act>) -> (Server, Model) {
    let server = Server::start(acts);
    let model = remote(NativeTransport::new(), settings(&server), limits());
    (server, model)
}

fn generate(model: &Model) -> Result<Generation, ModelError> {
    let answer = pollster::block_on(model.generate(&prompt("why?"), &Sampling::default()));
    // Whatever happened, the key is nowhere that anyone reads.
    let shown = format!("{:?} {answer:?} {:?}", model.egress().ledger().entries(), model.capabilities());
    assert!(!shown.contains(SECRET), "{shown}");
    answer
}

fn good() -> Act {
    reply(200, "content-type: application/json\r\n", GOOD)
}

#[track_caller]
fn fails(acts: Vec<Act>, expected: &str) -> (Server, Model) {
    let (server, model) = start(acts);
    let told = generate(&model).unwrap_err().to_string();
    assert!(told.contains(expected), "{told}");
    (server, model)
}

#[test]
fn a_rate_limit_is_waited_for() {
    let limited = reply(429, "retry-after: 1\r\n", r#"{"error":{"message":"slow down"}}"#);
    let (server, model) = start(vec![limited, good()]);
    let began = Instant::now();
    assert_eq!(generate(&model).unwrap().text, "fine");
    assert!(began.elapsed() >= Duration::from_secs(1));
    assert_eq!(server.received().len(), 2);
    let outcomes: Vec<Outcome> =
        model.egress().ledger().entries().into_iter().map(|entry| entry.outcome).collect();
    assert!(matches!(
        outcomes[..],
        [Outcome::Answered { status: 429, .. }, Outcome::Answered { status: 200, .. }]
    ));
    let long = reply(429, "retry-after: 3600\r\n", r#"{"error":{"message":"slow down"}}"#);
    fails(vec![long], "go on in 3600 s");
}

#[test]
fn a_failing_server_is_tried_again_and_then_told() {
    let (server, model) = start(vec![reply(500, "", "oops"), reply(503, "", ""), good()]);
    assert!(generate(&model).is_ok());
    assert_eq!(server.received().len(), 3);
    let (server, _) =
        fails((0..3).map(|_| reply(500, "", "oops")).collect(), "failed (status 500): \"oops\"");
    assert_eq!(server.received().len(), 3);
}

#[test]
fn wrong_keys_and_models_are_not_tried_again() {
    let echo = format!(r#"{{"error":{{"message":"Incorrect API key provided: {SECRET}"}}}}"#);
    let (server, _) =
        fails(vec![reply(401, "", &echo)], "refuses the key: \"Incorrect API key provided: (key)\"");
    assert_eq!(server.received().len(), 1);
    let (server, _) =
        fails(vec![reply(404, "", r#"{"error":"model not found"}"#)], "does not know the model m");
    assert_eq!(server.received().len(), 1);
}

#[test]
fn silence_ends_by_its_time() {
    let hang = || -> Act {
        Box::new(|_| {
            sleep(Duration::from_millis(900));
            Ok(())
        })
    };
    let began = Instant::now();
    fails(vec![hang(), hang(), hang()], "took longer than 0 s to begin its reply");
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_slow_drip_is_read_and_an_endless_one_ends() {
    let drip = |pieces: usize| -> Act {
        Box::new(move |stream| {
            stream.write_all(EVENTS.as_bytes())?;
            for _ in 0..pieces {
                stream.write_all(b"data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n")?;
                stream.flush()?;
                sleep(Duration::from_millis(50));
            }
            stream.write_all(
                b"data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n",
            )
        })
    };
    let (_server, model) = start(vec![drip(10)]);
    let seen = Rc::new(Cell::new(0));
    let heard = Rc::clone(&seen);
    let text = pollster::block_on(model.stream(&prompt("why?"), &Sampling::default(), |text| {
        assert_eq!(text.len(), heard.get() + 1, "the text comes as it is written");
        heard.set(text.len());
    }));
    assert_eq!((text.unwrap().text.as_str(), seen.get()), ("aaaaaaaaaa", 10));
    let server = Server::start(vec![drip(1000)]);
    let once = RemoteSettings { retry: Retry { tries: 1, ..FAST }, ..settings(&server) };
    let model = remote(NativeTransport::new(), once, limits());
    assert!(generate(&model).unwrap_err().to_string().contains("took longer than 1 s in all"));
}

#[test]
fn too_much_is_cut_off() {
    let flood = |head: &'static str, piece: &'static [u8]| -> Act {
        Box::new(move |stream| {
            stream.write_all(head.as_bytes())?;
            // 100 MB, or until the client has enough.
            (0..100 * 1024).try_for_each(|_| stream.write_all(&piece.repeat(1024 / piece.len())))
        })
    };
    let json = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 104857600\r\n\r\n";
    let (_, model) = fails(vec![flood(json, b"        ")], "longer than 1048576 bytes");
    let entries = model.egress().ledger().entries();
    assert!(matches!(entries[0].outcome, Outcome::Broken { bytes, .. } if bytes < 2 << 20));
    fails(vec![flood(EVENTS, b"x")], "longer than 65536 bytes");
    fails(vec![flood(EVENTS, b": ping\n\n")], "longer than 1048576 bytes");
    let error = "HTTP/1.1 400 No\r\ncontent-length: 104857600\r\n\r\n";
    fails(vec![flood(error, b"spam spa")], "does not take the request (status 400): \"spam spa");
}

#[test]
fn broken_replies_are_told_apart() {
    let truncated = || {
        bytes("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 999\r\n\r\n{\"choices\"")
    };
    fails(vec![truncated(), truncated(), truncated()], "broke off after 10 bytes");
    let half = || {
        bytes(format!("{EVENTS}data: {{\"choices\":[{{\"delta\":{{\"content\":\"a\"}}}}]}}\n\ndata: {{\"ch"))
    };
    fails(vec![half(), half(), half()], "broke off after");
    fails(
        vec![reply(200, "content-type: application/json\r\n", "{\"choices\": oops}")],
        "not JSON at byte 12",
    );
    fails(vec![reply(200, "content-type: application/json\r\n", "{\"answer\": 1}")], "lacks choices");
    let garbage = || bytes("SSH-2.0-OpenSSH\r\n");
    fails(vec![garbage(), garbage(), garbage()], "could not be reached");
    let (server, model) = start(vec![]);
    drop(server);
    sleep(Duration::from_millis(20));
    assert!(generate(&model).unwrap_err().to_string().contains("could not be reached"));
}

#[test]
fn a_redirect_is_not_followed_and_the_key_stays() {
    let elsewhere = Server::start(vec![good()]);
    for status in [301, 302, 303, 307, 308] {
        let to = format!("location: {}/chat/completions\r\n", elsewhere.url());
        let (server, _) = fails(vec![reply(status, &to, "")], "redirects the request elsewhere");
        assert_eq!(server.received().len(), 1);
    }
    assert!(elsewhere.received().is_empty());
}

#[test]
fn a_request_is_written_down_and_sent_as_written() {
    let (server, model) = start(vec![good()]);
    assert!(generate(&model).is_ok());
    let (sent, entry) = (server.received().remove(0), model.egress().ledger().entries().remove(0));
    assert_eq!(sent.body, entry.body);
    assert_eq!((entry.bytes, entry.purpose.as_str()), (sent.body.len() as u64, "an answer"));
    assert_eq!(entry.url, format!("{}/chat/completions", server.url()));
    assert_eq!((entry.key_header.as_deref(), entry.verdict), (Some("authorization"), Verdict::Pass));
    assert_eq!(entry.outcome, Outcome::Answered { status: 200, bytes: GOOD.len() as u64 });
    let head = sent.head.to_ascii_lowercase();
    assert!(head.contains(&format!("authorization: bearer {SECRET}")));
    for name in ["cookie", "referer", "origin:"] {
        assert!(!head.contains(name), "{head}");
    }
    let spent = model.spent();
    assert_eq!((spent.calls, spent.prompt_tokens, spent.generated_tokens), (1, 7, 1));
}

#[test]
fn what_the_guard_refuses_never_reaches_the_server() {
    let (server, model) = start(vec![good()]);
    let asked = pollster::block_on(model.generate(&prompt("this is forbidden"), &Sampling::default()));
    assert!(asked.unwrap_err().to_string().contains("shares 1 passage with your history"));
    sleep(Duration::from_millis(50));
    assert!(server.received().is_empty());
    let entry = model.egress().ledger().entries().remove(0);
    assert!(matches!(entry.verdict, Verdict::Refuse(_)));
    assert!(matches!(entry.outcome, Outcome::NotSent(_)) && entry.key_header.is_none());
    assert!(String::from_utf8(entry.body).unwrap().contains("forbidden"));
}

#[test]
fn only_what_is_allowed_is_reached_and_a_key_stays_with_its_origin() {
    let (server, other) = (Server::start(vec![good()]), Endpoint::parse("http://localhost:1/v1").unwrap());
    let door =
        |allowed| Egress::new(NativeTransport::new(), Words::default(), MemoryLedger::default(), allowed);
    let model = Remote::new(settings(&server), door(vec![other.origin().clone()]));
    assert!(
        generate(&model).unwrap_err().to_string().contains("not among the endpoints that you configured")
    );
    let stolen = ApiKey::new(other.origin(), SECRET).unwrap();
    let settings = RemoteSettings { key: Some(stolen), ..settings(&server) };
    let allowed = vec![settings.endpoint.origin().clone()];
    let model = Remote::new(settings, door(allowed));
    assert!(generate(&model).unwrap_err().to_string().contains("the key belongs to another origin"));
    sleep(Duration::from_millis(50));
    assert!(server.received().is_empty());
    assert_eq!(model.egress().ledger().entries().len(), 1);
}

/// A ledger that looks, when an entry is opened, whether the server has heard of it already; or is full.
struct First<'a> {
    server: &'a Server,
    full: bool,
}

impl Ledger for First<'_> {
    async fn open(&self, _: LedgerEntry) -> Result<EntryId, LedgerError> {
        sleep(Duration::from_millis(50));
        assert!(self.server.received().is_empty());
        if self.full { Err(LedgerError("no space is left".into())) } else { Ok(EntryId(0)) }
    }

    async fn close(&self, _: EntryId, _: Outcome) -> Result<(), LedgerError> {
        assert_eq!(self.server.received().len(), 1);
        Ok(())
    }
}

#[test]
fn the_entry_comes_first_and_without_it_nothing_is_sent() {
    for full in [true, false] {
        let server = Server::start(vec![good()]);
        let settings = settings(&server);
        let allowed = vec![settings.endpoint.origin().clone()];
        let ledger = First { server: &server, full };
        let egress = Egress::new(NativeTransport::new(), Words::default(), ledger, allowed);
        let answer =
            pollster::block_on(Remote::new(settings, egress).generate(&prompt("why?"), &Sampling::default()));
        assert_eq!((answer.is_err(), server.received().len()), (full, usize::from(!full)));
    }
}

#[test]
fn a_budget_stops_before_the_request() {
    let server = Server::start(vec![good(), good()]);
    let budget = Budget { calls: Some(1), ..Budget::default() };
    let model = remote(NativeTransport::new(), RemoteSettings { budget, ..settings(&server) }, limits());
    assert!(generate(&model).is_ok());
    let error = generate(&model).unwrap_err();
    assert!(matches!(&error, ModelError::Unavailable(why) if why.contains("budget of 1 calls")), "{error}");
    assert_eq!(server.received().len(), 1);
}

#[test]
fn a_cancelled_request_ends_at_once() {
    let hang: Act = Box::new(|_| {
        sleep(Duration::from_secs(5));
        Ok(())
    });
    let server = Server::start(vec![hang]);
    let settings = settings(&server);
    let began = Instant::now();
    let allowed = vec![settings.endpoint.origin().clone()];
    let egress = Egress::new(NativeTransport::new(), Words::default(), MemoryLedger::default(), allowed)
        .with_cancel(move || began.elapsed() > Duration::from_millis(200));
    let model = Remote::new(settings, egress);
    assert_eq!(generate(&model), Err(ModelError::Cancelled));
    assert!(began.elapsed() < Duration::from_secs(2));
    let outcome = model.egress().ledger().entries().remove(0).outcome;
    assert!(matches!(outcome, Outcome::Broken { why, .. } if why == "cancelled"));
}
