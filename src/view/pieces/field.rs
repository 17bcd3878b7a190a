//! Labelled text fields: the label, a hint, and what is wrong are tied to the field for screen readers.

use std::sync::atomic::{AtomicU32, Ordering};

use leptos::prelude::*;

/// An id that no other element has.
pub fn fresh_id(kind: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    format!("{kind}-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A field of one line.
#[component]
pub fn TextInput(
    /// What it is for.
    #[prop(into)]
    label: String,
    /// Its content.
    value: RwSignal<String>,
    /// What is wrong with it; empty when nothing is.
    #[prop(into, optional)]
    problem: Signal<String>,
    /// How to fill it in.
    #[prop(optional)]
    hint: &'static str,
    /// Its kind: `text`, `url`, `search`, `number`.
    #[prop(default = "text")]
    kind: &'static str,
    /// An example in grey.
    #[prop(optional)]
    placeholder: &'static str,
) -> impl IntoView {
    let id = fresh_id("field");
    let note = format!("{id}-note");
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <input
                id=id
                type=kind
                placeholder=placeholder
                autocomplete="off"
                prop:value=value
                on:input=move |event| value.set(event_target_value(&event))
                aria-invalid=move || (!problem.read().is_empty()).then_some("true")
                aria-describedby=note.clone()
            />
            <p class="note" id=note class:problem=move || !problem.read().is_empty()>
                {move || if problem.read().is_empty() { hint.to_owned() } else { problem.get() }}
            </p>
        </div>
    }
}

/// A field of several lines, which grows with its content.
#[component]
pub fn TextArea(
    /// What it is for.
    #[prop(into)]
    label: String,
    /// Its content.
    #[prop(into)]
    value: Signal<String>,
    /// Called with the new content.
    #[prop(into)]
    on_input: Callback<(String,)>,
    /// What is wrong with it; empty when nothing is.
    #[prop(into, optional)]
    problem: Signal<String>,
    /// How to fill it in.
    #[prop(optional)]
    hint: &'static str,
    /// Lines shown while it is empty.
    #[prop(default = 3)]
    rows: u32,
    /// Whether a dialog that it is in begins with it.
    #[prop(optional)]
    autofocus: bool,
) -> impl IntoView {
    let id = fresh_id("field");
    let note = format!("{id}-note");
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <textarea
                id=id
                rows=rows
                autofocus=autofocus
                dir="auto"
                prop:value=value
                on:input=move |event| on_input.run((event_target_value(&event),))
                aria-invalid=move || (!problem.read().is_empty()).then_some("true")
                aria-describedby=note.clone()
            />
            <p class="note" id=note class:problem=move || !problem.read().is_empty()>
                {move || if problem.read().is_empty() { hint.to_owned() } else { problem.get() }}
            </p>
        </div>
    }
}
