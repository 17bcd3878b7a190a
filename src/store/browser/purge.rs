//! Deleting: at once out of sight, ten seconds later out of the database, with all that was made from it.
//!
//! A browser whose storage is full still deletes, but only in a transaction that puts nothing: Chromium lets those alone
//! pass without asking for room. So where no room is left, what could be undone goes at once, and what a deletion would
//! write is written afterwards, as far as it fits.

use std::collections::HashSet;

use indexed_db_futures::KeyRange;
use indexed_db_futures::Result as DbResult;
use indexed_db_futures::prelude::*;
use indexed_db_futures::transaction::Transaction;
use wasm_bindgen::prelude::*;

use super::js::{named, names_of, now_ms, pairs_of};
use super::keep::Portrait;
use super::pairs::{choice_object, read_choice};
use super::people::{read_row, row_text};
use super::{News, Store, Strip, commit, read, write};
use crate::preference::{Choice, PairId};
use crate::store::StoreError;
use crate::store::deletion::{Deletion, Pending, UNDO_MS};
use crate::store::row::{ChoiceRow, without_pair};

/// Every store that holds something of a person.
const PERSONAL: [&str; 8] =
    ["profiles", "pairs", "choices", "portraits", "jobs", "chats", "answers", "deletions"];

impl Store {
    /// Reads the deletions that can still be undone.
    pub(super) async fn read_pending(&self) -> Result<(), StoreError> {
        let database = self.database()?;
        let reading = read(&database, &["deletions"])?;
        let rows: Vec<JsValue> =
            reading.object_store("deletions")?.get_all().primitive()?.await?.collect::<DbResult<_>>()?;
        let deletions = rows.iter().filter_map(|row| serde_json::from_str(&row.as_string()?).ok());
        let now = Pending::new(deletions.collect());
        let before = self.inner.pending.replace(now.clone());
        // What hides no more is there again, or is gone: it may not be looked for where it was.
        if before.numbers().any(|undo| now.get(undo).is_none()) {
            self.inner.order.replace(None);
        }
        Ok(())
    }

    /// Deletes pairs, or with none named the person; it can be undone for ten seconds.
    ///
    /// Pairs that are not there are left out. Whoever calls sees to it that [`Store::carry_out_due`] is called when
    /// the time is over; should the tab die before, another one does. Where no room is left, its time is over at once.
    pub async fn delete(&self, profile: &str, ids: Option<&[PairId]>) -> Result<(Deletion, u32), StoreError> {
        let _lock = self.writing().await;
        // Another tab's deletion may have the number that this one would get.
        self.read_pending().await?;
        let row = self.profile_row(profile).await?;
        let there: Option<Vec<PairId>> = match ids {
            None => None,
            Some(ids) => {
                // Another tab may have taken one of them away since this one looked.
                self.order_now(profile).await?;
                let known: HashSet<PairId> = self.ids(profile).await?.into_iter().collect();
                let mut seen = HashSet::new();
                Some(ids.iter().copied().filter(|id| known.contains(id) && seen.insert(*id)).collect())
            }
        };
        let count = there.as_ref().map_or(row.pairs, |ids| ids.len() as u32);
        let deletion = self.put_deletion(profile, there, Vec::new(), now_ms() + UNDO_MS).await?;
        self.tell(&News::History(profile.into()));
        if deletion.ids.is_none() {
            self.tell(&News::Profiles);
        }
        Ok((deletion, count))
    }

