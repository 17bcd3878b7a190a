//! The house rules that a compiler doesn't hold, as ordinary tests over the source text.
//!
//! Each rule is a function from files to complaints, and has a test beside it that shows it complaining about a
//! bad example: a rule that can't fail holds nothing. What rustc, rustfmt and clippy already check
//! isn't repeated here.

#![allow(clippy::unwrap_used, clippy::expect_used)] // why: a test that can't read its input has to fail.

mod files;
mod network;
mod numbers;
mod on_device;
mod repository;
mod rooms;
mod source;

use source::{Source, repository};

/// Complaints about the repository as it is; the test's failure prints them, one a line.
#[track_caller]
fn assert_tidy(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

/// That `rule` says exactly `expected` about `files`, each a path and its text.
#[track_caller]
fn check(rule: fn(&[Source]) -> Vec<String>, files: &[(&str, &str)], expected: &[&str]) {
    let files: Vec<Source> = files.iter().map(|(path, text)| Source::new(path, text)).collect();
    assert_eq!(rule(&files), expected);
}

#[test]
fn rooms_use_only_what_their_row_allows() {
    assert_tidy(&rooms::complaints(&repository()));
}

#[test]
fn only_models_in_this_browser_open_raw_text() {
    assert_tidy(&on_device::complaints(&repository()));
}

#[test]
fn the_network_has_one_door() {
    assert_tidy(&network::complaints(&repository()));
}

#[test]
fn a_taste_is_told_by_the_same_numbers_everywhere() {
    assert_tidy(&numbers::complaints(&repository()));
}

#[test]
fn files_tell_one_story() {
    assert_tidy(&files::complaints(&repository()));
}
