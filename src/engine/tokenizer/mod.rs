//! Text to tokens and back: byte-level byte-pair encoding and SentencePiece's, from what the GGUF file says of its
//! vocabulary.
//!
//! It gives exactly llama.cpp's tokens (`tests/golden/*_tokens.json`), oddities included: special tokens are found
//! longest first before anything else is cut. WordPiece and Unigram vocabularies are refused. Own code rather than a
//! crate: Hugging Face's `tokenizers` brings a regular expression engine and several hundred KB of wasm for six fixed
//! expressions, and reads another format.

mod byte_alphabet;
mod byte_pairs;
mod marks;
mod merges;
mod pre_tokenizer;
mod sentence_piece;
#[cfg(test)]
mod tests;
mod utf8_stream;
mod vocabulary;

pub use pre_tokenizer::PreTokenizer;
pub use utf8_stream::Utf8Stream;
pub use vocabulary::TokenKind;

use self::byte_pairs::BytePairs;
use self::marks::{Fragment, Marks};
use self::sentence_piece::SentencePiece;
use self::vocabulary::{Spelling, Vocabulary};
use super::gguf::{GgufError, Header};

/// A model's tokenizer.
pub struct Tokenizer {
    vocabulary: Vocabulary,
    encoding: Encoding,
    /// Tokens that are looked for in the text before it is cut.
    marks: Marks,
    bos: Option<u32>,
    adds_bos: bool,
}

/// How a text without marks becomes tokens.
enum Encoding {
    BytePairs(BytePairs),
    SentencePiece(SentencePiece),
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
        "the vocabulary is of the kind {found:?} (tokenizer.ggml.model); this engine reads \"gpt2\", byte-level BPE, and \"llama\", SentencePiece"
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
    /// Scores for more or fewer tokens than there are.
    #[error("{scores} scores for {tokens} tokens (tokenizer.ggml.scores)")]
    ScoresLength {
        /// Tokens in the file.
        tokens: usize,
        /// Scores in the file.
        scores: usize,
    },
    /// A SentencePiece vocabulary that can't spell every text.
    #[error("the vocabulary has no token <0x{byte:02X}> (tokenizer.ggml.tokens)")]
    MissingByte {
        /// The byte without a token.
        byte: u8,
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
        let model = header.require::<&str>("tokenizer.ggml.model")?;
        let spelling = match model {
            "gpt2" => Spelling::Bytes,
            "llama" => Spelling::Characters,
            found => return Err(TokenizerError::Model { found: found.to_owned() }),
        };
        let vocabulary = Vocabulary::from_header(header, spelling)?;
        let (encoding, adds_bos) = match spelling {
            Spelling::Bytes => {
                let pairs = BytePairs::from_header(header, &vocabulary)?;
                let adds_bos = pairs.adds_bos();
                (Encoding::BytePairs(pairs), adds_bos)
            }
            Spelling::Characters => {
                (Encoding::SentencePiece(SentencePiece::from_header(header, &vocabulary)?), true)
            }
        };
        let bos = vocabulary.special(header, "tokenizer.ggml.bos_token_id")?;
        let adds_bos = header.get("tokenizer.ggml.add_bos_token")?.unwrap_or(adds_bos) && bos.is_some();
        // llama.cpp goes by general.name, which does not always say so; the makers' own tokenizer always does it.
        let is_phi = header.get("general.architecture")? == Some("phi3");
        let marks = Marks::new(&vocabulary, is_phi && spelling == Spelling::Characters);
        Ok(Tokenizer { vocabulary, encoding, marks, bos, adds_bos })
    }

    /// The tokens of `text`, without a beginning-of-text token.
    ///
    /// A SentencePiece vocabulary may put a space before it, and before what follows a special token.
    pub fn encode(&self, text: &str, special: SpecialTokens) -> Vec<u32> {
        let mut tokens = Vec::with_capacity(text.len() / 3);
        let mut is_first = true;
        for fragment in self.marks.cut(text, special == SpecialTokens::Parsed) {
            match fragment {
                Fragment::Mark(token) => tokens.push(token),
                Fragment::Text(text) => match &self.encoding {
                    Encoding::BytePairs(pairs) => pairs.encode(&self.vocabulary, text, &mut tokens),
                    Encoding::SentencePiece(model) => {
                        model.encode(&self.vocabulary, text, is_first, &mut tokens)
                    }
                },
            }
            is_first = matches!(fragment, Fragment::Mark(_));
        }
        tokens
    }

    /// The tokens of `text` with special tokens parsed, and then with `guard` taken out of what lies between.
    pub fn encode_parsed_without(&self, text: &str, guard: char) -> Vec<u32> {
        let mut tokens = Vec::with_capacity(text.len() / 3);
        for fragment in self.marks.cut(text, true) {
            match fragment {
                Fragment::Mark(token) => tokens.push(token),
                Fragment::Text(text) => {
                    tokens.extend(self.encode(&text.replace(guard, ""), SpecialTokens::AsText));
                }
            }
        }
        tokens
    }

    /// Those texts of tokens that are no text of people's and that occur in `text`: what must not be parsed in what
    /// they wrote. The longest first.
    pub fn special_texts_in(&self, text: &str) -> impl Iterator<Item = &str> {
        self.marks.written_in(text)
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
