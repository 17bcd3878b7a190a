//! The real binary, as a script would call it: shapes of what it prints, exit codes, and input that is broken.
#![allow(clippy::unwrap_used)] // why: a test that can't read its input has to fail.

#[path = "command/files.rs"]
mod files;
#[path = "command/models.rs"]
mod models;
#[path = "command/words.rs"]
mod words;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

/// A folder of this test's own, gone when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("likeness-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path.to_string_lossy().into_owned()
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_string_lossy().into_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

struct Ran {
    code: i32,
    out: String,
    err: String,
}

fn run(arguments: &[&str], input: &str) -> Ran {
    let mut child = Command::new(env!("CARGO_BIN_EXE_likeness"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that fails early does not read its input.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let ran = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: ran.status.code().unwrap_or(-1), out: text(ran.stdout), err: text(ran.stderr) }
}

/// Runs with `--json` and reads the one object that it prints.
#[track_caller]
fn object(arguments: &[&str], input: &str) -> Value {
    let ran = run(&[arguments, &["--json"]].concat(), input);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(ran.out.lines().count(), 1, "{}", ran.out);
    serde_json::from_str(&ran.out).unwrap()
}

/// That a command fails with this exit code and one line that has these words.
#[track_caller]
fn fails(arguments: &[&str], input: &str, code: i32, words: &str) {
    let ran = run(arguments, input);
    assert_eq!(ran.code, code, "{arguments:?}: {}", ran.err);
    assert_eq!(ran.err.lines().count(), 1, "{arguments:?}: {}", ran.err);
    assert!(ran.err.contains(words), "{arguments:?}: {}", ran.err);
    assert!(!ran.err.contains("panicked") && ran.out.is_empty(), "{arguments:?}: {}{}", ran.out, ran.err);
}

/// Someone who likes short answers, as SynthesizeMe's records.
fn short_person(pairs: usize, person: &str) -> String {
    let row = |i: usize| {
        let long = format!("Well, there is much to say about thing {i}. ").repeat(4 + i % 3);
        let short = format!("It is thing {i}.");
        json!({
            "user_id": person,
            "context": [{"role": "user", "content": format!("What is thing {i}?")}],
            "chosen": {"role": "assistant", "content": short},
            "rejected": {"role": "assistant", "content": long},
        })
    };
    (0..pairs).map(|i| row(i).to_string() + "\n").collect()
}

const PAIR: &str = r#"{"context": [{"role": "user", "content": "What is it?"}], "first": "It is this.",
    "second": "Well, there is much to say. There is also much more to say about all of it, if one begins."}"#;

#[test]
fn import_reads_any_format_and_tells_what_it_left_out() {
    let folder = Folder::new("import");
    let input = folder.file("in.jsonl", &format!("{}{{\"context\": 3}}\nno json\n", short_person(3, "ann")));
    let output = folder.path("out.jsonl");
    let told = object(&["import", &input, "-o", &output], "");
    assert_eq!((&told["read"], &told["imported"]), (&json!(5), &json!(3)));
    let skipped = told["skipped"].as_array().unwrap();
    assert_eq!(skipped.iter().map(|one| one["line"].as_u64().unwrap()).collect::<Vec<_>>(), [4, 5]);
    assert!(skipped.iter().all(|one| one["field"].is_string() && one["why"].is_string()));

    let again = folder.path("again.jsonl");
    let told = object(&["import", &output, "-o", &again], "");
    assert_eq!((&told["imported"], &told["skipped"]), (&json!(3), &json!([])));
    assert_eq!(std::fs::read_to_string(&output).unwrap(), std::fs::read_to_string(&again).unwrap());

    let twice = format!("{0}{0}", short_person(3, "ann"));
    assert_eq!(object(&["import", "-", "-o", &again], &twice)["imported"], json!(3));
}

