//! The page itself, and the loading that goes on when the page is left.

use leptos::task::spawn_local;
use leptos::{html, prelude::*};

use super::built_in::BuiltInModel;
use super::device::{CHOICES, because, choice_named, runs_on};
use super::run_on::RunOn;
use super::source::{expectation, from_url, load_detail, parameters};
use crate::app::browser;
use crate::app::remote::RemoteModels;
use crate::app::session::Session;
use crate::service::client::{Asking, Client, Stop};
use crate::service::{
    DeviceChoice, Event, LoadedModel, ModelSource, ModelView, ModelsView, Response, ServiceError,
};
use crate::view::loadable::Loadable;
use crate::view::{Confirm, Failure, Progress, Spinner, TextInput, sentence, words};

/// The setting that keeps what a model is to run on.
const RUN_ON: &str = "run-on";

/// A model that is being loaded; one at a time.
#[derive(Clone, Copy)]
pub struct ModelLoading {
    /// What is being done; none while nothing is.
    pub label: RwSignal<Option<String>>,
    /// The part that is done.
    pub fraction: RwSignal<Option<f64>>,
    /// The figures.
    pub detail: RwSignal<String>,
    /// What it is to run on, and those that are loaded later.
    pub wanted: RwSignal<DeviceChoice>,
    /// Why the last load failed.
    pub failed: RwSignal<Option<ServiceError>>,
    stop: RwSignal<Option<Stop>, LocalStorage>,
}

impl Default for ModelLoading {
    fn default() -> Self {
        ModelLoading {
            label: RwSignal::new(None),
            fraction: RwSignal::new(None),
            detail: RwSignal::new(String::new()),
            wanted: RwSignal::new(choice_named(&browser::setting(RUN_ON).unwrap_or_default())),
            failed: RwSignal::new(None),
            stop: RwSignal::new_local(None),
        }
    }
}

impl ModelLoading {
    /// The loading of this app.
    pub fn here() -> Self {
        expect_context()
    }

    /// Loads a model, unless one is being loaded.
    pub fn start(self, session: Session, source: ModelSource, file: Option<web_sys::File>) {
        let device = self.wanted.get_untracked();
        let begun = self.follow(session, |client, on_event| {
            client.load_model(source, device, file.map(Into::into), on_event)
        });
        if begun.is_some() {
            self.stop.set(begun);
        }
    }

    /// From now on models run on this; the one in use is loaded again for it.
    pub fn want(self, session: Session, device: DeviceChoice) {
        let kept = CHOICES.iter().find(|(choice, ..)| *choice == device);
        kept.iter().for_each(|(_, name, ..)| browser::keep_setting(RUN_ON, name));
        self.wanted.set(device);
        self.move_if_wanted(session);
    }

    /// Loads the model in use again if it is to run on something else by now.
    fn move_if_wanted(self, session: Session) {
        let device = self.wanted.get_untracked();
        let runs = session.models.with_untracked(|models| {
            models.ready().and_then(|models| models.loaded.as_ref().map(|loaded| loaded.wanted))
        });
        if runs.is_some_and(|runs| runs != device) {
            // It can't be stopped: there would be no model.
            self.follow(session, |client, on_event| client.move_model(device, on_event));
        }
    }

    /// Shows how far a load is, and what comes of it; nothing while another is under way.
    fn follow(
        self,
        session: Session,
        begin: impl FnOnce(&Client, Box<dyn Fn(Event)>) -> Asking,
    ) -> Option<Stop> {
        if self.label.read_untracked().is_some() {
            return None;
        }
        self.label.set(Some("Starting".into()));
        self.fraction.set(None);
        self.detail.set(String::new());
        self.failed.set(None);
        let on_event = move |event| {
            if let Event::LoadingModel { stage, bytes, of } = event {
                self.label.set(Some(sentence(&stage).trim_end_matches('.').to_owned()));
                self.fraction.set((of > 0).then(|| bytes.min(of) as f64 / of as f64));
                self.detail.set(load_detail(bytes, of));
            }
        };
        let asking = begin(&session.client(), Box::new(on_event));
        let stop = asking.stop();
        spawn_local(async move {
            let answer = asking.await;
            self.stop.set(None);
            self.label.set(None);
            match answer {
                Ok(Response::Models(models)) => {
                    session.models.set(Loadable::Ready(models));
                    session.say("The model is ready.");
                    // The person may have changed their mind meanwhile.
                    self.move_if_wanted(session);
                }
                Ok(_) => session.refresh_models(),
                Err(ServiceError::Cancelled) => {}
                Err(error) => self.failed.set(Some(error)),
            }
        });
        Some(stop)
    }

