//! What a claim in words is about: the trait that it names and in which direction, and which claims say the same.
//!
//! Plain token sets over English, as the claims are English. It maps a claim to a trait only where the words of
//! the trait's row are most of the claim; "You prefer answers about short stories" is not about length.

use std::collections::BTreeSet;

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

/// Words that turn a claim round.
const LESS: &[&str] =
    &["fewer", "less", "few", "little", "no", "not", "without", "avoid", "dislike", "don't", "never", "lack"];

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

/// What a claim is about, stripped to its words.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Meaning {
    words: BTreeSet<String>,
    less: bool,
}

impl Meaning {
    /// Reads a claim.
    pub fn of(text: &str) -> Self {
        let mut meaning = Meaning { words: BTreeSet::new(), less: false };
        for word in words(text) {
            if LESS.contains(&word.as_str()) {
                meaning.less = !meaning.less;
            } else if let Some((_, plain)) = SYNONYMS.iter().find(|(synonym, _)| *synonym == word) {
                meaning.words.extend(plain.split(' ').map(stem));
            } else if !EMPTY.contains(&word.as_str()) {
                meaning.words.insert(stem(&word));
            }
        }
        meaning
    }

    /// A name for what is said, the same for the same words in another order.
    pub fn name(&self) -> String {
        let words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        format!("said:{}{}", if self.less { "not-" } else { "" }, words.join("-"))
    }

    /// Whether two claims say the same thing, and if so whether they agree.
    pub fn against(&self, other: &Meaning) -> Option<bool> {
        let shared = self.words.intersection(&other.words).count();
        let all = self.words.union(&other.words).count();
        let same = all > 0 && shared as f64 / all as f64 >= SAME;
        same.then_some(self.less == other.less)
    }

    /// The trait that the claim names, its place in the table and whether more of it is meant.
    pub fn of_trait(&self) -> Option<(usize, bool)> {
        let mut best: Option<(usize, usize, bool)> = None;
        for (index, row) in TABLE.iter().enumerate() {
            let graded = Meaning::of(core(row.more)).words == Meaning::of(core(row.less)).words;
            for (phrase, more) in [(row.more, true), (row.less, false)] {
                let named = Meaning::of(core(phrase));
                let covers = named.words.len() as f64 >= MOST_OF_A_CLAIM * self.words.len() as f64;
                // "more headings" and "fewer headings" have the same words: the first stands for both.
                let twin = graded && !more;
                if twin || named.words.is_empty() || !covers || !named.words.is_subset(&self.words) {
                    continue;
                }
                if best.is_none_or(|(_, words, _)| named.words.len() > words) {
                    best = Some((index, named.words.len(), more == (named.less == self.less)));
                }
            }
        }
        best.map(|(index, _, more)| (index, more))
    }
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
    fn a_claim_about_something_else_finds_none() {
        check("You prefer answers about the history of Rome in short chapters.", None);
        check("You prefer answers.", None);
        check("", None);
    }

    #[test]
    fn every_row_finds_itself() {
        for row in TABLE {
            for more in [true, false] {
                let found = Meaning::of(&format!("You prefer answers that {}.", row.phrase(more))).of_trait();
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
        assert_eq!(against("", ""), None);
    }
}
