//! The frame around every page: the name, the way to each page, whose likeness it is, the colours.

use leptos::{ev, prelude::*};
use leptos_router::NavigateOptions;
use leptos_router::components::A;
use leptos_router::hooks::{use_location, use_navigate};
use wasm_bindgen::JsCast;

use super::browser;
use super::history::DropFiles;
use super::people::{PeopleDialog, PeopleSwitch};
use super::session::Session;
use super::theme::Theme;
use super::toast_list::ToastList;
use crate::view::{Glyph, Icon, focus_page};

/// The pages, in the order of a first visit.
const PAGES: [(&str, &str, Glyph); 6] = [
    ("/", "History", Glyph::History),
    ("/portrait", "Portrait", Glyph::Portrait),
    ("/judge", "Judge", Glyph::Judge),
    ("/ask", "Ask", Glyph::Ask),
    ("/models", "Models", Glyph::Models),
    ("/privacy", "Privacy", Glyph::Privacy),
];

/// The pages that show the first screen as long as nobody is kept here.
const NEED_SOMEONE: [&str; 4] = ["/", "/portrait", "/judge", "/ask"];

/// The frame; its children are the page.
#[component]
pub fn Shell(children: Children) -> impl IntoView {
    let session = Session::here();
    let handle = window_event_listener(ev::keydown, move |event| undo_by_key(session, &event));
    on_cleanup(move || handle.remove());
    let people = RwSignal::new(false);
    let name = page_name(session);
    follow_pages(name);
    view! {
        // By itself it would be a link to another page, for the router.
        <a
            class="skip"
            href="#main"
            on:click=move |event| {
                event.prevent_default();
                focus_page();
            }
        >
            "Skip to the page"
        </a>
        <header class="side-bar">
            <A href=browser::address("/") attr:class="name">
                "Likeness"
            </A>
            <nav aria-label="Pages">
                <ul>
                    {PAGES
                        .map(|(href, text, glyph)| {
                            view! {
                                <li>
                                    <A href=browser::address(href) exact={href == "/"}>
                                        <Icon glyph=glyph />
                                        <span>{text}</span>
                                    </A>
                                </li>
                            }
                        })}
                </ul>
            </nav>
            <div class="below">
                <PeopleSwitch open=people />
                <ThemeSwitch />
            </div>
        </header>
        <main id="main" tabindex="-1" aria-label=name>
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
        <PeopleDialog open=people />
        <DropFiles />
        <ToastList />
    }
}

/// What the page at hand is called; none for the first screen.
fn page_name(session: Session) -> Memo<Option<&'static str>> {
    let path = use_location().pathname;
    let folder = browser::app_folder();
    Memo::new(move |_| {
        let path = path.read();
        let page = path.strip_prefix(folder.trim_end_matches('/')).unwrap_or(&path).trim_end_matches('/');
        let page = if page.is_empty() { "/" } else { page };
        if NEED_SOMEONE.contains(&page) && session.current.read().is_none() {
            return None;
        }
        let known = PAGES.iter().find(|(of, ..)| *of == page).map(|(_, name, _)| *name);
        Some(known.unwrap_or("There is no such page"))
    })
}

/// What a browser does where each page is a document of its own: its name is the window's, and who goes to it is at its
/// beginning, where a screen reader reads the name.
fn follow_pages(name: Memo<Option<&'static str>>) {
    Effect::new(move |_| match name.get() {
        Some(name) => document().set_title(&format!("{name} – Likeness")),
        None => document().set_title("Likeness"),
    });
    let location = use_location();
    let folder = browser::app_folder();
    let navigate = use_navigate();
    Effect::new(move |before: Option<String>| {
        let path = location.pathname.get();
        let without = path.trim_end_matches('/').to_owned();
        // With a slash at its end it is the same page, by another name than its link has.
        if path != without && path != folder && !path.starts_with("//") {
            let rest = (location.search.get_untracked(), location.hash.get_untracked());
            let query = if rest.0.is_empty() { String::new() } else { format!("?{}", rest.0) };
            let options = NavigateOptions { resolve: false, replace: true, ..Default::default() };
            navigate(&format!("{without}{query}{}", rest.1), options);
        } else if before.is_some_and(|before| before != without) {
            request_animation_frame(focus_new_page);
        }
        without
    });
}

/// Whoever has the focus in the page already, or in a dialog over it, keeps it.
fn focus_new_page() {
    let inside = |element: web_sys::Element| element.closest("main, dialog").ok().flatten().is_some();
    if !document().active_element().is_some_and(inside) {
        focus_page();
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
