//! Whose likeness is looked at, and the list of everyone kept here.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::session::Session;
use crate::service::{ProfileId, ProfileView, ServiceError};
use crate::view::{
    Glyph, Icon, Modal, TextInput, catch_focus, catch_focus_on, focus_soon, fresh_id, sentence, show_wrong,
    words,
};

/// What is said where a name is missing.
const NO_NAME: &str = "Type a name first.";

/// The form that adds someone.
const ADDING: &str = ".people + form";

/// The choice of the person, and the button to the list of all.
#[component]
pub fn PeopleSwitch(
    /// Whether the list of all is open.
    open: RwSignal<bool>,
) -> impl IntoView {
    let session = Session::here();
    let has_people = Memo::new(move |_| !session.profiles.read().is_empty());
    view! {
        <Show when=move || has_people.get()>
            <div class="people-switch">
                <label for="person">"Whose"</label>
                <select
                    id="person"
                    on:change=move |event| session.look_at(ProfileId(event_target_value(&event)))
                    prop:value=move || session.current.get().map(|id| id.0).unwrap_or_default()
                >
                    <For each=move || session.profiles.get() key=|p| (p.id.clone(), p.name.clone()) let:person>
                        {
                            let id = person.id.clone();
                            view! {
                                <option
                                    value=person.id.0.clone()
                                    selected=move || session.current.get().as_ref() == Some(&id)
                                >
                                    {person.name}
                                </option>
                            }
                        }
                    </For>
                </select>
                <button type="button" class="quiet" on:click=move |_| open.set(true)>
                    "People …"
                </button>
            </div>
        </Show>
    }
}

/// The list of all.
#[component]
pub fn PeopleDialog(
    /// Whether it is open.
    open: RwSignal<bool>,
) -> impl IntoView {
    view! {
        <Modal title="People kept in this browser" open=open>
            <People />
        </Modal>
    }
}

/// Everyone kept here: look at, rename, remove; and a field to add someone.
#[component]
fn People() -> impl IntoView {
    let session = Session::here();
    let name = RwSignal::new(String::new());
    let problem = RwSignal::new(String::new());
    let add = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let wanted = name.get().trim().to_owned();
        if wanted.is_empty() {
            problem.set(NO_NAME.into());
            return show_wrong(ADDING);
        }
        spawn_local(async move {
            match session.add_person(wanted).await {
                Ok(_) => {
                    name.try_set(String::new());
                    problem.try_set(String::new());
                }
                Err(error) => {
                    problem.try_set(in_words(&error));
                    show_wrong(ADDING);
                }
            }
        });
    };
    let ids = move || session.profiles.read().iter().map(|p| p.id.clone()).collect::<Vec<_>>();
    view! {
        <p class="lead">"Each person's choices and portrait are kept apart, here and nowhere else."</p>
        <ul class="people">
            // A row stays as long as its person does: the keyboard may be in it when the name or the count changes.
            <For each=ids key=Clone::clone let:id>
                <PersonRow id=id />
            </For>
        </ul>
        <form class="row" on:submit=add novalidate>
            <TextInput label="Add someone" value=name problem=problem placeholder="Name" />
            <button type="submit">"Add"</button>
        </form>
    }
}

#[component]
fn PersonRow(id: ProfileId) -> impl IntoView {
    let session = Session::here();
    let renaming = RwSignal::new(false);
    let new_name = RwSignal::new(String::new());
    let problem = RwSignal::new(String::new());
    let row = fresh_id("person");
    let in_row = StoredValue::new(format!("#{row}"));
    let person = Memo::new({
        let id = id.clone();
        move |last: Option<&Option<ProfileView>>| {
            let now = session.profiles.read().iter().find(|p| p.id == id).cloned();
            // A row may outlive its person by a moment.
            now.or_else(|| last.cloned().flatten())
        }
    });
    let id = StoredValue::new(id);
    let name = move || person.read().as_ref().map(|p| p.name.clone()).unwrap_or_default();
    let count = move || person.read().as_ref().map_or(0, |p| p.pairs);
    let begin = move |_| {
        new_name.set(person.read_untracked().as_ref().map(|p| p.name.clone()).unwrap_or_default());
        problem.set(String::new());
        renaming.set(true);
        in_row.with_value(|row| focus_soon(format!("{row} input")));
    };
    let rename = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let wanted = new_name.get().trim().to_owned();
        if wanted.is_empty() {
            problem.set(NO_NAME.into());
            return in_row.with_value(|row| show_wrong(row));
        }
        let client = session.client();
        spawn_local(async move {
            match client.rename_profile(id.get_value(), wanted).await {
                Ok(()) => {
                    session.refresh_profiles();
                    renaming.try_set(false);
                    in_row.try_with_value(|row| catch_focus_on(format!("{row} .rename")));
                }
                Err(error) => {
                    problem.try_set(in_words(&error));
                    in_row.try_with_value(|row| show_wrong(row));
                }
            }
        });
    };
    let remove = move |_| {
        let client = session.client();
        let Some(gone) = person.get_untracked() else { return };
        spawn_local(async move {
            match client.remove_profile(gone.id).await {
                Ok(deletion) => {
                    session.offer_undo(format!("Removed {}.", gone.name), &deletion);
                    session.refresh_profiles();
                }
                Err(error) => session.say_error(&error),
            }
        });
    };
    let is_current = move || session.current.get().as_ref() == Some(&*id.read_value());
    // The button that was pressed goes with its row.
    on_cleanup(catch_focus);
    view! {
        <li id=row class:current=is_current>
            <Show
                when=move || renaming.get()
                fallback=move || {
                    view! {
                        <button
                            type="button"
                            class="quiet who"
                            aria-pressed=move || is_current().to_string()
                            on:click=move |_| session.look_at(id.get_value())
                        >
                            <strong>{name}</strong>
                            <span>{move || words::count(count(), "choice", "choices")}</span>
                        </button>
                        <button
                            type="button"
                            class="quiet icon-only rename"
                            aria-label=move || format!("Rename {}", name())
                            on:click=begin
                        >
                            <Icon glyph=Glyph::Edit />
                        </button>
                        <button
                            type="button"
                            class="quiet icon-only"
                            aria-label=move || format!("Remove {}", name())
                            on:click=remove
                        >
                            <Icon glyph=Glyph::Delete />
                        </button>
                    }
                }
            >
                <form class="row" on:submit=rename novalidate>
                    <TextInput label="New name" value=new_name problem=problem />
                    <button type="submit">"Save"</button>
                </form>
            </Show>
        </li>
    }
}

/// What is wrong with a name, at its field.
fn in_words(error: &ServiceError) -> String {
    format!("{} {}", sentence(&error.to_string()), error.advice())
}
