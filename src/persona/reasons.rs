//! Why the traits speak for one of two answers, in words.

use serde::Serialize;

use super::claims::{Claim, Source, State};
use super::likeness::Likeness;
use super::wording::Meaning;
use crate::reward::{Contribution, Reward};
use crate::traits::{Difference, TABLE};

/// A part that moves the log-odds by less than this isn't told as a reason.
pub(super) const TELLING: f64 = 0.05;

/// Which way the person leans in a trait must be at least this certain, where neither a claim nor the bare count of their
/// choices says it: "speaks against it" is no news of a trait of which hardly more is known than of a coin.
const LIKELY: f64 = 0.75;

/// The answer that reasons from traits speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    /// The first of two.
    First,
    /// The second of two.
    Second,
    /// One among many: it stands first in its comparisons, and none of the others is the second.
    Many,
}

impl Of {
    /// The one that the person more likely prefers: "the second has far fewer headings, and you prefer that" is read once,
    /// "the first has far more headings, but you prefer fewer" has to be turned round.
    pub fn preferred(log_odds: f64) -> Self {
        if log_odds < 0.0 { Of::Second } else { Of::First }
    }

    fn name(self) -> &'static str {
        match self {
            Of::First => "The first answer",
            Of::Second => "The second answer",
            Of::Many => "This answer",
        }
    }
}

/// One thing that moved a judgement.
///
/// A claim's wording may be the person's own and say anything; whoever shows a reason to somebody else asks for the
/// fixed words.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reason {
    /// In words, a claim's among them where one is about it.
    pub words: String,
    /// That claim's wording.
    pub claim: Option<String>,
    /// In fixed words alone: the table's for a trait. None where there is nothing to say but the claim.
    pub fixed: Option<String>,
}

impl Reason {
    pub(super) fn fixed(words: String) -> Self {
        Reason { fixed: Some(words.clone()), words, claim: None }
    }

    /// The words, or the fixed ones where `may` says that the claim's wording may not be told.
    pub fn told(&self, may: impl Fn(&str) -> bool) -> Option<&str> {
        match &self.claim {
            Some(wording) if !may(wording) => self.fixed.as_deref(),
            _ => Some(&self.words),
        }
    }
}

/// What the traits say of one of two answers, as the part of the log-odds for the first and in words, the strongest first.
///
/// What the person refused is none of it, though it goes on to count: a weight is what was measured, and only what is said
/// of them is theirs to refuse.
pub(super) fn reasons(
    likeness: Option<&Likeness>,
    reward: &Reward,
    difference: &Difference,
    of: Of,
) -> Vec<(f64, Reason)> {
    let about = |id: &str| {
        let mut claims = likeness.into_iter().flat_map(Likeness::claims_in_use);
        claims.find(|claim| claim.row().is_some_and(|row| row.id == id))
    };
    let is_refused = |part: &Contribution| {
        let mut refused = likeness.into_iter().flat_map(|likeness| &likeness.claims);
        refused.any(|claim| {
            claim.state == State::Refused && claim.row().is_some_and(|row| row.whole() == part.row.whole())
        })
    };
    let may_be_told = |part: &Contribution| {
        about(part.row.id).is_some_and(|claim| goes_with(claim, part))
            || !is_refused(part) && is_clear(part, reward.certainty(part.row.id).unwrap_or(0.5))
    };
    let parts = reward.reasons(difference, |row| about(row.id).is_some());
    parts
        .into_iter()
        .filter(|part| part.log_odds.abs() >= TELLING && may_be_told(part))
        .filter_map(|part| Some((part.log_odds, reason(likeness.is_some(), about(part.row.id), &part, of)?)))
        .collect()
}

/// Whether a claim says of its trait what the trait's part does.
///
/// A claim stands for all that goes along with its trait; the trait by itself may go the other way.
fn goes_with(claim: &Claim, part: &Contribution) -> bool {
    let wanted = (part.log_odds > 0.0) == (part.difference > 0.0);
    claim.about.as_ref().is_some_and(|about| about.more == wanted)
}

/// Whether the direction of a trait's part is known; `positive` is the chance that more of the trait is liked.
///
/// Where the person's choices show the contrary, the weight has it from other traits or from most people: whoever took the
/// easier one of two answers 21 times in 23 can make nothing of "easier to read, which most people like less".
fn is_clear(part: &Contribution, positive: f64) -> bool {
    part.shows_in_choices() || positive.max(1.0 - positive) >= LIKELY && !part.contradicts_choices()
}

/// One trait's part: what the answer is like, and what the person makes of it.
fn reason(known: bool, claim: Option<&Claim>, part: &Contribution, of: Of) -> Option<Reason> {
    let turned = (of == Of::Second).then(|| part.turned());
    let part = turned.as_ref().unwrap_or(part);
    let step = part.row.step(part.difference)?;
    let verb = if part.row.verb == "are" { "is" } else { "has" };
    let liked = part.log_odds > 0.0;
    let claim = claim.filter(|claim| goes_with(claim, part));
    let their_own = known && part.is_their_own();
    let makes = match (their_own, liked) {
        (true, true) if part.shows_in_choices() => "which goes with what you chose before",
        (true, false) if part.shows_in_choices() => "which goes against what you chose before",
        (true, true) => "which, other things being equal, speaks for it",
        (true, false) => "which, other things being equal, speaks against it",
        (false, true) => "which most people prefer",
        (false, false) => "which most people like less",
    };
    let said = |makes: &str| format!("{} {verb} {step}, {makes}.", of.name());
    let Some(claim) = claim else { return Some(Reason::fixed(said(makes))) };
    let joint = if liked { "and" } else { "but" };
    Some(Reason {
        words: said(&format!("{joint} {}", clause(claim))),
        claim: Some(claim.wording().to_owned()),
        fixed: Some(said(makes)),
    })
}

