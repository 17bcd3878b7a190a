//! A person's pairs: a page of the list, a search, one in full, all in order, and what adds to them.
//!
//! Which pairs there are is kept in memory (`order.rs`); their texts are only ever read a page at a time.

use std::collections::HashSet;

use indexed_db_futures::Result as DbResult;
use indexed_db_futures::object_store::ObjectStore;
use indexed_db_futures::prelude::*;
use js_sys::Array;
use wasm_bindgen::prelude::*;

use super::js::{named, now_ms, pair_key, pair_object, pairs_between, read_pair, read_text, read_was};
use super::people::{read_row, row_text};
use super::{News, Store, commit, read, write};
use crate::preference::{Choice, Outcome, PairId, PreferencePair};
use crate::store::StoreError;
use crate::store::order::Place;
use crate::store::row::{ChoiceRow, PairRow};
use crate::store::search::Query;

/// A window of the list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// Pairs that match in all, or so far.
    pub total: u32,
    /// The rows, newest first.
    pub pairs: Vec<PreferencePair>,
}

/// What came of adding pairs and choices.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Added {
    /// The pairs that are new.
    pub new: Vec<PairId>,
    /// How many were there already.
    pub known: u32,
    /// The pairs that new ones take the place of; they are to be deleted.
    pub replaced: Vec<PairId>,
    /// The choices that are new.
    pub choices: Vec<String>,
    /// How many of those nobody won.
    pub ties: u32,
}

/// Rows of text read at once in a scan: about a megabyte.
const SCANNED: usize = 400;

impl Store {
    /// The ids of a person's pairs, oldest first, without those deleted.
    pub async fn ids(&self, profile: &str) -> Result<Vec<PairId>, StoreError> {
        let order = self.order(profile).await?;
        let hidden = self.inner.pending.borrow().hidden(profile);
        Ok(order.pairs.iter().map(|(id, _)| *id).filter(|id| !hidden.contains(id)).collect())
    }

    /// A window of a person's pairs, newest first.
    ///
    /// A search reads the texts from the newest on; `found` is called with what there is so far each time that
    /// there is more for this window, and ends the search by answering false.
    pub async fn page(
        &self,
        profile: &str,
        query: &Query,
        offset: usize,
        limit: usize,
        found: &mut dyn FnMut(&Page) -> bool,
    ) -> Result<Page, StoreError> {
        let order = self.order(profile).await?;
        let hidden = self.inner.pending.borrow().hidden(profile);
        let shown = order.pairs.iter().rev().filter(|(id, _)| !hidden.contains(id));
        if query.is_empty() {
            let window: Vec<_> = shown.clone().skip(offset).take(limit).copied().collect();
            let pairs = self.read_pairs(profile, &window).await?;
            return Ok(Page { total: shown.count() as u32, pairs });
        }
        let mut page = Page::default();
        let shown: Vec<_> = shown.copied().collect();
        for chunk in shown.chunks(SCANNED) {
            let before = page.pairs.len();
            for (id, row) in self.scan(profile, chunk, query, &hidden).await? {
                let at = page.total as usize;
                page.total += 1;
                if (offset..offset.saturating_add(limit)).contains(&at) {
                    debug_assert!(chunk.iter().any(|(other, _)| *other == id));
                    page.pairs.push(row.pair()?);
                }
            }
            if page.pairs.len() > before && !found(&page) {
                break;
            }
        }
        Ok(page)
    }

    /// The rows among these, newest first, that match.
    async fn scan(
        &self,
        profile: &str,
        newest_first: &[(PairId, Place)],
        query: &Query,
        hidden: &HashSet<PairId>,
    ) -> Result<Vec<(PairId, PairRow)>, StoreError> {
        let (Some((_, to)), Some((_, from))) = (newest_first.first(), newest_first.last()) else {
            return Ok(Vec::new());
        };
        let database = self.database()?;
        let reading = read(&database, &["pairs"])?;
        let store = reading.object_store("pairs")?;
        let rows: Vec<JsValue> = store
            .get_all()
            .with_query::<JsValue, _>(pairs_between(profile, *from, *to))
            .primitive()?
            .await?
            .collect::<DbResult<_>>()?;
        let mut matching = Vec::new();
        for value in rows.iter().rev() {
            if query.matches(&read_text(value)?) {
                let row = read_pair(value)?;
                let id = row.pair()?.id;
                if !hidden.contains(&id) {
                    matching.push((id, row));
                }
            }
        }
        Ok(matching)
    }

    /// These pairs in full, in this order; those that are gone are left out.
    async fn read_pairs(
        &self,
        profile: &str,
        which: &[(PairId, Place)],
    ) -> Result<Vec<PreferencePair>, StoreError> {
        let database = self.database()?;
        let reading = read(&database, &["pairs"])?;
        let store = reading.object_store("pairs")?;
        // All are asked for before the first is awaited.
        let mut asked = Vec::with_capacity(which.len());
        for (id, place) in which {
            asked.push(store.get::<JsValue, JsValue, _>(pair_key(profile, *place, *id)).primitive()?);
        }
        let mut pairs = Vec::with_capacity(which.len());
        for request in asked {
            if let Some(value) = request.await? {
                pairs.push(read_pair(&value)?.pair()?);
            }
        }
        Ok(pairs)
    }

