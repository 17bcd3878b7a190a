//! The preference pair: a context, the answer a person chose, and the one they did not.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Turn;

/// A pair's name: the first 16 bytes of a SHA-256 over its context and its two answers.
///
/// Time, origin and note are left out, so importing the same file twice adds nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PairId([u8; 16]);

impl PairId {
    /// The id of a pair with these texts.
    ///
    /// Every text is hashed behind its length, so no two different pairs run together to the same bytes.
    pub fn of(context: &[Turn], chosen: &str, rejected: &str) -> Self {
        let mut hash = Sha256::new();
        let mut text = |s: &str| {
            hash.update((s.len() as u64).to_le_bytes());
            hash.update(s.as_bytes());
        };
        for turn in context {
            text(turn.role.name());
            text(&turn.content);
        }
        text("chosen");
        text(chosen);
        text("rejected");
        text(rejected);
        let digest = hash.finalize();
        let mut id = [0; 16];
        id.copy_from_slice(&digest[..16]);
        PairId(id)
    }

    /// The id's bytes.
    pub fn bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for PairId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for PairId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PairId({self})")
    }
}

/// A text that is no [`PairId`]: it must be 32 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a pair's id is 32 hexadecimal digits")]
pub struct PairIdError;

impl FromStr for PairId {
    type Err = PairIdError;

    fn from_str(text: &str) -> Result<Self, PairIdError> {
        if text.len() != 32 || !text.is_ascii() {
            return Err(PairIdError);
        }
        let mut id = [0; 16];
        for (i, byte) in id.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * i..2 * i + 2], 16).map_err(|_| PairIdError)?;
        }
        Ok(PairId(id))
    }
}

impl Serialize for PairId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PairId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// How a pair came to be one: said by the person, or read off what they did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// The person picked one of the two.
    #[default]
    Stated,
    /// Inferred from behaviour, a regenerated answer for example: weaker evidence.
    Inferred,
}

/// The origin of a pair that the person typed in.
pub const TYPED_IN: &str = "typed in";

/// A context, the answer the person chose, and one they did not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PreferencePair {
    /// The hash of the texts below.
    pub id: PairId,
    /// The conversation so far, oldest turn first; its last turn is usually the person's.
    pub context: Vec<Turn>,
    /// The answer that the person preferred.
    pub chosen: String,
    /// The answer that they did not.
    pub rejected: String,
    /// When the person chose, in milliseconds since 1970 (UTC), where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_ms: Option<i64>,
    /// Where the pair comes from, in plain words: a file's name, a host, [`TYPED_IN`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// The person's own remark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Said, or inferred.
    #[serde(default)]
    pub standing: Standing,
    /// The pair that this one replaces, when the person edited it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supersedes: Option<PairId>,
}

impl PreferencePair {
    /// A pair with these texts, stated, of no known time or origin.
    ///
    /// ```
    /// use likeness::preference::{PreferencePair, Turn};
    /// let pair = PreferencePair::new(vec![Turn::user("How are you?")], "Fine!", "As an AI, …");
    /// assert_eq!(pair.id, PreferencePair::new(pair.context.clone(), "Fine!", "As an AI, …").id);
    /// ```
    pub fn new(context: Vec<Turn>, chosen: impl Into<String>, rejected: impl Into<String>) -> Self {
        let (chosen, rejected) = (chosen.into(), rejected.into());
        PreferencePair {
            id: PairId::of(&context, &chosen, &rejected),
            context,
            chosen,
            rejected,
            at_ms: None,
            origin: None,
            note: None,
            standing: Standing::Stated,
            supersedes: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_its_text_form() {
        let id = PairId::of(&[Turn::user("a")], "b", "c");
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!("zz".parse::<PairId>(), Err(PairIdError));
    }

    #[test]
    fn texts_do_not_run_together() {
        assert_ne!(PairId::of(&[], "ab", "c"), PairId::of(&[], "a", "bc"));
        assert_ne!(PairId::of(&[Turn::user("a")], "b", "c"), PairId::of(&[Turn::assistant("a")], "b", "c"));
    }
}
