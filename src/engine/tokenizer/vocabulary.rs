//! The tokens of a model: their texts, their kinds, and which of them end an answer.

use std::collections::HashMap;

use super::{TokenizerError, byte_alphabet, sentence_piece};
use crate::engine::gguf::Header;

/// What a token is for (`tokenizer.ggml.token_type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A piece of text, written as the vocabulary spells.
    Normal,
    /// A mark that stands for no text, such as the beginning of a turn.
    Control,
    /// Text that is one token wherever it occurs, written as it is.
    UserDefined,
    /// The one for what the vocabulary lacks.
    Unknown,
    /// A single byte, written as `<0xFF>`.
    Byte,
    /// In the list only.
    Unused,
}

impl TokenKind {
    fn from_id(id: i32) -> TokenKind {
        match id {
            1 => TokenKind::Normal,
            2 => TokenKind::Unknown,
            3 => TokenKind::Control,
            4 => TokenKind::UserDefined,
            6 => TokenKind::Byte,
            _ => TokenKind::Unused,
        }
    }
}

/// Marks by which models end an answer or a turn, beside the one that the file names. Files often name only one,
/// and some give these a wrong kind; llama.cpp knows them by their text too.
const ENDS: [&str; 17] = [
    "<|eot_id|>",
    "<|im_end|>",
    "<|end|>",
    "<|return|>",
    "<|call|>",
    "<end_of_turn>",
    "<|endoftext|>",
    "</s>",
    "<|eom_id|>",
    "<EOT>",
    "_<EOT>",
    "[EOT]",
    "[EOS]",
    "<|end_of_text|>",
    "<end_of_utterance>",
    "<eos>",
    "<｜end▁of▁sentence｜>",
];

/// Marks of code models, for completion in the middle and for files; the last group ends an answer too.
const CODE_MARKS: [&str; 14] = [
    "<|fim_prefix|>",
    "<fim-prefix>",
    "<fim_prefix>",
    "<PRE>",
    "<|fim_suffix|>",
    "<fim-suffix>",
    "<fim_suffix>",
    "<SUF>",
    "<|fim_middle|>",
    "<fim-middle>",
    "<fim_middle>",
    "<MID>",
    "<|code_prefix|>",
    "<|code_suffix|>",
];
const CODE_ENDS: [&str; 11] = [
    "<|fim_pad|>",
    "<fim-pad>",
    "<fim_pad>",
    "<PAD>",
    "[PAD]",
    "<|fim_repo|>",
    "<|repo_name|>",
    "<fim-repo>",
    "<REPO>",
    "<reponame>",
    "<|file_sep|>",
];

/// How a vocabulary writes the texts of its normal tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// In GPT-2's alphabet of bytes.
    Bytes,
    /// As they are, but a space is U+2581.
    Characters,
}

/// Begins a turn of Gemma's. Some files have it as a text of people's, who could begin a turn with it.
const GEMMA_TURN: &str = "<start_of_turn>";

/// Texts and kinds of all tokens.
pub struct Vocabulary {
    ids: HashMap<Box<str>, u32>,
    /// What each token is in the answer, one after the other, and where each ends.
    bytes: Vec<u8>,
    ends: Vec<usize>,
    kinds: Vec<TokenKind>,
    spelling: Spelling,
    /// Bytes of the longest text.
    longest: usize,
    /// Tokens that end an answer, ascending.
    pub(super) end_tokens: Vec<u32>,
}

impl Vocabulary {
    /// Reads `tokenizer.ggml.tokens` and what belongs to it.
    pub fn from_header(header: &Header, spelling: Spelling) -> Result<Self, TokenizerError> {
        let texts: &[String] = header.require("tokenizer.ggml.tokens")?;
        let types: Option<&[i32]> = header.get("tokenizer.ggml.token_type")?;
        if let Some(types) = types.filter(|types| types.len() != texts.len()) {
            return Err(TokenizerError::TypesLength { tokens: texts.len(), types: types.len() });
        }
        let mut vocabulary = Vocabulary::empty(spelling, texts.len());
        for (id, text) in (0_u32..).zip(texts) {
            let told = types.map_or(TokenKind::Normal, |types| TokenKind::from_id(types[id as usize]));
            vocabulary.push(id, text, told)?;
        }
        for key in
            ["tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"]
        {
            vocabulary.end_tokens.extend(vocabulary.special(header, key)?);
        }
        vocabulary.end_tokens.sort_unstable();
        vocabulary.end_tokens.dedup();
        Ok(vocabulary)
    }

