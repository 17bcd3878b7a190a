//! Bootstraps reasoning (SynthesizeMe, arXiv 2506.05598, section 3.1): the model reasons about each training pair
//! without knowing the choice, predicts it, and is believed only where it predicted right.
//!
//! Departures from the paper's reference. The prediction is read as log-odds behind the reasoning, and the mean
//! over all pairs is taken off (batch calibration, arXiv 2309.17249): the chosen answer stands first in every
//! other pair, so what the mean holds is the model's liking for a position. Labelled examples before the question
//! are really shown, and never hold the pair that is being judged.

use super::PersonaError;
use super::demos::{Demo, labelled};
use super::evidence::Order;
use super::fit::Shown;
use super::frame::{Frame, Head};
use super::judgement::{labels, log_odds_of_first, spoken};
use super::prompts::{self, PREDICTION};
use super::trace::Reasoning;

/// The order in which a pair is reasoned about: alternating, so that half of the right answers are "First".
pub(super) fn order_of(index: usize) -> Order {
    Order::BOTH[index % 2]
}

/// Lets the model reason about each pair and tells which predictions were right.
pub(super) async fn bootstrap<P>(frame: &Frame<P>, train: &[&Shown]) -> Result<Vec<Reasoning>, PersonaError> {
    let mut texts = Vec::with_capacity(train.len());
    let mut log_odds = Vec::with_capacity(train.len());
    for (index, shown) in train.iter().enumerate() {
        let head = head(frame, train, index);
        let (text, first) = reason(frame, &head, shown.in_order(order_of(index))).await?;
        texts.push(text);
        log_odds.push(first);
    }
    let bias = log_odds.iter().sum::<f64>() / log_odds.len().max(1) as f64;
    let judged = train.iter().zip(texts).zip(log_odds).enumerate();
    Ok(judged
        .map(|(index, ((shown, text), first))| {
            let chosen_first = order_of(index) == Order::ChosenFirst;
            // A spoken prediction says a side or nothing; it has no bias in nats that could be taken off.
            let first = if frame.capabilities.log_probabilities { first - bias } else { first };
            let margin = if chosen_first { first } else { -first };
            let kept = margin > 0.0 && !text.is_empty();
            Reasoning { pair: shown.pair, chosen_first, text, margin, kept }
        })
        .collect())
}

/// What stands before the question: labelled examples of other pairs, the oldest first.
fn head<P>(frame: &Frame<P>, train: &[&Shown], judged: usize) -> Head {
    let mut head = Head::judge(None);
    if frame.settings.reasoning_sees_demos {
        let others: Vec<Demo> = (0..train.len())
            .filter(|&index| index != judged)
            .take(frame.settings.labelled_demos)
            .map(|index| labelled(train[index], order_of(index)))
            .collect();
        let room =
            frame.limit_tokens().saturating_sub(train[judged].tokens + frame.settings.reasoning_tokens + 160);
        head.demos = super::demos::turns(super::demos::that_fit(&others, room));
    }
    head
}

/// One reasoning and the log-odds of "First" behind it.
async fn reason<P>(frame: &Frame<P>, head: &Head, shown: &str) -> Result<(String, f64), PersonaError> {
    let asked = prompts::ask_reasoning(shown);
    let tokens = frame.settings.reasoning_tokens;
    if !frame.capabilities.log_probabilities {
        let reply = frame.dialogue.generation(frame.write(head, asked, tokens + 12, &[])).await?;
        let said = spoken(&reply.text);
        let first = log_odds_of_first(super::question::Answer::Generation(reply.clone()))?;
        return Ok((if said.is_some() { plain(&reply.text) } else { String::new() }, first));
    }
    let reply = frame.dialogue.generation(frame.write(head, asked.clone(), tokens, &[PREDICTION])).await?;
    let text = plain(&reply.text);
    let start = format!("{text}\n{PREDICTION}");
    let answer = frame.dialogue.ask(vec![frame.score(head, asked, start, labels(" "))]).await.pop();
    let answer = answer.ok_or(PersonaError::WrongKind { asked: "one log-probability for each label" })?;
    Ok((text, log_odds_of_first(answer)?))
}

/// A reasoning on one line, without the prediction and without a sentence that was cut off at the end.
pub(super) fn plain(text: &str) -> String {
    let text = text.split(PREDICTION).next().unwrap_or("");
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = line.trim_matches(|c: char| c == '*' || c == '"' || c.is_whitespace());
    let whole = line.rfind(['.', '!', '?', '。', '！', '？', '؟']).map(|at| {
        let end = line[at..].chars().next().map_or(0, char::len_utf8);
        &line[..at + end]
    });
    match whole {
        Some(whole) if whole.len() * 3 >= line.len() => whole.to_owned(),
        _ => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reasoning_loses_its_prediction_and_its_loose_end() {
        let check = |text: &str, expected: &str| assert_eq!(plain(text), expected);
        check("The first is short.\n\nPreferred: First", "The first is short.");
        check("It is short. It is also ver", "It is short.");
        check("no stop at all", "no stop at all");
        check("短い。そして", "短い。");
        check("", "");
    }
}
