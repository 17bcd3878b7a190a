//! The worker that the language model lives in. What it does is in `engine::worker`; this starts it.

#[cfg(target_arch = "wasm32")]
fn main() {
    std::panic::set_hook(Box::new(|panic| {
        console_error_panic_hook::hook(panic);
        likeness::engine::panicked();
    }));
    likeness::engine::serve();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    eprintln!("engine_worker runs in a browser; see ./start");
    std::process::exit(2);
}
