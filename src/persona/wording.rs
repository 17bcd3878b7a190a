//! What a claim in words is about: the trait that it names and in which direction, and which claims say the same.
//!
//! Plain token sets over English, as the claims are English; how each token is meant tells `polarity`. It maps a claim to a trait only where the words of
//! the trait's row are most of the claim; "You prefer answers about short stories" is not about length.

use std::collections::{BTreeMap, BTreeSet};

use super::polarity::{self, Sense, Word};
use crate::traits::TABLE;

/// Two claims whose words overlap by this much (Jaccard) say the same.
const SAME: f64 = 0.6;

/// A trait's words must be at least this part of a claim's.
const MOST_OF_A_CLAIM: f64 = 0.5;

/// Words that say nothing about which trait is meant.
const EMPTY: &[&str] = &[
    "a",
    "an",
    "the",
    "of",
    "in",
    "on",
    "to",
    "and",
    "or",
    "that",
    "which",
    "with",
    "is",
    "are",
    "be",
    "have",
    "has",
    "you",
    "your",
    "prefer",
    "like",
    "value",
    "enjoy",
    "appreciate",
    "favour",
    "favor",
    "want",
    "answer",
    "answers",
    "response",
    "responses",
    "reply",
    "replies",
    "text",
    "ones",
    "it",
    "they",
    "their",
    "very",
    "clear",
    "clearly",
    "noticeably",
    "and",
    "for",
    "when",
    "use",
    "using",
    "include",
    "including",
    "includes",
    "contain",
    "more",
    "many",
    "lot",
    "lots",
    "much",
    "most",
    "style",
    "so",
    "was",
    "were",
    "where",
    "two",
    "also",
    "too",
    "both",
    "this",
    "those",
    "these",
    "over",
    "rather",
    "than",
    "any",
    "at",
    "end",
    "from",
    "as",
    "such",
    "own",
    "kept",
    "keep",
];

/// Words of people for words of the table.
const SYNONYMS: &[(&str, &str)] = &[
    ("concise", "short"),
    ("brief", "short"),
    ("succinct", "short"),
    ("terse", "short"),
    ("compact", "short"),
    ("lengthy", "long"),
    ("detailed", "long"),
    ("thorough", "long"),
    ("comprehensive", "long"),
    ("funny", "humorous"),
    ("humor", "humorous"),
    ("humour", "humorous"),
    ("witty", "humorous"),
    ("jokes", "humorous"),
    ("friendly", "warm"),
    ("kind", "warm"),
    ("casual", "casual"),
    ("informal", "casual"),
    ("simple", "easier read"),
    ("emojis", "emoji"),
    ("bulleted", "bullet point"),
    ("bullets", "bullet point"),
    ("citations", "sources"),
    ("references", "sources"),
    ("warnings", "warnings experts pointer"),
];

/// What a claim is about, stripped to its words, and how each of them is meant.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Meaning {
    words: BTreeMap<String, Sense>,
}

impl Meaning {
    /// Reads a claim.
    pub fn of(text: &str) -> Self {
        Meaning::made_of(&read(text))
    }

    fn made_of(words: &[Word]) -> Self {
        let mut meaning = Meaning { words: BTreeMap::new() };
        for Word { word, sense, .. } in words {
            match SYNONYMS.iter().find(|(synonym, _)| synonym == word) {
                Some((_, plain)) => plain.split(' ').for_each(|word| meaning.say(stem(word), *sense)),
                None => meaning.say(stem(word), *sense),
            }
        }
        meaning
    }

    /// A word that is said and denied in one claim is open.
    fn say(&mut self, word: String, sense: Sense) {
        let said = self.words.entry(word).or_insert(sense);
        if *said != sense {
            *said = Sense::Open;
        }
    }

