//! The portrait: what holds about a person, in prose made from the claims and nothing else.
//!
//! A template writes it where the model is small; an able model's version is taken only where every one of its
//! sentences comes from the claims and every claim is in it (`faithful`). When no claim held, the portrait says so, and which
//! choices would tell the most.

use serde::{Deserialize, Serialize};

use super::claims::{About, Claim, Source, State};
use super::faithful::faithful;
use super::likeness::Validation;
use crate::reward::{Prior, Reward};
use crate::traits::{Divides, Group, TABLE, Trait};

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
    ("Length and layout", &[Group::Extent, Group::Layout]),
    ("Wording and tone", &[Group::Punctuation, Group::Wording, Group::Stance, Group::Tone, Group::Address]),
    ("Substance", &[Group::Substance, Group::Fit]),
    ("Beyond style", &[]),
];

/// The certainty at which the reward makes a claim.
const CLAIMED: f64 = 0.8;

/// A difference that anybody sees, in usual differences: of two answers nearly always one is a little shorter.
const CLEAR: f64 = 1.0;

/// So many of the newest pairs of a long history a keeper of it need learn from; a taste is in far fewer.
pub const LEARNED_FROM: usize = 500;

/// At most this many claims are told; the rest is in the list of claims.
const MOST_TOLD: usize = 9;

/// Fewer choices than this settle nothing: the next one or two are what they are by chance.
const FEWEST_MORE: usize = 5;

/// And so much of what went along with them.
const MOST_ALONG: usize = 3;

