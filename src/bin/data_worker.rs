//! The data worker: owns the store and everything heavy; see `likeness::service`.

fn main() {
    #[cfg(target_arch = "wasm32")]
    likeness::service::server::start();
}
