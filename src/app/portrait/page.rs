//! The page itself: the prose, the claims, the traits, the model's part, and what to take away.

use leptos::prelude::*;
use leptos_router::components::A;

use super::claims::Claims;
use super::decisions::Decisions;
use super::induce::InducePanel;
use super::outputs::{Differences, Outputs};
use super::traits::Traits;
use super::trust::{as_now, read_from, trust};
use crate::app::browser;
use crate::app::session::{Loader, Session};
use crate::service::{PortraitView, Reading, ServiceError};
use crate::view::loadable::Loadable;
use crate::view::{Failure, Spinner, words};

/// What the choices say of a person.
#[component]
pub fn PortraitPage() -> impl IntoView {
    let session = Session::here();
    let reading = Loader::<Reading>::default();
    let portrait = Loader::<Option<Box<PortraitView>>>::default();
    let decisions = RwSignal::new(Decisions::default());
    let load_reading = move || {
        let Some(profile) = session.current.get_untracked() else { return };
        let client = session.client();
        reading.load(async move { client.reading(profile).await });
    };
    let load_portrait = move || {
        let Some(profile) = session.current.get_untracked() else { return };
        let client = session.client();
        portrait.load(async move { client.portrait(profile).await });
    };
    Effect::new(move |before: Option<_>| {
        let now = session.current.get();
        if before.is_some_and(|before| before != now) {
            reading.reset();
            portrait.reset();
            decisions.update(Decisions::let_go);
        }
        now
    });
    Effect::new(move |_| {
        session.current.track();
        session.history_changes.track();
        load_reading();
    });
    Effect::new(move |_| {
        session.current.track();
        session.history_changes.track();
        session.portrait_changes.track();
        load_portrait();
    });

    let name = move || session.person().map(|p| p.name).unwrap_or_default();
    // Memos: an answer that says the same again must not build the page anew under someone who reads it.
    let read = Memo::new(move |_| reading.value.get().ready().cloned());
    let kept = Memo::new(move |_| portrait.value.get().ready().cloned().flatten());
    let stage = Memo::new(move |_| match (&*reading.value.read(), &*portrait.value.read()) {
        (Loadable::Failed(error), _) | (_, Loadable::Failed(error)) => Stage::Failed(error.clone()),
        (Loadable::Ready(reading), Loadable::Ready(_)) if reading.pairs == 0 => Stage::Empty,
        (Loadable::Ready(_), Loadable::Ready(_)) => Stage::Ready,
        _ => Stage::Loading,
    });
    let retry = Callback::new(move |()| {
        load_reading();
        load_portrait();
    });
    let changed = Callback::new(move |(now,): (Option<Box<PortraitView>>,)| {
        portrait.value.set(Loadable::Ready(now));
    });
    view! {
        <section class="page portrait">
            <header class="page-head">
                <div>
                    <p class="eyebrow">"Portrait of"</p>
                    <h1>{name}</h1>
                </div>
            </header>
            {move || match stage.get() {
                Stage::Loading => view! { <Spinner text="Reading the choices …" /> }.into_any(),
                Stage::Failed(error) => view! { <Failure error=error retry=retry /> }.into_any(),
                Stage::Empty => view! { <NothingToRead /> }.into_any(),
                Stage::Ready => {
                    view! {
                        <Likeness read=read kept=kept decisions=decisions changed=changed />
                        <InducePanel portrait=kept />
                        {move || kept.get().map(|kept| view! { <Outputs portrait=*kept /> })}
                    }
                        .into_any()
                }
            }}
        </section>
    }
}

/// What the page shows.
#[derive(Clone, Debug, PartialEq)]
enum Stage {
    Loading,
    Failed(ServiceError),
    Empty,
    Ready,
}

/// There are no choices yet.
#[component]
fn NothingToRead() -> impl IntoView {
    view! {
        <div class="empty">
            <h2>"Nothing to go by yet"</h2>
            <p>"A portrait is made from choices between answers. Add some, or import them, on the History page."</p>
            <p class="actions">
                <A href=browser::address("/") attr:class="button primary">
                    "Go to the history"
                </A>
            </p>
        </div>
    }
}