    /// Writes a deletion; one that there is no room for is carried out at once, so that it needs none. But a whole person
    /// never goes without a way back: where there is no room, deleting a choice makes some.
    pub(super) async fn put_deletion(
        &self,
        profile: &str,
        ids: Option<Vec<PairId>>,
        ties: Vec<String>,
        until_ms: f64,
    ) -> Result<Deletion, StoreError> {
        let undo = self.inner.pending.borrow().number(now_ms());
        let deletion = Deletion { undo, profile: profile.into(), ids, ties, until_ms };
        let written = self.write_deletion(&deletion).await;
        if written != Err(StoreError::QuotaFull) || deletion.ids.is_none() {
            written?;
            self.inner.pending.borrow_mut().add(deletion.clone());
            return Ok(deletion);
        }
        let deletion = Deletion { until_ms: now_ms(), ..deletion };
        self.inner.pending.borrow_mut().add(deletion.clone());
        let result = self.carry_out_one(undo).await;
        // What failed is kept nowhere, so nothing is to stay hidden.
        self.inner.pending.borrow_mut().take(undo);
        result.map(|()| deletion)
    }

    async fn write_deletion(&self, deletion: &Deletion) -> Result<(), StoreError> {
        let text = serde_json::to_string(deletion).map_err(|_| StoreError::Damaged { what: "deletion" })?;
        let database = self.database()?;
        let writing = write(&database, &["deletions"], true)?;
        let number = JsValue::from(deletion.undo as f64);
        writing.object_store("deletions")?.put(text).with_key(number).primitive()?;
        commit(writing).await
    }

    /// Brings back what a deletion took; gives whose it was.
    ///
    /// # Errors
    /// [`StoreError::UndoExpired`] when its time is over, or when its pairs had to go before.
    pub async fn undo(&self, undo: u64) -> Result<String, StoreError> {
        let _lock = self.writing().await;
        // Another tab may have carried it out, and its message be on the way.
        self.read_pending().await?;
        let deletion = self.inner.pending.borrow().get(undo).cloned();
        let in_time = deletion.filter(|deletion| deletion.until_ms > now_ms());
        let deletion = in_time.ok_or(StoreError::UndoExpired)?;
        let database = self.database()?;
        let writing = write(&database, &["deletions"], true)?;
        writing.object_store("deletions")?.delete(JsValue::from(undo as f64)).primitive()?;
        commit(writing).await?;
        self.inner.pending.borrow_mut().take(undo);
        self.tell(&News::History(deletion.profile.clone()));
        self.tell(&News::Profiles);
        Ok(deletion.profile)
    }

    /// Carries out the deletions whose time is over; false when there were none.
    pub async fn carry_out_due(&self) -> Result<bool, StoreError> {
        let _lock = self.writing().await;
        // What another tab took back or carried out is not to be done here.
        self.read_pending().await?;
        let due = self.inner.pending.borrow().due(now_ms());
        for undo in &due {
            self.carry_out_one(*undo).await?;
        }
        Ok(!due.is_empty())
    }

    /// Whether there are deletions whose time is over, here or in another tab.
    pub async fn due_deletions(&self) -> Result<bool, StoreError> {
        self.read_pending().await?;
        Ok(!self.inner.pending.borrow().due(now_ms()).is_empty())
    }

    /// The deletions that can still be undone: whose they are, and until when.
    pub fn open_deletions(&self) -> Vec<(String, f64)> {
        self.inner.pending.borrow().open_until()
    }

    /// Carries out the deletions that hide one of these pairs, or of these choices, before one is written again: a later
    /// deletion of the old one would take the new one with it. The caller holds the lock of [`Store::writing`].
    pub(super) async fn make_way(
        &self,
        profile: &str,
        ids: &HashSet<PairId>,
        choices: &[Choice],
    ) -> Result<(), StoreError> {
        self.read_pending().await?;
        if self.inner.pending.borrow().hides_profile(profile) {
            return Err(StoreError::NoProfile);
        }
        let ties = match self.inner.pending.borrow().hidden_ties(profile).is_empty() {
            true => HashSet::new(),
            false => choices.iter().map(ChoiceRow::id).collect(),
        };
        let in_the_way = self.inner.pending.borrow().holding(profile, ids, &ties);
        for undo in in_the_way {
            self.carry_out_one(undo).await?;
        }
        Ok(())
    }

