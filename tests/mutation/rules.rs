//! What compiles and is against the rules of the house: tests/tidy, run on the copy, has to say so.

use crate::cargo;
use crate::tree::{Edit, Tree};

/// Something that must not be written in this file.
struct Breach {
    file: &'static str,
    code: &'static str,
    /// The test that has to fail.
    rule: &'static str,
}

const BREACHES: &[Breach] = &[
    Breach {
        file: "src/provider/remote.rs",
        code: "impl<T, W, L> crate::privacy::OnDevice for Remote<T, W, L> {}",
        rule: "only_models_in_this_browser_open_raw_text",
    },
    Breach {
        file: "src/provider/remote.rs",
        code: "pub fn release(prompt: Prompt) -> Released<Prompt> { crate::privacy::Sketch::release(prompt) }",
        rule: "only_models_in_this_browser_open_raw_text",
    },
    Breach {
        file: "src/provider/openai.rs",
        code: "pub fn send(url: &str, body: &str) -> bool { ureq::post(url).send(body).is_ok() }",
        rule: "the_network_has_one_door",
    },
    Breach {
        file: "src/engine/mod.rs",
        code: "pub fn history() -> crate::preference::History { crate::preference::History::default() }",
        rule: "rooms_use_only_what_their_row_allows",
    },
];

#[test]
fn what_compiles_against_the_rules_is_found() {
    let tree = Tree::new("whole", &[]);
    let edits: Vec<Edit<'_>> =
        BREACHES.iter().map(|&Breach { file, code, .. }| Edit { file, find: "", with: code }).collect();
    let refusals = tree.broken(&edits, || cargo::check(&tree, &["--features=cli"]));
    assert!(refusals.is_empty(), "what does not compile needs no rule of ours: {refusals:#?}");
    drop(tree);
    let tree = crate::behaviour::tree();
    let tidy = cargo::binary(&tree, "tidy");
    let mut rules: Vec<&str> = BREACHES.iter().map(|breach| breach.rule).collect();
    rules.sort_unstable();
    rules.dedup();
    assert_eq!(cargo::failed(&tree, &tidy, &rules, None), [""; 0], "the control must pass");
    for Breach { file, code, rule } in BREACHES {
        let edit = Edit { file, find: "", with: code };
        let failed = tree.broken(&[edit], || cargo::failed(&tree, &tidy, &rules, None));
        assert_eq!(failed, [*rule], "{file}: {code}");
    }
}
