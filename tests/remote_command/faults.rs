//! Endpoints that fail in every way: what passes is tried again, what doesn't ends the run with what to do, and the
//! next run goes on without asking again what was answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::ran::{Folder, Ran, model, plain, run};
use crate::server::{Act, Server};

/// A fault: every request is answered so.
type Fault = fn() -> Act;

/// Runs an induction whose third request meets the fault, which then lasts, or passes after one time.
fn meets(name: &str, fault: Fault, lasts: bool) -> (Arc<AtomicBool>, Server, Folder, Ran) {
    let mended = Arc::new(AtomicBool::new(false));
    let look = Arc::clone(&mended);
    let server = Server::start(0, move |number, _| {
        let broken = if lasts { number >= 2 && !look.load(Ordering::SeqCst) } else { number == 2 };
        if broken { fault() } else { Act::Answer }
    });
    let folder = Folder::new(name);
    let ran = induce(&folder, &server);
    (mended, server, folder, ran)
}

fn induce(folder: &Folder, server: &Server) -> Ran {
    let history = folder.file("h.jsonl", &plain(6));
    let (likeness, url) = (folder.path("l.json"), server.url());
    let task =
        ["induce", "--history", &history, "--candidates", "2", "--timeout", "1", "-o", &likeness, "--json"];
    run(&[&task[..], &model(&url, "openai")].concat(), "")
}

/// That a fault ends the run with these words, and that a second run, once it is mended, asks nothing again.
#[track_caller]
fn stops(name: &str, fault: Fault, words: &str) {
    let (mended, server, folder, ran) = meets(name, fault, true);
    ran.failed(1, words);
    assert!(ran.err.contains("goes on from there") && !folder.has("l.json"), "{}", ran.err);
    let before = server.received();
    mended.store(true, Ordering::SeqCst);
    let ran = induce(&folder, &server);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains("going on from"), "{}", ran.err);
    let after = &server.received()[before.len()..];
    for answered in &before[..2] {
        assert!(
            after.iter().all(|request| request.body != answered.body),
            "an answered question was asked again"
        );
    }
}

/// That a fault which passes is outlived.
#[track_caller]
fn passes(name: &str, fault: Fault) {
    let (_, server, _, ran) = meets(name, fault, false);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let received = server.received();
    assert_eq!(received[2].body, received[3].body, "the same request was made again");
}

#[test]
fn a_rate_limit_is_waited_for() {
    let began = Instant::now();
    passes("429", || Act::Say(429, "retry-after: 1\r\n", r#"{"error":{"message":"slow down"}}"#));
    assert!(began.elapsed() >= Duration::from_secs(1));
}

#[test]
fn a_longer_one_ends_the_run() {
    stops(
        "429-long",
        || Act::Say(429, "retry-after: 3600\r\n", r#"{"error":{"message":"slow down"}}"#),
        "go on in 3600 s",
    );
}

#[test]
fn what_passes_is_outlived() {
    passes("500", || Act::Say(500, "", "oops"));
    passes("hang", || Act::Hang(Duration::from_secs(3)));
    passes("cut", || Act::Cut);
}

#[test]
fn a_server_that_keeps_failing_ends_the_run() {
    stops("500s", || Act::Say(500, "", "oops"), "failed (status 500): \"oops\"; try again later");
}

#[test]
fn silence_ends_the_run() {
    stops(
        "hangs",
        || Act::Hang(Duration::from_secs(3)),
        "took longer than 1 s to begin its reply; try again",
    );
}

#[test]
fn a_stream_that_breaks_off_ends_the_run() {
    stops("cuts", || Act::Cut, "broke off after");
}

#[test]
fn a_slow_drip_is_read() {
    let (_, server, _, ran) = meets("drip", || Act::Drip(Duration::from_millis(30)), false);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let received = server.received();
    assert!(received[2].body != received[3].body);
}

#[test]
fn an_endless_drip_ends_the_run() {
    // 300 ms a piece are no silence; a reply of some 1,000 bytes then takes longer than a reply may in all.
    stops("drips", || Act::Drip(Duration::from_millis(900)), "took longer than 10 s in all");
}

#[test]
fn what_is_no_answer_ends_the_run_at_once() {
    stops(
        "json",
        || Act::Say(200, "content-type: application/json\r\n", "{\"choices\": oops}"),
        "is not JSON at byte 12",
    );
    stops(
        "shape",
        || Act::Say(200, "content-type: application/json\r\n", "{\"answer\": 1}"),
        "lacks choices; check that the endpoint speaks the API",
    );
}

#[test]
fn wrong_keys_and_names_say_what_to_do() {
    stops(
        "401",
        || Act::Say(401, "", r#"{"error":{"message":"Incorrect API key provided: sk-test-0f5a9c"}}"#),
        "refuses the key: \"Incorrect API key provided: (key)\"; check the key",
    );
    stops(
        "404",
        || {
            Act::Say(
                404,
                "",
                r#"{"error":{"message":"The model test-7b does not exist","code":"model_not_found"}}"#,
            )
        },
        "does not know the model test-7b",
    );
}

#[test]
fn nobody_there_any_more_ends_the_run_and_a_new_server_is_asked_the_rest() {
    let server = Server::start(0, |number, _| if number == 2 { Act::Leave } else { Act::Answer });
    let folder = Folder::new("gone");
    let ran = induce(&folder, &server);
    ran.failed(1, "could not be reached; see that");
    let before = server.received();
    let port = server.port;
    drop(server);
    let server = Server::start(port, |_, _| Act::Answer);
    let ran = induce(&folder, &server);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let after = server.received();
    assert!(before[..2].iter().all(|answered| after.iter().all(|request| request.body != answered.body)));
}
