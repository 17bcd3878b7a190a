//! Which model to ask: the one on this device, the browser's own, or a remote one over sketches.

use leptos::prelude::*;

use super::{BuiltIn, ReachNotice};
use crate::app::session::Session;
use crate::service::ModelChoice;
use crate::view::fresh_id;

/// The choice's value for the model on this device.
const HERE: &str = "here";

/// Stands before the id of a remote model that only sums up.
const DIVIDED: &str = "divided ";

/// What a value of the select means.
pub fn choice_of(value: &str) -> ModelChoice {
    match value {
        HERE | "" => ModelChoice::OnDevice,
        id => match id.strip_prefix(DIVIDED) {
            Some(id) => ModelChoice::Divided(id.into()),
            None => ModelChoice::Remote(id.into()),
        },
    }
}

/// A labelled choice of the model; shown once a remote one is configured, or the browser's own is ready.
#[component]
pub fn ModelSelect(
    /// The chosen one, as [`choice_of`] reads it.
    value: RwSignal<String>,
    /// Whether the work may be divided between a model on this device and a remote one.
    #[prop(optional)]
    divides: bool,
) -> impl IntoView {
    let session = Session::here();
    let id = fresh_id("model");
    let endpoints = Memo::new(move |_| session.endpoints.read().ready().cloned().unwrap_or_default());
    let loaded = Memo::new(move |_| {
        let models = session.models.read();
        models.ready().and_then(|models| models.loaded.as_ref().map(|model| model.name.clone()))
    });
    let choice = Memo::new(move |_| choice_of(&value.get()));
    let chosen = Memo::new(move |_| {
        let id = choice.get().remote();
        endpoints.read().iter().find(|one| Some(&one.id) == id.as_ref()).cloned()
    });
    let built_in = Memo::new(move |_| session.built_in.get().filter(BuiltIn::is_ready));
    let label = id.clone();
    view! {
        <Show when=move || !endpoints.read().is_empty() || built_in.read().is_some()>
            <div class="field model-select">
                <label for=label.clone()>{if divides { "Who reads" } else { "Model" }}</label>
                <select
                    id=id.clone()
                    on:change=move |event| value.set(event_target_value(&event))
                    prop:value=move || value.with(|value| if value.is_empty() { HERE.into() } else { value.clone() })
                >
                    <option value=HERE selected=move || choice_of(&value.get()) == ModelChoice::OnDevice>
                        {move || match loaded.get() {
                            Some(name) => format!("{name}, on this device"),
                            None => "On this device (none is loaded)".to_owned(),
                        }}
                    </option>
                    <For
                        each=move || built_in.get().map_or_else(Vec::new, |model| model.options())
                        key=|(id, _)| id.clone()
                        let:option
                    >
                        {
                            let (id, text) = option;
                            let own = id.clone();
                            view! {
                                <option value=id selected=move || value.get() == own>
                                    {text}
                                </option>
                            }
                        }
                    </For>
                    <For each=move || endpoints.get() key=|one| one.id.clone() let:one>
                        {
                            let id = one.id.clone();
                            view! {
                                <option value=one.id.clone() selected=move || value.get() == id>
                                    {format!("{} at {}, over sketches", one.model, one.origin)}
                                </option>
                            }
                        }
                    </For>
                    <For
                        each=move || if divides { endpoints.get() } else { Vec::new() }
                        key=|one| one.id.clone()
                        let:one
                    >
                        {
                            let id = format!("{DIVIDED}{}", one.id);
                            let is_chosen = {
                                let id = id.clone();
                                move || value.get() == id
                            };
                            view! {
                                <option value=id selected=is_chosen>
                                    {format!("On this device; {} at {} sums up, over sketches", one.model, one.origin)}
                                </option>
                            }
                        }
                    </For>
                </select>
                <p class="note">
                    {move || match (built_in.get().filter(|_| BuiltIn::has_id(&value.get())), choice.get()) {
                        (Some(model), _) => model.reads(&value.get()),
                        (None, ModelChoice::OnDevice) => {
                            "Reads your choices as they are; nothing leaves this device.".to_owned()
                        }
                        (None, ModelChoice::Remote(_)) => {
                            "Sees sketches: which answer has more of one trait, in one of nine sentences. Never your texts."
                                .to_owned()
                        }
                        (None, ModelChoice::Divided(_)) => {
                            "The model on this device reads your choices as they are. The remote one is told sketches of \
                             those that it foresaw, and writes claims from them. Never your texts, nor what was thought \
                             of them."
                                .to_owned()
                        }
                    }}
                </p>
                {move || chosen.get().map(|one| view! { <ReachNotice origin=one.origin /> })}
            </div>
        </Show>
    }
}
