//! The portrait: what holds about a person, in prose made from the claims and nothing else.
//!
//! A template writes it where the model is small; an able model's version is taken only where every one of its
//! sentences comes from the claims and every claim is in it. When no claim held, the portrait says so, and which
//! choices would tell the most.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::claims::{Claim, Source, State};
use super::wording;
use crate::reward::Reward;
use crate::traits::{Group, TABLE, Trait};

/// Who wrote the prose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Writer {
    /// The template.
    Template,
    /// The model, checked against the claims.
    Model,
}

/// Prose about a person, to that person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Portrait {
    /// The text: short paragraphs, parted by empty lines.
    pub text: String,
    /// Who wrote it.
    pub by: Writer,
    /// The claims that it rests on, by id; none where nothing held.
    pub rests_on: Vec<String>,
}

/// Parts of a portrait, in reading order.
const PARTS: [(&str, &[Group]); 4] = [
    ("Length and layout", &[Group::Extent, Group::Layout, Group::Punctuation]),
    ("Wording and tone", &[Group::Wording, Group::Stance, Group::Tone, Group::Address]),
    ("Substance", &[Group::Substance, Group::Fit]),
    ("Beyond style", &[]),
];

/// At most this many claims are told; the rest is in the list of claims.
const MOST_TOLD: usize = 9;

impl Portrait {
    /// Writes the portrait from a template.
    pub(super) fn from_template(claims: &[Claim], reward: &Reward, pairs: usize) -> Self {
        let mut used: Vec<&Claim> = claims.iter().filter(|claim| claim.in_use()).collect();
        used.sort_by(|a, b| sureness(b).total_cmp(&sureness(a)));
        used.truncate(MOST_TOLD);
        let rests_on = used.iter().map(|claim| claim.id.clone()).collect();
        let text = if used.is_empty() { nothing_yet(reward, pairs) } else { prose(&used, pairs) };
        Portrait { text, by: Writer::Template, rests_on }
    }

    /// The model's prose in the place of the template's, where it says what the claims say.
    pub(super) fn rewritten(self, reply: &str, claims: &[Claim]) -> Self {
        let told: Vec<&Claim> = claims.iter().filter(|claim| self.rests_on.contains(&claim.id)).collect();
        match faithful(reply, &told) {
            Some(text) => Portrait { text, by: Writer::Model, ..self },
            None => self,
        }
    }
}

/// Sorts claims: what the person said first, then by certainty and gain.
fn sureness(claim: &Claim) -> f64 {
    let by_hand = if claim.state == State::Pinned { 10.0 } else { 0.0 };
    by_hand + claim.certainty.unwrap_or(0.9) + claim.gain.clamp(0.0, 1.0)
}

fn prose(used: &[&Claim], pairs: usize) -> String {
    let opening = match used.len() {
        1 => format!("One thing holds in your {}.", choices(pairs)),
        n => format!("{} things hold in your {}.", capital(&number(n)), choices(pairs)),
    };
    let mut paragraphs = vec![opening];
    for (title, groups) in PARTS {
        let here: Vec<&Claim> = used.iter().copied().filter(|claim| in_part(claim, groups)).collect();
        if !here.is_empty() {
            paragraphs.push(format!("{title}: {}", sentences(&here)));
        }
    }
    paragraphs.join("\n\n")
}

/// Whether a claim belongs to a part; the last part, without groups, takes what is about no trait.
fn in_part(claim: &Claim, groups: &[Group]) -> bool {
    match claim.row() {
        Some(row) if claim.edited.is_none() && claim.from != Source::Own => groups.contains(&row.group),
        _ => groups.is_empty(),
    }
}

fn sentences(claims: &[&Claim]) -> String {
    claims.iter().map(|claim| sentence(claim)).collect::<Vec<_>>().join(" ")
}

/// One claim with how sure it is: the claim's own words, then the choices that bear on it.
pub(super) fn sentence(claim: &Claim) -> String {
    let words = claim.wording().trim_end_matches('.');
    match ground(claim) {
        Some(ground) => format!("{words}{ground}."),
        None => format!("{words}."),
    }
}