    /// A name for what is said, the same for the same words in another order.
    pub fn name(&self) -> String {
        // Neither "or" nor "not" is a word of any claim, so no claim has the name of another.
        let named = |(word, sense): (&String, &Sense)| match sense {
            Sense::Said => word.clone(),
            Sense::Denied => format!("not-{word}"),
            Sense::Open => format!("or-not-{word}"),
        };
        format!("said:{}", self.words.iter().map(named).collect::<Vec<_>>().join("-"))
    }

    /// Whether two claims say the same thing, and if so whether they agree. Recipes with meat and recipes without are
    /// opposites, though both are recipes.
    pub fn against(&self, other: &Meaning) -> Option<bool> {
        let shared = self.words.keys().filter(|word| other.words.contains_key(*word)).count();
        let all = self.words.len() + other.words.len() - shared;
        if all == 0 || (shared as f64) < SAME * all as f64 {
            return None;
        }
        match self.alike(other) {
            (0, 0) => None,
            (_, opposite) => Some(opposite == 0),
        }
    }

    /// The trait that the claim names, its place in the table and whether more of it is meant.
    pub fn of_trait(&self) -> Option<(usize, bool)> {
        let mut best: Option<Named> = None;
        for named in self.named() {
            let covers = named.words.len() as f64 >= MOST_OF_A_CLAIM * self.words.len() as f64;
            let longer = best.as_ref().is_none_or(|best| named.words.len() > best.words.len());
            if covers && longer && named.more.is_some() {
                best = Some(named);
            }
        }
        best.and_then(|named| Some((named.index, named.more?)))
    }

    /// Whether a text that has most words of this claim means one of them the other way.
    pub fn is_opposed_by(&self, text: &Meaning) -> bool {
        let shared = self.words.keys().filter(|word| text.words.contains_key(*word)).count();
        shared > 0 && shared as f64 >= SAME * self.words.len() as f64 && self.alike(text).1 > 0
    }

    /// The traits whose words are among these, in the order of the table.
    fn named(&self) -> Vec<Named> {
        let mut all: Vec<Named> = Vec::new();
        for (index, row) in TABLE.iter().enumerate() {
            let [more, less] = [row.more, row.less].map(|phrase| Meaning::of(core(phrase)));
            // "More headings" and "fewer headings" have the same words: the first stands for both.
            let graded = more.words.keys().eq(less.words.keys());
            let phrases = [Some((more, true)), (!graded).then_some((less, false))];
            let mut found: Option<Named> = None;
            for (phrase, is_more) in phrases.into_iter().flatten() {
                let words: BTreeSet<String> = phrase.words.keys().cloned().collect();
                if words.is_empty() || !words.iter().all(|word| self.words.contains_key(word)) {
                    continue;
                }
                let more = match phrase.alike(self) {
                    (1.., 0) => Some(is_more),
                    (0, 1..) => Some(!is_more),
                    _ => None,
                };
                found = Some(match found {
                    Some(other) if other.words.len() > words.len() => other,
                    // "Short or long" is neither.
                    Some(other) if other.words.len() == words.len() => {
                        let agree = other.more.is_none() || more.is_none() || other.more == more;
                        Named { more: if agree { other.more.or(more) } else { None }, ..other }
                    }
                    _ => Named { index, words, more },
                });
            }
            all.extend(found);
        }
        all
    }

    /// How many of the shared words are meant the same in both, and how many the other way; of the rest it is open.
    fn alike(&self, other: &Meaning) -> (usize, usize) {
        let (mut same, mut opposite) = (0, 0);
        for (word, sense) in &self.words {
            match other.words.get(word) {
                Some(theirs) if *theirs == Sense::Open || *sense == Sense::Open => {}
                Some(theirs) if theirs == sense => same += 1,
                Some(_) => opposite += 1,
                None => {}
            }
        }
        (same, opposite)
    }
}

/// A trait whose words are in a text.
struct Named {
    /// Its place in the table.
    index: usize,
    /// The words that name it.
    words: BTreeSet<String>,
    /// Whether more of it is meant, where that can be told.
    more: Option<bool>,
}

