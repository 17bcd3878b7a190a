//! Judges two answers as the person would, and says how sure it is and why.
//!
//! Without a model the reward judges alone. With one, its log-odds and those of the judged claims join by the weights
//! that the person's own pairs gave them; where those are 0 the model isn't asked at all.

use serde::Serialize;

use super::PersonaError;
use super::claims::Claim;
use super::demos::turns;
use super::dialogue::Machine;
use super::evidence::Evidence;
use super::fit::{Shown, fit};
use super::frame::{Frame, Head, TURN_OVERHEAD_TOKENS};
use super::likeness::Likeness;
use super::progress::Plan;
use super::reasons::{Of, Reason, TELLING, reasons};
use super::settings::Settings;
use super::{prompts, trial};
use crate::model::Capabilities;
use crate::reward::{Reward, sigmoid};
use crate::traits::Difference;

/// Reasons told, at most.
const MOST_REASONS: usize = 4;

/// Tokens of instructions and question around a pair, at most.
const ASKED_TOKENS: u64 = 160;

/// How two answers compare for one person.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Judgement {
    /// The chance that the person prefers the first.
    pub p_first: f64,
    /// What moved it, the strongest first, and last, where texts were too long for the model, that it saw only a part.
    pub why: Vec<Reason>,
    /// The reward's log-odds for the first answer.
    pub reward: f64,
    /// The model's log-odds for the first, both orders averaged, where it was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judge: Option<f64>,
}

impl Judgement {
    /// The log-odds that the person prefers the first.
    pub fn log_odds(&self) -> f64 {
        libm::log(self.p_first / (1.0 - self.p_first))
    }

    /// What moved it, in words that are for the person alone.
    pub fn words(&self) -> Vec<String> {
        self.why.iter().map(|reason| reason.words.clone()).collect()
    }
}

/// A judgement under way.
pub type Judging<P> = Machine<P, Judgement>;

/// Whether to ask the model where its weight is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asking {
    /// Only where the answer counts.
    WhereItCounts,
    /// Always, to compare.
    Always,
}

/// Judges by the traits alone; `likeness` tells the person apart from people in general. The reasons speak of the answer
/// that it finds preferred.
pub fn judge_by_traits(likeness: Option<&Likeness>, difference: &Difference) -> Judgement {
    by_traits(likeness, difference, None)
}

/// The same of one of many answers, held against one other: the reasons speak of it, whichever of the two is preferred.
pub fn judge_one_of_many(likeness: &Likeness, difference: &Difference) -> Judgement {
    by_traits(Some(likeness), difference, Some(Of::Many))
}

fn by_traits(likeness: Option<&Likeness>, difference: &Difference, of: Option<Of>) -> Judgement {
    let unknown;
    let (reward, weight) = match likeness {
        Some(likeness) => (&likeness.reward, likeness.stack.reward_weight),
        None => {
            unknown = Reward::unknown(crate::reward::Prior::shipped());
            (&unknown, 1.0)
        }
    };
    let log_odds = reward.log_odds(difference);
    let of = of.unwrap_or(Of::preferred(log_odds));
    let why =
        reasons(likeness, reward, difference, of).into_iter().map(|(_, reason)| reason).take(MOST_REASONS);
    Judgement { p_first: sigmoid(weight * log_odds), why: why.collect(), reward: log_odds, judge: None }
}

/// Judges with a model that was told about the person; the first answer stands as `chosen` in the evidence.
pub fn judging<E: Evidence + 'static>(
    likeness: Likeness,
    evidence: E,
    difference: Difference,
    capabilities: Capabilities,
    asking: Asking,
) -> Judging<E::Prompt>
where
    E::Prompt: Clone + 'static,
{
    Machine::new(move |dialogue| async move {
        let settings = settings_of(&likeness, &capabilities);
        let frame = Frame::of::<E>(dialogue, capabilities, settings);
        personal(&frame, &likeness, evidence, &difference, asking).await
    })
}

