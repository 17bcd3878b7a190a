//! The few things that only the browser can do for a page: the clock, the clipboard, saving a file, keeping what is
//! stored, small settings.

use js_sys::{Array, Date};
use leptos::prelude::{document, window};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, HtmlElement, Storage, Url};

use crate::view::words;

/// Milliseconds since 1970.
pub fn now_ms() -> f64 {
    Date::now()
}

/// When something was: "3 days ago", or the date as the person's calendar has it.
pub fn when(at_ms: f64) -> String {
    words::ago(now_ms(), at_ms).unwrap_or_else(|| date(at_ms))
}

/// The date as the person's calendar has it.
pub fn date(at_ms: f64) -> String {
    let date = Date::new(&JsValue::from_f64(at_ms));
    if date.get_time().is_nan() {
        return "unknown date".into();
    }
    date.to_locale_date_string("default", &JsValue::UNDEFINED).into()
}

/// The date and the time as the person's calendar and clock have them.
pub fn moment(at_ms: f64) -> String {
    Date::new(&JsValue::from_f64(at_ms)).to_locale_string("default", &JsValue::UNDEFINED).into()
}

/// The day as part of a file name: "2026-03-09".
pub fn day() -> String {
    let iso: String = Date::new_0().to_iso_string().into();
    iso.chars().take(10).collect()
}

/// The path of the folder that the app is served from, with a slash at its end: "/", or a longer one where a host serves
/// other things beside it. The page's own address doesn't tell, but the script that it begins with does.
pub fn app_folder() -> String {
    let script = document().query_selector(r#"script[src$="boot.js"]"#).ok().flatten();
    let address = script.and_then(|script| js_sys::Reflect::get(&script, &"src".into()).ok()?.as_string());
    let path = address.and_then(|address| Url::new(&address).ok()).map(|url| url.pathname());
    path.and_then(|path| path.strip_suffix("boot.js").map(str::to_owned)).unwrap_or_else(|| "/".into())
}

/// The address of one of the app's pages: the router's links don't know the folder.
pub fn address(page: &str) -> String {
    app_folder() + page.trim_start_matches('/')
}

/// Puts a text on the clipboard; false when the browser refuses.
pub async fn copy(text: String) -> bool {
    let Some(clipboard) = clipboard() else { return false };
    JsFuture::from(clipboard.write_text(&text)).await.is_ok()
}

/// A page that is not served securely has no clipboard; web-sys would hand out `undefined` as one.
fn clipboard() -> Option<web_sys::Clipboard> {
    let navigator = window().navigator();
    let has = js_sys::Reflect::get(&navigator, &"clipboard".into()).is_ok_and(|c| !c.is_undefined());
    has.then(|| navigator.clipboard())
}

/// Brings something that has just come into view, and puts the focus on it unless the person is typing elsewhere.
pub fn show(element: &HtmlElement) {
    const TYPED_IN: &str = "textarea, select, input:not([type=file], [type=radio], [type=checkbox])";
    element.scroll_into_view();
    if !document().active_element().is_some_and(|active| active.matches(TYPED_IN).unwrap_or(false)) {
        let _ = element.focus();
    }
}

/// Saves a text as a file, where the person's browser saves files.
pub fn save(name: &str, kind: &str, text: &str) -> Result<(), JsValue> {
    let options = BlobPropertyBag::new();
    options.set_type(kind);
    save_blob(name, &Blob::new_with_str_sequence_and_options(&Array::of1(&text.into()), &options)?)
}

/// Saves a file, where the person's browser saves files.
pub fn save_blob(name: &str, blob: &Blob) -> Result<(), JsValue> {
    let url = Url::create_object_url_with_blob(blob)?;
    let link: HtmlAnchorElement = document().create_element("a")?.unchecked_into();
    link.set_href(&url);
    link.set_download(name);
    link.click();
    // The browser may read the blob a little after the click.
    revoke_later(url);
    Ok(())
}

fn revoke_later(url: String) {
    leptos::prelude::set_timeout(
        move || {
            let _ = Url::revoke_object_url(&url);
        },
        std::time::Duration::from_secs(60),
    );
}

/// Whether the browser has promised to keep what is stored here when space runs low.
pub async fn is_kept() -> bool {
    let Some(asked) = storage_manager().and_then(|storage| storage.persisted().ok()) else { return false };
    JsFuture::from(asked).await.is_ok_and(|kept| kept.is_truthy())
}

/// Asks the browser to promise that; some ask the person in turn. Gives whether it does.
pub async fn ask_to_keep() -> bool {
    let Some(asked) = storage_manager().and_then(|storage| storage.persist().ok()) else { return false };
    JsFuture::from(asked).await.is_ok_and(|kept| kept.is_truthy())
}

/// A page that is not served securely has none; web-sys would hand out `undefined` as one.
fn storage_manager() -> Option<web_sys::StorageManager> {
    let navigator = window().navigator();
    let has =
        js_sys::Reflect::get(&navigator, &"storage".into()).is_ok_and(|storage| !storage.is_undefined());
    has.then(|| navigator.storage())
}

/// A small setting that was kept.
pub fn setting(name: &str) -> Option<String> {
    storage()?.get_item(&format!("likeness.{name}")).ok().flatten()
}

/// Keeps a small setting, or not, where the browser refuses: nothing depends on it.
pub fn keep_setting(name: &str, value: &str) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(&format!("likeness.{name}"), value);
    }
}

/// Keeps a text for this tab alone, until the page was loaded anew; false where the browser refuses.
pub fn keep_for_reload(name: &str, value: &str) -> bool {
    let storage = window().session_storage().ok().flatten();
    storage.is_some_and(|storage| storage.set_item(&format!("likeness.{name}"), value).is_ok())
}

/// Takes the text that was kept for after a reload.
pub fn take_for_reload(name: &str) -> Option<String> {
    let storage = window().session_storage().ok().flatten()?;
    let name = format!("likeness.{name}");
    let value = storage.get_item(&name).ok().flatten();
    let _ = storage.remove_item(&name);
    value
}

/// The machine's memory in gigabytes, as far as the browser tells it: rounded, and no more than a few.
pub fn memory_gigabytes() -> Option<f64> {
    js_sys::Reflect::get(&window().navigator(), &"deviceMemory".into()).ok()?.as_f64()
}

/// What this site keeps here and what the browser lets it keep, in bytes, both as the browser estimates them.
pub async fn storage_estimate() -> Option<(f64, f64)> {
    let asked = storage_manager()?.estimate().ok()?;
    let estimate = JsFuture::from(asked).await.ok()?;
    let number = |name: &str| js_sys::Reflect::get(&estimate, &name.into()).ok()?.as_f64();
    Some((number("usage")?, number("quota")?))
}

/// Forgets all small settings; the names of those that are left, with what else this origin keeps there.
pub fn forget_settings() -> Vec<String> {
    let Some(storage) = storage() else { return Vec::new() };
    let _ = storage.clear();
    let left = storage.length().unwrap_or(0);
    (0..left).filter_map(|i| storage.key(i).ok().flatten()).collect()
}

fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}
