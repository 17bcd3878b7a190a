//! The shell functions that set a machine up, run by the shell that `start` and `check` run in.
#![cfg(unix)]
#![allow(clippy::unwrap_used)] // why: a test that can't run the shell has to fail.

use std::process::Command;

/// What a script prints that has sourced `.ci/setup.sh`, with its logs in a folder of this name.
fn sourced(name: &str, script: &str) -> String {
    let logs = std::env::temp_dir().join(format!("likeness-setup-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&logs).unwrap();
    let script = format!(". .ci/setup.sh; LOGS='{}'; {script}", logs.display());
    let run = Command::new("bash").args(["-euo", "pipefail", "-c", &script]).output().unwrap();
    std::fs::remove_dir_all(&logs).unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8(run.stdout).unwrap()
}

#[test]
fn what_a_tool_is_built_with_is_not_what_likeness_is_built_with() {
    let printed = sourced(
        "tool",
        "cargo() { :; }
        export CARGO_TARGET_DIR=/somewhere RUSTFLAGS=--cap-lints=warn
        before=$(export -p)
        CARGO_PROFILE_RELEASE_OPT_LEVEL=0 cargo_tool no-such-command no-such-crate 1.2.3
        [ \"$before\" = \"$(export -p)\" ] && echo as before || export -p",
    );
    assert_eq!(printed, "as before\n");
}

#[test]
fn a_step_that_fails_says_what_and_how_to_mend_it() {
    let printed = sourced(
        "broken",
        "broken() { echo the reason; return 3; }
        (step broken 'Doing a thing' 'do it by hand' broken) 2>&1 && echo went on || echo stopped",
    );
    for said in ["the reason", "FAILED: Doing a thing", "to mend it: do it by hand", "stopped"] {
        assert!(printed.contains(said), "{printed}");
    }
    assert!(!printed.contains("went on"), "{printed}");
}
