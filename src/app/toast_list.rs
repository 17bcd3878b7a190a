//! Shows what is said in passing, and counts the seconds of what can be undone.

use std::time::Duration;

use leptos::{html, prelude::*};

use super::browser;
use super::session::Session;
use crate::view::{Glyph, Icon, OpenDialogs, catch_focus};

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
    // A dialog makes everything beside it inert: a message lies in it as long as it is open.
    let list = NodeRef::<html::Div>::new();
    let dialogs: OpenDialogs = expect_context();
    Effect::new(move |_| {
        let Some(list) = list.get() else { return };
        let dialog = dialogs.top().map(web_sys::Node::from);
        let place = dialog.or_else(|| document().body().map(web_sys::Node::from));
        if let Some(place) = place.filter(|place| list.parent_node().as_ref() != Some(place)) {
            let _ = place.append_child(&list);
        }
    });
    view! {
        <div class="toasts" role="log" aria-live="polite" aria-label="Messages" node_ref=list>
            <ol>
                <For each=move || session.toasts.get().shown().to_vec() key=|toast| toast.id let:toast>
                    <li>
                        <span>{toast.text}</span>
                        {toast
                            .undo
                            .map(|undo| {
                                let press = move |_| {
                                    session.undo(undo);
                                    catch_focus();
                                };
                                view! {
                                    <button type="button" class="undo" on:click=press>
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
                            on:click=move |_| {
                                session.toasts.update(|toasts| toasts.dismiss(toast.id));
                                catch_focus();
                            }
                        >
                            <Icon glyph=Glyph::Close />
                        </button>
                    </li>
                </For>
            </ol>
        </div>
    }
}
