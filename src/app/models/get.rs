//! The ways to get a model: the one that comes along, one of a short list, a file, an address.

use js_sys::Array;
use leptos::{html, prelude::*};
use wasm_bindgen::JsCast;

use super::catalogue::{OFFERS, Offer, fits};
use super::fetching::{begin, needs_reload};
use super::page::ModelLoading;
use super::source::{from_url, progress_words};
use crate::app::browser;
use crate::app::portrait::Induction;
use crate::app::session::Session;
use crate::service::{ModelSource, ModelsView};
use crate::view::{TextInput, words};

/// The section.
#[component]
pub fn GetAnother() -> impl IntoView {
    view! {
        <section class="get" aria-labelledby="get">
            <h2 id="get">"Get a model"</h2>
            <div class="ways">
                <Embedded />
                <FromDisk />
                <FromAddress />
            </div>
            <h3>"Good small models"</h3>
            <p class="small">
                "Nothing is fetched before you click. The site that has the file sees your request, as with any download, and "
                "nothing of yours. This page may not reach it yet, so it loads itself anew once, and may until the file is "
                "whole or deleted. A download that stops goes on where it was."
            </p>
            <ul class="offers">
                {OFFERS.iter().map(|offer| view! { <OfferRow offer=offer /> }).collect_view()}
            </ul>
        </section>
    }
}

#[component]
fn OfferRow(offer: &'static Offer) -> impl IntoView {
    let (session, induction) = (Session::here(), Induction::here());
    let loading = ModelLoading::here();
    let state = Memo::new(move |_| {
        session.models.with(|models| models.ready().map_or(Standing::Away, |models| standing(offer, models)))
    });
    let get = move |_| match state.get() {
        Standing::Kept => loading.start(session, ModelSource::Kept(offer.file_name().to_owned()), None),
        _ => begin(loading, session, induction, offer.source()),
    };
    let label = move || match state.get() {
        Standing::Away => "Download",
        Standing::Part(_) => "Resume",
        Standing::Kept => "Load",
        Standing::InUse => "In use",
    };
    let part = move || match state.get() {
        Standing::Part(words) => words,
        _ => String::new(),
    };
    view! {
        <li>
            <div class="offer">
                <h4>{offer.name}</h4>
                <p>{offer.purpose}</p>
                <p class="small">
                    {format!(
                        "{} parameters, a file of {}, about {} of memory. {}. ",
                        offer.parameters,
                        words::size(offer.bytes),
                        words::size(offer.memory()),
                        offer.licence,
                    )}
                    {fits(offer.memory(), browser::memory_gigabytes())}
                </p>
                <p class="small from">{offer.page_shown()}</p>
            </div>
            <div class="get-it">
                <button
                    type="button"
                    aria-label=move || format!("{} {}", label(), offer.name)
                    disabled=move || loading.is_busy() || state.get() == Standing::InUse
                    on:click=get
                >
                    {label}
                </button>
                <span class="small">{part}</span>
            </div>
        </li>
    }
}

/// How a model of the list stands here.
#[derive(Clone, Debug, PartialEq)]
enum Standing {
    Away,
    /// How much of it has come.
    Part(String),
    Kept,
    InUse,
}

fn standing(offer: &Offer, models: &ModelsView) -> Standing {
    let name = offer.file_name();
    if models.loaded.as_ref().is_some_and(|model| model.file == name) {
        Standing::InUse
    } else if models.kept.iter().any(|file| file.name == name) {
        Standing::Kept
    } else {
        let part = models.parts.iter().find(|part| part.name == name);
        part.map_or(Standing::Away, |part| Standing::Part(progress_words(part)))
    }
}

#[component]
fn Embedded() -> impl IntoView {
    let session = Session::here();
    let loading = ModelLoading::here();
    view! {
        <article class="way">
            <h3>"The one that comes along"</h3>
            <p>
                "SmolLM2, 135 million parameters, 98 MB. It shows the whole pipeline, offline, on any "
                "machine. It is no authority: the measured traits carry the result."
            </p>
            <button
                type="button"
                class="primary"
                disabled=move || loading.is_busy()
                on:click=move |_| loading.start(session, ModelSource::Embedded, None)
            >
                "Load it"
            </button>
        </article>
    }
}

#[component]
fn FromDisk() -> impl IntoView {
    let session = Session::here();
    let loading = ModelLoading::here();
    let input = NodeRef::<html::Input>::new();
    let busy = move || loading.is_busy();
    let picked = move |_| {
        let Some(input) = input.get() else { return };
        let files = input.files().map(|files| Array::from(&files)).unwrap_or_default();
        if let Ok(first) = files.get(0).dyn_into::<web_sys::File>() {
            let attached = if files.length() > 1 { files.into() } else { first.clone().into() };
            loading.start(session, ModelSource::File { name: first.name(), sha256: None }, Some(attached));
        }
        input.set_value("");
    };
    view! {
        <article class="way">
            <h3>"A file on this machine"</h3>
            <p>
                "A GGUF file of a Llama, Mistral, Qwen 2 or 3, Gemma 3 or Phi 3: F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, "
                "Q5_1, Q2_K to Q6_K or IQ4_NL; of a model in several files, all of them. Three billion parameters or more make the difference, if your machine has the memory and the patience."
            </p>
            <label class="button" class:disabled=busy>
                "Choose a file"
                <input
                    type="file"
                    multiple
                    class="visually-hidden"
                    accept=".gguf"
                    node_ref=input
                    disabled=busy
                    on:change=picked
                />
            </label>
        </article>
    }
}

#[component]
fn FromAddress() -> impl IntoView {
    let (session, induction) = (Session::here(), Induction::here());
    let loading = ModelLoading::here();
    let (url, digest) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let problem = RwSignal::new(None);
    let told = move |of_digest: bool| {
        Signal::derive(move || match problem.get() {
            Some((about_digest, why)) if about_digest == of_digest => String::from(why),
            _ => String::new(),
        })
    };
    let download = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        match from_url(&url.get(), &digest.get()) {
            Ok(source) => {
                problem.set(None);
                begin(loading, session, induction, source);
            }
            Err(why) => problem.set(Some(why)),
        }
    };
    let reloads = move || {
        let url = url.get();
        from_url(&url, "").is_ok() && needs_reload(session, url.trim())
    };
    view! {
        <article class="way">
            <h3>"An address"</h3>
            <p>
                "The file is downloaded once and kept. The address sees your request, as with any download, "
                "and nothing else. One that hands the download on to yet another can't be followed: choose the file from "
                "disk then."
            </p>
            <form on:submit=download novalidate>
                <TextInput
                    label="Address of a GGUF file"
                    value=url
                    problem=told(false)
                    kind="url"
                    placeholder="https://…/model.gguf"
                />
                <TextInput label="Its SHA-256, if you have it" value=digest problem=told(true) />
                <Show when=reloads>
                    <p class="small">"This page loads itself anew once, so that it may reach that address."</p>
                </Show>
                <button type="submit" disabled=move || loading.is_busy()>
                    "Download"
                </button>
            </form>
        </article>
    }
}
