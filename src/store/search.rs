//! What a search matches: every word of the query, anywhere in a pair's texts, in any case.
//!
//! There is no index: a scan of the texts in the worker gives its first page early and the rest as it goes, and an
//! index of words would have to be written with each import. What either costs is not measured yet.

/// A query, ready to match many texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    words: Vec<Word>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Word {
    /// Letters of ASCII, lower-cased: matched without lower-casing the text.
    Ascii(Vec<u8>),
    /// Anything else, lower-cased.
    Other(String),
}

/// A query is cut after this many words: more only slow the scan.
const WORDS: usize = 32;

impl Query {
    /// The query's words.
    pub fn new(query: &str) -> Self {
        let word = |word: &str| match word.is_ascii() {
            true => Word::Ascii(word.to_ascii_lowercase().into_bytes()),
            false => Word::Other(word.to_lowercase()),
        };
        Query { words: query.split_whitespace().take(WORDS).map(word).collect() }
    }

    /// Whether everything matches.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Whether all words occur in a row's texts.
    pub fn matches(&self, text: &[u8]) -> bool {
        let mut lower = None;
        self.words.iter().all(|word| match word {
            Word::Ascii(word) => contains_ascii(text, word),
            Word::Other(word) => {
                lower.get_or_insert_with(|| String::from_utf8_lossy(text).to_lowercase()).contains(word)
            }
        })
    }
}

/// Whether `word`, in lower case, occurs in `text` in any case.
fn contains_ascii(text: &[u8], word: &[u8]) -> bool {
    let Some(first) = word.first() else { return true };
    let mut from = 0;
    while let Some(at) = memchr::memchr2(*first, first.to_ascii_uppercase(), &text[from..]) {
        let start = from + at;
        match text.get(start..start + word.len()) {
            None => return false,
            Some(found) if found.eq_ignore_ascii_case(word) => return true,
            Some(_) => from = start + 1,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(query: &str, text: &str, expected: bool) {
        assert_eq!(Query::new(query).matches(text.as_bytes()), expected, "{query:?} in {text:?}");
    }

    #[test]
    fn words_match_in_any_order_and_case() {
        check("", "anything", true);
        check("RUST async", "Async in rust", true);
        check("rust go", "Async in rust", false);
        check("ÄPFEL", "zwei äpfel", true);
        check("空", "空は青い", true);
        check("مرحبا", "قال مرحبا", true);
        check("😀", "a 😀 b", true);
        check("a", "", false);
    }

    proptest! {
        #[test]
        fn agrees_with_lower_casing(word in "[a-cA-C]{1,4}", text in "[a-cA-C ]{0,30}") {
            let expected = text.to_lowercase().contains(&word.to_lowercase());
            prop_assert_eq!(Query::new(&word).matches(text.as_bytes()), expected);
        }

        #[test]
        fn never_panics(query in any::<String>(), text in prop::collection::vec(any::<u8>(), 0..60)) {
            Query::new(&query).matches(&text);
        }
    }
}
