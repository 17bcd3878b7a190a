//! The button that plants canaries, and what came of it.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::app::session::Session;
use crate::service::client::Stop;
use crate::service::{CanaryView, Event, Response, ServiceError};
use crate::view::{Failure, Progress, words};

/// How the test stands.
#[derive(Clone, Debug, PartialEq)]
enum Test {
    Idle,
    Running,
    Done(CanaryView),
    Failed(ServiceError),
}

/// The panel.
#[component]
pub fn Canaries() -> impl IntoView {
    let session = Session::here();
    let test = RwSignal::new(Test::Idle);
    let (fraction, detail) = (RwSignal::new(None::<f64>), RwSignal::new(String::new()));
    let stop = StoredValue::new_local(None::<Stop>);
    let plant = move || {
        test.set(Test::Running);
        fraction.set(None);
        let on_event = move |event| {
            if let Event::Inducing(progress) = event {
                fraction
                    .try_set((progress.of > 0).then(|| f64::from(progress.calls) / f64::from(progress.of)));
                detail.try_set(format!("{} made", words::count(progress.calls, "request", "requests")));
            }
        };
        let asking = session.client().plant_canaries(on_event);
        stop.set_value(Some(asking.stop()));
        spawn_local(async move {
            let next = match asking.await {
                Ok(Response::Canaries(seen)) => Test::Done(seen),
                Ok(_) => Test::Failed(ServiceError::Internal("an answer of another kind".into())),
                Err(ServiceError::Cancelled) => Test::Idle,
                Err(error) => Test::Failed(error),
            };
            test.try_set(next);
        });
    };
    on_cleanup(move || stop.with_value(|stop| stop.iter().for_each(Stop::now)));
    view! {
        <section class="panel canaries" aria-labelledby="canaries">
            <h2 id="canaries">"Try it"</h2>
            <p>
                "Makes up a person whose choices are full of made-up secrets, learns from them with a remote model that only "
                "hands back what it gets, and looks for the secrets in that. Nothing of it is kept but the lines in the ledger."
            </p>
            <div aria-live="polite">
                {move || match test.get() {
                    Test::Idle => ().into_any(),
                    Test::Running => view! {
                        <Progress label=Signal::derive(|| "Learning from the made-up person".to_owned()) fraction=fraction detail=detail />
                    }
                    .into_any(),
                    Test::Done(seen) => view! { <Outcome seen=seen /> }.into_any(),
                    Test::Failed(error) => view! { <Failure error=error /> }.into_any(),
                }}
            </div>
            <div class="actions">
                {move || match test.get() {
                    Test::Running => view! {
                        <button type="button" on:click=move |_| stop.with_value(|stop| stop.iter().for_each(Stop::now))>
                            "Cancel"
                        </button>
                    }
                    .into_any(),
                    _ => view! {
                        <button type="button" on:click=move |_| plant()>
                            "Plant canaries"
                        </button>
                    }
                    .into_any(),
                }}
            </div>
        </section>
    }
}

#[component]
fn Outcome(seen: CanaryView) -> impl IntoView {
    let held = seen.found.is_empty() && seen.stopped && seen.requests > 0;
    let got = format!(
        "{} planted; {} made, {} in all.",
        words::count(seen.planted, "secret was", "secrets were"),
        words::count(seen.requests, "request was", "requests were"),
        words::size(seen.bytes),
    );
    view! {
        <p class="outcome" class:good=held class:bad=!held role="status">
            <strong>{if held { "None came out. " } else { "This is not as it should be. " }}</strong>
            {got}
            {if seen.stopped {
                " A last request, made to carry one, was stopped by the guard."
            } else {
                " A last request, made to carry one, was not stopped by the guard."
            }}
        </p>
        {(!seen.found.is_empty()).then(|| view! { <p class="bad">{format!("Found: {}", seen.found.join(", "))}</p> })}
    }
}
