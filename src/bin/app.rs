//! The page's program: mounts the app.

fn main() {
    likeness::app::mount();
}