    /// These pairs of a person in full, in this order; those that are gone are left out.
    pub async fn pairs(&self, profile: &str, ids: &[PairId]) -> Result<Vec<PreferencePair>, StoreError> {
        let order = self.order(profile).await?;
        let hidden = self.inner.pending.borrow().hidden(profile);
        let which: Vec<_> = ids
            .iter()
            .filter(|id| !hidden.contains(id))
            .filter_map(|id| Some((*id, *order.places.get(id)?)))
            .collect();
        self.read_pairs(profile, &which).await
    }

    /// The newest pairs of a person, at most `most`, oldest first; `each` is called with a few hundred at a time.
    pub async fn newest(
        &self,
        profile: &str,
        most: usize,
        each: &mut dyn FnMut(Vec<PreferencePair>),
    ) -> Result<(), StoreError> {
        let order = self.order(profile).await?;
        let hidden = self.inner.pending.borrow().hidden(profile);
        let shown: Vec<_> = order.pairs.iter().filter(|(id, _)| !hidden.contains(id)).copied().collect();
        for chunk in shown[shown.len().saturating_sub(most)..].chunks(SCANNED) {
            each(self.read_pairs(profile, chunk).await?);
        }
        Ok(())
    }

    /// Adds pairs and choices in one transaction: all of them or, when it fails, none.
    ///
    /// Those that are there already, or that an edit took the place of, add nothing. `strict` waits until the
    /// disk has them. The caller holds the lock of [`Store::writing`].
    pub async fn add(
        &self,
        profile: &str,
        pairs: &[PreferencePair],
        choices: &[Choice],
        strict: bool,
    ) -> Result<Added, StoreError> {
        self.make_way(profile, &pairs.iter().map(|pair| pair.id).collect(), choices).await?;
        let order = self.order(profile).await?;
        let database = self.database()?;
        let writing = write(&database, &["profiles", "pairs", "choices"], strict)?;
        let (profiles, store) = (writing.object_store("profiles")?, writing.object_store("pairs")?);
        let row: Option<JsValue> = profiles.get(JsValue::from(profile)).primitive()?.await?;
        let mut row = read_row(&row.ok_or(StoreError::NoProfile)?)?;
        if row.revision != order.revision {
            // Another tab wrote since, and its message is still on the way. Nobody else writes now, so what is
            // read next is what will be found.
            self.inner.order.replace(None);
            drop((profiles, store));
            commit(writing).await?;
            return Box::pin(self.add(profile, pairs, choices, strict)).await;
        }
        row.revision = row.revision.wrapping_add(1);
        let mut added = Added::default();
        let mut places = Vec::new();
        let mut batch = HashSet::new();
        for pair in pairs {
            if order.places.contains_key(&pair.id)
                || order.replaced.contains(&pair.id)
                || !batch.insert(pair.id)
            {
                added.known += 1;
                // The tab died between an edit's coming in and its old pair's going.
                if order.places.contains_key(&pair.id) {
                    added.replaced.extend(pair.supersedes.filter(|old| order.places.contains_key(old)));
                }
                continue;
            }
            let place = row.sequence.place(pair.at_ms);
            let was: Vec<PairId> = pair.supersedes.into_iter().collect();
            let object = pair_object(profile, pair.id, &PairRow::new(pair), &was)?;
            store.put(object).with_key(pair_key(profile, place, pair.id)).primitive()?;
            added.replaced.extend(was.iter().filter(|old| order.places.contains_key(old)));
            added.new.push(pair.id);
            places.push((pair.id, place));
        }
        // Counted anew: a deletion that found no room to write the number leaves one that is too high.
        row.pairs = (order.pairs.len() + added.new.len()) as u32;
        profiles.put(row_text(&row)?).with_key(JsValue::from(profile)).primitive()?;
        for choice in choices.iter().filter_map(|choice| order.without_replaced(choice)) {
            if let Some(id) = add_choice(&writing.object_store("choices")?, profile, &choice).await? {
                added.ties += u32::from(!matches!(choice.outcome, Outcome::Preferred(_)));
                added.choices.push(id);
            }
        }
        drop((profiles, store));
        commit(writing).await?;
        self.remember(profile, row.revision, order, places, pairs);
        Ok(added)
    }

