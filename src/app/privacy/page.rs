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
    let total =
        Memo::new(move |_| Total::of(whole.value.read().ready().cloned().unwrap_or_default(), &own_origin()));
    view! {
        <section class="page privacy">
            <header class="page-head">
                <h1>"Privacy"</h1>
            </header>
            <p class="lead">
                "Your choices never leave this browser. A remote model, if you add one, gets sketches of them, and what you say "
                "to it on the Ask page; every request is read by the guard first and written down here before it is sent."
            </p>
            <section class="panel left" aria-labelledby="left">
                <h2 id="left">"What left"</h2>
                <p class="total">{move || total.read().said()}</p>
                <dl class="facts-list">
                    <For each=move || total.get().others key=|row| (row.0.clone(), row.1) let:row>
                        <div>
                            <dt>{row.0.clone()}</dt>
                            <dd>{words::count(row.1, "request", "requests")}</dd>
                        </div>
                    </For>
                </dl>
                <Show when=move || total.read().echoed != 0>
                    <p class="small">
                        {move || format!(
                            "{} of made-up secrets went to this page's own address, where the service worker answered: no \
                             further than this browser.",
                            words::count(total.read().echoed, "request", "requests"),
                        )}
                    </p>
                </Show>
                {move || counts.get().map(|counts| view! { <p class="small">{counted(&counts)}</p> })}
                <p class="small">{move || allowed(&session.policy.read())}</p>
            </section>
            <Canaries />
            <LedgerList />
        </section>
    }
}

/// What all of the ledger comes to.
#[derive(Clone, Debug, Default, PartialEq)]
struct Total {
    /// Requests to each other origin, and the bytes of their bodies.
    others: Vec<(String, u32, f64)>,
    /// Requests to this page's own origin: the test with canaries makes them, and the service worker answers.
    echoed: u32,
    /// Requests that were stopped at the door.
    stopped: u32,
}

impl Total {
    fn of(ledger: LedgerPage, own: &str) -> Self {
        let (echoed, others): (Vec<_>, Vec<_>) =
            ledger.origins.into_iter().partition(|(origin, ..)| origin == own);
        Total { others, echoed: echoed.iter().map(|row| row.1).sum(), stopped: ledger.stopped }
    }

    fn said(&self) -> String {
        let stopped = match self.stopped {
            0 => String::new(),
            n => format!(" {} stopped at the door.", words::count(n, "request was", "requests were")),
        };
        match self.others.iter().map(|row| row.1).sum() {
            0 => format!("Nothing.{stopped}"),
            left => format!(
                "{}, {} of text in all.{stopped}",
                words::count(left, "request", "requests"),
                words::size(self.others.iter().map(|row| row.2).sum())
            ),
        }
    }
}

fn own_origin() -> String {
    window().location().origin().unwrap_or_default()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_page_itself_answered_did_not_leave() {
        let own = "http://localhost:8080";
        let total = |origins: &[(&str, u32, f64)], stopped| {
            let origins = origins.iter().map(|(origin, count, bytes)| ((*origin).to_owned(), *count, *bytes));
            Total::of(LedgerPage { origins: origins.collect(), stopped, ..LedgerPage::default() }, own)
        };
        assert_eq!(total(&[], 0).said(), "Nothing.");
        let echoed = total(&[(own, 22, 29_000.0)], 1);
        assert_eq!(
            (echoed.echoed, echoed.said().as_str()),
            (22, "Nothing. 1 request was stopped at the door.")
        );
        let both = total(&[(own, 22, 29_000.0), ("https://api.example", 3, 1500.0)], 0);
        assert_eq!(both.said(), "3 requests, 1.5 kB of text in all.");
    }
}
