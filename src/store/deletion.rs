//! Deletions that can still be undone: what they hide, and until when.
//!
//! A deletion is written at once and hides its rows from everything; the rows themselves go when its time is
//! over, together with what was made from them: any open tab sees to it, and the next one that is opened, should
//! there be none. So an undo only removes the deletion, a tab that dies in between leaves no half of anything, and
//! nothing that was deleted lives on.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::preference::PairId;

/// How long a deletion can be undone.
pub const UNDO_MS: f64 = 10_000.0;

/// A deletion. Stored as JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Deletion {
    /// The number to undo it by.
    pub undo: u64,
    /// Whose.
    pub profile: String,
    /// Which pairs; all of the person, with the person, when none are named.
    pub ids: Option<Vec<PairId>>,
    /// Until when it can be undone, in milliseconds since 1970.
    pub until_ms: f64,
}

/// The deletions that can still be undone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pending {
    deletions: Vec<Deletion>,
}

impl Pending {
    /// These.
    pub fn new(deletions: Vec<Deletion>) -> Self {
        Pending { deletions }
    }

    /// Adds one.
    pub fn add(&mut self, deletion: Deletion) {
        self.deletions.push(deletion);
    }

    /// Takes one out: to undo it, or because it was carried out.
    pub fn take(&mut self, undo: u64) -> Option<Deletion> {
        let at = self.deletions.iter().position(|deletion| deletion.undo == undo)?;
        Some(self.deletions.remove(at))
    }

    /// The numbers of those whose time is over.
    pub fn due(&self, now_ms: f64) -> Vec<u64> {
        let due = |d: &&Deletion| d.until_ms <= now_ms;
        self.deletions.iter().filter(due).map(|deletion| deletion.undo).collect()
    }

    /// The numbers of those that hide one of these pairs of the person's.
    pub fn holding(&self, profile: &str, ids: &HashSet<PairId>) -> Vec<u64> {
        let of_person = self.deletions.iter().filter(|deletion| deletion.profile == profile);
        let holding = of_person.filter(|deletion| deletion.ids.iter().flatten().any(|id| ids.contains(id)));
        holding.map(|deletion| deletion.undo).collect()
    }

    /// Of each, whose it is and until when it can be undone.
    pub fn open_until(&self) -> Vec<(String, f64)> {
        self.deletions.iter().map(|deletion| (deletion.profile.clone(), deletion.until_ms)).collect()
    }

    /// Whether this person is deleted.
    pub fn hides_profile(&self, profile: &str) -> bool {
        self.deletions.iter().any(|deletion| deletion.profile == profile && deletion.ids.is_none())
    }

    /// The pairs of this person that are deleted.
    pub fn hidden(&self, profile: &str) -> HashSet<PairId> {
        let of_person = self.deletions.iter().filter(|deletion| deletion.profile == profile);
        of_person.flat_map(|deletion| deletion.ids.iter().flatten().copied()).collect()
    }

    /// A number that no deletion has.
    pub fn number(&self, now_ms: f64) -> u64 {
        let last = self.deletions.iter().map(|deletion| deletion.undo).max().unwrap_or(0);
        (now_ms.max(0.0) as u64).max(last + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u8) -> PairId {
        PairId::of(&[], &n.to_string(), "")
    }

    fn deletion(undo: u64, profile: &str, ids: Option<Vec<PairId>>) -> Deletion {
        Deletion { undo, profile: profile.into(), ids, until_ms: undo as f64 + UNDO_MS }
    }

    #[test]
    fn a_deletion_hides_until_it_is_undone() {
        let mut pending = Pending::default();
        pending.add(deletion(1, "p", Some(vec![id(1), id(2)])));
        pending.add(deletion(2, "p", Some(vec![id(3)])));
        assert_eq!(pending.hidden("p").len(), 3);
        assert!(pending.hidden("q").is_empty());
        assert!(pending.take(1).is_some());
        assert_eq!(pending.take(1), None);
        assert_eq!(pending.hidden("p"), HashSet::from([id(3)]));
    }

    #[test]
    fn a_person_is_hidden_whole() {
        let mut pending = Pending::default();
        pending.add(deletion(1, "p", None));
        assert!(pending.hides_profile("p") && !pending.hides_profile("q"));
    }

    #[test]
    fn what_is_due_is_what_time_is_over_for() {
        let mut pending = Pending::default();
        pending.add(deletion(1, "p", Some(vec![])));
        pending.add(deletion(5_000, "q", Some(vec![])));
        assert_eq!(pending.due(UNDO_MS), Vec::<u64>::new());
        assert_eq!(pending.due(UNDO_MS + 1.0), [1]);
        assert_eq!(pending.open_until(), [("p".into(), UNDO_MS + 1.0), ("q".into(), UNDO_MS + 5_000.0)]);
    }

    #[test]
    fn only_the_deletions_that_hold_a_pair_are_in_its_way() {
        let mut pending = Pending::default();
        pending.add(deletion(1, "p", Some(vec![id(1), id(2)])));
        pending.add(deletion(2, "p", Some(vec![id(3)])));
        pending.add(deletion(3, "q", Some(vec![id(1)])));
        pending.add(deletion(4, "p", None));
        assert_eq!(pending.holding("p", &HashSet::from([id(2), id(9)])), [1]);
        assert_eq!(pending.holding("p", &HashSet::from([id(9)])), Vec::<u64>::new());
    }

    #[test]
    fn numbers_never_repeat() {
        let mut pending = Pending::default();
        let first = pending.number(7.0);
        pending.add(deletion(first, "p", None));
        assert!(pending.number(7.0) > first && pending.number(-1.0) > first);
    }
}
