//! Version 1 kept a pair as one JSON text and numbered the people's pairs not at all; version 2 keeps the texts
//! in one piece for searching, gives each pair a place in the order of time, and counts a person's pairs.

use serde::Deserialize;

use crate::preference::{PreferencePair, Standing, Turn};
use crate::store::StoreError;
use crate::store::order::{Place, Sequence};
use crate::store::row::{PairRow, ProfileRow};

/// A person in version 1.
#[derive(Deserialize)]
struct ProfileV1 {
    name: String,
    created_ms: f64,
}

/// A pair in version 1.
#[derive(Deserialize)]
struct PairV1 {
    context: Vec<TurnV1>,
    chosen: String,
    rejected: String,
    at_ms: Option<i64>,
    origin: Option<String>,
    note: Option<String>,
}

#[derive(Deserialize)]
struct TurnV1 {
    role: String,
    content: String,
}

/// The person's row, without pairs yet.
///
/// # Errors
/// When the row is damaged.
pub fn profile(json: &str) -> Result<ProfileRow, StoreError> {
    let old: ProfileV1 =
        serde_json::from_str(json).map_err(|_| StoreError::Damaged { what: "person (version 1)" })?;
    Ok(ProfileRow {
        name: old.name,
        created_ms: old.created_ms,
        pairs: 0,
        sequence: Sequence::default(),
        revision: 0,
    })
}

/// A pair's row and place. Rows come in the order that version 1 gave them: that of their insertion.
///
/// # Errors
/// When the row is damaged.
pub fn pair(json: &str, sequence: &mut Sequence) -> Result<(PreferencePair, PairRow, Place), StoreError> {
    let damaged = || StoreError::Damaged { what: "pair (version 1)" };
    let old: PairV1 = serde_json::from_str(json).map_err(|_| damaged())?;
    let turn = |turn: TurnV1| {
        let role = match turn.role.as_str() {
            "system" => crate::preference::Role::System,
            "user" => crate::preference::Role::User,
            "assistant" => crate::preference::Role::Assistant,
            _ => return Err(damaged()),
        };
        Ok(Turn { role, content: turn.content })
    };
    let context = old.context.into_iter().map(turn).collect::<Result<_, _>>()?;
    let pair = PreferencePair {
        at_ms: old.at_ms,
        origin: old.origin,
        note: old.note,
        standing: Standing::Stated,
        ..PreferencePair::new(context, old.chosen, old.rejected)
    };
    let place = sequence.place(pair.at_ms);
    Ok((pair.clone(), PairRow::new(&pair), place))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As version 1 wrote it; not to be changed.
    const PAIR: &str = r#"{"context":[{"role":"user","content":"q"}],"chosen":"a","rejected":"b","at_ms":7,"origin":"typed in","note":null}"#;

    #[test]
    fn a_pair_keeps_its_id_and_gets_a_place() {
        let mut sequence = Sequence::default();
        let (pair, row, place) = super::pair(PAIR, &mut sequence).unwrap();
        assert_eq!(pair.id, crate::preference::PairId::of(&[Turn::user("q")], "a", "b"));
        assert_eq!((row.pair(), place), (Ok(pair), Place { at: 7.0, sequence: 0.0 }));
    }

    #[test]
    fn a_person_keeps_their_name() {
        let row = profile(r#"{"name":"Ada","created_ms":5.0}"#).unwrap();
        assert_eq!((row.name.as_str(), row.created_ms, row.pairs), ("Ada", 5.0, 0));
    }

    #[test]
    fn a_damaged_row_is_told() {
        assert!(profile("{}").is_err());
        assert!(super::pair(&PAIR.replace("user", "wizard"), &mut Sequence::default()).is_err());
    }
}
