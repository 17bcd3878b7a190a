//! What took the place of what: how the edits of another place become those of this one.

use std::collections::HashSet;

use crate::preference::PairId;

/// What comes of the edits of another place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settled {
    /// Of each pair that learns of some, those that it took the place of.
    pub learned: Vec<(PairId, Vec<PairId>)>,
    /// The pairs that others took the place of.
    pub gone: Vec<PairId>,
}

/// Settles edits among the pairs that are here.
///
/// A pair goes only where the one that took its place is here, so two places that edited the same pair back and forth
/// lose neither, and one that both edited in two ways stays in both.
pub fn settle(edits: &[(PairId, Vec<PairId>)], here: &HashSet<PairId>) -> Settled {
    let mut left = here.clone();
    let mut settled = Settled::default();
    for (new, old) in edits {
        if !left.contains(new) {
            continue;
        }
        let old: Vec<PairId> = old.iter().copied().filter(|id| id != new).collect();
        settled.gone.extend(old.iter().filter(|id| left.remove(id)));
        if !old.is_empty() {
            settled.learned.push((*new, old));
        }
    }
    settled
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str) -> PairId {
        PairId::of(&[], name, "")
    }

    /// The names of what goes, of these edits ("new < old older") where these are here.
    fn check(edits: &[&str], here: &[&str], gone: &[&str]) {
        let ids = |names: &str| names.split(' ').map(id).collect::<Vec<_>>();
        let edits: Vec<_> = edits
            .iter()
            .map(|edit| edit.split_once(" < ").unwrap())
            .map(|(new, old)| (id(new), ids(old)))
            .collect();
        let settled = settle(&edits, &here.iter().map(|name| id(name)).collect());
        assert_eq!(settled.gone, gone.iter().map(|name| id(name)).collect::<Vec<_>>());
    }

    #[test]
    fn what_was_replaced_goes() {
        check(&["new < old older"], &["new", "old", "older", "other"], &["old", "older"]);
        check(&["new < old"], &["new"], &[]);
    }

    #[test]
    fn nothing_goes_for_what_is_not_here() {
        check(&["new < old"], &["old"], &[]);
        check(&["new < old", "newest < new"], &["old", "newest"], &[]);
    }

    #[test]
    fn of_a_circle_one_stays() {
        check(&["a < b", "b < a"], &["a", "b"], &["b"]);
        check(&["a < a"], &["a"], &[]);
    }

    #[test]
    fn what_is_known_is_learned_even_where_nothing_goes() {
        let settled = settle(&[(id("new"), vec![id("old")])], &HashSet::from([id("new")]));
        assert_eq!(settled.learned, [(id("new"), vec![id("old")])]);
    }
}
