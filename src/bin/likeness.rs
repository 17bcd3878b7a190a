//! The native command, for researchers, scripts and tests: the same method as in the browser.
//!
//! It reads and writes files and talks to the terminal; everything else is the library's. Errors are one line on
//! standard error: exit code 1 for bad input, 2 for bad usage, 3 for a body that the guard refuses, 130 when Ctrl-C
//! stopped it.

mod command;

use std::process::ExitCode;

fn main() -> ExitCode {
    command::run()
}
