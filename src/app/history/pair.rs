//! One choice in full, to read, change or delete.

use leptos::prelude::*;

use super::edit::EditForm;
use super::list::delete;
use crate::app::browser;
use crate::app::session::{Loader, Session};
use crate::preference::PairId;
use crate::service::PairView;
use crate::view::loadable::Loadable;
use crate::view::words;
use crate::view::{Failure, Glyph, Icon, Modal, PairTexts, Spinner, focus_soon};

/// The dialog that shows the opened pair.
#[component]
pub fn PairDialog(
    /// Which; none closes it.
    opened: RwSignal<Option<PairId>>,
) -> impl IntoView {
    let session = Session::here();
    let open = RwSignal::new(false);
    let editing = RwSignal::new(false);
    let pair = Loader::<PairView>::default();
    let load = move || {
        let (Some(id), Some(profile)) = (opened.get_untracked(), session.current.get_untracked()) else {
            return;
        };
        let client = session.client();
        pair.load(async move { client.pair(profile, id).await });
    };
    Effect::new(move |_| {
        let is_open = opened.get().is_some();
        if is_open {
            editing.set(false);
            pair.reset();
            load();
        }
        open.set(is_open);
    });
    // The dialog closes itself on Escape; then nothing is opened any more.
    Effect::new(move |_| {
        if !open.get() && opened.get_untracked().is_some() {
            opened.set(None);
        }
    });
    let title =
        Signal::derive(
            move || {
                if editing.get() { "Change this choice".to_owned() } else { "A choice".to_owned() }
            },
        );
    view! {
        <Modal title=title open=open wide=true>
            {move || match pair.value.get() {
                Loadable::Loading => view! { <Spinner text="Reading …" /> }.into_any(),
                Loadable::Failed(error) => {
                    let retry = Callback::new(move |()| load());
                    view! { <Failure error=error retry=retry /> }.into_any()
                }
                Loadable::Ready(pair) if editing.get() => {
                    view! { <EditForm pair=Some(pair) done=move || opened.set(None) /> }.into_any()
                }
                Loadable::Ready(pair) => view! { <Reading pair=pair opened=opened editing=editing /> }.into_any(),
            }}
        </Modal>
    }
}

#[component]
fn Reading(pair: PairView, opened: RwSignal<Option<PairId>>, editing: RwSignal<bool>) -> impl IntoView {
    let session = Session::here();
    let id = pair.id;
    let facts: Vec<String> = [pair.at_ms.map(browser::when), pair.origin.as_deref().map(words::came_from)]
        .into_iter()
        .flatten()
        .collect();
    view! {
        <p class="facts">{facts.join(", ")}</p>
        <PairTexts pair=pair />
        <div class="actions end">
            <button
                type="button"
                class="quiet"
                on:click=move |_| {
                    delete(session, id);
                    opened.set(None);
                }
            >
                <Icon glyph=Glyph::Delete />
                "Delete"
            </button>
            <button
                type="button"
                on:click=move |_| {
                    editing.set(true);
                    focus_soon("form.edit textarea".into());
                }
            >
                <Icon glyph=Glyph::Edit />
                "Change"
            </button>
        </div>
    }
}