    /// Whether a model is being loaded.
    pub fn is_busy(self) -> bool {
        self.label.read().is_some()
    }

    /// Whether it can be stopped.
    pub fn can_stop(self) -> bool {
        self.is_busy() && self.stop.with(Option::is_some)
    }

    /// Stops it.
    pub fn cancel(self) {
        self.stop.with_untracked(|stop| stop.iter().for_each(Stop::now));
    }
}

/// The models.
#[component]
pub fn ModelsPage() -> impl IntoView {
    let session = Session::here();
    let retry = Callback::new(move |()| session.refresh_models());
    let models = Memo::new(move |_| session.models.get());
    let ready = Memo::new(move |_| models.read().ready().is_some());
    view! {
        <section class="page models">
            <header class="page-head">
                <h1>"Models"</h1>
            </header>
            <p class="lead">
                "A language model is only needed for the part of a portrait that takes reasoning. One that you load here "
                "reads your choices as they are, and what it reads goes nowhere."
            </p>
            {move || match models.get() {
                Loadable::Loading => view! { <Spinner text="Looking for models …" /> }.into_any(),
                Loadable::Failed(error) => view! { <Failure error=error retry=retry /> }.into_any(),
                Loadable::Ready(ModelsView { loaded: Some(model), .. }) => {
                    view! { <InUse model=model /> }.into_any()
                }
                Loadable::Ready(_) => {
                    view! { <p class="muted none-loaded">"No model is loaded."</p> }.into_any()
                }
            }}
            <Show when=move || ready.get()>
                <RunOn />
                <UnderWay />
                {move || models.get().ready().cloned().map(|models| view! { <Kept models=models /> })}
                <GetAnother />
            </Show>
            <BuiltInModel />
            <RemoteModels />
        </section>
    }
}

/// The model that is being loaded, or why it could not be.
#[component]
fn UnderWay() -> impl IntoView {
    let loading = ModelLoading::here();
    let label = Signal::derive(move || loading.label.get().unwrap_or_default());
    view! {
        <Show when=move || loading.is_busy()>
            <div class="panel loading" role="group" aria-label="Loading">
                <Progress label=label fraction=loading.fraction detail=loading.detail />
                <Show when=move || loading.can_stop()>
                    <div class="actions end">
                        <button type="button" on:click=move |_| loading.cancel()>
                            "Cancel"
                        </button>
                    </div>
                </Show>
            </div>
        </Show>
        {move || loading.failed.get().map(|error| view! { <Failure error=error /> })}
    }
}

/// The model in memory, with its figures.
#[component]
fn InUse(model: LoadedModel) -> impl IntoView {
    let session = Session::here();
    let unload = move |_| {
        let client = session.client();
        spawn_local(async move {
            match client.unload_model().await {
                Ok(models) => session.models.set(Loadable::Ready(models)),
                Err(error) => session.say_error(&error),
            }
        });
    };
    let speed =
        |rate: Option<f32>| rate.map_or("not measured yet".to_owned(), |r| format!("{r:.0} tokens a second"));
    let facts = [
        ("Parameters", parameters(model.millions)),
        ("Size", words::size(model.bytes)),
        ("Longest text", format!("{} tokens", words::grouped(f64::from(model.context_tokens)))),
        ("Format", model.format.clone()),
        ("Runs on", sentence(&runs_on(&model.device)).trim_end_matches('.').to_owned()),
        ("Reads", speed(model.prefill_per_second)),
        ("Writes", speed(model.decode_per_second)),
    ];
    view! {
        <section class="panel in-use" aria-labelledby="in-use">
            <header>
                <div>
                    <p class="eyebrow">"In use"</p>
                    <h2 id="in-use">{model.name.clone()}</h2>
                </div>
                <button type="button" on:click=unload>
                    "Take out of memory"
                </button>
            </header>
            <dl class="facts-list">
                {facts.map(|(name, value)| view! { <div><dt>{name}</dt><dd>{value}</dd></div> })}
            </dl>
            <p class="small why-here">{because(&model.device)}</p>
            <p class="small">{expectation(&model)}</p>
        </section>
    }
}

