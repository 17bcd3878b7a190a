//! How far something is, as a bar and as words.

use leptos::prelude::*;

use super::fresh_id;

/// A bar with its words; the words are read out as they change, politely.
#[component]
pub fn Progress(
    /// What is being done.
    #[prop(into)]
    label: Signal<String>,
    /// The part that is done, 0 to 1; none while that is unknown.
    #[prop(into)]
    fraction: Signal<Option<f64>>,
    /// Figures beside the words; they change too often to be read out.
    #[prop(into, optional)]
    detail: Signal<String>,
) -> impl IntoView {
    let id = fresh_id("progress");
    view! {
        <div class="progress">
            <p class="label">
                <span id=id.clone() aria-live="polite">
                    {move || label.get()}
                </span>
                <span class="detail">{move || detail.get()}</span>
            </p>
            <progress
                max="1"
                value=move || fraction.get().map(|part| format!("{part:.3}"))
                aria-labelledby=id.clone()
            ></progress>
        </div>
    }
}
