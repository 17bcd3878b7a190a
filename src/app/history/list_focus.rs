//! Keeps the keyboard's place in a list whose rows come and go as it scrolls.
//!
//! A row that leaves the document, or is only moved in it, loses the focus, and the keys then go to the page. So it is
//! remembered that the focus belongs in the list and at which row, and whenever rows were drawn it is put back: on
//! that row or, where it isn't drawn now, on the list itself, which hears the same keys.

use leptos::{ev, html, prelude::*};
use wasm_bindgen::prelude::*;

use crate::view::focus_in_place;

/// Which row the keyboard is at.
#[derive(Clone, Copy)]
pub struct ListFocus {
    list: NodeRef<html::Div>,
    /// The row that Tab leads to.
    pub active: RwSignal<u32>,
    /// Whether the focus belongs in the list.
    inside: StoredValue<bool>,
    /// Whether it is on its way to the active row, which may not be drawn yet.
    on_its_way: StoredValue<bool>,
}

impl ListFocus {
    /// For the list that is this element.
    pub fn new(list: NodeRef<html::Div>) -> Self {
        let focus = ListFocus {
            list,
            active: RwSignal::new(0),
            inside: StoredValue::new(false),
            on_its_way: StoredValue::new(false),
        };
        // Whoever takes the focus away is heard of here; when it vanishes with its row, nothing is.
        let taken = window_event_listener(ev::focusin, move |event| focus.moved(event.target()));
        let pressed = window_event_listener(ev::pointerdown, move |event| {
            if !focus.holds(event.target()) {
                focus.moved(None);
            }
        });
        on_cleanup(move || {
            taken.remove();
            pressed.remove();
        });
        focus
    }

    /// Goes to a row, as soon as it is drawn.
    pub fn go_to(self, row: u32) {
        self.active.set(row);
        self.inside.set_value(true);
        self.on_its_way.set_value(true);
        self.put_back_soon();
    }

    /// To be called when other rows are to be drawn.
    pub fn put_back_soon(self) {
        request_animation_frame(move || {
            self.put_back();
        });
    }

    fn put_back(self) -> Option<()> {
        let list = self.list.try_get_untracked().flatten()?;
        let now = document().active_element();
        let lost = now.as_ref().is_none_or(|element| element.tag_name() == "BODY" || **list == *element);
        if !self.inside.get_value() || !(lost || self.on_its_way.get_value()) {
            return None;
        }
        let row = self.active.get_untracked();
        let row = list.query_selector(&format!("[data-row=\"{row}\"]")).ok().flatten();
        self.on_its_way.set_value(row.is_none());
        let target = row.map_or_else(|| JsValue::from(list), JsValue::from);
        // Who turns the wheel is not to be fetched back to the row.
        focus_in_place(&target);
        Some(())
    }

    /// The focus is there now; nowhere when something outside was pressed.
    fn moved(self, to: Option<web_sys::EventTarget>) {
        let holds = self.holds(to.clone());
        self.inside.try_set_value(holds);
        let is_list =
            self.list.try_get_untracked().flatten().is_some_and(|list| to.as_ref() == Some(list.as_ref()));
        if !is_list {
            self.on_its_way.try_set_value(false);
        }
    }

    fn holds(self, target: Option<web_sys::EventTarget>) -> bool {
        let target = target.and_then(|target| target.dyn_into::<web_sys::Node>().ok());
        let list = self.list.try_get_untracked().flatten();
        list.is_some_and(|list| list.contains(target.as_ref()))
    }
}
