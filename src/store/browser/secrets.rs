//! Keys to remote models: encrypted with AES-GCM by a key of the browser's that no script can read out.
//!
//! The wrapping key is made once, is not extractable, and lies in the database as the browser keeps it. Each secret
//! is bound to the origin that it belongs to (as additional data), so that a row moved to another endpoint does not
//! open. It protects what lies on the disk apart from the browser's profile; whoever can run scripts at this origin
//! can use the key, though not read it.

use indexed_db_futures::prelude::*;
use js_sys::{Array, Object, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;

use super::js::{call, global};
use super::{Store, commit, read, write};
use crate::store::StoreError;

/// Where the wrapping key lies; ids of endpoints never look like it.
const WRAPPING: &str = "wrapping key";

/// Bytes of the nonce that AES-GCM wants (NIST SP 800-38D, 8.2).
const NONCE_BYTES: u32 = 12;

const DAMAGED: StoreError = StoreError::Damaged { what: "key" };

impl Store {
    /// Keeps a secret for an endpoint at this origin, or forgets it.
    pub async fn put_secret(
        &self,
        endpoint: &str,
        origin: &str,
        secret: Option<&str>,
    ) -> Result<(), StoreError> {
        let row = match secret {
            Some(secret) => Some(self.sealed(origin, secret).await?),
            None => None,
        };
        let database = self.database()?;
        let writing = write(&database, &["secrets"], true)?;
        let store = writing.object_store("secrets")?;
        match row {
            Some(row) => drop(store.put(row).with_key(JsValue::from(endpoint)).primitive()?),
            None => drop(store.delete(JsValue::from(endpoint)).primitive()?),
        }
        drop(store);
        commit(writing).await
    }

    /// The secret of an endpoint at this origin, if there is one.
    ///
    /// # Errors
    /// When it was kept for another origin, or is damaged.
    pub async fn secret(&self, endpoint: &str, origin: &str) -> Result<Option<String>, StoreError> {
        let Some(row) = self.secret_row(endpoint).await? else { return Ok(None) };
        let field = |name: &str| Reflect::get(&row, &name.into()).map_err(|_| DAMAGED);
        let key = self.wrapping_key().await?;
        let arguments = [algorithm(&field("nonce")?, origin)?, key, field("sealed")?];
        let opened = subtle("decrypt", &arguments).await.map_err(|_| DAMAGED)?;
        String::from_utf8(Uint8Array::new(&opened).to_vec()).map(Some).map_err(|_| DAMAGED)
    }

    async fn sealed(&self, origin: &str, secret: &str) -> Result<JsValue, StoreError> {
        let crypto = global(&["crypto"]).ok_or(NO_CRYPTO)?;
        let nonce: JsValue = Uint8Array::new_with_length(NONCE_BYTES).into();
        call(&crypto, "getRandomValues", std::slice::from_ref(&nonce)).await.map_err(|_| NO_CRYPTO)?;
        let key = self.wrapping_key().await?;
        let text: JsValue = Uint8Array::from(secret.as_bytes()).into();
        let sealed =
            subtle("encrypt", &[algorithm(&nonce, origin)?, key, text]).await.map_err(|_| NO_CRYPTO)?;
        object(&[("nonce", nonce), ("sealed", sealed)])
    }

    async fn secret_row(&self, name: &str) -> Result<Option<JsValue>, StoreError> {
        let database = self.database()?;
        let reading = read(&database, &["secrets"])?;
        Ok(reading.object_store("secrets")?.get(JsValue::from(name)).primitive()?.await?)
    }

    /// The browser's key, made at first use.
    async fn wrapping_key(&self) -> Result<JsValue, StoreError> {
        let _lock = self.writing().await;
        if let Some(key) = self.secret_row(WRAPPING).await? {
            return Ok(key);
        }
        let kind = object(&[("name", "AES-GCM".into()), ("length", 256.into())])?;
        let uses: JsValue = Array::of2(&"encrypt".into(), &"decrypt".into()).into();
        let key = subtle("generateKey", &[kind, JsValue::FALSE, uses]).await.map_err(|_| NO_CRYPTO)?;
        let database = self.database()?;
        let writing = write(&database, &["secrets"], true)?;
        writing.object_store("secrets")?.put(key.clone()).with_key(JsValue::from(WRAPPING)).primitive()?;
        commit(writing).await?;
        Ok(key)
    }
}

const NO_CRYPTO: StoreError = StoreError::Damaged { what: "source of chance" };

/// AES-GCM with this nonce, bound to an origin.
fn algorithm(nonce: &JsValue, origin: &str) -> Result<JsValue, StoreError> {
    let bound: JsValue = Uint8Array::from(origin.as_bytes()).into();
    object(&[("name", "AES-GCM".into()), ("iv", nonce.clone()), ("additionalData", bound)])
}

fn object(fields: &[(&str, JsValue)]) -> Result<JsValue, StoreError> {
    let object = Object::new();
    for (name, value) in fields {
        Reflect::set(&object, &(*name).into(), value).map_err(|_| DAMAGED)?;
    }
    Ok(object.into())
}

async fn subtle(method: &str, arguments: &[JsValue]) -> Result<JsValue, JsValue> {
    // It is missing where a page is not served over HTTPS or from this machine.
    let subtle = global(&["crypto", "subtle"]).ok_or(JsValue::NULL)?;
    call(&subtle, method, arguments).await
}
