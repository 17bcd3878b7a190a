//! Text to tokens and back: byte-level byte-pair encoding, from what the GGUF file says of its vocabulary.
//!
//! It gives exactly llama.cpp's tokens (`tests/golden/*_tokens.json`), oddities included: a byte that the vocabulary
//! lacks vanishes, and special tokens are found longest first before anything else is cut. SentencePiece and
//! WordPiece vocabularies are refused. Own code rather than a crate: Hugging Face's `tokenizers` brings a regular
//! expression engine and several hundred KB of wasm for four fixed expressions, and reads another format.

mod byte_alphabet;
mod merges;
mod pre_tokenizer;
#[cfg(test)]
mod tests;
mod utf8_stream;
mod vocabulary;

use std::collections::HashMap;

pub use pre_tokenizer::PreTokenizer;
pub use utf8_stream::Utf8Stream;
pub use vocabulary::TokenKind;

use self::merges::Merges;
use self::vocabulary::Vocabulary;
use super::gguf::{GgufError, Header};

/// A model's tokenizer.
pub struct Tokenizer {
    vocabulary: Vocabulary,
    pre_tokenizer: PreTokenizer,
    merges: Merges,
    /// The piece of each byte, and the texts of the pieces that are no tokens.
    byte_pieces: [u32; 256],
    other_pieces: Vec<Box<str>>,
    /// Llama 3's vocabulary has words that its merges do not reach: a word that is a token is taken as one.
    whole_words_first: bool,
    /// Tokens that are looked for in the text before it is cut, longest text first.
    special: Vec<u32>,
    bos: Option<u32>,
    adds_bos: bool,
}

/// How the texts of special tokens are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpecialTokens {
    /// As text like any other: for what a person or a document wrote, so that nobody can forge a turn.
    AsText,
    /// As the tokens: for a rendered chat template.
    Parsed,
}

/// Why a file's vocabulary can't be used.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenizerError {
    /// The metadata lacks something or has it in another type.
    #[error(transparent)]
    Metadata(#[from] GgufError),
    /// A kind of vocabulary that is not read here.
    #[error(
        "the vocabulary is of the kind {found:?} (tokenizer.ggml.model); this engine reads \"gpt2\", byte-level BPE"
    )]
    Model {
        /// What the file says.
        found: String,
    },
    /// A pre-tokenizer that is not known here: tokens would come out wrong without anyone noticing.
    #[error("the pre-tokenizer is {found:?} (tokenizer.ggml.pre); this engine has {}", PreTokenizer::NAMES)]
    PreTokenizer {
        /// What the file says.
        found: String,
    },
    /// A text that is two tokens.
    #[error("token {token} has the text of an earlier one (tokenizer.ggml.tokens)")]
    Duplicate {
        /// The second one.
        token: u32,
    },
    /// Types for more or fewer tokens than there are.
    #[error("{types} types for {tokens} tokens (tokenizer.ggml.token_type)")]
    TypesLength {
        /// Tokens in the file.
        tokens: usize,
        /// Types in the file.
        types: usize,
    },
    /// A merge that is not two texts.
    #[error("merge {index} is not two texts with a space between them (tokenizer.ggml.merges)")]
    Merge {
        /// Its place in the list.
        index: usize,
    },
    /// A special token beyond the vocabulary.
    #[error("{key} is {token}, but there are {tokens} tokens")]
    OutOfVocabulary {
        /// The metadata key.
        key: &'static str,
        /// The number under it.
        token: u32,
        /// Tokens in the file.
        tokens: usize,
    },
}

impl Tokenizer {
    /// Reads the vocabulary of a GGUF file.
    pub fn from_header(header: &Header) -> Result<Self, TokenizerError> {
        match header.require::<&str>("tokenizer.ggml.model")? {
            "gpt2" => {}
            found => return Err(TokenizerError::Model { found: found.to_owned() }),
        }
        let pre = header.require::<&str>("tokenizer.ggml.pre")?;
        let pre_tokenizer = PreTokenizer::from_name(pre)
            .ok_or_else(|| TokenizerError::PreTokenizer { found: pre.to_owned() })?;
        let vocabulary = Vocabulary::from_header(header)?;
        let mut pieces = Pieces { vocabulary: &vocabulary, others: HashMap::new(), texts: Vec::new() };
        let byte_pieces = std::array::from_fn(|byte| {
            pieces.of(byte_alphabet::char_of(byte as u8).encode_utf8(&mut [0; 4]))
        });
        let mut merges = Vec::new();
        for (index, merge) in header.require::<&[String]>("tokenizer.ggml.merges")?.iter().enumerate() {
            merges.push(pieces.merge(merge).ok_or(TokenizerError::Merge { index })?);
        }
        let other_pieces = pieces.texts;
        let llama3 = pre_tokenizer == PreTokenizer::Llama3 && !matches!(pre, "dbrx" | "smaug-bpe");
        let bos = vocabulary.special(header, "tokenizer.ggml.bos_token_id")?;
        let adds_bos = header.get("tokenizer.ggml.add_bos_token")?.unwrap_or(llama3) && bos.is_some();
        let special = special_tokens(&vocabulary);
        let (merges, whole_words_first) = (Merges::new(merges), llama3);
        Ok(Tokenizer {
            vocabulary,
            pre_tokenizer,
            merges,
            byte_pieces,
            other_pieces,
            whole_words_first,
            special,
            bos,
            adds_bos,
        })
    }

    /// The tokens of `text`, without a beginning-of-text token.
    pub fn encode(&self, text: &str, special: SpecialTokens) -> Vec<u32> {
        let mut tokens = Vec::with_capacity(text.len() / 3);
        for fragment in self.split_at_special(text, special) {
            match fragment {
                Fragment::Special(token) => tokens.push(token),
                Fragment::Text(text) => {
                    self.pre_tokenizer.words(text, |word| self.encode_word(word, &mut tokens))
                }
            }
        }
        tokens
    }