/// What a claim rests on, in words; nothing where the person said it.
fn ground(claim: &Claim) -> Option<String> {
    if claim.from == Source::Own || claim.edited.is_some() {
        return None;
    }
    let (holds, all) = (claim.supports.len(), claim.supports.len() + claim.contradicts.len());
    if claim.about.is_none() {
        return (all > 0)
            .then(|| format!(" (right about {holds} of {all} choices that it was not made from)"));
    }
    let usual = match (claim.usual_weight, &claim.about) {
        // A tenth of log-odds for a usual difference is a leaning that shows.
        (Some(weight), Some(about)) if weight.abs() >= 0.1 && (weight > 0.0) != about.more => {
            ", unlike most people"
        }
        _ => "",
    };
    if holds * 5 >= all * 3 && all > 0 {
        return Some(format!(
            "{usual}: so in {holds} of the {all} choices where the two answers differed in this"
        ));
    }
    // The joint posterior can be sure where the plain count is not: another trait hid it.
    Some(format!("{usual}, other things being equal; the bare count is {holds} of {all}"))
}

/// What to say when no claim held.
fn nothing_yet(reward: &Reward, pairs: usize) -> String {
    if pairs == 0 {
        return "Nothing is known yet. Ten choices between two answers are a start; make them between answers that \
                differ plainly, a short one and a long one for example."
            .into();
    }
    let mut text = format!(
        "Nothing certain yet: in your {} no taste stands out from chance, so nothing is personalised.",
        choices(pairs)
    );
    let leaning = leanings(reward);
    if let Some((row, more, needed)) = leaning.first() {
        let more_pairs = needed.saturating_sub(pairs).max(1);
        let size = match more_pairs {
            0..=60 => format!("about {more_pairs} more such choices would settle it, if it is real"),
            _ => "it would take many more choices to settle".to_owned(),
        };
        text += &format!(" The nearest to a taste is for answers that {}; {size}.", row.phrase(*more));
    }
    let undecided: Vec<&str> =
        leaning.iter().take(3).map(|(row, more, _)| if *more { row.more } else { row.less }).collect();
    if !undecided.is_empty() {
        text += &format!(
            " The most telling choices are between two answers of which one has or is: {}.",
            undecided.join("; ")
        );
    }
    text
}

/// The traits nearest to certainty, with the direction, and how many pairs in all would settle each.
///
/// Certainty grows with the square root of the pairs, so a trait at z standard deviations of n pairs needs
/// n (1.645 / z)² of them for 95%.
fn leanings(reward: &Reward) -> Vec<(&'static Trait, bool, usize)> {
    let mut found: Vec<(&'static Trait, bool, f64)> = TABLE
        .iter()
        .filter_map(|row| {
            let positive = reward.certainty(row.id)?;
            Some((row, positive > 0.5, positive.max(1.0 - positive)))
        })
        .filter(|(_, _, certainty)| *certainty > 0.55)
        .collect();
    found.sort_by(|a, b| b.2.total_cmp(&a.2));
    let needed = |certainty: f64| {
        let z = normal_quantile(certainty.min(0.95));
        (reward.pairs as f64 * (1.645 / z).powi(2)).ceil() as usize
    };
    found.into_iter().map(|(row, more, certainty)| (row, more, needed(certainty))).collect()
}

/// The standard normal's quantile for 0.5 < p < 1 (Abramowitz and Stegun 26.2.23, error below 4.5e-4).
fn normal_quantile(p: f64) -> f64 {
    let t = (-2.0 * (1.0 - p).ln()).sqrt();
    t - (2.515_517 + t * (0.802_853 + t * 0.010_328))
        / (1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308)))
}

fn choices(pairs: usize) -> String {
    if pairs == 1 { "one choice".into() } else { format!("{pairs} choices") }
}