/// Whether a claim's words speak of its trait: a person may have put any in the place of those that were found.
fn says_its_trait(claim: &Claim) -> bool {
    claim.edited.as_ref().is_none_or(|words| {
        let named = Meaning::of(words).of_trait();
        named.is_some_and(|(index, more)| {
            claim.about.as_ref().is_some_and(|a| a.id == TABLE[index].id && a.more == more)
        })
    })
}

/// A claim within a sentence. "You prefer …" goes on in it; any other wording is quoted, since who knows which of its
/// letters have to be large, and so is what the person says of something else than was found.
fn clause(claim: &Claim) -> String {
    let wording = claim.wording().trim().trim_end_matches('.');
    let said =
        if claim.edited.is_some() || claim.from == Source::Own { "you said" } else { "this is known of you" };
    match wording.strip_prefix("You ").filter(|_| says_its_trait(claim)) {
        Some(rest) => format!("you {rest}"),
        None => format!("{said}: \"{wording}\""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traits::Trait;

    /// What the length of a longer answer comes to; `taken` and `left` count choices.
    fn length(log_odds: f64, usual: f64, [taken, left]: [u32; 2]) -> Contribution {
        let (_, row) = Trait::find("length").unwrap();
        Contribution { row, difference: 1.0, log_odds, usual, taken, left }
    }

    /// What is made of it; `own` is how much of it is the person's.
    fn made(claim: Option<&Claim>, log_odds: f64, own: f64, counts: [u32; 2]) -> String {
        reason(true, claim, &length(log_odds, log_odds * (1.0 - own), counts), Of::First).unwrap().words
    }

    #[test]
    fn what_was_chosen_before_is_said_where_the_count_shows_it() {
        let check = |log_odds, own, counts, end: &str| {
            assert_eq!(
                made(None, log_odds, own, counts),
                format!("The first answer is clearly longer, {end}.")
            );
        };
        check(0.5, 1.0, [8, 2], "which goes with what you chose before");
        check(-0.5, 1.0, [2, 8], "which goes against what you chose before");
        check(0.5, 1.0, [5, 5], "which, other things being equal, speaks for it");
        check(0.5, 1.0, [2, 8], "which, other things being equal, speaks for it");
        check(-0.5, 1.0, [8, 2], "which, other things being equal, speaks against it");
        check(0.5, 1.0, [2, 0], "which, other things being equal, speaks for it");
        check(0.5, 0.1, [8, 2], "which most people prefer");
        check(-0.5, 0.1, [8, 2], "which most people like less");
    }

    #[test]
    fn what_is_told_of_the_second_answer_is_the_same_turned_round() {
        assert_eq!((Of::preferred(0.0), Of::preferred(-0.1)), (Of::First, Of::Second));
        let check = |claim: Option<&Claim>, log_odds, counts, expected: &str| {
            let told = reason(true, claim, &length(log_odds, 0.0, counts), Of::Second).unwrap();
            assert_eq!(told.words, format!("The second answer is clearly shorter, {expected}."));
        };
        check(None, -0.5, [2, 8], "which goes with what you chose before");
        check(None, 0.5, [8, 2], "which goes against what you chose before");
        let shorter = Claim::said("You prefer answers that are shorter.".into(), Source::Traits, Vec::new());
        check(Some(&shorter), -0.5, [2, 8], "and you prefer answers that are shorter");
    }

    #[test]
    fn only_a_direction_that_is_known_is_told() {
        let check = |counts: [u32; 2], positive, expected| {
            assert_eq!(is_clear(&length(-0.5, 0.0, counts), positive), expected, "{counts:?} {positive}");
        };
        check([0, 0], 0.47, false);
        check([4, 5], 0.3, false);
        check([4, 5], 0.2, true);
        check([1, 8], 0.4, true);
        check([8, 1], 0.1, false);
    }

    #[test]
    fn among_many_it_is_this_answer_and_a_claim_keeps_its_words() {
        let claim = Claim { edited: Some("The first answer is enough.".into()), ..Claim::own("") };
        let part = Contribution { difference: -1.0, ..length(0.5, 0.0, [8, 2]) };
        let told = |claim| reason(true, claim, &part, Of::Many).unwrap();
        let fixed = "This answer is clearly shorter, which goes with what you chose before.";
        assert_eq!((&*told(None).words, told(None).fixed.as_deref()), (fixed, Some(fixed)));
        let about = crate::persona::claims::About { id: "length".into(), more: false };
        let claim = Claim { about: Some(about), ..claim };
        let words = "This answer is clearly shorter, and you said: \"The first answer is enough\".";
        assert_eq!((&*told(Some(&claim)).words, told(Some(&claim)).fixed.as_deref()), (words, Some(fixed)));
    }

    #[test]
    fn a_claim_is_named_in_words_that_stand_within_a_sentence() {
        let claim = |edited: Option<&str>| Claim {
            edited: edited.map(str::to_owned),
            ..Claim::said("You prefer answers that are longer.".into(), Source::Traits, Vec::new())
        };
        let check = |edited, log_odds, end: &str| {
            let told = made(Some(&claim(edited)), log_odds, 1.0, [8, 2]);
            assert_eq!(told, format!("The first answer is clearly longer, {end}."));
        };
        check(None, 0.5, "and you prefer answers that are longer");
        check(Some("I like it long."), 0.5, "and you said: \"I like it long\"");
        check(Some("German epics, please."), 0.5, "and you said: \"German epics, please\"");
        check(Some("You love epics."), 0.5, "and you said: \"You love epics\"");
        // The trait by itself goes the other way than the claim: no sentence says both.
        check(None, -0.5, "which, other things being equal, speaks against it");
    }
}
