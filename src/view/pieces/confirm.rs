//! A question before something that can't be undone, in the place of the button that asks for it.

use leptos::prelude::*;

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
    /// The buttons, one of which sets `asked`.
    children: ChildrenFn,
) -> impl IntoView {
    let children = StoredValue::new(children);
    view! {
        <Show when=move || asked.get() fallback=move || children.with_value(|children| children())>
            <span class="asks">{question}</span>
            <button type="button" class="danger" on:click=move |_| on_yes.run(())>
                {yes}
            </button>
            <button type="button" class="quiet" on:click=move |_| asked.set(false)>
                "Keep"
            </button>
        </Show>
    }
}
