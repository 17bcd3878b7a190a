//! Tokens that are looked for in a text before anything else is cut: marks of turns, and texts that are one token
//! wherever they stand.
//!
//! llama.cpp takes the longest token first, takes out its occurrences from left to right, and goes on with the next one
//! in what is left. A vocabulary may have thousands of these (Gemma 3's has 6,414), so here one walk over the text
//! finds out which occur, and the rest is done with those alone.

use std::collections::BTreeMap;

use super::Vocabulary;
use super::vocabulary::TokenKind;

/// Marks after which spaces stay even in vocabularies whose marks swallow them.
const KEEP_SPACES: [&str; 3] = ["<unk>", "<s>", "<|endoftext|>"];

/// The texts of these tokens, ready to be found.
pub struct Marks {
    /// Text and token, ordered by text: what begins alike lies together.
    by_text: Vec<(Box<str>, Mark)>,
    /// For each byte, the part of `by_text` that begins with it.
    by_first_byte: Vec<(usize, usize)>,
}

struct Mark {
    token: u32,
    /// Its place in the order in which tokens are taken: longest text first, then lowest number.
    turn: u32,
    /// Whether it is a text of people's rather than a mark.
    is_text: bool,
    /// Whether spaces after it are no part of the text.
    strips: bool,
}

/// A part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fragment<'t> {
    /// To be cut further.
    Text(&'t str),
    /// A token that was found.
    Mark(u32),
}

impl Marks {
    /// The marks of a vocabulary; `strip` says whether they swallow the spaces after them, as Phi 3's do.
    pub fn new(vocabulary: &Vocabulary, strip: bool) -> Marks {
        let mut tokens: Vec<(Box<str>, u32, TokenKind)> = (0..vocabulary.len() as u32)
            .filter_map(|token| {
                let kind = vocabulary.kind(token)?;
                let text = std::str::from_utf8(vocabulary.bytes(token)?).ok()?;
                let counts = matches!(kind, TokenKind::Control | TokenKind::UserDefined | TokenKind::Unknown);
                (counts && !text.is_empty()).then(|| (text.into(), token, kind))
            })
            .collect();
        tokens.sort_by_key(|(text, ..)| std::cmp::Reverse(text.len()));
        let mark = |(turn, (text, token, kind)): (u32, (Box<str>, u32, TokenKind))| {
            let strips = strip && !KEEP_SPACES.contains(&&*text);
            (text, Mark { token, turn, is_text: kind == TokenKind::UserDefined, strips })
        };
        let mut by_text: Vec<(Box<str>, Mark)> = (0_u32..).zip(tokens).map(mark).collect();
        by_text.sort_by(|(a, _), (b, _)| a.as_bytes().cmp(b.as_bytes()));
        let mut by_first_byte = vec![(0, 0); 256];
        for (at, (text, _)) in by_text.iter().enumerate() {
            let (from, to) = &mut by_first_byte[usize::from(text.as_bytes()[0])];
            if *from == *to {
                *from = at;
            }
            *to = at + 1;
        }
        Marks { by_text, by_first_byte }
    }

    /// Cuts `text` at the marks; of people's texts among them only, unless `parsed`.
    pub fn cut<'t>(&self, text: &'t str, parsed: bool) -> Vec<Fragment<'t>> {
        let mut fragments = Vec::new();
        if !text.is_empty() {
            fragments.push(Fragment::Text(text));
        }
        for (written, mark) in self.occurring(text, |mark| parsed || mark.is_text) {
            let mut cut = Vec::with_capacity(fragments.len() + 2);
            for fragment in fragments {
                match fragment {
                    Fragment::Text(text) => take_out(text, written, mark, &mut cut),
                    Fragment::Mark(_) => cut.push(fragment),
                }
            }
            fragments = cut;
        }
        fragments
    }

    /// The marks that occur in `text`, people's texts not counted, in the order in which they are taken.
    pub fn written_in(&self, text: &str) -> impl Iterator<Item = &str> {
        self.occurring(text, |mark| !mark.is_text).map(|(written, _)| written)
    }

    /// The marks that count and occur in `text`, in the order in which they are taken.
    fn occurring(&self, text: &str, counts: impl Fn(&Mark) -> bool) -> impl Iterator<Item = (&str, &Mark)> {
        // By turn, where in `by_text`.
        let mut found = BTreeMap::new();
        self.each_occurrence(text, |index, mark| {
            if counts(mark) {
                found.insert(mark.turn, index);
            }
        });
        found.into_values().map(|index| (&*self.by_text[index].0, &self.by_text[index].1))
    }

    /// Calls `each` with every occurrence of a mark, overlapping ones too, and the mark's place in `by_text`.
    fn each_occurrence(&self, text: &str, mut each: impl FnMut(usize, &Mark)) {
        let bytes = text.as_bytes();
        for (at, first) in bytes.iter().enumerate() {
            // The marks that agree with the text so far; one that ends here stands first among them.
            let (mut from, mut to) = self.by_first_byte[usize::from(*first)];
            let mut depth = 1;
            while from < to {
                let (shortest, mark) = &self.by_text[from];
                if shortest.len() == depth {
                    each(from, mark);
                    from += 1;
                    continue;
                }
                let Some(next) = bytes.get(at + depth) else { break };
                let marks = &self.by_text[from..to];
                to = from + marks.partition_point(|(text, _)| text.as_bytes()[depth] <= *next);
                from += marks.partition_point(|(text, _)| text.as_bytes()[depth] < *next);
                depth += 1;
            }
        }
    }
}

