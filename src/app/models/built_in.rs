//! The browser's own model on the models page: how it stands, getting it ready, trying it.
//!
//! `www/built_in.js` speaks to the browser; this calls it. Getting it ready has to be called by the click itself.

use js_sys::{Array, Function, Promise, Reflect};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use crate::app::remote::{Attempt, Availability, BuiltIn, Tried, TryButton};
use crate::app::session::Session;
use crate::service::BUILT_IN_RAW;
use crate::view::{Progress, sentence};

/// What `www/built_in.js` made of the browser's own model; none where there is none.
pub fn object() -> Option<JsValue> {
    let object = Reflect::get(&window(), &"likenessBuiltIn".into()).ok()?;
    object.is_object().then_some(object)
}

/// How it stands now.
pub async fn look() -> Option<BuiltIn> {
    let object = object()?;
    let get = |name: &str| Reflect::get(&object, &name.into()).unwrap_or(JsValue::UNDEFINED);
    let availability = match call(&object, "availability", &[]) {
        Ok(promise) => JsFuture::from(promise).await.ok().and_then(|name| name.as_string()),
        Err(_) => None,
    };
    Some(BuiltIn {
        local: get("local").as_bool() == Some(true),
        version: get("version").as_string().unwrap_or_default(),
        availability: Availability::named(&availability.unwrap_or_default()),
    })
}

fn call(object: &JsValue, name: &str, given: &[JsValue]) -> Result<Promise, JsValue> {
    let function: Function = Reflect::get(object, &name.into())?.dyn_into()?;
    let given: Array = given.iter().collect();
    Ok(Promise::resolve(&function.apply(object, &given)?))
}

/// The section; nothing where the browser has no model of its own.
#[component]
pub fn BuiltInModel() -> impl IntoView {
    let session = Session::here();
    let known = Memo::new(move |_| session.built_in.get());
    move || known.get().map(|model| view! { <Section model=model /> })
}

#[component]
fn Section(model: BuiltIn) -> impl IntoView {
    let session = Session::here();
    let fraction = RwSignal::new(None::<f64>);
    let preparing = RwSignal::new(false);
    let attempt = Attempt::default();
    let said = attempt.said;
    let prepare = move |_| {
        let Some(object) = object() else { return };
        said.set(None);
        fraction.set(None);
        preparing.set(true);
        let heard = Closure::<dyn Fn(f64)>::new(move |part: f64| {
            fraction.try_set(Some(part));
        });
        let prepared = call(&object, "prepare", &[heard.as_ref().clone()]);
        spawn_local(async move {
            let outcome = match prepared {
                Ok(promise) => JsFuture::from(promise).await.map(drop),
                Err(error) => Err(error),
            };
            drop(heard);
            preparing.try_set(false);
            if let Err(error) = outcome {
                let why = error.dyn_ref::<js_sys::Error>().map(|error| String::from(error.message()));
                said.try_set(Some(Err(sentence(&why.unwrap_or_else(|| "it failed without words".into())))));
            }
            session.refresh_built_in();
        });
    };
    // What it is asked then is ours, and no text of the person's.
    let tried = if model.local { BUILT_IN_RAW.to_owned() } else { BuiltIn::id() };
    let there = model.availability != Availability::Unavailable;
    let runs = model.runs();
    view! {
        <section class="remote built-in" aria-labelledby="built-in">
            <h2 id="built-in">"The browser's own model"</h2>
            <p>{model.standing()}</p>
            {there.then(|| view! { <p class="small">{runs}</p> })}
            <Show when=move || preparing.get()>
                <Progress label=Signal::stored("Getting it ready".to_owned()) fraction=fraction />
            </Show>
            <div class="actions">
                {match model.availability {
                    Availability::Unavailable => ().into_any(),
                    Availability::Available => view! {
                        <TryButton attempt=attempt id=tried />
                    }
                    .into_any(),
                    Availability::Downloadable | Availability::Downloading => view! {
                        <button type="button" disabled=move || preparing.get() on:click=prepare>
                            "Download and prepare it"
                        </button>
                    }
                    .into_any(),
                }}
            </div>
            <div aria-live="polite">
                <Tried attempt=attempt />
            </div>
        </section>
    }
}
