//! The real binary, run as a script would run it, and the history of a person who likes short answers.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

/// The key that every test gives: it must be in no argument, no file and no message.
pub const KEY: &str = "sk-test-0f5a9c";

/// A folder of a test's own, gone when the test ends.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("likeness-remote-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    pub fn file(&self, name: &str, text: &str) -> String {
        std::fs::write(self.0.join(name), text).unwrap();
        self.path(name)
    }

    pub fn path(&self, name: &str) -> String {
        self.0.join(name).to_string_lossy().into_owned()
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.join(name)).unwrap()
    }

    pub fn has(&self, name: &str) -> bool {
        Path::new(&self.path(name)).exists()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    #[track_caller]
    pub fn object(&self) -> Value {
        assert_eq!((self.code, self.out.lines().count()), (0, 1), "{}{}", self.out, self.err);
        serde_json::from_str(&self.out).unwrap()
    }

    /// That it failed with this exit code, and that its last line has these words.
    #[track_caller]
    pub fn failed(&self, code: i32, words: &str) {
        assert_eq!(self.code, code, "{}{}", self.out, self.err);
        let last = self.err.lines().last().unwrap_or_default();
        assert!(last.starts_with("likeness: ") && last.contains(words), "{}", self.err);
        assert!(self.out.is_empty() && !self.err.contains("panicked"), "{}{}", self.out, self.err);
    }
}

pub fn start(arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_likeness"))
        .args(arguments)
        .env("LIKENESS_API_KEY", KEY)
        // A proxy of the machine must change nothing.
        .env("http_proxy", "http://127.0.0.1:9")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

pub fn end(child: Child) -> Ran {
    let ran = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let ran = Ran { code: ran.status.code().unwrap_or(-1), out: text(ran.stdout), err: text(ran.stderr) };
    assert!(!ran.out.contains(KEY) && !ran.err.contains(KEY), "{}{}", ran.out, ran.err);
    ran
}

pub fn run(arguments: &[&str], input: &str) -> Ran {
    let mut child = start(arguments);
    // A command that fails early does not read its input.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    end(child)
}

/// The arguments of a remote model.
pub fn model<'a>(url: &'a str, api: &'a str) -> [&'a str; 6] {
    ["--endpoint", url, "--api", api, "--remote-model", "test-7b"]
}

/// A history in our own format; `extra` is what texts number `i` hold besides.
pub fn history(pairs: usize, extra: impl Fn(usize) -> String) -> String {
    let header = json!({ "likeness": "history", "version": 1, "about": "a test" });
    let row = |i: usize| {
        let extra = extra(i);
        // Now much longer, now only louder, so that sketches differ.
        let other = match i % 3 {
            0 => format!("Wow! It is {extra}! So great!"),
            _ => format!("Well, there is much to say about it, {extra}, as it were. ").repeat(4 + i % 3),
        };
        json!({ "pair": {
            "context": [{ "role": "user", "content": format!("Tell me of {extra}, number {i}, please.") }],
            "chosen": format!("It is {extra}."),
            "rejected": other,
            "note": format!("Chosen because of {extra} and no other reason."),
        }})
    };
    let rows: Vec<String> =
        [header].into_iter().chain((0..pairs).map(row)).map(|row| row.to_string()).collect();
    rows.join("\n") + "\n"
}

/// A plain history.
pub fn plain(pairs: usize) -> String {
    history(pairs, |i| format!("thing {i}"))
}

/// A new pair: the first answer is the short one.
pub const PAIR: &str = r#"{"context": [{"role": "user", "content": "What is it?"}], "first": "It is this.",
    "second": "Well, there is much to say. There is also much more to say about all of it, if one begins."}"#;
