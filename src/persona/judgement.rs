//! One judgement: which of two answers, read as log-odds, in both orders.
//!
//! Small models name the first answer whatever it says, so a judgement is half the difference between the
//! log-odds of the two orders: a model that looks only at the position ends at zero. Where a model gives no
//! log-probabilities its words are read, as leniently as can be done without guessing.

use super::PersonaError;
use super::dialogue::scores;
use super::evidence::Order;
use super::fit::Shown;
use super::frame::{Frame, Head};
use super::prompts::{LABELS, PREDICTION};
use super::question::{Answer, Question};
use crate::reward::softplus;

/// What a plain word for one side is worth, in nats: some 88%, as the model didn't say how sure it is.
const SPOKEN_LOG_ODDS: f64 = 2.0;

/// Tokens for a reply that should be one word.
const REPLY_TOKENS: u32 = 12;

/// The labels as they stand after words that end in a space or not.
pub(super) fn labels(prefix: &str) -> Vec<String> {
    LABELS.iter().map(|label| format!("{prefix}{label}")).collect()
}

impl<P> Frame<P> {
    /// Asks for the preferred one of two answers in the form that this model can give.
    pub fn ask_label(&self, head: &Head, asked: String) -> Question<P> {
        if self.capabilities.log_probabilities {
            self.score(head, asked, String::new(), labels(""))
        } else {
            self.write(head, asked, REPLY_TOKENS, &[])
        }
    }

    /// The judgements of questions about the same pairs in both orders; `ask` words the question.
    ///
    /// One number for each pair: the log-odds that the model gives to the chosen answer.
    pub async fn margins(
        &self,
        head: &Head,
        pairs: &[&Shown],
        ask: impl Fn(&str) -> String,
    ) -> Result<Vec<f64>, PersonaError> {
        let questions = pairs
            .iter()
            .flat_map(|shown| Order::BOTH.map(|order| self.ask_label(head, ask(shown.in_order(order)))))
            .collect();
        let answers = self.dialogue.ask(questions).await;
        let mut first = answers.into_iter().map(log_odds_of_first);
        let mut margins = Vec::with_capacity(pairs.len());
        while let (Some(chosen_first), Some(chosen_second)) = (first.next(), first.next()) {
            margins.push((chosen_first? - chosen_second?) / 2.0);
        }
        Ok(margins)
    }
}

/// Log P(First) − log P(Second), from log-probabilities or from words.
pub(super) fn log_odds_of_first(answer: Answer) -> Result<f64, PersonaError> {
    if let Answer::Generation(generation) = &answer {
        return Ok(
            spoken(&generation.text).map_or(0.0, |first| if first { 1.0 } else { -1.0 } * SPOKEN_LOG_ODDS)
        );
    }
    let scores = scores(answer, LABELS.len())?;
    let difference = f64::from(scores.log_probabilities[0]) - f64::from(scores.log_probabilities[1]);
    if difference.is_nan() { Err(PersonaError::NotANumber) } else { Ok(difference.clamp(-50.0, 50.0)) }
}

/// The side that a reply names: what stands behind the last "Preferred:" or, without one, the only side named.
///
/// ```text
/// "Preferred: Second"                      → second
/// {"reasoning": "…", "preference": "First"} → first
/// "The first is longer than the second."   → nothing: no side is named as the preferred one
/// ```
pub(super) fn spoken(reply: &str) -> Option<bool> {
    let reply = reply.to_lowercase();
    for mark in [PREDICTION.to_lowercase().as_str(), "\"preference\":", "preference:", "answer:"] {
        if let Some(at) = reply.rfind(mark) {
            let side = first_side(&reply[at + mark.len()..]);
            if side.is_some() {
                return side;
            }
        }
    }
    let sides: Vec<bool> = words(&reply).filter_map(side).collect();
    sides.first().copied().filter(|side| sides.iter().all(|other| other == side))
}

fn first_side(text: &str) -> Option<bool> {
    words(text).find_map(side)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

fn side(word: &str) -> Option<bool> {
    match word {
        "first" | "1st" | "1" => Some(true),
        "second" | "2nd" | "2" => Some(false),
        _ => None,
    }
}

/// The logarithm of the probability that log-odds stand for, without overflow.
pub(super) fn log_sigmoid(x: f64) -> f64 {
    -softplus(-x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_read_leniently_but_never_guessed() {
        let check = |reply: &str, expected| assert_eq!(spoken(reply), expected, "{reply}");
        check("First", Some(true));
        check(" second.", Some(false));
        check("**Second**", Some(false));
        check("The first answer is shorter.\nPreferred: Second", Some(false));
        check("Preferred: First\nno wait\nPREFERRED: the second one", Some(false));
        check(r#"{"reasoning": "second is long", "preference": "First"}"#, Some(true));
        check("Answer: 2", Some(false));
        check("The first is longer than the second.", None);
        check("", None);
        check("I can't say. İ", None);
        check("Preferred:", None);
    }

    #[test]
    fn far_log_odds_stay_finite() {
        assert!((log_sigmoid(0.0) + std::f64::consts::LN_2).abs() < 1e-12);
        assert!(log_sigmoid(800.0).abs() < 1e-12);
        assert!((log_sigmoid(-800.0) + 800.0).abs() < 1e-9);
    }
}
