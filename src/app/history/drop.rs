//! Files that are dropped anywhere on the app are imported: a browser would leave the page for the file.

use leptos::{ev, prelude::*};
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate};

use super::Importer;
use crate::app::browser;

/// Takes the files that are dropped to the history page, and says so while they are dragged.
#[component]
pub fn DropFiles() -> impl IntoView {
    let importer = Importer::here();
    let dragging = RwSignal::new(false);
    let (navigate, path, history) = (use_navigate(), use_location().pathname, browser::address("/"));
    let over = window_event_listener(ev::dragover, move |event| {
        if holds_files(&event) && !event.default_prevented() {
            event.prevent_default();
            dragging.set(true);
        }
    });
    let left = window_event_listener(ev::dragleave, move |_| dragging.set(false));
    let dropped = window_event_listener(ev::drop, move |event| {
        dragging.set(false);
        // The dialog's own field has taken it.
        if !holds_files(&event) || event.default_prevented() {
            return;
        }
        event.prevent_default();
        if let Some(files) = event.data_transfer().and_then(|transfer| transfer.files()) {
            if path.get_untracked() != history {
                navigate(&history, NavigateOptions { resolve: false, ..Default::default() });
            }
            importer.shown.set(true);
            importer.add_files(&files);
        }
    });
    on_cleanup(move || {
        over.remove();
        left.remove();
        dropped.remove();
    });
    view! {
        <Show when=move || dragging.get()>
            <p class="drop-here" aria-hidden="true">
                "Drop the file to import it"
            </p>
        </Show>
    }
}

/// Whether files are dragged, and not a text of the page or of another window.
fn holds_files(event: &ev::DragEvent) -> bool {
    event.data_transfer().is_some_and(|transfer| transfer.types().includes(&"Files".into(), 0))
}
