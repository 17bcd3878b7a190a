//! Which pairs a person has, and in which order: kept in memory for the person looked at last (32 bytes a pair).
//!
//! Whoever writes has it read again or takes in what was written; what another tab writes has it read again as soon as its
//! message comes, and whoever holds the lock of [`Store::writing`] need not wait for that.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use indexed_db_futures::Result as DbResult;
use indexed_db_futures::prelude::*;
use wasm_bindgen::prelude::*;

use super::js::{names_of, pairs_after, pairs_of, read_pair_key, read_was};
use super::people::read_row;
use super::{Store, read};
use crate::preference::{Choice, PairId, PreferencePair};
use crate::store::StoreError;
use crate::store::order::Place;
use crate::store::row::without_pair;

/// Which pairs a person has, in order.
pub struct Order {
    profile: String,
    /// The person's revision that this is of.
    pub(super) revision: u32,
    /// Oldest first.
    pub(super) pairs: Vec<(PairId, Place)>,
    pub(super) places: HashMap<PairId, Place>,
    /// Pairs that others took the place of: importing them again adds nothing.
    pub(super) replaced: HashSet<PairId>,
}

/// Keys read at once: a hundred thousand in one go would take the memory of all of them twice.
const KEYS: u32 = 20_000;

impl Order {
    /// All of them, deleted ones too until they are gone for good.
    pub(super) fn ids(&self) -> HashSet<PairId> {
        self.places.keys().copied().collect()
    }

    /// Whether it is of this person at this revision.
    fn is_of(&self, profile: &str, revision: u32) -> bool {
        self.profile == profile && self.revision == revision
    }

    /// How many there are beside these, if it is of this person at this revision.
    pub(super) fn count_without(
        &self,
        profile: &str,
        revision: u32,
        hidden: &HashSet<PairId>,
    ) -> Option<u32> {
        let without = hidden.iter().filter(|id| self.places.contains_key(id)).count();
        self.is_of(profile, revision).then_some((self.pairs.len() - without) as u32)
    }

    /// Where a pair stands, where it is there.
    pub(super) fn place(&self, id: &PairId) -> Option<Place> {
        self.places.get(id).copied()
    }

    /// What is left of a choice without the pairs that others took the place of.
    pub(super) fn without_replaced(&self, choice: &Choice) -> Option<Choice> {
        let gone = |id: &PairId| self.replaced.contains(id) && !self.places.contains_key(id);
        let mut gone = choice.pairs().into_iter().map(|pair| pair.id).filter(gone);
        gone.try_fold(choice.clone(), |choice, id| without_pair(&choice, id))
    }

    /// Those of these pairs that are not there any more.
    pub(super) fn lacks(&self, ids: &[PairId]) -> HashSet<PairId> {
        ids.iter().filter(|id| !self.places.contains_key(id)).copied().collect()
    }
}

impl Store {
    /// The order of a person's pairs, read when it isn't in memory.
    pub(super) async fn order(&self, profile: &str) -> Result<Rc<Order>, StoreError> {
        if let Some(order) = self.inner.order.borrow().as_ref().filter(|order| order.profile == profile) {
            return Ok(order.clone());
        }
        let database = self.database()?;
        let reading = read(&database, &["profiles", "pairs"])?;
        let store = reading.object_store("pairs")?;
        let row: Option<JsValue> =
            reading.object_store("profiles")?.get(JsValue::from(profile)).primitive()?.await?;
        let revision = row.map(|row| read_row(&row)).transpose()?.map_or(0, |row| row.revision);
        let mut pairs = Vec::new();
        let mut range = pairs_of(profile);
        loop {
            let keys: Vec<JsValue> = store
                .get_all_keys()
                .with_query::<JsValue, _>(range)
                .with_limit(KEYS)
                .primitive()?
                .await?
                .collect::<DbResult<_>>()?;
            pairs.extend(keys.iter().filter_map(read_pair_key));
            match keys.last() {
                Some(last) if keys.len() as u32 == KEYS => range = pairs_after(profile, last),
                _ => break,
            }
        }
        let edited: Vec<JsValue> = store
            .index("was")?
            .get_all()
            .with_query::<JsValue, _>(names_of(profile))
            .primitive()?
            .await?
            .collect::<DbResult<_>>()?;
        let order = Rc::new(Order {
            profile: profile.into(),
            revision,
            places: pairs.iter().copied().collect(),
            pairs,
            replaced: edited.iter().flat_map(read_was).collect(),
        });
        self.inner.order.replace(Some(order.clone()));
        Ok(order)
    }

    /// The order as it is in the database now, whatever another tab has written. It holds until the caller lets go of
    /// the lock of [`Store::writing`].
    pub(super) async fn order_now(&self, profile: &str) -> Result<Rc<Order>, StoreError> {
        let revision = self.profile_row(profile).await?.revision;
        let old = self.inner.order.borrow().as_ref().is_some_and(|order| order.revision != revision);
        if old {
            self.inner.order.replace(None);
        }
        self.order(profile).await
    }

    /// Takes what was added into the order in memory; a place in the middle has it read again.
    pub(super) fn remember(
        &self,
        profile: &str,
        revision: u32,
        order: Rc<Order>,
        new: Vec<(PairId, Place)>,
        pairs: &[PreferencePair],
    ) {
        let mut memory = self.inner.order.borrow_mut();
        // Who looked in the meantime may have read it before this was written, or another tab changed it.
        if !memory.as_ref().is_some_and(|now| Rc::ptr_eq(now, &order)) {
            if memory.as_ref().is_some_and(|now| !now.is_of(profile, revision)) {
                memory.take();
            }
            return;
        }
        memory.take();
        let last = order.pairs.last().map(|(_, place)| *place);
        let in_order = new
            .iter()
            .try_fold(last, |last, (_, place)| last.is_none_or(|last| last < *place).then_some(Some(*place)));
        let Ok(mut grown) = Rc::try_unwrap(order) else { return };
        grown.revision = revision;
        grown.places.extend(new.iter().copied());
        grown.replaced.extend(pairs.iter().filter_map(|pair| pair.supersedes));
        grown.pairs.extend(new);
        if in_order.is_none() {
            grown
                .pairs
                .sort_by(|(_, a), (_, b)| a.at.total_cmp(&b.at).then(a.sequence.total_cmp(&b.sequence)));
        }
        debug_assert_eq!(grown.profile, profile);
        memory.replace(Rc::new(grown));
    }
}
