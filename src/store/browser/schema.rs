//! The database's stores and indexes, and the ladder from older versions.
//!
//! | store | key | value | index |
//! | --- | --- | --- | --- |
//! | `profiles` | person | JSON of `ProfileRow` | |
//! | `pairs` | [person, at, sequence, pair] | `{id, text, shape, was}` | `id`; `was`, many |
//! | `choices` | person/choice | `{json, pairs}` | `pairs`, many |
//! | `portraits` | person | JSON | |
//! | `jobs` | person | JSON | |
//! | `answers` | person/hash of the prompt | JSON | |
//! | `deletions` | number | JSON of `Deletion` | |
//! | `settings` | name | JSON | |
//! | `ledger` | number | JSON of `LedgerRow` | |
//! | `bodies` | number of its line | the request's body, bytes | |
//! | `chats` | person | JSON of `ChatRow` | |
//! | `secrets` | endpoint | `{nonce, sealed}`; the browser's own key | |
//! | `unreadable` | a number | what a migration could not read, as it was | |
//!
//! A step adds the new stores in one version, moves the rows, and drops the old ones in the next, so a tab that
//! dies in between leaves a database that the next one goes on with: rows are put under keys that follow from
//! what they hold, and moving one twice changes nothing.

use indexed_db_futures::database::Database;
use indexed_db_futures::prelude::*;
use indexed_db_futures::transaction::TransactionMode;
use indexed_db_futures::{KeyPath, Result as DbResult};
use js_sys::Reflect;
use wasm_bindgen::prelude::*;

use super::js::{pair_key, pair_object};
use crate::store::migration::v1_to_v2;
use crate::store::{DATABASE, StoreError, VERSION};

/// Stores with out-of-line keys and no index.
const PLAIN: [&str; 7] = ["profiles", "portraits", "jobs", "answers", "deletions", "settings", "unreadable"];

/// What version 4 added: requests to remote models, conversations with them, and the keys to them.
const REMOTE: [&str; 4] = ["ledger", "bodies", "chats", "secrets"];

/// The stores of version 1.
const OLD: [&str; 2] = ["people", "history"];

/// Opens the database at the newest version, over as many steps as it takes. `blocked` is called when another
/// tab holds an older version open; the opening then waits for it.
pub async fn open(blocked: impl Fn() + Clone + 'static) -> Result<Database, StoreError> {
    refuse_newer().await?;
    let database = open_version(2, blocked.clone()).await;
    match database {
        Ok(database) => {
            move_rows(&database).await?;
            database.close();
        }
        // It is of version 3 or later already.
        Err(StoreError::TooNew { .. }) => {}
        Err(error) => return Err(error),
    }
    open_version(VERSION, blocked).await
}

/// A database of a later version is not opened at all: where the browser can, it is looked up before.
async fn refuse_newer() -> Result<(), StoreError> {
    let Some(factory) = super::js::global(&["indexedDB"]) else {
        return Err(StoreError::Unavailable("IndexedDB is not there".into()));
    };
    let Ok(list) = super::js::call(&factory, "databases", &[]).await else { return Ok(()) };
    for entry in js_sys::Array::from(&list).iter() {
        let get = |name: &str| Reflect::get(&entry, &name.into()).unwrap_or(JsValue::NULL);
        if get("name").as_string().as_deref() == Some(DATABASE) {
            let found = get("version").as_f64().unwrap_or(0.0) as u32;
            if found > VERSION {
                return Err(StoreError::TooNew { found, known: VERSION });
            }
        }
    }
    Ok(())
}

async fn open_version(version: u32, blocked: impl Fn() + 'static) -> Result<Database, StoreError> {
    let opened = Database::open(DATABASE)
        .with_version(version)
        .with_on_blocked(move |_| {
            blocked();
            Ok(())
        })
        .with_on_upgrade_needed(move |event, database| {
            let old = event.old_version() as u32;
            if old < 2 {
                add_stores(&database)?;
            }
            if version >= 3 && old < 3 {
                drop_old(&database)?;
            }
            if version >= 4 && old < 4 {
                for name in REMOTE {
                    database.create_object_store(name).build()?;
                }
            }
            Ok(())
        })
        .await?;
    Ok(opened)
}

