//! What to say next, to which model, and what it may know of the person.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::talk::{Drafting, Talk};
use crate::app::remote::{ReachNotice, WaitingFor};
use crate::app::session::Session;
use crate::service::{EndpointView, Saying, ServiceError};
use crate::view::{Failure, Spinner, TextArea, catch_focus_on, fresh_id, sentence, show_wrong, words};

/// The form.
const FORM: &str = ".ask .say";

/// Answers that are drafted, to choose from.
const DRAFTS: [u32; 4] = [1, 2, 4, 6];

/// The form below the conversation.
#[component]
pub fn SayForm(
    /// The remote models, at least one.
    endpoints: Memo<Vec<EndpointView>>,
) -> impl IntoView {
    let session = Session::here();
    let talk = Talk::here();
    let (question, about) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let tells = RwSignal::new(false);
    let empty = RwSignal::new(false);
    let answers = RwSignal::new(DRAFTS[2]);
    let chosen_id = RwSignal::new(None::<String>);
    // The one that was chosen here, else the one that the conversation is with, else the first.
    let chosen = Memo::new(move |_| {
        let all = endpoints.read();
        let with = chosen_id.get().or_else(|| talk.said().endpoint);
        all.iter().find(|one| Some(&one.id) == with.as_ref()).or(all.first()).cloned()
    });
    let elsewhere = Memo::new(move |_| {
        let said = talk.said();
        let other = chosen.get().is_some_and(|one| one.origin != said.origin);
        (other && !said.exchanges.is_empty()).then_some(said.origin)
    });
    Effect::new(move |before: Option<bool>| {
        // What was told before is told again, until the person says otherwise.
        let kept = talk.chat.read().ready().and_then(|chat| chat.about.clone());
        if let Some(kept) = kept
            && before != Some(true)
        {
            tells.set(true);
            about.set(kept);
            return true;
        }
        before.unwrap_or(false)
    });
    let prefill = move || {
        let Some(profile) = session.current.get_untracked() else { return };
        if !about.read_untracked().is_empty() {
            return;
        }
        let client = session.client();
        spawn_local(async move {
            if let Ok(Some(portrait)) = client.portrait(profile).await {
                about.try_set(portrait.chat_prompt);
            }
        });
    };
    let ask = move || {
        let Some(endpoint) = chosen.get_untracked() else { return };
        empty.set(question.read_untracked().trim().is_empty());
        if empty.get_untracked() {
            return show_wrong(FORM);
        }
        if elsewhere.get_untracked().is_some() || talk.is_busy() {
            return;
        }
        let saying = Saying {
            endpoint: endpoint.id,
            question: question.get_untracked(),
            about: tells.get_untracked().then(|| about.get_untracked()),
            answers: answers.get_untracked(),
        };
        talk.say(saying, move || drop(question.try_set(String::new())));
    };
    // "Cancel" and "Try again" go when they are pressed.
    Effect::new(move |before: Option<()>| {
        talk.drafting.track();
        if before.is_some() {
            catch_focus_on(format!("{FORM} button[type=\"submit\"]"));
        }
    });
    let quoted = move |of_about: bool| {
        Signal::derive(move || match &*talk.drafting.read() {
            Drafting::Failed(error @ ServiceError::Quotes { about, .. }) if *about == of_about => {
                format!("{} {}", sentence(&error.to_string()), error.advice())
            }
            _ if !of_about && empty.get() => "Type a question.".to_owned(),
            _ => String::new(),
        })
    };
    let (model_id, count_id) = (fresh_id("model"), fresh_id("drafts"));
    view! {
        <form
            class="say"
            on:submit=move |event| {
                event.prevent_default();
                ask();
            }
            on:keydown=move |event| {
                if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
                    event.prevent_default();
                    ask();
                }
            }
        >
            <TextArea
                label="Question"
                value=question
                on_input=move |text| question.set(text)
                problem=quoted(false)
                hint="It goes to the remote model as you type it, unless it quotes your history. Ctrl+Enter sends it."
                rows=3
            />
            <div class="sides">
                <div class="field">
                    <label for=model_id.clone()>"Model"</label>
                    <select
                        id=model_id
                        on:change=move |event| chosen_id.set(Some(event_target_value(&event)))
                    >
                        <For each=move || endpoints.get() key=|one| one.id.clone() let:one>
                            {
                                let id = one.id.clone();
                                let is_chosen = move || chosen.read().as_ref().is_some_and(|one| one.id == id);
                                view! {
                                    <option value=one.id.clone() selected=is_chosen>
                                        {format!("{} at {}", one.model, one.origin)}
                                    </option>
                                }
                            }
                        </For>
                    </select>
                </div>
                <div class="field">
                    <label for=count_id.clone()>"Drafts"</label>
                    <select
                        id=count_id
                        on:change=move |event| answers.set(event_target_value(&event).parse().unwrap_or(DRAFTS[2]))
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
            <label class="check">
                <input
                    type="checkbox"
                    prop:checked=tells
                    on:change=move |event| {
                        tells.set(event_target_checked(&event));
                        if tells.get_untracked() {
                            prefill();
                        }
                    }
                />
                <span>"Let it know what I like"</span>
            </label>
            <Show when=move || tells.get()>
                <TextArea
                    label="About you"
                    value=about
                    on_input=move |text| about.set(text)
                    problem=quoted(true)
                    hint="From your portrait; read it and change it as you like. It goes along with each question as it stands here."
                    rows=4
                />
            </Show>
            {move || chosen.get().map(|one| view! { <ReachNotice origin=one.origin /> })}
            {move || elsewhere.get().map(|origin| view! { <Switch origin=origin chosen_id=chosen_id /> })}
            <div class="actions">
                <button
                    type="submit"
                    class="primary"
                    disabled=move || elsewhere.read().is_some()
                    // Disabled while it is busy, it would lose the focus.
                    aria-disabled=move || talk.is_busy().then_some("true")
                >
                    {move || if answers.get() == 1 { "Ask" } else { "Draft and pick" }}
                </button>
            </div>
        </form>
        <div class="drafting" aria-live="polite">
            {move || match talk.drafting.get() {
                Drafting::Idle | Drafting::Failed(ServiceError::Quotes { .. }) => ().into_any(),
                Drafting::Asking(done, of) => view! {
                    <div class="actions">
                        <Spinner text=if of == 1 { "Asking …".to_owned() } else { format!("Drafting, {done} of {of} …") } />
                        <button type="button" on:click=move |_| talk.cancel()>
                            "Cancel"
                        </button>
                    </div>
                }
                .into_any(),
                Drafting::Failed(error) => {
                    view! { <Failure error=error retry=Callback::new(move |()| ask()) /> }.into_any()
                }
            }}
        </div>
        <Show when=move || talk.is_busy()>
            <WaitingFor waiting=talk.waiting />
        </Show>
    }
}

/// Asks before a conversation is left for another endpoint, which gets nothing of it.
#[component]
fn Switch(origin: String, chosen_id: RwSignal<Option<String>>) -> impl IntoView {
    let talk = Talk::here();
    view! {
        <div class="reach switch" role="alert">
            <p>
                {format!(
                    "This conversation goes to {origin}, and nowhere else. To ask another service, begin a new one; it \
                     gets nothing of this one. What you preferred stays in your history.",
                )}
            </p>
            <div class="actions">
                <button type="button" on:click=move |_| talk.end()>
                    "Begin a new conversation"
                </button>
                <button type="button" class="quiet" on:click=move |_| chosen_id.set(None)>
                    "Stay with this one"
                </button>
            </div>
        </div>
    }
}
