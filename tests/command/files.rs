//! What the command reads and writes: no file of a person's is lost by it, and what is no plain file stays what it is.

use std::path::Path;

use serde_json::json;

use super::{Folder, PAIR, fails, object, run, short_person};

#[track_caller]
fn text(path: &str) -> String {
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn a_job_is_kept_in_no_other_file() {
    let folder = Folder::new("job");
    let history = folder.file("h.jsonl", &short_person(4, "ann"));
    let evaluate = |job: &str| ["evaluate", "--history", &history, "--job", job].map(str::to_owned);
    for (name, diary) in
        [("diary.txt", "Dear diary,\nno job.\n"), ("rows.jsonl", "{\"id\": 1}\n"), ("word", "x")]
    {
        let path = folder.file(name, diary);
        fails(&evaluate(&path).each_ref().map(String::as_str), "", 1, "holds no answers of a job");
        assert_eq!(text(&path), diary);
    }
    let arguments = evaluate(&history);
    fails(&arguments.each_ref().map(String::as_str), "", 2, "--job and --history are one file");
    assert_eq!(text(&history), short_person(4, "ann"));
    // A new one is gone once the job is done, and one that a crash left whole or broken is gone on with.
    let header = "{\"likeness\":\"job\",\"version\":1,\"about\":\"\"}\n";
    for kept in ["", header, "{\"id\":\"a\",\"answer\":{\"count\":3}}\n{\"id\":\"b\",\"ans"] {
        let job = folder.file("job", kept);
        object(&evaluate(&job).each_ref().map(String::as_str), "");
        assert!(!Path::new(&job).exists(), "{kept}");
    }
}

#[cfg(unix)]
#[test]
fn an_output_is_not_what_standard_input_comes_from() {
    let folder = Folder::new("redirected");
    let history = folder.file("h.jsonl", &short_person(4, "ann"));
    for arguments in [&["import", "-", "-o", &history][..], &["induce", "--history", "-", "-o", &history]] {
        let ran = std::process::Command::new(env!("CARGO_BIN_EXE_likeness"))
            .args(arguments)
            .stdin(std::fs::File::open(&history).unwrap())
            .output()
            .unwrap();
        let said = String::from_utf8(ran.stderr).unwrap();
        assert!(ran.status.code() == Some(2) && said.contains("are one file"), "{arguments:?}: {said}");
        assert_eq!(text(&history), short_person(4, "ann"));
    }
}

#[test]
fn an_output_is_never_an_input() {
    let folder = Folder::new("apart");
    let history = folder.file("h.jsonl", &(short_person(4, "ann") + "no json\n"));
    let before = text(&history);
    fails(&["import", &history, "-o", &history], "", 2, "the output and the file to read are one file");
    fails(&["induce", "--history", &history, "-o", &history], "", 2, "the output and --history are one file");
    let around = folder.path("./h.jsonl");
    fails(&["import", &history, "-o", &around], "", 2, "are one file");
    let seal = ["profile", "seal", "--history", &history, "-o", &history];
    fails(&seal, "quiet otter\n", 2, "the profile and --history are one file");
    let sealed = folder.path("me.age");
    object(&["profile", "seal", "--history", &history, "-o", &sealed], "quiet otter\n");
    let one = folder.path("one");
    let open = ["profile", "open", &sealed, "--history", &one, "--likeness", &one];
    fails(&open, "quiet otter\n", 2, "--likeness and --history are one file");
    fails(&["profile", "open", &sealed, "--history", &sealed], "quiet otter\n", 2, "are one file");
    let ledger = ["--endpoint", "ollama", "--remote-model", "x", "--ledger", &history];
    let judge = ["judge", "--pair", &history];
    fails(&[&judge[..], &ledger].concat(), "", 2, "--ledger and --pair are one file");
    assert_eq!(text(&history), before);
    // Standard input can be read once.
    fails(
        &["judge", "--pair", "-", "--likeness", "-"],
        PAIR,
        2,
        "--pair and --likeness are both standard input",
    );
    let since = ["induce", "--history", "-", "--since", "-", "-o", &one];
    fails(&since, "", 2, "--history and --since are both standard input");
    // Where nothing can be written is seen before anything is read.
    let nowhere = folder.path("none/l.json");
    fails(&["induce", "--history", "none.jsonl", "-o", &nowhere], "", 1, "there is no folder");
    // An earlier likeness may be followed by the new one in its place.
    let likeness = folder.path("l.json");
    object(&["induce", "--history", &history, "-o", &likeness], "");
    object(&["induce", "--history", &history, "--since", &likeness, "-o", &likeness], "");
}

#[test]
fn a_file_of_which_nothing_can_be_read_changes_nothing() {
    let folder = Folder::new("nothing");
    let good = folder.file("good.jsonl", &short_person(3, "ann"));
    let broken =
        folder.file("broken.jsonl", &"{\"context\": [], \"chosen\": null, \"rejected\": \"b\"}\n".repeat(8));
    let output = folder.file("out", "what was here before");
    let words =
        "none of its records (3) could be read as arena: line 1, winner: missing; it looks like synthesizeme";
    fails(&["import", &good, "-o", &output, "--format", "arena"], "", 1, words);
    let words = "none of its records (8) could be read as synthesizeme: line 1, chosen: missing";
    fails(&["import", &broken, "-o", &output], "", 1, words);
    fails(&["induce", "--history", &broken, "-o", &output], "", 1, words);
    fails(&["evaluate", "--history", &broken], "", 1, words);
    fails(&["profile", "seal", "--history", &broken, "-o", &output], "quiet otter\n", 1, words);
    assert_eq!(text(&output), "what was here before");
    // An export of nobody's choices yet is whole as it is.
    let empty = folder.file("empty.jsonl", "{\"likeness\":\"history\",\"version\":1}\n");
    assert_eq!(object(&["import", &empty, "-o", &output], "")["imported"], json!(0));
}

#[test]
fn choices_are_imported_once_and_a_part_of_an_export_is_one() {
    let folder = Folder::new("twice");
    let side =
        |answer: &str| json!([{"role": "user", "content": "q"}, {"role": "assistant", "content": answer}]);
    let tie = json!({"conversation_a": side("a"), "conversation_b": side("b"), "winner": "tie", "judge": "ann", "tstamp": 1});
    let won = json!({"conversation_a": side("a"), "conversation_b": side("c"), "winner": "model_b", "judge": "ann"});
    let (once, twice) = (folder.path("once.jsonl"), folder.path("twice.jsonl"));
    let told = object(&["import", "-", "-o", &once], &format!("{tie}\n{won}\n"));
    assert_eq!((&told["imported"], &told["ties"]), (&json!(1), &json!(1)));
    object(&["import", "-", "-o", &twice], &text(&once).repeat(2));
    assert_eq!((text(&twice), text(&once).lines().count()), (text(&once), 4));
    let tail: String = text(&once).lines().skip(2).map(|line| line.to_owned() + "\n").collect();
    let told = object(&["import", "-", "-o", &twice], &tail);
    assert_eq!((&told["read"], &told["imported"], &told["skipped"]), (&json!(2), &json!(1), &json!([])));
}

#[test]
fn the_guard_knows_choices_without_a_winner_and_says_what_it_could_not_read() {
    let folder = Folder::new("guard-ties");
    let said = "My neighbour Ottoline keeps eleven hives behind the old brick kiln.";
    let side = |text: &str| json!([{"role": "user", "content": "q"}, {"role": "assistant", "content": text}]);
    let tie =
        json!({"conversation_a": side(said), "conversation_b": side("No."), "winner": "tie", "judge": "ann"});
    let won = json!({"conversation_a": side("a"), "conversation_b": side("c"), "winner": "model_b", "judge": "ann"});
    let (history, imported) = (folder.file("h.jsonl", &format!("{won}\n{tie}\n")), folder.path("i.jsonl"));
    object(&["import", &history, "-o", &imported], "");
    for history in [&history, &imported] {
        assert_eq!(run(&["guard", "--history", history], said).code, 3, "{history}");
    }
    let cut = folder.file("cut.jsonl", &format!("{won}\n{}\n", &tie.to_string()[..80]));
    let told = object(&["guard", "--history", &cut], said);
    assert_eq!((&told["verdict"], &told["unread"]), (&json!("pass"), &json!(1)), "{told}");
}

#[test]
fn a_conversation_keeps_its_name_in_every_file() {
    let folder = Folder::new("conversation");
    let turn = "My neighbour Ottoline keeps eleven hives behind the old brick kiln.";
    let record = json!({"conversation_id": "c7", "context": [{"role": "user", "content": turn}], "chosen": "Good.", "rejected": "Bad."});
    let other = json!({"conversation_id": 8, "context": [{"role": "user", "content": "Tea?"}], "chosen": "Yes.", "rejected": "No."});
    let lines = folder.file("lines.jsonl", &format!("{record}\n{other}\n"));
    let list = folder.file("list.json", &format!("{:#}", json!([record, other])));
    let imported = folder.path("imported.jsonl");
    object(&["import", &lines, "-o", &imported], "");
    let again = folder.path("again.jsonl");
    object(&["import", &imported, "-o", &again], "");
    let body = json!({"messages": [{"role": "user", "content": turn}]}).to_string();
    for history in [&lines, &list, &imported, &again] {
        let guard = |live: &[&str]| run(&[&["guard", "--history", history][..], live].concat(), &body).code;
        assert_eq!((guard(&[]), guard(&["--live", "c7"]), guard(&["--live", "8"])), (3, 0, 3), "{history}");
    }
}

#[test]
fn the_end_of_a_list_is_no_record() {
    let folder = Folder::new("ends");
    let output = folder.path("out.jsonl");
    let rows = short_person(3, "ann").trim().replace('\n', ",\n");
    for (end, words) in
        [("]", ""), (",]", "a comma with no record after it"), ("", "the list has no ] at its end")]
    {
        let ran = run(&["import", "-", "-o", &output, "--json"], &format!("[{rows}{end}"));
        assert_eq!(
            (ran.code, ran.out.as_str()),
            (0, "{\"read\":3,\"imported\":3,\"skipped\":[]}\n"),
            "{}",
            ran.err
        );
        assert!(ran.err.contains(words) && ran.err.is_empty() == words.is_empty(), "{}", ran.err);
        // Who learns from such a file at once hears of it as well.
        let learnt =
            run(&["induce", "--history", "-", "-o", &folder.path("l.json")], &format!("[{rows}{end}"));
        assert_eq!((learnt.code, learnt.err), (0, ran.err));
    }
}

#[cfg(unix)]
#[test]
fn pipes_devices_and_links_stay_what_they_are() {
    use std::os::unix::fs::FileTypeExt;
    let folder = Folder::new("places");
    let history = folder.file("h.jsonl", &short_person(3, "ann"));
    let import = |output: &str| object(&["import", &history, "-o", output], "")["imported"] == json!(3);

    assert!(import("/dev/null"));
    assert!(std::fs::metadata("/dev/null").unwrap().file_type().is_char_device());

    let plain = folder.path("plain.jsonl");
    assert!(import(&plain));
    let pipe = folder.path("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || std::fs::read_to_string(pipe).unwrap()
    });
    assert!(import(&pipe));
    assert_eq!(reader.join().unwrap(), text(&plain));
    assert!(std::fs::metadata(&pipe).unwrap().file_type().is_fifo());

    for (link, target) in [("link", "target.jsonl"), ("other", "plain.jsonl")] {
        // One leads to what is still to come, the other to what is here.
        let link = folder.path(link);
        std::os::unix::fs::symlink(target, &link).unwrap();
        assert!(import(&link));
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(text(&folder.path(target)), text(&plain));
        fails(&["import", &folder.path(target), "-o", &link], "", 2, "are one file");
    }
    fails(&["evaluate", "--history", &history, "--job", "/dev/null"], "", 1, "a plain file");
    fails(&["import", &history, "-o", &folder.path("")], "", 1, "this is a folder");
}