/// The traits that a sentence names, each by its place in the table, and whether more of it is meant.
///
/// Each phrase is read by itself, so that "longer, with short sentences" is of both, and the sentence as a whole for traits
/// whose words stand in two phrases.
pub(super) fn traits_of(sentence: &str) -> Vec<(usize, bool)> {
    let words = read(sentence);
    let phrases = words.chunk_by(|a, b| a.phrase == b.phrase).chain([&words[..]]);
    let mut traits = Vec::new();
    for phrase in phrases {
        let named = Meaning::made_of(phrase).named();
        // "Longer words" are not longer answers.
        let is_part = |one: &Named| {
            named.iter().any(|other| other.words.len() > one.words.len() && one.words.is_subset(&other.words))
        };
        traits
            .extend(named.iter().filter(|one| !is_part(one)).filter_map(|one| Some((one.index, one.more?))));
    }
    traits
}

/// The words of a text that carry meaning, cut to their stems.
pub(super) fn content(text: &str) -> BTreeSet<String> {
    words(text)
        .filter(|word| !EMPTY.contains(&word.as_str()) && !word.chars().all(|c| c.is_ascii_digit()))
        .map(|word| stem(&word))
        .collect()
}

/// A row's phrase without what only explains it.
fn core(phrase: &str) -> &str {
    [" in wording", " of their", ", ", " before any", " in tone", " after", " at the", " in a row", " that "]
        .iter()
        .filter_map(|tail| phrase.find(tail))
        .min()
        .map_or(phrase, |at| &phrase[..at])
}

fn read(text: &str) -> Vec<Word> {
    polarity::read(text, |word| EMPTY.contains(&word))
}

fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !(c.is_alphanumeric() || c == '\'' || c == '’'))
        .filter(|word| !word.is_empty())
        .map(|word| word.to_lowercase().replace('’', "'"))
}

