//! The people kept here.

use indexed_db_futures::Result as DbResult;
use indexed_db_futures::prelude::*;
use wasm_bindgen::prelude::*;

use super::js::{call, global, now_ms};
use super::{News, Store, commit, read, write};
use crate::store::StoreError;
use crate::store::order::Sequence;
use crate::store::row::ProfileRow;

/// A person kept here.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Their id.
    pub id: String,
    /// What they are called.
    pub name: String,
    /// When they were added, in milliseconds since 1970.
    pub created_ms: f64,
    /// How many pairs are kept of them.
    pub pairs: u32,
}

impl Store {
    /// Everyone, in the order that they were added.
    pub async fn profiles(&self) -> Result<Vec<Profile>, StoreError> {
        let database = self.database()?;
        let reading = read(&database, &["profiles"])?;
        let store = reading.object_store("profiles")?;
        let keys: Vec<JsValue> = store.get_all_keys().primitive()?.await?.collect::<DbResult<_>>()?;
        let rows: Vec<JsValue> = store.get_all().primitive()?.await?.collect::<DbResult<_>>()?;
        let pending = self.inner.pending.borrow();
        let mut profiles = Vec::new();
        for (key, row) in keys.iter().zip(&rows) {
            let id = key.as_string().ok_or(DAMAGED)?;
            if pending.hides_profile(&id) {
                continue;
            }
            let row = read_row(row)?;
            // What a deletion found no room to write is known where the pairs were looked at, and so is which of those
            // hidden are gone already, as another tab put something else in their place.
            let (order, hidden) = (self.inner.order.borrow(), pending.hidden(&id));
            let counted = order.as_ref().and_then(|order| order.count_without(&id, row.revision, &hidden));
            let pairs = counted.unwrap_or(row.pairs.saturating_sub(hidden.len() as u32));
            profiles.push(Profile { id, name: row.name, created_ms: row.created_ms, pairs });
        }
        profiles.sort_by(|a, b| a.created_ms.total_cmp(&b.created_ms).then_with(|| a.id.cmp(&b.id)));
        Ok(profiles)
    }

    /// Adds a person.
    pub async fn create_profile(&self, name: &str) -> Result<Profile, StoreError> {
        let crypto = global(&["crypto"]).ok_or(NO_CHANCE)?;
        let id =
            call(&crypto, "randomUUID", &[]).await.ok().and_then(|id| id.as_string()).ok_or(NO_CHANCE)?;
        let row = ProfileRow {
            name: name.into(),
            created_ms: now_ms(),
            pairs: 0,
            sequence: Sequence::default(),
            revision: 0,
        };
        self.put_profile(&id, &row).await?;
        self.tell(&News::Profiles);
        Ok(Profile { id, name: row.name, created_ms: row.created_ms, pairs: 0 })
    }

    /// Renames a person.
    pub async fn rename_profile(&self, id: &str, name: &str) -> Result<(), StoreError> {
        let _lock = self.writing().await;
        let row = self.profile_row(id).await?;
        self.put_profile(id, &ProfileRow { name: name.into(), ..row }).await?;
        self.tell(&News::Profiles);
        Ok(())
    }

    async fn put_profile(&self, id: &str, row: &ProfileRow) -> Result<(), StoreError> {
        let database = self.database()?;
        let writing = write(&database, &["profiles"], true)?;
        writing.object_store("profiles")?.put(row_text(row)?).with_key(JsValue::from(id)).primitive()?;
        commit(writing).await
    }

    pub(super) async fn profile_row(&self, id: &str) -> Result<ProfileRow, StoreError> {
        if self.inner.pending.borrow().hides_profile(id) {
            return Err(StoreError::NoProfile);
        }
        let database = self.database()?;
        let reading = read(&database, &["profiles"])?;
        let store = reading.object_store("profiles")?;
        let row: Option<JsValue> = store.get(JsValue::from(id)).primitive()?.await?;
        read_row(&row.ok_or(StoreError::NoProfile)?)
    }
}

const DAMAGED: StoreError = StoreError::Damaged { what: "person" };
const NO_CHANCE: StoreError = StoreError::Damaged { what: "source of chance" };

pub(super) fn read_row(row: &JsValue) -> Result<ProfileRow, StoreError> {
    serde_json::from_str(&row.as_string().ok_or(DAMAGED)?).map_err(|_| DAMAGED)
}

pub(super) fn row_text(row: &ProfileRow) -> Result<String, StoreError> {
    serde_json::to_string(row).map_err(|_| DAMAGED)
}