impl Portrait {
    /// Writes the portrait from a template.
    pub(super) fn from_template(
        claims: &[Claim],
        reward: &Reward,
        validation: &Validation,
        pairs: usize,
    ) -> Self {
        let mut used: Vec<&Claim> = claims.iter().filter(|claim| claim.in_use()).collect();
        used.sort_by(|a, b| sureness(b).total_cmp(&sureness(a)));
        used.truncate(MOST_TOLD);
        let rests_on = used.iter().map(|claim| claim.id.clone()).collect();
        let text = if used.is_empty() {
            nothing_yet(reward, pairs)
        } else {
            prose(&used, went_along(claims, &used, reward), validation, pairs)
        };
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

    /// Whether the prose says how well choices are foretold.
    pub fn foretells(&self) -> bool {
        self.text.contains(FORETOLD)
    }
}

/// How what is foretold begins.
const FORETOLD: &str = "Learned from your earlier choices alone, your taste foretells";

/// Sorts claims: what the person said first, then by certainty and gain.
fn sureness(claim: &Claim) -> f64 {
    let by_hand = if claim.state == State::Pinned { 10.0 } else { 0.0 };
    by_hand + claim.certainty.unwrap_or(0.9) + claim.gain.clamp(0.0, 1.0)
}

fn prose(used: &[&Claim], went_along: Option<String>, validation: &Validation, pairs: usize) -> String {
    let (own, found): (Vec<&Claim>, Vec<&Claim>) = used.iter().partition(|claim| is_their_words(claim));
    let mut paragraphs = Vec::new();
    if !found.is_empty() {
        let what = match found.len() {
            1 => "One thing holds".to_owned(),
            n => format!("{} things hold", capital(&number(n))),
        };
        paragraphs.push(format!(
            "{what} in your {}, checked on choices that {} drawn from.",
            choices(pairs),
            if found.len() == 1 { "it was not" } else { "they were not" }
        ));
    }
    let mut explained = false;
    for (title, groups) in PARTS {
        let here: Vec<&Claim> = found.iter().copied().filter(|claim| in_part(claim, groups)).collect();
        if !here.is_empty() {
            paragraphs.push(format!("{title}: {}", part(&here, &mut explained)));
        }
    }
    if !own.is_empty() {
        let sentences: Vec<String> = own.iter().map(|claim| sentence(claim)).collect();
        paragraphs.push(format!("In your own words: {}", sentences.join(" ")));
    }
    paragraphs.extend(along(used));
    paragraphs.extend(went_along);
    paragraphs.extend(foretold(validation));
    paragraphs.join("\n\n")
}

/// What the choices can't part from the rest, where there is something.
fn along(used: &[&Claim]) -> Option<String> {
    let (along, others): (Vec<&Claim>, Vec<&Claim>) =
        used.iter().partition(|claim| claim.along && by_template(claim));
    let phrase = |claim: &&Claim| Some(claim.row()?.phrase(claim.about.as_ref()?.more));
    let phrases: Vec<String> = along.iter().filter_map(phrase).collect();
    match (phrases.len(), &others[..]) {
        // What it came together with may have been dropped or refused.
        (0, _) | (1, []) => None,
        // All go along with the one that is left, or with one that was: none is to be told from any other.
        (2.., others) if others.iter().all(|head| head.from != Source::Own) && others.len() < 2 => {
            Some("In your choices all of this came together: which of it matters by itself is open.".into())
        }
        _ => Some(format!(
            "That answers {} came together with the rest in your choices: which of it matters by itself is open.",
            list(&phrases)
        )),
    }
}

/// What the choices show beyond doubt and nothing is made of, since what is claimed explains it as well: who takes the long
/// answer each time takes more examples each time. Whoever reads of the length alone would miss it.
fn went_along(claims: &[Claim], used: &[&Claim], reward: &Reward) -> Option<String> {
    if !used.iter().any(|claim| by_template(claim)) {
        return None;
    }
    // A whole and its part are one, and what was refused, dropped or found to tell nothing is not said either.
    let is_told = |row: &Trait| {
        claims.iter().filter_map(Claim::row).any(|other| other.id == row.id || other.is_nested_with(row))
    };
    // How long and how rich words and sentences are goes with the length by itself.
    let by_itself = |row: &Trait| !matches!(row.group, Group::Extent | Group::Wording | Group::Punctuation);
    let divides = |row: &Trait| !row.surface && row.divides != Divides::Little;
    let rest = TABLE.iter().filter(|row| divides(row) && by_itself(row) && !is_told(row));
    let mut found: Vec<_> = rest.filter_map(|row| Some((row, reward.beyond_doubt(row.id)?))).collect();
    found.sort_by_key(|(_, (_, holds, all))| std::cmp::Reverse(2 * holds - all));
    found.truncate(MOST_ALONG);
    found.sort_by_key(|(row, _)| row.verb);
    let said = phrases(
        found.into_iter().map(|(row, (more, holds, all))| (row, more, format!(" ({holds} of {all})"))),
    );
    (!said.is_empty()).then(|| {
        format!(
            "The answers that you took also {said}. What is said above explains that as well, so nothing is made of it."
        )
    })
}

/// Whether the person wrote it: nobody checked that, and it stands.
fn is_their_words(claim: &Claim) -> bool {
    claim.from == Source::Own || claim.edited.is_some()
}

/// Whether a claim belongs to a part; the last part, without groups, takes what is about no trait.
fn in_part(claim: &Claim, groups: &[Group]) -> bool {
    match claim.row() {
        Some(row) if by_template(claim) => groups.contains(&row.group),
        _ => groups.is_empty(),
    }
}

/// Whether a claim has the table's words, which can be joined into one sentence.
fn by_template(claim: &Claim) -> bool {
    claim.row().is_some() && !is_their_words(claim) && claim.from == Source::Traits
}

/// The claims of one part: those with the table's words in one sentence, any other in one of its own. The first count of
/// all is explained, the others are read like it.
fn part(claims: &[&Claim], explained: &mut bool) -> String {
    let (joined, own): (Vec<&Claim>, Vec<&Claim>) = claims.iter().partition(|claim| by_template(claim));
    let mut sentences: Vec<String> = Vec::new();
    for (usual, beginning) in [
        (Usual::Unknown, "You"),
        (Usual::Unlike, "Unlike most people, you"),
        (Usual::Like, "Like most people, you"),
    ] {
        let here: Vec<&Claim> = joined.iter().copied().filter(|claim| Usual::of(claim) == usual).collect();
        if !here.is_empty() {
            let also = if sentences.is_empty() { "" } else { " also" };
            sentences.push(format!("{beginning}{also} prefer answers that {}.", likes(&here, explained)));
        }
    }
    sentences.extend(own.iter().map(|claim| sentence(claim)));
    sentences.join(" ")
}

/// What several claims say of answers: "are shorter (17 of 20), more formal (9 of 11) and have fewer headings (8 of 9)".
fn likes(claims: &[&Claim], explained: &mut bool) -> String {
    phrases(claims.iter().filter_map(|claim| {
        let (row, about) = claim.row().zip(claim.about.as_ref())?;
        Some((row, about.more, like(claim, explained)))
    }))
}

/// Traits with a direction and what is added to each, as one list in which no verb is said twice running.
fn phrases<'a>(said: impl Iterator<Item = (&'a Trait, bool, String)>) -> String {
    let mut verb = "";
    let mut items = Vec::new();
    for (row, more, added) in said {
        let phrase = row.phrase(more);
        let phrase = if row.verb == verb { phrase[verb.len()..].trim_start() } else { &phrase };
        items.push(format!("{phrase}{added}"));
        verb = row.verb;
    }
    list(&items)
}

