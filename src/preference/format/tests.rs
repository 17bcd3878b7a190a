//! The readers from outside: real shapes of each format, and broken files.

use serde_json::json;

use super::likeness;
use super::*;
use crate::preference::{PreferencePair, Role};

pub(super) fn read_with(options: Options, chunks: &[&[u8]]) -> (Vec<Event>, Summary, Option<FormatError>) {
    let mut reader = Reader::new(options);
    let mut events = Vec::new();
    for chunk in chunks {
        events.extend(reader.push(chunk));
    }
    let error = match reader.finish() {
        Ok(rest) => {
            events.extend(rest);
            None
        }
        Err(error) => Some(error),
    };
    (events, reader.summary().clone(), error)
}

pub(super) fn read(bytes: &[u8]) -> (Vec<Event>, Summary, Option<FormatError>) {
    read_with(Options::default(), &[bytes])
}

/// One line an event: `+ question > chosen > rejected`, `= outcome`, `- problem`, `? doubt`, `! error`.
fn told(bytes: &[u8]) -> Vec<String> {
    let (events, _, error) = read(bytes);
    let mut lines: Vec<String> = events.iter().map(line_of).collect();
    lines.extend(error.map(|error| format!("! {error}")));
    lines
}

fn line_of(event: &Event) -> String {
    match event {
        Event::Pair { pair, .. } => {
            let context: Vec<_> = pair.context.iter().map(|turn| turn.content.as_str()).collect();
            format!("+ {} > {} > {}", context.join("|"), pair.chosen, pair.rejected)
        }
        Event::Choice { choice, .. } => format!("= {:?}", choice.outcome),
        Event::Skipped(problem) => format!("- {problem}"),
        Event::Doubted(problem) => format!("? {problem}"),
    }
}

#[track_caller]
fn check(file: &str, expected: &[&str]) {
    assert_eq!(told(file.as_bytes()), expected, "{file}");
}

pub(super) const GOOD: &str = r#"{"context":[{"role":"user","content":"q"}],"chosen":"a","rejected":"b"}"#;

#[test]
fn synthesizeme_takes_objects_lists_and_texts() {
    let message = |text: &str| json!({"role": "model", "content": text});
    for (chosen, rejected) in [
        (json!("a"), json!("b")),
        (message("a"), message("b")),
        (json!([message("a")]), json!([message("b")])),
        (json!({"content": "a"}), json!({"role": "assistant", "content": [{"type": "text", "text": "b"}]})),
    ] {
        let record =
            json!({"context": [{"role": "user", "content": "q"}], "chosen": chosen, "rejected": rejected});
        check(&record.to_string(), &["+ q > a > b"]);
        check(&json!([record]).to_string(), &["+ q > a > b"]);
        check(&serde_json::to_string_pretty(&record).unwrap(), &["+ q > a > b"]);
        check(&serde_json::to_string_pretty(&json!([record])).unwrap(), &["+ q > a > b"]);
    }
}

#[test]
fn a_call_of_a_tool_is_no_empty_answer() {
    for content in [json!(""), json!(null)] {
        let call = json!({"role": "assistant", "content": content, "tool_calls": [{"type": "function"}]});
        let asked = json!([{"role": "user", "content": "q"}]);
        let record =
            json!({"prompt": asked, "chosen": [call], "rejected": [{"role": "assistant", "content": "b"}]});
        let good = GOOD
            .replace("\"context\"", "\"prompt\"")
            .replace("\"a\"", "[{\"role\":\"assistant\",\"content\":\"a\"}]");
        let good = good.replace("\"b\"", "[{\"role\":\"assistant\",\"content\":\"b\"}]");
        check(
            &format!("{good}\n{record}\n"),
            &[
                "+ q > a > b",
                "- line 2, chosen[0].tool_calls: a part of kind \"tool call\": only texts are read",
            ],
        );
    }
}

