//! Whether the rules that keep a history here can fail: each is broken on purpose, in a copy of this repository.
//!
//! `refused` breaks what the compiler holds, and expects its named error; `rules` what tests/tidy holds;
//! `behaviour` what ordinary tests hold, and expects named ones to fail. The copy as it is compiles and passes: without
//! that control a failure would prove nothing. An edit that finds no place any more is a failure too.
//!
//! The copy and what is built of it stay in Cargo's folder for temporary files, so that only what changed is built
//! again.
#![allow(clippy::unwrap_used, clippy::expect_used)] // why: a test that can't copy or build has to fail.

mod behaviour;
mod cargo;
mod refused;
#[path = "../tidy/repository.rs"]
mod repository;
mod rules;
mod tree;
