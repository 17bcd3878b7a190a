//! A copy of the repository that may be broken, and is made whole again.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use crate::repository::files;

/// A place in a file, which it must have exactly once, and what to put there.
#[derive(Clone, Copy)]
pub struct Edit<'a> {
    pub file: &'a str,
    /// Nothing for the end of the file.
    pub find: &'a str,
    pub with: &'a str,
}

/// A copy. Whoever has it is the only one, among processes too.
pub struct Tree {
    pub root: PathBuf,
    _alone: File,
}

impl Tree {
    /// The folder for copies, and for what is built of them.
    pub fn folder() -> PathBuf {
        Path::new(env!("CARGO_TARGET_TMPDIR")).join("mutation")
    }

    /// A copy of this name with `edits` in it. What is the same already is not written, so that Cargo knows.
    pub fn new(name: &str, edits: &[Edit<'_>]) -> Self {
        let folder = Tree::folder();
        fs::create_dir_all(&folder).unwrap();
        let alone = File::create(folder.join(name).with_extension("lock")).unwrap();
        alone.lock().unwrap();
        let tree = Tree { root: folder.join(name), _alone: alone };
        let source = Path::new(".");
        let (ours, theirs) = (files(source), files(&tree.root));
        for gone in theirs.difference(&ours) {
            fs::remove_file(tree.root.join(gone)).unwrap();
        }
        for path in &ours {
            let mut bytes = fs::read(source.join(path)).unwrap();
            if edits.iter().any(|edit| edit.file == path) {
                bytes = edited(path, String::from_utf8(bytes).unwrap(), edits).into_bytes();
            }
            let copy = tree.root.join(path);
            if fs::read(&copy).ok().as_ref() != Some(&bytes) {
                fs::create_dir_all(copy.parent().unwrap()).unwrap();
                fs::write(&copy, bytes).unwrap();
            }
        }
        assert!(edits.iter().all(|edit| ours.contains(edit.file)), "an edit's file is gone");
        tree
    }

    /// Does `work` while `edits` are in the copy. Then the files are as they were, to the second of their last change,
    /// so that what was built of them holds.
    pub fn broken<A>(&self, edits: &[Edit<'_>], work: impl FnOnce() -> A) -> A {
        let touched: BTreeSet<&str> = edits.iter().map(|edit| edit.file).collect();
        let whole: Vec<_> = touched
            .iter()
            .map(|path| {
                let at = self.root.join(path);
                let (text, changed) =
                    (fs::read_to_string(&at).unwrap(), at.metadata().unwrap().modified().unwrap());
                fs::write(&at, edited(path, text.clone(), edits)).unwrap();
                (at, text, changed)
            })
            .collect();
        let done = work();
        for (at, text, changed) in whole {
            fs::write(&at, text).unwrap();
            File::options().write(true).open(&at).unwrap().set_modified(changed).unwrap();
        }
        done
    }

    /// The numbers of the lines of a file from one that reads like this to another, as the compiler counts them.
    pub fn lines_between(&self, file: &str, first: &str, last: &str) -> RangeInclusive<usize> {
        let text = fs::read_to_string(self.root.join(file)).unwrap();
        line_of(&text, first)..=line_of(&text, last)
    }
}

fn line_of(text: &str, line: &str) -> usize {
    1 + text.lines().position(|found| found == line).unwrap_or_else(|| panic!("there is no line {line}"))
}

fn edited(path: &str, mut text: String, edits: &[Edit<'_>]) -> String {
    for Edit { find, with, .. } in edits.iter().filter(|edit| edit.file == path) {
        if find.is_empty() {
            text = format!("{text}\n{with}\n");
            continue;
        }
        assert_eq!(text.matches(find).count(), 1, "{path} should have this once: {find}");
        text = text.replacen(find, with, 1);
    }
    text
}