/// Adds the parts of `text` with each occurrence of `written` as the mark that it is.
fn take_out<'t>(text: &'t str, written: &str, mark: &Mark, parts: &mut Vec<Fragment<'t>>) {
    for (index, mut between) in text.split(written).enumerate() {
        if index > 0 {
            parts.push(Fragment::Mark(mark.token));
            if mark.strips {
                between = between.trim_start_matches([' ', '\t', '\n', '\u{b}', '\u{c}', '\r']);
            }
        }
        if !between.is_empty() {
            parts.push(Fragment::Text(between));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn vocabulary(texts: &[&str], kind: impl Fn(usize) -> i32) -> Vocabulary {
        Vocabulary::of(texts, &(0..texts.len()).map(kind).collect::<Vec<_>>())
    }

    /// The definition, word for word: token by token, fragment by fragment.
    fn reference<'t>(vocabulary: &Vocabulary, text: &'t str, parsed: bool) -> Vec<Fragment<'t>> {
        let mut tokens: Vec<u32> = (0..vocabulary.len() as u32).collect();
        tokens.sort_by_key(|token| std::cmp::Reverse(vocabulary.bytes(*token).unwrap().len()));
        let mut fragments = vec![Fragment::Text(text)];
        for token in tokens {
            if !parsed && vocabulary.kind(token) != Some(TokenKind::UserDefined) {
                continue;
            }
            let mark = std::str::from_utf8(vocabulary.bytes(token).unwrap()).unwrap();
            fragments = fragments
                .into_iter()
                .flat_map(|fragment| {
                    let Fragment::Text(text) = fragment else { return vec![fragment] };
                    let between = text.split(mark).map(Fragment::Text);
                    let mut parts: Vec<_> = between.flat_map(|part| [part, Fragment::Mark(token)]).collect();
                    parts.pop();
                    parts
                })
                .filter(|fragment| *fragment != Fragment::Text(""))
                .collect();
        }
        fragments.retain(|fragment| *fragment != Fragment::Text(""));
        fragments
    }

    proptest! {
        #[test]
        fn agrees_with_reference(
            texts in prop::collection::btree_set("[abé]{1,4}", 1..12),
            text in "[abcé]{0,40}",
            parsed: bool,
            kinds in prop::collection::vec(prop_oneof![Just(3), Just(4)], 12),
        ) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let vocabulary = vocabulary(&texts, |at| kinds[at]);
            let marks = Marks::new(&vocabulary, false);
            prop_assert_eq!(marks.cut(&text, parsed), reference(&vocabulary, &text, parsed));
            let written = |(at, mark): &(usize, &&str)| kinds[*at] == 3 && text.contains(**mark);
            let mut expected: Vec<&str> = texts.iter().enumerate().filter(written).map(|(_, mark)| *mark).collect();
            expected.sort_by_key(|mark| std::cmp::Reverse(mark.len()));
            prop_assert_eq!(marks.written_in(&text).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn a_mark_may_swallow_the_spaces_after_it() {
        let vocabulary = vocabulary(&["<a>", "<s>"], |_| 3);
        let fragments = |strip| Marks::new(&vocabulary, strip).cut(" <a> \n b<s> <a> ", true);
        use Fragment::{Mark, Text};
        assert_eq!(fragments(true), [Text(" "), Mark(0), Text("b"), Mark(1), Text(" "), Mark(0)]);
        let kept = [Text(" "), Mark(0), Text(" \n b"), Mark(1), Text(" "), Mark(0), Text(" ")];
        assert_eq!(fragments(false), kept);
    }

    #[test]
    fn the_longest_goes_first_even_where_it_begins_later() {
        let marks = Marks::new(&vocabulary(&["ab", "bcd"], |_| 3), false);
        assert_eq!(marks.cut("abcd", true), [Fragment::Text("a"), Fragment::Mark(1)]);
        assert_eq!(marks.cut("abcd", false), [Fragment::Text("abcd")]);
    }
}
