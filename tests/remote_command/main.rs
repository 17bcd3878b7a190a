//! The command with remote models, against a real server on this machine: what works, what leaves, what fails.
#![allow(clippy::unwrap_used)] // why: a test that can't read its input has to fail.

mod faults;
mod leaks;
mod ran;
mod server;
mod work;
