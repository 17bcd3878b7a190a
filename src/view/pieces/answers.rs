//! Texts of a conversation: long ones shown bit by bit, a pair with its two answers side by side.

use leptos::prelude::*;

use super::{Glyph, Icon};
use crate::preference::{Role, Turn};
use crate::service::PairView;
use crate::view::{
    excerpt::{EXCERPT_BYTES, excerpt},
    words,
};

/// A text as it was written, its beginning first when it is very long.
#[component]
pub fn LongText(
    /// The text.
    #[prop(into)]
    text: String,
) -> impl IntoView {
    let shown = RwSignal::new(EXCERPT_BYTES);
    let length = text.len();
    let text = StoredValue::new(text);
    view! {
        <div class="text" dir="auto">
            {move || text.with_value(|text| excerpt(text, shown.get()).to_owned())}
        </div>
        <Show when=move || shown.get() < length>
            // Each step shows four times as much: a megabyte is there after four.
            <button type="button" class="link" on:click=move |_| shown.update(|n| *n *= 4)>
                {move || format!("Show more of these {}", words::size(length as f64))}
            </button>
        </Show>
    }
}

/// The conversation so far; a single question stands without a name before it.
#[component]
fn Context(turns: Vec<Turn>) -> impl IntoView {
    let alone = turns.len() == 1;
    turns
        .into_iter()
        .map(|turn| {
            let who = match turn.role {
                Role::System => "Instructions",
                Role::User => "Asked",
                Role::Assistant => "Answered",
            };
            view! {
                <div class="turn" class:model={turn.role == Role::Assistant}>
                    {(!alone).then(|| view! { <p class="who">{who}</p> })}
                    <LongText text=turn.content />
                </div>
            }
        })
        .collect_view()
}

/// A pair in full: what was asked, the preferred answer, the other one.
#[component]
pub fn PairTexts(
    /// The pair.
    pair: PairView,
) -> impl IntoView {
    view! {
        <div class="pair">
            <div class="question">
                <Context turns=pair.context />
            </div>
            <div class="sides">
                <section class="side chosen">
                    <h4>
                        <Icon glyph=Glyph::Tick />
                        "Preferred"
                    </h4>
                    <LongText text=pair.chosen />
                </section>
                <section class="side">
                    <h4>"The other"</h4>
                    <LongText text=pair.rejected />
                </section>
            </div>
            {pair.note.map(|note| view! { <p class="remark">"Note: " {note}</p> })}
        </div>
    }
}
