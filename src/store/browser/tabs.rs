//! Several tabs on one store: a lock lets one of them write at a time, a channel tells the others what changed.
//!
//! Each tab's worker keeps a little of the store in memory (which pairs there are, which deletions can still be
//! undone); what another tab changes makes it read that again.

use js_sys::{Array, Function, Object, Promise, Reflect};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use super::js::global;

/// What another tab changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum News {
    /// The list of people.
    Profiles,
    /// A person's pairs.
    History(String),
    /// A person's portrait.
    Portrait(String),
    /// A person's conversation with a remote model.
    Chat(String),
    /// The models.
    Models,
    /// The remote models.
    Endpoints,
    /// The ledger of requests.
    Ledger,
    /// Everything was forgotten.
    Everything,
}

/// A lock among this site's tabs; free again when dropped, and when its tab dies.
pub struct Lock {
    release: Function,
}

impl Lock {
    /// Waits for the lock of that name. A browser without locks gives one that locks nothing: transactions are
    /// still one after the other there.
    pub async fn take(name: &str) -> Lock {
        Lock::asked(name, false).await.0
    }

    /// The lock of that name where nobody has it now.
    pub async fn take_now(name: &str) -> Option<Lock> {
        let (lock, is_taken) = Lock::asked(name, true).await;
        (!is_taken).then_some(lock)
    }

    /// The lock of that name, waited for unless it shall be `only_now`; and whether somebody else has it then.
    async fn asked(name: &str, only_now: bool) -> (Lock, bool) {
        let (held, release) = promise();
        let (told, tell) = promise();
        // Made before it is waited for: where nobody waits any more it is given back as soon as it is granted.
        let lock = Lock { release };
        let callback = Closure::once_into_js(move |granted: JsValue| -> JsValue {
            let is_granted = granted.is_object();
            // Nothing to be done where it fails: whoever waits is gone.
            let _ = tell.call1(&JsValue::NULL, &is_granted.into());
            if is_granted { held.into() } else { JsValue::UNDEFINED }
        });
        let options = Object::new();
        // A plain object takes any property.
        let _ = Reflect::set(&options, &"ifAvailable".into(), &only_now.into());
        let mut is_taken = false;
        if let Some(locks) = global(&["navigator", "locks"])
            && let Ok(request) = Reflect::get(&locks, &"request".into())
            && let Ok(request) = request.dyn_into::<Function>()
            && let Ok(asked) = request.call3(&locks, &name.into(), &options, &callback)
        {
            // A refusal (a sandboxed frame) comes through `asked`, and is a lock that locks nothing.
            let outcome = JsFuture::from(Promise::race(&Array::of2(&told, &asked))).await;
            is_taken = outcome == Ok(JsValue::FALSE);
        }
        (lock, is_taken)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = self.release.call0(&JsValue::NULL);
    }
}

fn promise() -> (Promise, Function) {
    let mut resolve = None;
    let promise = Promise::new(&mut |yes, _no| resolve = Some(yes));
    #[allow(clippy::expect_used)]
    // why: `Promise::new` calls its function before it returns (ECMA-262, 27.2.3.1).
    let resolve = resolve.expect("a promise hands out its resolver at once");
    (promise, resolve)
}

/// The channel between the tabs.
pub struct Channel {
    channel: Option<web_sys::BroadcastChannel>,
    _listener: Closure<dyn FnMut(web_sys::MessageEvent)>,
}

impl Channel {
    /// Opens it; `heard` is called with what other tabs tell.
    pub fn open(mut heard: impl FnMut(News) + 'static) -> Channel {
        let listener = Closure::new(move |event: web_sys::MessageEvent| {
            let news = event.data().as_string().and_then(|text| serde_json::from_str(&text).ok());
            news.into_iter().for_each(&mut heard);
        });
        let channel = web_sys::BroadcastChannel::new(crate::store::DATABASE).ok();
        if let Some(channel) = &channel {
            channel.set_onmessage(Some(listener.as_ref().unchecked_ref()));
        }
        Channel { channel, _listener: listener }
    }

    /// Tells the other tabs.
    pub fn tell(&self, news: &News) {
        if let (Some(channel), Ok(text)) = (&self.channel, serde_json::to_string(news)) {
            // A closed channel has nobody to tell.
            let _ = channel.post_message(&text.into());
        }
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        // Or what another tab tells later would call a listener that is gone, which is an error of this worker's.
        if let Some(channel) = &self.channel {
            channel.close();
        }
    }
}
