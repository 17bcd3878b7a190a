//! Why a judgement is what it is, in the words that whoever asks may read.
//!
//! A claim's wording may be the person's own, and may quote their history. They read it as it is; a host that embeds a
//! frame reads traits alone, or what the guard lets pass where it may read the portrait.

use std::collections::BTreeSet;

use serde::Serialize;

use super::Asked;
use crate::persona::Reason;
use crate::service::{ReasonWords, ServiceError};

impl Asked {
    /// The reasons of several judgements. One that rests on a claim that may not be told names the trait, or nothing.
    pub(super) async fn in_words(
        &self,
        why: Vec<Vec<Reason>>,
        words: ReasonWords,
    ) -> Result<Vec<Vec<String>>, ServiceError> {
        let told = |may: &dyn Fn(&str) -> bool| -> Vec<Vec<String>> {
            let one = |why: &Vec<Reason>| {
                why.iter().filter_map(|reason| reason.told(may)).map(str::to_owned).collect()
            };
            why.iter().map(one).collect()
        };
        match words {
            ReasonWords::Own => Ok(told(&|_| true)),
            ReasonWords::Traits => Ok(told(&|_| false)),
            ReasonWords::Guarded => {
                let claims: BTreeSet<&str> =
                    why.iter().flatten().filter_map(|reason| reason.claim.as_deref()).collect();
                let mut passed = BTreeSet::new();
                for wording in claims {
                    if self.passes(wording).await? {
                        passed.insert(wording);
                    }
                }
                let guarded = told(&|wording| passed.contains(wording));
                // Claims that quote nothing by themselves may do so beside each other.
                let together = passed.is_empty() || self.passes(&guarded).await?;
                Ok(if together { guarded } else { told(&|_| false) })
            }
        }
    }

    /// Whether the guard lets it pass.
    async fn passes(&self, value: impl Serialize) -> Result<bool, ServiceError> {
        let store = self.server.store().await?;
        match self.released(value, None, &store).await {
            Ok(_) => Ok(true),
            // What the guard can't read is not known to be free of history.
            Err(ServiceError::Quotes { .. } | ServiceError::Invalid(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
