//! A question and its drafts: the one first that the person would like best, the others a click away.

use leptos::prelude::*;

use super::talk::Talk;
use crate::service::{DraftAnswer, ExchangeView};
use crate::view::{Glyph, Icon, Markdown, sentence, words};

/// One of the conversation's.
#[component]
pub fn Exchange(
    /// What was asked and drafted.
    exchange: ExchangeView,
    /// Whether it is the last, whose pick can be changed.
    last: bool,
) -> impl IntoView {
    let alone = exchange.drafts.len() == 1;
    let leads = exchange.picked.unwrap_or(0) as usize;
    let picked = exchange.picked;
    let model = exchange.model;
    let mut drafts: Vec<(usize, DraftAnswer)> = exchange.drafts.into_iter().enumerate().collect();
    drafts.sort_by_key(|(at, _)| *at != leads);
    let mut drafts = drafts.into_iter();
    let first = drafts.next();
    let title = match (alone, picked) {
        (true, _) => format!("{model} answered"),
        (false, Some(_)) => "You preferred this one".to_owned(),
        (false, None) => "You would like this one best".to_owned(),
    };
    view! {
        <article class="exchange">
            <p class="asked" dir="auto">{exchange.question}</p>
            {first.map(|(at, draft)| view! {
                <section class="panel draft best">
                    <h2>{title}</h2>
                    <Draft draft=draft at=at picked=picked alone=alone last=last />
                </section>
            })}
            {drafts
                .map(|(at, draft)| view! {
                    <details class="fold draft">
                        <summary>
                            {format!("Another draft, {} to be preferred", words::percent(draft.liked))}
                        </summary>
                        <Draft draft=draft at=at picked=picked alone=alone last=last />
                    </details>
                })
                .collect_view()}
        </article>
    }
}

#[component]
fn Draft(draft: DraftAnswer, at: usize, picked: Option<u32>, alone: bool, last: bool) -> impl IntoView {
    let talk = Talk::here();
    let at = at as u32;
    let choose = (last && !alone).then(|| match picked == Some(at) {
        false => view! {
            <button type="button" disabled=move || talk.is_busy() on:click=move |_| talk.pick(Some(at))>
                <Icon glyph=Glyph::Tick />
                "I prefer this one"
            </button>
        }
        .into_any(),
        true => view! {
            <span class="small">"It joined your history."</span>
            <button
                type="button"
                class="quiet"
                disabled=move || talk.is_busy()
                on:click=move |_| talk.pick(None)
            >
                "Take back"
            </button>
        }
        .into_any(),
    });
    view! {
        <Markdown text=draft.text />
        {(!alone && picked.is_none() && !draft.why.is_empty())
            .then(|| view! {
                <ul class="why small">
                    {draft.why.into_iter().map(|why| view! { <li>{sentence(&why)}</li> }).collect_view()}
                </ul>
            })}
        {choose.map(|choose| view! { <div class="actions">{choose}</div> })}
    }
}
