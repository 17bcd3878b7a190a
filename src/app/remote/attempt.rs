//! Trying a model that is not the engine's: whether it answers, and how soon.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::app::session::Session;
use crate::view::{sentence, words};

/// Letters of its answer that are shown.
const SHOWN: usize = 60;

/// What came of trying, and whether it is under way; copying it copies the handles.
#[derive(Clone, Copy, Default)]
pub struct Attempt {
    under_way: RwSignal<bool>,
    /// What is said of it: what it answered, or what went wrong.
    pub said: RwSignal<Option<Result<String, String>>>,
}

impl Attempt {
    fn begin(self, session: Session, id: String) {
        let client = session.client();
        self.under_way.set(true);
        self.said.set(None);
        spawn_local(async move {
            let outcome = match client.try_endpoint(id).await {
                Ok(seen) => Ok(format!(
                    "It answered \"{}\" in {}.",
                    beginning(&seen.text),
                    words::took(seen.elapsed_ms)
                )),
                Err(error) => Err(sentence(&error.to_string())),
            };
            self.under_way.try_set(false);
            self.said.try_set(Some(outcome));
        });
    }
}

/// The button.
#[component]
pub fn TryButton(
    /// Which attempt it begins.
    attempt: Attempt,
    /// The id of the model.
    #[prop(into)]
    id: String,
) -> impl IntoView {
    let session = Session::here();
    view! {
        <button
            type="button"
            disabled=move || attempt.under_way.get()
            on:click=move |_| attempt.begin(session, id.clone())
        >
            {move || if attempt.under_way.get() { "Trying …" } else { "Try it" }}
        </button>
    }
}

/// What is said of an attempt, for a place that is read out.
#[component]
pub fn Tried(
    /// Which attempt.
    attempt: Attempt,
) -> impl IntoView {
    move || {
        attempt.said.get().map(|outcome| match outcome {
            Ok(text) => view! { <p class="small good">{text}</p> }.into_any(),
            Err(why) => view! { <p class="small bad" role="alert">{why}</p> }.into_any(),
        })
    }
}

fn beginning(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{} …", &text[..end]),
        None => text.to_owned(),
    }
}
