//! The engine from outside: against llama.cpp's numbers on the real model, and against itself on small random ones.
#![allow(clippy::unwrap_used, clippy::expect_used)] // why: a test that can't read its input has to fail.

mod allocations;
mod choice;
mod comparison;
mod families;
mod floats;
mod gemma3;
mod golden;
mod gpu;
mod invariance;
mod parts;
mod refusals;
mod support;
