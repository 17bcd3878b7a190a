//! The remote models on the page: those that are configured, and the form for one.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::A;

use super::attempt::{Attempt, Tried, TryButton};
use super::form::{EndpointForm, FormProblem, Number, OWN};
use super::policy::{ReachNotice, allow_and_reload};
use crate::app::browser;
use crate::app::portrait::Induction;
use crate::app::session::Session;
use crate::provider::{Api, PRESETS};
use crate::service::EndpointView;
use crate::view::loadable::Loadable;
use crate::view::{Confirm, Failure, TextInput, catch_focus_on, focus_soon, fresh_id, show_wrong};

/// The form for one.
const FORM: &str = ".endpoint-form";

/// The section.
#[component]
pub fn RemoteModels() -> impl IntoView {
    let session = Session::here();
    let editing = RwSignal::new(None::<EndpointForm>);
    let all = Memo::new(move |_| session.endpoints.get());
    // What opens the form goes when it does, and the other way round.
    Effect::new(move |before: Option<()>| {
        let opens = editing.read().is_some();
        match before {
            Some(()) if opens => focus_soon(format!("{FORM} select")),
            Some(()) => catch_focus_on(".remote .add"),
            None => {}
        }
    });
    view! {
        <section class="remote" aria-labelledby="remote">
            <h2 id="remote">"Remote models"</h2>
            <p>
                "A model on another machine, or in a server of this one, can do the reasoning. It never sees your choices: it "
                "gets sketches, and a guard reads every request before it leaves. "
                <A href=browser::address("/privacy")>"What left is on the Privacy page"</A> "."
            </p>
            {move || match all.get() {
                Loadable::Loading => ().into_any(),
                Loadable::Failed(error) => view! { <Failure error=error /> }.into_any(),
                Loadable::Ready(all) => view! {
                    <ul class="kept endpoints">
                        {all.into_iter().map(|one| view! { <Endpoint endpoint=one editing=editing /> }).collect_view()}
                    </ul>
                }
                .into_any(),
            }}
            {move || match editing.get() {
                Some(form) => view! { <Form start=form editing=editing /> }.into_any(),
                None => view! {
                    <div class="actions">
                        <button
                            type="button"
                            class="add"
                            on:click=move |_| editing.set(Some(EndpointForm::default()))
                        >
                            "Add a remote model …"
                        </button>
                    </div>
                }
                .into_any(),
            }}
        </section>
    }
}

#[component]
fn Endpoint(endpoint: EndpointView, editing: RwSignal<Option<EndpointForm>>) -> impl IntoView {
    let (session, induction) = (Session::here(), Induction::here());
    let asked = RwSignal::new(false);
    let attempt = Attempt::default();
    let kept = StoredValue::new(endpoint.clone());
    let remove = move |()| {
        let client = session.client();
        spawn_local(async move {
            match client.remove_endpoint(kept.with_value(|one| one.id.clone())).await {
                Ok(left) => {
                    session.endpoints.set(Loadable::Ready(left));
                    session.say("Removed, with its key.");
                    allow_and_reload(session, Some(induction));
                }
                Err(error) => session.say_error(&error),
            }
        });
    };
    let key = if endpoint.has_key { ", with a key" } else { "" };
    view! {
        <li>
            <span class="file">{endpoint.model.clone()}</span>
            <span class="figure">{format!("{}{key}", endpoint.origin)}</span>
            <Confirm asked=asked question="Forget it, and its key?" yes="Forget" on_yes=remove>
                <TryButton attempt=attempt id=kept.with_value(|one| one.id.clone()) />
                <button
                    type="button"
                    class="quiet"
                    on:click=move |_| editing.set(Some(kept.with_value(EndpointForm::of)))
                >
                    "Change"
                </button>
                <button type="button" class="quiet" on:click=move |_| asked.set(true)>
                    "Remove"
                </button>
            </Confirm>
            <div class="endpoint-notes" aria-live="polite">
                <ReachNotice origin=endpoint.origin.clone() />
                {endpoint.on_this_machine.then(|| view! {
                    <p class="small">"A server on this machine is a server: it sees sketches, too."</p>
                })}
                <Tried attempt=attempt />
            </div>
        </li>
    }
}

