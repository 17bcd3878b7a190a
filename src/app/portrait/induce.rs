//! The model's part of the page: start an induction, see how far it is, stop it, go on with it.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::A;

use super::interrupted::{Interrupted, pending_induction};
use super::run::{Field, Run, RunForm, SEARCHES, estimate_text};
use crate::app::browser;
use crate::app::models::ModelLoading;
use crate::app::remote::{BuiltIn, ModelSelect, Waiting, WaitingFor, choice_of};
use crate::app::session::Session;
use crate::service::client::Stop;
use crate::service::{
    BUILT_IN_RAW, Event, InductionSettings, LoadedModel, ModelChoice, ModelSource, PortraitView, ProfileId,
    ServiceError,
};
use crate::view::{Confirm, Failure, Progress, TextInput, catch_focus_on, sentence, show_wrong, words};

/// The form that starts one.
const FORM: &str = ".induce form";

/// The induction that is under way; it goes on when the page is left.
#[derive(Clone, Copy)]
pub struct Induction {
    session: Session,
    run: RwSignal<Run>,
    /// Whose it is.
    whose: RwSignal<Option<ProfileId>>,
    /// Who shall read, as chosen in the form; the form is made anew when a model is loaded, and keeps it.
    which: RwSignal<String>,
    /// Which remote model it waits for.
    waiting: Waiting,
    stop: StoredValue<Option<Stop>, LocalStorage>,
}

impl Induction {
    /// None is under way.
    pub fn new(session: Session) -> Self {
        Induction {
            session,
            run: RwSignal::new(Run::Idle),
            whose: RwSignal::new(None),
            which: RwSignal::new(String::new()),
            waiting: Waiting::default(),
            stop: StoredValue::new_local(None),
        }
    }

    /// The induction of this app.
    pub fn here() -> Self {
        expect_context()
    }

    /// Whether one is under way.
    pub fn is_busy(self) -> bool {
        self.run.read_untracked().is_busy()
    }

    /// Makes a portrait, unless one is being made.
    pub fn start(self, settings: InductionSettings) {
        let Some(profile) = self.session.current.get_untracked() else { return };
        if self.is_busy() {
            return;
        }
        self.whose.set(Some(profile.clone()));
        self.run.update(Run::start);
        let on_event = move |event| {
            self.waiting.hear(&event);
            if let Event::Inducing(progress) = event {
                self.run.update(|run| run.progress(progress));
            }
        };
        let asking = self.session.client().induce(profile, settings, on_event);
        self.stop.set_value(Some(asking.stop()));
        spawn_local(async move {
            let answer = asking.await;
            self.stop.set_value(None);
            self.waiting.over();
            if answer.is_ok() {
                self.session.say("The portrait is ready.");
            }
            self.run.update(|run| run.ended(answer.err()));
            self.session.portrait_changes.update(|n| *n = n.wrapping_add(1));
        });
    }

    fn cancel(self) {
        self.run.update(Run::stop);
        self.stop.with_value(|stop| stop.iter().for_each(Stop::now));
    }
}

/// The panel.
#[component]
pub fn InducePanel(
    /// The kept portrait, if there is one.
    portrait: Memo<Option<Box<PortraitView>>>,
) -> impl IntoView {
    let session = Session::here();
    let induction = Induction::here();
    let loaded = Memo::new(move |_| session.models.read().ready().and_then(|models| models.loaded.clone()));
    let remote = Memo::new(move |_| session.has_other_models());
    // A memo, since the run changes with every answer and the panel must not be built anew each time.
    let busy = Memo::new(move |_| induction.run.read().is_busy());
    let again = move || portrait.read().as_ref().is_some_and(|kept| kept.model.is_some());
    let here = move || induction.whose.get() == session.current.get();
    let elsewhere = move || busy.get() && !here();
    // What was pressed goes with what it was in: one leads to the way to stop, and back.
    Effect::new(move |before: Option<bool>| {
        let now = busy.get();
        if before.is_some_and(|before| before != now) {
            catch_focus_on(if now { ".induce .stop" } else { ".induce button" });
        }
        now
    });
    view! {
        <section class="panel induce" aria-labelledby="induce-heading">
            <h2 id="induce-heading">"Let a model read along"</h2>
            <p>
                "A language model looks at your choices, says why it thinks you made them, and is believed only where "
                "it predicts right. One on this device reads them as they are; a remote one sees sketches. What it finds joins the claims; how much weight its judgement "
                "gets is decided by your own choices, and may be none."
            </p>
            {move || {
                if elsewhere() {
                    view! { <p class="muted">"An induction of another person is under way; one runs at a time. Choose that person to see how far it is, or to cancel it."</p> }
                        .into_any()
                } else if busy.get() {
                    view! { <Running induction=induction /> }.into_any()
                } else {
                    match loaded.get() {
                        None if !remote.get() => {
                            view! { <NeedsModel replaces=again() induction=induction /> }.into_any()
                        }
                        model => view! { <Start model=model again=again() induction=induction /> }.into_any(),
                    }
                }
            }}
        </section>
    }
}