/// Cuts endings so that "longer" meets "long" and "steps" meets "step"; crude, and the same on both sides.
fn stem(word: &str) -> String {
    let mut word = word;
    for ending in ["s", "er", "ed", "ing", "ly"] {
        match word.strip_suffix(ending) {
            Some(start) if start.chars().count() >= 3 => word = start,
            _ => {}
        }
    }
    word.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traits::Trait;

    fn check(text: &str, expected: Option<(&str, bool)>) {
        let found = Meaning::of(text).of_trait().map(|(index, more)| (TABLE[index].id, more));
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn a_claim_finds_its_trait() {
        check("You prefer short answers.", Some(("length", false)));
        check("You prefer concise answers.", Some(("length", false)));
        check("You prefer longer answers.", Some(("length", true)));
        check("You prefer answers with bullet points.", Some(("bullets", true)));
        check("You dislike bullet points.", Some(("bullets", false)));
        check("You prefer answers with fewer headings.", Some(("headings", false)));
        check("You prefer short sentences.", Some(("sentence_length", false)));
        check("You like humor.", Some(("humour", true)));
        check("You prefer warm answers.", Some(("warmth", true)));
        check("You prefer numbered steps.", Some(("numbered", true)));
    }

    #[test]
    fn a_negator_elsewhere_turns_no_claim_round() {
        let table = [
            ("You prefer concise answers without jargon.", "length", false),
            ("You prefer short answers with no fluff.", "length", false),
            ("You prefer answers without fluff, short and to the point.", "", false),
            ("You prefer long answers with no headings.", "length", true),
            ("You dislike long answers.", "length", false),
            ("You don't like long answers.", "length", false),
            ("You do not want answers that are too long.", "length", false),
            ("You dislike overly short answers.", "length", true),
            ("You avoid long-winded answers.", "length", false),
            ("You prefer answers that are not long.", "length", false),
            ("You prefer answers no longer than needed.", "length", false),
            ("You prefer short answers over long ones.", "length", false),
            ("You prefer detailed answers rather than brief ones.", "length", true),
            ("You prefer brief, not lengthy, answers.", "length", false),
            ("You prefer short or long answers.", "", false),
            ("You prefer answers without headings and without lists.", "headings", false),
            ("You prefer no emoji and no headings.", "headings", false),
            ("You prefer answers without headings or emoji.", "headings", false),
            ("You dislike headings and emoji.", "headings", false),
            ("You dislike answers without headings.", "headings", true),
            ("You prefer no headings in short answers.", "headings", false),
            ("You prefer few or no headings.", "headings", false),
            ("You prefer a few headings.", "headings", true),
            ("You prefer only a few headings.", "", false),
            ("You don't mind headings.", "", false),
            ("You like headings less.", "", false),
            ("You prefer headings kept to a minimum.", "headings", false),
            ("You prefer bullet points over paragraphs.", "bullets", true),
            ("You prefer more bullet points and fewer headings.", "bullets", true),
            ("You prefer fewer headings and more bullet points.", "bullets", true),
            ("You prefer bullet points, not headings.", "bullets", true),
            ("You prefer emoji-free answers.", "emoji", false),
            ("You prefer less formal and warmer answers.", "formal", false),
            ("You prefer less formal, warm answers.", "formal", false),
            ("You prefer answers that are not only humorous but also warm.", "warmth", true),
            ("You value humour rather than politeness.", "humour", true),
            ("You dislike jokes but like examples.", "humour", false),
            ("You prefer answers that never use emoji.", "emoji", false),
            ("You prefer answers that don't use emoji or jargon.", "emoji", false),
            ("You prefer answers that avoid jargon and use examples.", "examples", true),
        ];
        for (text, id, more) in table {
            // What can't be told is about no trait.
            check(text, (!id.is_empty()).then_some((id, more)));
        }
    }

    #[test]
    fn a_claim_about_something_else_finds_none() {
        check("You prefer answers about the history of Rome in short chapters.", None);
        check("You prefer answers.", None);
        check("", None);
    }

    #[test]
    fn every_row_finds_itself() {
        for row in TABLE {
            for more in [true, false] {
                let found = Meaning::of(&row.claimed(more)).of_trait();
                // Rows whose words are those of another row may be found as that one, never in the wrong direction.
                if let Some((index, direction)) = found
                    && TABLE[index].id == row.id
                {
                    assert_eq!(direction, more, "{}", row.id);
                }
            }
        }
        assert!(Trait::find("length").is_some());
    }

    #[test]
    fn near_duplicates_meet_and_opposites_conflict() {
        let against = |a: &str, b: &str| Meaning::of(a).against(&Meaning::of(b));
        assert_eq!(against("You prefer answers with clear examples.", "You like examples."), Some(true));
        assert_eq!(against("You prefer no examples.", "You like examples."), Some(false));
        assert_eq!(against("You prefer recipes.", "You like examples."), None);
        assert_eq!(against("You dislike examples.", "You don't like examples."), Some(true));
        assert_eq!(against("You prefer recipes without meat.", "You like recipes with meat."), Some(false));
        assert_eq!(against("You prefer recipes without meat.", "You like recipes with no meat."), Some(true));
        assert_eq!(
            against("You dislike stories without cats.", "You dislike stories with cats."),
            Some(false)
        );
        // Once two negators of one claim cancelled out.
        assert_eq!(against("You like no cats and no dogs.", "You like cats and dogs."), Some(false));
        // What it says of cats can't be told.
        assert_eq!(against("You like cats less.", "You like cats."), None);
        assert_eq!(against("", ""), None);
    }

    #[test]
    fn a_name_says_what_is_denied() {
        let check = |text: &str, expected| assert_eq!(Meaning::of(text).name(), expected, "{text}");
        check("You like cats.", "said:cat");
        check("You dislike cats.", "said:not-cat");
        check("You like cats, not dogs.", "said:cat-not-dog");
        check("You like no cats and dogs.", "said:not-cat-or-not-dog");
    }
}
