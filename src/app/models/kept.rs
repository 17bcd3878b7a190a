//! What is kept in this browser: model files, downloads that are not whole, and the room that they take.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::fetching::{begin, lapse, needs_reload};
use super::page::ModelLoading;
use super::source::{progress_words, room_words};
use crate::app::browser;
use crate::app::session::Session;
use crate::service::{KeptFile, ModelSource, ModelsView, PartFile};
use crate::view::loadable::Loadable;
use crate::view::{Confirm, words};

/// The section; nothing where nothing is kept.
#[component]
pub fn Kept(models: ModelsView) -> impl IntoView {
    let ModelsView { kept, parts, loaded } = models;
    let loaded = loaded.map(|model| model.file);
    let bytes: f64 = kept.iter().map(|file| file.bytes).chain(parts.iter().map(|part| part.bytes)).sum();
    let estimate = LocalResource::new(browser::storage_estimate);
    let room = move || room_words(bytes, estimate.get().flatten());
    let any = !(kept.is_empty() && parts.is_empty());
    let parts = parts.into_iter().map(|part| view! { <Part part=part /> }).collect_view();
    let kept = kept.into_iter().map(|model| {
        let in_use = loaded.as_ref() == Some(&model.name);
        view! { <KeptModel model=model in_use=in_use /> }
    });
    let kept = kept.collect_view();
    any.then(|| {
        view! {
            <section aria-labelledby="kept">
                <h2 id="kept">"Kept in this browser"</h2>
                <p class="small room">{room}</p>
                <ul class="kept">{parts} {kept}</ul>
            </section>
        }
    })
}

/// A download that stopped on the way.
#[component]
fn Part(part: PartFile) -> impl IntoView {
    let session = Session::here();
    let loading = ModelLoading::here();
    let asked = RwSignal::new(false);
    let source = StoredValue::new(ModelSource::going_on(&part));
    let (name, busy) = (part.name.clone(), part.busy);
    let url = part.url.clone();
    let reloads = move || needs_reload(session, &url);
    view! {
        <li class="part">
            <span class="file">{part.name.clone()}</span>
            <span class="figure">{progress_words(&part)}</span>
            <Confirm
                asked=asked
                question="Delete what has come?"
                yes="Delete"
                on_yes=move |()| remove(session, name.clone())
            >
                <button
                    type="button"
                    disabled=move || busy || loading.is_busy()
                    on:click=move |_| begin(loading, session, source.get_value())
                >
                    "Resume"
                </button>
                <button
                    type="button"
                    class="quiet"
                    disabled=move || busy || loading.is_busy()
                    on:click=move |_| asked.set(true)
                >
                    "Delete"
                </button>
            </Confirm>
            <Show when=reloads>
                <span class="small note">"Resuming loads this page anew once, so that it may reach the address again."</span>
            </Show>
        </li>
    }
}

#[component]
fn KeptModel(model: KeptFile, in_use: bool) -> impl IntoView {
    let session = Session::here();
    let loading = ModelLoading::here();
    let asked = RwSignal::new(false);
    let name = StoredValue::new(model.name.clone());
    let busy = move || loading.is_busy();
    let from = model.from.map(|from| format!("From {from}"));
    let digest = model.sha256.map(|digest| {
        view! {
            <details class="fold small digest">
                <summary>"SHA-256"</summary>
                <code>{digest}</code>
                {from.map(|from| view! { <span>{from}</span> })}
            </details>
        }
    });
    view! {
        <li>
            <span class="file">{model.name}</span>
            <span class="figure">{words::size(model.bytes)}</span>
            <Confirm
                asked=asked
                question="Delete the file?"
                yes="Delete"
                on_yes=move |()| remove(session, name.get_value())
            >
                <button
                    type="button"
                    disabled=move || in_use || busy()
                    on:click=move |_| loading.start(session, ModelSource::Kept(name.get_value()), None)
                >
                    {if in_use { "In use" } else { "Load" }}
                </button>
                <button type="button" class="quiet" on:click=move |_| asked.set(true)>
                    "Remove"
                </button>
            </Confirm>
            {digest}
        </li>
    }
}

/// Deletes a file, whole or not.
fn remove(session: Session, name: String) {
    let client = session.client();
    spawn_local(async move {
        match client.remove_model(name).await {
            Ok(models) => {
                session.models.set(Loadable::Ready(models));
                lapse(session);
            }
            Err(error) => session.say_error(&error),
        }
    });
}
