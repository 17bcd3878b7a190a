//! Why the traits speak for one of two answers, in words.

use super::claims::{Claim, Source};
use super::likeness::Likeness;
use crate::reward::{Contribution, Reward};
use crate::traits::Difference;

/// A part that moves the log-odds by less than this isn't told as a reason.
pub(super) const TELLING: f64 = 0.05;

/// What the traits say, as the part of the log-odds and in words, the strongest first.
pub(super) fn reasons(
    likeness: Option<&Likeness>,
    reward: &Reward,
    difference: &Difference,
) -> Vec<(f64, String)> {
    let about = |id: &str| {
        let mut claims = likeness.into_iter().flat_map(Likeness::claims_in_use);
        claims.find(|claim| claim.row().is_some_and(|row| row.id == id))
    };
    let parts = reward.reasons(difference, |row| about(row.id).is_some());
    parts
        .into_iter()
        .filter(|part| part.log_odds.abs() >= TELLING)
        .filter_map(|part| Some((part.log_odds, reason(likeness.is_some(), about(part.row.id), &part)?)))
        .collect()
}

/// One trait's part: what the first answer is like, and what the person makes of it.
fn reason(known: bool, claim: Option<&Claim>, part: &Contribution) -> Option<String> {
    let step = part.row.step(part.difference)?;
    let verb = if part.row.verb == "are" { "is" } else { "has" };
    let liked = part.log_odds > 0.0;
    // A claim stands for all that goes along with its trait; where the trait by itself goes the other way, it is no reason.
    let wanted = liked == (part.difference > 0.0);
    let claim = claim.filter(|claim| claim.about.as_ref().is_some_and(|about| about.more == wanted));
    let their_own = known && part.is_their_own();
    let makes = match (claim, their_own, liked) {
        (Some(claim), _, true) => format!("and {}", clause(claim)),
        (Some(claim), _, false) => format!("but {}", clause(claim)),
        (None, true, true) if part.shows_in_choices() => "which goes with what you chose before".to_owned(),
        (None, true, false) if part.shows_in_choices() => {
            "which goes against what you chose before".to_owned()
        }
        (None, true, true) => "which, other things being equal, speaks for it".to_owned(),
        (None, true, false) => "which, other things being equal, speaks against it".to_owned(),
        (None, false, true) => "which most people prefer".to_owned(),
        (None, false, false) => "which most people like less".to_owned(),
    };
    Some(format!("The first answer {verb} {step}, {makes}."))
}

/// A claim within a sentence. "You prefer …" goes on in it; any other wording is quoted, since who knows which of its
/// letters have to be large.
fn clause(claim: &Claim) -> String {
    let wording = claim.wording().trim().trim_end_matches('.');
    let said =
        if claim.edited.is_some() || claim.from == Source::Own { "you said" } else { "this is known of you" };
    match wording.strip_prefix("You ") {
        Some(rest) => format!("you {rest}"),
        None => format!("{said}: \"{wording}\""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traits::Trait;

    /// What is made of a trait's part: `taken` and `left` count choices, `own` is how much of it is the person's.
    fn made(claim: Option<&Claim>, log_odds: f64, own: f64, [taken, left]: [u32; 2]) -> String {
        let (_, row) = Trait::find("length").unwrap();
        let usual = log_odds * (1.0 - own);
        let part = Contribution { row, difference: 1.0, log_odds, usual, taken, left };
        reason(true, claim, &part).unwrap()
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
        check(Some("You love epics."), 0.5, "and you love epics");
        // The trait by itself goes the other way than the claim: no sentence says both.
        check(None, -0.5, "which, other things being equal, speaks against it");
    }
}
