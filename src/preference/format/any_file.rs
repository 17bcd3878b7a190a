//! Whatever a file holds, the readers say the same of it however it is cut, and never panic.

use proptest::prelude::*;
use serde_json::json;

use super::likeness;
use super::tests::{GOOD, arena, prism, read, read_with};
use super::*;
use crate::preference::{Answer, Choice, Outcome, PairId, PreferencePair, Role, Standing, Turn};

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,20}",
        any::<String>(),
        Just("\"},{\"context\":".into()),
        Just("\u{2028}\r\n\\".into())
    ]
}

fn any_turn() -> impl Strategy<Value = Turn> {
    let role = prop_oneof![Just(Role::System), Just(Role::User), Just(Role::Assistant)];
    (role, any_text()).prop_map(|(role, content)| Turn { role, content })
}

prop_compose! {
    fn any_pair()(
        context in prop::collection::vec(any_turn(), 0..4), chosen in any_text(), rejected in any_text(),
        at_ms in prop::option::of(-8_640_000_000_000_000_i64..=8_640_000_000_000_000),
        origin in prop::option::of(any_text()), note in prop::option::of(any_text()), inferred in any::<bool>(),
        supersedes in prop::option::of(any_text()),
    ) -> PreferencePair {
        PreferencePair {
            at_ms, origin, note,
            standing: if inferred { Standing::Inferred } else { Standing::Stated },
            supersedes: supersedes.map(|text| PairId::of(&[], &text, "old")),
            ..PreferencePair::new(context, chosen, rejected)
        }
    }
}

prop_compose! {
    fn any_choice()(
        context in prop::collection::vec(any_turn(), 0..3), texts in prop::collection::vec(any_text(), 1..5),
        winner in prop::option::of(0_usize..5), good in any::<bool>(), at_ms in prop::option::of(0_i64..1 << 45),
        origin in prop::option::of(any_text()),
    ) -> Choice {
        let answers: Vec<_> = texts.into_iter().enumerate()
            .map(|(i, content)| Answer { id: format!("model {i}"), content }).collect();
        let outcome = match winner {
            Some(i) => Outcome::Preferred(answers[i % answers.len()].id.clone()),
            None if good => Outcome::AllGood,
            None => Outcome::AllBad,
        };
        Choice { context, answers, outcome, at_ms, origin }
    }
}

/// Files that are nearly right: good records of every format, as lines or as a list, then bytes changed.
fn any_file() -> impl Strategy<Value = Vec<u8>> {
    let record = prop_oneof![
        Just(GOOD.to_owned()),
        any_pair().prop_map(|pair| json!({"context": pair.context, "chosen": pair.chosen, "rejected": pair.rejected, "user_id": pair.origin}).to_string()),
        any_pair().prop_map(|pair| json!({"prompt": pair.context, "chosen": pair.chosen, "rejected": pair.rejected}).to_string()),
        any_pair().prop_map(|pair| likeness::pair_line(&pair, None).trim().to_owned()),
        any_choice().prop_map(|choice| likeness::choice_line(&choice).trim().to_owned()),
        Just(arena("tie")),
        Just(super::open_webui::tests::record(json!(1), json!({"rating": -1})).to_string()),
        Just(arena("model_b")),
        Just(prism(&[("a", 1.0, false), ("b", 2.0, true)], &[("c", 1.0, true), ("d", 1.0, false)])),
        Just(likeness::header().trim().to_owned()),
        Just("{\"a\":[{\"a\":\"".to_owned()),
    ];
    let records = prop::collection::vec(record, 0..6);
    let joined = (records, 0..4_u8, any::<bool>()).prop_map(|(records, shape, pretty)| {
        let records: Vec<String> = records
            .into_iter()
            .map(|record| match serde_json::from_str::<serde_json::Value>(&record) {
                Ok(value) if pretty => serde_json::to_string_pretty(&value).unwrap(),
                _ => record,
            })
            .collect();
        match shape {
            0 => records.join("\n"),
            1 => records.join("\r\n"),
            2 => format!("[{}]", records.join(",\n")),
            _ => format!("[{}]", records.join(",")),
        }
        .into_bytes()
    });
    let edit = (
        any::<prop::sample::Index>(),
        prop_oneof![
            Just(b'"'),
            Just(b'{'),
            Just(b'}'),
            Just(b'['),
            Just(b','),
            Just(b'\n'),
            Just(b'\\'),
            any::<u8>()
        ],
        0..3_u8,
    );
    (joined, prop::collection::vec(edit, 0..4)).prop_map(|(mut file, edits)| {
        for (at, byte, what) in edits {
            if file.is_empty() {
                break;
            }
            let at = at.index(file.len());
            match what {
                0 => file[at] = byte,
                1 => file.insert(at, byte),
                _ => drop(file.remove(at)),
            }
        }
        file
    })
}

fn small_limits() -> Options {
    let limits = Limits { record_bytes: 512, nesting: 8, people: 3, unrecognised: 4 };
    Options { limits, people: People::Everyone, ..Options::default() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.max(400)))]

    #[test]
    fn any_split_gives_the_same_events(file in any_file(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8)) {
        for options in [Options::default(), small_limits()] {
            let whole = read_with(options.clone(), &[&file]);
            let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(file.len() + 1)).collect();
            at.extend([0, file.len()]);
            at.sort_unstable();
            let chunks: Vec<&[u8]> = at.windows(2).map(|pair| &file[pair[0]..pair[1]]).collect();
            prop_assert_eq!(&read_with(options.clone(), &chunks), &whole);
            let bytes: Vec<&[u8]> = file.chunks(1).collect();
            prop_assert_eq!(&read_with(options, &bytes), &whole);
        }
    }

    #[test]
    fn never_panics(file in prop::collection::vec(any::<u8>(), 0..400)) {
        read(&file);
        read_with(small_limits(), &[&file]);
    }

    #[test]
    fn never_panics_on_brackets_and_quotes(file in "[\\[\\]{}\"a:,\\\\\n ]{0,300}") {
        read(file.as_bytes());
        read_with(small_limits(), &[file.as_bytes()]);
    }

    #[test]
    fn an_export_round_trips(pairs in prop::collection::vec(any_pair(), 0..5), choices in prop::collection::vec(any_choice(), 0..5)) {
        let mut file = likeness::header();
        pairs.iter().for_each(|pair| file.push_str(&likeness::pair_line(pair, None)));
        choices.iter().for_each(|choice| file.push_str(&likeness::choice_line(choice)));
        let (events, _, error) = read(file.as_bytes());
        prop_assert_eq!(error, None);
        let events: Vec<_> = events.into_iter().filter(|event| !matches!(event, Event::Doubted(_))).collect();
        let mut expected: Vec<Event> = pairs.into_iter().map(|pair| Event::Pair { person: None, pair, conversation: None }).collect();
        expected.extend(choices.into_iter().map(|choice| Event::Choice { person: None, choice }));
        prop_assert_eq!(events, expected);
    }

    #[test]
    fn a_line_over_a_broken_one_is_always_read(broken in "[^\n]{0,60}") {
        let file = format!("{GOOD}\n{broken}\n{GOOD}\n");
        let (events, ..) = read(file.as_bytes());
        let pairs = events.iter().filter(|event| matches!(event, Event::Pair { .. })).count();
        prop_assert!(pairs >= 2);
    }
}
