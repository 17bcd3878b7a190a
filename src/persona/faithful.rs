//! Whether a model's prose about a person says what the claims say: no more, no less and nothing of it the other way.
//!
//! Words are compared, no grammar; how each is meant, as far as that can be told, is what `polarity` reads. Prose that
//! turns a claim round is as bad as prose that makes one up, so in doubt the template's stands.

use std::collections::BTreeSet;

use super::claims::{Claim, Source};
use super::portrait::sentence;
use super::wording::{self, Meaning};
use crate::traits::Trait;

/// The model's prose, if it adds nothing to the claims, leaves none out and turns none round.
///
/// A sentence may hold words of the claims and words that say nothing of taste; a quarter of other words is let pass,
/// as prose needs joints. A number must be one of the claims'.
pub(super) fn faithful(reply: &str, claims: &[&Claim]) -> Option<String> {
    let text = reply.split_whitespace().collect::<Vec<_>>().join(" ");
    let sources: Vec<BTreeSet<String>> =
        claims.iter().map(|claim| wording::content(&sentence(claim))).collect();
    let all: BTreeSet<String> = sources.iter().flatten().cloned().collect();
    let numbers = |text: &str| -> BTreeSet<String> {
        text.split(|c: char| !c.is_ascii_digit()).filter(|n| !n.is_empty()).map(str::to_owned).collect()
    };
    let known: BTreeSet<String> = claims.iter().flat_map(|claim| numbers(&sentence(claim))).collect();
    let meant = Meant::of(claims);
    let says_the_same =
        text.split(['.', '!', ';']).filter(|sentence| !sentence.trim().is_empty()).all(|sentence| {
            let said = wording::content(sentence);
            let foreign = said.difference(&all).count();
            foreign * 4 <= said.len()
                && numbers(sentence).is_subset(&known)
                && !meant.is_turned_round_by(sentence)
        });
    let written = wording::content(&text);
    let told = |source: &BTreeSet<String>| source.intersection(&written).count() * 2 >= source.len();
    (!text.is_empty() && says_the_same && sources.iter().all(told)).then_some(text)
}

/// What the claims mean, and in which direction.
struct Meant {
    /// Traits by their place in the table, and whether more of it is liked.
    traits: Vec<(usize, bool)>,
    /// What is not in the table's words.
    said: Vec<Meaning>,
}

impl Meant {
    fn of(claims: &[&Claim]) -> Self {
        let by_table = |claim: &Claim| claim.from == Source::Traits && claim.edited.is_none();
        let meaning = |claim: &Claim| Meaning::of(claim.wording());
        // What a claim is about is told by its first wording, which the person's own may leave behind.
        let of_trait = |claim: &Claim| match &claim.about {
            Some(about) if claim.edited.is_none() => Some((Trait::find(&about.id)?.0, about.more)),
            _ => meaning(claim).of_trait(),
        };
        Meant {
            traits: claims.iter().filter_map(|claim| of_trait(claim)).collect(),
            said: claims.iter().filter(|claim| !by_table(claim)).map(|claim| meaning(claim)).collect(),
        }
    }

