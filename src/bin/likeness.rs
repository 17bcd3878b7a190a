//! The native command, for researchers, scripts and tests: the same method as in the browser.
//!
//! It reads and writes files and talks to the terminal; everything else is the library's. Errors are one line on
//! standard error: exit code 1 for bad input, 2 for bad usage, 3 for a body that the guard refuses, 130 when Ctrl-C
//! stopped it.

mod command;

use std::process::ExitCode;

fn main() -> ExitCode {
    look_for_no_windows();
    command::run()
}

/// Mesa's layer that puts GPUs in order looks for a window system, and complains on standard error where there is none.
fn look_for_no_windows() {
    if std::env::var_os("XDG_RUNTIME_DIR").is_none() {
        // SAFETY: no other thread runs yet that could read the environment.
        unsafe { std::env::set_var("NODEVICE_SELECT", "1") };
    }
}
