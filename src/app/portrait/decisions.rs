//! What the person decided about claims and the data worker has not answered yet: the page shows it at once.
//!
//! The worker reads the whole history for each decision, which takes seconds on a slow machine, and the person goes on
//! meanwhile. Until the answer comes, their word stands over what the worker last told.

use crate::service::{ClaimChange, ClaimState, ClaimView};

/// One decision under way.
#[derive(Clone, Debug, PartialEq)]
struct Decision {
    turn: u32,
    claim: String,
    change: ClaimChange,
}

/// The decisions under way, in the order in which they were made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decisions {
    open: Vec<Decision>,
    /// The turn of the last one.
    last: u32,
    /// The turn of the latest one that was answered.
    answered: u32,
}

impl Decisions {
    /// The person decides; the decision's turn.
    pub fn decide(&mut self, claim: String, change: ClaimChange) -> u32 {
        self.last += 1;
        self.open.push(Decision { turn: self.last, claim, change });
        self.last
    }

    /// A decision was answered. Whether the answer is to be shown: not when that to a later one came first.
    pub fn answer(&mut self, turn: u32) -> bool {
        self.open.retain(|decision| decision.turn != turn);
        let is_latest = turn > self.answered;
        self.answered = self.answered.max(turn);
        is_latest
    }

    /// Someone else is looked at, whose claims may have the same names: no answer to come is about them.
    pub fn let_go(&mut self) {
        self.open.clear();
        self.answered = self.last;
    }

    /// Whether something is under way about this claim.
    pub fn is_open(&self, claim: &str) -> bool {
        self.open.iter().any(|decision| decision.claim == claim)
    }

    /// The claims as the person left them.
    pub fn over(&self, mut claims: Vec<ClaimView>) -> Vec<ClaimView> {
        for Decision { claim, change, .. } in &self.open {
            if let Some(shown) = claims.iter_mut().find(|shown| shown.id == *claim) {
                decided(shown, change);
            }
        }
        claims
    }
}

/// A claim as it will be.
fn decided(claim: &mut ClaimView, change: &ClaimChange) {
    match change {
        ClaimChange::Edit(text) => {
            claim.text = text.trim().to_owned();
            claim.state = ClaimState::Edited;
        }
        // The person's own words are pinned already, and stay theirs.
        ClaimChange::Pin if claim.state == ClaimState::Edited => {}
        ClaimChange::Pin => claim.state = ClaimState::Pinned,
        ClaimChange::Refuse => claim.state = ClaimState::Refused,
        // The words that it was found in come with the answer.
        ClaimChange::Restore => claim.state = ClaimState::Found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::portrait::claim_list::found;

    /// The state and the words of the first claim.
    fn shown(decisions: &Decisions, claims: Vec<ClaimView>) -> (ClaimState, String) {
        let claim = decisions.over(claims).remove(0);
        (claim.state, claim.text)
    }

    fn in_my_words() -> ClaimChange {
        ClaimChange::Edit(" I like it short. ".into())
    }

    #[test]
    fn a_decision_is_shown_until_it_is_answered() {
        let mut decisions = Decisions::default();
        let turn = decisions.decide("length:less".into(), ClaimChange::Refuse);
        let both = decisions.over(vec![found("length:less"), found("bullets:more")]);
        assert_eq!(
            both.iter().map(|c| c.state).collect::<Vec<_>>(),
            [ClaimState::Refused, ClaimState::Found]
        );
        assert!(decisions.is_open("length:less") && !decisions.is_open("bullets:more"));
        assert!(decisions.answer(turn) && !decisions.is_open("length:less"));
        assert_eq!(decisions.over(vec![found("length:less")]), [found("length:less")]);
    }

    #[test]
    fn a_rewording_outlives_the_answer_to_an_earlier_pin() {
        let expected = (ClaimState::Edited, "I like it short.".to_owned());
        for changes in [[ClaimChange::Pin, in_my_words()], [in_my_words(), ClaimChange::Pin]] {
            let mut decisions = Decisions::default();
            for change in changes {
                decisions.decide("a".into(), change);
            }
            assert_eq!(shown(&decisions, vec![found("a")]), expected);
        }
        let mut decisions = Decisions::default();
        let pin = decisions.decide("a".into(), ClaimChange::Pin);
        decisions.decide("a".into(), in_my_words());
        decisions.answer(pin);
        assert_eq!(shown(&decisions, vec![ClaimView { state: ClaimState::Pinned, ..found("a") }]), expected);
    }

    #[test]
    fn an_answer_that_was_overtaken_is_not_shown() {
        let mut decisions = Decisions::default();
        let [pin, edit] =
            [ClaimChange::Pin, in_my_words()].map(|change| decisions.decide("a".into(), change));
        assert!(decisions.answer(edit));
        assert!(!decisions.answer(pin));
    }

    #[test]
    fn nothing_is_shown_of_what_was_decided_about_someone_else() {
        let mut decisions = Decisions::default();
        let turn = decisions.decide("a".into(), ClaimChange::Refuse);
        decisions.let_go();
        assert_eq!(decisions.over(vec![found("a")]), [found("a")]);
        assert!(!decisions.answer(turn));
        let next = decisions.decide("a".into(), ClaimChange::Pin);
        assert!(decisions.answer(next));
    }
}
