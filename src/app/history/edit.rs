//! The form for a choice, new or changed.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::draft::{Field, PairDraft};
use crate::app::conversation::Conversation;
use crate::app::session::Session;
use crate::preference::{PairId, Role};
use crate::service::{PairView, ProfileId, ServiceError};
use crate::view::{Failure, Glyph, Icon, TextArea, catch_focus_on, show_wrong};

/// What was typed into the form and not saved, until it is, or this tab is closed: Escape and a press beside the dialog
/// close it at once.
#[derive(Clone, Copy, Default)]
pub struct Unsaved(RwSignal<Vec<(ProfileId, PairDraft)>>);

impl Unsaved {
    /// Of whom, and of which pair; none for a new one.
    fn of(self, profile: &ProfileId, pair: Option<PairId>) -> Option<PairDraft> {
        let all = self.0.read_untracked();
        all.iter()
            .find(|(of, draft)| of == profile && draft.supersedes == pair)
            .map(|(_, draft)| draft.clone())
    }

    fn forget(self, profile: &ProfileId, pair: Option<PairId>) {
        self.0.update(|all| all.retain(|(of, draft)| of != profile || draft.supersedes != pair));
    }

    fn keep(self, profile: &ProfileId, draft: PairDraft) {
        self.forget(profile, draft.supersedes);
        self.0.update(|all| all.push((profile.clone(), draft)));
    }

    /// Forgets them all.
    pub fn clear(self) {
        self.0.update(Vec::clear);
    }
}

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
    let unsaved: Unsaved = expect_context();
    let kept = StoredValue::new(pair.as_ref().map(PairDraft::of).unwrap_or_default());
    let id = pair.as_ref().map(|pair| pair.id);
    let whose = StoredValue::new(session.current.get_untracked());
    let begun = whose.with_value(|whose| unsaved.of(whose.as_ref()?, id));
    let draft = RwSignal::new(begun.unwrap_or_else(|| kept.get_value()));
    let context = RwSignal::new(draft.get_untracked().context);
    let is_changed = Memo::new(move |_| kept.with_value(|kept| *draft.read() != *kept));
    Effect::new(move |_| {
        let now = draft.get();
        let is_changed = kept.with_value(|kept| now != *kept);
        whose.with_value(|whose| match whose {
            Some(whose) if is_changed => unsaved.keep(whose, now),
            Some(whose) => unsaved.forget(whose, id),
            None => {}
        });
    });
    let start_again = move |_| {
        draft.set(kept.get_value());
        context.set(kept.with_value(|kept| kept.context.clone()));
        catch_focus_on("form.edit textarea");
    };
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
        if saving.get_untracked() {
            return;
        }
        tried.set(true);
        let Ok(pair) = draft.read_untracked().finish() else { return show_wrong("form.edit") };
        let supersedes = draft.read_untracked().supersedes;
        saving.set(true);
        failed.set(None);
        // The dialog may be closed before the answer comes.
        let whose = whose.get_value();
        spawn_local(async move {
            let saved = match session.someone().await {
                Ok(profile) => session.client().save_pair(profile, pair, supersedes).await,
                Err(error) => Err(error),
            };
            let _ = saving.try_set(false);
            match saved {
                Ok(_) => {
                    whose.iter().for_each(|whose| unsaved.forget(whose, supersedes));
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
                <Show when=move || is_changed.get()>
                    <button type="button" class="quiet" on:click=start_again>
                        {if id.is_some() { "Undo the changes" } else { "Empty the form" }}
                    </button>
                </Show>
                // Disabled, it would lose the focus.
                <button type="submit" class="primary" aria-disabled=move || saving.get().then_some("true")>
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
