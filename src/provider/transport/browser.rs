//! The network of a browser, in a page or a worker: fetch without credentials, referrer, cache or redirects.
//!
//! A refusal by CORS can't be told from a network that is down: the browser says the same of both.

use gloo_net::http::{Request, Response};
use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, ReadableStreamDefaultReader, ReferrerPolicy, RequestCache, RequestCredentials,
    RequestMode, RequestRedirect, ResponseType,
};

use super::{Body, Clock, Head, Transport, TransportError};
use crate::provider::Cleared;

#[wasm_bindgen]
extern "C" {
    // Both a page and a worker have it as a global function.
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(call: &js_sys::Function, ms: i32) -> JsValue;

    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(timer: &JsValue);
}

/// The network of this browser.
#[derive(Clone, Copy, Debug, Default)]
pub struct BrowserTransport;

impl Clock for BrowserTransport {
    fn now_ms(&self) -> f64 {
        js_sys::Date::now()
    }

    async fn sleep(&self, ms: u32) {
        let mut timer = Timer(JsValue::UNDEFINED);
        let promise = Promise::new(&mut |resolve, _| {
            timer.0 = set_timeout(&resolve, i32::try_from(ms).unwrap_or(i32::MAX));
        });
        // A timer does not fail.
        let _ = JsFuture::from(promise).await;
    }
}

/// A timer that ends when nobody waits for it any more.
struct Timer(JsValue);

impl Drop for Timer {
    fn drop(&mut self) {
        clear_timeout(&self.0);
    }
}

impl Transport for BrowserTransport {
    type Body = BrowserBody;

    const IN_BROWSER: bool = true;

    async fn send(&self, request: &Cleared) -> Result<(Head, BrowserBody), TransportError> {
        let abort = Abort(AbortController::new().map_err(|error| broken(&error))?);
        let mut builder = Request::post(request.url())
            .mode(RequestMode::Cors)
            .credentials(RequestCredentials::Omit)
            .cache(RequestCache::NoStore)
            .referrer("")
            .referrer_policy(ReferrerPolicy::NoReferrer)
            // Not `error`: that would look like a network that is down.
            .redirect(RequestRedirect::Manual)
            .abort_signal(Some(&abort.0.signal()));
        for (name, value) in request.headers() {
            builder = builder.header(name, value);
        }
        let said = |error: gloo_net::Error| TransportError::Broken(error.to_string());
        let built = builder.body(Uint8Array::from(request.body())).map_err(said)?;
        let response = built.send().await.map_err(said)?;
        if response.type_() == ResponseType::Opaqueredirect {
            return Err(TransportError::Redirected);
        }
        let head = head(&response);
        let reader = response.body().map(|stream| stream.get_reader().unchecked_into());
        Ok((head, BrowserBody { reader, _abort: abort }))
    }
}

fn head(response: &Response) -> Head {
    let headers = response.headers();
    Head {
        status: response.status(),
        content_type: headers.get("content-type"),
        // Another origin's page may read it only where the server exposes it.
        retry_after: headers.get("retry-after"),
    }
}

/// Ends the request when dropped.
struct Abort(AbortController);

impl Drop for Abort {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The bytes of a reply; the connection ends with it.
pub struct BrowserBody {
    reader: Option<ReadableStreamDefaultReader>,
    _abort: Abort,
}

impl Body for BrowserBody {
    async fn next(&mut self) -> Option<Result<Vec<u8>, TransportError>> {
        let reader = self.reader.as_ref()?;
        let piece = match JsFuture::from(reader.read()).await {
            Ok(piece) => piece,
            Err(error) => return Some(Err(broken(&error))),
        };
        let field = |name: &str| js_sys::Reflect::get(&piece, &name.into());
        if field("done").is_ok_and(|done| done.is_truthy()) {
            return None;
        }
        let bytes = field("value").ok().and_then(|value| value.dyn_into::<Uint8Array>().ok());
        Some(bytes.map(|bytes| bytes.to_vec()).ok_or_else(|| TransportError::Broken("no bytes".into())))
    }
}

fn broken(error: &JsValue) -> TransportError {
    let said = error.dyn_ref::<js_sys::Error>().map(|error| String::from(error.message()));
    TransportError::Broken(said.unwrap_or_default())
}
