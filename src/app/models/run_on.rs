//! What a model shall run on: three ways to choose from. Another choice loads the model in use again.

use leptos::prelude::*;

use super::device::CHOICES;
use super::page::ModelLoading;
use crate::app::session::Session;

/// The choice; it is kept, and holds for the models that are loaded later too.
#[component]
pub fn RunOn() -> impl IntoView {
    let session = Session::here();
    let loading = ModelLoading::here();
    view! {
        <fieldset class="options run-on">
            <legend>"Run on"</legend>
            {CHOICES
                .map(|(choice, name, title, what)| {
                    view! {
                        <label class="option">
                            <input
                                type="radio"
                                name="run-on"
                                value=name
                                prop:checked=move || loading.wanted.get() == choice
                                on:change=move |_| loading.want(session, choice)
                            />
                            <span>
                                <strong>{title}</strong>
                                {what}
                            </span>
                        </label>
                    }
                })}
        </fieldset>
    }
}
