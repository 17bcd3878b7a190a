//! The few JavaScript objects that the store handles: rows, keys, errors, the clock.

use indexed_db_futures::KeyRange;
use indexed_db_futures::error::{Error, OpenDbError};
use js_sys::{Array, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;

use crate::preference::PairId;
use crate::store::StoreError;
use crate::store::order::Place;
use crate::store::row::PairRow;

#[wasm_bindgen]
extern "C" {
    /// A row of the store of pairs, as it lies in the database.
    #[wasm_bindgen(extends = js_sys::Object, js_name = Object)]
    pub type PairObject;

    #[wasm_bindgen(constructor, js_class = "Object")]
    pub fn new() -> PairObject;
    #[wasm_bindgen(method, getter)]
    fn text(this: &PairObject) -> JsValue;
    #[wasm_bindgen(method, setter)]
    fn set_text(this: &PairObject, text: Uint8Array);
    #[wasm_bindgen(method, getter)]
    fn shape(this: &PairObject) -> JsValue;
    #[wasm_bindgen(method, setter)]
    fn set_shape(this: &PairObject, shape: &str);
    #[wasm_bindgen(method, setter)]
    fn set_id(this: &PairObject, id: &str);
    #[wasm_bindgen(method, getter)]
    fn was(this: &PairObject) -> JsValue;
    #[wasm_bindgen(method, setter)]
    fn set_was(this: &PairObject, was: Array);
}

/// Writes a row for the database. `was` names the pairs that this one took the place of.
pub fn pair_object(profile: &str, id: PairId, row: &PairRow, was: &[PairId]) -> Result<JsValue, StoreError> {
    let object = PairObject::new();
    object.set_id(&named(profile, id));
    object.set_text(Uint8Array::from(&row.text[..]));
    let shape = serde_json::to_string(&row.shape).map_err(|_| StoreError::Damaged { what: "pair" })?;
    object.set_shape(&shape);
    let object = object.into();
    if !was.is_empty() {
        set_was(&object, profile, was);
    }
    Ok(object)
}

/// Says of a row which pairs it took the place of.
pub fn set_was(row: &JsValue, profile: &str, was: &[PairId]) {
    let object: &PairObject = row.unchecked_ref();
    object.set_was(was.iter().map(|id| JsValue::from(named(profile, *id))).collect());
}

/// Reads a row of the database.
pub fn read_pair(value: &JsValue) -> Result<PairRow, StoreError> {
    let damaged = || StoreError::Damaged { what: "pair" };
    let object: &PairObject = value.unchecked_ref();
    let shape = object.shape().as_string().ok_or_else(damaged)?;
    Ok(PairRow { text: read_text(value)?, shape: serde_json::from_str(&shape).map_err(|_| damaged())? })
}

/// Only the texts of a row.
pub fn read_text(value: &JsValue) -> Result<Vec<u8>, StoreError> {
    let object: &PairObject = value.unchecked_ref();
    let text: Uint8Array = object.text().dyn_into().map_err(|_| StoreError::Damaged { what: "pair" })?;
    Ok(text.to_vec())
}

/// The pairs that a row took the place of.
pub fn read_was(value: &JsValue) -> Vec<PairId> {
    let object: &PairObject = value.unchecked_ref();
    let Ok(was) = object.was().dyn_into::<Array>() else { return Vec::new() };
    was.iter().filter_map(|name| unnamed(&name.as_string()?)).collect()
}

/// A thing of one person's, as a key: `person/thing`.
pub fn named(profile: &str, id: impl std::fmt::Display) -> String {
    format!("{profile}/{id}")
}

/// The pair that a name of [`named`] names.
pub fn unnamed(name: &str) -> Option<PairId> {
    name.rsplit_once('/')?.1.parse().ok()
}

/// All names of one person's: `0` is the character after `/`.
pub fn names_of(profile: &str) -> KeyRange<JsValue> {
    KeyRange::Bound(format!("{profile}/").into(), false, format!("{profile}0").into(), true)
}

/// A pair's key: it sorts by person, then by place.
pub fn pair_key(profile: &str, place: Place, id: PairId) -> JsValue {
    Array::of4(&profile.into(), &place.at.into(), &place.sequence.into(), &id.to_string().into()).into()
}

/// What a key of [`pair_key`] says.
pub fn read_pair_key(key: &JsValue) -> Option<(PairId, Place)> {
    let key: &Array = key.dyn_ref()?;
    let place = Place { at: key.get(1).as_f64()?, sequence: key.get(2).as_f64()? };
    Some((key.get(3).as_string()?.parse().ok()?, place))
}

/// All pairs of one person; a list sorts after every number and text.
pub fn pairs_of(profile: &str) -> KeyRange<JsValue> {
    let after_all = Array::of2(&profile.into(), &Array::new());
    KeyRange::Bound(Array::of1(&profile.into()).into(), false, after_all.into(), true)
}

/// The pairs of one person from one place to another, both included.
pub fn pairs_between(profile: &str, from: Place, to: Place) -> KeyRange<JsValue> {
    let low = Array::of3(&profile.into(), &from.at.into(), &from.sequence.into());
    let high = Array::of4(&profile.into(), &to.at.into(), &to.sequence.into(), &Array::new());
    KeyRange::Bound(low.into(), false, high.into(), true)
}

/// The pairs of one person behind a key.
pub fn pairs_after(profile: &str, key: &JsValue) -> KeyRange<JsValue> {
    let after_all = Array::of2(&profile.into(), &Array::new());
    KeyRange::Bound(key.clone(), true, after_all.into(), true)
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        match error {
            Error::DomException(exception) => exception_error(exception.as_ref()),
            Error::Unknown(error) => StoreError::Failed { name: name_of(&JsValue::from(error)) },
            _ => StoreError::Failed { name: "unexpected data".into() },
        }
    }
}

