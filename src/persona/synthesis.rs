//! From verified reasoning to claims about the person (SynthesizeMe, arXiv 2506.05598, section 3.2).
//!
//! Departures: the model writes claims, one a line, where the paper has one persona text, so that each can be
//! tested and dropped on its own; a prompt holds few judgements, so that most pairs are left to test its claims on.
//! What the model writes is read strictly: a line that isn't a claim about a preference is none.

use super::PersonaError;
use super::evidence::Order;
use super::fit::Shown;
use super::frame::{Frame, Head};
use super::progress::Plan;
use super::prompts::{self, LABELS};
use super::settings::Settings;
use super::trace::Reasoning;
use crate::preference::PairId;

/// Synthesis prompts in one induction, at most; judgements beyond them are left out.
const MOST_PROMPTS: usize = 3;

/// Tokens of an outline with what stands around it, and of a synthesis prompt besides, by any tokenizer's count.
const OUTLINE_TOKENS: u64 = 90;
const FRAME_TOKENS: u64 = 200;

/// Tokens that a claim may take.
const CLAIM_TOKENS: u32 = 24;

/// A claim is a sentence: fewer characters say nothing, more are a speech.
const CLAIM_CHARACTERS: std::ops::RangeInclusive<usize> = 14..=160;

/// A claim as the model wrote it, and the judgements that it was made from.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Written {
    pub text: String,
    pub made_from: Vec<PairId>,
}

/// Lets the model write claims from judgements that it predicted right.
///
/// Returns the claims and a note for what did not fit.
pub(super) async fn synthesise<P>(
    frame: &Frame<P>,
    judgements: &[(&Shown, &Reasoning)],
) -> Result<(Vec<Written>, Option<String>), PersonaError> {
    let count = frame.settings.claims_a_synthesis;
    let reply_tokens = CLAIM_TOKENS * count as u32;
    let head = Head { system: prompts::synthesis_system(), demos: Vec::new() };
    let frame_text = format!("{}\n{}", head.system, prompts::synthesis(&[], count));
    let fixed = frame.counts(&[frame_text]).await?[0] + reply_tokens + 64;
    let prompts = pack(frame, judgements, frame.limit_tokens().saturating_sub(fixed)).await?;
    let mut claims: Vec<Written> = Vec::new();
    let mut used = 0;
    for prompt in prompts {
        used += prompt.pairs.len();
        let asked = prompts::synthesis(&prompt.texts, count);
        let reply = frame.dialogue.generation(frame.write_synthesis(&head, asked, reply_tokens)).await?;
        let texts = read_claims(&reply.text, reply.finished, count);
        claims.extend(texts.into_iter().map(|text| Written { text, made_from: prompt.pairs.clone() }));
    }
    let dropped = judgements.len() - used;
    let note = (dropped > 0)
        .then(|| format!("{dropped} of {} judgements left out of the synthesis", judgements.len()));
    Ok((claims, note))
}

/// What the synthesis asks at most, where it is shown outlines.
pub(super) fn most_of_outlines(settings: &Settings) -> Plan {
    // A whole search takes every training pair there is, but no more are shown than its prompts hold.
    let shown = settings.train_pairs.min(MOST_PROMPTS.saturating_mul(settings.judgements_a_synthesis));
    let prompts = shown.div_ceil(settings.judgements_a_synthesis.max(1)) as u64;
    let prompt_tokens = prompts * FRAME_TOKENS + shown as u64 * OUTLINE_TOKENS;
    Plan {
        calls: prompts,
        prompt_tokens,
        new_tokens: prompt_tokens,
        generated_tokens: prompts * settings.claims_a_synthesis as u64 * u64::from(CLAIM_TOKENS),
    }
}

/// One synthesis prompt's judgements.
struct Packed {
    texts: Vec<String>,
    pairs: Vec<PairId>,
}

/// Fills prompts with whole judgements, the most informative first: those that the reasoning predicted surest.
async fn pack<P>(
    frame: &Frame<P>,
    judgements: &[(&Shown, &Reasoning)],
    room_tokens: u32,
) -> Result<Vec<Packed>, PersonaError> {
    let mut ranked = judgements.to_vec();
    ranked.sort_by(|a, b| b.1.margin.total_cmp(&a.1.margin));
    let texts: Vec<String> = ranked.iter().map(|(shown, reasoning)| render(shown, reasoning)).collect();
    let counts = frame.counts(&texts).await?;
    let mut prompts: Vec<Packed> = Vec::new();
    let mut left = 0;
    for (((shown, _), text), tokens) in ranked.iter().zip(texts).zip(counts) {
        let tokens = tokens + 8;
        if tokens > room_tokens {
            continue;
        }
        let full =
            prompts.last().is_none_or(|last| last.pairs.len() >= frame.settings.judgements_a_synthesis);
        if full || tokens > left {
            if prompts.len() == MOST_PROMPTS {
                continue;
            }
            prompts.push(Packed { texts: Vec::new(), pairs: Vec::new() });
            left = room_tokens;
        }
        if let Some(last) = prompts.last_mut() {
            left -= tokens;
            last.texts.push(text);
            last.pairs.push(shown.pair);
        }
    }
    Ok(prompts)
}