/// Judges with a model that knows nothing of the person: neither reward nor claims.
pub fn judging_by_default<E: Evidence + 'static>(
    evidence: E,
    capabilities: Capabilities,
) -> Judging<E::Prompt>
where
    E::Prompt: Clone + 'static,
{
    Machine::new(move |dialogue| async move {
        let settings = Settings::for_model(&capabilities, 0);
        let frame = Frame::of::<E>(dialogue, capabilities, settings);
        frame.dialogue.phase("judging");
        let shown = fit(&frame, &[evidence]).await?;
        let tokens = shown.first().map_or(0, |shown| u64::from(shown.tokens));
        frame.dialogue.plan(Plan::scores(2, tokens + ASKED_TOKENS), Plan::default());
        let margins = frame
            .margins(&Head::judge(None), &shown.iter().collect::<Vec<_>>(), prompts::ask_preference)
            .await?;
        let judge = margins.first().copied().unwrap_or(0.0);
        let leans = Reason::fixed(if judge.abs() < TELLING {
            "The model by itself can't tell the two answers apart.".to_owned()
        } else {
            format!("The model by itself leans to the {} answer.", side(judge))
        });
        let why = std::iter::once(leans).chain(shown.first().and_then(saw_a_part)).collect();
        Ok(Judgement { p_first: sigmoid(judge), why, reward: 0.0, judge: Some(judge) })
    })
}

/// The size of prompts that the likeness was made with, or the one that suits the model.
fn settings_of(likeness: &Likeness, capabilities: &Capabilities) -> Settings {
    likeness.settings.clone().unwrap_or_else(|| Settings::for_model(capabilities, likeness.seed))
}

async fn personal<E: Evidence>(
    frame: &Frame<E::Prompt>,
    likeness: &Likeness,
    evidence: E,
    difference: &Difference,
    asking: Asking,
) -> Result<Judgement, PersonaError> {
    let mut judgement = judge_by_traits(Some(likeness), difference);
    let stack = &likeness.stack;
    let counts = |name: &str| stack.inputs.iter().any(|input| input.name == name && input.weight > 0.0);
    let told = likeness.claims_in_use().filter(|claim| frame.may_tell(claim));
    let claims: Vec<&Claim> = told.filter(|claim| counts(&claim.id)).collect();
    let ask_judge = asking == Asking::Always || counts("judge");
    if !ask_judge && claims.is_empty() {
        return Ok(judgement);
    }
    frame.dialogue.phase("judging");
    let shown = fit(frame, &[evidence]).await?;
    let Some(shown) = shown.first() else { return Ok(judgement) };
    let persona = frame.persona(&likeness.claims);
    // Examples that were made of texts stay where the texts are.
    let demos = if frame.leaves() && likeness.sketcher.is_none() { &[][..] } else { &likeness.demos[..] };
    let head = Head { demos: turns(demos), ..Head::judge(persona.as_deref()) };
    frame.dialogue.plan(plan(frame, shown, &head, ask_judge, claims.len()).await?, Plan::default());
    if ask_judge {
        judgement.judge = frame.margins(&head, &[shown], prompts::ask_preference).await?.first().copied();
    }
    let shifts = trial::shifts(frame, shown, &claims).await?;
    let mut moved: Vec<(f64, Reason)> = Vec::new();
    let mut others = Vec::with_capacity(stack.inputs.len());
    for input in &stack.inputs {
        let claim = claims.iter().position(|claim| claim.id == input.name);
        let log_odds = match claim {
            Some(at) => shifts[at],
            None if input.name == "judge" => judgement.judge.unwrap_or(0.0),
            None => 0.0,
        };
        others.push(log_odds);
        let part = stack.part(input, log_odds);
        let reason = match claim.map(|at| claims[at].wording()) {
            Some(wording) => Reason {
                words: format!("\"{wording}\" speaks for the {} answer.", side(part)),
                claim: Some(wording.to_owned()),
                fixed: None,
            },
            None => Reason::fixed(format!("The model, told about you, leans to the {} answer.", side(part))),
        };
        moved.push((part, reason));
    }
    let log_odds = stack.log_odds(judgement.reward, &others);
    judgement.p_first = sigmoid(log_odds);
    moved.extend(reasons(Some(likeness), &likeness.reward, difference, Of::preferred(log_odds)));
    moved.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()));
    let told = moved.into_iter().filter(|(part, _)| part.abs() >= TELLING).take(MOST_REASONS);
    judgement.why = told.map(|(_, reason)| reason).chain(saw_a_part(shown)).collect();
    Ok(judgement)
}

