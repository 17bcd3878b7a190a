//! Whose likeness is looked at, and the list of everyone kept here.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::session::Session;
use crate::service::{ProfileId, ProfileView};
use crate::view::{Glyph, Icon, Modal, TextInput, words};

/// The choice of the person, and the button to the list of all.
#[component]
pub fn PeopleSwitch() -> impl IntoView {
    let session = Session::here();
    let open = RwSignal::new(false);
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
            problem.set("Type a name first.".into());
            return;
        }
        spawn_local(async move {
            match session.add_person(wanted).await {
                Ok(_) => {
                    name.try_set(String::new());
                    problem.try_set(String::new());
                }
                Err(error) => session.say_error(&error),
            }
        });
    };
    view! {
        <p class="lead">"Each person's choices and portrait are kept apart, here and nowhere else."</p>
        <ul class="people">
            <For each=move || session.profiles.get() key=|p| (p.id.clone(), p.name.clone(), p.pairs) let:person>
                <PersonRow person=person />
            </For>
        </ul>
        <form class="row" on:submit=add>
            <TextInput label="Add someone" value=name problem=problem placeholder="Name" />
            <button type="submit">"Add"</button>
        </form>
    }
}

#[component]
fn PersonRow(person: ProfileView) -> impl IntoView {
    let session = Session::here();
    let renaming = RwSignal::new(false);
    let new_name = RwSignal::new(person.name.clone());
    let person = StoredValue::new(person);
    let id = move || person.with_value(|p| p.id.clone());
    let rename = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let wanted = new_name.get().trim().to_owned();
        renaming.set(false);
        if wanted.is_empty() {
            return;
        }
        let client = session.client();
        spawn_local(async move {
            match client.rename_profile(id(), wanted).await {
                Ok(()) => session.refresh_profiles(),
                Err(error) => session.say_error(&error),
            }
        });
    };
    let remove = move |_| {
        let client = session.client();
        let gone = person.get_value();
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
    let is_current = move || session.current.get() == Some(id());
    view! {
        <li class:current=is_current>
            <Show
                when=move || renaming.get()
                fallback=move || {
                    view! {
                        <button
                            type="button"
                            class="quiet who"
                            aria-pressed=move || is_current().to_string()
                            on:click=move |_| session.look_at(id())
                        >
                            <strong>{person.with_value(|p| p.name.clone())}</strong>
                            <span>{person.with_value(|p| words::count(p.pairs, "choice", "choices"))}</span>
                        </button>
                        <button
                            type="button"
                            class="quiet icon-only"
                            aria-label=person.with_value(|p| format!("Rename {}", p.name))
                            on:click=move |_| renaming.set(true)
                        >
                            <Icon glyph=Glyph::Edit />
                        </button>
                        <button
                            type="button"
                            class="quiet icon-only"
                            aria-label=person.with_value(|p| format!("Remove {}", p.name))
                            on:click=remove
                        >
                            <Icon glyph=Glyph::Delete />
                        </button>
                    }
                }
            >
                <form class="row" on:submit=rename>
                    <TextInput label="New name" value=new_name />
                    <button type="submit">"Save"</button>
                </form>
            </Show>
        </li>
    }
}
