//! Which files are part of a repository. The copies of tests/mutation ask it too.

use std::collections::BTreeSet;
use std::path::Path;

use ignore::{DirEntry, WalkBuilder};

/// Every file below `root` that git does not ignore, as a path from there with `/` between folders; none where there is no
/// `root`.
pub fn files(root: &Path) -> BTreeSet<String> {
    if !root.exists() {
        return BTreeSet::new();
    }
    let walk = WalkBuilder::new(root)
        .standard_filters(false)
        .git_ignore(true)
        .require_git(false)
        .filter_entry(|entry| entry.file_name() != ".git")
        .build();
    let entries = walk.map(Result::unwrap).filter(|entry| entry.path().is_file());
    let path =
        |entry: DirEntry| entry.path().strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
    entries.map(path).collect()
}
