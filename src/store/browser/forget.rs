//! Forgetting everything, and looking whether anything is left; how much is used.

use js_sys::{Array, Function, Promise, Reflect};
use wasm_bindgen::prelude::*;

use super::js::{call, global};
use super::tabs::Channel;
use super::{News, Store};
use crate::store::{DATABASE, StoreError};

/// Where was looked after everything was forgotten, and what was found there.
#[derive(Clone, Debug, PartialEq)]
pub struct Forgotten {
    /// "IndexedDB", "OPFS", "Cache Storage", with the names of what is still there.
    pub looked: Vec<(String, Vec<String>)>,
}

/// Deletes the database, every file in the origin's private file system, and every cache; then looks again.
///
/// Other tabs are told first, so that they let go of the database. What can't be deleted (a file that another
/// tab has open) is in the answer by name.
///
/// # Errors
/// [`StoreError::Blocked`] when a tab does not let go, as one of an older version may not; the browser then deletes
/// the database as soon as that tab is closed.
pub async fn forget_everything(store: Option<&Store>) -> Result<Forgotten, StoreError> {
    match store {
        Some(store) => {
            store.tell(&News::Everything);
            store.close(StoreError::Failed { name: "everything was forgotten".into() });
        }
        None => Channel::open(|_| {}).tell(&News::Everything),
    }
    let deleted = delete_database().await;
    delete_files().await;
    delete_caches().await;
    deleted?;
    Ok(Forgotten {
        looked: vec![
            ("IndexedDB".into(), databases().await),
            ("OPFS".into(), files().await),
            ("Cache Storage".into(), caches().await),
        ],
    })
}

/// Whoever holds the database gets so long to let go, once the browser has said that someone does: a connection that was
/// closed while it read is held until it has read, and WebKit says so of our own.
const GRACE_MS: u32 = 3000;

/// The library's own request for this hears nothing of a tab that holds on, and would wait for ever.
async fn delete_database() -> Result<(), StoreError> {
    let unavailable = || StoreError::Unavailable("IndexedDB is not there".into());
    let factory = global(&["indexedDB"]).ok_or_else(unavailable)?;
    let request = call(&factory, "deleteDatabase", &[DATABASE.into()]).await.map_err(|_| unavailable())?;
    let set_timeout = global(&["setTimeout"]).and_then(|timer| timer.dyn_into::<Function>().ok());
    let set_timeout = set_timeout.ok_or_else(unavailable)?;
    let outcome = Promise::new(&mut |resolve, reject| {
        let refused = |why: &str| JsValue::from(reject.bind1(&JsValue::NULL, &why.into()));
        let listeners = [
            ("onsuccess", JsValue::from(resolve)),
            ("onerror", refused("failed")),
            ("onblocked", set_timeout.bind2(&js_sys::global(), &refused("blocked"), &GRACE_MS.into()).into()),
        ];
        for (name, listener) in listeners {
            // A request takes these properties (W3C Indexed Database API, 4.1).
            let _ = Reflect::set(&request, &name.into(), &listener);
        }
    });
    match wasm_bindgen_futures::JsFuture::from(outcome).await {
        Ok(_) => Ok(()),
        Err(why) if why.as_string().as_deref() == Some("blocked") => Err(StoreError::Blocked),
        Err(_) => Err(StoreError::Failed { name: "the database can't be deleted".into() }),
    }
}

async fn databases() -> Vec<String> {
    let Some(factory) = global(&["indexedDB"]) else { return Vec::new() };
    let Ok(list) = call(&factory, "databases", &[]).await else { return Vec::new() };
    Array::from(&list)
        .iter()
        .filter_map(|entry| Reflect::get(&entry, &"name".into()).ok()?.as_string())
        .collect()
}

async fn root() -> Option<JsValue> {
    call(&global(&["navigator", "storage"])?, "getDirectory", &[]).await.ok()
}

/// The names of what lies in the root of the origin's private file system.
async fn files() -> Vec<String> {
    let Some(root) = root().await else { return Vec::new() };
    let Ok(names) = call(&root, "keys", &[]).await else { return Vec::new() };
    let mut found = Vec::new();
    while let Ok(step) = call(&names, "next", &[]).await {
        if Reflect::get(&step, &"done".into()).is_ok_and(|done| done.is_truthy()) {
            break;
        }
        let name = Reflect::get(&step, &"value".into()).ok().and_then(|name| name.as_string());
        match name {
            Some(name) => found.push(name),
            None => break,
        }
    }
    found
}

async fn delete_files() {
    let Some(root) = root().await else { return };
    let recursive = js_sys::Object::new();
    let _ = Reflect::set(&recursive, &"recursive".into(), &true.into());
    for name in files().await {
        // What fails is found by the look afterwards.
        let _ = call(&root, "removeEntry", &[name.into(), recursive.clone().into()]).await;
    }
}

async fn caches() -> Vec<String> {
    let Some(caches) = global(&["caches"]) else { return Vec::new() };
    let Ok(names) = call(&caches, "keys", &[]).await else { return Vec::new() };
    Array::from(&names).iter().filter_map(|name| name.as_string()).collect()
}

async fn delete_caches() {
    let Some(storage) = global(&["caches"]) else { return };
    for name in caches().await {
        let _ = call(&storage, "delete", &[name.into()]).await;
    }
}

/// Bytes in use and bytes granted, as the browser estimates.
pub async fn usage() -> (f64, f64) {
    let Some(storage) = global(&["navigator", "storage"]) else { return (0.0, 0.0) };
    let Ok(estimate) = call(&storage, "estimate", &[]).await else { return (0.0, 0.0) };
    let number =
        |name: &str| Reflect::get(&estimate, &name.into()).ok().and_then(|n| n.as_f64()).unwrap_or(0.0);
    (number("usage"), number("quota"))
}
