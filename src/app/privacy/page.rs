//! The page itself: what left in total, by two counts, and what holds the rest here.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::canaries::Canaries;
use super::ledger::LedgerList;
use crate::app::remote::Policy;
use crate::app::session::{Loader, Session};
use crate::service::LedgerPage;
use crate::view::words;

/// The page.
#[component]
pub fn PrivacyPage() -> impl IntoView {
    let session = Session::here();
    let whole = Loader::<LedgerPage>::default();
    let counts = RwSignal::new(None);
    Effect::new(move |_| {
        session.ledger_changes.track();
        let client = session.client();
        whole.load(async move { client.ledger(String::new(), 0, 0).await });
        spawn_local(async move {
            counts.try_set(Some(Policy::report().await));
        });
    });
    let total = Memo::new(move |_| whole.value.read().ready().cloned().unwrap_or_default());
    view! {
        <section class="page privacy">
            <header class="page-head">
                <h1>"Privacy"</h1>
            </header>
            <p class="lead">
                "Your choices never leave this browser. A remote model, if you add one, gets sketches; every request to it is "
                "read by the guard first and written down here before it is sent."
            </p>
            <section class="panel left" aria-labelledby="left">
                <h2 id="left">"What left"</h2>
                <p class="total">{move || said(&total.read())}</p>
                <dl class="facts-list">
                    <For each=move || total.get().origins key=|row| row.clone() let:row>
                        <div>
                            <dt>{row.0.clone()}</dt>
                            <dd>{words::count(row.1, "request", "requests")}</dd>
                        </div>
                    </For>
                </dl>
                {move || counts.get().map(|counts| view! { <p class="small">{counted(&counts)}</p> })}
                <p class="small">{move || allowed(&session.policy.read())}</p>
            </section>
            <Canaries />
            <LedgerList />
        </section>
    }
}

fn said(total: &LedgerPage) -> String {
    let stopped = match total.stopped {
        0 => String::new(),
        n => format!(" {} stopped at the door.", words::count(n, "request was", "requests were")),
    };
    match total.left {
        0 => format!("Nothing.{stopped}"),
        n => format!(
            "{}, {} of text in all.{stopped}",
            words::count(n, "request", "requests"),
            words::size(total.left_bytes)
        ),
    }
}

/// What the service worker counted by itself.
fn counted(counts: &Result<Vec<(String, f64, f64)>, String>) -> String {
    match counts {
        Err(why) => format!("The browser's service worker keeps no count beside ours: {why}."),
        Ok(rows) if rows.is_empty() => {
            "The browser's service worker, which counts by itself, saw no request to another address."
                .to_owned()
        }
        Ok(rows) => {
            let one = |(origin, passed, refused): &(String, f64, f64)| {
                let refused = if *refused > 0.0 { format!(" ({refused:.0} refused)") } else { String::new() };
                format!("{passed:.0} to {origin}{refused}")
            };
            let list = rows.iter().map(one).collect::<Vec<_>>().join(", ");
            format!(
                "The browser's service worker, which counts by itself: {list}. Loading a model is counted too."
            )
        }
    }
}

/// Where this page may send at all.
fn allowed(policy: &Policy) -> String {
    let addresses = match policy.applied.as_slice() {
        [] => "This page's policy lets it reach its own server and no other address.".to_owned(),
        some => format!("This page's policy lets it reach its own server and {}.", some.join(", ")),
    };
    match policy.missing.as_str() {
        "" => addresses,
        why => format!("{addresses} Remote models are off: {why}."),
    }
}
