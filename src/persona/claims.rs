//! Claims about a person: what each says, where it comes from, how it fared, and what the person decided about it.
//!
//! A claim is used only where it helped on pairs that it was not made from, or where the person pinned it. A claim
//! that the person refused stays in the list as refused, so that a later induction that finds it again lets it be.

use serde::{Deserialize, Serialize};

use super::wording::Meaning;
use crate::preference::PairId;
use crate::reward::sigmoid;
use crate::traits::{Reveals, TABLE, Trait};

/// A prompt shows no more of a claim than this: the person's own wording may be of any length.
const MOST_CHARACTERS: usize = 240;

/// Traits of which more of one sounds like less of the other. A long text has more of both, but "more hedged and more certain
/// in tone" is nothing to tell anybody, a model least of all.
const OPPOSED: [[&str; 2]; 1] = [["hedges", "certainty"]];

/// Where a claim comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The joint posterior over measured traits.
    Traits,
    /// A model's reasoning that predicted right.
    Reasoning,
    /// The person's own words.
    Own,
}

/// Whether a claim is used, and who decided that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "is", content = "why")]
pub enum State {
    /// It helped.
    Kept,
    /// It did not, for this reason.
    Dropped(String),
    /// The person wants it used, whatever the pairs say.
    Pinned,
    /// The person wants it never used.
    Refused,
}

/// A trait and a direction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The trait's id.
    pub id: String,
    /// Whether more of it is liked.
    pub more: bool,
}

/// One claim about the person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// Names what it says, so that the same finding of a later induction has the same name.
    pub id: String,
    /// What it says, to the person: "You prefer answers that are shorter."
    pub text: String,
    /// The person's own wording of it, used in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited: Option<String>,
    /// Where it comes from.
    pub from: Source,
    /// Whether another source found it as well.
    #[serde(default)]
    pub found_twice: bool,
    /// Whether whoever wrote it had seen sketches only, so that it can hold no word of the history.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub of_sketches: bool,
    /// The trait that it is about, where it is about one; it is then judged by that trait, without a model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<About>,
    /// The pairs whose judgements it was written from. A claim from traits rests on all pairs and names none; it is
    /// tested with weights that were learned without the pair at hand.
    #[serde(default)]
    pub made_from: Vec<PairId>,
    /// Pairs that speak for it.
    pub supports: Vec<PairId>,
    /// Pairs that speak against it.
    pub contradicts: Vec<PairId>,
    /// The chance that its direction is right, for a claim from traits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certainty: Option<f64>,
    /// Whether it goes along with another claim so closely that the pairs can't tell which of them matters.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub along: bool,
    /// Whether it is no taste of the person's own: most people like it as well.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shared: bool,
    /// How people in general weigh its trait: log-odds a usual difference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usual_weight: Option<f64>,
    /// What it adds to the log-likelihood of a choice that it was not made from: nats a pair, on average.
    pub gain: f64,
    /// Pairs on which that was measured.
    pub tested: usize,
    /// Whether it is used.
    pub state: State,
    /// When the person last said something of it, in milliseconds since 1970, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_ms: Option<f64>,
}

impl Claim {
    /// A claim in words, not tested yet.
    pub(super) fn said(text: String, from: Source, made_from: Vec<PairId>) -> Self {
        let meaning = Meaning::of(&text);
        let about = meaning.of_trait().map(|(index, more)| About { id: TABLE[index].id.to_owned(), more });
        let id = about.as_ref().map_or_else(|| meaning.name(), trait_name);
        Claim {
            id,
            text,
            edited: None,
            from,
            found_twice: false,
            of_sketches: false,
            about,
            made_from,
            supports: Vec::new(),
            contradicts: Vec::new(),
            certainty: None,
            along: false,
            shared: false,
            usual_weight: None,
            gain: 0.0,
            tested: 0,
            state: State::Dropped("not tested".into()),
            decided_ms: None,
        }
    }

