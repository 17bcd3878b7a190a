//! The engine from outside: against llama.cpp's numbers on the real model, and against itself on small random ones.

mod golden;
mod invariance;
mod refusals;
mod support;
