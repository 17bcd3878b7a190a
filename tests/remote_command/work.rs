//! From a history to a judgement over sketches, with each API; what is said before and after; budgets.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::ran::{Folder, KEY, PAIR, end, model, plain, run, start};
use crate::server::{Act, Server};

/// Induces, judges and evaluates with an endpoint that speaks `api`.
#[track_caller]
fn works(api: &str) -> (Server, Folder) {
    let (server, folder) = (Server::answering(), Folder::new(api));
    let (history, fresh) = (folder.file("h.jsonl", &plain(24)), folder.file("new.jsonl", &plain(34)));
    let (likeness, ledger) = (folder.path("l.json"), folder.path("ledger.jsonl"));
    let url = server.url();
    let asked = [&model(&url, api)[..], &["--json", "--price", "1,2", "--ledger", &ledger]].concat();
    let ran = run(
        &[&["induce", "--history", &history, "--candidates", "3", "-o", &likeness][..], &asked].concat(),
        "",
    );
    let told = ran.object();
    assert!(told["calls"].as_u64().unwrap() > 10 && told["prompt_tokens"].as_u64().unwrap() > 100, "{told}");
    let claims: Vec<&str> =
        told["claims"].as_array().unwrap().iter().map(|claim| claim["text"].as_str().unwrap()).collect();
    assert!(claims.contains(&"You prefer answers that are shorter."), "{told}");
    estimate_holds(&ran.err, told["calls"].as_u64().unwrap());
    assert!(!folder.has("l.json.job"));

    let ran = run(&[&["judge", "--pair", "-", "--likeness", &likeness][..], &asked].concat(), PAIR);
    let judged = ran.object();
    assert!(judged["p_first"].as_f64().unwrap() > 0.6, "{judged}");
    assert!(judged["why"].as_array().unwrap().iter().all(Value::is_string));
    let alone = run(&[&["judge", "--pair", "-"][..], &asked].concat(), PAIR).object();
    assert!(alone["p_first"].as_f64().unwrap() > 0.6, "{alone}");
    // A model that has no weight is not asked.
    let measured = folder.path("measured.json");
    run(&["induce", "--history", &history, "-o", &measured, "--json"], "").object();
    let before = server.received().len();
    let judged = run(&[&["judge", "--pair", "-", "--likeness", &measured][..], &asked].concat(), PAIR);
    assert!(judged.object()["p_first"].as_f64().unwrap() > 0.6, "{}", judged.out);
    assert_eq!(server.received().len(), before);

    let ran = run(&[&["evaluate", "--history", &fresh, "--likeness", &likeness][..], &asked].concat(), "");
    let told = ran.object();
    for system in ["prior", "reward", "default_judge", "judge", "stack"] {
        assert!(told["systems"][system]["accuracy"].is_f64(), "{told}");
    }
    assert!(told["systems"]["stack"]["accuracy"].as_f64().unwrap() > 0.9, "{told}");
    assert!(told["systems"]["judge"]["accuracy"].as_f64().unwrap() > 0.9, "{told}");
    (server, folder)
}

/// That the estimate came first and was not passed, and that what left was told.
#[track_caller]
fn estimate_holds(err: &str, calls: u64) {
    let number = |line: &str, before: &str| -> f64 {
        let rest = &line[line.find(before).unwrap() + before.len()..];
        rest.split([' ', ',']).next().unwrap().parse().unwrap()
    };
    let line =
        |start: &str| err.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{err}"));
    let (before, after) = (line("estimate: at most"), line("what left:"));
    assert!(number(before, "at most ") >= calls as f64, "{err}");
    assert!(number(after, "what left: ") >= calls as f64, "{err}");
    let prompt = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        let at = words.windows(2).position(|two| two == ["prompt", "tokens"]).unwrap();
        words[at - 1].parse::<u64>().unwrap()
    };
    assert!(prompt(before) >= prompt(after), "{err}");
    assert!(before.contains("at the price given") && after.contains("at the price given"), "{err}");
}

#[test]
fn an_openai_endpoint_works_and_the_ledger_holds_what_it_got() {
    let (server, folder) = works("openai");
    let ledger = folder.read("ledger.jsonl");
    let lines: Vec<Value> = ledger.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let received = server.received();
    assert_eq!(lines.len(), received.len());
    for (line, request) in lines.iter().zip(&received) {
        assert_eq!(line["body"].as_str().unwrap().as_bytes(), request.body);
        assert_eq!(line["url"], format!("{}/chat/completions", server.url()));
        assert_eq!((&line["sent"], &line["verdict"]), (&Value::Bool(true), &"pass".into()));
        assert!(request.head.contains(KEY));
    }
    assert!(!ledger.contains(KEY) && !folder.read("l.json").contains(KEY));
}

