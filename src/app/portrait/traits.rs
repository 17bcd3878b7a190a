//! The traits: every measured property of an answer, and which way the person leans.

use leptos::prelude::*;

use crate::service::TraitView;
use crate::view::{CertaintyMark, LeaningBar, words};

/// Traits that are shown before "all" is pressed.
const SHOWN: usize = 12;

/// The traits as a table, folded.
#[component]
pub fn Traits(
    /// The weightiest first.
    traits: Vec<TraitView>,
) -> impl IntoView {
    let all = RwSignal::new(false);
    let total = traits.len();
    let scale = traits.iter().map(|t| t.weight.abs() + t.deviation).fold(0.0_f32, f32::max);
    let traits = StoredValue::new(traits);
    let shown = move || {
        let count = if all.get() { total } else { SHOWN };
        traits.with_value(|traits| traits.iter().take(count).cloned().collect::<Vec<_>>())
    };
    view! {
        <Show when=move || { total > 0 }>
            <details class="fold traits">
                <summary>"What was measured in the answers"</summary>
                <p class="small">
                    "Each row is a property of an answer. The bar shows how strongly it moves your choices, the line "
                    "across its end how far that may be off. Counts say in how many choices the answer you preferred "
                    "had more of it; the ring says how sure the direction is. A property stands for whatever goes along with "
                    "it in your choices: shorter answers have fewer paragraphs too."
                </p>
                <div class="table-frame" tabindex="0" role="region" aria-label="Traits">
                    <table class="trait-table">
                        <thead>
                            <tr>
                                <th scope="col">"You lean to"</th>
                                <th scope="col">"How strongly"</th>
                                <th scope="col">"Choices"</th>
                                <th scope="col">"Sure"</th>
                            </tr>
                        </thead>
                        <tbody>
                            <For each=shown key=|t| t.id.clone() let:row>
                                <tr>
                                    <th scope="row">{row.words}</th>
                                    <td>
                                        <LeaningBar weight=row.weight deviation=row.deviation scale=scale />
                                        <span class="visually-hidden">
                                            {format!("{:.2}, give or take {:.2}", row.weight.abs(), row.deviation)}
                                        </span>
                                    </td>
                                    <td class="figure">
                                        {format!("{} of {}", row.supports, row.supports + row.contradicts)}
                                    </td>
                                    <td>
                                        <CertaintyMark p=row.certainty />
                                        <span class="figure">{words::percent(row.certainty)}</span>
                                    </td>
                                </tr>
                            </For>
                        </tbody>
                    </table>
                </div>
                <Show when=move || { total > SHOWN && !all.get() }>
                    <button type="button" class="link" on:click=move |_| all.set(true)>
                        {format!("Show all {total}")}
                    </button>
                </Show>
            </details>
        </Show>
    }
}
