//! Byte-level byte-pair encoding: a text is cut into words, a word's bytes are joined as the vocabulary's merges say.
//!
//! Llama.cpp's oddities are kept: a byte that the vocabulary lacks vanishes.

use std::collections::HashMap;

use super::merges::Merges;
use super::{PreTokenizer, TokenizerError, Vocabulary, byte_alphabet};
use crate::engine::gguf::Header;

/// What cuts and joins.
pub struct BytePairs {
    pre_tokenizer: PreTokenizer,
    merges: Merges,
    /// The piece of each byte, and the texts of the pieces that are no tokens.
    byte_pieces: [u32; 256],
    other_pieces: Vec<Box<str>>,
    /// Llama 3's and Mistral's vocabularies have words that their merges do not reach: a word that is a token is taken as
    /// one.
    whole_words_first: bool,
}

impl BytePairs {
    /// Reads pre-tokenizer and merges of a GGUF file.
    pub fn from_header(header: &Header, vocabulary: &Vocabulary) -> Result<Self, TokenizerError> {
        let pre = header.require::<&str>("tokenizer.ggml.pre")?;
        let pre_tokenizer = PreTokenizer::from_name(pre)
            .ok_or_else(|| TokenizerError::PreTokenizer { found: pre.to_owned() })?;
        let mut pieces = Pieces { vocabulary, others: HashMap::new(), texts: Vec::new() };
        let byte_pieces = std::array::from_fn(|byte| {
            pieces.of(byte_alphabet::char_of(byte as u8).encode_utf8(&mut [0; 4]))
        });
        let mut merges = Vec::new();
        for (index, merge) in header.require::<&[String]>("tokenizer.ggml.merges")?.iter().enumerate() {
            merges.push(pieces.merge(merge).ok_or(TokenizerError::Merge { index })?);
        }
        Ok(BytePairs {
            pre_tokenizer,
            merges: Merges::new(merges),
            byte_pieces,
            other_pieces: pieces.texts,
            whole_words_first: matches!(pre_tokenizer, PreTokenizer::Llama3 | PreTokenizer::Tekken)
                && !matches!(pre, "dbrx" | "smaug-bpe"),
        })
    }

    /// Whether files with this pre-tokenizer want the beginning-of-text token where they don't say.
    pub fn adds_bos(&self) -> bool {
        self.whole_words_first
    }

    /// The tokens of `text`.
    pub fn encode(&self, vocabulary: &Vocabulary, text: &str, tokens: &mut Vec<u32>) {
        self.pre_tokenizer.words(text, |word| self.encode_word(vocabulary, word, tokens));
    }

    fn encode_word(&self, vocabulary: &Vocabulary, word: &str, tokens: &mut Vec<u32>) {
        if self.whole_words_first {
            let written: String = word.bytes().map(byte_alphabet::char_of).collect();
            if let Some(token) = vocabulary.id(&written) {
                tokens.push(token);
                return;
            }
        }
        let pieces: Vec<u32> = word.bytes().map(|byte| self.byte_pieces[usize::from(byte)]).collect();
        let start = tokens.len();
        self.merges.join(&pieces, tokens);
        if tokens[start..].iter().any(|piece| *piece as usize >= vocabulary.len()) {
            let joined = tokens.split_off(start);
            joined.into_iter().for_each(|piece| self.spell(vocabulary, piece, tokens));
        }
    }

    /// A piece that is no token is spelt in single characters; those that are no tokens either are left out, as in
    /// llama.cpp, which knows only the ASCII ones here.
    fn spell(&self, vocabulary: &Vocabulary, piece: u32, tokens: &mut Vec<u32>) {
        match (piece as usize).checked_sub(vocabulary.len()) {
            None => tokens.push(piece),
            Some(other) => {
                let ascii = self.other_pieces[other].chars().filter(char::is_ascii);
                tokens.extend(ascii.filter_map(|char| vocabulary.id(char.encode_utf8(&mut [0; 4]))));
            }
        }
    }
}

/// Numbers for texts: a token's own, or one after the vocabulary's for a piece that is none.
struct Pieces<'v> {
    vocabulary: &'v Vocabulary,
    others: HashMap<Box<str>, u32>,
    texts: Vec<Box<str>>,
}

impl Pieces<'_> {
    fn of(&mut self, text: &str) -> u32 {
        if let Some(id) = self.vocabulary.id(text).or_else(|| self.others.get(text).copied()) {
            return id;
        }
        let id = (self.vocabulary.len() + self.texts.len()) as u32;
        self.others.insert(text.into(), id);
        self.texts.push(text.into());
        id
    }

    /// `"first second"` as the numbers of both and of what they become.
    fn merge(&mut self, merge: &str) -> Option<((u32, u32), u32)> {
        // A text may begin with a space in vocabularies that were not written in the alphabet of bytes.
        let after_first_char = merge.chars().next()?.len_utf8();
        let space = after_first_char + merge[after_first_char..].find(' ')?;
        let (first, second) = (&merge[..space], &merge[space + 1..]);
        if second.is_empty() {
            return None;
        }
        Some(((self.of(first), self.of(second)), self.of(&[first, second].concat())))
    }
}
