//! Edits: which pairs took the place of others, here and elsewhere, and choices that the person changed.

use std::collections::{BTreeMap, HashSet};

use indexed_db_futures::Result as DbResult;
use indexed_db_futures::prelude::*;
use wasm_bindgen::prelude::*;

use super::js::{named, names_of, pair_key, pair_object, read_pair, read_was, set_was};
use super::pairs::add_choice;
use super::people::{read_row, row_text};
use super::{News, Store, commit, read, write};
use crate::preference::{Choice, PairId, PreferencePair};
use crate::store::StoreError;
use crate::store::edits::settle;
use crate::store::row::{ChoiceRow, PairRow};

impl Store {
    /// Of each pair that took the place of others, all of those; without pairs that are deleted.
    pub async fn edits(&self, profile: &str) -> Result<Vec<(PairId, Vec<PairId>)>, StoreError> {
        let database = self.database()?;
        let reading = read(&database, &["pairs"])?;
        let rows: Vec<JsValue> = reading
            .object_store("pairs")?
            .index("was")?
            .get_all()
            .with_query::<JsValue, _>(names_of(profile))
            .primitive()?
            .await?
            .collect::<DbResult<_>>()?;
        let hidden = self.inner.pending.borrow().hidden(profile);
        // A row is in the index once for each pair that it took the place of.
        let mut edits = BTreeMap::new();
        for row in &rows {
            let id = read_pair(row)?.pair()?.id;
            if !hidden.contains(&id) {
                edits.insert(id, read_was(row));
            }
        }
        Ok(edits.into_iter().collect())
    }

    /// Takes over the edits of another place; gives how many pairs they took away.
    pub async fn take_edits(
        &self,
        profile: &str,
        edits: &[(PairId, Vec<PairId>)],
    ) -> Result<u32, StoreError> {
        let _lock = self.writing().await;
        let order = self.order_now(profile).await?;
        let settled = settle(edits, &order.ids());
        let database = self.database()?;
        let writing = write(&database, &["pairs"], true)?;
        let store = writing.object_store("pairs")?;
        for (id, old) in &settled.learned {
            let Some(place) = order.place(id) else { continue };
            let key = pair_key(profile, place, *id);
            let Some(row) = store.get::<JsValue, JsValue, _>(key.clone()).primitive()?.await? else {
                continue;
            };
            let mut was = read_was(&row);
            let before = was.len();
            was.extend(old.iter().filter(|id| !was.contains(id)).copied().collect::<Vec<_>>());
            if was.len() > before {
                set_was(&row, profile, &was);
                store.put(row).with_key(key).primitive()?;
            }
        }
        drop(store);
        commit(writing).await?;
        self.inner.order.replace(None);
        if !settled.gone.is_empty() {
            self.delete_now(profile, settled.gone.clone()).await?;
        }
        Ok(settled.gone.len() as u32)
    }

    /// Keeps a choice in the place of another one of the same answers: its pairs in the place of the other's.
    ///
    /// The new ones are written first, so a tab that dies in between has both, never none.
    pub async fn change_choice(
        &self,
        profile: &str,
        old: &Choice,
        new: &Choice,
    ) -> Result<Vec<PreferencePair>, StoreError> {
        let _lock = self.writing().await;
        let (pairs, old_pairs) = (new.pairs(), old.pairs());
        let ids: HashSet<PairId> = pairs.iter().map(|pair| pair.id).collect();
        // What is deleted of the old ones is gone, and no deletion may go on hiding what is taken away here.
        let both = pairs.iter().chain(&old_pairs).map(|pair| pair.id).collect();
        self.make_way(profile, &both, std::slice::from_ref(new)).await?;
        let order = self.order_now(profile).await?;
        let old_ids: Vec<PairId> =
            old_pairs.iter().map(|pair| pair.id).filter(|id| order.place(id).is_some()).collect();
        let database = self.database()?;
        let writing = write(&database, &["profiles", "pairs", "choices"], true)?;
        let (profiles, store) = (writing.object_store("profiles")?, writing.object_store("pairs")?);
        let row: Option<JsValue> = profiles.get(JsValue::from(profile)).primitive()?.await?;
        let mut row = read_row(&row.ok_or(StoreError::NoProfile)?)?;
        row.revision = row.revision.wrapping_add(1);
        let mut kept = Vec::new();
        for (at, pair) in pairs.into_iter().enumerate() {
            let pair = PreferencePair { supersedes: old_ids.get(at).copied(), ..pair };
            if order.place(&pair.id).is_none() {
                let place = row.sequence.place(pair.at_ms);
                // All of them: what was chosen before is no longer what they say.
                let object = pair_object(profile, pair.id, &PairRow::new(&pair), &old_ids)?;
                store.put(object).with_key(pair_key(profile, place, pair.id)).primitive()?;
                row.pairs += 1;
            }
            kept.push(pair);
        }
        profiles.put(row_text(&row)?).with_key(JsValue::from(profile)).primitive()?;
        let choices = writing.object_store("choices")?;
        choices.delete(JsValue::from(named(profile, ChoiceRow::id(old)))).primitive()?;
        add_choice(&choices, profile, new).await?;
        drop((profiles, store, choices));
        commit(writing).await?;
        self.inner.order.replace(None);
        let gone: Vec<PairId> = old_ids.into_iter().filter(|id| !ids.contains(id)).collect();
        if !gone.is_empty() {
            self.delete_now(profile, gone).await?;
        }
        self.tell(&News::History(profile.into()));
        Ok(kept)
    }

    /// Takes a choice back with its pairs, at once; false where nothing of it is here.
    pub async fn take_back_choice(&self, profile: &str, choice: &Choice) -> Result<bool, StoreError> {
        let _lock = self.writing().await;
        let pairs: Vec<PairId> = choice.pairs().iter().map(|pair| pair.id).collect();
        self.make_way(profile, &pairs.iter().copied().collect(), std::slice::from_ref(choice)).await?;
        let order = self.order_now(profile).await?;
        let pairs: Vec<PairId> = pairs.into_iter().filter(|id| order.place(id).is_some()).collect();
        let id = ChoiceRow::id(choice);
        let there: Option<JsValue> = {
            let database = self.database()?;
            let reading = read(&database, &["choices"])?;
            reading.object_store("choices")?.get_key(JsValue::from(named(profile, &id))).primitive()?.await?
        };
        if pairs.is_empty() && there.is_none() {
            return Ok(false);
        }
        self.take_back(profile, &pairs, &[id]).await?;
        self.tell(&News::History(profile.into()));
        Ok(true)
    }
}
