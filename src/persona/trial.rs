//! Puts claims in words to the test, on pairs that they were not made from.
//!
//! A claim that names a measured trait is judged by that trait and costs no call. Any other is a question to the
//! model: supposing it were true, which answer would the person prefer? What the claim moves, against the same
//! judgement without it, is its input to the stack; so a claim can't live off what the model likes by itself. A
//! claim that has gained nothing on half of its pairs is not asked about the rest.

use std::collections::HashMap;

use super::PersonaError;
use super::claims::{Claim, State};
use super::crossfit::CrossFit;
use super::evidence::Order;
use super::fit::Shown;
use super::frame::{Frame, Head};
use super::judgement::log_odds_of_first;
use super::prompts;
use super::stack::{gain, scale, scaled};
use crate::preference::{PairId, PreferencePair};

/// A claim that a model wrote is kept where the pairs speak for it three to one (Kass and Raftery 1995: "positive").
const LEAST_EVIDENCE: f64 = 1.098_612_288_668_109_8;

/// Fewer pairs than this tell nothing about a claim.
const LEAST_PAIRS: usize = 4;

/// The claims as tested, and what each of them moves.
pub(super) struct Tested {
    pub claims: Vec<Claim>,
    /// What each judged claim moves, by its id and pair: nats towards what the person chose.
    pub moved: HashMap<String, HashMap<PairId, f64>>,
}

/// A pair that claims are tested on.
#[derive(Clone, Copy)]
pub(super) struct Judged<'a> {
    pub shown: &'a Shown,
    /// The log-odds that the reward gives to what the person chose, from a fit that did not see the pair.
    pub reward: f64,
}

/// Tests claims that name a trait: its differences join the reward in the stack, on all pairs but the claim's own.
pub(super) fn test_by_trait(claim: &mut Claim, crossfit: &CrossFit<'_>, pairs: &[PreferencePair]) {
    let Some(about) = &claim.about else { return };
    let differences = crossfit.differences(about);
    let fresh: Vec<usize> = (0..pairs.len()).filter(|&i| !claim.made_from.contains(&pairs[i].id)).collect();
    let reward: Vec<f64> = fresh.iter().map(|&i| crossfit.log_odds(i)).collect();
    let column: Vec<f64> = fresh.iter().map(|&i| differences[i]).collect();
    settle(claim, &reward, &column);
    crossfit.count(claim, pairs);
}

/// Asks the model about claims that name no trait.
pub(super) async fn test_by_model<P>(
    frame: &Frame<P>,
    mut claims: Vec<Claim>,
    pairs: &[Judged<'_>],
) -> Result<Tested, PersonaError> {
    let mut moved: HashMap<String, HashMap<PairId, f64>> = HashMap::new();
    let half = pairs.len().div_ceil(2);
    for (round, part) in [&pairs[..half], &pairs[half..]].into_iter().enumerate() {
        for judged in part {
            let open =
                claims.iter().filter(|claim| is_open(claim) && !claim.made_from.contains(&judged.shown.pair));
            let open: Vec<&Claim> = open.collect();
            for (claim, shift) in open.iter().zip(shifts(frame, judged.shown, &open).await?) {
                moved.entry(claim.id.clone()).or_default().insert(judged.shown.pair, shift);
            }
        }
        let seen = if round == 0 { &pairs[..half] } else { pairs };
        for claim in claims.iter_mut().filter(|claim| is_open(claim)) {
            let moves = moved.get(&claim.id);
            let rows =
                seen.iter().filter_map(|judged| Some((judged.reward, *moves?.get(&judged.shown.pair)?)));
            let (reward, column): (Vec<f64>, Vec<f64>) = rows.unzip();
            let kept = settle(claim, &reward, &column);
            // Half of the pairs need not be convincing, only not hopeless.
            if round == 0 && !kept && claim.gain > 0.0 {
                claim.state = open_state();
            }
            let told = |sign: f64| {
                seen.iter().map(|judged| judged.shown.pair).filter(move |pair| {
                    moves.and_then(|moves| moves.get(pair)).is_some_and(|shift| sign * shift > 0.0)
                })
            };
            (claim.supports, claim.contradicts) = (told(1.0).collect(), told(-1.0).collect());
        }
        if round == 0 {
            // What already convinces goes through the second half as well: its gain is told on all pairs.
            claims
                .iter_mut()
                .filter(|claim| claim.state == State::Kept)
                .for_each(|claim| claim.state = open_state());
        }
    }
    Ok(Tested { claims, moved })
}

/// The state of a claim that waits for its test.
pub(super) fn open_state() -> State {
    State::Dropped("not tested".into())
}

fn is_open(claim: &Claim) -> bool {
    claim.state == open_state()
}

/// Keeps or drops a claim by what its input adds; tells whether it is kept.
fn settle(claim: &mut Claim, reward: &[f64], column: &[f64]) -> bool {
    let scale = scale(column);
    let scaled: Vec<f64> = column.iter().map(|x| scaled(*x, scale)).collect();
    let gains = gain(reward, &[], &scaled);
    let evidence: f64 = gains.iter().sum();
    claim.tested = gains.len();
    claim.gain = evidence / gains.len().max(1) as f64;
    let kept = gains.len() >= LEAST_PAIRS && evidence >= LEAST_EVIDENCE;
    // What the person decided comes after: a claim that was just written is nothing but open.
    claim.state = if kept {
        State::Kept
    } else if gains.len() < LEAST_PAIRS {
        State::Dropped("there are too few pairs to test it on".into())
    } else {
        State::Dropped("it did not help on other pairs".into())
    };
    kept
}

/// What each claim moves on one pair: nats towards the chosen answer, both orders averaged.
///
/// All questions about one order share the pair, so they stand together.
pub(super) async fn shifts<P>(
    frame: &Frame<P>,
    shown: &Shown,
    claims: &[&Claim],
) -> Result<Vec<f64>, PersonaError> {
    if claims.is_empty() {
        return Ok(Vec::new());
    }
    let head = Head::judge(None);
    let mut questions = Vec::new();
    for order in Order::BOTH {
        let text = shown.in_order(order);
        questions.push(frame.ask_label(&head, prompts::ask_preference(text)));
        let of_claim = |claim: &&Claim| frame.ask_label(&head, prompts::ask_claim(text, &claim.of_them()));
        questions.extend(claims.iter().map(of_claim));
    }
    let answers = frame.dialogue.ask(questions).await;
    let first = answers.into_iter().map(log_odds_of_first).collect::<Result<Vec<f64>, _>>()?;
    let (chosen_first, chosen_second) = first.split_at(claims.len() + 1);
    let margin = |i: usize| (chosen_first[i] - chosen_second[i]) / 2.0;
    Ok((1..=claims.len()).map(|i| margin(i) - margin(0)).collect())
}
