//! From what the method found to what a page shows: readings, portraits, verdicts.
//!
//! Pure: it asks no model and no store, so it runs in plain tests.

use super::view::*;
use crate::persona::trace::{Call, Ended, Trial};
use crate::persona::{
    Changes, Claim, Difference, Judgement, LEARNED_FROM, Likeness, Remaining, Source, State, Validation,
    from_traits, unmeasured,
};
use crate::preference::{History, PairId, PreferencePair};
use crate::reward::{Observation, Reward, Slope};
use crate::traits::{NOTICEABLE, TABLE, Trait};

/// The trace's list of calls shows this many of the last ones; the likeness file has them all.
const SHOWN_CALLS: usize = 40;

/// What the history says without a language model; `earlier` are the claims that the person may have decided on.
pub fn reading(history: &History, earlier: &[Claim], now_ms: impl Fn() -> f64) -> Reading {
    let start = now_ms();
    let likeness = from_traits(history, 0, earlier);
    let validation = &likeness.validation;
    let fit = match (validation.reward, validation.prior) {
        (Some(reward), Some(prior)) => Some(FitView {
            pairs: validation.pairs as u32,
            accuracy: reward as f32,
            prior_accuracy: prior as f32,
        }),
        _ => None,
    };
    Reading {
        pairs: history.pairs().len() as u32,
        claims: likeness.claims.iter().filter(|claim| is_shown(claim)).map(claim).collect(),
        traits: traits(history, &likeness.reward),
        fit,
        foretells: likeness.portrait.foretells(),
        unmeasured: unmeasured(history),
        wanted: if likeness.portrait.rests_on.is_empty() {
            likeness.portrait.text.clone()
        } else {
            String::new()
        },
        prose: if likeness.portrait.rests_on.is_empty() { String::new() } else { likeness.portrait.text },
        elapsed_ms: now_ms() - start,
    }
}

/// A kept portrait beside the history as it is now; `differences` are against the one that it replaced, `lost` choices were
/// deleted since. One that nobody made is as silent as a reading where nothing holds.
pub fn portrait(
    likeness: &Likeness,
    history: &History,
    differences: Vec<String>,
    made_ms: Option<f64>,
    lost: u32,
) -> PortraitView {
    let is_silent = made_ms.is_none() && likeness.portrait.rests_on.is_empty();
    let spent = likeness.trace.total();
    let dropped = likeness.claims.iter().filter_map(|claim| match &claim.state {
        State::Dropped(why) => Some((claim.wording().to_owned(), why.clone())),
        _ => None,
    });
    PortraitView {
        prose: if is_silent { String::new() } else { likeness.portrait.text.clone() },
        foretells: likeness.portrait.foretells(),
        claims: likeness.claims.iter().filter(|claim| is_shown(claim)).map(claim).collect(),
        dropped: dropped.collect(),
        unmeasured: unmeasured(history),
        demos: likeness.demos.iter().filter_map(|demo| find(history, demo.pair)).map(pair).collect(),
        judge_prompt: likeness.judge_prompt.clone(),
        chat_prompt: likeness.chat_prompt.clone(),
        model: likeness.model.as_ref().map(|model| model.name.clone()),
        model_weight: likeness.model.as_ref().map(|_| model_weight(likeness)),
        validation: validation(&likeness.validation),
        trace: trace(likeness),
        calls: likeness.trace.calls.len() as u32,
        prompt_tokens: spent.prompt_tokens as f64,
        cached_tokens: spent.cached_tokens as f64,
        pairs: likeness.made_from.len() as u32,
        changed_since: changed(&likeness.stale(history), lost, history.pairs().len()),
        differences,
        made_ms,
    }
}

/// A judgement, with what the un-personalised judges say beside it; `why` are its reasons in the words that may be told.
pub fn verdict(
    judgement: &Judgement,
    why: Vec<String>,
    by_traits: &Judgement,
    by_everyone: &Judgement,
    by_default: Option<&Judgement>,
    elapsed_ms: f64,
) -> Verdict {
    let mut parts = vec![
        ("Your taste in traits alone".to_owned(), by_traits.p_first as f32),
        ("People in general".to_owned(), by_everyone.p_first as f32),
    ];
    let by_model = judgement.judge.map(|log_odds| crate::reward::sigmoid(log_odds) as f32);
    if let Some(by_model) = by_model {
        parts.push(("The model, told about you".to_owned(), by_model));
    }
    if let Some(judgement) = by_default {
        parts.push(("The model, told nothing".to_owned(), judgement.p_first as f32));
    }
    Verdict { p_first: judgement.p_first as f32, why, parts, by_model, elapsed_ms }
}

