//! Cargo and the compiler, asked about a copy.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::tree::Tree;

/// One error of the compiler.
#[derive(Debug)]
pub struct Refusal {
    /// Such as `E0277`.
    pub code: String,
    /// The file that it points at, and the line.
    pub file: String,
    pub line: usize,
    /// The message, with the labels and notes that belong to it.
    pub words: String,
}

/// A test binary that was built of a copy.
pub struct Binary {
    /// Its target: `lib`, or a test's name.
    pub target: String,
    pub path: PathBuf,
}

/// What the compiler has against a copy, which it only checks.
pub fn check(tree: &Tree, options: &[&str]) -> Vec<Refusal> {
    let (fine, messages) = cargo(tree, &[&["check", "--lib"], options].concat());
    let refusals: Vec<Refusal> = messages.iter().filter_map(refusal).collect();
    assert_eq!(fine, refusals.is_empty(), "cargo check failed for another reason: {refusals:?}");
    refusals
}

/// The targets whose tests are run on a copy.
pub const TARGETS: [&str; 4] = ["lib", "guard_attacks", "remote_command", "tidy"];

/// The test binaries of a copy, built without optimising the copy itself: that takes a quarter of the time.
pub fn binaries(tree: &Tree) -> Vec<Binary> {
    let mut options = vec![
        "test",
        "--no-run",
        "--features=cli",
        "--config=profile.dev.package.likeness.opt-level=0",
        "--config=profile.dev.package.likeness.debug=false",
    ];
    for target in TARGETS {
        options.extend(if target == "lib" { vec!["--lib"] } else { vec!["--test", target] });
    }
    let (fine, messages) = cargo(tree, &options);
    let refusals: Vec<Refusal> = messages.iter().filter_map(refusal).collect();
    assert!(fine, "the copy does not build: {refusals:#?}");
    let binary = |message: &Value| {
        let path = message["executable"].as_str().filter(|_| message["profile"]["test"] == true)?;
        let is_lib = message["target"]["kind"][0] == "rlib";
        let target = if is_lib { "lib" } else { message["target"]["name"].as_str()? };
        Some(Binary { target: target.to_owned(), path: path.into() })
    };
    messages.iter().filter_map(binary).collect()
}

/// One of them.
pub fn binary(tree: &Tree, target: &str) -> Binary {
    let found = binaries(tree).into_iter().find(|binary| binary.target == target);
    found.unwrap_or_else(|| panic!("there is no target {target}"))
}

/// Whether the standard library for this target is installed.
pub fn has_target(triple: &str) -> bool {
    let asked =
        Command::new(rustc()).args(["--print", "target-libdir", "--target", triple]).output().unwrap();
    asked.status.success() && Path::new(String::from_utf8_lossy(&asked.stdout).trim()).exists()
}

fn rustc() -> String {
    std::env::var("RUSTC").unwrap_or_else(|_| "rustc".into())
}

/// A command that knows nothing of the Cargo that runs this test: some build scripts look at it, and would run again.
fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let about = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"];
        if about.iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
            command.env_remove(name);
        }
    }
    command
}

/// Whether it went well, and all that Cargo says in JSON.
fn cargo(tree: &Tree, options: &[&str]) -> (bool, Vec<Value>) {
    let program = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let ran = command(Path::new(&program))
        .args(options)
        .args(["--locked", "--offline", "--quiet", "--message-format=json"])
        .current_dir(&tree.root)
        .env("CARGO_TARGET_DIR", target(tree))
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&ran.stdout);
    (ran.status.success(), text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
}

/// The folder for what is built of a copy, which no other copy has, as Cargo lets one build at a time into a folder. It
/// can't be that of the repository, since Cargo takes a copy for the same package and would hand out the broken one. What
/// was built of other crates holds for all, so it begins with that; should Cargo see it otherwise one day, it builds them
/// again, which takes minutes, once.
fn target(tree: &Tree) -> PathBuf {
    let target = tree.root.with_extension("target");
    if !target.exists() {
        let ours = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        for profile in ["debug", "wasm32-unknown-unknown/debug"] {
            for part in ["deps", "build", ".fingerprint"] {
                take_others(&ours.join(profile).join(part), &target.join(profile).join(part));
            }
        }
    }
    target
}

/// Takes over what is not of this package: a second name for what was compiled, a copy of what Cargo noted of it, since
/// Cargo writes over its notes. Both have the times of last changes, which Cargo compares.
fn take_others(from: &Path, to: &Path) {
    let Ok(entries) = fs::read_dir(from) else { return };
    fs::create_dir_all(to).unwrap();
    for entry in entries.map(Result::unwrap) {
        let (path, name) = (entry.path(), entry.file_name());
        let is_a_program = from.ends_with("deps") && path.extension().is_none();
        if name.to_string_lossy().contains("likeness") || is_a_program {
            continue;
        }
        let copy = to.join(&name);
        if path.is_dir() {
            take_others(&path, &copy);
        } else if !from.ends_with("deps") || fs::hard_link(&path, &copy).is_err() {
            fs::copy(&path, &copy).unwrap();
            let changed = entry.metadata().unwrap().modified().unwrap();
            File::options().write(true).open(&copy).unwrap().set_modified(changed).unwrap();
        }
    }
}

/// An error with a code; the one that counts the others has none.
fn refusal(message: &Value) -> Option<Refusal> {
    let message = &message["message"];
    let code = message["code"]["code"].as_str().filter(|_| message["level"] == "error")?;
    let spans = message["spans"].as_array()?;
    let place = spans.iter().find(|span| span["is_primary"] == true)?;
    let notes = message["children"].as_array()?.iter().map(|child| &child["message"]);
    let words =
        std::iter::once(&message["message"]).chain(spans.iter().map(|span| &span["label"])).chain(notes);
    Some(Refusal {
        code: code.to_owned(),
        file: place["file_name"].as_str()?.replace('\\', "/"),
        line: usize::try_from(place["line_start"].as_u64()?).ok()?,
        words: words.filter_map(Value::as_str).collect::<Vec<_>>().join("\n"),
    })
}

/// Runs these tests of a binary, each to be named in full, and tells which of them failed. Each must have run.
pub fn failed(tree: &Tree, binary: &Binary, tests: &[&str], mutant: Option<&str>) -> Vec<String> {
    let mut command = command(&binary.path);
    if let Some(mutant) = mutant {
        command.env("LIKENESS_MUTANT", mutant);
    }
    let ran = command
        .arg("--exact")
        .args(tests)
        .current_dir(&tree.root)
        .env("CARGO_MANIFEST_DIR", &tree.root)
        // What fails here fails at the first case, and unoptimised each takes a second. The smallest example is of no use.
        .env("PROPTEST_CASES", "8")
        .env("PROPTEST_MAX_SHRINK_ITERS", "0")
        // A property that fails would write its example into the copy.
        .env("PROPTEST_FAILURE_PERSISTENCE", "off")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&ran.stdout);
    let outcome = |test: &str| {
        let begins = format!("test {test} ... ");
        let line = text.lines().find_map(|line| line.strip_prefix(&*begins));
        line.unwrap_or_else(|| panic!("{} has no test {test}, or it did not end:\n{text}", binary.target))
    };
    tests.iter().filter(|test| outcome(test) != "ok").map(|test| (*test).to_owned()).collect()
}
