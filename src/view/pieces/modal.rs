//! A dialog over the page. The browser's own `<dialog>` holds the focus, closes on Escape and gives it back.

use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast;

use super::{Glyph, Icon, fresh_id};

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
    let node = NodeRef::<html::Dialog>::new();
    let heading = fresh_id("dialog");
    let labelled_by = heading.clone();
    Effect::new(move |_| {
        let (Some(dialog), wanted) = (node.get(), open.get()) else { return };
        if wanted && !dialog.open() {
            // The content is rendered in the same turn; showing it a frame later lets autofocus find its field.
            request_animation_frame(move || {
                if !dialog.open() {
                    let _ = dialog.show_modal();
                }
            });
        } else if !wanted && dialog.open() {
            dialog.close();
        }
    });
    // The backdrop belongs to the dialog element itself; a click on the content has another target.
    let on_click = move |event: ev::MouseEvent| {
        let on_backdrop = event.target().is_some_and(|t| t.dyn_ref::<web_sys::HtmlDialogElement>().is_some());
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
            on:close=move |_| open.set(false)
            on:mousedown=on_click
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
