//! The page itself: heading, search, the list, and the dialogs that belong to it.

use leptos::prelude::*;

use super::Importer;
use super::edit::EditForm;
use super::import::ImportDialog;
use super::list::{PairList, after_pause};
use super::pair::PairDialog;
use super::ties::Ties;
use crate::app::session::Session;
use crate::app::your_data::YourData;
use crate::preference::PairId;
use crate::view::{Glyph, Icon, Modal, Progress, catch_focus, words};

/// Everything that was chosen.
#[component]
pub fn HistoryPage() -> impl IntoView {
    let session = Session::here();
    let importer = Importer::here();
    let query = RwSignal::new(String::new());
    let searched = after_pause(query);
    let opened = RwSignal::new(None::<PairId>);
    let (importing, adding, your_data) = (importer.shown, RwSignal::new(false), RwSignal::new(false));

    let name = move || session.person().map(|p| p.name).unwrap_or_default();
    let count = move || session.person().map_or(0, |p| p.pairs);
    // Else the way back to this page would open it again.
    on_cleanup(move || {
        importing.try_set(false);
    });
    // What had the focus may be gone: with the last row its list, with the first choice the way to add one.
    let shown = Memo::new(move |_| {
        (count() > 0, importing.get(), adding.get(), your_data.get(), opened.get().is_some())
    });
    Effect::new(move |before: Option<()>| {
        let (any, ..) = shown.get();
        if !any {
            // There is no field any more to change it in.
            query.set(String::new());
        }
        if before.is_some() {
            catch_focus();
        }
    });
    view! {
        <section class="page history">
            <header class="page-head">
                <div>
                    <p class="eyebrow">{name}</p>
                    <h1>"History"</h1>
                </div>
                <div class="actions">
                    <button type="button" on:click=move |_| importing.set(true)>
                        <Icon glyph=Glyph::Import />
                        "Import"
                    </button>
                    <button type="button" on:click=move |_| adding.set(true)>
                        <Icon glyph=Glyph::Add />
                        "Add a choice"
                    </button>
                    <button type="button" class="quiet" on:click=move |_| your_data.set(true)>
                        "Your data …"
                    </button>
                </div>
            </header>
            <Show when=move || importer.is_reading() && !importing.get()>
                <div class="import-chip">
                    <Show
                        when=move || importer.asks()
                        fallback=move || view! {
                            <Progress label=importer.label() fraction=importer.fraction() detail=importer.detail() />
                        }
                    >
                        <p role="status">{importer.label()}</p>
                    </Show>
                    <button type="button" class="quiet" on:click=move |_| importing.set(true)>
                        {move || if importer.asks() { "Answer" } else { "Show" }}
                    </button>
                </div>
            </Show>
            <Show when=move || { count() > 0 } fallback=move || view! { <NoPairs importing=importing adding=adding /> }>
                <search class="search">
                    <Icon glyph=Glyph::Search />
                    <input
                        type="search"
                        aria-label="Search in questions, answers and notes"
                        placeholder=move || format!("Search in {}", words::count(count(), "choice", "choices"))
                        prop:value=query
                        on:input=move |event| query.set(event_target_value(&event))
                    />
                </search>
                <PairList searched=searched opened=opened />
            </Show>
            <Ties searched=searched />
        </section>
        <ImportDialog open=importing />
        <Modal title="Add a choice" open=adding wide=true>
            <EditForm pair=None done=move || adding.set(false) />
        </Modal>
        <PairDialog opened=opened />
        <YourData open=your_data />
    }
}

/// Nothing is here yet: what a choice is, and the ways to add one.
#[component]
fn NoPairs(importing: RwSignal<bool>, adding: RwSignal<bool>) -> impl IntoView {
    let session = Session::here();
    let sample = move |_| {
        leptos::task::spawn_local(async move {
            if let Err(error) = session.add_sample().await {
                session.say_error(&error);
            }
        });
    };
    view! {
        <div class="empty">
            <h2>"No choices yet"</h2>
            <p>
                "A choice is a question and two answers to it, one of which you liked better. A dozen already say "
                "something; from about thirty on, it can be trusted."
            </p>
            <div class="actions">
                <button type="button" class="primary" on:click=move |_| importing.set(true)>
                    "Import a file"
                </button>
                <button type="button" on:click=move |_| adding.set(true)>
                    "Add one by hand"
                </button>
                <button type="button" class="quiet" on:click=sample>
                    "Look at the sample"
                </button>
            </div>
        </div>
    }
}