/// The prose, how far it can be trusted, the claims, the traits.
#[component]
fn Likeness(
    read: Memo<Option<Reading>>,
    kept: Memo<Option<Box<PortraitView>>>,
    decisions: RwSignal<Decisions>,
    changed: Callback<(Option<Box<PortraitView>>,)>,
) -> impl IntoView {
    let wanted = Memo::new(move |_| read.get().map(|read| read.wanted).unwrap_or_default());
    // Where nothing can be said of the person, what would help is all that there is to say.
    let prose = Memo::new(move |_| {
        let prose = match kept.get() {
            Some(kept) => kept.prose,
            None => read.get().map(|read| read.prose).unwrap_or_default(),
        };
        if prose.is_empty() { wanted.get() } else { prose }
    });
    let unmeasured = Memo::new(move |_| read.get().map(|read| read.unmeasured).unwrap_or_default());
    let claims = Memo::new(move |_| match kept.get() {
        Some(kept) => kept.claims,
        None => read.get().map(|read| read.claims).unwrap_or_default(),
    });
    let differences = Memo::new(move |_| kept.get().map(|kept| kept.differences).unwrap_or_default());
    let traits = Memo::new(move |_| read.get().map(|read| read.traits).unwrap_or_default());
    let is_kept = Memo::new(move |_| kept.read().is_some());
    let is_stale = Memo::new(move |_| {
        kept.read().as_ref().is_some_and(|kept| kept.made_ms.is_some() && kept.changed_since > 0)
    });
    view! {
        <div class="likeness">
            {move || kept.get().and_then(|kept| Some(view! { <Made made_ms=kept.made_ms? portrait=*kept /> }))}
            <div class="prose" class:nothing=move || claims.read().is_empty() dir="auto">
                {move || paragraphs(&prose.read())}
            </div>
            <Show when=move || !wanted.read().is_empty() && *wanted.read() != *prose.read()>
                <p class="wanted">{move || wanted.get()}</p>
            </Show>
            <Show when=move || !unmeasured.read().is_empty()>
                <p class="wanted">{move || unmeasured.get()}</p>
            </Show>
            {move || {
                let kept = kept.read().as_ref().map(|kept| kept.foretells);
                let counted = |reading: &Reading| !is_stale.get() && kept.unwrap_or(reading.foretells);
                read.get().map(|reading| view! { <Trust counted=counted(&reading) reading stale=is_stale.get() /> })
            }}
        </div>
        {move || view! { <Differences differences=differences.get() /> }}
        <Claims claims=claims kept=is_kept decisions=decisions changed=changed />
        {move || view! { <Traits traits=traits.get() /> }}
    }
}

/// When and by what the kept portrait was made, and whether it is stale.
#[component]
fn Made(portrait: PortraitView, made_ms: f64) -> impl IntoView {
    let by = match &portrait.model {
        Some(model) => format!("Made {} with {model}", browser::when(made_ms)),
        None => format!("Made {} from the traits alone", browser::when(made_ms)),
    };
    let stale = (portrait.changed_since > 0).then(|| {
        format!(
            "{} added, changed or deleted since. Make a new portrait below to take that in.",
            words::count(portrait.changed_since, "choice was", "choices were")
        )
    });
    view! {
        <p class="facts">{by} ", from " {words::count(portrait.pairs, "choice", "choices")}</p>
        {stale.map(|text| view! { <p class="stale" role="status">{text}</p> })}
    }
}

/// How well choices are predicted that were left out: the one figure that says what all of this is worth.
#[component]
fn Trust(
    reading: Reading,
    /// Whether the portrait above was made from other choices.
    stale: bool,
    /// Whether its prose says the same.
    counted: bool,
) -> impl IntoView {
    let now = stale.then(|| format!("{} ", as_now(&reading)));
    let kept = Session::here().person().map_or(0, |person| person.pairs);
    let from = (!stale).then(|| format!(" {}", read_from(&reading, kept)));
    view! {
        <p class="trust">
            {now} {trust(&reading, counted)}
            {from
                .map(|from| {
                    let took = format!("It took {}", words::took(reading.elapsed_ms));
                    view! { <span class="small" title=took>{from}</span> }
                })}
        </p>
    }
}

fn paragraphs(prose: &str) -> impl IntoView + use<> {
    prose
        .split("\n\n")
        .map(str::trim)
        .filter(|text| !text.is_empty())
        .map(|text| view! { <p>{text.to_owned()}</p> })
        .collect_view()
}