#[test]
fn a_file_of_several_people_asks_for_one() {
    let folder = Folder::new("people");
    let input = folder.file("in.jsonl", &(short_person(2, "ann") + &short_person(2, "bob")));
    let output = folder.path("out.jsonl");
    fails(&["import", &input, "-o", &output], "", 1, "ann, bob");
    fails(&["import", &input, "-o", &output], "", 1, "--user");
    assert!(!Path::new(&output).exists(), "a failed import leaves no file");
    fails(&["import", &input, "--user", "eve", "-o", &output], "", 1, "eve");
    assert_eq!(object(&["import", &input, "--user", "bob", "-o", &output], "")["imported"], json!(2));
}

#[test]
fn traits_are_measured_for_both_answers() {
    let told = object(&["traits", "--pair", "-"], PAIR);
    let traits = told["traits"].as_array().unwrap();
    assert!(traits.len() >= 40);
    let length = traits.iter().find(|one| one["id"] == "length").unwrap();
    assert!(length["chosen"].as_f64().unwrap() < length["rejected"].as_f64().unwrap());
}

#[test]
fn from_a_history_to_a_likeness_to_a_judgement() {
    let folder = Folder::new("induce");
    let history = folder.file("history.jsonl", &short_person(30, "ann"));
    let likeness = folder.path("likeness.json");
    let told = object(&["induce", "--history", &history, "-o", &likeness], "");
    let claims = told["claims"].as_array().unwrap();
    assert!(claims.iter().any(|claim| claim["text"] == "You prefer answers that are shorter."), "{told}");
    for claim in claims {
        assert_eq!(claim["from"], "traits");
        assert!(claim["text"].is_string() && claim["supports"].is_u64() && claim["contradicts"].is_u64());
        assert!(claim["gain"].as_f64().unwrap() > 0.0);
    }
    let portrait = told["portrait"].as_str().unwrap();
    assert!(portrait.contains("You prefer answers that are shorter"), "{told}");
    assert!(told["validation"].is_object());
    assert_eq!(
        (&told["calls"], &told["prompt_tokens"], &told["cached_tokens"]),
        (&json!(0), &json!(0), &json!(0))
    );

    let before = object(&["judge", "--pair", "-"], PAIR);
    let after = object(&["judge", "--pair", "-", "--likeness", &likeness], PAIR);
    let p = |told: &Value| told["p_first"].as_f64().unwrap();
    assert!(p(&after) > 0.5 && p(&after) > p(&before), "{before} {after}");
    assert!(after["why"].as_array().unwrap().iter().all(Value::is_string));
    let same = r#"{"context": [], "first": "Boil it.", "second": "Boil it."}"#;
    let told = run(&["judge", "--pair", "-", "--likeness", &likeness], same);
    assert_eq!((told.code, told.out.trim_end()), (0, "nothing tells the two answers apart"));

    let told = object(&["evaluate", "--history", &history, "--likeness", &likeness], "");
    assert_eq!(told["n"], json!(30));
    for system in ["prior", "reward"] {
        let told = &told["systems"][system];
        assert!(told["accuracy"].is_f64() && told["interval"].as_array().unwrap().len() == 2, "{told}");
    }
    assert!(told["systems"]["reward"]["accuracy"].as_f64().unwrap() > 0.9);
}

#[test]
fn a_likeness_is_for_its_owner_only_and_says_so() {
    let folder = Folder::new("private");
    let history = folder.file("history.jsonl", &short_person(4, "ann"));
    let likeness = folder.path("likeness.json");
    assert_eq!(run(&["induce", "--history", &history, "-o", &likeness], "").code, 0);
    assert!(std::fs::read_to_string(&likeness).unwrap().contains("Private:"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&likeness).unwrap().permissions().mode() & 0o077, 0);
    }
}

