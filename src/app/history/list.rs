//! The list of choices: only the rows that are seen exist, so a hundred thousand scroll like ten.

use std::time::Duration;

use leptos::task::spawn_local;
use leptos::{ev, html, prelude::*};
use wasm_bindgen::prelude::*;

use super::list_focus::ListFocus;
use super::list_load::ListLoad;
use crate::app::browser;
use crate::app::session::Session;
use crate::preference::PairId;
use crate::service::client::Stop;
use crate::service::{PairPage, PairRow, Response, ServiceError};
use crate::view::list_window::{ListWindow, PAGE_ROWS};
use crate::view::{Failure, Glyph, Icon, Spinner, words};

/// A row's height; the style sheet's `--row` says the same.
const ROW_PX: f64 = 100.0;

/// Typing pauses this long before it is searched for.
const SEARCH_PAUSE: Duration = Duration::from_millis(180);

/// What was typed, once typing pauses.
pub fn after_pause(query: RwSignal<String>) -> RwSignal<String> {
    let searched = RwSignal::new(String::new());
    let pause = StoredValue::new(None::<TimeoutHandle>);
    Effect::new(move |_| {
        let typed = query.get().trim().to_owned();
        pause.get_value().iter().for_each(TimeoutHandle::clear);
        let search = move || {
            let _ = searched.try_set(typed);
        };
        pause.set_value(set_timeout_with_handle(search, SEARCH_PAUSE).ok());
    });
    searched
}

/// The list, filtered by what was typed; a row that is pressed is opened.
#[component]
pub fn PairList(
    /// What is searched for.
    searched: RwSignal<String>,
    /// The pair that is looked at.
    opened: RwSignal<Option<PairId>>,
) -> impl IntoView {
    let session = Session::here();
    let list = RwSignal::new(ListLoad::default());
    let window = RwSignal::new(ListWindow { row_px: ROW_PX, ..ListWindow::default() });
    let failed = RwSignal::new(None::<ServiceError>);
    let scroller = NodeRef::<html::Div>::new();

    // Searches that nobody waits for any more are stopped: each would read the whole history.
    let running = StoredValue::new_local(Vec::<((u32, u32), Stop)>::new());
    let ask_for_rows = move || {
        let Some(profile) = session.current.get_untracked() else { return };
        let drawn = window.get_untracked().drawn();
        let mut wanted = Vec::new();
        list.update_untracked(|list| wanted = list.wanted(drawn));
        for (generation, offset) in wanted {
            let on_found = move |page: PairPage| {
                let total = page.total;
                if list.try_update(|list| list.came_in_part(generation, page)) == Some(true) {
                    window.update(|window| window.total = total);
                }
            };
            let query = searched.get_untracked();
            let asking = session.client().list(profile.clone(), query, offset, PAGE_ROWS, on_found);
            running.update_value(|running| running.push(((generation, offset), asking.stop())));
            spawn_local(async move {
                let answer = asking.await;
                let _ =
                    running.try_update_value(|running| running.retain(|(of, _)| *of != (generation, offset)));
                match answer {
                    Ok(Response::List(page)) => {
                        let total = page.total;
                        if list.try_update(|list| list.came(generation, page)) == Some(true) {
                            failed.set(None);
                            window.update(|window| window.total = total);
                        }
                    }
                    Ok(_) => {}
                    Err(error) => {
                        if list.try_update(|list| list.failed(generation, offset)) == Some(true) {
                            failed.set(Some(error));
                        }
                    }
                }
            });
        }
    };
    let stop_all = move || running.update_value(|running| running.drain(..).for_each(|(_, stop)| stop.now()));
    on_cleanup(stop_all);

    Effect::new(move |before: Option<(_, _)>| {
        let now = (session.current.get(), searched.get());
        if before.is_some_and(|before| before != now) {
            stop_all();
            list.update(ListLoad::replaced);
            window.update(|window| window.scroll_px = 0.0);
            if let Some(div) = scroller.get_untracked() {
                div.set_scroll_top(0);
            }
        }
        ask_for_rows();
        now
    });
    Effect::new(move |first: Option<()>| {
        session.history_changes.track();
        if first.is_some() {
            list.update(ListLoad::changed);
            ask_for_rows();
        }
    });
    Effect::new(move |_| {
        window.track();
        ask_for_rows();
    });
    Effect::new(move |_| {
        if let Some(div) = scroller.get() {
            watch_height(&div, window);
        }
    });

    let rows = move || {
        let drawn = window.get().drawn();
        list.with(|list| drawn.map(|at| (at, list.row(at).cloned())).collect::<Vec<_>>())
    };
    let focus = ListFocus::new(scroller);
    let active = focus.active;
    Effect::new(move |_| {
        window.track();
        list.track();
        focus.put_back_soon();
    });
    Effect::new(move |_| {
        let last = window.get().total.saturating_sub(1);
        if active.get_untracked() > last {
            active.set(last);
        }
    });
    let on_key = move |event: ev::KeyboardEvent| {
        let (shown, at) = (window.get_untracked(), active.get_untracked());
        let page = (shown.viewport_px / ROW_PX).max(1.0) as u32;
        let Some(last) = shown.total.checked_sub(1) else { return };
        let to = match event.key().as_str() {
            "ArrowDown" => at + 1,
            "ArrowUp" => at.saturating_sub(1),
            "PageDown" => at + page,
            "PageUp" => at.saturating_sub(page),
            "Home" => 0,
            "End" => last,
            _ => return,
        }
        .min(last);
        event.prevent_default();
        reveal(scroller, window, to);
        focus.go_to(to);
    };
    let summary = move || {
        let total = list.with(ListLoad::total);
        match (total, searched.get().is_empty()) {
            (None, _) => String::new(),
            (Some(n), true) => words::count(n, "choice, newest first", "choices, newest first"),
            (Some(0), false) => "Nothing found".into(),
            (Some(n), false) => format!("{} found", words::count(n, "choice", "choices")),
        }
    };
    let retry = Callback::new(move |()| {
        failed.set(None);
        ask_for_rows();
    });
    view! {
        <p class="summary" role="status">
            {summary}
        </p>
        {move || failed.get().map(|error| view! { <Failure error=error retry=retry /> })}
        <Show when=move || list.with(|l| l.total().is_none()) && failed.read().is_none()>
            <Spinner text="Reading …" />
        </Show>
        <div
            class="rows"
            node_ref=scroller
            // While the row that Tab leads to is not drawn, Tab leads to the list.
            tabindex=move || if window.get().drawn().contains(&active.get()) { "-1" } else { "0" }
            on:scroll=move |_| {
                if let Some(div) = scroller.get_untracked() {
                    let top = f64::from(div.scroll_top());
                    window.update(|window| window.scroll_px = top);
                }
            }
            on:keydown=on_key
        >
            <ul class="rows-content" style:height=move || format!("{}px", window.get().content_px())>
                <For
                    each=rows
                    key=|(at, row)| (*at, row.as_ref().map(|row| row.id))
                    children=move |(at, row)| {
                        let place = Memo::new(move |_| window.get().place_px(at));
                        view! {
                            <li
                                style:transform=move || format!("translateY({}px)", place.get())
                                aria-setsize=move || window.get().total.to_string()
                                aria-posinset=(at + 1).to_string()
                            >
                                {match row {
                                    Some(row) => {
                                        view! { <Row at=at row=row opened=opened active=active /> }.into_any()
                                    }
                                    None => view! { <div class="row-blank" aria-hidden="true"></div> }.into_any(),
                                }}
                            </li>
                        }
                    }
                />
            </ul>
        </div>
    }
}

