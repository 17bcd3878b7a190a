//! Choices without a winner: no pair follows from them, so they stand under the list, to look at and to delete.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::app::browser;
use crate::app::session::{Loader, Session};
use crate::preference::Outcome;
use crate::service::{ProfileId, TiePage, TieRow};
use crate::view::{Glyph, Icon, catch_focus, words};

/// The newest of them that are shown; the others are found by searching.
const SHOWN: u32 = 100;

/// How many there are, and unfolded which; nothing where there are none.
#[component]
pub fn Ties(
    /// What is searched for.
    searched: RwSignal<String>,
) -> impl IntoView {
    let session = Session::here();
    let unfolded = RwSignal::new(false);
    let ties = Loader::<TiePage>::default();
    Effect::new(move |before: Option<Option<ProfileId>>| {
        session.history_changes.track();
        let person = session.current.get();
        let (words, limit) = (searched.get(), if unfolded.get() { SHOWN } else { 0 });
        if before.is_some_and(|before| before != person) {
            ties.reset();
        }
        if let Some(profile) = person.clone() {
            let client = session.client();
            ties.load(async move { client.ties(profile, words, limit).await });
        }
        person
    });
    // The button that was pressed goes with its row.
    let deleting = StoredValue::new(false);
    Effect::new(move |_| {
        ties.value.track();
        if deleting.get_value() {
            deleting.set_value(false);
            catch_focus();
        }
    });
    let remove = Callback::new(move |ids: Option<Vec<String>>| {
        deleting.set_value(true);
        delete(session, ids);
    });
    let total = move || ties.value.with(|ties| ties.ready().map_or(0, |ties| ties.total));
    let is_cut = move || total() > SHOWN;
    let rows = move || ties.value.with(|ties| ties.ready().map_or_else(Vec::new, |ties| ties.rows.clone()));
    let summary = move || {
        let found = if searched.read().is_empty() { "" } else { " found" };
        format!("{} without a winner{found}", words::count(total(), "choice", "choices"))
    };
    view! {
        <Show when=move || { total() > 0 }>
            <details
                class="fold ties"
                open=move || unfolded.get()
                on:toggle=move |event| {
                    unfolded.set(event_target::<web_sys::HtmlElement>(&event).has_attribute("open"));
                }
            >
                <summary>{summary}</summary>
                <p class="small">
                    "You said of these that both answers are good, or both bad. They are kept and exported; the portrait "
                    "rests on the choices with a winner alone."
                </p>
                <ul class="tie-list" tabindex="0" aria-label="Choices without a winner">
                    <For each=rows key=|row| row.id.clone() let:row>
                        <Tie row=row remove=remove />
                    </For>
                </ul>
                <Show when=is_cut>
                    <p class="small">{format!("The newest {SHOWN} are shown; search to find the others.")}</p>
                </Show>
                <Show when=move || searched.read().is_empty()>
                    <button type="button" class="quiet" on:click=move |_| remove.run(None)>
                        <Icon glyph=Glyph::Delete />
                        "Delete all without a winner"
                    </button>
                </Show>
            </details>
        </Show>
    }
}

/// One of them: what was asked, what was said, and how the answers begin.
#[component]
fn Tie(row: TieRow, remove: Callback<Option<Vec<String>>>) -> impl IntoView {
    let TieRow { id, question, answers, said, at_ms, origin } = row;
    let said = match (said, answers.len()) {
        (Outcome::AllGood, 2) => "Both good",
        (Outcome::AllGood, _) => "All good",
        (Outcome::AllBad, 2) => "Both bad",
        (Outcome::AllBad, _) => "All bad",
        // A winner among answers of one text says nothing of either.
        (Outcome::Preferred(_), _) => "The same answer twice",
    };
    let when = at_ms.map(browser::when).or(origin).unwrap_or_default();
    view! {
        <li>
            <div>
                <p class="asked" dir="auto">
                    {question}
                </p>
                <p class="said">{said} <span class="when">{when}</span></p>
                {answers.into_iter().map(|answer| view! { <p class="answer" dir="auto">{answer}</p> }).collect_view()}
            </div>
            <button
                type="button"
                class="quiet icon-only"
                aria-label="Delete this choice without a winner"
                on:click=move |_| remove.run(Some(vec![id.clone()]))
            >
                <Icon glyph=Glyph::Delete />
            </button>
        </li>
    }
}

/// Deletes some of them, or all, and offers to take that back.
fn delete(session: Session, ids: Option<Vec<String>>) {
    let Some(profile) = session.current.get_untracked() else { return };
    let client = session.client();
    spawn_local(async move {
        match client.delete_ties(profile, ids).await {
            Ok(deletion) => {
                let text = words::count(deletion.pairs, "choice", "choices");
                session.offer_undo(format!("Deleted {text} without a winner."), &deletion);
            }
            Err(error) => session.say_error(&error),
        }
    });
}
