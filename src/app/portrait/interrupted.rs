//! The induction that was interrupted: how far it got, and the way to go on with it or to forget it.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::induce::Induction;
use super::run::{needs_model_here, pending_text};
use crate::app::browser;
use crate::app::session::Session;
use crate::service::PendingInduction;

/// The interrupted induction of whom is looked at, where there is one; asked for again whenever one ended.
pub fn pending_induction(session: Session) -> RwSignal<Option<PendingInduction>> {
    let pending = RwSignal::new(None::<PendingInduction>);
    Effect::new(move |_| {
        session.portrait_changes.track();
        let Some(profile) = session.current.get() else { return };
        let client = session.client();
        spawn_local(async move {
            if let Ok(found) = client.pending_induction(profile).await {
                let _ = pending.try_set(found);
            }
        });
    });
    pending
}

/// What is said of it, above whatever else the panel offers.
#[component]
pub fn Interrupted(
    /// It, where there is one.
    pending: RwSignal<Option<PendingInduction>>,
    /// Whether a model is loaded on this device.
    has_local: bool,
    induction: Induction,
) -> impl IntoView {
    let session = Session::here();
    let forget = move |_| {
        let Some(profile) = session.current.get_untracked() else { return };
        let client = session.client();
        spawn_local(async move {
            match client.drop_induction(profile).await {
                Ok(()) => {
                    let _ = pending.try_set(None);
                }
                Err(error) => session.say_error(&error),
            }
        });
    };
    move || {
        pending.get().map(|found| {
            let when = found.stopped_ms.map(browser::when);
            let can_go_on = has_local || !needs_model_here(&found.settings);
            let text = pending_text(&found, when.as_deref(), can_go_on);
            let settings = StoredValue::new(found.settings);
            view! {
                <div class="resume">
                    <p>{text}</p>
                    <div class="actions">
                        <Show when=move || can_go_on>
                            <button
                                type="button"
                                class="primary"
                                on:click=move |_| induction.start(settings.get_value())
                            >
                                "Go on"
                            </button>
                        </Show>
                        <button type="button" class="quiet" on:click=forget>
                            "Forget it"
                        </button>
                    </div>
                </div>
            }
        })
    }
}
