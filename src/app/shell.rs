//! The frame around every page: the name, the way to each page, whose likeness it is, the colours.

use leptos::{ev, prelude::*};
use leptos_router::components::A;
use wasm_bindgen::JsCast;

use super::browser;
use super::people::PeopleSwitch;
use super::session::Session;
use super::theme::Theme;
use super::toast_list::ToastList;
use crate::view::{Glyph, Icon};

/// The pages, in the order of a first visit.
const PAGES: [(&str, &str, Glyph); 6] = [
    ("/", "History", Glyph::History),
    ("/portrait", "Portrait", Glyph::Portrait),
    ("/judge", "Judge", Glyph::Judge),
    ("/ask", "Ask", Glyph::Ask),
    ("/models", "Models", Glyph::Models),
    ("/privacy", "Privacy", Glyph::Privacy),
];

/// The frame; its children are the page.
#[component]
pub fn Shell(children: Children) -> impl IntoView {
    let session = Session::here();
    let handle = window_event_listener(ev::keydown, move |event| undo_by_key(session, &event));
    on_cleanup(move || handle.remove());
    view! {
        <a class="skip" href="#main">
            "Skip to the page"
        </a>
        <header class="side-bar">
            <A href="/" attr:class="name">
                "Likeness"
            </A>
            <nav aria-label="Pages">
                <ul>
                    {PAGES
                        .map(|(href, text, glyph)| {
                            view! {
                                <li>
                                    <A href=href exact={href == "/"}>
                                        <Icon glyph=glyph />
                                        <span>{text}</span>
                                    </A>
                                </li>
                            }
                        })}
                </ul>
            </nav>
            <div class="below">
                <PeopleSwitch />
                <ThemeSwitch />
            </div>
        </header>
        <main id="main" tabindex="-1">
            <Show when=move || session.outdated.get()>
                <div class="failure banner" role="alert">
                    <p class="what">"A newer version of this app is open in another tab."</p>
                    <p>"It waits for this page. Reload to go on with the new version; nothing is lost."</p>
                    <button
                        type="button"
                        on:click=move |_| {
                            let _ = window().location().reload();
                        }
                    >
                        "Reload"
                    </button>
                </div>
            </Show>
            {children()}
        </main>
        <ToastList />
    }
}

/// Ctrl+Z (⌘Z) takes the last deletion back, but not while someone types: there it is the field's own.
fn undo_by_key(session: Session, event: &ev::KeyboardEvent) {
    let wanted = (event.ctrl_key() || event.meta_key()) && !event.shift_key() && event.key() == "z";
    let typing = event
        .target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
        .is_some_and(|element| matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT"));
    if !wanted || typing {
        return;
    }
    let latest = session.toasts.with_untracked(|toasts| toasts.latest_undo(browser::now_ms()));
    if let Some(undo) = latest {
        event.prevent_default();
        session.undo(undo);
    }
}

/// Light, dark, or as the system says.
#[component]
fn ThemeSwitch() -> impl IntoView {
    let theme = RwSignal::new(browser::setting("theme").map_or(Theme::default(), |name| Theme::named(&name)));
    Effect::new(move |_| {
        if let Some(root) = document().document_element() {
            let _ = root.set_attribute("data-theme", theme.get().name());
        }
    });
    let press = move |_| {
        theme.update(|theme| *theme = theme.next());
        browser::keep_setting("theme", theme.get_untracked().name());
    };
    view! {
        <button type="button" class="quiet theme" on:click=press aria-label=move || theme.get().label()>
            <Icon glyph=Glyph::Theme />
            <span>{move || theme.get().label()}</span>
        </button>
    }
}
