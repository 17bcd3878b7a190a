//! SentencePiece's byte-pair encoding (Kudo and Richardson 2018, arXiv 1808.06226), as Llama 1 and 2, Mistral and Gemma
//! have it: of all neighbours whose joined text is a token, those with the highest score are joined first, the leftmost
//! of equals, until none is left; a character that no token holds is spelt in bytes.
//!
//! A space is written U+2581 in the vocabulary, and most vocabularies want one before each text
//! (`tokenizer.ggml.add_space_prefix`). There are no words: a text is joined as a whole. So the pairs lie in a heap, and n
//! characters take O(n log n) steps. Normalisation (`precompiled_charsmap`) is not done: these models have none.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use super::{TokenizerError, Vocabulary};
use crate::engine::gguf::Header;

/// The character that stands for a space.
pub const SPACE: char = '\u{2581}';

/// What joins the characters of a text.
pub struct SentencePiece {
    scores: Vec<f32>,
    byte_tokens: [u32; 256],
    /// Bytes of the longest token: nothing longer need be looked up.
    longest: usize,
    space_first: bool,
}

/// A piece of the text, in a chain with its neighbours. One that went into its left neighbour is empty.
#[derive(Clone, Copy)]
struct Link {
    start: usize,
    length: usize,
    left: Option<usize>,
    right: Option<usize>,
}

/// A pair whose joined text is a token, as it was when it was found: highest score first, then leftmost.
struct Candidate {
    score: f32,
    left: usize,
    right: usize,
    length: usize,
}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        self.score.total_cmp(&other.score).then(Reverse(self.left).cmp(&Reverse(other.left)))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Candidate {}

impl SentencePiece {
    /// Reads scores and bytes of a GGUF file's vocabulary.
    pub fn from_header(header: &Header, vocabulary: &Vocabulary) -> Result<Self, TokenizerError> {
        let tokens = vocabulary.len();
        let scores = match header.get::<&[f32]>("tokenizer.ggml.scores")? {
            Some(scores) if scores.len() != tokens => {
                return Err(TokenizerError::ScoresLength { tokens, scores: scores.len() });
            }
            // Two zeros must not be told apart.
            Some(scores) => scores.iter().map(|score| score + 0.0).collect(),
            None => vec![0.0; tokens],
        };
        let mut byte_tokens = [0; 256];
        for (byte, token) in (0..=u8::MAX).zip(&mut byte_tokens) {
            // ASCII may be there as characters only.
            let written = vocabulary.id(&format!("<0x{byte:02X}>"));
            let character = || vocabulary.id(char::from(byte).encode_utf8(&mut [0; 4]));
            let found = if byte.is_ascii() { written.or_else(character) } else { written };
            *token = found.ok_or(TokenizerError::MissingByte { byte })?;
        }
        Ok(SentencePiece {
            scores,
            byte_tokens,
            longest: vocabulary.longest_text(),
            space_first: header.get("tokenizer.ggml.add_space_prefix")?.unwrap_or(true),
        })
    }

    /// The tokens of `text`, which stands at the beginning or after a mark if `is_first`.
    pub fn encode(&self, vocabulary: &Vocabulary, text: &str, is_first: bool, tokens: &mut Vec<u32>) {
        let space = if self.space_first && is_first { " " } else { "" };
        let text = [space, text].concat().replace(' ', SPACE.encode_utf8(&mut [0; 4]));
        let mut links: Vec<Link> = text
            .char_indices()
            .enumerate()
            .map(|(at, (start, char))| Link {
                start,
                length: char.len_utf8(),
                left: at.checked_sub(1),
                right: Some(at + 1),
            })
            .collect();
        if let Some(last) = links.last_mut() {
            last.right = None;
        }
        let mut candidates = BinaryHeap::with_capacity(links.len());
        for at in 1..links.len() {
            self.consider(vocabulary, &text, &links, (Some(at - 1), Some(at)), &mut candidates);
        }
        while let Some(Candidate { left, right, length, .. }) = candidates.pop() {
            let (first, second) = (links[left], links[right]);
            // Either may have been joined with another since.
            if first.length == 0 || second.length == 0 || first.length + second.length != length {
                continue;
            }
            links[left].length = length;
            links[left].right = second.right;
            links[right].length = 0;
            if let Some(next) = second.right {
                links[next].left = Some(left);
            }
            self.consider(vocabulary, &text, &links, (first.left, Some(left)), &mut candidates);
            self.consider(vocabulary, &text, &links, (Some(left), second.right), &mut candidates);
        }
        for Link { start, length, .. } in links.into_iter().filter(|link| link.length > 0) {
            let piece = &text[start..start + length];
            match vocabulary.id(piece) {
                Some(token) => tokens.push(token),
                None => tokens.extend(piece.bytes().map(|byte| self.byte_tokens[usize::from(byte)])),
            }
        }
    }