    /// The person's own claim; it is used from the start. No page makes one, but a likeness that is read from a file may
    /// hold some.
    pub fn own(text: impl Into<String>) -> Self {
        Claim { state: State::Pinned, ..Claim::said(text.into(), Source::Own, Vec::new()) }
    }

    /// Whether prompts and judgements use it.
    pub fn in_use(&self) -> bool {
        matches!(self.state, State::Kept | State::Pinned)
    }

    /// Leaves it as it was found: used where it helped.
    pub fn restore(&mut self) {
        self.edited = None;
        self.state = if self.gain > 0.0 {
            State::Kept
        } else {
            State::Dropped("it did not help on other pairs".into())
        };
    }

    /// Leaves nothing of whoever worded it: what it says is told in the table's words. False where it is about no trait.
    pub(super) fn say_its_trait_alone(&mut self) -> bool {
        let Some((about, row)) = self.about.as_ref().zip(self.row()) else { return false };
        (self.id, self.text) = (trait_name(about), row.claimed(about.more));
        self.edited = None;
        true
    }

    /// Whether the person decided its state.
    pub(super) fn is_decided(&self) -> bool {
        matches!(self.state, State::Pinned | State::Refused)
    }

    /// When the person last said something of it; nothing where they never did. Of no known time is before any other.
    fn said_at(&self) -> Option<f64> {
        self.decided_ms.or_else(|| (self.is_decided() || self.edited.is_some()).then_some(f64::MIN))
    }

    /// What it says, in the person's wording where they gave one.
    pub fn wording(&self) -> &str {
        self.edited.as_deref().unwrap_or(&self.text)
    }

    /// What it says to a model, about someone else: "They prefer answers that are shorter."
    pub fn of_them(&self) -> String {
        let wording: String = self.wording().chars().take(MOST_CHARACTERS).collect();
        match wording.strip_prefix("You ") {
            Some(rest) => format!("They {rest}"),
            None => wording,
        }
    }

    /// The same with how sure it is, in words: rounded, as sketches are.
    pub(super) fn of_them_as_sure_as_it_is(&self) -> String {
        // Nats of evidence on other pairs are the log-odds that it helps.
        let found = || sigmoid(self.gain * self.tested as f64);
        let sure = match self.certainty.unwrap_or_else(found) {
            0.97.. => "almost certain",
            0.9.. => "likely",
            _ => "not certain",
        };
        format!("{} ({sure}).", self.of_them().trim_end_matches('.'))
    }

    /// Whether a model that isn't on this device may be told it: words of the table about a trait that hints at no
    /// subject, or words of a model that saw sketches only. What the person wrote stays: they did not release it.
    pub fn may_leave(&self) -> bool {
        self.edited.is_none()
            && match self.from {
                Source::Traits => self.row().is_some_and(|row| row.reveals < Reveals::Subject),
                Source::Reasoning => self.of_sketches,
                Source::Own => false,
            }
    }

    /// The trait that it is about.
    pub fn row(&self) -> Option<&'static Trait> {
        self.about.as_ref().and_then(|about| Trait::find(&about.id)).map(|(_, row)| row)
    }

    /// Whether two claims say the same thing (`Some(true)`), the opposite (`Some(false)`) or neither.
    pub fn against(&self, other: &Claim) -> Option<bool> {
        if self.id == other.id {
            return Some(true);
        }
        match (&self.about, &other.about) {
            (Some(mine), Some(theirs)) if mine.id == theirs.id => Some(mine.more == theirs.more),
            (Some(mine), Some(theirs)) => {
                let opposed = OPPOSED.contains(&[&*mine.id, &*theirs.id])
                    || OPPOSED.contains(&[&*theirs.id, &*mine.id]);
                (opposed && mine.more == theirs.more).then_some(false)
            }
            (None, None) => Meaning::of(&self.text).against(&Meaning::of(&other.text)),
            _ => None,
        }
    }
}

/// The id of a claim about a trait.
pub(super) fn trait_name(about: &About) -> String {
    format!("{}:{}", about.id, if about.more { "more" } else { "less" })
}

