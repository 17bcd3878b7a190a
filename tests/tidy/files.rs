//! What a file must look like whatever is in it: its length, its first lines, its name, and nothing in it
//! that only holds on one machine.

use crate::source::Source;

/// Of a file without the tests at its end: they are a second story, and are best beside the first.
const MOST_LINES: usize = 500;

/// Files that are longer, and why they are better whole.
const LONG: &[(&str, &str)] = &[(
    "src/preference/format/split.rs",
    "one state machine over a stream of bytes, whose steps share all of its state",
)];

/// Names that say nothing of what is inside.
const EMPTY_NAMES: [&str; 8] = ["utils", "util", "helpers", "helper", "misc", "common", "shared", "stuff"];

pub fn complaints(files: &[Source]) -> Vec<String> {
    files
        .iter()
        .flat_map(|file| [length(file), header(file), name(file), machine(file)].into_iter().flatten())
        .collect()
}

fn is_code(path: &str) -> bool {
    [".rs", ".js", ".mjs", ".py", ".sh", ".wgsl", ".css"].iter().any(|ending| path.ends_with(ending))
}

fn length(file: &Source) -> Option<String> {
    let lines = file.text.lines().take_while(|line| *line != "#[cfg(test)]").count();
    let excused = LONG.iter().any(|(path, _)| *path == file.path);
    (is_code(&file.path) && lines > MOST_LINES && !excused).then(|| {
        format!("{}: {lines} lines, more than {MOST_LINES}: it tells more than one story", file.path)
    })
}

fn header(file: &Source) -> Option<String> {
    // One line speaks for itself.
    if file.text.lines().count() < 2 {
        return None;
    }
    let first = file.text.trim_start();
    let said = match file.path.rsplit('.').next() {
        Some("rs") => first.starts_with("//!"),
        Some("js" | "mjs" | "wgsl") => first.starts_with("//") || first.starts_with("/*"),
        Some("css") => first.starts_with("/*"),
        Some("sh") => first.starts_with('#'),
        Some("py") => first.contains("\"\"\""),
        _ => true,
    };
    (!said).then(|| format!("{}: its first lines do not say what it is", file.path))
}

fn name(file: &Source) -> Option<String> {
    file.path
        .split('/')
        .map(|part| part.split('.').next().unwrap_or(part))
        .find(|part| EMPTY_NAMES.contains(part))
        .map(|part| format!("{}: \"{part}\" names nothing", file.path))
}

/// Spelt in pieces, so that this file does not complain about itself.
const MACHINE: [&str; 10] = [
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
    concat!("/Us", "ers/"),
    concat!("/wo", "rk/"),
    concat!("registry", ".npmjs.org"),
    concat!("index", ".crates.io"),
    concat!("static", ".crates.io"),
    concat!("files", ".pythonhosted.org"),
    concat!("deb", ".debian.org"),
    concat!("ghp", "_"),
];

fn machine(file: &Source) -> Option<String> {
    // Recorded texts may say anything.
    if file.path.starts_with("tests/golden/") {
        return None;
    }
    let (line, found) = file.text.lines().enumerate().find_map(|(line, text)| {
        MACHINE.iter().find(|needle| text.contains(**needle)).map(|found| (line + 1, found))
    })?;
    Some(format!("{}:{line}: names one machine or registry ({found})", file.path))
}

#[cfg(test)]
mod tests {
    use super::{LONG, complaints};
    use crate::check;

    #[test]
    fn a_long_file_is_told() {
        let long = format!("//! A\n{}", "fn f() {}\n".repeat(500));
        check(
            complaints,
            &[("src/traits/table.rs", &long)],
            &["src/traits/table.rs: 501 lines, more than 500: it tells more than one story"],
        );
        check(complaints, &[("src/prior.json", &long)], &[]);
        let tested = long.replacen("fn f() {}\n", "#[cfg(test)]\n", 3);
        check(complaints, &[("src/traits/table.rs", &tested)], &[]);
    }

    #[test]
    fn a_file_that_does_not_say_what_it_is_is_told() {
        for path in ["src/a.rs", "www/a.js", "src/engine/a.wgsl", "www/a.css", ".ci/a.py"] {
            let told = format!("{path}: its first lines do not say what it is");
            check(complaints, &[(path, "let a = 1;\nlet b = 2;")], &[&told]);
        }
        check(complaints, &[("src/a.rs", "//! A."), ("www/a.js", "// A."), ("www/a.css", "/* A. */")], &[]);
    }

    #[test]
    fn a_name_that_says_nothing_is_told() {
        check(
            complaints,
            &[("src/store/utils.rs", "//! A.")],
            &["src/store/utils.rs: \"utils\" names nothing"],
        );
        check(complaints, &[("src/common/a.rs", "//! A.")], &["src/common/a.rs: \"common\" names nothing"]);
        check(complaints, &[("src/store/utility_model.rs", "//! A.")], &[]);
    }

    #[test]
    fn what_holds_on_one_machine_is_told() {
        for needle in super::MACHINE {
            let text = format!("a\nsee {needle}x\n");
            let told = format!("README.md:2: names one machine or registry ({needle})");
            check(complaints, &[("README.md", &text)], &[&told]);
        }
    }

    #[test]
    fn every_exception_has_its_reason() {
        assert!(LONG.iter().all(|(_, reason)| reason.len() > 20));
    }
}