    /// Puts a pair in the place of another one, which is deleted with what was made from it.
    ///
    /// The place in time stays. Gives the pair as it is stored.
    pub async fn replace(
        &self,
        profile: &str,
        old: PairId,
        pair: PreferencePair,
    ) -> Result<PreferencePair, StoreError> {
        let _lock = self.writing().await;
        self.make_way(profile, &HashSet::from([pair.id]), &[]).await?;
        let order = self.order_now(profile).await?;
        // Another tab may have deleted it since it was shown.
        let hidden = self.inner.pending.borrow().hidden(profile).contains(&old);
        let place = order.place(&old).filter(|_| !hidden).ok_or(StoreError::NoPair)?;
        let same = pair.id == old;
        if !same && order.places.contains_key(&pair.id) {
            // It became equal to another pair: that one stays, with what is known of it.
            self.delete_now(profile, vec![old]).await?;
            return Ok(self.pairs(profile, &[pair.id]).await?.pop().unwrap_or(pair));
        }
        let pair = PreferencePair { supersedes: if same { pair.supersedes } else { Some(old) }, ..pair };
        let database = self.database()?;
        let writing = write(&database, &["profiles", "pairs"], true)?;
        let (profiles, store) = (writing.object_store("profiles")?, writing.object_store("pairs")?);
        let row: Option<JsValue> = profiles.get(JsValue::from(profile)).primitive()?.await?;
        let mut row = read_row(&row.ok_or(StoreError::NoProfile)?)?;
        row.revision = row.revision.wrapping_add(1);
        profiles.put(row_text(&row)?).with_key(JsValue::from(profile)).primitive()?;
        let value: Option<JsValue> = store.get(pair_key(profile, place, old)).primitive()?.await?;
        let mut was = value.as_ref().map(read_was).unwrap_or_default();
        if !same {
            was.push(old);
        }
        let object = pair_object(profile, pair.id, &PairRow::new(&pair), &was)?;
        store.put(object).with_key(pair_key(profile, place, pair.id)).primitive()?;
        drop((profiles, store));
        commit(writing).await?;
        self.inner.order.replace(None);
        if !same {
            self.delete_now(profile, vec![old]).await?;
        }
        self.tell(&News::History(profile.into()));
        Ok(pair)
    }

    /// Deletes at once, without a way back.
    pub(super) async fn delete_now(&self, profile: &str, ids: Vec<PairId>) -> Result<(), StoreError> {
        let deletion = self.put_deletion(profile, Some(ids), Vec::new(), now_ms()).await?;
        self.carry_out_one(deletion.undo).await
    }

    /// Deletes what an import added, at once. The caller holds the lock of [`Store::writing`].
    pub async fn take_back(
        &self,
        profile: &str,
        pairs: &[PairId],
        choices: &[String],
    ) -> Result<(), StoreError> {
        let database = self.database()?;
        let writing = write(&database, &["choices"], true)?;
        let store = writing.object_store("choices")?;
        for id in choices {
            store.delete(JsValue::from(named(profile, id))).primitive()?;
        }
        drop(store);
        commit(writing).await?;
        self.delete_now(profile, pairs.to_vec()).await
    }

    /// Deletes the pairs that new ones took the place of. The caller holds the lock of [`Store::writing`].
    pub async fn delete_replaced(&self, profile: &str, replaced: Vec<PairId>) -> Result<(), StoreError> {
        self.delete_now(profile, replaced).await
    }
}

/// Adds a choice that is not there yet; gives its id if so.
pub(super) async fn add_choice(
    store: &ObjectStore<'_>,
    profile: &str,
    choice: &Choice,
) -> Result<Option<String>, StoreError> {
    let id = ChoiceRow::id(choice);
    let key = JsValue::from(named(profile, &id));
    let there: Option<JsValue> = store.get_key(key.clone()).primitive()?.await?;
    if there.is_some() {
        return Ok(None);
    }
    store.put(choice_object(profile, choice)?).with_key(key).primitive()?;
    Ok(Some(id))
}

/// A choice as it lies in the database: its JSON, and the names of the pairs that follow from it.
pub(super) fn choice_object(profile: &str, choice: &Choice) -> Result<JsValue, StoreError> {
    let json =
        serde_json::to_string(&ChoiceRow::new(choice)).map_err(|_| StoreError::Damaged { what: "choice" })?;
    let pairs: Array = choice.pairs().iter().map(|pair| JsValue::from(named(profile, pair.id))).collect();
    let object = js_sys::Object::new();
    let set = |name: &str, value: &JsValue| {
        js_sys::Reflect::set(&object, &name.into(), value).map_err(|_| StoreError::Damaged { what: "choice" })
    };
    set("json", &json.into())?;
    set("pairs", &pairs)?;
    Ok(object.into())
}

pub(super) fn read_choice(value: &JsValue) -> Result<Choice, StoreError> {
    let damaged = || StoreError::Damaged { what: "choice" };
    let json = js_sys::Reflect::get(value, &"json".into()).ok().and_then(|json| json.as_string());
    let row: ChoiceRow = serde_json::from_str(&json.ok_or_else(damaged)?).map_err(|_| damaged())?;
    row.choice()
}
