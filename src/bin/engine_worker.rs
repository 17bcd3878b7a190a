//! The worker that the language model lives in. What it does is in `engine::worker`; this starts it.

#[cfg(target_arch = "wasm32")]
fn main() {
    console_error_panic_hook::set_once();
    likeness::engine::serve();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    eprintln!("engine_worker runs in a browser; see ./start");
    std::process::exit(2);
}
