//! Two portraits of one person, from two places: which stands, and what the person said of claims in either.

use super::content::KeptPortrait;

/// What came of a merge.
#[derive(Clone, Debug, PartialEq)]
pub struct Merged {
    /// The portrait that stands.
    pub portrait: KeptPortrait,
    /// Whether it is the other place's.
    pub theirs: bool,
    /// Claims here on which what the person said there is their later word.
    pub claims: usize,
}

impl KeptPortrait {
    /// Merges the portrait of another place into the one that is kept here. The newer one stands, but for one that only
    /// follows the traits beside one that was made; of what the person said of a claim in either place, the later word.
    pub fn merged(ours: Option<KeptPortrait>, theirs: KeptPortrait) -> Merged {
        let Some(mut ours) = ours else {
            let claims = theirs.likeness.decided().count();
            return Merged { portrait: theirs, theirs: true, claims };
        };
        let before = ours.likeness.clone();
        let claims = ours.likeness.take_later_decisions(&theirs.likeness);
        let newer = theirs.made_ms > ours.made_ms;
        if !(if theirs.follows == ours.follows { newer } else { ours.follows }) {
            return Merged { portrait: ours, theirs: false, claims };
        }
        let mut portrait = theirs;
        portrait.likeness.take_later_decisions(&before);
        Merged { portrait, theirs: true, claims }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::persona::{Claim, Likeness, State, from_traits};
    use crate::preference::{History, PreferencePair, Turn};

    /// A portrait of someone with so many choices, made then, who said these things of claims: the words, what, when.
    fn portrait(pairs: usize, made_ms: f64, said: &[(&str, State, f64)]) -> KeptPortrait {
        let pair = |i: usize| {
            let context = vec![Turn::user(format!("question {i}"))];
            PreferencePair::new(context, "short", "a much longer answer than that one")
        };
        let mut likeness: Likeness = from_traits(&History::new((0..pairs).map(pair)), 0, &[]);
        for (text, state, at) in said {
            let claim = Claim { state: state.clone(), decided_ms: Some(*at), ..Claim::own(*text) };
            likeness.claims.push(claim);
        }
        likeness.render();
        KeptPortrait { likeness, differences: Vec::new(), made_ms, lost: 0, follows: false }
    }

    fn state(merged: &Merged, text: &str) -> Option<State> {
        merged
            .portrait
            .likeness
            .claims
            .iter()
            .find(|claim| claim.text == text)
            .map(|claim| claim.state.clone())
    }

    #[test]
    fn the_newer_portrait_stands_with_the_later_word_on_each_claim() {
        let (pinned, refused) = (State::Pinned, State::Refused);
        let ours = portrait(
            4,
            1.0,
            &[("You like tea.", pinned.clone(), 5.0), ("You like cats.", pinned.clone(), 1.0)],
        );
        let theirs = portrait(
            6,
            2.0,
            &[("You like tea.", refused.clone(), 4.0), ("You like cats.", refused.clone(), 2.0)],
        );
        let there = KeptPortrait::merged(Some(ours.clone()), theirs.clone());
        let back = KeptPortrait::merged(Some(theirs), ours);
        for merged in [&there, &back] {
            assert_eq!(merged.portrait.likeness.made_from.len(), 6);
            assert_eq!(state(merged, "You like tea."), Some(pinned.clone()));
            assert_eq!(state(merged, "You like cats."), Some(refused.clone()));
        }
        assert_eq!((there.theirs, there.claims, back.theirs, back.claims), (true, 1, false, 1));
        assert!(there.portrait.likeness.chat_prompt.contains("like tea"));
        assert!(!there.portrait.likeness.chat_prompt.contains("like cats"));
    }

    #[test]
    fn a_portrait_that_was_made_stands_before_one_that_follows_the_traits() {
        let said = [("You like tea.", State::Pinned, 9.0)];
        let made = portrait(4, 1.0, &[]);
        let follows = KeptPortrait { follows: true, ..portrait(6, 2.0, &said) };
        let here = KeptPortrait::merged(Some(made.clone()), follows.clone());
        let there = KeptPortrait::merged(Some(follows.clone()), made);
        assert_eq!((here.theirs, there.theirs), (false, true));
        for merged in [&here, &there] {
            assert!(!merged.portrait.follows);
            assert_eq!(merged.portrait.likeness.made_from.len(), 4);
            assert_eq!(state(merged, "You like tea."), Some(State::Pinned));
        }
        let newer = KeptPortrait { made_ms: 3.0, ..follows.clone() };
        assert!(KeptPortrait::merged(Some(follows), newer).theirs);
    }

    #[test]
    fn merging_the_same_again_changes_nothing() {
        let one = portrait(4, 1.0, &[("You like tea.", State::Pinned, 5.0)]);
        let merged = KeptPortrait::merged(Some(one.clone()), one.clone());
        assert_eq!(merged, Merged { portrait: one.clone(), theirs: false, claims: 0 });
        assert_eq!(
            KeptPortrait::merged(None, one.clone()),
            Merged { portrait: one, theirs: true, claims: 1 }
        );
    }
}
