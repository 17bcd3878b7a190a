//! What is kept of a person: how much, a copy of it to take along, and the way to forget everything.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::browser;
use super::move_profile::MoveProfile;
use super::session::Session;
use crate::service::{ForgetReport, ServiceError, StoreView};
use crate::view::{Failure, Glyph, Icon, Modal, Spinner, catch_focus_on, words};

/// The dialog.
#[component]
pub fn YourData(
    /// Whether it is open.
    open: RwSignal<bool>,
) -> impl IntoView {
    view! {
        <Modal title="Your data" open=open>
            <Body />
        </Modal>
    }
}

/// How forgetting stands; that it was done is shown by [`Forgotten`], when nothing else is left to show.
#[derive(Clone, Debug, PartialEq)]
enum Forgetting {
    /// Not asked for.
    No,
    /// Asked for; to be confirmed.
    Asked,
    /// Under way.
    Busy,
    /// It failed.
    Failed(ServiceError),
}

#[component]
fn Body() -> impl IntoView {
    let session = Session::here();
    let forgetting = RwSignal::new(Forgetting::No);
    let forget = Callback::new(move |()| {
        forgetting.set(Forgetting::Busy);
        spawn_local(async move {
            if let Err(error) = session.forget_everything().await {
                let _ = forgetting.try_set(Forgetting::Failed(error));
            }
        });
    });
    // Each question takes the place of the button before it.
    Effect::new(move |before: Option<()>| {
        let asked = *forgetting.read() == Forgetting::Asked;
        if before.is_some() {
            catch_focus_on(if asked { "dialog[open] .keep" } else { "dialog[open] .danger" });
        }
    });
    move || match forgetting.get() {
        Forgetting::No => view! { <Keep forgetting=forgetting /> }.into_any(),
        Forgetting::Asked => view! { <Confirm forgetting=forgetting forget=forget /> }.into_any(),
        Forgetting::Busy => view! { <Spinner text="Forgetting …" /> }.into_any(),
        Forgetting::Failed(error) => view! { <Failure error=error retry=forget /> }.into_any(),
    }
}

/// How much is kept, and where; a copy; the way out.
#[component]
fn Keep(forgetting: RwSignal<Forgetting>) -> impl IntoView {
    let session = Session::here();
    let busy = RwSignal::new(false);
    let usage = RwSignal::new(String::new());
    // None until the browser has said.
    let promised = RwSignal::new(None::<bool>);
    spawn_local(async move {
        promised.try_set(Some(browser::is_kept().await));
        if let Ok(store) = session.client().open().await {
            usage.try_set(usage_text(&store));
        }
    });
    let ask = move |_| {
        spawn_local(async move {
            let kept = browser::ask_to_keep().await;
            promised.try_set(Some(kept));
            if !kept {
                session.say(
                    "The browser did not promise it. Some do once a site is used often or is bookmarked.",
                );
            }
        });
    };
    let name = move || session.person().map(|p| p.name).unwrap_or_default();
    let export = move |_| {
        let Some(person) = session.person() else { return };
        let client = session.client();
        busy.set(true);
        spawn_local(async move {
            match client.export_history(person.id).await {
                Ok(blob) => {
                    let file = format!("likeness-history-{}.jsonl", browser::day());
                    match browser::save_blob(&file, &blob) {
                        Ok(()) => session.say(format!("Saved as {file}.")),
                        Err(_) => session.say("The browser did not save the file."),
                    }
                }
                Err(error) => session.say_error(&error),
            }
            let _ = busy.try_set(false);
        });
    };
    view! {
        <p>{usage}</p>
        <p>
            "It lies in this browser's storage for this site. "
            {move || match promised.get() {
                None => "",
                Some(true) => {
                    "The browser has promised to keep it when space runs low; it goes when you clear the browser's data. "
                }
                Some(false) => "The browser has not promised to keep it: it may clear it when space runs low. ",
            }}
            "A copy on your disk is safe from that."
        </p>
        <div class="actions">
            <button type="button" class="primary" disabled=move || busy.get() on:click=export>
                <Icon glyph=Glyph::Download />
                {move || format!("Save the history of {}", name())}
            </button>
            <Show when=move || promised.get() == Some(false)>
                <button type="button" on:click=ask>
                    "Ask the browser to keep it"
                </button>
            </Show>
        </div>
        <hr />
        <MoveProfile />
        <hr />
        <h3>"Forget everything"</h3>
        <p>"Deletes everyone's choices and portraits, the models, the remote models with their keys, the ledger, and all "
            "settings. Then it looks whether anything is left."</p>
        <div class="actions">
            <button type="button" class="danger" on:click=move |_| forgetting.set(Forgetting::Asked)>
                <Icon glyph=Glyph::Delete />
                "Forget everything …"
            </button>
        </div>
    }
}

/// The last question before everything goes.
#[component]
fn Confirm(forgetting: RwSignal<Forgetting>, forget: Callback<()>) -> impl IntoView {
    let session = Session::here();
    let sum = move || {
        let profiles = session.profiles.read();
        let pairs = profiles.iter().map(|p| p.pairs).sum();
        format!(
            "This deletes {} of {}, with their portraits, and the models. It can't be undone.",
            words::count(pairs, "choice", "choices"),
            words::count(profiles.len() as u32, "person", "people")
        )
    };
    view! {
        <div role="alert">
            <p class="what">{sum}</p>
        </div>
        <div class="actions">
            <button type="button" class="keep" on:click=move |_| forgetting.set(Forgetting::No)>
                "Keep everything"
            </button>
            <button type="button" class="danger" on:click=move |_| forget.run(())>
                "Forget everything"
            </button>
        </div>
    }
}

/// Everything was forgotten: where it was looked, and what was found.
#[component]
pub fn Forgotten(
    /// What was found.
    report: ForgetReport,
) -> impl IntoView {
    let session = Session::here();
    let clean = report.looked.iter().all(|(_, found)| found.is_empty());
    let headline = if clean { "Nothing is left" } else { "Something is left" };
    let advice = if clean {
        "Everything of everyone was deleted. Then it was looked whether anything remained."
    } else {
        "What remains is listed below. Another open tab of this app may hold it: close the others and try again."
    };
    view! {
        <section class="page narrow" role="status">
            <h1>{headline}</h1>
            <p class="lead">{advice}</p>
            <table class="figures">
                <caption>"Where it was looked"</caption>
                <tbody>
                    {report
                        .looked
                        .into_iter()
                        .map(|(place, found)| {
                            let found = if found.is_empty() { "empty".to_owned() } else { found.join(", ") };
                            view! {
                                <tr>
                                    <th scope="row">{place}</th>
                                    <td>{found}</td>
                                </tr>
                            }
                        })
                        .collect_view()}
                </tbody>
            </table>
            <div class="actions">
                <button type="button" class="primary" on:click=move |_| session.forgotten.set(None)>
                    "Start again"
                </button>
            </div>
        </section>
    }
}

fn usage_text(store: &StoreView) -> String {
    if store.quota_bytes > 0.0 {
        format!(
            "{} are in use, of {} that the browser grants.",
            words::size(store.used_bytes),
            words::size(store.quota_bytes)
        )
    } else {
        format!("{} are in use.", words::size(store.used_bytes))
    }
}
