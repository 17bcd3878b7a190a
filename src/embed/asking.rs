//! One call: asks the data worker, stops when the caller's `AbortSignal` says so, and says in JavaScript what went wrong.

use js_sys::{Array, Function, Object, Reflect};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;
use web_sys::AbortSignal;

use super::failure;
use crate::service::client::{Client, Stop};
use crate::service::{Event, Request, Response, ServiceError};

/// What a call gives to JavaScript.
pub(super) type Called = Result<JsValue, JsValue>;

/// Asks, until the signal says stop.
pub(super) async fn ask(
    client: &Client,
    request: Request,
    attachment: Option<JsValue>,
    signal: Option<&AbortSignal>,
    on_event: impl Fn(Event) + 'static,
) -> Result<Response, JsValue> {
    let asking = client.ask_with(request, attachment, on_event);
    until_stopped((asking.stop(), asking), signal).await
}

/// Waits for what is asked, until the signal says stop.
pub(super) async fn until_stopped<T>(
    (stop, asked): (Stop, impl Future<Output = Result<T, ServiceError>>),
    signal: Option<&AbortSignal>,
) -> Result<T, JsValue> {
    let Some(signal) = signal else { return asked.await.map_err(|error| thrown(&error)) };
    if signal.aborted() {
        stop.now();
        return asked.await.map_err(|error| thrown(&error));
    }
    let listener = Closure::<dyn Fn()>::new(move || stop.now());
    let function = listener.as_ref().unchecked_ref();
    signal.add_event_listener_with_callback("abort", function)?;
    let answer = asked.await;
    signal.remove_event_listener_with_callback("abort", function)?;
    answer.map_err(|error| thrown(&error))
}

/// Hands what `shown` makes of an event to the page's function; what that throws is the page's own affair.
pub(super) fn tell(
    function: Option<Function>,
    shown: impl Fn(Event) -> Option<JsValue> + 'static,
) -> impl Fn(Event) + 'static {
    move |event| {
        if let Some(function) = &function
            && let Some(told) = shown(event)
        {
            let _ = function.call1(&JsValue::UNDEFINED, &told);
        }
    }
}

/// What was given, read; what can't be is the caller's mistake.
pub(super) fn read<T: DeserializeOwned>(value: JsValue) -> Result<T, JsValue> {
    serde_wasm_bindgen::from_value(value)
        .map_err(|error| thrown(&ServiceError::Invalid(format!("the argument can't be read: {error}"))))
}

/// As a plain object.
pub(super) fn show<T: Serialize + ?Sized>(value: &T) -> Called {
    value
        .serialize(&serde_wasm_bindgen::Serializer::json_compatible())
        .map_err(|_| thrown(&ServiceError::Internal("the answer can't be shown".into())))
}

/// An `Error` with the code and the advice beside the message; `pkg/failure.js` makes a `LikenessError` of it.
///
/// What quotes the history lies under `quotes`, and whose lines a file holds under `people`, which nothing lists: whatever
/// logs or copies an error leaves them out.
pub(super) fn thrown(error: &ServiceError) -> JsValue {
    let object = js_sys::Error::new(&failure::message(error));
    object.set_name("LikenessError");
    for (key, value) in [("code", failure::code(error)), ("advice", failure::advice(error))] {
        // An error of our own making takes any property.
        let _ = Reflect::set(&object, &key.into(), &value.into());
    }
    for (key, texts) in [("quotes", failure::quotes(error)), ("people", failure::people(error))] {
        if texts.is_empty() {
            continue;
        }
        let texts: Array = texts.iter().map(|text| JsValue::from(text.as_str())).collect();
        let hidden = Object::new();
        // As above; a property that is defined by its value alone is not enumerable.
        let _ = Reflect::set(&hidden, &"value".into(), &texts);
        let _ = Reflect::define_property(&object, &key.into(), &hidden);
    }
    object.into()
}

/// The worker answered with something else than what was asked for.
pub(super) fn unexpected() -> JsValue {
    thrown(&ServiceError::Internal("the data worker gave an answer of another kind".into()))
}