/// How far a driven induction is.
pub fn progress(remaining: &Remaining, resumed: u32) -> InductionProgress {
    let sure = remaining.sure().calls;
    let seconds = |ms: f64| (ms / 1000.0) as f32;
    InductionProgress {
        stage: remaining.phase.to_owned(),
        calls: remaining.calls_done as u32,
        of: (remaining.calls_done + sure) as u32,
        of_more: (remaining.left.calls - sure) as u32,
        resumed,
        prompt_tokens: remaining.spent.prompt_tokens as f64,
        cached_tokens: remaining.spent.cached_tokens as f64,
        seconds_left: remaining.sure_ms().map(seconds),
        seconds_more: remaining.left_ms().zip(remaining.sure_ms()).map(|(most, sure)| seconds(most - sure)),
        note: None,
    }
}

/// A pair in full.
pub fn pair(pair: &PreferencePair) -> PairView {
    PairView {
        id: pair.id,
        context: pair.context.clone(),
        chosen: pair.chosen.clone(),
        rejected: pair.rejected.clone(),
        at_ms: pair.at_ms.map(|ms| ms as f64),
        origin: pair.origin.clone(),
        note: pair.note.clone(),
    }
}

fn find(history: &History, id: PairId) -> Option<&PreferencePair> {
    history.pairs().iter().find(|pair| pair.id == id)
}

/// Dropped claims are told apart, with the reason.
fn is_shown(claim: &Claim) -> bool {
    !matches!(claim.state, State::Dropped(_))
}

fn claim(claim: &Claim) -> ClaimView {
    let all = (claim.supports.len() + claim.contradicts.len()) as f32;
    // A claim that no trait stands for is as sure as its record, with one failure and one success added (Laplace).
    let record = (claim.supports.len() as f32 + 1.0) / (all + 2.0);
    ClaimView {
        id: claim.id.clone(),
        text: claim.wording().to_owned(),
        from: match claim.from {
            Source::Traits => "traits",
            Source::Reasoning => "reasoning",
            Source::Own => "person",
        }
        .to_owned(),
        certainty: claim.certainty.map_or(record, |certainty| certainty as f32),
        along: claim.along,
        shared: claim.shared,
        gain: (claim.tested > 0).then_some(claim.gain as f32),
        supports: claim.supports.clone(),
        contradicts: claim.contradicts.clone(),
        state: match &claim.state {
            State::Refused => ClaimState::Refused,
            _ if claim.edited.is_some() => ClaimState::Edited,
            State::Pinned => ClaimState::Pinned,
            State::Kept | State::Dropped(_) => ClaimState::Found,
        },
    }
}

fn traits(history: &History, reward: &Reward) -> Vec<TraitView> {
    let seen: Vec<Observation> = history.pairs().iter().map(Observation::of).collect();
    let slopes = reward.slopes(&seen);
    let rows = TABLE.iter().zip(&slopes).enumerate();
    let mut rows: Vec<TraitView> =
        rows.map(|(index, (row, slope))| leaning(index, row, slope, &seen)).collect();
    // Where no choice tells, the leaning would be that of people in general, and is not theirs.
    rows.retain(|row| row.supports + row.contradicts > 0);
    rows.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()));
    rows
}

fn leaning(index: usize, row: &Trait, slope: &Slope, seen: &[Observation]) -> TraitView {
    let more = slope.weight >= 0.0;
    let sign = if more { 1.0 } else { -1.0 };
    let count = |sign: f64| {
        seen.iter().filter(|one| sign * one.difference.values()[index] > NOTICEABLE).count() as u32
    };
    TraitView {
        id: row.id.to_owned(),
        words: if more { row.more } else { row.less }.to_owned(),
        weight: slope.weight as f32,
        deviation: slope.deviation as f32,
        certainty: slope.positive.max(1.0 - slope.positive) as f32,
        supports: count(sign),
        contradicts: count(-sign),
    }
}

fn model_weight(likeness: &Likeness) -> f32 {
    likeness.stack.inputs.iter().find(|input| input.name == "judge").map_or(0.0, |input| input.weight as f32)
}