fn add_stores(database: &Database) -> DbResult<()> {
    for name in PLAIN {
        database.create_object_store(name).build()?;
    }
    let pairs = database.create_object_store("pairs").build()?;
    pairs.create_index("id", KeyPath::One("id")).with_unique(true).build()?;
    pairs.create_index("was", KeyPath::One("was")).with_multi_entry(true).build()?;
    let choices = database.create_object_store("choices").build()?;
    choices.create_index("pairs", KeyPath::One("pairs")).with_multi_entry(true).build()?;
    Ok(())
}

fn drop_old(database: &Database) -> DbResult<()> {
    let there: Vec<String> = database.object_store_names().collect();
    OLD.into_iter()
        .filter(|name| there.iter().any(|other| other == name))
        .try_for_each(|name| database.delete_object_store(name))
}

/// Moves the rows of version 1, if there are any, one person at a time.
async fn move_rows(database: &Database) -> Result<(), StoreError> {
    if !database.object_store_names().any(|name| name == OLD[0]) {
        return Ok(());
    }
    let people = {
        let reading = database.transaction(OLD[0]).build()?;
        let store = reading.object_store(OLD[0])?;
        let keys: Vec<JsValue> = store.get_all_keys().primitive()?.await?.collect::<DbResult<_>>()?;
        let rows: Vec<JsValue> = store.get_all().primitive()?.await?.collect::<DbResult<_>>()?;
        keys.into_iter().zip(rows)
    };
    for (key, row) in people {
        if let (Some(person), Some(json)) = (key.as_string(), row.as_string()) {
            move_person(database, &person, &json).await?;
        }
    }
    Ok(())
}

/// Moves one person with their pairs, in one transaction.
async fn move_person(database: &Database, person: &str, json: &str) -> Result<(), StoreError> {
    let stores = ["people", "history", "profiles", "pairs", "unreadable"];
    let moving = database.transaction(&stores[..]).with_mode(TransactionMode::Readwrite).build()?;
    let [people, history, profiles, pairs, unreadable] = [
        moving.object_store("people")?,
        moving.object_store("history")?,
        moving.object_store("profiles")?,
        moving.object_store("pairs")?,
        moving.object_store("unreadable")?,
    ];
    let mut profile = v1_to_v2::profile(json)?;
    let keys: Vec<JsValue> = history.get_all_keys().primitive()?.await?.collect::<DbResult<_>>()?;
    let rows: Vec<JsValue> = history.get_all().primitive()?.await?.collect::<DbResult<_>>()?;
    let text = |row: &JsValue, name: &str| Reflect::get(row, &name.into()).ok().and_then(|v| v.as_string());
    for (key, row) in keys.into_iter().zip(rows) {
        if text(&row, "profile").as_deref() != Some(person) {
            continue;
        }
        match v1_to_v2::pair(&text(&row, "json").unwrap_or_default(), &mut profile.sequence) {
            Ok((pair, new, place)) => {
                let object = pair_object(person, pair.id, &new, &[])?;
                pairs.put(object).with_key(pair_key(person, place, pair.id)).primitive()?;
                profile.pairs += 1;
            }
            Err(_) => drop(unreadable.put(row).with_key(key.clone()).primitive()?),
        }
        history.delete(key).primitive()?;
    }
    let row = serde_json::to_string(&profile).map_err(|_| StoreError::Damaged { what: "person" })?;
    profiles.put(row).with_key(JsValue::from(person)).primitive()?;
    people.delete(JsValue::from(person)).primitive()?;
    drop((people, history, profiles, pairs, unreadable));
    super::commit(moving).await
}
