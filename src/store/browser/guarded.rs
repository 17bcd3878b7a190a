//! What the guard reads of the store: every text of everyone, deleted ones too until they are gone for good.

use std::collections::HashMap;

use indexed_db_futures::Result as DbResult;
use indexed_db_futures::prelude::*;
use wasm_bindgen::prelude::*;

use super::js::{named, names_of, pairs_after, pairs_of, read_pair, read_pair_key};
use super::pairs::read_choice;
use super::people::read_row;
use super::{Store, read};
use crate::preference::{Choice, PairId, PreferencePair};
use crate::store::StoreError;

/// Keys and rows read at once.
const CHUNK: u32 = 400;

impl Store {
    /// Each person kept here, those whose deletion can still be undone too, with the number of their last change.
    pub async fn revisions(&self) -> Result<HashMap<String, u32>, StoreError> {
        let database = self.database()?;
        let reading = read(&database, &["profiles"])?;
        let store = reading.object_store("profiles")?;
        let keys: Vec<JsValue> = store.get_all_keys().primitive()?.await?.collect::<DbResult<_>>()?;
        let rows: Vec<JsValue> = store.get_all().primitive()?.await?.collect::<DbResult<_>>()?;
        let one = |(key, row): (&JsValue, &JsValue)| Some((key.as_string()?, read_row(row).ok()?.revision));
        Ok(keys.iter().zip(&rows).filter_map(one).collect())
    }

    /// The ids of all of a person's pairs, deleted ones too until they are gone for good.
    pub async fn all_ids(&self, profile: &str) -> Result<Vec<PairId>, StoreError> {
        let database = self.database()?;
        let reading = read(&database, &["pairs"])?;
        let store = reading.object_store("pairs")?;
        let (mut ids, mut range) = (Vec::new(), pairs_of(profile));
        loop {
            let keys: Vec<JsValue> = store
                .get_all_keys()
                .with_query::<JsValue, _>(range)
                .with_limit(CHUNK)
                .primitive()?
                .await?
                .collect::<DbResult<_>>()?;
            ids.extend(keys.iter().filter_map(read_pair_key).map(|(id, _)| id));
            match keys.last() {
                Some(last) if keys.len() as u32 == CHUNK => range = pairs_after(profile, last),
                _ => return Ok(ids),
            }
        }
    }

    /// These pairs of these people, deleted ones too until they are gone for good.
    pub async fn pairs_of_any(
        &self,
        profiles: impl Iterator<Item = &String>,
        ids: &[PairId],
    ) -> Result<Vec<PreferencePair>, StoreError> {
        let database = self.database()?;
        let reading = read(&database, &["pairs"])?;
        let store = reading.object_store("pairs")?;
        let by_id = store.index("id")?;
        let mut asked = Vec::new();
        for profile in profiles {
            for id in ids {
                let name = JsValue::from(named(profile, id));
                asked.push(by_id.get::<JsValue, JsValue, _>(name).primitive()?);
            }
        }
        let mut pairs = Vec::new();
        for request in asked {
            if let Some(value) = request.await? {
                pairs.push(read_pair(&value)?.pair()?);
            }
        }
        Ok(pairs)
    }

    /// A person's choices, deleted ones too until they are gone for good: a tie holds answers that are in no pair.
    pub async fn all_choices(&self, profile: &str) -> Result<Vec<Choice>, StoreError> {
        let database = self.database()?;
        let reading = read(&database, &["choices"])?;
        let rows: Vec<JsValue> = reading
            .object_store("choices")?
            .get_all()
            .with_query::<JsValue, _>(names_of(profile))
            .primitive()?
            .await?
            .collect::<DbResult<_>>()?;
        rows.iter().map(read_choice).collect()
    }
}
