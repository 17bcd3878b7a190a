//! The table of rooms: which module may use which, and which may touch the browser.
//!
//! A room is a module directly under `src/`. Paths are read from the tokens (`crate::room`, `use crate::{…}`, and
//! a `super::` that leaves the room); a path that a macro builds would be missed.

use crate::source::{Source, Token};
use Token::{Sign, Word};

/// A room, and the rooms that it may use.
const TABLE: &[(&str, &[&str])] = &[
    ("preference", &[]),
    ("traits", &["preference"]),
    ("reward", &["preference", "traits"]),
    ("model", &["preference"]),
    ("privacy", &["preference", "traits"]),
    ("persona", &["preference", "traits", "reward", "model", "privacy"]),
    ("bench", &["preference", "traits", "reward", "model", "privacy", "persona"]),
    ("engine", &[]),
    // Of the engine, its messages alone: in a browser it is in a worker. The native command runs it in process.
    ("provider", &["model", "privacy", "engine", "preference"]),
    ("store", &["privacy", "model", "preference", "traits", "reward", "persona"]),
    // The file that a profile moves by.
    ("profile", &["preference", "persona"]),
    // The wire between a page and the data worker, and what stands at its two ends.
    (
        "service",
        &[
            "preference",
            "traits",
            "reward",
            "model",
            "privacy",
            "persona",
            "bench",
            "engine",
            "provider",
            "store",
            "profile",
        ],
    ),
    ("view", &ALL_BELOW_VIEW),
    ("app", &["view"]),
    ("embed", &["view"]),
];

/// What `view` may use, and `app` and `embed` too.
const ALL_BELOW_VIEW: [&str; 12] = [
    "preference",
    "traits",
    "reward",
    "model",
    "privacy",
    "persona",
    "bench",
    "engine",
    "provider",
    "store",
    "profile",
    "service",
];

/// The rooms that touch the browser; `bin` mounts them. The others compile and are tested natively.
const IN_BROWSER: [&str; 7] = ["provider", "store", "service", "view", "app", "embed", "bin"];

/// In a pure room, what touches the browser all the same, and why.
const IN_BROWSER_WITHIN: &[(&str, &str)] =
    &[("src/engine/worker", "the engine's end of the wire, which is compiled into its worker alone")];

/// Crates that exist in a browser only.
const BROWSER_CRATES: [&str; 9] = [
    "web_sys",
    "js_sys",
    "wasm_bindgen",
    "wasm_bindgen_futures",
    "serde_wasm_bindgen",
    "gloo_net",
    "indexed_db_futures",
    "leptos",
    "leptos_router",
];

pub fn complaints(files: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        let Some(room) = room_of(&file.path) else { continue };
        let tokens = file.tokens();
        let excused = IN_BROWSER_WITHIN.iter().any(|(within, _)| file.path.starts_with(within));
        if !IN_BROWSER.contains(&room) && !excused {
            complaints.extend(
                BROWSER_CRATES.iter().filter(|name| uses_crate(&tokens, name)).map(|name| {
                    format!("{}: `{room}` must not touch the browser, but uses {name}", file.path)
                }),
            );
        }
        if room == "bin" {
            continue;
        }
        let Some(allowed) = allowed(room) else {
            complaints.push(format!("{}: the room `{room}` has no row in the table of rooms", file.path));
            continue;
        };
        let mut used = rooms_used(&tokens, depth_of(&file.path));
        used.sort_unstable();
        used.dedup();
        complaints.extend(
            used.iter()
                .filter(|used| **used != room && !allowed.contains(*used))
                .map(|used| format!("{}: `{room}` may not use `{used}`", file.path)),
        );
    }
    complaints.extend(rooms_missing_from_the_plan(files));
    complaints
}

fn allowed(room: &str) -> Option<Vec<&'static str>> {
    let (_, row) = TABLE.iter().find(|(name, _)| *name == room)?;
    let below: &[&str] = if ["app", "embed"].contains(&room) { &ALL_BELOW_VIEW } else { &[] };
    Some([row, below].concat())
}

/// The module directly under `src/` that a file belongs to.
fn room_of(path: &str) -> Option<&str> {
    let inside = path.strip_prefix("src/")?;
    let room = inside.split('/').next()?.trim_end_matches(".rs");
    (room != "lib").then_some(room)
}

/// How many `super::` lead from the file's own module to the crate's root.
fn depth_of(path: &str) -> usize {
    let folders = path.trim_start_matches("src/").split('/').count();
    if path.ends_with("/mod.rs") { folders - 1 } else { folders }
}

fn uses_crate(tokens: &[Token], name: &str) -> bool {
    tokens.windows(2).any(|pair| pair == [Word(name), Sign(':')])
        || tokens.windows(2).any(|pair| pair == [Word("use"), Word(name)])
}

