//! What a token costs of the system's memory while text is written: nothing, but where a page of keys and values begins, or
//! as many positions more are attended to.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use likeness::engine::gguf::TensorKind;
use likeness::engine::sample::{Parameters, Sampler};
use likeness::engine::{Choose, NonStop, Options};

use super::support::{On, Random, Tiny, now};

/// The system's allocator, counted for each thread.
struct Counted;

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

fn count() -> usize {
    COUNT.with(Cell::get)
}

// SAFETY: it is the system's; the count lies in the thread's own memory and needs none.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        COUNT.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's.
        unsafe { System.realloc(at, layout, bytes) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: the caller's.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counted = Counted;

/// Positions of a page; an answer begins one of its own.
const PAGE: usize = 16;
const PROMPT: usize = 60;
const ANSWER: usize = 60;

/// How often memory was asked for before each token of an answer; `generate` calls what it is given for each.
#[track_caller]
fn check(what: &str, generate: impl FnOnce(&mut dyn FnMut())) {
    let mut counts = Vec::with_capacity(ANSWER);
    generate(&mut || counts.push(count()));
    assert_eq!(counts.len(), ANSWER, "{what}");
    for (token, pair) in counts.windows(2).enumerate() {
        let asked = pair[1] - pair[0];
        let allowed = if [token, PROMPT + token].iter().any(|at| at.is_multiple_of(PAGE)) { 10 } else { 0 };
        assert!(asked <= allowed, "{what}: {asked} times for token {token}");
    }
}

#[test]
fn a_token_asks_for_no_memory() {
    let prompt = Random(3).tokens(PROMPT);
    for kind in [TensorKind::Q4_1, TensorKind::Q8_0, TensorKind::F16] {
        let file = Tiny::new(kind, false).file();
        for threads in [1, 2] {
            let options = Options { threads, ..Options::default() };
            let mut engine = On::Cpu.load(&file, &options).expect("it loads");
            check(&format!("{kind:?}, {threads} threads, the likeliest"), |tell| {
                let mut take = |_| {
                    tell();
                    true
                };
                let choose = Choose::Likeliest(&mut take);
                now(engine.generate(&prompt, ANSWER, choose, &mut NonStop)).expect("it runs");
            });
            let parameters = Parameters { temperature: 0.8, top_p: 0.9, top_k: 40, ..Parameters::default() };
            let mut sampler = Sampler::new(parameters).expect("they make sense");
            check(&format!("{kind:?}, {threads} threads, drawn"), |tell| {
                let mut pick = |logits: &[f32]| {
                    let token = sampler.pick(logits).expect("it picks");
                    tell();
                    Some(token)
                };
                let choose = Choose::ByLogits(&mut pick);
                now(engine.generate(&prompt, ANSWER, choose, &mut NonStop)).expect("it runs");
            });
        }
    }
}