/// Keeps the window's height as tall as the element is.
fn watch_height(div: &web_sys::HtmlDivElement, window: RwSignal<ListWindow>) {
    let element = div.clone();
    let measure = move || {
        let height = f64::from(element.client_height());
        if window.try_with_untracked(|w| w.viewport_px != height) == Some(true) {
            window.update(|window| window.viewport_px = height);
        }
    };
    measure();
    let on_resize = Closure::<dyn Fn()>::new(measure);
    if let Ok(observer) = web_sys::ResizeObserver::new(on_resize.as_ref().unchecked_ref()) {
        observer.observe(div);
        let kept = StoredValue::new_local((observer, on_resize));
        on_cleanup(move || kept.with_value(|(observer, _)| observer.disconnect()));
    }
}

/// Scrolls to a row.
fn reveal(scroller: NodeRef<html::Div>, window: RwSignal<ListWindow>, row: u32) {
    let Some(div) = scroller.get_untracked() else { return };
    let top = window.get_untracked().reveal_px(row);
    div.set_scroll_top(top.round() as i32);
    window.update(|window| window.scroll_px = top);
}

/// One choice: what was asked, and how both answers begin.
#[component]
fn Row(at: u32, row: PairRow, opened: RwSignal<Option<PairId>>, active: RwSignal<u32>) -> impl IntoView {
    let session = Session::here();
    let id = row.id;
    let when = row.at_ms.map(browser::when).or(row.origin).unwrap_or_default();
    let on_key = move |event: ev::KeyboardEvent| {
        if event.key() == "Delete" {
            event.prevent_default();
            delete(session, id);
        }
    };
    view! {
        <button
            type="button"
            class="row-open"
            data-row=at.to_string()
            tabindex=move || if active.get() == at { "0" } else { "-1" }
            on:focus=move |_| active.set(at)
            on:click=move |_| opened.set(Some(id))
            on:keydown=on_key
        >
            <span class="asked" dir="auto">{row.question}</span>
            <span class="when">{when}</span>
            <span class="answer preferred" dir="auto">
                <Icon glyph=Glyph::Tick />
                // Its own direction, or the answer would have it too.
                <span class="visually-hidden" dir="ltr">"Preferred: "</span>
                {row.chosen}
            </span>
            <span class="answer" dir="auto">
                <span class="visually-hidden" dir="ltr">"The other: "</span>
                {row.rejected}
            </span>
        </button>
        <button
            type="button"
            class="quiet icon-only row-delete"
            aria-label="Delete this choice"
            tabindex=move || if active.get() == at { "0" } else { "-1" }
            on:click=move |_| delete(session, id)
        >
            <Icon glyph=Glyph::Delete />
        </button>
    }
}

/// Deletes a choice and offers to take that back.
pub fn delete(session: Session, id: PairId) {
    let Some(profile) = session.current.get_untracked() else { return };
    let client = session.client();
    spawn_local(async move {
        match client.delete(profile, vec![id]).await {
            Ok(deletion) => session.offer_undo("Deleted one choice.", &deletion),
            Err(error) => session.say_error(&error),
        }
    });
}
