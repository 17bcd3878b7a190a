//! That the prior which ships is the one its command fits; the figures themselves are in `BENCHMARKS.md`.

use std::path::PathBuf;

use super::*;
use crate::reward::Prior;

/// The people of one data set, or none with a line that says what was not measured.
fn people(name: &str) -> Option<Vec<Person>> {
    let folder =
        std::env::var_os("LIKENESS_DATA").map_or_else(|| PathBuf::from("../shared/data"), PathBuf::from);
    let path = folder.join(name).join("pairs.jsonl");
    if !path.exists() {
        println!("NOT MEASURED: {name} (no file {})", path.display());
        return None;
    }
    Some(read_people(&std::fs::read_to_string(&path).unwrap()).unwrap())
}

#[test]
fn the_shipped_prior_is_what_its_command_writes() {
    let Some(people) = people("mt_bench_human") else { return };
    let written = fit_prior(&people.iter().collect::<Vec<_>>(), Prior::shipped()).to_json();
    // Line by line, so that a failure names the first trait that differs.
    let shipped = include_str!("../reward/prior.json");
    for (written, shipped) in written.lines().zip(shipped.lines()) {
        assert_eq!(written, shipped);
    }
    assert_eq!(written.len(), shipped.len());
}

#[test]
fn a_line_that_is_no_choice_is_named() {
    assert!(read_people("\n{}").unwrap_err().to_string().starts_with("line 2 "));
}
