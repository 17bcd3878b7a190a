//! Moving a profile to another place: one sealed file, since each place has a storage of its own.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::browser;
use super::session::Session;
use crate::service::Passphrase;
use crate::view::{Glyph, Icon, TextInput, show_wrong};

/// The form: a passphrase twice, and the file.
#[component]
pub fn MoveProfile() -> impl IntoView {
    let session = Session::here();
    let (first, second) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let (first_wrong, second_wrong) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let busy = RwSignal::new(false);
    let warning = move || Passphrase::new(first.get()).warning();
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let (one, other) = (first.get_untracked(), second.get_untracked());
        let empty = if one.is_empty() { "Choose a passphrase." } else { "" };
        let differ = if one == other { "" } else { "The two are not the same." };
        first_wrong.set(empty.into());
        second_wrong.set(differ.into());
        if !(empty.is_empty() && differ.is_empty()) {
            return show_wrong("dialog[open] .sealing");
        }
        let Some(person) = session.person().filter(|_| !busy.get_untracked()) else { return };
        busy.set(true);
        spawn_local(async move {
            match session.client().seal_profile(person.id, Passphrase::new(one)).await {
                Ok(blob) => {
                    let file = format!("likeness-profile-{}.age", browser::day());
                    match browser::save_blob(&file, &blob) {
                        Ok(()) => session.say(format!("Saved as {file}.")),
                        Err(_) => session.say("The browser did not save the file."),
                    }
                    let _ = (first.try_set(String::new()), second.try_set(String::new()));
                }
                Err(error) => session.say_error(&error),
            }
            let _ = busy.try_set(false);
        });
    };
    view! {
        <h3 id="move-heading">"Move to another place"</h3>
        <p>
            "A chat page or an extension that carries Likeness keeps a history of its own. This file takes yours there: the \
             choices, the portrait, and what you said of its claims, but no keys to models. Import it there. What both places \
             have is merged; what you deleted in one only comes back from the other."
        </p>
        <form class="sealing" on:submit=save novalidate aria-labelledby="move-heading">
            <TextInput
                label="Passphrase"
                value=first
                kind="password"
                problem=first_wrong
                hint="Four or five random words. Without it nobody can open the file, you neither."
            />
            <p class="note" role="status">
                {warning}
            </p>
            <TextInput label="The passphrase again" value=second kind="password" problem=second_wrong />
            <div class="actions">
                // Disabled, it would lose the focus.
                <button type="submit" aria-disabled=move || busy.get().then_some("true")>
                    <Icon glyph=Glyph::Download />
                    {move || if busy.get() { "Sealing …" } else { "Save the sealed profile" }}
                </button>
            </div>
        </form>
    }
}
