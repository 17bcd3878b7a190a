//! Draft and pick: a remote model drafts answers to the question alone; the person's own reward ranks them here.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::A;

use crate::app::remote::ReachNotice;
use crate::app::session::Session;
use crate::service::client::Stop;
use crate::service::{DraftAnswer, EndpointView, Response, ServiceError};
use crate::view::{Failure, Spinner, TextArea, fresh_id, sentence, words};

/// Answers that are drafted, to choose from.
const DRAFTS: [u32; 3] = [2, 4, 6];

/// How the drafting stands.
#[derive(Clone, Debug, PartialEq)]
enum Drafting {
    Idle,
    Asking,
    Answered(Vec<DraftAnswer>),
    Failed(ServiceError),
}

/// The page.
#[component]
pub fn AskPage() -> impl IntoView {
    let session = Session::here();
    let endpoints = Memo::new(move |_| session.endpoints.read().ready().cloned().unwrap_or_default());
    let name = move || session.person().map(|p| p.name).unwrap_or_default();
    view! {
        <section class="page ask">
            <header class="page-head">
                <div>
                    <p class="eyebrow">{name}</p>
                    <h1>"Ask"</h1>
                </div>
            </header>
            <p class="lead">
                "A remote model drafts several answers. It gets your question and nothing about you; which draft you would "
                "like best is worked out here."
            </p>
            {move || {
                if endpoints.read().is_empty() {
                    view! {
                        <div class="empty">
                            <h2>"No remote model yet"</h2>
                            <p>"This page asks a model on another machine, or in a server of this one."</p>
                            <div class="actions">
                                <A href="/models" attr:class="button primary">
                                    "Add one on the Models page"
                                </A>
                            </div>
                        </div>
                    }
                    .into_any()
                } else {
                    view! { <Question endpoints=endpoints /> }.into_any()
                }
            }}
        </section>
    }
}

#[component]
fn Question(endpoints: Memo<Vec<EndpointView>>) -> impl IntoView {
    let session = Session::here();
    let question = RwSignal::new(String::new());
    let problem = RwSignal::new(String::new());
    let first = endpoints.with_untracked(|all| all.first().map(|one| one.id.clone())).unwrap_or_default();
    let (which, answers) = (RwSignal::new(first), RwSignal::new(DRAFTS[1]));
    let drafting = RwSignal::new(Drafting::Idle);
    let stop = StoredValue::new_local(None::<Stop>);
    let chosen = Memo::new(move |_| endpoints.read().iter().find(|one| one.id == which.get()).cloned());
    let ask = move || {
        let Some(profile) = session.current.get_untracked() else { return };
        if question.read_untracked().trim().is_empty() {
            problem.set("Type a question.".into());
            return;
        }
        problem.set(String::new());
        drafting.set(Drafting::Asking);
        let text = question.get_untracked();
        let asking = session.client().draft(profile, which.get_untracked(), text, answers.get_untracked());
        stop.set_value(Some(asking.stop()));
        spawn_local(async move {
            let next = match asking.await {
                Ok(Response::Drafts(drafts)) => Drafting::Answered(drafts),
                Ok(_) => Drafting::Failed(ServiceError::Internal("an answer of another kind".into())),
                Err(ServiceError::Cancelled) => Drafting::Idle,
                Err(error) => Drafting::Failed(error),
            };
            let _ = drafting.try_set(next);
        });
    };
    on_cleanup(move || stop.with_value(|stop| stop.iter().for_each(Stop::now)));
    let (model_id, count_id) = (fresh_id("model"), fresh_id("drafts"));
    view! {
        <form
            on:submit=move |event| {
                event.prevent_default();
                ask();
            }
        >
            <TextArea
                label="Question"
                value=question
                on_input=move |text| question.set(text)
                problem=problem
                hint="It goes to the remote model as you type it. One that quotes your history is not sent."
                rows=4
            />
            <div class="sides">
                <div class="field">
                    <label for=model_id.clone()>"Model"</label>
                    <select id=model_id on:change=move |event| which.set(event_target_value(&event))>
                        <For each=move || endpoints.get() key=|one| one.id.clone() let:one>
                            <option value=one.id.clone()>{format!("{} at {}", one.model, one.origin)}</option>
                        </For>
                    </select>
                </div>
                <div class="field">
                    <label for=count_id.clone()>"Drafts"</label>
                    <select
                        id=count_id
                        on:change=move |event| answers.set(event_target_value(&event).parse().unwrap_or(DRAFTS[1]))
                    >
                        {DRAFTS
                            .map(|count| view! {
                                <option value=count.to_string() selected=move || answers.get() == count>
                                    {words::count(count, "answer", "answers")}
                                </option>
                            })}
                    </select>
                </div>
            </div>
            {move || chosen.get().map(|one| view! { <ReachNotice origin=one.origin /> })}
            <div class="actions">
                <button type="submit" class="primary" disabled=move || drafting.get() == Drafting::Asking>
                    "Draft and pick"
                </button>
            </div>
        </form>
        <div class="drafts" aria-live="polite">
            {move || match drafting.get() {
                Drafting::Idle => ().into_any(),
                Drafting::Asking => view! {
                    <div class="actions">
                        <Spinner text="Drafting …" />
                        <button type="button" on:click=move |_| stop.with_value(|stop| stop.iter().for_each(Stop::now))>
                            "Cancel"
                        </button>
                    </div>
                }
                .into_any(),
                Drafting::Failed(error) => {
                    view! { <Failure error=error retry=Callback::new(move |()| ask()) /> }.into_any()
                }
                Drafting::Answered(drafts) => view! { <Drafts drafts=drafts /> }.into_any(),
            }}
        </div>
    }
}

/// The best draft in full, the others a click away.
#[component]
fn Drafts(drafts: Vec<DraftAnswer>) -> impl IntoView {
    let mut drafts = drafts.into_iter();
    let best = drafts.next();
    let others: Vec<DraftAnswer> = drafts.collect();
    view! {
        {match best {
            None => view! { <p class="muted">"The model gave no answer."</p> }.into_any(),
            Some(best) => view! {
                <article class="panel draft best">
                    <h2>{if others.is_empty() { "The one answer" } else { "You would like this one best" }}</h2>
                    <DraftText draft=best alone=others.is_empty() />
                </article>
            }
            .into_any(),
        }}
        {others
            .into_iter()
            .enumerate()
            .map(|(at, draft)| view! {
                <details class="fold draft">
                    <summary>{format!("Draft {}, {} to be preferred", at + 2, words::percent(draft.liked))}</summary>
                    <DraftText draft=draft alone=false />
                </details>
            })
            .collect_view()}
    }
}

#[component]
fn DraftText(draft: DraftAnswer, alone: bool) -> impl IntoView {
    view! {
        <p class="answer-text" dir="auto">{draft.text}</p>
        {(!alone && !draft.why.is_empty())
            .then(|| view! {
                <ul class="why small">
                    {draft.why.into_iter().map(|why| view! { <li>{sentence(&told(&why))}</li> }).collect_view()}
                </ul>
            })}
    }
}

/// A judgement's reason speaks of the first of two answers; here it is this one.
fn told(why: &str) -> String {
    why.replace("The first answer", "This one")
}