#[component]
fn Form(start: EndpointForm, editing: RwSignal<Option<EndpointForm>>) -> impl IntoView {
    let (session, induction) = (Session::here(), Induction::here());
    let is_new = start.id.is_none();
    let has_key = start.has_key;
    let form = RwSignal::new(start.clone());
    let field = |text: &str| RwSignal::new(text.to_owned());
    let (endpoint, model, key) = (field(&start.endpoint), field(&start.model), field(""));
    let (context, prompt_price, answer_price) =
        (field(&start.context_tokens), field(&start.prompt_price), field(&start.answer_price));
    let (most_calls, most_cost) = (field(&start.most_calls), field(&start.most_cost));
    let problem = RwSignal::new(None::<FormProblem>);
    let refused = RwSignal::new(None);
    let busy = RwSignal::new(false);
    let told = move |of: fn(FormProblem) -> Option<&'static str>| {
        Signal::derive(move || problem.get().and_then(of).unwrap_or_default().to_owned())
    };
    let number = move |field: Number| {
        Signal::derive(move || match problem.get() {
            Some(FormProblem::Number(of, why)) if of == field => why.to_owned(),
            _ => String::new(),
        })
    };
    let choose = move |event| {
        form.update(|form| form.choose(&event_target_value(&event)));
        form.with_untracked(|form| endpoint.set(form.endpoint.clone()));
    };
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        form.update(|form| {
            (form.endpoint, form.model, form.key) = (endpoint.get(), model.get(), key.get());
            form.context_tokens = context.get();
            (form.prompt_price, form.answer_price) = (prompt_price.get(), answer_price.get());
            (form.most_calls, form.most_cost) = (most_calls.get(), most_cost.get());
        });
        problem.set(None);
        refused.set(None);
        let draft = match form.with_untracked(|form| form.draft(&browser::day())) {
            Ok(draft) => draft,
            Err(wrong) => {
                problem.set(Some(wrong));
                return show_wrong(FORM);
            }
        };
        busy.set(true);
        let client = session.client();
        spawn_local(async move {
            let saved = client.save_endpoint(draft).await;
            busy.try_set(false);
            match saved {
                Ok(all) => {
                    session.endpoints.set(Loadable::Ready(all));
                    editing.try_set(None);
                    allow_and_reload(session, Some(induction));
                }
                Err(error) => drop(refused.try_set(Some(error))),
            }
        });
    };
    let (preset_id, api_id) = (fresh_id("preset"), fresh_id("api"));
    let needs_key = move || form.read().chosen().is_none_or(|chosen| chosen.needs_key);
    view! {
        <form class="panel endpoint-form" on:submit=save novalidate aria-label="A remote model">
            <h3>{if is_new { "Add a remote model" } else { "Change the remote model" }}</h3>
            <div class="field">
                <label for=preset_id.clone()>"Service"</label>
                <select id=preset_id on:change=choose>
                    {PRESETS
                        .iter()
                        .map(|one| view! {
                            <option value=one.id selected=move || form.read().preset == one.id>
                                {if one.needs_key { one.name.to_owned() } else { format!("{}, on this machine", one.name) }}
                            </option>
                        })
                        .collect_view()}
                    <option value=OWN selected=move || form.read().preset == OWN>
                        "Another address"
                    </option>
                </select>
            </div>
            <Show when=move || form.read().preset == OWN>
                <div class="field">
                    <label for=api_id.clone()>"Its API"</label>
                    <select
                        id=api_id.clone()
                        on:change=move |event| form.update(|form| form.api = event_target_value(&event))
                    >
                        {Api::ALL
                            .map(|(name, _)| view! {
                                <option value=name selected=move || form.read().api == name>
                                    {match name {
                                        "openai" => "Like OpenAI's",
                                        "anthropic" => "Like Anthropic's",
                                        _ => "Like Gemini's",
                                    }}
                                </option>
                            })}
                    </select>
                </div>
            </Show>
            <TextInput
                label="Base address"
                value=endpoint
                kind="url"
                problem=told(|p| if let FormProblem::Endpoint(why) = p { Some(why) } else { None })
            />
            <TextInput
                label="Model"
                value=model
                hint="As the service spells it."
                problem=told(|p| if let FormProblem::Model(why) = p { Some(why) } else { None })
            />
            <Show when=needs_key>
                <TextInput
                    label="Key"
                    value=key
                    kind="password"
                    hint=if has_key {
                        "A key is kept; type another to replace it."
                    } else {
                        "Kept encrypted in this browser, and sent to this address alone."
                    }
                    problem=told(|p| if let FormProblem::Key(why) = p { Some(why) } else { None })
                />
            </Show>
            {has_key.then(|| view! {
                <label class="check">
                    <input
                        type="checkbox"
                        on:change=move |event| form.update(|form| form.forget_key = event_target_checked(&event))
                    />
                    <span>"Forget the kept key"</span>
                </label>
            })}
            <details class="fold">
                <summary>"Limits and prices"</summary>
                <TextInput
                    label="Longest prompt and answer, in tokens"
                    value=context
                    kind="number"
                    problem=number(Number::ContextTokens)
                />
                <div class="sides">
                    <TextInput
                        label="Price of a million tokens of prompt"
                        value=prompt_price
                        problem=number(Number::PromptPrice)
                    />
                    <TextInput
                        label="Price of a million tokens of answer"
                        value=answer_price
                        problem=number(Number::AnswerPrice)
                    />
                </div>
                <TextInput
                    label="Most calls of one job"
                    value=most_calls
                    kind="number"
                    hint="The job stops before it passes this. Each time that you let it go on, it may make as many again."
                    problem=number(Number::MostCalls)
                />
                <TextInput
                    label="Most that one job may cost"
                    value=most_cost
                    hint="The same holds for what it spends."
                    problem=number(Number::MostCost)
                />
            </details>
            {move || refused.get().map(|error| view! { <Failure error=error /> })}
            <p class="small">
                "When you save, this page reloads: its policy then lets it reach the addresses of your remote models, and no other."
            </p>
            <div class="actions">
                <button type="submit" class="primary" disabled=move || busy.get()>
                    "Save"
                </button>
                <button type="button" class="quiet" on:click=move |_| editing.set(None)>
                    "Cancel"
                </button>
            </div>
        </form>
    }
}
