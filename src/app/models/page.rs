//! The page itself, and the loading that goes on when the page is left.

use leptos::task::spawn_local;
use leptos::{html, prelude::*};
use wasm_bindgen::JsValue;

use super::built_in::BuiltInModel;
use super::device::{CHOICES, because, choice_named, runs_on};
use super::fetching::{go_on, lapse};
use super::get::GetAnother;
use super::kept::Kept;
use super::run_on::RunOn;
use super::source::{expectation, load_detail, not_kept, parameters};
use crate::app::browser;
use crate::app::remote::RemoteModels;
use crate::app::session::Session;
use crate::service::client::{Asking, Client, Stop};
use crate::service::{
    DeviceChoice, Event, KeptFile, LoadedModel, ModelSource, ModelsView, Response, ServiceError,
};
use crate::view::loadable::Loadable;
use crate::view::{Failure, Progress, Spinner, catch_focus_on, sentence, words};

/// The setting that keeps what a model is to run on.
const RUN_ON: &str = "run-on";

/// The setting that keeps which file was loaded last; nothing where it was the model that comes along.
const LAST: &str = "model";

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

    /// Loads a model, unless one is being loaded; `files` is the file from disk, or a list of all that the model is in.
    pub fn start(self, session: Session, source: ModelSource, files: Option<JsValue>) {
        let device = self.wanted.get_untracked();
        let comes_along = matches!(source, ModelSource::Embedded);
        let loaded = move |model: &LoadedModel| {
            browser::keep_setting(LAST, if comes_along { "" } else { &model.file });
        };
        let begun = self
            .follow(session, loaded, |client, on_event| client.load_model(source, device, files, on_event));
        if begun.is_some() {
            self.stop.set(begun);
        }
    }

    /// The file that was loaded last, where it is kept here and is not the model that comes along.
    pub fn last(session: Session) -> Option<KeptFile> {
        let name = browser::setting(LAST)?;
        session.models.read().ready()?.kept.iter().find(|file| file.name == name).cloned()
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
            self.follow(session, |_| (), |client, on_event| client.move_model(device, on_event));
        }
    }

    /// Shows how far a load is, and what comes of it; nothing while another is under way.
    fn follow(
        self,
        session: Session,
        loaded: impl Fn(&LoadedModel) + 'static,
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
                    models.loaded.iter().for_each(loaded);
                    session.models.set(Loadable::Ready(models));
                    session.say("The model is ready.");
                    lapse(session);
                    // The person may have changed their mind meanwhile.
                    self.move_if_wanted(session);
                }
                Ok(_) => session.refresh_models(),
                // What has come of it is kept, and shown.
                Err(ServiceError::Cancelled) => session.refresh_models(),
                Err(error) => {
                    self.failed.set(Some(error));
                    session.refresh_models();
                }
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
    let there = Signal::derive(move || models.read().ready().cloned().unwrap_or_default());
    let loading = ModelLoading::here();
    Effect::new(move |_| {
        if ready.get() {
            go_on(loading, session);
        }
    });
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
                <Kept models=there />
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
    let failure = NodeRef::<html::Div>::new();
    // What was pressed may be far below; a failure from before this page was opened is there to be found.
    Effect::new(move |before: Option<()>| {
        if loading.failed.read().is_some() && before.is_some() {
            request_animation_frame(move || {
                failure.get_untracked().iter().for_each(|told| browser::show(told))
            });
        }
    });
    // The button that began it is disabled, and the one that stops it goes with it.
    Effect::new(move |before: Option<bool>| {
        let can_stop = loading.can_stop();
        if before.is_some_and(|before| before != can_stop) {
            catch_focus_on(".models .loading button");
        }
        can_stop
    });
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
        <div class="load-failure" tabindex="-1" node_ref=failure>
            {move || loading.failed.get().map(|error| view! { <Failure error=error /> })}
        </div>
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
    let speed = |rate: Option<f32>| rate.map_or("not measured yet".to_owned(), words::tokens_a_second);
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
            {not_kept(&model.kept).map(|told| view! { <p>{told}</p> })}
            <p class="small why-here">{because(&model.device)}</p>
            <p class="small">{expectation(&model)}</p>
        </section>
    }
}