#[test]
fn trl_takes_its_four_shapes() {
    let messages = |list: &[(&str, &str)]| -> serde_json::Value {
        list.iter().map(|(role, content)| json!({"role": role, "content": content})).collect()
    };
    let standard = json!({"prompt": "The sky is", "chosen": " blue.", "rejected": " green."});
    check(&standard.to_string(), &["+ The sky is >  blue. >  green."]);
    let implicit = json!({"chosen": "The sky is blue.", "rejected": "The sky is green."});
    check(&implicit.to_string(), &["+ The sky is >  blue. >  green."]);
    let explicit = json!({
        "prompt": messages(&[("user", "q")]),
        "chosen": messages(&[("assistant", "a")]),
        "rejected": messages(&[("assistant", "b")]),
    });
    check(&explicit.to_string(), &["+ q > a > b"]);
    let implicit = json!({
        "chosen": messages(&[("system", "s"), ("user", "q"), ("assistant", "a")]),
        "rejected": messages(&[("system", "s"), ("user", "q"), ("assistant", "b")]),
    });
    check(&implicit.to_string(), &["+ s|q > a > b"]);
    // UltraFeedback: a prompt as text, and again at the head of both conversations.
    let twice = json!({
        "prompt": "q",
        "chosen": messages(&[("user", "q"), ("assistant", "a")]),
        "rejected": messages(&[("user", "q"), ("assistant", "b")]),
    });
    check(&twice.to_string(), &["+ q > a > b"]);
    // hh-rlhf: dialogues in strings.
    let dialogue = json!({
        "chosen": "\n\nHuman: q\n\nAssistant: a\n\nHuman: r\n\nAssistant: x",
        "rejected": "\n\nHuman: q\n\nAssistant: a\n\nHuman: r\n\nAssistant: y",
    });
    check(&dialogue.to_string(), &["+ q|a|r > x > y"]);
}

#[test]
fn a_question_in_a_field_that_is_not_read_is_told() {
    let told = |field: &str| {
        format!(
            "? line 1, {field}: not read, and nothing else says what was asked: name it prompt or context"
        )
    };
    let asked = json!([{"role": "user", "content": "q"}]);
    let says = |answer: &str| json!({"role": "assistant", "content": answer});
    let conversation = |answer: &str| json!([asked[0], says(answer)]);
    for (record, field) in [
        (json!({"question": "q", "chosen": "a", "rejected": "b"}), "question"),
        (json!({"instruction": "q", "input": "", "chosen": "a", "rejected": "b"}), "instruction"),
        (json!({"messages": asked, "chosen": "a", "rejected": "b"}), "messages"),
        (json!({"context": [], "query": "q", "chosen": "a", "rejected": "b"}), "query"),
        (json!({"conversations": asked, "chosen": says("a"), "rejected": says("b")}), "conversations"),
    ] {
        check(&record.to_string(), &[&told(field), "+  > a > b"]);
    }
    // What both answers begin with is not taken for the question that is not read.
    let begun = json!({"question": "q", "chosen": "It is a", "rejected": "It is b"});
    check(&begun.to_string(), &[&told("question"), "+ It is >  a >  b"]);
    for has_another in [
        json!({"prompt": "q", "question": "other", "chosen": "a", "rejected": "b"}),
        json!({"context": asked, "messages": asked, "chosen": "a", "rejected": "b"}),
        json!({"messages": conversation("a"), "chosen": conversation("a"), "rejected": conversation("b")}),
    ] {
        check(&has_another.to_string(), &["+ q > a > b"]);
    }
    check(&json!({"question": " ", "chosen": "a", "rejected": "b"}).to_string(), &["+  > a > b"]);
}

pub(super) fn arena(winner: &str) -> String {
    let side =
        |answer: &str| json!([{"content": "q", "role": "user"}, {"content": answer, "role": "assistant"}]);
    json!({
        "question_id": "58210e39b3fd4441a2bd4a518bb44c2d", "model_a": "chatglm-6b", "model_b": "koala-13b",
        "winner": winner, "judge": "arena_user_973", "conversation_a": side("a"), "conversation_b": side("b"),
        "turn": 1, "anony": true, "language": "English", "tstamp": 1682351591.1322,
    })
    .to_string()
}

#[test]
fn arena_keeps_four_outcomes_and_pairs_only_winners() {
    check(&arena("model_a"), &["= Preferred(\"model_a\")", "+ q > a > b"]);
    check(&arena("model_b"), &["= Preferred(\"model_b\")", "+ q > b > a"]);
    check(&arena("tie"), &["= AllGood"]);
    check(&arena("tie (bothbad)"), &["= AllBad"]);
    let unknown = "- line 1, winner: unknown winner \"c\": expected model_a, model_b, tie or tie (bothbad)";
    check(&arena("c"), &[unknown]);
    let (events, ..) = read(arena("model_a").as_bytes());
    let Event::Pair { person, pair, .. } = &events[1] else { panic!("{events:?}") };
    assert_eq!((person.as_deref(), pair.at_ms), (Some("arena_user_973"), Some(1682351591132)));
}