    /// Whether a sentence says the opposite of a claim.
    fn is_turned_round_by(&self, sentence: &str) -> bool {
        let has = |index: usize, more: bool| self.traits.contains(&(index, more));
        let whole = Meaning::of(sentence);
        wording::traits_of(sentence).into_iter().any(|(index, more)| has(index, !more) && !has(index, more))
            || self.said.iter().any(|claim| claim.is_opposed_by(&whole))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::persona::portrait::tests::claim;

    fn check_all(claims: &[Claim], replies: &[(&str, bool)]) {
        let claims: Vec<&Claim> = claims.iter().collect();
        for (reply, taken) in replies {
            assert_eq!(faithful(reply, &claims).is_some(), *taken, "{reply}");
        }
    }

    #[test]
    fn the_models_prose_may_add_no_claim_and_leave_none_out() {
        let claims = [
            claim("You prefer answers that are shorter.", 17, 3),
            claim("You prefer answers that are warmer in tone.", 9, 2),
        ];
        check_all(
            &claims,
            &[
                (
                    "You prefer shorter answers, in 17 of the 20 choices that differ in it. You also prefer warmer answers, in 9 of the 11 choices that differ.",
                    true,
                ),
                ("You prefer shorter answers, in 17 of 20 choices.", false),
                (
                    "You prefer shorter answers in 17 of 20 choices. You prefer warmer ones in 9 of 11. You love bullet lists and jokes.",
                    false,
                ),
                (
                    "You prefer shorter answers in 18 of 20 choices where the two differed. You prefer warmer ones in 9 of 11.",
                    false,
                ),
                ("", false),
            ],
        );
    }

    #[test]
    fn the_models_prose_may_turn_no_trait_round() {
        let claims = [
            claim("You prefer answers that are less formal in wording.", 9, 2),
            claim("You prefer answers that have fewer headings.", 8, 1),
        ];
        check_all(
            &claims,
            &[
                (
                    "You prefer answers that are less formal in wording (9 of the 11 choices that noticeably differ in it) and have fewer headings (8 of the 9).",
                    true,
                ),
                ("You prefer less formal wording (9 of 11 choices), and few headings (8 of 9).", true),
                (
                    "You prefer wording that is not formal, in 9 of 11 choices, and fewer headings, in 8 of 9.",
                    true,
                ),
                (
                    "You prefer less formal wording, in 9 of 11 choices, and dislike headings, in 8 of 9.",
                    true,
                ),
                (
                    "In 9 of the 11 choices that differ you took the less formal wording, and fewer headings in 8 of 9.",
                    true,
                ),
                (
                    "Fewer headings (8 of 9 choices) and less formal wording (9 of 11 choices) are what you prefer.",
                    true,
                ),
                (
                    "You prefer less formal wording (9 of 11 choices) and headings that are fewer (8 of 9).",
                    true,
                ),
                ("You prefer less formal wording (9 of 11 choices) and more headings (8 of 9).", false),
                ("You prefer more formal wording (9 of 11 choices) and fewer headings (8 of 9).", false),
                (
                    "You prefer formal wording, in 9 of 11 choices. You prefer fewer headings, in 8 of 9 choices.",
                    false,
                ),
                (
                    "You prefer less formal wording, in 9 of 11 choices. You like headings, in 8 of 9 choices.",
                    false,
                ),
                (
                    "You dislike less formal wording, in 9 of 11 choices. You prefer fewer headings, in 8 of 9.",
                    false,
                ),
                (
                    "You prefer less formal wording, in 9 of 11 choices, without fewer headings, in 8 of 9.",
                    false,
                ),
            ],
        );
    }

    #[test]
    fn a_trait_is_told_from_one_whose_words_it_shares() {
        let claims = [
            claim("You prefer answers that are shorter.", 17, 3),
            claim("You prefer answers that have longer sentences.", 9, 2),
        ];
        check_all(
            &claims,
            &[
                ("You prefer shorter answers (17 of 20 choices) with longer sentences (9 of 11).", true),
                (
                    "You prefer shorter answers, in 17 of 20 choices. You also prefer longer sentences, in 9 of 11 choices.",
                    true,
                ),
                (
                    "You prefer answers that are shorter rather than longer, and longer sentences: 17 of 20 choices, 9 of 11.",
                    true,
                ),
                ("You prefer longer answers (17 of 20 choices) with shorter sentences (9 of 11).", false),
                (
                    "You prefer shorter answers (17 of 20 choices) with shorter, not longer sentences (9 of 11).",
                    false,
                ),
            ],
        );
    }

    #[test]
    fn the_models_prose_may_turn_no_claim_in_words_round() {
        let said = |text: &str, holds, fails| Claim { from: Source::Reasoning, ..claim(text, holds, fails) };
        let claims = [
            said("You like recipes without meat.", 7, 2),
            Claim {
                edited: Some("You dislike spoilers.".into()),
                ..claim("You prefer answers that are shorter.", 9, 2)
            },
        ];
        check_all(
            &claims,
            &[
                ("You like recipes without meat (right about 7 of 9 choices). You dislike spoilers.", true),
                (
                    "You dislike spoilers, and like recipes that have no meat (right about 7 of 9 choices).",
                    true,
                ),
                ("You like recipes with meat (right about 7 of 9 choices). You dislike spoilers.", false),
                ("You like recipes without meat (right about 7 of 9 choices). You like spoilers.", false),
                ("You dislike recipes and meat (right about 7 of 9 choices). You dislike spoilers.", false),
            ],
        );
    }
}