/// What one trait rests on, in brackets: the first count of all is explained, "(17 of the 20 choices that clearly differ in
/// it)", the others are read like it.
fn like(claim: &Claim, explained: &mut bool) -> String {
    let Some(count) = count(claim) else { return String::new() };
    let text = match count {
        Count::Shows { holds, all } if *explained => format!("{holds} of {all}"),
        count => count.in_full(),
    };
    *explained |= matches!(count, Count::Shows { .. });
    format!(" ({text})")
}

/// One claim as a sentence: its own words, then what it rests on.
pub(super) fn sentence(claim: &Claim) -> String {
    let usual = match Usual::of(claim) {
        Usual::Like => ", as most people do",
        Usual::Unlike => ", unlike most people",
        Usual::Unknown => "",
    };
    let ground = count(claim).map(|count| format!(" ({}{usual})", count.in_full()));
    format!("{}{}.", claim.wording().trim_end_matches('.'), ground.unwrap_or_default())
}

/// What most people lean to in a trait is worth at least this much by itself: log-odds a usual difference.
const LEANS: f64 = 0.05;

/// How most people stand to what a claim says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Usual {
    /// They like it too.
    Like,
    /// They lean the other way.
    Unlike,
    /// Nothing is to be said of them.
    Unknown,
}

impl Usual {
    fn of(claim: &Claim) -> Self {
        match (claim.usual_weight, &claim.about) {
            _ if claim.shared => Usual::Like,
            // A tenth of log-odds for a usual difference is a leaning that shows. It has all that goes along with the trait
            // in this person's choices; most people are said to lean the other way where they do in the trait itself.
            (Some(weight), Some(about))
                if weight.abs() >= 0.1 && (weight > 0.0) != about.more && Usual::is_against(about) =>
            {
                Usual::Unlike
            }
            _ => Usual::Unknown,
        }
    }

    /// Whether most people lean the other way in the trait itself.
    fn is_against(about: &About) -> bool {
        let itself = Prior::shipped().mean.get(&about.id).copied().unwrap_or_default();
        LEANS <= if about.more { -itself } else { itself }
    }
}

/// In how many of the choices that bear on a claim it holds.
#[derive(Clone, Copy)]
enum Count {
    /// Choices that the model was right about by it.
    Right { holds: usize, all: usize },
    /// Choices that differ in the trait by more than an accident.
    Shows { holds: usize, all: usize },
    /// The same where the bare count does not show it: the joint posterior can be sure where another trait hid it.
    Hidden { holds: usize, all: usize },
}

