//! A question before something that can't be undone, in the place of the button that asks for it.

use leptos::prelude::*;

use super::{catch_focus, catch_focus_on, fresh_id};

/// Its children, until they ask; then the question, with a way to do it and a way back.
#[component]
pub fn Confirm(
    /// Whether it was asked for; whoever does it says when that is over.
    asked: RwSignal<bool>,
    /// "Delete the file?"
    question: &'static str,
    /// What the button says that does it: "Delete".
    yes: &'static str,
    /// Does it.
    #[prop(into)]
    on_yes: Callback<()>,
    /// The buttons, the last of which sets `asked`.
    children: ChildrenFn,
) -> impl IntoView {
    let children = StoredValue::new(children);
    let id = fresh_id("confirm");
    // Of the question the last button changes nothing, and otherwise it is the one that asks.
    let last = format!("#{id} > button:last-of-type");
    Effect::new(move |before: Option<()>| {
        asked.track();
        if before.is_some() {
            catch_focus_on(last.clone());
        }
    });
    // What it was asked of goes, and what was pressed with it.
    on_cleanup(catch_focus);
    view! {
        <span class="confirm" id=id>
            <Show when=move || asked.get() fallback=move || children.with_value(|children| children())>
                <span class="asks">{question}</span>
                <button type="button" class="danger" on:click=move |_| on_yes.run(())>
                    {yes}
                </button>
                <button type="button" class="quiet" on:click=move |_| asked.set(false)>
                    "Keep"
                </button>
            </Show>
        </span>
    }
}
