//! Messages to and from the page, files that an answer brings along, and what becomes of requests when the worker
//! breaks.
//!
//! A panic leaves memory that can't be trusted. So it answers every request under way with an error that says
//! where it broke, never with the panic's own words (they may hold a person's text), and then raises an error on
//! the worker, at which the page starts a new one.

use std::cell::RefCell;
use std::collections::BTreeSet;

use js_sys::{Array, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{Blob, BlobPropertyBag};

use crate::service::{Envelope, FromWorker, ServiceError, ToWorker};

thread_local! {
    /// The requests under way, for the panic's answers: nothing else can be reached from there.
    static UNDER_WAY: RefCell<BTreeSet<u32>> = const { RefCell::new(BTreeSet::new()) };
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = postMessage)]
    fn post_message(message: &JsValue);
    #[wasm_bindgen(catch, js_namespace = crypto, js_name = getRandomValues)]
    fn get_random_values(bytes: &Uint8Array) -> Result<(), JsValue>;
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &js_sys::Function, ms: f64) -> f64;
}

/// A message of the page's as it came.
pub struct Letter {
    /// Without what is attached.
    message: JsValue,
    attachment: Option<JsValue>,
}

impl Letter {
    /// What is attached to it.
    pub fn attachment(&self) -> Option<JsValue> {
        self.attachment.clone()
    }

    /// With what is attached, as it came.
    pub fn whole(&self) -> &JsValue {
        if let Some(attachment) = &self.attachment {
            // It had this property before.
            let _ = Reflect::set(&self.message, &"attachment".into(), attachment);
        }
        &self.message
    }
}

/// Calls `receive` with each message of the page.
pub fn listen(receive: impl Fn(ToWorker, Letter) + 'static) {
    let listener = Closure::<dyn Fn(web_sys::MessageEvent)>::new(move |event: web_sys::MessageEvent| {
        let data = event.data();
        let attachment = Reflect::get(&data, &"attachment".into()).ok().filter(|value| !value.is_undefined());
        if let Some(object) = data.dyn_ref::<js_sys::Object>() {
            // The message's own reader would not know what to make of it.
            let _ = Reflect::delete_property(object, &"attachment".into());
        }
        match serde_wasm_bindgen::from_value::<ToWorker>(data.clone()) {
            Ok(message) => receive(message, Letter { message: data, attachment }),
            Err(_) => wasm_bindgen::throw_str("a message that is none of a page's"),
        }
    });
    let global = js_sys::global();
    // A worker's global object takes this property; there is nobody to tell if it doesn't.
    let _ = Reflect::set(&global, &"onmessage".into(), listener.as_ref());
    // It listens as long as the worker lives.
    listener.forget();
}

/// Sends a message to the page.
pub fn post(message: &FromWorker) {
    post_with(message, None);
}

/// Sends a message to the page, with what serde can't carry beside it.
pub fn post_with(message: &FromWorker, attachment: Option<JsValue>) {
    let Ok(value) = serde_wasm_bindgen::to_value(message) else {
        wasm_bindgen::throw_str("an answer that can't be sent")
    };
    if let Some(attachment) = attachment {
        // An answer is a plain object, which takes any property.
        let _ = Reflect::set(&value, &"attachment".into(), &attachment);
    }
    post_message(&value);
}

/// Chance from the browser.
pub fn chance<const N: usize>() -> Result<[u8; N], ServiceError> {
    let bytes = Uint8Array::new_with_length(N as u32);
    let refused = |_| ServiceError::Internal("the browser gives no chance".into());
    get_random_values(&bytes).map_err(refused)?;
    let mut chance = [0; N];
    bytes.copy_to(&mut chance);
    Ok(chance)
}

/// Bytes too many to hold, as a file that grows by parts: the browser keeps them outside of our memory.
pub struct Parts {
    kind: &'static str,
    parts: Array,
    bytes: Vec<u8>,
    failed: Option<JsValue>,
}

/// Bytes that become a part.
const PART_BYTES: usize = 4 << 20;

impl Parts {
    /// An empty file of this media type.
    pub fn new(kind: &'static str) -> Self {
        Parts { kind, parts: Array::new(), bytes: Vec::new(), failed: None }
    }

    /// Adds bytes at its end.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        if self.bytes.len() >= PART_BYTES {
            self.end_part();
        }
    }

    /// The whole file.
    ///
    /// # Errors
    /// What the browser says when it has no room for it.
    pub fn into_blob(mut self) -> Result<Blob, JsValue> {
        self.end_part();
        let options = BlobPropertyBag::new();
        options.set_type(self.kind);
        match self.failed {
            Some(error) => Err(error),
            None => Blob::new_with_blob_sequence_and_options(&self.parts, &options),
        }
    }

    fn end_part(&mut self) {
        let bytes = Uint8Array::from(&std::mem::take(&mut self.bytes)[..]);
        match Blob::new_with_u8_array_sequence(&Array::of1(&bytes)) {
            Ok(part) => drop(self.parts.push(&part)),
            Err(error) => self.failed = Some(error),
        }
    }
}

/// Remembers that a request is under way.
pub fn begin(envelope: Envelope) {
    UNDER_WAY.with_borrow_mut(|set| set.insert(envelope.0));
}

/// Forgets it.
pub fn end(envelope: Envelope) {
    UNDER_WAY.with_borrow_mut(|set| set.remove(&envelope.0));
}

/// From now on a panic is answered, and ends the worker.
pub fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(String::new, |at| format!("{}:{}", at.file(), at.line()));
        // A panic while the set is borrowed answers nobody; the page then answers for us.
        let _ = UNDER_WAY.try_with(|set| {
            for envelope in set.try_borrow().iter().flat_map(|set| set.iter()) {
                post(&FromWorker::Answer(Envelope(*envelope), Err(ServiceError::Internal(place.clone()))));
            }
        });
        // A trap inside a promise is no `error` event of the worker's in every browser; this is.
        let message = format!("the data worker broke at {place}");
        let raise = Closure::once_into_js(move || -> () { wasm_bindgen::throw_str(&message) });
        set_timeout(raise.unchecked_ref(), 0.0);
    }));
}

/// Waits; other requests go on meanwhile.
pub async fn sleep(ms: f64) {
    let promise = js_sys::Promise::new(&mut |resolve, _| {
        set_timeout(&resolve, ms.max(0.0));
    });
    // A timer's promise is never rejected.
    let _ = wasm_bindgen_futures::JsFuture::from(promise).await;
}