impl Count {
    fn in_full(self) -> String {
        match self {
            Count::Right { holds, all } => format!("right about {holds} of {all} choices"),
            Count::Shows { holds, all } if holds == all && all > 1 => {
                format!("all {all} choices that noticeably differ in it")
            }
            Count::Shows { holds, all } => {
                format!("{holds} of the {all} choices that noticeably differ in it")
            }
            Count::Hidden { all: 0, .. } => "all else being equal".to_owned(),
            Count::Hidden { holds, all } => {
                format!("all else being equal; by the bare count {holds} of {all}")
            }
        }
    }
}

/// What a claim rests on; nothing where the person said it.
fn count(claim: &Claim) -> Option<Count> {
    if is_their_words(claim) {
        return None;
    }
    let (holds, all) = (claim.supports.len(), claim.supports.len() + claim.contradicts.len());
    if claim.about.is_none() {
        return (all > 0).then_some(Count::Right { holds, all });
    }
    let shows = holds * 5 >= all * 3 && all > 0;
    Some(if shows { Count::Shows { holds, all } } else { Count::Hidden { holds, all } })
}

/// How well the newest choices are foretold from the older ones, against what fits most people.
fn foretold(validation: &Validation) -> Option<String> {
    let (prior, reward) = (validation.prior?, validation.reward?);
    let right = |share: f64| Validation::right(share, validation.pairs);
    // Of what foretells no better than that, the rest of the portrait is to be taken with care.
    let care = match reward < prior || reward <= 0.5 {
        true => {
            " So far that is no better, and what is said above may yet be chance; more choices will tell."
        }
        false => "",
    };
    // Fewer choices than this tell nothing.
    (validation.pairs >= 5).then(|| {
        format!(
            "{FORETOLD} {} of the last {}; what most people like foretells {}.{care}",
            right(reward),
            validation.pairs,
            right(prior)
        )
    })
}

/// What to say when no claim held.
fn nothing_yet(reward: &Reward, pairs: usize) -> String {
    if pairs == 0 {
        return "Nothing is known yet. Ten choices between two answers are a start; make them between answers that \
                differ plainly, a short one and a long one for example."
            .into();
    }
    let mut text = format!(
        "Nothing is certain yet: in your {} no taste stands out from chance and from what most people like, so nothing \
         is claimed and no prompt is changed.",
        choices(pairs)
    );
    let leaning = leanings(reward);
    if let Some(Leaning { row, more, needed }) = leaning.first() {
        let size = match needed.saturating_sub(pairs).max(FEWEST_MORE) {
            // From so few, how many more it takes is a guess.
            _ if pairs < FEWEST_MORE * 2 => String::new(),
            more @ ..=60 => format!("; about {more} more choices could settle it, if it is real"),
            _ => "; it would take well over sixty more choices to settle".to_owned(),
        };
        text += &format!(" The nearest is a taste for answers that {}{size}.", row.phrase(*more));
    }
    let undecided: Vec<String> = leaning
        .iter()
        .take(3)
        .filter_map(|Leaning { row, more, .. }| {
            let words = row.step(if *more { CLEAR } else { -CLEAR })?;
            // What stands behind a comma only explains.
            let words = words.split(", ").next().unwrap_or(&words);
            Some(format!("{} {words}", if row.verb == "are" { "is" } else { "has" }))
        })
        .collect();
    text += &if undecided.is_empty() {
        " Ten more choices would tell something, between answers that differ plainly: a short one and a long one for \
         example."
            .to_owned()
    } else {
        format!(" Choices tell most where one of the two answers {}.", alternatives(&undecided))
    };
    text + " Meanwhile answers are ranked by what most people like, and by the little that your choices lean."
}

/// A trait that is not settled yet: the direction in which the person leans away from people in general, and how many
/// pairs in all would settle it.
struct Leaning {
    row: &'static Trait,
    more: bool,
    needed: usize,
}

