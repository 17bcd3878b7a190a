//! The form for a choice, new or changed.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::draft::{Field, PairDraft};
use crate::app::conversation::Conversation;
use crate::app::session::Session;
use crate::preference::Role;
use crate::service::{PairView, ServiceError};
use crate::view::{Failure, Glyph, Icon, TextArea};

/// The form; it tells when it was saved.
#[component]
pub fn EditForm(
    /// The pair to change; none for a new one.
    pair: Option<PairView>,
    /// Called when it was saved.
    #[prop(into)]
    done: Callback<()>,
) -> impl IntoView {
    let session = Session::here();
    let draft = RwSignal::new(pair.as_ref().map(PairDraft::of).unwrap_or_default());
    let context = RwSignal::new(draft.get_untracked().context);
    // What is wrong is said once the person tried to save, not while they have yet to begin.
    let tried = RwSignal::new(false);
    let saving = RwSignal::new(false);
    let failed = RwSignal::new(None::<ServiceError>);
    Effect::new(move |_| {
        let context = context.get();
        draft.update(|draft| draft.context = context);
    });
    let problem = move |field: Field| {
        Signal::derive(move || {
            let problems = if tried.get() { draft.read().problems() } else { Vec::new() };
            problems
                .into_iter()
                .find(|(of, _)| *of == field)
                .map(|(_, why)| why.to_owned())
                .unwrap_or_default()
        })
    };
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        tried.set(true);
        let Ok(pair) = draft.read_untracked().finish() else { return };
        let supersedes = draft.read_untracked().supersedes;
        saving.set(true);
        failed.set(None);
        spawn_local(async move {
            let saved = match session.someone().await {
                Ok(profile) => session.client().save_pair(profile, pair, supersedes).await,
                Err(error) => Err(error),
            };
            let _ = saving.try_set(false);
            match saved {
                Ok(_) => {
                    session.say(if supersedes.is_some() { "Changed." } else { "Added." });
                    done.run(());
                }
                Err(error) => {
                    let _ = failed.try_set(Some(error));
                }
            }
        });
    };
    view! {
        <form class="edit" on:submit=save novalidate>
            <ConversationFields value=context problem=problem(Field::Context) autofocus=true />
            <div class="sides">
                <TextArea
                    label="The answer you preferred"
                    value=Signal::derive(move || draft.get().chosen)
                    on_input=move |text| draft.update(|draft| draft.chosen = text)
                    problem=problem(Field::Chosen)
                    rows=7
                />
                <TextArea
                    label="The other answer"
                    value=Signal::derive(move || draft.get().rejected)
                    on_input=move |text| draft.update(|draft| draft.rejected = text)
                    problem=problem(Field::Rejected)
                    rows=7
                />
            </div>
            <button type="button" class="quiet" on:click=move |_| draft.update(PairDraft::swap)>
                <Icon glyph=Glyph::Swap />
                "Swap the answers"
            </button>
            <TextArea
                label="A note, if you like"
                hint="Why you chose it, in your own words. It is kept with the choice."
                value=Signal::derive(move || draft.get().note)
                on_input=move |text| draft.update(|draft| draft.note = text)
                rows=2
            />
            {move || failed.get().map(|error| view! { <Failure error=error /> })}
            <div class="actions end">
                <button type="submit" class="primary" disabled=move || saving.get()>
                    "Save"
                </button>
            </div>
        </form>
    }
}

/// The turns of a conversation: one question at first, more where there were more.
#[component]
pub fn ConversationFields(
    /// The conversation.
    value: RwSignal<Conversation>,
    /// What is wrong with it; empty when nothing is.
    #[prop(into, optional)]
    problem: Signal<String>,
    /// Whether a dialog that it is in begins with it.
    #[prop(optional)]
    autofocus: bool,
) -> impl IntoView {
    let count = Memo::new(move |_| value.read().turns().len());
    let last_problem = move |at: usize| {
        Signal::derive(move || if at + 1 == count.get() { problem.get() } else { String::new() })
    };
    let field = move |at: usize| {
        let content = Signal::derive(move || {
            value.read().turns().get(at).map(|t| t.content.clone()).unwrap_or_default()
        });
        let role = move || value.read().turns().get(at).map_or(Role::User, |turn| turn.role);
        let label = if at == 0 { "What was asked".to_owned() } else { format!("Turn {}", at + 1) };
        let pick = move |event| {
            let role = match event_target_value(&event).as_str() {
                "system" => Role::System,
                "assistant" => Role::Assistant,
                _ => Role::User,
            };
            value.update(|talk| talk.set_role(at, role));
        };
        view! {
            <div class="turn-field">
                <TextArea
                    label=label
                    value=content
                    on_input=move |text| value.update(|talk| talk.set_content(at, text))
                    problem=last_problem(at)
                    rows=2
                    autofocus=autofocus && at == 0
                />
                <Show when=move || { count.get() > 1 }>
                    <div class="turn-tools">
                        <select
                            aria-label=format!("Who speaks in turn {}", at + 1)
                            on:change=pick
                            prop:value=move || role().name()
                        >
                            <option value="user" selected=move || role() == Role::User>"The person"</option>
                            <option value="assistant" selected=move || role() == Role::Assistant>"The model"</option>
                            <option value="system" selected=move || role() == Role::System>"Instructions"</option>
                        </select>
                        <button
                            type="button"
                            class="quiet icon-only"
                            aria-label=format!("Remove turn {}", at + 1)
                            on:click=move |_| value.update(|talk| talk.remove(at))
                        >
                            <Icon glyph=Glyph::Close />
                        </button>
                    </div>
                </Show>
            </div>
        }
    };
    view! {
        <fieldset class="conversation">
            <legend class="visually-hidden">"The conversation so far"</legend>
            <For each=move || 0..count.get() key=|at| *at children=field />
            <button type="button" class="link" on:click=move |_| value.update(Conversation::add)>
                "Add a turn"
            </button>
        </fieldset>
    }
}
