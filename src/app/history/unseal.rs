//! A sealed file waits for its passphrase.

use leptos::prelude::*;

use super::Importer;
use crate::service::Passphrase;
use crate::view::{TextInput, show_wrong};

/// Asks for the passphrase of the file at hand; nothing while none waits for one.
#[component]
pub fn Unseal() -> impl IntoView {
    let importer = Importer::here();
    // A second try is another question than the first: it begins with an empty field, and says why it is asked.
    let asked = Memo::new(move |_| importer.sealed());
    move || asked.get().map(|(file, wrong)| view! { <Question file=file wrong=wrong /> })
}

#[component]
fn Question(file: String, wrong: bool) -> impl IntoView {
    let importer = Importer::here();
    let typed = RwSignal::new(String::new());
    let problem = RwSignal::new(if wrong {
        "This passphrase does not open the file. Capitals and spaces count."
    } else {
        ""
    });
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        match typed.get_untracked() {
            text if text.is_empty() => {
                problem.set("Type the passphrase.");
                show_wrong("dialog[open] .sealing");
            }
            text => importer.unseal(Passphrase::new(text)),
        }
    };
    view! {
        <form class="sealing" on:submit=submit novalidate aria-labelledby="unseal-heading">
            <h3 id="unseal-heading">"This file is sealed"</h3>
            <p>{format!("{file} is a profile from another place. It is merged with what is here; nothing here is lost.")}</p>
            <TextInput
                label="Its passphrase"
                value=typed
                kind="password"
                problem=Signal::derive(move || problem.get().to_owned())
                hint="The one that you chose when you saved the file."
            />
            <div class="actions">
                <button type="submit" class="primary">
                    "Open it"
                </button>
                <button type="button" class="quiet" on:click=move |_| importer.skip()>
                    "Skip this file"
                </button>
            </div>
        </form>
    }
}
