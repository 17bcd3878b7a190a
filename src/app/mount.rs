//! Puts the app on the page: the session, the router, and what is shown while there is no store.

use leptos::prelude::*;
use leptos_router::components::{A, Route, Router, Routes};
use leptos_router::path;

use super::ask::AskPage;
use super::browser;
use super::history::{HistoryPage, Importer, Unsaved};
use super::judge::JudgePage;
use super::models::{ModelLoading, ModelsPage};
use super::portrait::{Induction, PortraitPage};
use super::privacy::PrivacyPage;
use super::session::Session;
use super::shell::Shell;
use super::welcome::Welcome;
use super::your_data::Forgotten;
use crate::view::loadable::Loadable;
use crate::view::{Failure, OpenDialogs, Spinner};

/// The data worker's script, in the app's folder.
const WORKER_SCRIPT: &str = "data_worker_loader.js";

/// Mounts the app on the page's `<body>`, in the place of the line that says that it is loading.
pub fn mount() {
    console_error_panic_hook::set_once();
    if let Some(line) = document().get_element_by_id("loading") {
        line.remove();
    }
    mount_to_body(App);
}

#[component]
fn App() -> impl IntoView {
    // The page's own address can be any below that folder.
    let folder = browser::app_folder();
    let session = Session::start(&format!("{folder}{WORKER_SCRIPT}"));
    provide_context(session);
    // What outlives a page stands beside the session.
    provide_context(Importer::new(session));
    let unsaved = Unsaved::default();
    provide_context(unsaved);
    Effect::new(move |_| {
        if session.forgotten.read().is_some() {
            unsaved.clear();
        }
    });
    provide_context(Induction::new(session));
    provide_context(ModelLoading::default());
    provide_context(OpenDialogs::default());
    view! {
        <Router base=folder.trim_end_matches('/').to_owned()>
            <Shell>
                <OpenStore>
                    <Routes fallback=NotFound>
                        <Route path=path!("/") view=Home />
                        <Route path=path!("/portrait") view=move || view! { <NeedsSomeone><PortraitPage /></NeedsSomeone> } />
                        <Route path=path!("/judge") view=move || view! { <NeedsSomeone><JudgePage /></NeedsSomeone> } />
                        <Route path=path!("/ask") view=move || view! { <NeedsSomeone><AskPage /></NeedsSomeone> } />
                        <Route path=path!("/models") view=ModelsPage />
                        <Route path=path!("/privacy") view=PrivacyPage />
                    </Routes>
                </OpenStore>
            </Shell>
        </Router>
    }
}

/// The history, or the first screen while nobody is kept here.
#[component]
fn Home() -> impl IntoView {
    view! {
        <NeedsSomeone>
            <HistoryPage />
        </NeedsSomeone>
    }
}

/// Shows its content once there is someone to show; the first screen until then.
#[component]
fn NeedsSomeone(children: ChildrenFn) -> impl IntoView {
    let session = Session::here();
    let someone = Memo::new(move |_| session.current.read().is_some());
    let children = StoredValue::new(children);
    move || match session.forgotten.get() {
        Some(report) => view! { <Forgotten report=report /> }.into_any(),
        None if someone.get() => children.with_value(|children| children()).into_any(),
        None => view! { <Welcome /> }.into_any(),
    }
}

/// Shows its content once the store is open, and why not while it isn't.
#[component]
fn OpenStore(children: ChildrenFn) -> impl IntoView {
    let session = Session::here();
    let children = StoredValue::new(children);
    move || match &*session.store.read() {
        Loadable::Loading => view! { <Spinner text="Opening your history …" /> }.into_any(),
        Loadable::Failed(error) => {
            let retry = Callback::new(move |()| session.open());
            view! {
                <section class="page narrow">
                    <h1>"Your history can't be opened"</h1>
                    <Failure error=error.clone() retry=retry />
                </section>
            }
            .into_any()
        }
        Loadable::Ready(_) => children.with_value(|children| children()).into_any(),
    }
}

#[component]
fn NotFound() -> impl IntoView {
    view! {
        <section class="page narrow">
            <h1>"There is no such page"</h1>
            <p>
                <A href=browser::address("/")>"Go to the history"</A>
            </p>
        </section>
    }
}
