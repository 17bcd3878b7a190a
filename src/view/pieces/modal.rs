//! A dialog over the page. The browser's own `<dialog>` holds the focus, closes on Escape and gives it back.

use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::HtmlDialogElement;

use super::{Glyph, Icon, fresh_id};

/// The dialogs that are open, the last on top. The browser lets nothing beside the last one be seen, pressed or read out,
/// so that what is said in passing has its place in it.
#[derive(Clone, Copy)]
pub struct OpenDialogs(RwSignal<Vec<HtmlDialogElement>, LocalStorage>);

impl Default for OpenDialogs {
    fn default() -> Self {
        OpenDialogs(RwSignal::new_local(Vec::new()))
    }
}

impl OpenDialogs {
    /// The one on top, if any is open.
    pub fn top(self) -> Option<HtmlDialogElement> {
        self.0.read().last().cloned()
    }

    fn opened(self, dialog: &HtmlDialogElement) {
        self.0.update(|open| open.push(dialog.clone()));
    }

    fn closed(self, dialog: &HtmlDialogElement) {
        if self.0.with_untracked(|open| open.contains(dialog)) {
            self.0.update(|open| open.retain(|one| one != dialog));
        }
    }
}

/// A dialog with a heading; its content is made anew each time that it opens.
#[component]
pub fn Modal(
    /// Its heading.
    #[prop(into)]
    title: Signal<String>,
    /// Whether it is open.
    open: RwSignal<bool>,
    /// Whether it takes the width of two texts side by side.
    #[prop(optional)]
    wide: bool,
    /// What it holds.
    children: ChildrenFn,
) -> impl IntoView {
    let dialogs: OpenDialogs = expect_context();
    let node = NodeRef::<html::Dialog>::new();
    let shown = StoredValue::new_local(None::<HtmlDialogElement>);
    let heading = fresh_id("dialog");
    let labelled_by = heading.clone();
    let is_closed = move || {
        if let Some(dialog) = shown.try_update_value(Option::take).flatten() {
            dialogs.closed(&dialog);
        }
    };
    Effect::new(move |_| {
        let (Some(dialog), wanted) = (node.get(), open.get()) else { return };
        if wanted && !dialog.open() {
            // The content is rendered in the same turn; showing it a frame later lets autofocus find its field.
            request_animation_frame(move || {
                let wanted = open.try_get_untracked() == Some(true);
                if wanted && !dialog.open() && dialog.show_modal().is_ok() {
                    shown.try_set_value(Some(dialog.clone()));
                    dialogs.opened(&dialog);
                }
            });
        } else if !wanted && dialog.open() {
            dialog.close();
            is_closed();
        }
    });
    // The page may be left while it is open.
    on_cleanup(is_closed);
    // The backdrop belongs to the dialog element itself; all else, its scroll bar too, is its body's.
    let on_press = move |event: ev::MouseEvent| {
        let on_backdrop = event.target().is_some_and(|t| t.dyn_ref::<HtmlDialogElement>().is_some());
        if on_backdrop && event.detail() > 0 {
            open.set(false);
        }
    };
    let children = StoredValue::new(children);
    view! {
        <dialog
            node_ref=node
            class="modal"
            class:wide=wide
            aria-labelledby=labelled_by
            on:close=move |_| {
                is_closed();
                open.set(false);
            }
            on:mousedown=on_press
        >
            <Show when=move || open.get()>
                <div class="modal-body">
                    <header>
                        <h2 id=heading.clone()>{move || title.get()}</h2>
                        <button
                            type="button"
                            class="quiet icon-only"
                            aria-label="Close"
                            on:click=move |_| open.set(false)
                        >
                            <Icon glyph=Glyph::Close />
                        </button>
                    </header>
                    {children.with_value(|children| children())}
                </div>
            </Show>
        </dialog>
    }
}
