//! The tokenizer against llama.cpp's own tokens, over the embedded model's vocabulary.

mod gemma3;
mod mistral;

use proptest::prelude::*;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::*;
use crate::engine::embedded;
use crate::engine::gguf::{Array, Value};

fn smollm2() -> &'static Tokenizer {
    embedded::tokenizer()
}

/// SmolLM2's vocabulary with another pre-tokenizer, and some of its tokens user-defined.
fn other(pre: &str, user_defined: &[usize]) -> Tokenizer {
    let mut header = embedded::header().clone();
    for (key, value) in &mut header.metadata {
        match (key.as_str(), value) {
            ("tokenizer.ggml.pre", Value::String(name)) => *name = pre.to_owned(),
            ("tokenizer.ggml.token_type", Value::Array(Array::I32(types))) => {
                user_defined.iter().for_each(|token| types[*token] = 4);
            }
            _ => {}
        }
    }
    Tokenizer::from_header(&header).unwrap()
}

fn golden<T: for<'a> Deserialize<'a>>(name: &str) -> T {
    let path = format!("tests/golden/{name}");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What another file than the embedded model's corpus holds: texts besides, and each vocabulary's tokens of all.
#[derive(Deserialize)]
struct Golden<T> {
    texts: Vec<String>,
    vocabularies: Vec<T>,
}

#[derive(Deserialize)]
struct Corpus {
    texts: Vec<CorpusText>,
}

#[derive(Deserialize)]
struct CorpusText {
    text: String,
    plain: Vec<u32>,
    special: Vec<u32>,
}

#[test]
fn smollm2_agrees_with_llama_cpp() {
    let corpus: Corpus = golden("smollm2_tokens.json");
    assert!(corpus.texts.len() >= 140);
    for CorpusText { text, plain, special } in &corpus.texts {
        assert_eq!(&smollm2().encode(text, SpecialTokens::AsText), plain, "{text:?} as text");
        assert_eq!(&smollm2().encode(text, SpecialTokens::Parsed), special, "{text:?} parsed");
    }
}

#[derive(Deserialize)]
struct Others {
    vocabularies: Vec<OtherVocabulary>,
}

#[derive(Deserialize)]
struct OtherVocabulary {
    pre: String,
    user_defined: Vec<usize>,
    plain: Vec<Vec<u32>>,
    special: Vec<Vec<u32>>,
}

#[test]
fn other_pre_tokenizers_agree_with_llama_cpp() {
    let corpus: Corpus = golden("smollm2_tokens.json");
    let others: Others = golden("other_tokens.json");
    assert!(others.vocabularies.len() >= 6);
    for OtherVocabulary { pre, user_defined, plain, special } in &others.vocabularies {
        let tokenizer = other(pre, user_defined);
        for ((CorpusText { text, .. }, plain), special) in corpus.texts.iter().zip(plain).zip(special) {
            assert_eq!(&tokenizer.encode(text, SpecialTokens::AsText), plain, "{pre}: {text:?} as text");
            assert_eq!(&tokenizer.encode(text, SpecialTokens::Parsed), special, "{pre}: {text:?} parsed");
        }
    }
}

#[derive(Deserialize)]
struct EveryCharacter {
    pre_tokenizers: Vec<Planes>,
}

#[derive(Deserialize)]
struct Planes {
    #[serde(default)]
    pre: String,
    planes: Vec<Plane>,
}

#[derive(Deserialize)]
struct Plane {
    plane: u32,
    sha256: String,
}

#[test]
fn every_character_agrees_with_llama_cpp() {
    let golden: EveryCharacter = golden("every_character.json");
    for Planes { pre, planes } in &golden.pre_tokenizers {
        let tokenizer = other(pre, &[]);
        for Plane { plane, sha256 } in planes {
            assert_eq!(&hash_of_plane(&tokenizer, *plane), sha256, "{pre}, plane {plane}");
        }
    }
}

/// Of the tokens of each character of a Unicode plane in some contexts.
fn hash_of_plane(tokenizer: &Tokenizer, plane: u32) -> String {
    let mut hash = Sha256::new();
    for c in (plane << 16..(plane + 1) << 16).filter_map(char::from_u32) {
        let tokens = tokenizer.encode(&format!("a{c}b {c}{c}1 {c}\n{c}'{c}S  {c}"), SpecialTokens::AsText);
        hash.update((tokens.len() as u32).to_le_bytes());
        tokens.iter().for_each(|token| hash.update(token.to_le_bytes()));
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn what_the_file_says_of_special_tokens() {
    let tokenizer = smollm2();
    assert_eq!(tokenizer.len(), 49_152);
    assert_eq!((tokenizer.bos(), tokenizer.adds_bos()), (Some(1), false));
    let ends: Vec<u32> = (0..49_152).filter(|token| tokenizer.is_end(*token)).collect();
    let texts: Vec<String> = ends.iter().map(|token| tokenizer.decode(&[*token])).collect();
    assert_eq!(texts, ["<|endoftext|>", "<|im_end|>", "<reponame>"]);
    assert_eq!(tokenizer.kind(1), Some(TokenKind::Control));
    assert_eq!(tokenizer.kind(49_152), None);
    assert_eq!(tokenizer.bytes(u32::MAX), b"");
}

#[track_caller]
fn refused(edit: impl FnOnce(&mut Vec<(String, Value)>), expected: &str) {
    let mut header = embedded::header().clone();
    edit(&mut header.metadata);
    match Tokenizer::from_header(&header) {
        Ok(_) => panic!("it was taken; expected: {expected}"),
        Err(error) => assert_eq!(error.to_string(), expected),
    }
}

fn set(metadata: &mut [(String, Value)], key: &str, value: Value) {
    let (_, old) = metadata.iter_mut().find(|(name, _)| name == key).unwrap();
    *old = value;
}

fn texts(metadata: &mut [(String, Value)], key: &str, change: impl FnOnce(&mut Vec<String>)) {
    match metadata.iter_mut().find(|(name, _)| name == key) {
        Some((_, Value::Array(Array::String(texts)))) => change(texts),
        _ => panic!("no texts under {key}"),
    }
}

#[test]
fn a_wordpiece_vocabulary_is_refused() {
    refused(
        |metadata| set(metadata, "tokenizer.ggml.model", Value::String("bert".into())),
        "the vocabulary is of the kind \"bert\" (tokenizer.ggml.model); this engine reads \"gpt2\", byte-level BPE, \
         and \"llama\", SentencePiece",
    );
}

#[test]
fn an_unknown_pre_tokenizer_is_refused() {
    refused(
        |metadata| set(metadata, "tokenizer.ggml.pre", Value::String("deepseek-llm".into())),
        "the pre-tokenizer is \"deepseek-llm\" (tokenizer.ggml.pre); this engine has smollm, llama-bpe, qwen2, gpt-2, \
         gpt-4o, tekken",
    );
}

#[test]
fn a_file_without_merges_is_refused() {
    refused(
        |metadata| metadata.retain(|(key, _)| key != "tokenizer.ggml.merges"),
        "the file has no tokenizer.ggml.merges",
    );
}

#[test]
fn a_merge_of_one_text_is_refused() {
    refused(
        |metadata| texts(metadata, "tokenizer.ggml.merges", |merges| merges[7] = "er".into()),
        "merge 7 is not two texts with a space between them (tokenizer.ggml.merges)",
    );
}

#[test]
fn a_token_twice_is_refused() {
    refused(
        |metadata| texts(metadata, "tokenizer.ggml.tokens", |tokens| tokens[100] = tokens[99].clone()),
        "token 100 has the text of an earlier one (tokenizer.ggml.tokens)",
    );
}

#[test]
fn too_few_types_are_refused() {
    refused(
        |metadata| set(metadata, "tokenizer.ggml.token_type", Value::Array(Array::I32(vec![1; 3]))),
        "3 types for 49152 tokens (tokenizer.ggml.token_type)",
    );
}

#[test]
fn an_end_token_beyond_the_vocabulary_is_refused() {
    refused(
        |metadata| set(metadata, "tokenizer.ggml.eos_token_id", Value::U32(49_152)),
        "tokenizer.ggml.eos_token_id is 49152, but there are 49152 tokens",
    );
}

#[test]
fn long_words_of_anything_come_to_an_end() {
    // A word of 256 KiB: what looks through the whole word for each merge would be at it for an hour.
    for text in ["a", " ", "\n", "1", "😀", "字", "\u{4}", "<|im_", "ab ", "the "] {
        let text = text.repeat((1 << 18) / text.len());
        let tokens = smollm2().encode(&text, SpecialTokens::Parsed);
        assert!(text.starts_with('\u{4}') || smollm2().decode(&tokens) == text);
    }
}

proptest! {
    #[test]
    fn round_trips(text in any::<String>()) {
        // Bytes that the vocabulary lacks vanish; all others come back.
        let expected: Vec<u8> = text.bytes().filter(|byte| smollm2().token(&byte_alphabet::char_of(*byte).to_string()).is_some()).collect();
        let tokens = smollm2().encode(&text, SpecialTokens::AsText);
        prop_assert_eq!(smollm2().decode(&tokens), String::from_utf8_lossy(&expected));
    }
}