fn number(n: usize) -> String {
    let words = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    words.get(n).map_or_else(|| n.to_string(), |word| (*word).to_owned())
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The model's prose, if it adds nothing to the claims and leaves none out.
///
/// A sentence may hold words of the claims and words that say nothing of taste; a quarter of other words is let pass,
/// as prose needs joints. A number must be one of the claims'.
fn faithful(reply: &str, claims: &[&Claim]) -> Option<String> {
    let text = reply.split_whitespace().collect::<Vec<_>>().join(" ");
    let sources: Vec<BTreeSet<String>> =
        claims.iter().map(|claim| wording::content(&sentence(claim))).collect();
    let all: BTreeSet<String> = sources.iter().flatten().cloned().collect();
    let numbers = |text: &str| -> BTreeSet<String> {
        text.split(|c: char| !c.is_ascii_digit()).filter(|n| !n.is_empty()).map(str::to_owned).collect()
    };
    let known: BTreeSet<String> = claims.iter().flat_map(|claim| numbers(&sentence(claim))).collect();
    let adds_nothing =
        text.split(['.', '!', ';']).filter(|sentence| !sentence.trim().is_empty()).all(|sentence| {
            let said = wording::content(sentence);
            let foreign = said.difference(&all).count();
            foreign * 4 <= said.len() && numbers(sentence).is_subset(&known)
        });
    let written = wording::content(&text);
    let told = |source: &BTreeSet<String>| source.intersection(&written).count() * 2 >= source.len();
    (!text.is_empty() && adds_nothing && sources.iter().all(told)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preference::PairId;

    fn claim(text: &str, holds: usize, fails: usize) -> Claim {
        let ids = |n: usize, salt: &str| (0..n).map(|i| PairId::of(&[], salt, &i.to_string())).collect();
        Claim {
            supports: ids(holds, "+"),
            contradicts: ids(fails, "-"),
            certainty: Some(0.98),
            state: State::Kept,
            gain: 0.05,
            ..Claim::said(text.into(), Source::Traits, Vec::new())
        }
    }

    #[test]
    fn the_portrait_says_what_holds_and_how_often() {
        let claims = [
            claim("You prefer answers that are shorter.", 17, 3),
            claim("You prefer answers that are warmer.", 9, 2),
        ];
        let reward = Reward::unknown(crate::reward::Prior::shipped());
        let portrait = Portrait::from_template(&claims, &reward, 24);
        assert_eq!(
            portrait.text,
            "Two things hold in your 24 choices.\n\n\
             Length and layout: You prefer answers that are shorter: so in 17 of the 20 choices where the two answers \
             differed in this.\n\n\
             Wording and tone: You prefer answers that are warmer: so in 9 of the 11 choices where the two answers \
             differed in this."
        );
    }

    #[test]
    fn the_models_prose_may_add_no_claim_and_leave_none_out() {
        let claims = [
            claim("You prefer answers that are shorter.", 17, 3),
            claim("You prefer answers that are warmer.", 9, 2),
        ];
        let claims: Vec<&Claim> = claims.iter().collect();
        let check = |text: &str, taken| assert_eq!(faithful(text, &claims).is_some(), taken, "{text}");
        check(
            "You prefer shorter answers: so it was in 17 of the 20 choices where the two differed. You also prefer warmer answers, in 9 of the 11 choices where the two differed.",
            true,
        );
        check("You prefer shorter answers, in 17 of 20 choices.", false);
        check(
            "You prefer shorter answers in 17 of 20 choices. You prefer warmer ones in 9 of 11. You love bullet lists and jokes.",
            false,
        );
        check(
            "You prefer shorter answers in 18 of 20 choices where the two differed. You prefer warmer ones in 9 of 11.",
            false,
        );
        check("", false);
    }

    #[test]
    fn when_nothing_holds_it_says_so() {
        let reward = Reward::unknown(crate::reward::Prior::shipped());
        assert!(Portrait::from_template(&[], &reward, 0).text.starts_with("Nothing is known yet."));
        assert!(Portrait::from_template(&[], &reward, 7).text.contains("in your 7 choices no taste"));
    }
}
