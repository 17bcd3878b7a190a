//! What the command says: what is wrong in words for the person who has the file, and nothing that a terminal obeys.

use serde_json::{Value, json};

use super::{Folder, PAIR, fails, object, run, short_person};

#[test]
fn what_to_do_is_said_with_what_is_wrong() {
    let folder = Folder::new("advice");
    let output = folder.path("out");
    let import = |bytes: &[u8], words: &str| {
        let file = folder.path("in");
        std::fs::write(&file, bytes).unwrap();
        fails(&["import", &file, "-o", &output], "", 1, words);
    };
    import(b"\xff\xfe[\0{\0", "this is a text in UTF-16, not in UTF-8; save it as UTF-8");
    import(b"[\0{\0\"\0", "this is a text in UTF-16, not in UTF-8; save it as UTF-8");
    import(b"PK\x03\x04", "this is a ZIP archive, not text; unpack it and import the JSON file in it");
    let first = "the format is not recognised: the first record (line 1)";
    import(
        b"hello\n",
        &format!(
            "{first} can't be read: this is plain text: a record begins with {{; name the format when importing"
        ),
    );
    import(
        b"null",
        &format!("{first} can't be read: expected an object, found null; name the format when importing"),
    );
    import(b"{\"q\": 1}", &format!("{first} has the fields q; name the format when importing"));
    import(b"", "the file holds no records; choose another file");
    import(b"{\"likeness\":\"history\",\"version\":9}", "update Likeness");
}

#[test]
fn a_pair_may_have_a_mark_before_it_or_be_alone_in_a_list() {
    let plain = object(&["traits", "--pair", "-"], PAIR);
    assert_eq!(object(&["traits", "--pair", "-"], &format!("\u{feff}{PAIR}")), plain);
    assert_eq!(object(&["traits", "--pair", "-"], &format!("[{PAIR}]")), plain);
    fails(&["traits", "--pair", "-"], &format!("[{PAIR},{PAIR}]"), 1, "there are 2 pairs in it");
    fails(&["traits", "--pair", "-"], &format!("{PAIR}\n{PAIR}\n"), 1, "there are 2 pairs in it");
    let pair = |first: Value| json!({"context": [], "first": first, "second": "b"}).to_string();
    fails(&["traits", "--pair", "-"], &pair(json!(1)), 1, "standard input: first: expected a text or a list");
    let turns = json!([{"role": "wizard", "content": "a"}]);
    fails(&["traits", "--pair", "-"], &pair(turns), 1, "first[0].role: unknown role");
    fails(&["traits", "--pair", "-"], r#"{"context": [], "first": "a"}"#, 1, "second: missing");
    fails(&["traits", "--pair", "-"], r#"{"question": "a"}"#, 1, "a pair has context, first and second");
}

#[test]
fn nothing_of_a_file_reaches_the_terminal_as_a_command() {
    let folder = Folder::new("escapes");
    let odd =
        json!({"context": [{"role": "\u{1b}[31mred\n", "content": "x"}], "chosen": "a", "rejected": "b"});
    let input = folder.file("in.jsonl", &format!("{odd}\n{}", short_person(12, "ann")));
    let ran = run(&["import", &input, "-o", &folder.path("out.jsonl")], "");
    assert_eq!(
        (ran.code, ran.out.contains('\u{1b}'), ran.out.lines().count()),
        (0, false, 2),
        "{:?}",
        ran.out
    );

    let likeness = folder.path("l.json");
    object(&["induce", "--history", &input, "-o", &likeness], "");
    let mut made: Value = serde_json::from_str(&std::fs::read_to_string(&likeness).unwrap()).unwrap();
    for claim in made["claims"].as_array_mut().unwrap() {
        claim["edited"] = "I like it\n\u{1b}[31mshort".into();
    }
    let edited = folder.file("edited.json", &made.to_string());
    let ran = run(&["judge", "--pair", "-", "--likeness", &edited], PAIR);
    assert!(ran.code == 0 && ran.out.contains("like it [31mshort"), "{:?}", ran.out);
    assert!(!ran.out.contains('\u{1b}') && !ran.out.contains("it\n"), "{:?}", ran.out);
}

#[test]
fn what_can_not_be_sampled_is_refused_before_a_model_is_loaded() {
    let generate = ["generate", "--model", "/no/model.gguf", "--max-tokens", "3"];
    for temperature in ["NaN", "-1", "inf", "warm"] {
        let arguments = [&generate[..], &["--prompt", "a", "--temperature", temperature]].concat();
        fails(&arguments, "", 2, "--temperature");
    }
    fails(&[&generate[..], &["--raw", "--prompt", ""]].concat(), "", 2, "--prompt");
    fails(&[&generate[..], &["--prompt", "a", "--temperature", "0.5"]].concat(), "", 1, "/no/model.gguf");
}

#[test]
fn absent_data_is_one_line_and_a_report_one_object() {
    let folder = Folder::new("data");
    fails(
        &["fit-prior", "--data", &folder.path("none"), "-o", &folder.path("p.json")],
        "",
        1,
        "NOT MEASURED",
    );
    assert_eq!(object(&["guard-rate", "--data", &folder.path("none")], ""), json!({ "rates": [] }));
}