fn validation(found: &Validation) -> Vec<(String, String)> {
    let rows = [
        ("People in general", found.prior, found.pairs),
        ("Your taste in traits, learned from earlier choices", found.reward, found.pairs),
        ("The model, told nothing", found.default_judge, found.judged_pairs),
        ("The model, told about you", found.judge, found.judged_pairs),
        ("Your taste in traits, learned from all other choices", found.reward_of_others, found.judged_pairs),
        ("All of it together", found.stack, found.judged_pairs),
    ];
    rows.into_iter()
        .filter_map(|(name, share, of)| {
            let right = Validation::right(share?, of);
            // A short search has the model judge the newest alone.
            let which = match found.pairs {
                all if all == of => String::new(),
                all => format!(" (on the {of} of {all} that the model judged)"),
            };
            Some((format!("{name}{which}"), format!("{right} of {of} right")))
        })
        .collect()
}

/// How many choices changed since a portrait was made, `lost` of which were deleted and taken out of it. Where as many are
/// learned from as there may be, each new one pushes an old one out, and each one that goes lets an older one in.
fn changed(changes: &Changes, lost: u32, learned_from: usize) -> u32 {
    let (added, gone) = (changes.added.len() as u32, changes.gone.len() as u32 + lost);
    if learned_from < LEARNED_FROM { added + gone } else { added.max(gone) }
}

/// What a new portrait says that the one before did not, and the other way round.
pub fn differences(difference: &Difference) -> Vec<String> {
    let new = difference.new.iter().map(|claim| format!("New: {claim}"));
    let turned = difference.turned.iter().map(|(old, now)| format!("Turned round: {old} is now: {now}"));
    let gone = difference.gone.iter().map(|claim| format!("Gone: {claim}"));
    new.chain(turned).chain(gone).collect()
}

fn trace(likeness: &Likeness) -> Vec<TraceLine> {
    let trace = &likeness.trace;
    let line = |kind: &str, text: String| TraceLine { kind: kind.to_owned(), text };
    let mut lines = vec![line("seed", format!("Every random draw starts from {}.", likeness.seed))];
    lines.extend(trace.reasonings.iter().map(|one| {
        let verdict = if one.kept { "predicted right, kept" } else { "predicted wrong, rejected" };
        line("reasoning", format!("{verdict} (log-odds {:+.2}): {}", one.margin, one.text))
    }));
    lines.extend(trace.trials.iter().map(|one| line("candidate", trial(one))));
    lines.extend(likeness.claims.iter().map(|one| {
        let state = match &one.state {
            State::Kept => "kept".to_owned(),
            State::Dropped(why) => format!("dropped, {why}"),
            State::Pinned => "pinned".to_owned(),
            State::Refused => "refused".to_owned(),
        };
        let text = one.wording();
        line("claim", format!("{text} {state}; gain {:+.4} nats a pair over {} pairs.", one.gain, one.tested))
    }));
    lines.extend(calls(&trace.calls).into_iter().map(|text| line("call", text)));
    lines.extend(trace.notes.iter().map(|note| line("note", note.clone())));
    lines
}

/// The last calls, a line each; of those before them, how many there are.
fn calls(all: &[Call]) -> Vec<String> {
    let (before, shown) = all.split_at(all.len().saturating_sub(SHOWN_CALLS));
    let left_out = match before.len() {
        0 => None,
        1 => Some("One call came before these; it is in the likeness file.".to_owned()),
        n => Some(format!("{n} calls came before these; they are in the likeness file.")),
    };
    let told = shown.iter().map(|call| {
        let usage = call.usage;
        let what = if call.generated { "wrote" } else { "scored" };
        format!(
            "{}: {what} after {} tokens, {} of them cached, in {:.0} ms",
            call.phase, usage.prompt_tokens, usage.cached_tokens, usage.elapsed_ms
        )
    });
    left_out.into_iter().chain(told).collect()
}

