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
    /// Which choices without a winner; no pair leads to them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ties: Vec<String>,
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

    /// The one of this number.
    pub fn get(&self, undo: u64) -> Option<&Deletion> {
        self.deletions.iter().find(|deletion| deletion.undo == undo)
    }

    /// Takes one out: because it was undone, or carried out.
    pub fn take(&mut self, undo: u64) -> Option<Deletion> {
        let at = self.deletions.iter().position(|deletion| deletion.undo == undo)?;
        Some(self.deletions.remove(at))
    }

    /// The numbers of all.
    pub fn numbers(&self) -> impl Iterator<Item = u64> {
        self.deletions.iter().map(|deletion| deletion.undo)
    }

    /// The numbers of those whose time is over.
    pub fn due(&self, now_ms: f64) -> Vec<u64> {
        let due = |d: &&Deletion| d.until_ms <= now_ms;
        self.deletions.iter().filter(due).map(|deletion| deletion.undo).collect()
    }

    /// The numbers of those that hide one of these pairs of the person's, or of these choices without a winner.
    pub fn holding(&self, profile: &str, ids: &HashSet<PairId>, ties: &HashSet<String>) -> Vec<u64> {
        let holds = |deletion: &&Deletion| {
            deletion.ids.iter().flatten().any(|id| ids.contains(id))
                || deletion.ties.iter().any(|id| ties.contains(id))
        };
        self.of(profile).filter(holds).map(|deletion| deletion.undo).collect()
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
        self.of(profile).flat_map(|deletion| deletion.ids.iter().flatten().copied()).collect()
    }

    /// The choices without a winner of this person that are deleted.
    pub fn hidden_ties(&self, profile: &str) -> HashSet<String> {
        self.of(profile).flat_map(|deletion| deletion.ties.iter().cloned()).collect()
    }

    fn of<'a>(&'a self, profile: &'a str) -> impl Iterator<Item = &'a Deletion> {
        self.deletions.iter().filter(move |deletion| deletion.profile == profile)
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
        let until_ms = undo as f64 + UNDO_MS;
        Deletion { undo, profile: profile.into(), ids, ties: Vec::new(), until_ms }
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
        let holding = |ids: &[PairId], ties: &[&str]| {
            let ties = ties.iter().map(|tie| tie.to_string()).collect();
            pending.holding("p", &ids.iter().copied().collect(), &ties)
        };
        assert_eq!(holding(&[id(2), id(9)], &["tie"]), [1]);
        assert_eq!(holding(&[id(9)], &["tie"]), Vec::<u64>::new());
    }

    #[test]
    fn a_choice_without_a_winner_is_hidden_by_its_own_name() {
        let mut pending = Pending::default();
        let ties = vec!["tie".to_owned()];
        pending.add(Deletion { ties: ties.clone(), ..deletion(1, "p", Some(vec![])) });
        assert_eq!(pending.hidden_ties("p"), HashSet::from(["tie".to_owned()]));
        assert!(pending.hidden_ties("q").is_empty() && pending.hidden("p").is_empty());
        assert_eq!(pending.holding("p", &HashSet::new(), &ties.into_iter().collect()), [1]);
    }

    #[test]
    fn a_deletion_of_an_earlier_version_is_read() {
        let kept = r#"{"undo":1,"profile":"p","ids":null,"until_ms":10001.0}"#;
        assert_eq!(serde_json::from_str::<Deletion>(kept).unwrap(), deletion(1, "p", None));
        assert_eq!(serde_json::to_string(&deletion(1, "p", None)).unwrap(), kept);
    }

    #[test]
    fn numbers_never_repeat() {
        let mut pending = Pending::default();
        let first = pending.number(7.0);
        pending.add(deletion(first, "p", None));
        assert!(pending.number(7.0) > first && pending.number(-1.0) > first);
    }
}
