//! The page itself: the conversation, and the form below it.

use leptos::prelude::*;
use leptos_router::components::A;

use super::exchange::Exchange;
use super::form::SayForm;
use super::talk::Talk;
use crate::app::browser;
use crate::app::session::Session;
use crate::view::loadable::Loadable;
use crate::view::{Confirm, Failure};

/// The page.
#[component]
pub fn AskPage() -> impl IntoView {
    let session = Session::here();
    let talk = Talk::new(session);
    provide_context(talk);
    let endpoints = Memo::new(move |_| session.endpoints.read().ready().cloned().unwrap_or_default());
    let name = move || session.person().map(|p| p.name).unwrap_or_default();
    let ending = RwSignal::new(false);
    let begun = Memo::new(move |_| !talk.said().exchanges.is_empty());
    view! {
        <section class="page ask">
            <header class="page-head">
                <div>
                    <p class="eyebrow">{name}</p>
                    <h1>"Ask"</h1>
                </div>
                <Show when=move || begun.get()>
                    <div class="actions">
                        <Confirm
                            asked=ending
                            question="Forget this one?"
                            yes="Forget"
                            on_yes=move |()| {
                                ending.set(false);
                                talk.end();
                            }
                        >
                            <button type="button" class="quiet" on:click=move |_| ending.set(true)>
                                "New conversation …"
                            </button>
                        </Confirm>
                    </div>
                </Show>
            </header>
            <Show when=move || !begun.get()>
                <p class="lead">
                    "A remote model drafts several answers. It gets your question and what you let it know, no more; which "
                    "draft you would like best is worked out here. The one that you prefer teaches the next portrait."
                </p>
            </Show>
            {move || match talk.chat.get() {
                Loadable::Loading => ().into_any(),
                Loadable::Failed(error) => view! { <Failure error=error /> }.into_any(),
                Loadable::Ready(chat) => {
                    let last = chat.exchanges.len().saturating_sub(1);
                    view! {
                        <div class="exchanges">
                            {chat
                                .exchanges
                                .into_iter()
                                .enumerate()
                                .map(|(at, exchange)| view! { <Exchange exchange=exchange last=at == last /> })
                                .collect_view()}
                        </div>
                    }
                    .into_any()
                }
            }}
            <Show
                when=move || !endpoints.read().is_empty()
                fallback=|| view! {
                    <div class="empty">
                        <h2>"No remote model yet"</h2>
                        <p>"This page asks a model on another machine, or in a server of this one."</p>
                        <div class="actions">
                            <A href=browser::address("/models") attr:class="button primary">
                                "Add one on the Models page"
                            </A>
                        </div>
                    </div>
                }
            >
                <SayForm endpoints=endpoints />
            </Show>
        </section>
    }
}