fn render(shown: &Shown, reasoning: &Reasoning) -> String {
    let (order, label) = if reasoning.chosen_first {
        (Order::ChosenFirst, LABELS[0])
    } else {
        (Order::ChosenSecond, LABELS[1])
    };
    match shown.outline(order) {
        // A reasoning quotes what it was made from.
        Some(outline) => prompts::foreseen(outline, label),
        None => prompts::judgement(shown.in_order(order), label, &reasoning.text),
    }
}

/// The claims in a reply, at most `count`; a last line that was cut off is none.
pub(super) fn read_claims(reply: &str, finished: bool, count: usize) -> Vec<String> {
    let mut lines: Vec<&str> = reply.lines().collect();
    if !finished && !reply.ends_with(['\n', '.', '!']) {
        lines.pop();
    }
    let mut claims: Vec<String> = Vec::new();
    for claim in lines.into_iter().filter_map(read_claim) {
        if claims.len() < count && !claims.iter().any(|other| other.eq_ignore_ascii_case(&claim)) {
            claims.push(claim);
        }
    }
    claims
}

/// One line as a claim that begins with "You", or nothing where it is no claim.
fn read_claim(line: &str) -> Option<String> {
    let line = line.trim().trim_start_matches(|c: char| !c.is_alphabetic());
    let line = line.replace("**", "");
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = line.trim_end_matches(['"', '”', '*', '.', ' ']);
    let subjects = ["you ", "the person ", "this person ", "they ", "the user ", "he ", "she ", ""];
    let lower = line.to_lowercase();
    // Lower case may have another length in bytes; then the line is not English and holds no claim of ours.
    let (verb, rest) = subjects.iter().find_map(|subject| {
        let after = lower.strip_prefix(subject)?;
        let (word, _) = after.split_once(' ')?;
        let verb = verb(word)?;
        Some((verb, line.get(subject.len() + word.len()..)?.trim()))
    })?;
    let claim = format!("You {verb} {rest}.");
    let one_sentence = !rest.contains(['\n', '?']) && rest.matches(". ").count() == 0;
    (one_sentence && CLAIM_CHARACTERS.contains(&claim.chars().count()) && !names_a_side(rest))
        .then_some(claim)
}

/// The verb of preference in the second person, from any form of it.
fn verb(word: &str) -> Option<&'static str> {
    ["prefer", "like", "value", "enjoy", "appreciate", "favour", "favor", "want", "dislike", "avoid"]
        .into_iter()
        .find(|verb| word.strip_prefix(verb).is_some_and(|end| matches!(end, "" | "s")))
}

/// Whether a text is about the place of an answer, which says nothing about the next choice.
fn names_a_side(text: &str) -> bool {
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let place = |word: &str| matches!(word, "first" | "second" | "1" | "2" | "a" | "b");
    words.windows(2).any(|pair| {
        (matches!(pair[0].as_str(), "first" | "second")
            && matches!(pair[1].as_str(), "answer" | "one" | "response" | "option"))
            || (matches!(pair[0].as_str(), "answer" | "response" | "option")
                && place(&pair[1])
                && pair[1] != "a")
    }) || words.len() <= 1 && words.iter().any(|word| place(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(reply: &str, expected: &[&str]) {
        assert_eq!(read_claims(reply, true, 4), expected, "{reply}");
    }

    #[test]
    fn lines_become_claims_whatever_stands_around_them() {
        check("You prefer short answers.", &["You prefer short answers."]);
        check(
            "1. **You prefer** short answers\n- The person likes jokes.",
            &["You prefer short answers.", "You like jokes."],
        );
        check("Prefers answers with numbered steps", &["You prefer answers with numbered steps."]);
        check("You prefer short answers.\nyou prefer short answers", &["You prefer short answers."]);
    }

    #[test]
    fn no_more_outlines_are_foreseen_than_prompts_hold() {
        let small = most_of_outlines(&Settings::small(1));
        assert_eq!((small.calls, small.prompt_tokens), (3, 3 * FRAME_TOKENS + 12 * OUTLINE_TOKENS));
        let full = most_of_outlines(&Settings::full(1));
        assert_eq!((full.calls, full.prompt_tokens), (3, 3 * FRAME_TOKENS + 36 * OUTLINE_TOKENS));
        let few = Settings { train_pairs: 5, ..Settings::full(1) };
        assert_eq!(most_of_outlines(&few).prompt_tokens, FRAME_TOKENS + 5 * OUTLINE_TOKENS);
        let none = Settings { judgements_a_synthesis: 0, ..Settings::full(1) };
        assert_eq!(most_of_outlines(&none).calls, 0);
    }

    #[test]
    fn what_is_no_claim_is_dropped() {
        check("Here are the claims:\n\nSure!", &[]);
        check("You prefer First", &[]);
        check("You prefer the second answer because it is short", &[]);
        check("You prefer it. It is good. Very good.", &[]);
        check(&format!("You prefer {}", "very ".repeat(80)), &[]);
        check("", &[]);
        check("İİİ you prefer", &[]);
        check(&"\u{0}\u{202e}".repeat(500), &[]);
    }

    #[test]
    fn a_line_that_was_cut_off_is_no_claim() {
        assert_eq!(
            read_claims("You prefer short answers.\nYou prefer answ", false, 4),
            ["You prefer short answers."]
        );
    }
}