    fn empty(spelling: Spelling, capacity: usize) -> Vocabulary {
        Vocabulary {
            ids: HashMap::with_capacity(capacity),
            bytes: Vec::new(),
            ends: Vec::with_capacity(capacity),
            kinds: Vec::with_capacity(capacity),
            spelling,
            longest: 0,
            end_tokens: Vec::new(),
        }
    }

    /// A vocabulary of SentencePiece's spelling, for tests.
    #[cfg(test)]
    pub fn of(texts: &[&str], kinds: &[i32]) -> Vocabulary {
        let mut vocabulary = Vocabulary::empty(Spelling::Characters, texts.len());
        for (id, (text, kind)) in (0..).zip(texts.iter().zip(kinds)) {
            vocabulary.push(id, text, TokenKind::from_id(*kind)).expect("no text is there twice");
        }
        vocabulary
    }

    fn push(&mut self, id: u32, text: &str, told: TokenKind) -> Result<(), TokenizerError> {
        // Empty texts are no tokens of any text; they keep their place.
        if !text.is_empty() && self.ids.insert(text.into(), id).is_some() {
            return Err(TokenizerError::Duplicate { token: id });
        }
        let ends = ENDS.contains(&text) || CODE_ENDS.contains(&text);
        let is_told_as_text = told == TokenKind::UserDefined && looks_like_mark(text);
        let is_mark = ends || CODE_MARKS.contains(&text) || text == GEMMA_TURN || is_told_as_text;
        let kind = if is_mark { TokenKind::Control } else { told };
        // Gemma's </s> is HTML's end of a struck-out text.
        if ends && !(text == "</s>" && told == TokenKind::UserDefined) {
            self.end_tokens.push(id);
        }
        self.longest = self.longest.max(text.len());
        self.bytes.extend(text_bytes(text, kind, self.spelling));
        self.ends.push(self.bytes.len());
        self.kinds.push(kind);
        Ok(())
    }

    /// The token whose number the file has under `key`; a number beyond the vocabulary is an error.
    pub fn special(&self, header: &Header, key: &'static str) -> Result<Option<u32>, TokenizerError> {
        match header.get::<u32>(key)? {
            Some(token) if token as usize >= self.len() => {
                Err(TokenizerError::OutOfVocabulary { key, token, tokens: self.len() })
            }
            token => Ok(token),
        }
    }

    /// How many tokens there are.
    pub fn len(&self) -> usize {
        self.kinds.len()
    }

    /// Bytes of the longest text that a token is written as.
    pub fn longest_text(&self) -> usize {
        self.longest
    }

    /// The token that the file writes as `text`.
    pub fn id(&self, text: &str) -> Option<u32> {
        self.ids.get(text).copied()
    }

    /// What the token is in an answer.
    pub fn bytes(&self, token: u32) -> Option<&[u8]> {
        let token = token as usize;
        let end = *self.ends.get(token)?;
        let start = token.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.bytes.get(start..end)
    }

    /// What the token is for.
    pub fn kind(&self, token: u32) -> Option<TokenKind> {
        self.kinds.get(token as usize).copied()
    }
}

/// Whether a token is written as marks of turns are, such as `<|im_start|>`. Files of 2023 and early 2024 have marks that a
/// model was tuned with later as texts of people's (Mistral's and Llama's with ChatML's turns), and whoever wrote one in a
/// message would begin a turn; newer converters go by the spelling too.
fn looks_like_mark(text: &str) -> bool {
    let within = |from: &str, to: &str| text.strip_prefix(from).is_some_and(|rest| rest.ends_with(to));
    within("<|", "|>") || within("<｜", "｜>")
}

fn text_bytes(text: &str, kind: TokenKind, spelling: Spelling) -> Vec<u8> {
    match kind {
        TokenKind::Normal if spelling == Spelling::Characters => {
            text.replace(sentence_piece::SPACE, " ").into_bytes()
        }
        TokenKind::Normal => {
            let mut bytes = Vec::with_capacity(text.len());
            for char in text.chars() {
                match byte_alphabet::byte_of(char) {
                    Some(byte) => bytes.push(byte),
                    // No byte of the alphabet: the writer meant the character.
                    None => bytes.extend(char.encode_utf8(&mut [0; 4]).bytes()),
                }
            }
            bytes
        }
        TokenKind::Byte => {
            let hex = text.strip_prefix("<0x").and_then(|rest| rest.strip_suffix('>'));
            hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()).into_iter().collect()
        }
        TokenKind::Control | TokenKind::UserDefined | TokenKind::Unknown => text.as_bytes().to_vec(),
        TokenKind::Unused => Vec::new(),
    }
}
