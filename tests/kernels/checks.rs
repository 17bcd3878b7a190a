//! The kernels' checks as a WebAssembly module without imports but one, for `run.mjs` to run under node.
//!
//! `check()` returns the number of tables that passed every check; `report` gets their names, or the panic's message.

#[cfg(target_arch = "wasm32")]
#[link(wasm_import_module = "env")]
unsafe extern "C" {
    fn report(text: *const u8, length: usize);
}

#[cfg(target_arch = "wasm32")]
fn say(text: &str) {
    // SAFETY: the host reads the bytes while the call lasts.
    unsafe { report(text.as_ptr(), text.len()) }
}

#[cfg(not(target_arch = "wasm32"))]
fn say(text: &str) {
    println!("{text}");
}

/// Multiplies with weights of this format, by this table, so many times, for a clock outside; gives how many products of
/// two numbers that were.
#[unsafe(no_mangle)]
pub extern "C" fn multiply(table: usize, format: usize, times: usize) -> f64 {
    likeness::engine::cpu::testing::multiply(table, format, times) as f64
}

/// Reports the names of the formats, in their order.
#[unsafe(no_mangle)]
pub extern "C" fn formats() {
    say(&likeness::engine::gguf::TensorKind::ALL.map(|kind| kind.name()).join(" "));
}

/// Runs every check of every table in this build; a failure traps after its message was reported.
#[unsafe(no_mangle)]
pub extern "C" fn check() -> usize {
    std::panic::set_hook(Box::new(|panic| say(&panic.to_string())));
    let names = likeness::engine::cpu::testing::check_all();
    say(&names.join(" "));
    names.len()
}