fn trial(one: &Trial) -> String {
    let ended = match one.ended {
        Ended::Complete => "judged every pair",
        Ended::Beaten => "stopped when it could no longer win",
        Ended::NotTried => "not tried, an earlier one was good enough",
    };
    let won = if one.won { "; it won" } else { "" };
    // A mean of nothing would read as the best there is.
    let figures = match one.judged {
        0 => String::new(),
        judged => format!(
            "{} of {judged} right, mean log-probability {:.3}, {} examples, ",
            one.right,
            one.soft_score,
            one.demos.len()
        ),
    };
    format!("{} race, {}: {figures}{ended}{won}", one.race, one.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Usage;
    use crate::preference::Turn;

    /// A person who always takes the short answer.
    fn terse(pairs: usize) -> History {
        History::new((0..pairs).map(|i| {
            let long = format!(
                "Well, {i} is a number about which there are a great many things to say, and I will. "
            )
            .repeat(6);
            PreferencePair::new(vec![Turn::user(format!("What is {i}?"))], format!("It is {i}."), long)
        }))
    }

    #[test]
    fn a_reading_tells_the_leaning_and_its_pairs() {
        let reading = reading(&terse(20), &[], || 0.0);
        assert_eq!(reading.pairs, 20);
        assert!(reading.traits.len() > 3 && reading.traits.len() < TABLE.len());
        assert!(reading.traits.iter().all(|row| row.supports + row.contradicts > 0));
        let length = reading.traits.iter().find(|row| row.id == "length").unwrap();
        assert_eq!((length.words.as_str(), length.supports, length.contradicts), ("shorter", 20, 0));
        assert!(length.deviation > 0.0 && length.certainty > 0.9);
        let claims: Vec<&str> = reading.claims.iter().map(|claim| claim.text.as_str()).collect();
        assert_eq!(claims, ["You prefer answers that are shorter."]);
    }

    #[test]
    fn a_choice_that_pushes_another_out_is_one_change() {
        let changes = |added: usize, gone: usize| {
            let ids = |of: std::ops::Range<usize>| of.map(|i| PairId::of(&[], &i.to_string(), "")).collect();
            Changes { added: ids(0..added), gone: ids(added..added + gone) }
        };
        assert_eq!(changed(&changes(3, 1), 2, 40), 6);
        assert_eq!(changed(&changes(3, 3), 0, LEARNED_FROM), 3);
        assert_eq!(changed(&changes(2, 0), 2, LEARNED_FROM), 2);
    }

    #[test]
    fn figures_of_fewer_choices_say_so() {
        let found = Validation {
            pairs: 8,
            reward: Some(0.875),
            judged_pairs: 6,
            stack: Some(5.0 / 6.0),
            ..Default::default()
        };
        let row = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let expected = [
            row("Your taste in traits, learned from earlier choices", "7 of 8 right"),
            row("All of it together (on the 6 of 8 that the model judged)", "5 of 6 right"),
        ];
        assert_eq!(validation(&found), expected);
        let same = Validation { judged_pairs: 8, stack: Some(0.875), ..found };
        assert_eq!(validation(&same)[1], row("All of it together", "7 of 8 right"));
    }

    #[test]
    fn a_candidate_that_was_not_tried_has_no_figures() {
        let not_tried = Trial {
            race: "first".into(),
            name: "no examples".into(),
            seed: None,
            demos: Vec::new(),
            right: 0,
            judged: 0,
            soft_score: 0.0,
            ended: Ended::NotTried,
            won: false,
        };
        assert_eq!(trial(&not_tried), "first race, no examples: not tried, an earlier one was good enough");
        let tried = Trial { right: 3, judged: 4, soft_score: -0.5, ended: Ended::Complete, ..not_tried };
        assert!(trial(&tried).contains("3 of 4 right, mean log-probability -0.500"));
    }

    #[test]
    fn calls_that_are_not_shown_are_counted() {
        let call = |i: usize| Call {
            phase: format!("phase {i}"),
            question: String::new(),
            generated: false,
            usage: Usage::default(),
        };
        let all: Vec<Call> = (0..SHOWN_CALLS + 2).map(call).collect();
        let told = calls(&all);
        assert_eq!(told.len(), SHOWN_CALLS + 1);
        assert_eq!(told[0], "2 calls came before these; they are in the likeness file.");
        assert!(told[1].starts_with("phase 2: scored"), "{}", told[1]);
        assert_eq!(calls(&all[2..]).len(), SHOWN_CALLS);
    }

    #[test]
    fn nothing_known_says_what_would_help() {
        let reading = reading(&History::default(), &[], || 0.0);
        assert!(reading.claims.is_empty() && reading.prose.is_empty() && !reading.wanted.is_empty());
    }

    #[test]
    fn a_portrait_counts_what_changed_since() {
        let likeness = from_traits(&terse(20), 0, &[]);
        let shown = portrait(&likeness, &terse(22), Vec::new(), Some(5.0), 0);
        assert_eq!((shown.pairs, shown.changed_since, shown.made_ms), (20, 2, Some(5.0)));
        assert!(shown.model.is_none() && shown.model_weight.is_none() && shown.differences.is_empty());
    }

    #[test]
    fn a_portrait_that_nobody_made_is_silent_where_nothing_holds() {
        let nothing = from_traits(&History::default(), 0, &[]);
        assert!(portrait(&nothing, &History::default(), Vec::new(), None, 0).prose.is_empty());
        assert!(!portrait(&nothing, &History::default(), Vec::new(), Some(5.0), 0).prose.is_empty());
        let terse = terse(20);
        assert!(!portrait(&from_traits(&terse, 0, &[]), &terse, Vec::new(), None, 0).prose.is_empty());
    }
}
