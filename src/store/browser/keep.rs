//! What is kept under a plain key: portraits, interrupted jobs with their answers, conversations, settings.
//!
//! The values are JSON that their owners write and read; the store knows of a portrait only which pairs it
//! rests on, so that a deletion can reach it.

use indexed_db_futures::Result as DbResult;
use indexed_db_futures::prelude::*;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use super::js::{named, names_of};
use super::{News, Store, commit, read, write};
use crate::preference::PairId;
use crate::store::StoreError;
use crate::store::chat_row::ChatRow;

/// A kept portrait.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Portrait {
    /// What its owner wrote.
    pub json: String,
    /// The pairs that it was made from.
    pub pairs: Vec<PairId>,
    /// When, in milliseconds since 1970.
    pub made_ms: f64,
    /// Deleted pairs that were taken out of it since it was made.
    pub lost: u32,
}

const NO_CHAT: StoreError = StoreError::Damaged { what: "conversation" };

fn read_chat(text: &str) -> Result<ChatRow, StoreError> {
    serde_json::from_str(text).map_err(|_| NO_CHAT)
}

impl Store {
    async fn get_text(&self, store: &str, key: JsValue) -> Result<Option<String>, StoreError> {
        let database = self.database()?;
        let reading = read(&database, &[store])?;
        let value: Option<JsValue> = reading.object_store(store)?.get(key).primitive()?.await?;
        Ok(value.and_then(|value| value.as_string()))
    }

    async fn put_text(
        &self,
        store: &str,
        key: &str,
        text: Option<&str>,
        strict: bool,
    ) -> Result<(), StoreError> {
        let database = self.database()?;
        let writing = write(&database, &[store], strict)?;
        let target = writing.object_store(store)?;
        match text {
            Some(text) => drop(target.put(JsValue::from(text)).with_key(JsValue::from(key)).primitive()?),
            None => drop(target.delete(JsValue::from(key)).primitive()?),
        }
        drop(target);
        commit(writing).await
    }

    /// The kept portrait, without what rests on pairs whose deletion can still be undone.
    pub async fn portrait(&self, profile: &str) -> Result<Option<Portrait>, StoreError> {
        let Some(text) = self.get_text("portraits", profile.into()).await? else { return Ok(None) };
        let portrait: Portrait =
            serde_json::from_str(&text).map_err(|_| StoreError::Damaged { what: "portrait" })?;
        let hidden = self.inner.pending.borrow().hidden(profile);
        Ok(super::purge::strip(portrait, &hidden, self.strip()?))
    }

    /// Keeps a portrait in the place of the one before it, without what rests on pairs that were deleted while it
    /// was made. The caller holds the lock of [`Store::writing`], and has read under it what it changes.
    pub async fn put_portrait(&self, profile: &str, portrait: Portrait) -> Result<(), StoreError> {
        let gone = self.order_now(profile).await?.lacks(&portrait.pairs);
        let text = super::purge::strip(portrait, &gone, self.strip()?)
            .map(|left| serde_json::to_string(&left).map_err(|_| StoreError::Damaged { what: "portrait" }))
            .transpose()?;
        self.put_text("portraits", profile, text.as_deref(), true).await?;
        self.tell(&News::Portrait(profile.into()));
        Ok(())
    }

    /// The interrupted job, as its owner wrote it.
    pub async fn job(&self, profile: &str) -> Result<Option<String>, StoreError> {
        self.get_text("jobs", profile.into()).await
    }

    /// Keeps a job, or forgets it with its answers.
    pub async fn put_job(&self, profile: &str, job: Option<&str>) -> Result<(), StoreError> {
        if job.is_none() {
            let database = self.database()?;
            let writing = write(&database, &["answers"], false)?;
            writing.object_store("answers")?.delete::<JsValue, _>(names_of(profile)).primitive()?;
            commit(writing).await?;
        }
        self.put_text("jobs", profile, job, false).await
    }

    /// The conversation that a person has with a remote model.
    pub async fn chat(&self, profile: &str) -> Result<Option<ChatRow>, StoreError> {
        let text = self.get_text("chats", profile.into()).await?;
        text.map(|text| read_chat(&text)).transpose()
    }

    /// Everyone's conversations, by person.
    pub async fn chats(&self) -> Result<Vec<(String, ChatRow)>, StoreError> {
        let database = self.database()?;
        let reading = read(&database, &["chats"])?;
        let store = reading.object_store("chats")?;
        let keys: Vec<JsValue> = store.get_all_keys().primitive()?.await?.collect::<DbResult<_>>()?;
        let rows: Vec<JsValue> = store.get_all().primitive()?.await?.collect::<DbResult<_>>()?;
        let chat = |(key, row): (&JsValue, &JsValue)| {
            Ok((key.as_string().ok_or(NO_CHAT)?, read_chat(&row.as_string().ok_or(NO_CHAT)?)?))
        };
        keys.iter().zip(&rows).map(chat).collect()
    }

    /// Keeps a conversation in the place of the one before it, or forgets it.
    pub async fn put_chat(&self, profile: &str, chat: Option<&ChatRow>) -> Result<(), StoreError> {
        let text = chat.map(serde_json::to_string).transpose().map_err(|_| NO_CHAT)?;
        self.put_text("chats", profile, text.as_deref(), chat.is_none()).await?;
        self.tell(&News::Chat(profile.into()));
        Ok(())
    }

    /// The answers kept for a person's job: the hash of each prompt, and what its owner wrote.
    pub async fn answers(&self, profile: &str) -> Result<Vec<(String, String)>, StoreError> {
        let database = self.database()?;
        let reading = read(&database, &["answers"])?;
        let store = reading.object_store("answers")?;
        let keys: Vec<JsValue> = store
            .get_all_keys()
            .with_query::<JsValue, _>(names_of(profile))
            .primitive()?
            .await?
            .collect::<DbResult<_>>()?;
        let rows: Vec<JsValue> = store
            .get_all()
            .with_query::<JsValue, _>(names_of(profile))
            .primitive()?
            .await?
            .collect::<DbResult<_>>()?;
        let hash = |key: &JsValue| Some(key.as_string()?.rsplit_once('/')?.1.to_owned());
        Ok(keys.iter().zip(&rows).filter_map(|(key, row)| Some((hash(key)?, row.as_string()?))).collect())
    }

    /// Keeps the answer to the prompt of that hash, which was made from some of these pairs; not once one of them is
    /// deleted, since the answer may quote it.
    pub async fn put_answer(
        &self,
        profile: &str,
        hash: &str,
        answer: &str,
        made_from: &[PairId],
    ) -> Result<(), StoreError> {
        let _lock = self.writing().await;
        match self.order_now(profile).await {
            Ok(order) if order.lacks(made_from).is_empty() => {
                self.put_text("answers", &named(profile, hash), Some(answer), false).await
            }
            // The person was deleted with everything of theirs.
            Ok(_) | Err(StoreError::NoProfile) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// A setting.
    pub async fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        self.get_text("settings", name.into()).await
    }

    /// Keeps a setting, or forgets it.
    pub async fn put_setting(&self, name: &str, value: Option<&str>) -> Result<(), StoreError> {
        self.put_text("settings", name, value, false).await
    }
}
