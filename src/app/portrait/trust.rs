//! How well choices are foretold that were left out, in words: what was counted, and a conclusion only where enough was.

use crate::service::{ClaimState, FitView, Reading};
use crate::view::words;

/// Choices that must have been left out for a conclusion.
const ENOUGH: u32 = 8;

/// How many more of them must have been foretold right by who knows the person.
const CLEARLY_MORE: f32 = 2.0;

/// What the counts are of, where the kept portrait was made from other choices than there are now: its own prose counts too.
pub fn as_now(reading: &Reading) -> String {
    format!(
        "This is counted on your choices as they are now, {} in all.",
        words::grouped(reading.pairs.into())
    )
}

/// What was read: of a long history the newest choices alone.
pub fn read_from(reading: &Reading, kept: u32) -> String {
    match kept > reading.pairs {
        true => format!(
            "Read from your newest {} of {} choices.",
            words::grouped(reading.pairs.into()),
            words::grouped(kept.into())
        ),
        false => format!("Read from {}.", words::count(reading.pairs, "choice", "choices")),
    }
}

/// What was counted, and what follows. Where the prose has `counted` already, what follows alone; it may be empty.
pub fn trust(reading: &Reading, counted: bool) -> String {
    let Some(fit) = &reading.fit else {
        return "There are too few choices to test how well this predicts others.".into();
    };
    let (right, without) = (right(fit.accuracy, fit), right(fit.prior_accuracy, fit));
    let what = format!(
        "On {} left out, what was measured in the answers predicts {right} right; without knowing you, {without}",
        words::count(fit.pairs, "choice that was", "choices that were")
    );
    let holds = reading.claims.iter().any(|claim| claim.state != ClaimState::Refused);
    match (holds && fit.pairs >= ENOUGH && right - without >= CLEARLY_MORE, counted) {
        (true, false) => format!("{what}: so knowing you helps."),
        (false, false) => format!("{what}."),
        (true, true) => "So knowing you helps.".into(),
        (false, true) => String::new(),
    }
}

/// How many are right; one that nothing decided counts a half.
fn right(share: f32, fit: &FitView) -> f32 {
    (share * fit.pairs as f32 * 2.0).round() / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::portrait::claim_list::found;
    use crate::service::ClaimView;

    fn reading(right: f32, without: f32, pairs: u32, states: &[ClaimState]) -> Reading {
        let claim = |state: &ClaimState| ClaimView { state: *state, ..found("length:less") };
        let of = pairs as f32;
        Reading {
            pairs: 3 * pairs,
            claims: states.iter().map(claim).collect(),
            traits: Vec::new(),
            fit: Some(FitView { pairs, accuracy: right / of, prior_accuracy: without / of }),
            prose: String::new(),
            foretells: false,
            wanted: String::new(),
            unmeasured: String::new(),
            elapsed_ms: 1.0,
        }
    }

    #[test]
    fn a_conclusion_is_drawn_from_enough_alone() {
        let check = |right, without, pairs, states: &[ClaimState], concludes| {
            let reading = reading(right, without, pairs, states);
            let text = trust(&reading, false);
            assert_eq!(text.ends_with(": so knowing you helps."), concludes, "{text}");
            let expected = if concludes { "So knowing you helps." } else { "" };
            assert_eq!(trust(&reading, true), expected, "beside prose that counted: {text}");
        };
        let holds = &[ClaimState::Found];
        check(8.0, 6.0, 8, holds, true);
        check(7.0, 6.0, 8, holds, false);
        check(7.5, 6.0, 8, holds, false);
        check(7.0, 4.0, 7, holds, false);
        check(8.0, 4.0, 8, &[], false);
        check(8.0, 4.0, 8, &[ClaimState::Refused], false);
        check(4.0, 8.0, 8, holds, false);
    }

    #[test]
    fn what_was_counted_is_said_in_any_case() {
        let of_eight = reading(7.5, 6.0, 8, &[]);
        assert_eq!(
            trust(&of_eight, false),
            "On 8 choices that were left out, what was measured in the answers predicts 7.5 right; without knowing you, 6."
        );
        assert_eq!(as_now(&of_eight), "This is counted on your choices as they are now, 24 in all.");
        assert_eq!(read_from(&of_eight, 24), "Read from 24 choices.");
        assert_eq!(read_from(&of_eight, 12_345), "Read from your newest 24 of 12,345 choices.");
        assert!(trust(&Reading { fit: None, ..of_eight }, true).starts_with("There are too few choices"));
    }
}