/// The traits nearest to a taste of the person's own, the nearest first.
///
/// Log-odds grow evenly with the pairs that bear on them: a trait that n pairs brought from its prior log-odds some of
/// the way to a claim's needs as many more for the rest of the way.
fn leanings(reward: &Reward) -> Vec<Leaning> {
    let unknown = Reward::unknown(Prior::shipped());
    let mut found: Vec<(f64, Leaning)> = TABLE
        .iter()
        .filter_map(|row| {
            let ((raised, lowered), (raised_before, lowered_before)) =
                (reward.departure(row.id)?, unknown.departure(row.id)?);
            let more = raised > lowered;
            let (now, before) = if more { (raised, raised_before) } else { (lowered, lowered_before) };
            let grown = log_odds(now) - log_odds(before);
            let needed = reward.pairs as f64 * (log_odds(CLAIMED) - log_odds(before)) / grown;
            (grown > 0.1).then(|| (now, Leaning { row, more, needed: needed.ceil() as usize }))
        })
        .collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found.into_iter().map(|(_, leaning)| leaning).collect()
}

fn log_odds(p: f64) -> f64 {
    let p = p.clamp(1e-6, 1.0 - 1e-6);
    libm::log(p / (1.0 - p))
}

/// "a", "a and b", "a, b and c".
fn list(items: &[String]) -> String {
    joined(items, "and")
}

/// "a", "a or b", "a, b or c".
fn alternatives(items: &[String]) -> String {
    joined(items, "or")
}

fn joined(items: &[String], word: &str) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} {word} {last}", most.join(", ")),
    }
}

fn choices(pairs: usize) -> String {
    match pairs {
        1 => "one choice".into(),
        // There may be more than these.
        LEARNED_FROM => format!("newest {pairs} choices"),
        _ => format!("{pairs} choices"),
    }
}

