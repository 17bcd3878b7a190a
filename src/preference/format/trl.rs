//! TRL's preference datasets, as its documentation lays down (Dataset formats, "Preference").
//!
//! Standard (texts) or conversational (messages), with a `prompt` or with one that `chosen` and `rejected`
//! share at their beginning. In texts we cut a shared beginning at the start of a word; TRL cuts anywhere, and
//! would tear "cat" and "car" into "ca" and an answer of one letter.

use serde_json::{Map, Value};

use super::fields::{asked, compare, dialogue, get, is_asked, optional, turns};
use super::problem::Wrong;
use super::reader::Output;
use super::synthesizeme;
use crate::preference::{PreferencePair, Role, Turn};

/// Fields that name the person; TRL itself has none.
pub(super) const PERSON: &[&str] = synthesizeme::PERSON;

pub(super) fn read(record: &Map<String, Value>, out: &mut Output<'_>) -> Result<(), Wrong> {
    let has_prompt = ["prompt", "context"].iter().any(|name| optional(record, name).is_some());
    let (context, chosen, rejected) = match sides(record)? {
        [Value::String(chosen), Value::String(rejected)] if !has_prompt && dialogue(chosen).is_none() => {
            // What two answers to a question begin with is no question.
            out.unasked(record);
            shared_beginning(chosen, rejected)
        }
        [chosen, rejected] => {
            let context = asked(record, ["prompt", "context"])?;
            let side = |name, value| turns(value, Role::Assistant).map_err(|w: Wrong| w.within(name));
            let (chosen, rejected) = (side("chosen", chosen)?, side("rejected", rejected)?);
            let compared = compare(context, chosen, rejected, ["chosen", "rejected"])?;
            if !is_asked(&compared.context) {
                out.unasked(record);
            }
            (compared.context, compared.first, compared.second)
        }
    };
    let (at_ms, origin) = (out.time(record, synthesizeme::TIME), out.origin());
    out.pair(PreferencePair { at_ms, origin, ..PreferencePair::new(context, chosen, rejected) });
    Ok(())
}

fn sides(record: &Map<String, Value>) -> Result<[&Value; 2], Wrong> {
    Ok([get(record, "chosen")?, get(record, "rejected")?])
}

/// The words that two texts begin with are the prompt, what follows the answers.
fn shared_beginning(chosen: &str, rejected: &str) -> (Vec<Turn>, String, String) {
    let mut cut = 0;
    for ((at, a), b) in chosen.char_indices().zip(rejected.chars()) {
        if a != b {
            break;
        }
        // The space belongs to the answer, as in TRL.
        if a.is_whitespace() {
            cut = at;
        }
    }
    let context = if cut == 0 { Vec::new() } else { vec![Turn::user(&chosen[..cut])] };
    (context, chosen[cut..].into(), rejected[cut..].into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(chosen: &str, rejected: &str, expected: (&str, &str, &str)) {
        let (context, a, b) = shared_beginning(chosen, rejected);
        let context = context.first().map_or("", |turn| turn.content.as_str());
        assert_eq!((context, a.as_str(), b.as_str()), expected);
    }

    #[test]
    fn a_shared_beginning_is_cut_between_words() {
        check("The sky is blue.", "The sky is green.", ("The sky is", " blue.", " green.")); // TRL's own example
        check("cat", "car", ("", "cat", "car"));
        check("a cat", "a car", ("a", " cat", " car"));
        check("空は青い", "空は緑", ("", "空は青い", "空は緑"));
        check("", "x", ("", "", "x"));
    }
}