/// The first names of all paths that start at the crate's root, `*` for a glob.
fn rooms_used<'a>(tokens: &[Token<'a>], depth: usize) -> Vec<&'a str> {
    let mut used = Vec::new();
    // The braces of inline modules that are open: each is one `super` more from the root.
    let (mut braces, mut modules) = (0usize, Vec::new());
    let mut at = 0;
    while at < tokens.len() {
        match tokens[at] {
            Sign('{') => {
                braces += 1;
                if at >= 2 && tokens[at - 2] == Word("mod") {
                    modules.push(braces);
                }
            }
            Sign('}') => {
                modules.pop_if(|opened| *opened == braces);
                braces = braces.saturating_sub(1);
            }
            Word("crate") if tokens.get(at + 1) == Some(&Sign(':')) => {
                used.extend(first_names(&tokens[at + 2..]));
            }
            Word("super") if at == 0 || tokens[at - 1] != Sign(':') => {
                let supers =
                    tokens[at..].chunks(2).take_while(|pair| *pair == [Word("super"), Sign(':')]).count();
                if supers >= depth + modules.len() {
                    used.extend(first_names(&tokens[at + 2 * supers..]));
                }
            }
            _ => {}
        }
        at += 1;
    }
    used
}

/// What follows `crate::`: one name, or the first name of each branch of a `{…}`.
fn first_names<'a>(tokens: &[Token<'a>]) -> Vec<&'a str> {
    match tokens.first() {
        Some(Word(name)) => vec![name],
        Some(Sign('*')) => vec!["*"],
        Some(Sign('{')) => {
            let (mut names, mut depth, mut starts) = (Vec::new(), 0, true);
            for token in tokens {
                match token {
                    Sign('{') => depth += 1,
                    Sign('}') => depth -= 1,
                    Sign(',') if depth == 1 => starts = true,
                    Word(name) if starts && depth == 1 => {
                        names.push(*name);
                        starts = false;
                    }
                    _ => {}
                }
                if depth == 0 {
                    break;
                }
            }
            names
        }
        _ => Vec::new(),
    }
}

/// ARCHITECTURE.md is the plan of the house: a room that it does not name can't be found by a newcomer.
fn rooms_missing_from_the_plan(files: &[Source]) -> Vec<String> {
    let Some(plan) = files.iter().find(|file| file.path == "ARCHITECTURE.md") else { return Vec::new() };
    let mut rooms: Vec<&str> =
        files.iter().filter(|file| file.is_rust()).filter_map(|file| room_of(&file.path)).collect();
    rooms.sort_unstable();
    rooms.dedup();
    rooms
        .into_iter()
        .filter(|room| !plan.text.contains(&format!("`{room}")))
        .map(|room| format!("ARCHITECTURE.md: does not name the room `{room}`"))
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::check;
    use crate::rooms::complaints;

    #[test]
    fn a_room_that_reaches_up_is_told() {
        let told = &["src/traits/a.rs: `traits` may not use `reward`"];
        check(complaints, &[("src/traits/a.rs", "use crate::reward::Prior;")], told);
        check(complaints, &[("src/traits/a.rs", "fn f() { crate::reward::fit() }")], told);
        check(
            complaints,
            &[("src/traits/a.rs", "pub use crate::{preference::{Turn, reward}, reward};")],
            told,
        );
        check(complaints, &[("src/traits/a.rs", "use super::super::reward;")], told);
        check(complaints, &[("src/traits/a.rs", "mod tests { use super::super::super::reward; }")], told);
    }

    #[test]
    fn a_room_that_keeps_to_its_row_is_not() {
        let fine = "use crate::preference::{Turn, Role};\nuse super::table;\n// crate::reward\nmod tests { use super::super::x; }";
        check(complaints, &[("src/traits/a.rs", fine)], &[]);
        check(complaints, &[("src/traits/mod.rs", "mod a; use super::preference;")], &[]);
        check(complaints, &[("src/bin/app.rs", "use likeness::app; use wasm_bindgen::JsValue;")], &[]);
        check(complaints, &[("src/lib.rs", "pub mod reward;")], &[]);
        check(complaints, &[("src/engine/worker/a.rs", "use web_sys::Worker;")], &[]);
    }

    #[test]
    fn the_pages_do_not_use_the_elements() {
        check(
            complaints,
            &[("src/app/page.rs", "use crate::view::X; use crate::embed::Y;")],
            &["src/app/page.rs: `app` may not use `embed`"],
        );
        check(
            complaints,
            &[("src/view/button.rs", "use crate::app::X;")],
            &["src/view/button.rs: `view` may not use `app`"],
        );
    }

    #[test]
    fn a_pure_room_in_the_browser_is_told() {
        check(
            complaints,
            &[("src/persona/a.rs", "use web_sys::window; let x = js_sys::Date::now();")],
            &[
                "src/persona/a.rs: `persona` must not touch the browser, but uses web_sys",
                "src/persona/a.rs: `persona` must not touch the browser, but uses js_sys",
            ],
        );
    }

    #[test]
    fn unknown_rooms_and_globs_are_told() {
        check(
            complaints,
            &[("src/attic/mod.rs", "")],
            &["src/attic/mod.rs: the room `attic` has no row in the table of rooms"],
        );
        check(
            complaints,
            &[("src/engine/a.rs", "use crate::*;")],
            &["src/engine/a.rs: `engine` may not use `*`"],
        );
    }

    #[test]
    fn a_plan_that_leaves_a_room_out_is_told() {
        let files = [("src/traits/mod.rs", ""), ("src/reward.rs", ""), ("ARCHITECTURE.md", "`traits` is …")];
        check(complaints, &files, &["ARCHITECTURE.md: does not name the room `reward`"]);
    }
}