/// What a judgement asks at most.
async fn plan<P>(
    frame: &Frame<P>,
    shown: &Shown,
    head: &Head,
    ask_judge: bool,
    claims: usize,
) -> Result<Plan, PersonaError> {
    let told: Vec<&str> = head.demos.iter().map(|turn| turn.content.as_str()).collect();
    let before = frame.counts(&[format!("{}\n{}", head.system, told.join("\n"))]).await?;
    let before = before.first().copied().unwrap_or(0) + TURN_OVERHEAD_TOKENS * told.len() as u32;
    let pair = u64::from(shown.tokens) + ASKED_TOKENS;
    let judge = if ask_judge { Plan::scores(2, pair + u64::from(before)) } else { Plan::default() };
    let of_claims = if claims == 0 { 0 } else { 2 * (claims + 1) };
    Ok(judge + Plan::scores(of_claims, pair))
}

/// Where a text was too long for the model, whoever reads its verdict should know what it is a verdict on.
fn saw_a_part(shown: &Shown) -> Option<Reason> {
    let words = "The model saw only the beginning and the end of what was too long for it.";
    shown.is_cut.then(|| Reason::fixed(words.to_owned()))
}

fn side(log_odds: f64) -> &'static str {
    if log_odds >= 0.0 { "first" } else { "second" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::persona::claims::State;
    use crate::persona::from_traits;
    use crate::preference::{History, PreferencePair, Turn};

    /// Someone who took the short answer twenty times, and put the claim on that in words of their own.
    fn terse() -> Likeness {
        let pair = |i: usize| {
            let long = format!(
                "Well, {i} is a number about which there are a great many things to say, and I will. "
            )
            .repeat(6);
            PreferencePair::new(vec![Turn::user(format!("What is {i}?"))], format!("It is {i}."), long)
        };
        let mut likeness = from_traits(&History::new((0..20).map(pair)), 0, &[]);
        let claim = likeness.claims.iter_mut().find(|claim| claim.id == "length:less").unwrap();
        claim.edited = Some("You told your sister Ottilie to be brief.".into());
        claim.state = State::Pinned;
        likeness
    }

    #[test]
    fn where_a_claim_may_not_be_told_its_trait_is() {
        let likeness = terse();
        let context = [Turn::user("And tea?")];
        let difference =
            crate::traits::difference(&context, "Yes.", &"Tea is a drink of many kinds. ".repeat(9));
        let judgement = judge_by_traits(Some(&likeness), &difference);
        let told = |may: bool| -> Vec<&str> {
            judgement.why.iter().filter_map(|reason| reason.told(|_| may)).collect()
        };
        assert!(told(true).iter().any(|words| words.contains("Ottilie")), "{judgement:?}");
        assert_eq!(told(false).len(), told(true).len());
        assert!(!told(false).join(" ").contains("Ottilie"), "{judgement:?}");
        for claim in likeness.claims_in_use() {
            let wording: String = claim.wording().trim_end_matches('.').chars().skip(1).collect();
            assert!(!told(false).join(" ").contains(&wording), "{wording} is told");
        }
        assert!(told(false).iter().any(|words| words.contains("what you chose before")), "{judgement:?}");
    }

    #[test]
    fn what_the_person_refused_is_no_reason() {
        let mut likeness = terse();
        let context = [Turn::user("And tea?")];
        let difference =
            crate::traits::difference(&context, "Yes.", &"Tea is a drink of many kinds. ".repeat(9));
        let told = |likeness: &Likeness| judge_by_traits(Some(likeness), &difference).words().join(" ");
        assert!(told(&likeness).contains("shorter,"), "{}", told(&likeness));
        let before = judge_by_traits(Some(&likeness), &difference).p_first;
        let claim = likeness.claims.iter_mut().find(|claim| claim.id == "length:less").unwrap();
        claim.state = State::Refused;
        for part in ["shorter,", "paragraphs,", "Ottilie"] {
            assert!(!told(&likeness).contains(part), "{part} in {}", told(&likeness));
        }
        // What was measured goes on to count.
        assert_eq!(judge_by_traits(Some(&likeness), &difference).p_first, before);
    }

    #[test]
    fn a_claim_about_no_trait_is_not_told_in_other_words() {
        let words = "\"You like cats.\" speaks for the first answer.".to_owned();
        let reason = Reason { words: words.clone(), claim: Some("You like cats.".into()), fixed: None };
        assert_eq!(reason.told(|claim| claim == "You like cats."), Some(&*words));
        assert_eq!(reason.told(|_| false), None);
    }
}
