//! Waiting and failing, said in words.

use leptos::prelude::*;

use crate::service::ServiceError;
use crate::view::sentence;

/// What went wrong, what to do, and a button to try again where trying again can help.
#[component]
pub fn Failure(
    /// The error.
    error: ServiceError,
    /// What to call when the person wants to try again.
    #[prop(into, optional)]
    retry: Option<Callback<()>>,
) -> impl IntoView {
    view! {
        <div class="failure" role="alert">
            <p class="what">{sentence(&error.to_string())}</p>
            <p>{error.advice()}</p>
            {retry
                .map(|retry| {
                    view! {
                        <button type="button" on:click=move |_| retry.run(())>
                            "Try again"
                        </button>
                    }
                })}
        </div>
    }
}

/// Something is on its way.
#[component]
pub fn Spinner(
    /// What is being waited for: "Reading the history …".
    #[prop(into)]
    text: String,
) -> impl IntoView {
    view! {
        <p class="waiting" role="status">
            <span class="dots" aria-hidden="true">
                <i></i>
                <i></i>
                <i></i>
            </span>
            {text}
        </p>
    }
}