/// No model is loaded: which to take, or to do without.
#[component]
fn NeedsModel(
    /// Whether there is a portrait that a model made.
    replaces: bool,
    induction: Induction,
) -> impl IntoView {
    let session = Session::here();
    let asked = RwSignal::new(false);
    let without = move || {
        asked.set(false);
        if let Ok(settings) = RunForm::default().settings() {
            induction.start(settings);
        }
    };
    let loading = ModelLoading::here();
    let label = Signal::derive(move || loading.label.get().unwrap_or_default());
    let pending = pending_induction(session);
    // What was pressed goes with what it was in.
    Effect::new(move |before: Option<bool>| {
        let busy = loading.is_busy();
        if before.is_some_and(|before| before != busy) {
            catch_focus_on(".induce .actions button");
        }
        busy
    });
    view! {
        <Interrupted pending=pending has_local=false induction=induction />
        <Show
            when=move || loading.is_busy()
            fallback=move || {
                let last = ModelLoading::last(session);
                let comes_along = last.is_none();
                view! {
                    <div class="actions">
                        {last
                            .map(|file| {
                                let label = format!("Load {} again", file.name);
                                let again = move |_| loading.start(session, ModelSource::Kept(file.name.clone()), None);
                                view! {
                                    <button type="button" class="primary" on:click=again>
                                        {label}
                                    </button>
                                }
                            })}
                        <button
                            type="button"
                            class:primary=comes_along
                            on:click=move |_| loading.start(session, ModelSource::Embedded, None)
                        >
                            "Load the model that comes along"
                        </button>
                        <A href=browser::address("/models") attr:class="button quiet">
                            "Choose another …"
                        </A>
                    </div>
                    <p class="small">
                        "The one that comes along: 98 MB, 135 million parameters. It shows how everything works, offline, on any machine; the "
                        "measured traits carry the result. A model of three billion parameters or more makes the "
                        "difference."
                    </p>
                    <p class="small">
                        "Without a model the prompts are made from the traits alone. "
                        <Confirm
                            asked=asked
                            question="Replace the portrait that a model made? It can't be brought back."
                            yes="Replace it"
                            on_yes=move |()| without()
                        >
                            <button
                                type="button"
                                class="link"
                                on:click=move |_| if replaces { asked.set(true) } else { without() }
                            >
                                "Do without a model"
                            </button>
                        </Confirm>
                    </p>
                }
            }
        >
            <Progress label=label fraction=loading.fraction detail=loading.detail />
            <div class="actions">
                <button type="button" on:click=move |_| loading.cancel()>
                    "Cancel"
                </button>
            </div>
        </Show>
        {move || loading.failed.get().map(|error| view! { <Failure error=error /> })}
        {move || match &*induction.run.read() {
            Run::Failed(error) => Some(view! { <Failure error=error.clone() /> }),
            _ => None,
        }}
    }
}