    pub(super) async fn carry_out_one(&self, undo: u64) -> Result<(), StoreError> {
        let strip = self.strip()?;
        // It hides what it takes until all of that is gone; where that fails it still does, and is tried again.
        let deletion = self.inner.pending.borrow().get(undo).cloned();
        let Some(deletion) = deletion else { return Ok(()) };
        let profile = deletion.profile.clone();
        let result = match self.purge(&deletion, strip, Room::There).await {
            Err(StoreError::QuotaFull) => self.purge_without_room(&deletion, strip).await,
            other => other,
        };
        self.inner.order.replace(None);
        if result.is_ok() {
            self.inner.pending.borrow_mut().take(undo);
        }
        self.tell(&News::History(profile.clone()));
        self.tell(&News::Portrait(profile));
        result
    }

    /// The same where the browser's storage is full: the pairs go first, after which the rest mostly fits. If it still does
    /// not, each thing that would be written is tried on its own, and missed.
    async fn purge_without_room(&self, deletion: &Deletion, strip: Strip) -> Result<(), StoreError> {
        let person = deletion.profile.as_str();
        let fits = |result: Result<(), StoreError>| {
            if result == Err(StoreError::QuotaFull) { Ok(()) } else { result }
        };
        let database = self.database()?;
        if let Some(ids) = &deletion.ids {
            let writing = write(&database, &["pairs"], true)?;
            purge_pairs(&writing, person, ids).await?;
            commit(writing).await?;
            let retried = self.purge(deletion, strip, Room::There).await;
            if retried != Err(StoreError::QuotaFull) {
                return retried;
            }
            let writing = write(&database, &["portraits"], true)?;
            purge_portrait(&writing, person, ids, strip, Room::There).await?;
            fits(commit(writing).await)?;
        }
        self.purge(deletion, strip, Room::None).await?;
        let writing = write(&database, &["profiles", "pairs"], true)?;
        recount(&writing, person).await?;
        fits(commit(writing).await)
    }

    /// One transaction: the rows, what was made from them, and the deletion itself.
    async fn purge(&self, deletion: &Deletion, strip: Strip, room: Room) -> Result<(), StoreError> {
        let person = deletion.profile.as_str();
        let database = self.database()?;
        let writing = write(&database, &PERSONAL, true)?;
        match &deletion.ids {
            None => {
                for store in ["choices", "answers"] {
                    writing.object_store(store)?.delete::<JsValue, _>(names_of(person)).primitive()?;
                }
                writing.object_store("pairs")?.delete::<JsValue, _>(pairs_of(person)).primitive()?;
                for store in ["profiles", "portraits", "jobs", "chats"] {
                    writing.object_store(store)?.delete(JsValue::from(person)).primitive()?;
                }
            }
            Some(ids) => {
                purge_pairs(&writing, person, ids).await?;
                purge_choices(&writing, person, ids, room).await?;
                purge_portrait(&writing, person, ids, strip, room).await?;
                for tie in &deletion.ties {
                    writing.object_store("choices")?.delete(JsValue::from(named(person, tie))).primitive()?;
                }
                // Answers are a cache: which pairs stood in which prompt is not worth keeping for it.
                if !ids.is_empty() {
                    writing.object_store("answers")?.delete::<JsValue, _>(names_of(person)).primitive()?;
                }
                if room == Room::There {
                    recount(&writing, person).await?;
                }
            }
        }
        let number = JsValue::from(deletion.undo as f64);
        writing.object_store("deletions")?.delete(number).primitive()?;
        commit(writing).await
    }
}

/// Whether there is room to write what a deletion leaves.
#[derive(Clone, Copy, PartialEq)]
enum Room {
    There,
    None,
}

async fn purge_pairs(writing: &Transaction<'_>, person: &str, ids: &[PairId]) -> Result<(), StoreError> {
    let store = writing.object_store("pairs")?;
    let by_id = store.index("id")?;
    let mut asked = Vec::with_capacity(ids.len());
    for id in ids {
        asked.push(by_id.get_key::<JsValue, _>(JsValue::from(named(person, *id))).primitive()?);
    }
    for request in asked {
        if let Some(key) = request.await? {
            store.delete::<JsValue, _>(key).primitive()?;
        }
    }
    Ok(())
}

