//! SynthesizeMe's and PersonalRewardBench's records: `context`, `chosen`, `rejected` (arXiv 2506.05598).
//!
//! `context` is a list of messages; an answer is a message, a list of messages, or a text. The benchmark's
//! other columns (judges' predictions, curation) are not read here.

use serde_json::{Map, Value};

use super::fields::{asked, compare, get, is_asked, turns};
use super::problem::Wrong;
use super::reader::Output;
use crate::preference::{PreferencePair, Role};

/// Fields that name the person.
pub(super) const PERSON: &[&str] = &["user_id", "user"];

/// Fields that may tell when.
pub(super) const TIME: &[&str] = &["at_ms", "tstamp", "timestamp", "generated_datetime", "created_at"];

pub(super) fn read(record: &Map<String, Value>, out: &mut Output<'_>) -> Result<(), Wrong> {
    let side = |name| get(record, name).and_then(|v| turns(v, Role::Assistant).map_err(|w| w.within(name)));
    let context = asked(record, ["context", "prompt"])?;
    let compared = compare(context, side("chosen")?, side("rejected")?, ["chosen", "rejected"])?;
    if !is_asked(&compared.context) {
        out.unasked(record);
    }
    let (at_ms, origin) = (out.time(record, TIME), out.origin());
    out.pair(PreferencePair {
        at_ms,
        origin,
        ..PreferencePair::new(compared.context, compared.first, compared.second)
    });
    Ok(())
}