    fn consider(
        &self,
        vocabulary: &Vocabulary,
        text: &str,
        links: &[Link],
        pair: (Option<usize>, Option<usize>),
        candidates: &mut BinaryHeap<Candidate>,
    ) {
        let (Some(left), Some(right)) = pair else { return };
        let (start, length) = (links[left].start, links[left].length + links[right].length);
        if length > self.longest {
            return;
        }
        if let Some(token) = vocabulary.id(&text[start..start + length]) {
            candidates.push(Candidate { score: self.scores[token as usize], left, right, length });
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn model(texts: &[&str], scores: Vec<f32>, space_first: bool) -> (Vocabulary, SentencePiece) {
        let vocabulary = Vocabulary::of(texts, &vec![1; texts.len()]);
        // Bytes of which there is no token are told by numbers that no token has.
        let byte_tokens = std::array::from_fn(|byte| 1000 + byte as u32);
        let longest = vocabulary.longest_text();
        (vocabulary, SentencePiece { scores, byte_tokens, longest, space_first })
    }

    /// The definition, word for word: look for the best pair in the whole text, join it, look again.
    fn reference(vocabulary: &Vocabulary, scores: &[f32], text: &str) -> Vec<u32> {
        let mut pieces: Vec<String> = text.chars().map(String::from).collect();
        while let Some((_, at)) = (1..pieces.len())
            .filter_map(|at| {
                let token = vocabulary.id(&[&*pieces[at - 1], &*pieces[at]].concat())?;
                Some((scores[token as usize], Reverse(at)))
            })
            .max_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)))
            .map(|(score, Reverse(at))| (score, at))
        {
            let second = pieces.remove(at);
            pieces[at - 1] += &second;
        }
        let bytes = |piece: &String| piece.bytes().map(|byte| 1000 + u32::from(byte)).collect();
        pieces
            .iter()
            .flat_map(|piece| vocabulary.id(piece).map_or_else(|| bytes(piece), |token| vec![token]))
            .collect()
    }

    proptest! {
        #[test]
        fn agrees_with_reference(
            texts in prop::collection::btree_set("[abé\u{2581}]{1,4}", 1..20),
            scores in prop::collection::vec(-3_i8..3, 20),
            text in "[abcé ]{0,30}",
            space_first: bool,
        ) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let scores: Vec<f32> = scores[..texts.len()].iter().map(|score| f32::from(*score)).collect();
            let (vocabulary, model) = model(&texts, scores.clone(), space_first);
            let mut tokens = Vec::new();
            model.encode(&vocabulary, &text, true, &mut tokens);
            let space = if space_first { " " } else { "" };
            let whole = format!("{space}{text}").replace(' ', "\u{2581}");
            prop_assert_eq!(tokens, reference(&vocabulary, &scores, &whole));
        }
    }

    #[test]
    fn a_long_run_of_one_letter_is_joined_in_time() {
        let texts: Vec<String> = (0..15).map(|power| "a".repeat(1 << power)).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let (vocabulary, model) = model(&texts, (0..15).map(|power| power as f32).collect(), false);
        let mut tokens = Vec::new();
        model.encode(&vocabulary, &"a".repeat(1 << 20), true, &mut tokens);
        assert_eq!(tokens, vec![14; 1 << 6]);
    }
}