/// Joins claims that say the same: the earlier one stays, and knows that it was found twice.
pub(super) fn merge(claims: &mut Vec<Claim>, found: Vec<Claim>) {
    for new in found {
        match claims.iter_mut().find(|old| old.against(&new) == Some(true)) {
            Some(old) => old.found_twice |= old.from != new.from,
            None => claims.push(new),
        }
    }
}

/// Among used claims that contradict each other only the one that helped more stays.
///
/// What the person pinned stands above what was found.
pub(super) fn settle_conflicts(claims: &mut [Claim]) {
    for i in 0..claims.len() {
        for j in 0..claims.len() {
            let (winner, loser) = (&claims[i], &claims[j]);
            let conflict =
                winner.in_use() && loser.state == State::Kept && winner.against(loser) == Some(false);
            if conflict && (winner.state == State::Pinned || (winner.gain, j) > (loser.gain, i)) {
                claims[j].state = State::Dropped(format!("it contradicts \"{}\"", winner.wording()));
            }
        }
    }
}

/// Applies what the person decided about the claims of an earlier likeness.
///
/// Refused claims stay refused, pinned ones are used, edited wordings are kept, and claims of the person's own come
/// along; each decided claim that was not found again joins the list as it was. Where earlier claims that were two now
/// say the same, the later decision counts; one that nothing was decided about has no say.
pub(super) fn apply_decisions(claims: &mut Vec<Claim>, earlier: &[Claim]) {
    let said: Vec<&Claim> = earlier.iter().filter(|claim| claim.said_at().is_some()).collect();
    let last = |claim: &Claim| {
        let same = said.iter().copied().filter(|decided| claim.against(decided) == Some(true));
        // Of the same time the first.
        same.reduce(|last, next| if next.said_at() > last.said_at() { next } else { last })
    };
    for claim in claims.iter_mut() {
        let Some(decided) = last(claim) else { continue };
        claim.edited.clone_from(&decided.edited);
        claim.decided_ms = decided.decided_ms;
        if decided.is_decided() {
            claim.state = decided.state.clone();
        }
    }
    for decided in said.iter().filter_map(|decided| last(decided)).filter(|decided| decided.is_decided()) {
        if !claims.iter().any(|claim| claim.against(decided) == Some(true)) {
            claims.push(decided.clone());
        }
    }
}

