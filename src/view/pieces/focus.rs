//! Where the keyboard is: kept when what had the focus goes away, and led to the field that is wrong.
//!
//! A browser lets the focus fall to the body when what has it is removed, and the next Tab then begins at the top. All of
//! this waits for the next frame, when what takes the place of what was pressed is on the page.

use leptos::prelude::*;
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlElement};

#[wasm_bindgen]
extern "C" {
    /// An element that can be focused without being scrolled to.
    type Focusable;

    #[wasm_bindgen(method)]
    fn focus(this: &Focusable, options: &JsValue);
}

/// Focuses an element and leaves the page scrolled as it is.
pub fn focus_in_place(element: &JsValue) {
    let options = js_sys::Object::new();
    // A plain object takes any property.
    let _ = js_sys::Reflect::set(&options, &"preventScroll".into(), &true.into());
    element.unchecked_ref::<Focusable>().focus(&options);
}

/// Whether nothing has the focus, as when what had it is gone.
pub fn is_focus_lost() -> bool {
    document().active_element().is_none_or(|element| element.tag_name() == "BODY")
}

/// Puts the focus on the page, or on the dialog that is open over it, where it vanished with what had it.
pub fn catch_focus() {
    request_animation_frame(catch_now);
}

/// Puts the focus on the first element that the selector finds, where it vanished with what had it.
pub fn catch_focus_on(selector: impl Into<String>) {
    let selector = selector.into();
    request_animation_frame(move || {
        if let Some(element) = found(&selector).filter(|_| is_focus_lost()) {
            focus_in_place(&element);
        }
        catch_now();
    });
}

/// Puts the focus on the first element that the selector finds: it came because it was asked for.
pub fn focus_soon(selector: String) {
    request_animation_frame(move || {
        if let Some(element) = found(&selector) {
            let _ = element.focus();
        }
    });
}

/// Puts the focus on the first field of a form that is wrong, and unfolds what it is hidden in.
pub fn show_wrong(form: &str) {
    let selector = format!("{form} [aria-invalid=\"true\"]");
    request_animation_frame(move || {
        let Some(field) = found(&selector) else { return };
        let fold = || field.closest("details:not([open])").ok().flatten();
        while let Some(fold) = fold() {
            if fold.set_attribute("open", "").is_err() {
                break;
            }
        }
        let _ = field.focus();
    });
}

/// Puts the focus on the page, scrolled as it is.
pub fn focus_page() {
    if let Some(page) = document().get_element_by_id("main") {
        focus_in_place(&page);
    }
}

fn catch_now() {
    if !is_focus_lost() {
        return;
    }
    // Beside a dialog nothing takes the focus.
    match found("dialog[open] > .modal-body > header button") {
        Some(close) => focus_in_place(&close),
        None => focus_page(),
    }
}

fn found(selector: &str) -> Option<HtmlElement> {
    let element: Option<Element> = document().query_selector(selector).ok().flatten();
    element?.dyn_into().ok()
}