/// Writes how many pairs are left, and that they are others now.
async fn recount(writing: &Transaction<'_>, person: &str) -> Result<(), StoreError> {
    let store = writing.object_store("pairs")?;
    let left = store.count().with_query::<JsValue, _>(pairs_of(person)).primitive()?.await?;
    let profiles = writing.object_store("profiles")?;
    let row: Option<JsValue> = profiles.get(JsValue::from(person)).primitive()?.await?;
    if let Some(row) = row {
        let mut row = read_row(&row)?;
        row.pairs = left;
        row.revision = row.revision.wrapping_add(1);
        profiles.put(row_text(&row)?).with_key(JsValue::from(person)).primitive()?;
    }
    Ok(())
}

/// Takes the pairs out of the choices that they follow from. Without room the choice goes whole; the other pairs that
/// follow from it stay.
async fn purge_choices(
    writing: &Transaction<'_>,
    person: &str,
    ids: &[PairId],
    room: Room,
) -> Result<(), StoreError> {
    let store = writing.object_store("choices")?;
    let by_pair = store.index("pairs")?;
    for id in ids {
        let name: KeyRange<JsValue> = KeyRange::Only(named(person, *id).into());
        let keys: Vec<JsValue> = by_pair
            .get_all_keys()
            .with_query::<JsValue, _>(name)
            .primitive()?
            .await?
            .collect::<DbResult<_>>()?;
        for key in keys {
            let Some(value) = store.get::<JsValue, JsValue, _>(key.clone()).primitive()?.await? else {
                continue;
            };
            store.delete::<JsValue, _>(key).primitive()?;
            let left = without_pair(&read_choice(&value)?, *id);
            if let Some(left) = left.filter(|_| room == Room::There) {
                let key = JsValue::from(named(person, ChoiceRow::id(&left)));
                store.put(choice_object(person, &left)?).with_key(key).primitive()?;
            }
        }
    }
    Ok(())
}

/// Takes out of the portrait what rests on the pairs. Without room it goes whole: it may quote what was deleted.
async fn purge_portrait(
    writing: &Transaction<'_>,
    person: &str,
    ids: &[PairId],
    strip_json: Strip,
    room: Room,
) -> Result<(), StoreError> {
    let store = writing.object_store("portraits")?;
    let text: Option<JsValue> = store.get(JsValue::from(person)).primitive()?.await?;
    let Some(text) = text.and_then(|text| text.as_string()) else { return Ok(()) };
    let gone: HashSet<PairId> = ids.iter().copied().collect();
    let portrait: Option<Portrait> = serde_json::from_str(&text).ok();
    if portrait.as_ref().is_some_and(|portrait| portrait.pairs.iter().all(|id| !gone.contains(id))) {
        return Ok(());
    }
    // A damaged portrait can't be stripped, so it goes whole.
    let left = portrait.filter(|_| room == Room::There);
    let left = left.and_then(|portrait| strip(portrait, &gone, strip_json));
    match left.and_then(|portrait| serde_json::to_string(&portrait).ok()) {
        Some(text) => drop(store.put(text).with_key(JsValue::from(person)).primitive()?),
        None => drop(store.delete(JsValue::from(person)).primitive()?),
    }
    Ok(())
}

/// A portrait without what rests on these pairs; untouched when it rests on none of them.
pub(super) fn strip(portrait: Portrait, gone: &HashSet<PairId>, strip_json: Strip) -> Option<Portrait> {
    let before = portrait.pairs.len();
    let pairs: Vec<PairId> = portrait.pairs.iter().copied().filter(|id| !gone.contains(id)).collect();
    if pairs.len() == before {
        return Some(portrait);
    }
    let json = strip_json(&portrait.json, gone)?;
    Some(Portrait { json, lost: portrait.lost + (before - pairs.len()) as u32, pairs, ..portrait })
}