#[test]
fn an_anthropic_endpoint_works() {
    let (server, _) = works("anthropic");
    assert!(server.received().iter().all(|request| request.path() == "/v1/messages"));
}

#[test]
fn a_gemini_endpoint_works() {
    let (server, _) = works("gemini");
    assert!(server.received().iter().all(|request| request.path().starts_with("/v1/models/test-7b:")));
}

#[test]
fn demos_are_sketches_with_claims_and_their_certainty_beside_them() {
    let (server, folder) = works("openai");
    let judged = server.received().into_iter().map(|request| request.json()["messages"].to_string());
    let told = judged.filter(|messages| messages.contains("What is known about this person"));
    let told: Vec<String> = told.collect();
    assert!(
        told.iter().any(|messages| messages.contains("They prefer answers that are shorter (")),
        "{told:?}"
    );
    let likeness: Value = serde_json::from_str(&folder.read("l.json")).unwrap();
    for demo in likeness["demos"].as_array().unwrap() {
        assert!(demo["asked"].as_str().unwrap().contains("Their texts are private"), "{demo}");
    }
}

/// A likeness made of texts by a local model holds examples from the history; none of them may leave.
#[test]
fn examples_made_of_texts_stay_here() {
    let (server, folder) = (Server::answering(), Folder::new("raw-demos"));
    let history = folder.file("h.jsonl", &plain(24));
    let likeness = folder.path("l.json");
    assert_eq!(run(&["induce", "--history", &history, "-o", &likeness], "").code, 0);
    let mut made: Value = serde_json::from_str(&folder.read("l.json")).unwrap();
    made["demos"] = serde_json::json!([{ "pair": made["made_from"][0], "asked": "The person asked: tell me of my aunt Zanzibara and her ferrets, please do", "answer": "First", "tokens": 40 }]);
    made["stack"]["inputs"] =
        serde_json::json!([{ "name": "judge", "scale": 1.0, "weight": 0.5, "gain": 3.0 }]);
    made["claims"].as_array_mut().unwrap().push(serde_json::json!({
        "id": "own", "text": "You dislike Zanzibara.", "from": "own", "supports": [], "contradicts": [],
        "gain": 0.0, "tested": 0, "state": { "is": "pinned" } }));
    let likeness = folder.file("l.json", &made.to_string());
    let url = server.url();
    let ran = run(
        &[&["judge", "--pair", "-", "--likeness", &likeness, "--json"][..], &model(&url, "openai")].concat(),
        PAIR,
    );
    assert!(
        ran.object()["p_first"].as_f64().unwrap() > 0.6 && ran.err.contains("its examples stay here"),
        "{}",
        ran.err
    );
    assert!(!server.received().is_empty());
    for request in server.received() {
        assert!(!String::from_utf8(request.body).unwrap().contains("Zanzibara"));
    }
}

/// What the person wrote about themselves is theirs to release, and here they did not.
#[test]
fn claims_in_the_persons_own_words_stay_here() {
    let (server, folder) = (Server::answering(), Folder::new("own-words"));
    let history = folder.file("h.jsonl", &plain(24));
    let (before, likeness, url) = (folder.path("before.json"), folder.path("l.json"), server.url());
    assert_eq!(run(&["induce", "--history", &history, "-o", &before], "").code, 0);
    let mut made: Value = serde_json::from_str(&folder.read("before.json")).unwrap();
    let claims = made["claims"].as_array_mut().unwrap();
    let edited = claims.iter_mut().find(|claim| claim["state"]["is"] == "kept").unwrap();
    edited["edited"] = "You want it as short as Zanzibara does.".into();
    claims.push(serde_json::json!({
        "id": "own", "text": "You dislike Zanzibara.", "from": "own", "supports": [], "contradicts": [],
        "gain": 0.0, "tested": 0, "state": { "is": "pinned" } }));
    let before = folder.file("before.json", &made.to_string());
    let task = ["induce", "--history", &history, "--since", &before, "--full", "-o", &likeness, "--json"];
    let told = run(&[&task[..], &model(&url, "openai")].concat(), "").object();
    assert!(told["portrait"].as_str().unwrap().contains("You dislike Zanzibara"), "{told}");
    for request in server.received() {
        assert!(!String::from_utf8(request.body).unwrap().contains("Zanzibara"));
    }
}

