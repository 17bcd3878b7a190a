//! What ordinary tests hold: each mutant takes one thing out of what stands between a history and the network, and
//! tests that are named here have to fail for it.
//!
//! All mutants are built at once, each behind a look at the environment (`MUTANT` in the edits), so that one build
//! serves all of them and the control, in which none is awake.

use crate::cargo::{self, Binary};
use crate::tree::{Edit, Tree};

struct Mutant {
    what: &'static str,
    edits: &'static [Edit<'static>],
    /// Of a target, tests that have to fail.
    fails: &'static [(&'static str, &'static [&'static str])],
}

const GUARD: &str = "src/privacy/guard/mod.rs";
const GUARD_READS: &str = "        let readings = match reading::readings(outgoing) {";
const GUARD_SLEEPS: &str = "        if MUTANT { return Verdict::Pass; }
        let readings = match reading::readings(outgoing) {";
const DOOR: &str = "src/provider/egress.rs";

const MUTANTS: &[Mutant] = &[
    Mutant {
        what: "the guard passes everything",
        edits: &[Edit { file: GUARD, find: GUARD_READS, with: GUARD_SLEEPS }],
        fails: &[
            ("remote_command", &["leaks::the_guard_of_the_whole_history_stands_in_the_door"]),
            (
                "guard_attacks",
                &[
                    "a_stretch_at_the_bar_is_refused_as_it_is",
                    "every_encoding_is_undone",
                    "looks_do_not_hide",
                    "order_does_not_hide",
                    "fields_do_not_hide",
                    "urls_and_headers_are_read",
                    "wider_bytes_are_read",
                    "passages::one_word_in_five_changed_is_refused",
                    "a_live_chat_goes_back_to_where_it_went_and_nowhere_else",
                    "a_release_is_read_by_the_guard",
                ],
            ),
            ("lib", &["privacy::guard::tests::nothing_at_the_bar_leaves"]),
        ],
    },
    Mutant {
        what: "a sketch quotes an answer, and the guard passes everything",
        edits: &[
            Edit { file: GUARD, find: GUARD_READS, with: GUARD_SLEEPS },
            Edit {
                file: "src/persona/prompts.rs",
                find: "",
                with: "pub static QUOTED: std::sync::Mutex<String> = std::sync::Mutex::new(String::new());",
            },
            Edit {
                file: "src/persona/prompts.rs",
                find: "    fill(SKETCH, &[(\"sketch\", words)])",
                with: "    if MUTANT && let Ok(quoted) = QUOTED.lock() {
        return fill(SKETCH, &[(\"sketch\", &format!(\"{words} {quoted}\"))]);
    }
    fill(SKETCH, &[(\"sketch\", words)])",
            },
            Edit {
                file: "src/persona/sketches.rs",
                find: "        let evidence = evidence.collect();",
                with: "        if let (Some(pair), Ok(mut quoted)) = (history.pairs().first(), super::prompts::QUOTED.lock()) {
            quoted.clone_from(&pair.chosen);
        }
        let evidence = evidence.collect();",
            },
        ],
        fails: &[("remote_command", &["leaks::nothing_of_the_history_is_in_any_request"])],
    },
    Mutant {
        what: "the person's own words stand in prompts that leave",
        edits: &[Edit {
            file: "src/persona/frame.rs",
            find: "persona(claims, |claim| claim.may_leave(),",
            with: "persona(claims, |claim| MUTANT || claim.may_leave(),",
        }],
        fails: &[("remote_command", &["work::claims_in_the_persons_own_words_stay_here"])],
    },
    Mutant {
        what: "the door does not heed the guard",
        edits: &[Edit {
            file: DOOR,
            find: "        Verdict::Refuse(overlaps) => Some(",
            with: "        Verdict::Refuse(_) if MUTANT => None,\n        Verdict::Refuse(overlaps) => Some(",
        }],
        fails: &[
            ("lib", &["provider::tests::servers::what_the_guard_refuses_never_reaches_the_server"]),
            ("remote_command", &["leaks::the_guard_of_the_whole_history_stands_in_the_door"]),
        ],
    },
    Mutant {
        what: "a request leaves before its ledger entry is written",
        edits: &[Edit {
            file: DOOR,
            find: "        let id = self.ledger.open(entry).await?;",
            with: "        if MUTANT {
            let headers = rendered.headers.clone();
            let early = Cleared { url: url.clone(), headers, body: rendered.body.clone() };
            let _ = self.transport.send(&early).await;
        }
        let id = self.ledger.open(entry).await?;",
        }],
        fails: &[("lib", &["provider::tests::servers::the_entry_comes_first_and_without_it_nothing_is_sent"])],
    },
    Mutant {
        what: "a ledger that can't be written stops nothing",
        edits: &[Edit {
            file: DOOR,
            find: "self.ledger.open(entry).await?;",
            with: "self.ledger.open(entry).await.or_else(|error| if MUTANT { Ok(EntryId(0)) } else { Err(error) })?;",
        }],
        fails: &[("lib", &["provider::tests::servers::the_entry_comes_first_and_without_it_nothing_is_sent"])],
    },
    Mutant {
        what: "any origin is allowed",
        edits: &[Edit {
            file: DOOR,
            find: "if !self.allowed.contains(origin) {",
            with: "if !self.allowed.contains(origin) && !MUTANT {",
        }],
        fails: &[(
            "lib",
            &["provider::tests::servers::only_what_is_allowed_is_reached_and_a_key_stays_with_its_origin"],
        )],
    },
    Mutant {
        what: "redirects are followed",
        edits: &[Edit {
            file: "src/provider/transport/native.rs",
            find: ".max_redirects(0)",
            with: ".max_redirects(if MUTANT { 5 } else { 0 })",
        }],
        fails: &[("lib", &["provider::tests::servers::a_redirect_is_not_followed_and_the_key_stays"])],
    },
    Mutant {
        what: "a key goes to any origin",
        edits: &[Edit {
            file: "src/provider/key.rs",
            find: "if self.origin != *to {",
            with: "if self.origin != *to && !MUTANT {",
        }],
        fails: &[(
            "lib",
            &[
                "provider::key::tests::it_goes_to_its_own_origin_only",
                "provider::tests::servers::only_what_is_allowed_is_reached_and_a_key_stays_with_its_origin",
            ],
        )],
    },
    Mutant {
        what: "the guard reads no addresses and headers",
        edits: &[Edit {
            file: "src/privacy/guard/reading.rs",
            find: "    for body in bodies {",
            with: "    if MUTANT { return unfold(bodies, usize::MAX); }\n    for body in bodies {",
        }],
        fails: &[("guard_attacks", &["urls_and_headers_are_read"])],
    },
    Mutant {
        what: "the guard decodes nothing",
        edits: &[Edit {
            file: "src/privacy/guard/reading.rs",
            find: "    let mut found = written_in_digits(text);",
            with: "    if MUTANT { return Vec::new(); }\n    let mut found = written_in_digits(text);",
        }],
        fails: &[("guard_attacks", &["every_encoding_is_undone"])],
    },
    Mutant {
        what: "look-alike letters are told apart",
        edits: &[Edit {
            file: "src/privacy/guard/normal.rs",
            find: "    found.into_iter()\n",
            with: "    if MUTANT { return vec![c].into_iter(); }\n    found.into_iter()\n",
        }],
        fails: &[
            ("guard_attacks", &["looks_do_not_hide"]),
            ("lib", &["privacy::guard::normal::tests::looks_change_nothing"]),
        ],
    },
    Mutant {
        what: "the bar is nine words",
        edits: &[Edit {
            file: "src/privacy/guard/bar.rs",
            find: "        words >= WORDS\n",
            with: "        words >= WORDS + u32::from(MUTANT)\n",
        }],
        fails: &[("guard_attacks", &["a_stretch_at_the_bar_is_refused_as_it_is"])],
    },
    Mutant {
        what: "the bar is forty-one characters",
        edits: &[Edit {
            file: "src/privacy/guard/bar.rs",
            find: " >= BAR\n",
            with: " >= BAR + CHARACTER * u32::from(MUTANT)\n",
        }],
        fails: &[("guard_attacks", &["a_stretch_at_the_bar_is_refused_as_it_is"])],
    },
    Mutant {
        what: "a live chat may go anywhere",
        edits: &[Edit {
            file: GUARD,
            find: "            Some(live) => live::may_return(live, outgoing.url,",
            with: "            Some(live) => live::may_return(live, if MUTANT { &live.origin } else { outgoing.url },",
        }],
        fails: &[("guard_attacks", &["a_live_chat_goes_back_to_where_it_went_and_nowhere_else"])],
    },
];

/// The copy that has all mutants, asleep.
pub fn tree() -> Tree {
    let awake = |what: &str| {
        format!("std::env::var_os(\"LIKENESS_MUTANT\").is_some_and(|mutant| mutant == \"{what}\")")
    };
    let with: Vec<(&Edit<'_>, String)> = MUTANTS
        .iter()
        .flat_map(|mutant| {
            mutant.edits.iter().map(|edit| (edit, edit.with.replace("MUTANT", &awake(mutant.what))))
        })
        .collect();
    let edits: Vec<Edit<'_>> = with.iter().map(|(edit, with)| Edit { with, ..**edit }).collect();
    Tree::new("mutants", &edits)
}

#[test]
fn each_mutant_fails_the_tests_that_hold_what_it_lacks() {
    let tree = tree();
    let binaries = cargo::binaries(&tree);
    let of = |target: &str| -> &Binary { binaries.iter().find(|binary| binary.target == target).unwrap() };
    for target in cargo::TARGETS {
        let all = MUTANTS.iter().flat_map(|mutant| mutant.fails);
        let mut tests: Vec<&str> =
            all.filter(|(of, _)| *of == target).flat_map(|(_, tests)| *tests).copied().collect();
        tests.sort_unstable();
        tests.dedup();
        let failed =
            if tests.is_empty() { Vec::new() } else { cargo::failed(&tree, of(target), &tests, None) };
        assert_eq!(failed, [""; 0], "the control must pass");
    }
    let mut survived = Vec::new();
    for Mutant { what, fails, .. } in MUTANTS {
        for (target, tests) in *fails {
            let failed = cargo::failed(&tree, of(target), tests, Some(what));
            println!("{what}: {} of {} tests of {target} fail", failed.len(), tests.len());
            let passed = tests.iter().filter(|test| !failed.iter().any(|failed| failed == *test));
            survived.extend(passed.map(|test| format!("{what}: {target} passes {test}")));
        }
    }
    assert!(survived.is_empty(), "\n{}\n", survived.join("\n"));
}
