//! The claims in the order of the page, and each claim's figures in words.

use crate::service::{ClaimState, ClaimView};
use crate::view::words;

/// The claims, apart: those that stand and those that were refused.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClaimList {
    /// Pinned ones and those in the person's words first, then the surest.
    pub standing: Vec<ClaimView>,
    /// Kept only so that they do not come back.
    pub refused: Vec<ClaimView>,
}

impl ClaimList {
    /// Puts claims in the order of the page.
    pub fn of(claims: &[ClaimView]) -> Self {
        let (refused, mut standing): (Vec<_>, Vec<_>) =
            claims.iter().cloned().partition(|claim| claim.state == ClaimState::Refused);
        standing.sort_by(|a, b| {
            let pinned = |c: &ClaimView| is_pinned(c.state);
            pinned(b).cmp(&pinned(a)).then(b.certainty.total_cmp(&a.certainty))
        });
        ClaimList { standing, refused }
    }

    /// The claim of that name.
    pub fn find(&self, id: &str) -> Option<&ClaimView> {
        self.standing.iter().chain(&self.refused).find(|claim| claim.id == id)
    }
}

/// Whether a claim is used whatever comes: the person's own words are, as if they had been pinned.
pub fn is_pinned(state: ClaimState) -> bool {
    matches!(state, ClaimState::Pinned | ClaimState::Edited)
}

/// What the person did with a claim, as marks beside it.
pub fn marks(state: ClaimState) -> &'static [&'static str] {
    match state {
        ClaimState::Found => &[],
        ClaimState::Edited => &["pinned", "in your words"],
        ClaimState::Pinned => &["pinned"],
        ClaimState::Refused => &["refused"],
    }
}

/// "17 of 20 choices": how many that say anything about the claim speak for it.
pub fn counts(claim: &ClaimView) -> String {
    let (pro, contra) = (claim.supports.len() as u32, claim.contradicts.len() as u32);
    match pro + contra {
        0 => "no choice behind it".into(),
        all => format!("{} of {}", words::grouped(f64::from(pro)), words::count(all, "choice", "choices")),
    }
}

/// Where a claim comes from.
pub fn source(claim: &ClaimView) -> &'static str {
    match claim.from.as_str() {
        _ if claim.state == ClaimState::Edited => "for what was found before you put it so",
        "traits" if claim.along => "measured along with others",
        "traits" if claim.shared => "measured in the answers; most people like it too",
        "traits" => "measured in the answers",
        "reasoning" => "from a model's reasoning that predicted right",
        "person" => "in your own words",
        _ => "from another source",
    }
}

/// What a claim's gain means; nothing for one that was not measured.
pub fn gain(claim: &ClaimView) -> Option<&'static str> {
    let gain = claim.gain?;
    Some(match gain {
        g if !g.is_finite() => return None,
        g if g >= 0.02 => "helps to predict choices that it was not made from",
        g if g > -0.005 => "hardly changes how well choices are predicted that it was not made from",
        _ => "does not help to predict choices that it was not made from",
    })
}

/// The figure behind these words, for who wants to know.
pub fn gain_figure(claim: &ClaimView) -> Option<String> {
    let gain = claim.gain.filter(|gain| gain.is_finite())?;
    Some(format!("{gain:+.3} nats of log-likelihood a choice"))
}

/// A claim as it was found, for tests.
#[cfg(test)]
pub fn found(id: &str) -> ClaimView {
    ClaimView {
        id: id.into(),
        text: "You prefer answers that are shorter.".into(),
        from: "traits".into(),
        certainty: 0.9,
        along: false,
        shared: false,
        gain: None,
        supports: Vec::new(),
        contradicts: Vec::new(),
        state: ClaimState::Found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preference::PairId;

    fn claim(id: &str, certainty: f32, state: ClaimState) -> ClaimView {
        ClaimView { certainty, state, ..found(id) }
    }

    #[test]
    fn pinned_ones_lead_and_refused_ones_stand_apart() {
        let list = ClaimList::of(&[
            claim("hint", 0.7, ClaimState::Found),
            claim("never", 0.99, ClaimState::Refused),
            claim("sure", 0.98, ClaimState::Edited),
            claim("pinned", 0.6, ClaimState::Pinned),
            claim("broken", f32::NAN, ClaimState::Pinned),
        ]);
        let ids = |claims: &[ClaimView]| claims.iter().map(|c| c.id.clone()).collect::<Vec<_>>();
        assert_eq!(ids(&list.standing), ["broken", "sure", "pinned", "hint"]);
        assert_eq!(ids(&list.refused), ["never"]);
        let found = |id| list.find(id).map(|claim| claim.certainty);
        assert_eq!((found("never"), found("hint"), found("gone")), (Some(0.99), Some(0.7), None));
    }

    #[test]
    fn what_is_put_in_other_words_stays_pinned() {
        assert!(is_pinned(ClaimState::Edited) && marks(ClaimState::Edited).contains(&"pinned"));
        assert!(!is_pinned(ClaimState::Found) && marks(ClaimState::Found).is_empty());
    }

    #[test]
    fn counts_say_for_and_against() {
        let pair = |n: usize| vec![PairId::of(&[], "", ""); n];
        let with = |pro, contra| ClaimView {
            supports: pair(pro),
            contradicts: pair(contra),
            ..claim("", 0.9, ClaimState::Found)
        };
        assert_eq!(counts(&with(17, 3)), "17 of 20 choices");
        assert_eq!(counts(&with(1, 0)), "1 of 1 choice");
        assert_eq!(counts(&with(0, 0)), "no choice behind it");
    }

    #[test]
    fn a_gain_says_whether_it_helps() {
        let with = |gain| super::gain(&ClaimView { gain, ..claim("", 0.9, ClaimState::Found) });
        assert!(with(Some(0.05)).unwrap().starts_with("helps"));
        assert!(with(Some(-0.1)).unwrap().starts_with("does not help"));
        assert_eq!(with(Some(f32::NAN)), None);
        assert_eq!(with(None), None);
    }
}