/// The files kept in this browser.
#[component]
fn Kept(models: ModelsView) -> impl IntoView {
    let ModelsView { kept, loaded } = models;
    let loaded = loaded.map(|model| model.file);
    (!kept.is_empty()).then(|| {
        view! {
            <section aria-labelledby="kept">
                <h2 id="kept">"Kept in this browser"</h2>
                <ul class="kept">
                    {kept
                        .into_iter()
                        .map(|model| {
                            let in_use = loaded.as_ref() == Some(&model.name);
                            view! { <KeptModel model=model in_use=in_use /> }
                        })
                        .collect_view()}
                </ul>
            </section>
        }
    })
}

#[component]
fn KeptModel(model: ModelView, in_use: bool) -> impl IntoView {
    let session = Session::here();
    let loading = ModelLoading::here();
    let asked = RwSignal::new(false);
    let name = StoredValue::new(model.name.clone());
    let busy = move || loading.is_busy();
    let remove = move |()| {
        let client = session.client();
        spawn_local(async move {
            match client.remove_model(name.get_value()).await {
                Ok(models) => session.models.set(Loadable::Ready(models)),
                Err(error) => session.say_error(&error),
            }
        });
    };
    view! {
        <li>
            <span class="file">{model.name}</span>
            <span class="figure">{words::size(model.bytes)}</span>
            <Confirm asked=asked question="Delete the file?" yes="Delete" on_yes=remove>
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
        </li>
    }
}

/// The ways to get a model.
#[component]
fn GetAnother() -> impl IntoView {
    let session = Session::here();
    let loading = ModelLoading::here();
    let url = RwSignal::new(String::new());
    let problem = RwSignal::new(String::new());
    let input = NodeRef::<html::Input>::new();
    let busy = move || loading.is_busy();
    let picked = move |_| {
        let Some(input) = input.get() else { return };
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            loading.start(session, ModelSource::File { name: file.name(), sha256: None }, Some(file));
        }
        input.set_value("");
    };
    let download = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        match from_url(&url.get()) {
            Ok(source) => {
                problem.set(String::new());
                loading.start(session, source, None);
            }
            Err(why) => problem.set(why.into()),
        }
    };
    view! {
        <section class="get" aria-labelledby="get">
            <h2 id="get">"Get a model"</h2>
            <div class="ways">
                <article class="way">
                    <h3>"The one that comes along"</h3>
                    <p>
                        "SmolLM2, 135 million parameters, 98 MB. It shows the whole pipeline, offline, on any "
                        "machine. It is no authority: the measured traits carry the result."
                    </p>
                    <button
                        type="button"
                        class="primary"
                        disabled=busy
                        on:click=move |_| loading.start(session, ModelSource::Embedded, None)
                    >
                        "Load it"
                    </button>
                </article>
                <article class="way">
                    <h3>"A file on this machine"</h3>
                    <p>
                        "A GGUF file of a Llama, Qwen 2 or 3, or Gemma 3: F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, "
                        "Q5_1, Q2_K to Q6_K or IQ4_NL. Three billion parameters or more make the difference, if your machine has the memory and the patience."
                    </p>
                    <label class="button" class:disabled=busy>
                        "Choose a file"
                        <input
                            type="file"
                            class="visually-hidden"
                            accept=".gguf"
                            node_ref=input
                            disabled=busy
                            on:change=picked
                        />
                    </label>
                </article>
                <article class="way">
                    <h3>"An address"</h3>
                    <p>
                        "The file is downloaded once and kept. The address sees your request, as with any download, "
                        "and nothing else. This app's server must allow that origin: start it with "
                        <code>"./start --allow https://that.host"</code> "."
                    </p>
                    <form on:submit=download novalidate>
                        <TextInput
                            label="Address of a GGUF file"
                            value=url
                            problem=problem
                            kind="url"
                            placeholder="https://…/model.gguf"
                        />
                        <button type="submit" disabled=busy>
                            "Download"
                        </button>
                    </form>
                </article>
            </div>
        </section>
    }
}