impl From<OpenDbError> for StoreError {
    fn from(error: OpenDbError) -> Self {
        match error {
            OpenDbError::Base(error) => match StoreError::from(error) {
                // What a browser says when it gives no database at all: Firefox in a private window of old,
                // Chromium in a frame with storage blocked.
                StoreError::Failed { name } if name == "SecurityError" || name == "InvalidStateError" => {
                    StoreError::Unavailable(name)
                }
                other => other,
            },
            _ => StoreError::Unavailable("IndexedDB is not there".into()),
        }
    }
}

/// Why the browser aborted a transaction.
pub fn abort_error(transaction: &JsValue) -> StoreError {
    exception_error(&Reflect::get(transaction, &"error".into()).unwrap_or(JsValue::NULL))
}

fn exception_error(exception: &JsValue) -> StoreError {
    match name_of(exception).as_str() {
        "QuotaExceededError" => StoreError::QuotaFull,
        "VersionError" => StoreError::TooNew { found: 0, known: crate::store::VERSION },
        name => StoreError::Failed { name: name.into() },
    }
}

fn name_of(value: &JsValue) -> String {
    let name = Reflect::get(value, &"name".into()).ok().and_then(|name| name.as_string());
    name.unwrap_or_else(|| "error".into())
}

/// Milliseconds since 1970.
pub fn now_ms() -> f64 {
    js_sys::Date::now()
}

/// A property of the worker's or window's global object, or of what is under it.
pub fn global(path: &[&str]) -> Option<JsValue> {
    let mut value: JsValue = js_sys::global().into();
    for name in path {
        value = Reflect::get(&value, &(*name).into()).ok()?;
        if value.is_undefined() || value.is_null() {
            return None;
        }
    }
    Some(value)
}

/// Calls a method; its answer is awaited if it is a promise.
pub async fn call(object: &JsValue, method: &str, arguments: &[JsValue]) -> Result<JsValue, JsValue> {
    let function: js_sys::Function = Reflect::get(object, &method.into())?.dyn_into()?;
    let answer = function.apply(object, &arguments.iter().cloned().collect::<Array>())?;
    match answer.dyn_into::<js_sys::Promise>() {
        Ok(promise) => wasm_bindgen_futures::JsFuture::from(promise).await,
        Err(plain) => Ok(plain),
    }
}