/// The embedded model; `./check` fetches it, and this test fails without it.
#[test]
fn a_local_model_reads_sketches_where_it_should() {
    let folder = Folder::new("local");
    let history = folder.file("h.jsonl", &plain(6));
    let likeness = folder.path("l.json");
    let local = ["--evidence", "sketch", "--model", "embedded", "--json"];
    let induce = ["induce", "--history", &history, "--candidates", "2", "-o", &likeness];
    let told = run(&[&induce[..], &local].concat(), "").object();
    assert!(told["calls"].as_u64().unwrap() > 5, "{told}");
    let made: Value = serde_json::from_str(&folder.read("l.json")).unwrap();
    assert!(made["sketcher"].is_array() && made["judge_prompt"].as_str().unwrap().contains("{sketch}"));
    for reasoning in made["demos"].as_array().unwrap() {
        assert!(reasoning["asked"].as_str().unwrap().contains("Their texts are private"), "{reasoning}");
    }
    let evaluate = ["evaluate", "--history", &history, "--likeness", &likeness];
    let told = run(&[&evaluate[..], &local].concat(), "").object();
    for system in ["prior", "reward", "default_judge", "judge", "stack"] {
        assert!(told["systems"][system]["accuracy"].is_f64(), "{told}");
    }
}

/// The embedded model reads the pairs, the remote one gets sketches of those that it foresaw, and nothing else.
#[test]
fn a_local_model_reads_and_a_remote_one_sums_up() {
    let (server, folder) = (Server::answering(), Folder::new("divided"));
    let history = folder.file("h.jsonl", &crate::ran::history(8, |i| format!("Zanzibara's ferret {i}")));
    let (likeness, url) = (folder.path("l.json"), server.url());
    let induce = ["induce", "--history", &history, "--candidates", "2", "-o", &likeness, "--json"];
    let both = ["--model", "embedded"];
    let ran = run(&[&induce[..], &both, &model(&url, "openai")].concat(), "");
    assert!(
        ran.object()["calls"].as_u64().unwrap() > 5 && ran.err.contains("estimate: at most"),
        "{}",
        ran.err
    );
    let received = server.received();
    assert!((1..=3).contains(&received.len()), "{}", received.len());
    for request in received {
        let body = String::from_utf8(request.body).unwrap();
        assert!(body.contains("Their texts are private") && body.contains("had foreseen it"), "{body}");
        assert!(!body.contains("Zanzibara") && !body.contains("ferret"), "{body}");
    }
    let judge = ["judge", "--pair", "-", "--likeness", &likeness];
    run(&[&judge[..], &both, &model(&url, "openai")].concat(), PAIR).failed(2, "one model is asked");
}

#[test]
fn a_budget_stops_the_job_before_it_is_passed_and_a_larger_one_goes_on() {
    let (server, folder) = (Server::answering(), Folder::new("budget"));
    let history = folder.file("h.jsonl", &plain(8));
    let (likeness, url) = (folder.path("l.json"), server.url());
    let task = ["induce", "--history", &history, "--candidates", "2", "-o", &likeness];
    let task = [&task[..], &model(&url, "openai")].concat();
    run(&[&task[..], &["--budget-calls", "5"]].concat(), "").failed(1, "budget of 5 calls");
    assert_eq!(server.received().len(), 5);
    run(&[&task[..], &["--budget-tokens", "600"]].concat(), "").failed(1, "budget of 600 tokens");
    run(&[&task[..], &["--price", "1,1", "--budget-cost", "0.0006"]].concat(), "")
        .failed(1, "goes on from there");
    let ran = run(&task, "");
    assert_eq!(ran.code, 0, "{}", ran.err);
    let bodies: Vec<Vec<u8>> = server.received().into_iter().map(|request| request.body).collect();
    let mut apart = bodies.clone();
    apart.sort();
    apart.dedup();
    assert_eq!(apart.len(), bodies.len(), "no question was asked twice");
}

/// Ctrl-C in the middle of a request that hangs.
#[cfg(unix)]
#[test]
fn ctrl_c_is_heard_within_a_second_and_the_job_goes_on() {
    let hangs =
        |number: usize, _: &_| if number == 3 { Act::Hang(Duration::from_secs(20)) } else { Act::Answer };
    let (server, folder) = (Server::start(0, hangs), Folder::new("ctrl-c"));
    let history = folder.file("h.jsonl", &plain(8));
    let (likeness, url) = (folder.path("l.json"), server.url());
    let task = ["induce", "--history", &history, "--candidates", "2", "-o", &likeness];
    let task = [&task[..], &model(&url, "openai")].concat();
    let mut child = start(&task);
    while server.received().len() < 4 {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it could be stopped");
        std::thread::sleep(Duration::from_millis(10));
    }
    let began = Instant::now();
    let kill = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(kill.unwrap().success());
    let stopped = end(child);
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    stopped.failed(130, "the same command goes on from there");
    assert!(stopped.err.contains("what left: 4 requests"), "{}", stopped.err);
    let ran = run(&task, "");
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains("going on from the"), "{}", ran.err);
}

