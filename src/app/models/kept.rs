//! What is kept in this browser: model files, downloads that are not whole, and the room that they take.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::fetching::{begin, lapse, needs_reload};
use super::page::ModelLoading;
use super::source::{progress_words, room_words};
use crate::app::browser;
use crate::app::portrait::Induction;
use crate::app::session::Session;
use crate::service::{KeptFile, ModelSource, ModelsView, PartFile};
use crate::view::loadable::Loadable;
use crate::view::{Confirm, words};

/// The section; nothing where nothing is kept. A row stays what it is, with what was asked of it, whatever becomes of the
/// others: the list comes anew after each thing that is done with a model.
#[component]
pub fn Kept(models: Signal<ModelsView>) -> impl IntoView {
    let kept = Memo::new(move |_| models.read().kept.clone());
    let parts = Memo::new(move |_| models.read().parts.clone());
    let loaded = Memo::new(move |_| models.read().loaded.as_ref().map(|model| model.file.clone()));
    // Each file that comes or goes changes it.
    let estimate = LocalResource::new(move || {
        kept.track();
        parts.track();
        browser::storage_estimate()
    });
    let room = move || {
        let bytes =
            kept.read().iter().map(|file| file.bytes).chain(parts.read().iter().map(|part| part.bytes)).sum();
        room_words(bytes, estimate.get().flatten())
    };
    view! {
        <Show when=move || !(kept.read().is_empty() && parts.read().is_empty())>
            <section aria-labelledby="kept">
                <h2 id="kept">"Kept in this browser"</h2>
                <p class="small room">{room}</p>
                <ul class="kept">
                    <For each=move || parts.get() key=|part| (part.name.clone(), part.bytes.to_bits(), part.busy) let:part>
                        <Part part=part />
                    </For>
                    <For each=move || kept.get() key=|file| (file.name.clone(), file.bytes.to_bits(), file.sha256.clone()) let:file>
                        <KeptModel model=file loaded=loaded />
                    </For>
                </ul>
            </section>
        </Show>
    }
}

/// A download that stopped on the way.
#[component]
fn Part(part: PartFile) -> impl IntoView {
    let (session, induction) = (Session::here(), Induction::here());
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
                    on:click=move |_| begin(loading, session, induction, source.get_value())
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
fn KeptModel(model: KeptFile, loaded: Memo<Option<String>>) -> impl IntoView {
    let session = Session::here();
    let loading = ModelLoading::here();
    let asked = RwSignal::new(false);
    let name = StoredValue::new(model.name.clone());
    let in_use = move || loaded.read().as_ref() == Some(&*name.read_value());
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
                    disabled=move || in_use() || busy()
                    on:click=move |_| loading.start(session, ModelSource::Kept(name.get_value()), None)
                >
                    {move || if in_use() { "In use" } else { "Load" }}
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