pub(super) fn prism(answers: &[(&str, f64, bool)], second: &[(&str, f64, bool)]) -> String {
    let mut history = vec![json!({"turn": 0, "role": "user", "content": "q"})];
    let model = |turn: i32, (i, (text, score, chosen)): (usize, &(&str, f64, bool))| {
        json!({"turn": turn, "role": "model", "content": text, "model_name": "m", "model_provider": "p",
               "score": score, "if_chosen": chosen, "within_turn_id": i})
    };
    history.extend(answers.iter().enumerate().map(|one| model(0, one)));
    history.push(json!({"turn": 1, "role": "user", "content": "r"}));
    history.extend(second.iter().enumerate().map(|one| model(1, one)));
    json!({
        "conversation_id": "c0", "user_id": "user0", "conversation_type": "unguided", "opening_prompt": "q",
        "conversation_turns": 2, "conversation_history": history, "generated_datetime": "2023-11-22 15:55:46",
    })
    .to_string()
}

#[test]
fn prism_pairs_the_chosen_with_each_other_answer() {
    let first = [("a", 10.0, false), ("b", 90.0, true), ("c", 20.0, false), ("d", 30.0, false)];
    let file = prism(&first, &[("e", 3.0, false), ("f", 70.0, true)]);
    let expected = [
        "= Preferred(\"1\")",
        "+ q > b > a",
        "+ q > b > c",
        "+ q > b > d",
        "= Preferred(\"1\")",
        "+ q|b|r > f > e",
    ];
    check(&file, &expected);
    let (events, ..) = read(file.as_bytes());
    let Event::Pair { pair, .. } = &events[1] else { panic!("{events:?}") };
    assert_eq!(pair.at_ms, Some(1700668546000));
    assert_eq!(pair.context[0].role, Role::User);
}

#[test]
fn prism_makes_no_pair_of_equal_ratings() {
    let file = prism(&[("a", 90.0, true), ("b", 90.0, false)], &[("e", 3.0, false), ("f", 70.0, true)]);
    let tie = "- line 1, conversation_history[2].score: rated the same as the chosen answer: no preference";
    check(&file, &[tie, "= Preferred(\"1\")", "+ q|a|r > f > e"]);
}

#[test]
fn prism_makes_no_winner_of_what_is_not_rated_and_says_what_stands_alone() {
    let file = prism(&[("a", 5.0, false), ("b", 90.0, false)], &[("e", 3.0, true)]);
    let alone = "- line 1, conversation_history[4].content: rated alone: there is no other answer that it can be compared with";
    check(&file, &["= Preferred(\"1\")", "+ q > b > a", alone]);
    check(&file.replace("90.0", "\"90\""), &["= Preferred(\"1\")", "+ q > b > a", alone]);
    let unrated = "- line 1, conversation_history[1].if_chosen: no answer of this turn is marked as chosen";
    check(&file.replace("90.0", "\"x\""), &[unrated]);
}