fn number(n: usize) -> String {
    let words = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    words.get(n).map_or_else(|| n.to_string(), |word| (*word).to_owned())
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::preference::PairId;
    use crate::reward::Observation;
    use crate::traits::Difference;

    /// A claim that is kept, with so many pairs for it and against it.
    pub fn claim(text: &str, holds: usize, fails: usize) -> Claim {
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

    fn portrait(claims: &[Claim], pairs: usize) -> String {
        let validation =
            Validation { pairs: 8, prior: Some(0.5), reward: Some(0.75), ..Validation::default() };
        Portrait::from_template(claims, &Reward::unknown(Prior::shipped()), &validation, pairs).text
    }

    #[test]
    fn a_long_history_is_told_to_be_its_newest_part() {
        assert_eq!(choices(LEARNED_FROM), "newest 500 choices");
        assert_eq!(choices(LEARNED_FROM - 1), "499 choices");
    }

    #[test]
    fn the_portrait_says_what_holds_and_how_often() {
        let mut claims = vec![
            claim("You prefer answers that are shorter.", 17, 3),
            claim("You prefer answers that have fewer headings.", 4, 5),
            claim("You prefer answers that are less formal in wording.", 9, 2),
        ];
        claims[2].usual_weight = Some(0.2);
        claims.push(Claim { from: Source::Reasoning, ..claim("You like stories about cats.", 7, 2) });
        claims.push(Claim::own("No spoilers, please."));
        assert_eq!(
            portrait(&claims, 24),
            "Four things hold in your 24 choices, checked on choices that they were not drawn from.\n\n\
             Length and layout: You prefer answers that are shorter (17 of the 20 choices that noticeably differ in it) and have \
             fewer headings (all else being equal; by the bare count 4 of 9).\n\n\
             Wording and tone: Unlike most people, you prefer answers that are less formal in wording (9 of 11).\n\n\
             Beyond style: You like stories about cats (right about 7 of 9 choices).\n\n\
             In your own words: No spoilers, please.\n\n\
             Learned from your earlier choices alone, your taste foretells 6 of the last 8; what most people like \
             foretells 4."
        );
    }

    #[test]
    fn what_most_people_like_too_is_said_to_be() {
        let longer = Claim {
            shared: true,
            usual_weight: Some(0.4),
            ..claim("You prefer answers that are longer.", 20, 0)
        };
        let text = portrait(&[longer], 20);
        assert!(
            text.contains("Like most people, you prefer answers that are longer (all 20 choices that noticeably differ in it)."),
            "{text}"
        );
        let laid_out = ["have more paragraphs", "have more headings"]
            .map(|what| Claim { shared: true, ..claim(&format!("You prefer answers that {what}."), 9, 1) });
        let [paragraphs, headings] = laid_out;
        let text =
            portrait(&[claim("You prefer answers that are shorter.", 18, 2), paragraphs, headings], 24);
        assert!(
            text.contains(
                "You prefer answers that are shorter (18 of the 20 choices that noticeably differ in it). Like most people, you also \
                 prefer answers that have more paragraphs (9 of 10) and more headings (9 of 10)."
            ),
            "{text}"
        );
    }

    #[test]
    fn what_comes_along_is_said_to() {
        let mut claims = [
            claim("You prefer answers that are less hedged.", 15, 0),
            claim("You prefer answers that have fewer emoji.", 16, 0),
            claim("You prefer answers that are cooler in tone.", 12, 0),
        ];
        assert!(!portrait(&claims, 16).contains("by itself"));
        claims[1].along = true;
        claims[2].along = true;
        let text = portrait(&claims, 16);
        assert!(
            text.contains(
                "In your choices all of this came together: which of it matters by itself is open."
            ),
            "{text}"
        );
        claims[1].along = false;
        let text = portrait(&claims, 16);
        let expected = "That answers are cooler in tone came together with the rest in your choices: which of it matters by \
                        itself is open.";
        assert!(text.contains(expected), "{text}");
    }

    #[test]
    fn what_went_along_beyond_doubt_is_said_and_nothing_made_of_it() {
        let pair = |at: usize| {
            let mut values = vec![0.0; TABLE.len()];
            for (id, every) in [("length", 1), ("analogies", 1), ("warmth", 2), ("paragraphs", 1)] {
                let (index, _) = Trait::find(id).unwrap();
                values[index] = if at.is_multiple_of(every) { 1.0 } else { -1.0 };
            }
            Observation { difference: Difference::from_values(values), weight: 1.0 }
        };
        let seen: Vec<Observation> = (0..12).map(pair).collect();
        let reward = Reward::learn(Prior::shipped(), &seen);
        let told =
            |claims: &[Claim]| Portrait::from_template(claims, &reward, &Validation::default(), 12).text;
        let longer = claim("You prefer answers that are longer.", 12, 0);
        let text = told(std::slice::from_ref(&longer));
        // Paragraphs are a part of the length, and half of the choices are no habit.
        let expected =
            "The answers that you took also have more analogies (12 of 12). What is said above explains";
        assert!(text.contains(expected), "{text}");
        let refused =
            Claim { state: State::Refused, ..claim("You prefer answers that have more analogies.", 12, 0) };
        assert!(!told(&[longer, refused]).contains("analogies"));
        assert!(!told(&[Claim::own("No spoilers, please.")]).contains("also have"));
    }

    #[test]
    fn when_nothing_holds_it_says_so() {
        assert!(portrait(&[], 0).starts_with("Nothing is known yet."));
        assert!(portrait(&[], 7).contains("in your 7 choices no taste"));
    }

    #[test]
    fn what_would_tell_most_is_a_difference_that_anybody_sees() {
        let alike = Observation { difference: Difference::from_values(vec![0.0; TABLE.len()]), weight: 1.0 };
        let longer = |length: f64| {
            let mut values = vec![0.0; TABLE.len()];
            values[0] = length;
            Observation { difference: Difference::from_values(values), weight: 1.0 }
        };
        let seen = [longer(-0.8), longer(-0.6), alike];
        let text = nothing_yet(&Reward::learn(Prior::shipped(), &seen), 3);
        assert!(text.contains("Choices tell most where one of the two answers is clearly shorter"), "{text}");
    }

    #[test]
    fn a_choice_that_nothing_decides_is_half_foretold() {
        let validation =
            Validation { pairs: 6, prior: Some(0.5), reward: Some(4.5 / 6.0), ..Validation::default() };
        let text = foretold(&validation).unwrap();
        assert!(text.contains("foretells 4.5 of the last 6; what most people like foretells 3."), "{text}");
    }
}