#[test]
fn bad_input_is_one_line_and_exit_code_1() {
    let folder = Folder::new("bad");
    let output = folder.path("out");
    let empty = folder.file("empty", "");
    let binary = folder.path("binary");
    std::fs::write(&binary, [0xff, 0xfe, 0x00, 0x9f]).unwrap();
    let nested = folder.file("nested", &"[".repeat(200_000));
    let missing = folder.path("missing");
    for file in [&empty, &binary, &nested, &missing, &folder.path("")] {
        fails(&["import", file, "-o", &output], "", 1, file);
        fails(&["induce", "--history", file, "-o", &output], "", 1, file);
        fails(&["evaluate", "--history", file], "", 1, file);
        fails(&["traits", "--pair", file], "", 1, file);
        fails(&["judge", "--pair", file], "", 1, file);
    }
    fails(&["judge", "--pair", "-", "--likeness", &empty], PAIR, 1, "can't be read as a likeness");
    fails(&["traits", "--pair", "-"], r#"{"context": [], "first": "a"}"#, 1, "standard input");
    fails(&["traits", "--pair", "-"], &short_person(2, "ann"), 1, "2 pairs");
    fails(&["judge", "--pair", "-"], r#"{"context": [], "first": 1, "second": "b"}"#, 1, "first");
    fails(
        &["induce", "--history", "-", "-o", "/no/such/folder/l.json"],
        &short_person(2, "ann"),
        1,
        "/no/such/folder",
    );
}

#[test]
fn bad_usage_is_one_line_and_exit_code_2() {
    fails(&[], "", 2, "which task");
    fails(&["nonsense"], "", 2, "nonsense");
    fails(&["induce"], "", 2, "--history");
    fails(&["import", "-", "-o", "-"], "", 2, "-o");
    fails(&["import", "-", "--format", "word", "-o", "x"], "", 2, "word");
    fails(&["induce", "--history", "-", "-o", "x", "--seed", "many"], "", 2, "many");
}

#[test]
fn help_is_no_error() {
    for arguments in [&["--help"][..], &["--version"], &["judge", "--help"]] {
        let ran = run(arguments, "");
        assert_eq!((ran.code, ran.err.as_str()), (0, ""));
        assert!(!ran.out.is_empty());
    }
}

#[test]
fn what_the_language_of_the_choices_leaves_out_is_said() {
    let folder = Folder::new("german");
    let row = |i: usize| {
        let long =
            format!("Das ist die Antwort Nummer {i}, und über diese Zahl kann man noch viel mehr sagen. ");
        json!({"context": [], "chosen": long.repeat(2), "rejected": format!("Es ist die {i}.")}).to_string()
            + "\n"
    };
    let rows: String = (0..6).map(row).collect();
    let history = folder.file("history.jsonl", &rows);
    let task = ["induce", "--history", &history, "-o", &folder.path("l.json")];
    let told = object(&task, "");
    let unmeasured = told["unmeasured"].as_str().unwrap();
    assert!(unmeasured.starts_with("All of the answers"), "{told}");
    assert!(run(&task, "").out.contains(unmeasured));
    let english = folder.file("english.jsonl", &short_person(6, "ann"));
    assert_eq!(
        object(&["induce", "--history", &english, "-o", &folder.path("e.json")], "")["unmeasured"],
        ""
    );
}

#[test]
fn strange_texts_do_not_break_it() {
    let folder = Folder::new("strange");
    let texts = ["", "😀", "一二三", "\u{202e}مرحبا", "\u{0}\u{7}\u{1b}[31m", &"long ".repeat(200_000)];
    let rows: String = (0..12)
        .map(|i| {
            let row = json!({"context": [], "chosen": texts[i % 6], "rejected": format!("{} {i}", texts[(i + 1) % 6])});
            row.to_string() + "\n"
        })
        .collect();
    let history = folder.file("history.jsonl", &rows);
    let told = object(&["induce", "--history", &history, "-o", &folder.path("l.json")], "");
    assert!(told["portrait"].is_string());
    object(&["evaluate", "--history", &history], "");
}

/// The embedded model; `./check` fetches it, and these tests fail without it.
const MODEL: [&str; 2] = ["--model", "embedded"];

#[test]
fn tokens_logits_and_texts_come_from_the_model() {
    let tokens = object(&[&["tokens"][..], &MODEL].concat(), "Hello <|im_end|>");
    let special = object(&[&["tokens", "--special"][..], &MODEL].concat(), "Hello <|im_end|>");
    let count = |told: &Value| told["tokens"].as_array().unwrap().len();
    assert!(count(&tokens) > count(&special), "{tokens} {special}");

    let logits = object(&[&["logits"][..], &MODEL].concat(), "The capital of France is Paris.");
    assert_eq!(logits["tokens"].as_array().unwrap().len(), logits["top1"].as_array().unwrap().len());
    assert!((1.0..1000.0).contains(&logits["perplexity"].as_f64().unwrap()), "{logits}");

    let ask = ["generate", "--prompt", "Say hello.", "--max-tokens", "8"];
    let (one, other) = (object(&[&ask[..], &MODEL].concat(), ""), object(&[&ask[..], &MODEL].concat(), ""));
    assert_eq!(one, other);
    assert!(!one["text"].as_str().unwrap().is_empty() && one["tokens"].as_u64().unwrap() <= 8);
    let raw = object(
        &[&["generate", "--raw", "--prompt", "One, two,", "--max-tokens", "3"][..], &MODEL].concat(),
        "",
    );
    assert!(raw["text"].as_str().unwrap().contains("three"), "{raw}");
}

#[test]
fn a_file_that_is_no_model_is_told() {
    let folder = Folder::new("model");
    let broken = folder.file("broken.gguf", "GGUF and then nothing");
    fails(&["tokens", "--model", &broken], "a", 1, &broken);
    fails(&["tokens", "--model", &folder.path("missing.gguf")], "a", 1, "missing.gguf");
    fails(&["judge", "--pair", "-", "--model", &broken], PAIR, 1, &broken);
}

/// A small induction with the real model, stopped by Ctrl-C and resumed.
#[cfg(unix)]
#[test]
fn an_induction_with_the_model_goes_on_after_ctrl_c() {
    let folder = Folder::new("resume");
    let history = folder.file("history.jsonl", &short_person(6, "ann"));
    let likeness = folder.path("likeness.json");
    let task = ["induce", "--history", &history, "--candidates", "2", "-o", &likeness, "--json"];
    let task = [&task[..], &MODEL].concat();
    let mut child = Command::new(env!("CARGO_BIN_EXE_likeness"))
        .args(&task)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let job = PathBuf::from(format!("{likeness}.job"));
    let asked = || {
        std::fs::read_to_string(&job)
            .map_or(0, |text| text.lines().filter(|line| line.contains("usage")).count())
    };
    while asked() < 2 {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it could be stopped");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let stopped = child.wait_with_output().unwrap();
    assert_eq!(stopped.status.code(), Some(130), "{}", String::from_utf8_lossy(&stopped.stderr));
    assert!(job.exists() && !Path::new(&likeness).exists());

    let ran = run(&task, "");
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains("going on from the"), "{}", ran.err);
    assert!(!job.exists() && Path::new(&likeness).exists());
    let told: Value = serde_json::from_str(&ran.out).unwrap();
    assert!(told["calls"].as_u64().unwrap() > 10 && told["prompt_tokens"].as_u64().unwrap() > 0);
    assert!(told["cached_tokens"].as_u64().unwrap() > 0);

    let judged = object(&[&["judge", "--pair", "-", "--likeness", &likeness][..], &MODEL].concat(), PAIR);
    assert!((0.0..=1.0).contains(&judged["p_first"].as_f64().unwrap()), "{judged}");
    let told =
        object(&[&["evaluate", "--history", &history, "--likeness", &likeness][..], &MODEL].concat(), "");
    for system in ["prior", "reward", "default_judge", "judge", "stack"] {
        assert!(told["systems"][system]["accuracy"].is_f64(), "{told}");
    }
}

#[test]
fn a_profile_is_sealed_and_opened() {
    let folder = Folder::new("profile");
    let text = short_person(12, "ann");
    let history = folder.file("h.jsonl", &text);
    let (likeness, sealed) = (folder.path("l.json"), folder.path("me.age"));
    object(&["induce", "--history", &history, "-o", &likeness], "");
    let word = folder.file("passphrase", "quiet otter lamp meadow\nnot this line\n");
    let seal = ["profile", "seal", "--history", &history, "--likeness", &likeness, "-o", &sealed];
    assert_eq!(object(&seal, "quiet otter lamp meadow\n"), json!({ "pairs": 12 }));
    let file = std::fs::read(&sealed).unwrap();
    assert!(file.starts_with(b"age-encryption.org/v1\n-> scrypt "));
    assert!(!String::from_utf8_lossy(&file).contains("there is much to say"));

    let (back, learned) = (folder.path("back.jsonl"), folder.path("back.json"));
    let open = ["profile", "open", &sealed, "--history", &back, "--likeness", &learned];
    let told = object(&[&open[..], &["--passphrase-file", &word]].concat(), "");
    assert_eq!(told, json!({ "likeness": true }));
    let text = |path: &str| std::fs::read_to_string(path).unwrap();
    assert!(text(&learned) == text(&likeness), "the likeness is not what it was");
    let again = object(&["import", &back, "-o", &folder.path("again.jsonl")], "");
    assert_eq!((&again["imported"], &again["skipped"]), (&json!(12), &json!([])));

    let unopened = folder.path("unopened.jsonl");
    let open = |file: &str| ["profile", "open", file, "--history", &unopened].map(str::to_owned);
    let refused = |file: &str, input: &str, words: &str| {
        let arguments = open(file);
        fails(&arguments.each_ref().map(String::as_str), input, 1, words);
        assert!(!Path::new(&unopened).exists(), "nothing is left of what does not open");
    };
    refused(&sealed, "quiet otter lamp\n", "the passphrase is wrong");
    refused(&history, "p\n", "it is no age file");
    let cut = folder.path("cut.age");
    std::fs::write(&cut, &file[..file.len() - 1]).unwrap();
    refused(&cut, "quiet otter lamp meadow\n", "cut off");
    fails(&seal, "\n", 1, "the passphrase is empty");
}

#[test]
fn the_shipped_prior_is_what_its_command_writes() {
    let folder = Folder::new("prior");
    let output = folder.path("prior.json");
    let ran = run(&["fit-prior", "--output", &output], "");
    if let Some(at) = ran.err.find("NOT MEASURED") {
        println!("{}", &ran.err[at..]);
        return;
    }
    assert_eq!(ran.code, 0, "{}", ran.err);
    let written = std::fs::read_to_string(output).unwrap();
    // Line by line, so that a failure names the first trait that differs.
    let shipped = include_str!("../src/reward/prior.json");
    for (written, shipped) in written.lines().zip(shipped.lines()) {
        assert_eq!(written, shipped);
    }
    assert_eq!(written.len(), shipped.len());
}

#[test]
fn a_model_is_measured_as_a_judge_from_texts_and_from_sketches() {
    let folder = Folder::new("measured");
    std::fs::create_dir_all(folder.path("synthetic_people")).unwrap();
    let row = |(i, line): (usize, &str)| {
        let mut row: Value = serde_json::from_str(line).unwrap();
        row["conversation_id"] = json!(format!("person_00-{i}"));
        row.to_string() + "\n"
    };
    let people: String = short_person(40, "ann").lines().enumerate().map(row).collect();
    folder.file("synthetic_people/pairs.jsonl", &people);
    let data = folder.path("");
    let model = models::two_layers(&folder);
    let measured = object(&["measure", "--data", &data, "--people", "1", "--model", &model], "");
    let synthetic = &measured["synthetic"];
    assert_eq!((&synthetic["people"], &synthetic["judged_each"]), (&json!(1), &json!(12)), "{measured}");
    assert_eq!(measured["real"], Value::Null, "a data set that is absent is not measured");
    for system in ["prior", "reward", "default_judge", "judge"] {
        for side in ["texts", "sketches"] {
            let mean = synthetic["systems"][system][side]["mean"].as_f64().expect("a share");
            assert!((0.0..=1.0).contains(&mean), "{system} {side}: {measured}");
        }
    }
    // Whoever always takes the shorter one is foretold from either.
    let reward = &synthetic["systems"]["reward"];
    assert_eq!(
        (&reward["texts"]["mean"], &reward["sketches"]["mean"]),
        (&json!(1.0), &json!(1.0)),
        "{measured}"
    );
    assert_eq!(reward["lift_kept"], json!(1.0));
    fails(&["measure", "--people", "2"], "", 2, "--model");
    fails(&["measure", "--all", "--model", "embedded"], "", 2, "--all");
}
