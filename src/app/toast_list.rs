//! Shows what is said in passing, and counts the seconds of what can be undone.

use std::time::Duration;

use leptos::prelude::*;

use super::browser;
use super::session::Session;
use crate::view::{Glyph, Icon};

/// How often the seconds are counted.
const TICK: Duration = Duration::from_millis(250);

/// The lines at the edge of the page; read out politely as they come.
#[component]
pub fn ToastList() -> impl IntoView {
    let session = Session::here();
    let now = RwSignal::new(browser::now_ms());
    Effect::new(move |running: Option<Option<IntervalHandle>>| {
        let running = running.flatten();
        if session.toasts.read().is_empty() {
            if let Some(handle) = running {
                handle.clear();
            }
            return None;
        }
        running.or_else(|| {
            now.set(browser::now_ms());
            set_interval_with_handle(
                move || {
                    let time = browser::now_ms();
                    now.set(time);
                    if session.toasts.with_untracked(|t| t.shown().iter().any(|t| t.until_ms <= time)) {
                        session.toasts.update(|toasts| {
                            toasts.expire(time);
                        });
                    }
                },
                TICK,
            )
            .ok()
        })
    });
    view! {
        <ol class="toasts" role="log" aria-live="polite" aria-label="Messages">
            <For each=move || session.toasts.get().shown().to_vec() key=|toast| toast.id let:toast>
                <li>
                    <span>{toast.text}</span>
                    {toast
                        .undo
                        .map(|undo| {
                            view! {
                                <button type="button" class="undo" on:click=move |_| session.undo(undo)>
                                    "Undo"
                                    <span class="seconds" aria-hidden="true">
                                        {move || {
                                            let left = (toast.until_ms - now.get()) / 1000.0;
                                            format!("{:.0}", left.max(0.0).ceil())
                                        }}
                                    </span>
                                </button>
                            }
                        })}
                    <button
                        type="button"
                        class="quiet icon-only"
                        aria-label="Close this message"
                        on:click=move |_| session.toasts.update(|toasts| toasts.dismiss(toast.id))
                    >
                        <Icon glyph=Glyph::Close />
                    </button>
                </li>
            </For>
        </ol>
    }
}
