//! The data worker's first part: the history, and the way to the rest; see `likeness::service`.

fn main() {
    #[cfg(target_arch = "wasm32")]
    likeness::service::server::start_with_history();
}
