//! One tab at a time gets a file: the others wait for it, and then have it too.
//!
//! A Web Lock says who; it is free again when its tab dies. The file's own exclusive handle would say the same, but only
//! by failing.

use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// The right to get a file, until it is dropped.
pub struct Alone {
    release: Option<Function>,
}

impl Alone {
    /// The right to get the file of that name, unless another tab has it.
    pub async fn with(name: &str) -> Option<Self> {
        let mut release = None;
        let held = Promise::new(&mut |resolve, _| release = Some(resolve));
        // Made before it is waited for: where nobody waits any more it is given back as soon as it is granted.
        let alone = Alone { release };
        let mut tell = None;
        let told = Promise::new(&mut |resolve, _| tell = Some(resolve));
        let granted = Closure::once_into_js(move |lock: JsValue| {
            // Whoever asked waits for nothing but this.
            let _ = tell.map(|tell| tell.call1(&JsValue::NULL, &lock.is_object().into()));
            if lock.is_object() { held.into() } else { JsValue::UNDEFINED }
        });
        match request(&format!("likeness-model:{name}"), &granted) {
            Ok(asked) => {
                // A refusal comes through `asked`; the exclusive handle will do then.
                let outcome = JsFuture::from(Promise::race(&js_sys::Array::of2(&told, &asked))).await;
                (outcome != Ok(JsValue::FALSE)).then_some(alone)
            }
            Err(_) => Some(Alone { release: None }),
        }
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        let _ = self.release.take().map(|release| release.call0(&JsValue::NULL));
    }
}

/// Asks for a lock that is given now or not at all.
fn request(name: &str, granted: &JsValue) -> Result<Promise, JsValue> {
    let navigator = Reflect::get(&js_sys::global(), &"navigator".into())?;
    let locks = Reflect::get(&navigator, &"locks".into())?;
    let request: Function = Reflect::get(&locks, &"request".into())?.dyn_into()?;
    let options = Object::new();
    Reflect::set(&options, &"ifAvailable".into(), &JsValue::TRUE)?;
    Ok(Promise::resolve(&request.call3(&locks, &name.into(), &options, granted)?))
}
