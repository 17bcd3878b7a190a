//! The first screen: what this is, and a sample to try it on.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_navigate;

use super::session::Session;
use crate::service::ServiceError;
use crate::view::{Failure, catch_focus};

/// What this is, what it does, and three ways to begin.
#[component]
pub fn Welcome() -> impl IntoView {
    let session = Session::here();
    let failed = RwSignal::new(None::<ServiceError>);
    let busy = RwSignal::new(false);
    // The navigator is taken here, while the router's context is at hand; the screen is gone once there is someone.
    let navigate = StoredValue::new_local(use_navigate());
    let sample = move |_| {
        busy.set(true);
        let go = navigate.get_value();
        spawn_local(async move {
            match session.add_sample().await {
                Ok(()) => go("/portrait", Default::default()),
                Err(error) => {
                    failed.try_set(Some(error));
                }
            }
            busy.try_set(false);
            catch_focus();
        });
    };
    let own = move |_| {
        busy.set(true);
        spawn_local(async move {
            if let Err(error) = session.add_person("Me".into()).await {
                failed.try_set(Some(error));
            }
            busy.try_set(false);
            catch_focus();
        });
    };
    view! {
        <section class="page welcome">
            <h1>"Which of two answers do you like better, and why?"</h1>
            <p class="lead">
                "Likeness reads the choices you have made between answers, works out what they have in common, and "
                "writes it down so that you can check it: claims about your taste, each with the choices behind it."
            </p>
            <ol class="promises">
                <li>
                    <strong>"It stays here."</strong>
                    " Your choices are kept in this browser. There is no account and no server that gets them."
                </li>
                <li>
                    <strong>"It can be checked."</strong>
                    " Each claim is tested on choices that it was not made from. What doesn't help is not used."
                </li>
                <li>
                    <strong>"It is yours."</strong>
                    " Correct a claim, refuse it, take the result elsewhere, or delete everything."
                </li>
            </ol>
            <div class="actions">
                <button type="button" class="primary" disabled=move || busy.get() on:click=sample>
                    "Try it on a sample"
                </button>
                <button type="button" disabled=move || busy.get() on:click=own>
                    "Start with my own choices"
                </button>
            </div>
            <p class="small">
                "The sample is 24 choices of Robin, whom we invented. Robin is kept beside you as a separate person, "
                "and can be removed at any time."
            </p>
            {move || failed.get().map(|error| view! { <Failure error=error /> })}
        </section>
    }
}