    /// The tokens of `text` with special tokens parsed, and then with `guard` taken out of what lies between.
    pub fn encode_parsed_without(&self, text: &str, guard: char) -> Vec<u32> {
        let mut tokens = Vec::with_capacity(text.len() / 3);
        for fragment in self.split_at_special(text, SpecialTokens::Parsed) {
            match fragment {
                Fragment::Special(token) => tokens.push(token),
                Fragment::Text(text) => {
                    tokens.extend(self.encode(&text.replace(guard, ""), SpecialTokens::AsText));
                }
            }
        }
        tokens
    }

    /// The texts of tokens that are no text of people's: what must not be parsed in what they wrote.
    pub fn special_texts(&self) -> impl Iterator<Item = &str> {
        let marks = self.special.iter().filter(|token| self.kind(**token) != Some(TokenKind::UserDefined));
        marks.filter_map(|token| std::str::from_utf8(self.bytes(*token)).ok())
    }

    fn encode_word(&self, word: &str, tokens: &mut Vec<u32>) {
        if self.whole_words_first {
            let written: String = word.bytes().map(byte_alphabet::char_of).collect();
            if let Some(token) = self.vocabulary.id(&written) {
                tokens.push(token);
                return;
            }
        }
        let pieces: Vec<u32> = word.bytes().map(|byte| self.byte_pieces[usize::from(byte)]).collect();
        let start = tokens.len();
        self.merges.join(&pieces, tokens);
        if tokens[start..].iter().any(|piece| *piece as usize >= self.vocabulary.len()) {
            let joined = tokens.split_off(start);
            joined.into_iter().for_each(|piece| self.spell(piece, tokens));
        }
    }

    /// A piece that is no token is spelt in single characters; those that are no tokens either are left out, as in
    /// llama.cpp, which knows only the ASCII ones here.
    fn spell(&self, piece: u32, tokens: &mut Vec<u32>) {
        match (piece as usize).checked_sub(self.vocabulary.len()) {
            None => tokens.push(piece),
            Some(other) => {
                let ascii = self.other_pieces[other].chars().filter(char::is_ascii);
                tokens.extend(ascii.filter_map(|char| self.vocabulary.id(char.encode_utf8(&mut [0; 4]))));
            }
        }
    }

    fn split_at_special<'t>(&self, text: &'t str, special: SpecialTokens) -> Vec<Fragment<'t>> {
        let mut fragments = Vec::new();
        if !text.is_empty() {
            fragments.push(Fragment::Text(text));
        }
        for &token in &self.special {
            if special == SpecialTokens::AsText && self.kind(token) != Some(TokenKind::UserDefined) {
                continue;
            }
            let written = self.vocabulary.bytes(token).and_then(|bytes| std::str::from_utf8(bytes).ok());
            let Some(written) = written.filter(|written| text.contains(*written)) else { continue };
            fragments = fragments.into_iter().flat_map(|fragment| fragment.split(written, token)).collect();
        }
        fragments
    }

    /// The text of `tokens`, special ones as they are written; bytes that make no character are U+FFFD.
    pub fn decode(&self, tokens: &[u32]) -> String {
        let bytes: Vec<u8> = tokens.iter().flat_map(|token| self.bytes(*token)).copied().collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// What `token` adds to an answer: bytes, since a token may end within a character. None beyond the vocabulary.
    pub fn bytes(&self, token: u32) -> &[u8] {
        self.vocabulary.bytes(token).unwrap_or_default()
    }

    /// What `token` is for.
    pub fn kind(&self, token: u32) -> Option<TokenKind> {
        self.vocabulary.kind(token)
    }

    /// Whether `token` ends an answer.
    pub fn is_end(&self, token: u32) -> bool {
        self.vocabulary.end_tokens.binary_search(&token).is_ok()
    }

    /// The token that the file writes as `text`, such as `<|im_start|>`.
    pub fn token(&self, text: &str) -> Option<u32> {
        self.vocabulary.id(text)
    }

    /// The beginning-of-text token.
    pub fn bos(&self) -> Option<u32> {
        self.bos
    }

    /// Whether the model wants its beginning-of-text token before every text.
    pub fn adds_bos(&self) -> bool {
        self.adds_bos
    }

    /// How many tokens there are.
    pub fn len(&self) -> usize {
        self.vocabulary.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

enum Fragment<'t> {
    Text(&'t str),
    Special(u32),
}

impl<'t> Fragment<'t> {
    /// The fragment with each occurrence of `written` taken out as `token`.
    fn split(self, written: &str, token: u32) -> Vec<Fragment<'t>> {
        let Fragment::Text(text) = self else { return vec![self] };
        let mut fragments = Vec::new();
        for (index, between) in text.split(written).enumerate() {
            if index > 0 {
                fragments.push(Fragment::Special(token));
            }
            if !between.is_empty() {
                fragments.push(Fragment::Text(between));
            }
        }
        fragments
    }
}

fn special_tokens(vocabulary: &Vocabulary) -> Vec<u32> {
    let is_special = |token: &u32| {
        let kind = vocabulary.kind(*token);
        let written = vocabulary.bytes(*token).is_some_and(|bytes| !bytes.is_empty());
        written && matches!(kind, Some(TokenKind::Control | TokenKind::UserDefined | TokenKind::Unknown))
    };
    let mut special: Vec<u32> = (0..vocabulary.len() as u32).filter(is_special).collect();
    special.sort_by_key(|token| std::cmp::Reverse(vocabulary.bytes(*token).map_or(0, <[u8]>::len)));
    special
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