/// Applies what the person decided elsewhere where that is their later word; gives how many claims it changed.
///
/// A decision of no known time counts as the earliest, and stands before none. Claims that they decided about and that
/// are not here join the list.
pub(super) fn take_later_decisions(claims: &mut Vec<Claim>, elsewhere: &[Claim]) -> usize {
    let said = |claim: &Claim| claim.decided_ms.or_else(|| claim.is_decided().then_some(f64::MIN));
    let mut changed = 0;
    for theirs in elsewhere.iter().filter(|claim| said(claim).is_some()) {
        match claims.iter_mut().find(|claim| claim.against(theirs) == Some(true)) {
            Some(ours) if said(theirs) > said(ours) => {
                let before = (ours.state.clone(), ours.edited.clone());
                if theirs.is_decided() {
                    (ours.state, ours.edited) = (theirs.state.clone(), theirs.edited.clone());
                } else {
                    ours.restore();
                }
                ours.decided_ms = theirs.decided_ms;
                changed += usize::from(before != (ours.state.clone(), ours.edited.clone()));
            }
            None if theirs.is_decided() => {
                claims.push(theirs.clone());
                changed += 1;
            }
            _ => {}
        }
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(text: &str, gain: f64, state: State) -> Claim {
        Claim { gain, state, ..Claim::said(text.into(), Source::Reasoning, Vec::new()) }
    }

    #[test]
    fn the_same_claim_in_other_words_is_one() {
        let mut claims = vec![Claim {
            from: Source::Traits,
            ..claim("You prefer answers that are shorter.", 0.1, State::Kept)
        }];
        merge(
            &mut claims,
            vec![
                claim("You prefer concise answers.", 0.0, State::Kept),
                claim("You like recipes.", 0.0, State::Kept),
            ],
        );
        assert_eq!(claims.len(), 2);
        assert!(claims[0].found_twice && !claims[1].found_twice);
    }

    #[test]
    fn what_a_claim_denies_beside_its_trait_does_not_turn_it_round() {
        let against = |a: &str, b: &str| claim(a, 0.0, State::Kept).against(&claim(b, 0.0, State::Kept));
        let concise = "You prefer concise answers without jargon.";
        assert_eq!(against(concise, "You prefer concise answers."), Some(true));
        assert_eq!(against(concise, "You prefer answers that are longer."), Some(false));
        assert_eq!(against("You prefer no emoji and no headings.", "You like headings."), Some(false));
    }

    #[test]
    fn of_two_opposite_claims_the_better_one_stays() {
        let mut claims = vec![
            claim("You prefer short answers.", 0.1, State::Kept),
            claim("You prefer long answers.", 0.2, State::Kept),
        ];
        settle_conflicts(&mut claims);
        assert!(!claims[0].in_use() && claims[1].in_use());
        claims[0].state = State::Pinned;
        settle_conflicts(&mut claims);
        assert!(claims[0].in_use() && !claims[1].in_use());
    }

    #[test]
    fn more_hedged_and_more_certain_are_not_both_told() {
        let about = |id: &str, more, gain| Claim {
            about: Some(About { id: id.into(), more }),
            ..claim(id, gain, State::Kept)
        };
        let mut claims = vec![about("hedges", true, 0.1), about("certainty", true, 0.2)];
        settle_conflicts(&mut claims);
        assert!(!claims[0].in_use() && claims[1].in_use());
        let mut claims = vec![about("hedges", true, 0.1), about("certainty", false, 0.2)];
        settle_conflicts(&mut claims);
        assert!(claims.iter().all(Claim::in_use));
    }

    #[test]
    fn equal_opposites_leave_one() {
        let mut claims = vec![
            claim("You prefer short answers.", 0.1, State::Kept),
            claim("You prefer long answers.", 0.1, State::Kept),
        ];
        settle_conflicts(&mut claims);
        assert_eq!(claims.iter().filter(|claim| claim.in_use()).count(), 1);
    }

    #[test]
    fn a_refused_claim_does_not_come_back() {
        let refused = claim("You prefer answers that are shorter.", 0.1, State::Refused);
        let mut found = vec![claim("You prefer brief answers.", 0.3, State::Kept)];
        apply_decisions(&mut found, std::slice::from_ref(&refused));
        assert_eq!((found.len(), found[0].in_use()), (1, false));
        let mut nothing = Vec::new();
        apply_decisions(&mut nothing, &[refused]);
        assert_eq!(nothing[0].state, State::Refused);
    }

    #[test]
    fn a_claim_that_nothing_was_decided_about_wipes_no_decision() {
        let edited = Claim {
            edited: Some("You like it short.".into()),
            decided_ms: Some(5.0),
            ..claim("You prefer short answers.", 0.1, State::Pinned)
        };
        let undecided = claim("You prefer brief answers.", 0.1, State::Kept);
        for earlier in [[edited.clone(), undecided.clone()], [undecided, edited]] {
            let mut found = vec![claim("You prefer concise answers.", 0.3, State::Kept)];
            apply_decisions(&mut found, &earlier);
            assert_eq!(found.len(), 1);
            assert_eq!((found[0].wording(), found[0].decided_ms), ("You like it short.", Some(5.0)));
            assert_eq!(found[0].state, State::Pinned);
        }
    }

    #[test]
    fn of_two_decisions_about_what_is_one_claim_now_the_later_counts() {
        let decided = |text: &str, state, ms| Claim { decided_ms: Some(ms), ..claim(text, 0.1, state) };
        let pinned = decided("You prefer short answers.", State::Pinned, 1.0);
        let refused = decided("You prefer brief answers.", State::Refused, 2.0);
        let restored = decided("You prefer terse answers.", State::Kept, 3.0);
        let state = |mut found: Vec<Claim>, earlier: &[Claim]| {
            apply_decisions(&mut found, earlier);
            assert!(found.len() <= 1);
            found.pop().map(|claim| claim.state)
        };
        for earlier in [[pinned.clone(), refused.clone()], [refused.clone(), pinned.clone()]] {
            let again = vec![claim("You prefer concise answers.", 0.3, State::Kept)];
            assert_eq!(state(again, &earlier), Some(State::Refused));
            assert_eq!(state(Vec::new(), &earlier), Some(State::Refused));
        }
        // What was restored last is as it is found, or isn't.
        let again = vec![claim("You prefer concise answers.", 0.3, State::Kept)];
        assert_eq!(state(again, &[pinned.clone(), restored.clone()]), Some(State::Kept));
        assert_eq!(state(Vec::new(), &[pinned, restored]), None);
    }

    #[test]
    fn the_later_word_on_a_claim_counts() {
        let short = |state: State, decided_ms| Claim {
            decided_ms,
            ..claim("You prefer answers that are shorter.", 0.1, state)
        };
        let merged = |ours: Claim, theirs: Claim| {
            let mut claims = vec![ours];
            let changed = take_later_decisions(&mut claims, &[theirs]);
            (claims.remove(0).state, changed)
        };
        let (kept, pinned, refused) = (State::Kept, State::Pinned, State::Refused);
        let at = |ms: u32| Some(f64::from(ms));
        assert_eq!(merged(short(pinned.clone(), at(1)), short(refused.clone(), at(2))), (refused.clone(), 1));
        assert_eq!(merged(short(refused.clone(), at(2)), short(pinned.clone(), at(1))), (refused.clone(), 0));
        assert_eq!(merged(short(kept.clone(), None), short(refused.clone(), None)), (refused.clone(), 1));
        assert_eq!(merged(short(pinned.clone(), None), short(refused.clone(), None)), (pinned.clone(), 0));
        assert_eq!(merged(short(pinned.clone(), None), short(kept.clone(), at(1))), (kept.clone(), 1));
        assert_eq!(merged(short(refused.clone(), at(1)), short(kept.clone(), None)), (refused, 0));
        let mut none = Vec::new();
        assert_eq!(take_later_decisions(&mut none, &[short(pinned, None), short(kept, None)]), 1);
        assert_eq!(none.len(), 1);
    }

    #[test]
    fn only_what_holds_nothing_of_the_history_leaves() {
        let by_trait = |id: &str| Claim {
            about: Some(About { id: id.into(), more: true }),
            from: Source::Traits,
            ..claim("You prefer answers that are longer.", 0.1, State::Kept)
        };
        assert!(by_trait("length").may_leave() && !by_trait("code").may_leave());
        let edited = Claim { edited: Some("You like Zanzibar.".into()), ..by_trait("length") };
        assert!(!edited.may_leave() && !Claim::own("No spoilers.").may_leave());
        let written = claim("You prefer warm answers.", 0.1, State::Kept);
        assert!(!written.may_leave() && Claim { of_sketches: true, ..written }.may_leave());
    }

    #[test]
    fn certainty_is_told_in_words() {
        let told = |claim: Claim| claim.of_them_as_sure_as_it_is();
        let certain = |certainty| Claim {
            certainty: Some(certainty),
            ..claim("You prefer answers that are shorter.", 0.1, State::Kept)
        };
        assert_eq!(told(certain(0.99)), "They prefer answers that are shorter (almost certain).");
        assert_eq!(told(certain(0.92)), "They prefer answers that are shorter (likely).");
        let written = Claim { tested: 12, ..claim("You like warm words.", 0.1, State::Kept) };
        assert_eq!(told(written), "They like warm words (not certain).");
    }

    #[test]
    fn the_persons_wording_is_used() {
        let edited = Claim {
            edited: Some("You like it short.".into()),
            ..claim("You prefer short answers.", 0.1, State::Kept)
        };
        let mut found = vec![claim("You prefer short answers.", 0.3, State::Kept)];
        apply_decisions(&mut found, &[edited]);
        assert_eq!(found[0].of_them(), "They like it short.");
        assert!(Claim::own("No emoji, please.").in_use());
    }
}