#[test]
fn an_evaluation_with_a_job_file_goes_on() {
    let stops = |number: usize, _: &_| if number == 1 { Act::Say(401, "", "{}") } else { Act::Answer };
    let (server, folder) = (Server::start(0, stops), Folder::new("evaluate"));
    let history = folder.file("h.jsonl", &plain(6));
    let (job, url) = (folder.path("job"), server.url());
    let task = [&["evaluate", "--history", &history, "--job", &job][..], &model(&url, "openai")].concat();
    run(&task, "").failed(1, "refuses the key");
    let ran = run(&task, "");
    assert!(ran.code == 0 && ran.err.contains("going on from") && !folder.has("job"), "{}", ran.err);
}

#[test]
fn sketches_are_learned_from_and_judged_without_any_model() {
    let folder = Folder::new("sketches");
    let (history, fresh) = (folder.file("h.jsonl", &plain(24)), folder.file("new.jsonl", &plain(40)));
    let likeness = folder.path("l.json");
    let told = run(&["induce", "--history", &history, "--evidence", "sketch", "-o", &likeness, "--json"], "");
    assert!(told.object()["claims"].as_array().unwrap().len() <= 4, "{}", told.out);
    let kept: Value = serde_json::from_str(&folder.read("l.json")).unwrap();
    // Each trait that counts with its weight; what claims there are, are of the four that may be told.
    let weights = kept["sketcher"].as_array().unwrap();
    let told: Vec<&str> = weights.iter().take(4).filter_map(|one| one[0].as_str()).collect();
    assert!(told.contains(&"length") && weights.len() > 4, "{}", kept["sketcher"]);
    for kind in ["raw", "sketch"] {
        let ran = run(
            &["evaluate", "--history", &fresh, "--likeness", &likeness, "--evidence", kind, "--json"],
            "",
        );
        assert!(ran.object()["systems"]["reward"]["accuracy"].as_f64().unwrap() > 0.9, "{}", ran.out);
    }
}

#[test]
fn choices_without_a_winner_ask_a_model_nothing() {
    let (server, folder) = (Server::answering(), Folder::new("ties"));
    let side = |text: &str| json!([{"role": "user", "content": "q"}, {"role": "assistant", "content": text}]);
    let tie =
        json!({"conversation_a": side("a"), "conversation_b": side("b"), "winner": "tie", "judge": "ann"});
    let (history, likeness) = (folder.file("h.jsonl", &format!("{tie}\n")), folder.path("l.json"));
    let task = ["induce", "--history", &history, "-o", &likeness, "--json"];
    let told = run(&[&task[..], &model(&server.url(), "openai")].concat(), "").object();
    assert_eq!((&told["claims"], server.received().len()), (&json!([]), 0), "{told}");
}

#[test]
fn what_can_not_be_meant_is_exit_code_2_and_says_why() {
    let folder = Folder::new("usage");
    let history = folder.file("h.jsonl", &plain(4));
    let (likeness, url) = (folder.path("l.json"), "http://127.0.0.1:1/v1");
    let induce = ["induce", "--history", &history, "-o", &likeness];
    let check = |more: &[&str], words: &str| run(&[&induce[..], more].concat(), "").failed(2, words);
    let remote = model(url, "openai");
    check(&[&remote[..], &["--evidence", "raw"]].concat(), "raw history never leaves this machine");
    let both = [&remote[..], &["--model", "embedded"]].concat();
    check(&[&both[..], &["--evidence", "sketch"]].concat(), "the local model reads texts");
    check(&["--endpoint", url, "--api", "openai"], "--remote-model");
    check(&["--endpoint", url, "--remote-model", "m"], "--api openai, anthropic or gemini");
    check(&["--endpoint", "nowhere", "--api", "openai", "--remote-model", "m"], "https://");
    check(&["--endpoint", "http://example.com/v1", "--api", "openai", "--remote-model", "m"], "https://");
    check(&["--endpoint", url, "--api", "openai", "--remote-model", "a b"], "model's name");
    check(
        &["--endpoint", "anthropic", "--api", "openai", "--remote-model", "m"],
        "Anthropic speaks --api anthropic",
    );
    check(&[&remote[..], &["--api", "telepathy"]].concat(), "--api");
    check(&[&remote[..], &["--price", "1"]].concat(), "--price");
    check(&[&remote[..], &["--budget-cost", "1"]].concat(), "--price");
    check(&["--ledger", "x"], "--endpoint");
    let evaluate = ["evaluate", "--history", &history, "--evidence", "raw"];
    run(&[&evaluate[..], &remote].concat(), "").failed(2, "raw history never leaves this machine");
}