/// The form and the button, below the interrupted induction.
#[component]
fn Start(model: Option<LoadedModel>, again: bool, induction: Induction) -> impl IntoView {
    let session = Session::here();
    let form = RwSignal::new(RunForm::default());
    let which = induction.which;
    let all = session.endpoints.read_untracked().ready().cloned().unwrap_or_default();
    let chosen = choice_of(&which.get_untracked()).remote();
    let is_there = chosen.is_some_and(|id| BuiltIn::has_id(&id) || all.iter().any(|one| one.id == id));
    if !is_there {
        let first = || all.first().map_or_else(BuiltIn::id, |one| one.id.clone());
        which.set(if model.is_some() { String::new() } else { first() });
    }
    let needs_local = Memo::new(move |_| !matches!(choice_of(&which.get()), ModelChoice::Remote(_)));
    let has_local = model.is_some();
    let seed = RwSignal::new(form.get_untracked().seed);
    let candidates = RwSignal::new(String::new());
    let (seed_problem, candidates_problem) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let pending = pending_induction(session);
    let begin = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        form.update(|form| {
            form.seed = seed.get();
            form.candidates = candidates.get();
            form.model = choice_of(&which.get());
        });
        seed_problem.set(String::new());
        candidates_problem.set(String::new());
        match form.read_untracked().settings() {
            Ok(settings) => induction.start(settings),
            Err((field, why)) => {
                match field {
                    Field::Seed => seed_problem.set(why.into()),
                    Field::Candidates => candidates_problem.set(why.into()),
                }
                show_wrong(FORM);
            }
        }
    };
    let local = model.map(|model| {
        let speed = model.prefill_per_second;
        let speed = speed.map(|rate| format!(" It reads about {} here.", words::tokens_a_second(rate)));
        sentence(&format!("With {}", model.name)) + &speed.unwrap_or_default()
    });
    let local = StoredValue::new(local.unwrap_or_default());
    let estimate = move || {
        let mut form = form.get();
        (form.seed, form.candidates) = (seed.get(), candidates.get());
        form.model = choice_of(&which.get());
        // A model on this device costs nothing.
        let costs =
            |settings: &InductionSettings| settings.remote.as_ref().is_some_and(|id| id != BUILT_IN_RAW);
        form.settings().ok().filter(costs)
    };
    view! {
        {move || match &*induction.run.read() {
            Run::Failed(error) => Some(view! { <Failure error=error.clone() /> }),
            _ => None,
        }}
        <Interrupted pending=pending has_local=has_local induction=induction />
        <form on:submit=begin novalidate>
            <ModelSelect value=which divides=true />
            <fieldset class="options">
                <legend>"How much to search"</legend>
                {SEARCHES
                    .map(|(name, title, what)| {
                        view! {
                            <label class="option">
                                <input
                                    type="radio"
                                    name="search"
                                    value=name
                                    prop:checked=move || form.read().search == name
                                    on:change=move |_| form.update(|form| form.search = name.into())
                                />
                                <span>
                                    <strong>{title}</strong>
                                    {what}
                                </span>
                            </label>
                        }
                    })}
            </fieldset>
            <details class="fold">
                <summary>"More"</summary>
                <TextInput
                    label="Seed"
                    value=seed
                    problem=seed_problem
                    kind="number"
                    hint="The same seed, choices and model give the same portrait."
                />
                <TextInput
                    label="Candidates"
                    value=candidates
                    problem=candidates_problem
                    kind="number"
                    hint="How many sets of examples are tried in each search; empty for the search's own number."
                />
            </details>
            <Estimate settings=Memo::new(move |_| estimate()) />
            <div class="actions">
                <button
                    type="submit"
                    class:primary=move || pending.read().is_none()
                    disabled=move || needs_local.get() && !has_local
                >
                    {if again { "Make a new portrait" } else { "Induce" }}
                </button>
                <Show
                    when=move || needs_local.get() && !has_local
                    fallback=move || view! {
                        <span class="small">
                            {move || if needs_local.get() { local.get_value() } else { String::new() }}
                        </span>
                    }
                >
                    <A href=browser::address("/models") attr:class="small">
                        "Load a model on this device first"
                    </A>
                </Show>
            </div>
        </form>
    }
}

/// What a run on a remote model will take, before it begins; nothing is sent for it.
#[component]
fn Estimate(
    /// The run; none for one on this device.
    settings: Memo<Option<InductionSettings>>,
) -> impl IntoView {
    let session = Session::here();
    let told = RwSignal::new(None::<Result<String, ServiceError>>);
    Effect::new(move |_| {
        let (Some(profile), Some(wanted)) = (session.current.get(), settings.get()) else {
            told.set(None);
            return;
        };
        // What is shown was of another run: with many choices the new one takes seconds.
        if told.get_untracked().is_some() {
            told.set(Some(Ok("Working out what this takes …".to_owned())));
        }
        let client = session.client();
        spawn_local(async move {
            let estimate = client.estimate(profile, wanted.clone()).await;
            // Something else is wanted by now, or the page is gone.
            if settings.try_get_untracked() == Some(Some(wanted)) {
                told.try_set(Some(estimate.map(|estimate| estimate_text(&estimate))));
            }
        });
    });
    move || {
        told.get().map(|told| match told {
            Ok(text) => view! { <p class="small estimate">{text}</p> }.into_any(),
            Err(error) => view! { <Failure error=error /> }.into_any(),
        })
    }
}

/// How far it is, and the way to stop it.
#[component]
fn Running(induction: Induction) -> impl IntoView {
    let run = induction.run;
    view! {
        <Progress
            label=Signal::derive(move || run.read().label())
            fraction=Signal::derive(move || run.read().fraction())
            detail=Signal::derive(move || run.read().detail())
        />
        {move || run.read().further().map(|text| view! { <p class="small">{text}</p> })}
        <p class="small run-note" aria-live="polite">
            {move || run.read().note()}
        </p>
        <WaitingFor waiting=induction.waiting />
        <div class="actions">
            // Disabled, it would lose the focus; a second press stops nothing more.
            <button
                type="button"
                class="stop"
                aria-disabled=move || matches!(*run.read(), Run::Stopping(_)).then_some("true")
                on:click=move |_| induction.cancel()
            >
                "Cancel"
            </button>
            <span class="small">{move || run.read().saved()}</span>
        </div>
        <p class="small">
            "You can look around meanwhile. Each answer is kept: if this tab is closed, it goes on where it stopped."
        </p>
    }
}
