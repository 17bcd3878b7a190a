//! A person's choices as they came, and those without a winner: no pair follows from these, so no list of pairs shows
//! them, and no pair's deletion reaches them.

use std::collections::HashSet;

use indexed_db_futures::Result as DbResult;
use indexed_db_futures::prelude::*;
use wasm_bindgen::prelude::*;

use super::js::{named, names_of, now_ms};
use super::pairs::read_choice;
use super::{News, Store, read};
use crate::preference::Choice;
use crate::store::StoreError;
use crate::store::deletion::{Deletion, UNDO_MS};
use crate::store::row::{ChoiceRow, without_pair};

impl Store {
    /// A person's choices, in no order.
    pub async fn choices(&self, profile: &str) -> Result<Vec<Choice>, StoreError> {
        let all = self.all_choices(profile).await?;
        let (hidden, ties) = {
            let pending = self.inner.pending.borrow();
            (pending.hidden(profile), pending.hidden_ties(profile))
        };
        let shown = |choice: &Choice| ties.is_empty() || !ties.contains(&ChoiceRow::id(choice));
        let left =
            |choice: Choice| hidden.iter().try_fold(choice, |choice, gone| without_pair(&choice, *gone));
        Ok(all.into_iter().filter(shown).filter_map(left).collect())
    }

    /// The ids of a person's choices that no pair follows from, without those deleted.
    ///
    /// Only keys are read: of a long history the choices themselves are as much text as the pairs.
    pub async fn tie_ids(&self, profile: &str) -> Result<Vec<String>, StoreError> {
        let database = self.database()?;
        let reading = read(&database, &["choices"])?;
        let store = reading.object_store("choices")?;
        let all: Vec<JsValue> = store
            .get_all_keys()
            .with_query::<JsValue, _>(names_of(profile))
            .primitive()?
            .await?
            .collect::<DbResult<_>>()?;
        let won: Vec<JsValue> = store
            .index("pairs")?
            .get_all_keys()
            .with_query::<JsValue, _>(names_of(profile))
            .primitive()?
            .await?
            .collect::<DbResult<_>>()?;
        let won: HashSet<String> = won.iter().filter_map(JsValue::as_string).collect();
        let hidden = self.inner.pending.borrow().hidden_ties(profile);
        let names = all.iter().filter_map(JsValue::as_string).filter(|name| !won.contains(name));
        let ids = names.filter_map(|name| Some(name.rsplit_once('/')?.1.to_owned()));
        Ok(ids.filter(|id| !hidden.contains(id)).collect())
    }

    /// These choices of a person in full; those that are gone are left out.
    pub async fn choices_of(
        &self,
        profile: &str,
        ids: Vec<String>,
    ) -> Result<Vec<(String, Choice)>, StoreError> {
        let database = self.database()?;
        let reading = read(&database, &["choices"])?;
        let store = reading.object_store("choices")?;
        // All are asked for before the first is awaited.
        let mut asked = Vec::with_capacity(ids.len());
        for id in ids {
            let request = store.get::<JsValue, JsValue, _>(JsValue::from(named(profile, &id))).primitive()?;
            asked.push((id, request));
        }
        let mut choices = Vec::with_capacity(asked.len());
        for (id, request) in asked {
            if let Some(value) = request.await? {
                choices.push((id, read_choice(&value)?));
            }
        }
        Ok(choices)
    }

    /// Deletes choices without a winner, all of them where none are named; as [`Store::delete`] does pairs.
    pub async fn delete_ties(
        &self,
        profile: &str,
        which: Option<&[String]>,
    ) -> Result<(Deletion, u32), StoreError> {
        let _lock = self.writing().await;
        // Another tab's deletion may have the number that this one would get.
        self.read_pending().await?;
        // Nothing is to be deleted of a person who is.
        self.profile_row(profile).await?;
        let mut ties = self.tie_ids(profile).await?;
        if let Some(which) = which {
            ties.retain(|id| which.contains(id));
        }
        let count = ties.len() as u32;
        let deletion = self.put_deletion(profile, Some(Vec::new()), ties, now_ms() + UNDO_MS).await?;
        self.tell(&News::History(profile.into()));
        Ok((deletion, count))
    }
}