#[test]
fn what_was_asked_is_read_under_either_name() {
    let record = |name: &str| format!(r#"{{"{name}":"q","chosen":"a","rejected":"b"}}"#);
    let (context, prompt) = (record("context"), record("prompt"));
    check(&format!("{context}\n{prompt}\n{context}"), &["+ q > a > b"; 3]);
    check(&format!("{prompt}\n{context}\n{prompt}"), &["+ q > a > b"; 3]);
    check(r#"{"context":null,"prompt":"q","chosen":"a","rejected":"b"}"#, &["+ q > a > b"]);
    check(
        r#"{"context":null,"prompt":3,"chosen":"a","rejected":"b"}"#,
        &["- line 1, prompt: expected a text or a list of messages, found a number"],
    );
}

#[test]
fn a_bad_line_is_told_and_the_rest_imported() {
    let file = format!(
        "\u{feff}{GOOD}\r\n\r\n{{\"context\":[{{\"role\":\"wizard\",\"content\":\"q\"}}],\"chosen\":\"a\",\"rejected\":\"b\"}}\n\
         {GOOD},\n{{\"context\":[],\"chosen\":\"a\"}}\nThe third was better.\n{{\"context\": [\n{GOOD}"
    );
    let expected = [
        "+ q > a > b",
        "- line 3, context[0].role: unknown role \"wizard\": expected system, user or assistant (or a name known for one of them)",
        "- line 4: not JSON: trailing characters (column 72)",
        "- line 5, rejected: missing",
        "- line 6: this is plain text: a record begins with {",
        "- line 7: the record is cut off",
        "+ q > a > b",
    ];
    check(&file, &expected);
}

#[test]
fn a_broken_element_of_a_list_costs_only_itself() {
    let told_for = |broken: &str| told(format!("[{GOOD},{broken},{GOOD}]").as_bytes());
    for broken in [
        r#"{"context":[{"role":"user","content":"q"}],"chosen":"a,"rejected":"b"}"#, // a quote too few
        r#"{"context":[{"role":"user","content":"q"],"chosen":"a","rejected":"b"}"#, // a brace too few
        r#"{"context":[{"role":"user","content":"q"}],"chosen":"a","rejected":"b""#, // no end
        "{\"context\":[],\"chosen\":\"a\nb\",\"rejected\":\"b\"}",                   // a raw line break
        r#"{"context":[],"chosen":"a","rejected":"b",}"#,                            // a comma too many
        "null",
        "]",
    ] {
        let told = told_for(broken);
        assert_eq!(told.iter().filter(|line| *line == "+ q > a > b").count(), 2, "{broken}: {told:#?}");
        assert!(told.iter().any(|line| line.starts_with("- line ")), "{broken}: {told:#?}");
    }
}

#[test]
fn stray_commas_and_ends_are_told() {
    check(&format!("[{GOOD},\n]"), &["+ q > a > b", "? line 2: a comma with no record after it"]);
    check(
        &format!("[{GOOD},,\n{GOOD}]"),
        &["+ q > a > b", "? line 1: a comma with no record after it", "+ q > a > b"],
    );
    check(
        &format!("[{GOOD}\n{GOOD}]"),
        &["+ q > a > b", "? line 2: a comma is missing before this record", "+ q > a > b"],
    );
    let open = "? line 1: the list has no ] at its end: if the file was cut off, later records are missing";
    check(&format!("[{GOOD}"), &["+ q > a > b", open]);
    check(&format!("[{GOOD}] x"), &["+ q > a > b", "- line 1: there is text after the end of the list"]);
}

#[test]
fn files_that_are_no_preferences_are_refused_with_a_reason() {
    check("", &["! the file holds no records"]);
    check(" \n\n", &["! the file holds no records"]);
    check("[]", &["! the file holds no records"]);
    check("PK\u{3}\u{4}…", &["! this is a ZIP archive, not text"]);
    let told = told(b"{\"question\":\"q\",\"answer\":\"a\"}");
    assert_eq!(
        told.last().unwrap(),
        "! the format is not recognised: the first record (line 1) has the fields answer, question"
    );
    assert_eq!(read(b"\xff\xfe[\0").2.unwrap().to_string(), "this is a text in UTF-16, not in UTF-8");
    let csv = "question,answer\n".repeat(5_000);
    let (events, _, error) = read(csv.as_bytes());
    assert!(matches!(error, Some(FormatError::Unrecognised { line: 1, .. })) && events.len() <= 1_000);
}

#[test]
fn several_people_are_named_and_one_can_be_asked_for() {
    let line =
        |user: &str| format!(r#"{{"user_id":"{user}","context":[],"chosen":"{user}","rejected":"b"}}"#);
    let file = (0..25).map(|i| line(&format!("p{i}")) + "\n").collect::<String>();
    let (_, _, error) = read(file.as_bytes());
    let Some(FormatError::SeveralPeople { names, count }) = error else { panic!("{error:?}") };
    assert_eq!((names.len(), count, names[0].as_str()), (20, 25, "p0"));
    let only = |name: &str| Options { people: People::Only(name.into()), ..Options::default() };
    let (events, summary, error) = read_with(only("p7"), &[file.as_bytes()]);
    assert_eq!((events.len(), summary.others, error), (1, 24, None));
    let (_, _, error) = read_with(only("nobody"), &[file.as_bytes()]);
    assert!(matches!(error, Some(FormatError::NoSuchPerson { count: 25, .. })));
    let everyone = Options { people: People::Everyone, ..Options::default() };
    assert_eq!(read_with(everyone, &[file.as_bytes()]).0.len(), 25);
    // Whose a record without a name is, nobody knows; that it was left out is told.
    let (events, summary, _) = read_with(only("p7"), &[format!("{file}{GOOD}").as_bytes()]);
    assert_eq!((summary.others, summary.records, summary.skipped), (24, 2, 1));
    assert_eq!(line_of(&events[1]), "- line 26: it names nobody, and \"p7\" was asked for");
}

#[test]
fn limits_hold_and_the_rest_is_read() {
    let limits = Limits { record_bytes: 200, nesting: 8, ..Limits::default() };
    let long = format!(r#"{{"context":[],"chosen":"{}","rejected":"b"}}"#, "x".repeat(400));
    let deep = format!(r#"{{"context":{}1{},"chosen":"a","rejected":"b"}}"#, "[".repeat(20), "]".repeat(20));
    for file in [format!("{GOOD}\n{long}\n{deep}\n{GOOD}\n"), format!("[{GOOD},{long},{deep},{GOOD}]")] {
        let (events, ..) = read_with(Options { limits, ..Options::default() }, &[file.as_bytes()]);
        let lines: Vec<_> = events.iter().map(line_of).collect();
        assert_eq!(lines.iter().filter(|line| line.starts_with('+')).count(), 2, "{lines:#?}");
        assert!(lines.iter().any(|line| line.contains("longer than 200 bytes")), "{lines:#?}");
    }
    let bomb = "[".repeat(1 << 20);
    assert!(read(bomb.as_bytes()).1.pairs == 0);
}

#[test]
fn bytes_that_are_no_utf8_are_never_repaired() {
    let mut file = GOOD.as_bytes().to_vec();
    file.push(b'\n');
    let at = file.len();
    file.extend_from_slice(GOOD.replace('q', "Q").as_bytes());
    file[at + 40] = 0xff;
    let (events, ..) = read(&file);
    assert!(matches!(&events[1], Event::Skipped(Problem { line: 2, why: Why::NotUtf8 { byte: 40 }, .. })));
}

#[test]
fn of_a_list_the_record_is_told_too() {
    let list = r#"[{"context": [], "chosen": "a", "rejected": "b"}, {"context": [], "chosen": "a"},
        {"context": [], "chosen": 1, "rejected": "b"}]"#;
    check(
        list,
        &[
            "+  > a > b",
            "- line 1, record 2, rejected: missing",
            "- line 2, record 3, chosen: expected a text or a list of messages, found a number",
        ],
    );
}

#[test]
fn a_time_that_is_none_costs_only_the_time() {
    let file = r#"{"context":[],"chosen":"a","rejected":"b","timestamp":"noon"}"#;
    let (events, ..) = read(file.as_bytes());
    assert!(matches!(&events[0], Event::Doubted(Problem { field, .. }) if field == "timestamp"));
    assert!(matches!(&events[1], Event::Pair { pair, .. } if pair.at_ms.is_none()));
}

#[test]
fn an_export_of_a_later_version_is_refused() {
    let (_, _, error) = read(br#"{"likeness":"history","version":99}"#);
    assert_eq!(error, Some(FormatError::TooNew { found: 99, known: likeness::VERSION }));
}

#[test]
fn an_export_edited_by_hand_must_drop_its_ids() {
    let pair = PreferencePair::new(vec![], "a", "b");
    let file = likeness::header() + &likeness::pair_line(&pair, None).replace("\"a\"", "\"changed\"");
    let (events, ..) = read(file.as_bytes());
    assert!(
        matches!(&events[0], Event::Skipped(Problem { why: Why::WrongId, field, .. }) if field == "pair.id")
    );
}

/// The benchmark's own shapes, as this project's data has them; says so where the data is not at hand.
#[test]
fn the_projects_data_imports_whole() {
    let data = std::env::var("LIKENESS_DATA").ok().filter(|folder| !folder.is_empty());
    let data = data.unwrap_or_else(|| "../shared/data".to_owned());
    // Six rows of the synthetic people hold the same answer twice.
    for (name, pairs, people, same) in [("mt_bench_human", 1631, 40, 0), ("synthetic_people", 1440, 30, 6)] {
        let Ok(bytes) = std::fs::read(format!("{data}/{name}/pairs.jsonl")) else {
            println!("NOT MEASURED: {name} is not at hand");
            continue;
        };
        let everyone = Options { people: People::Everyone, ..Options::default() };
        let mut reader = Reader::new(everyone);
        let mut events = Vec::new();
        for chunk in bytes.chunks(64 << 10) {
            events.extend(reader.push(chunk));
        }
        events.extend(reader.finish().unwrap());
        let found = events.iter().filter(|event| matches!(event, Event::Pair { .. })).count();
        let doubted = events.iter().filter(|event| matches!(event, Event::Doubted(_))).count();
        let got = (found, reader.people().len(), doubted, reader.summary().skipped);
        assert_eq!(got, (pairs, people, same, 0), "{name}");
    }
}
