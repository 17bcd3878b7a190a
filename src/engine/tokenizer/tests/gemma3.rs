//! SentencePiece against llama.cpp's tokens, over gemma3's vocabulary of 262,144 (`tests/golden/gemma3.mjs`).

use super::*;
use crate::engine::gemma3;

#[derive(Deserialize)]
struct GoldenTokens {
    add_space_prefix: bool,
    plain: Vec<Vec<u32>>,
    special: Vec<Vec<u32>>,
}

#[test]
fn gemma3_agrees_with_llama_cpp() {
    if gemma3::tokenizer("gemma3's tokens against llama.cpp's").is_none() {
        return;
    }
    let corpus: Corpus = golden("smollm2_tokens.json");
    let golden: Golden<GoldenTokens> = golden("gemma3_tokens.json");
    let texts: Vec<String> = corpus.texts.into_iter().map(|text| text.text).chain(golden.texts).collect();
    assert!(texts.len() >= 200 && golden.vocabularies.len() == 2);
    for GoldenTokens { add_space_prefix, plain, special } in &golden.vocabularies {
        let tokenizer = changed(|header| {
            set(&mut header.metadata, "tokenizer.ggml.add_space_prefix", Value::Bool(*add_space_prefix));
        });
        assert_eq!(texts.len(), plain.len());
        for ((text, plain), special) in texts.iter().zip(plain).zip(special) {
            assert_eq!(&tokenizer.encode(text, SpecialTokens::AsText), plain, "{text:?} as text");
            assert_eq!(&tokenizer.encode(text, SpecialTokens::Parsed), special, "{text:?} parsed");
        }
    }
}

fn changed(change: impl FnOnce(&mut Header)) -> Tokenizer {
    let mut header = gemma3::header().unwrap().clone();
    change(&mut header);
    Tokenizer::from_header(&header).unwrap()
}

#[test]
fn every_character_agrees_with_llama_cpp() {
    let Some(tokenizer) = gemma3::tokenizer("gemma3's tokens of every character") else { return };
    let golden: Planes = golden("gemma3_characters.json");
    assert!(golden.planes.len() >= 5);
    for Plane { plane, sha256 } in &golden.planes {
        assert_eq!(&hash_of_plane(tokenizer, *plane), sha256, "plane {plane}");
    }
}

#[test]
fn what_the_file_says_of_special_tokens() {
    let Some(tokenizer) = gemma3::tokenizer("gemma3's special tokens") else { return };
    assert_eq!(tokenizer.len(), 262_144);
    assert_eq!((tokenizer.bos(), tokenizer.adds_bos()), (Some(2), true));
    let ends: Vec<u32> = (0..262_144).filter(|token| tokenizer.is_end(*token)).collect();
    let texts: Vec<String> = ends.iter().map(|token| tokenizer.decode(&[*token])).collect();
    // </s> ends a struck-out text in HTML and no answer.
    assert_eq!(texts, ["<eos>", "<end_of_turn>"]);
    let byte = tokenizer.token("<0xE2>").unwrap();
    assert_eq!((tokenizer.kind(byte), tokenizer.bytes(byte)), (Some(TokenKind::Byte), &b"\xe2"[..]));
    assert_eq!(tokenizer.bytes(tokenizer.token("▁the").unwrap()), b" the");
}

#[test]
fn long_texts_of_anything_come_to_an_end() {
    let Some(tokenizer) = gemma3::tokenizer("gemma3's tokens of long texts") else { return };
    // A quarter of a MiB each: what looks through the whole text for each pair would be at it for an hour.
    for text in
        ["a", " ", "\n", "1", "😀", "字", "\u{4}", "<unused", "<start_of_turn>", "ab ", "the ", "</td>"]
    {
        let text = text.repeat((1 << 18) / text.len());
        let tokens = tokenizer.encode(&text, SpecialTokens::Parsed);
        assert_eq!(tokenizer.decode(&tokens), text);
    }
}

#[test]
fn damaged_vocabularies_are_refused() {
    if gemma3::tokenizer("refusals of SentencePiece vocabularies").is_none() {
        return;
    }
    let refused = |change: fn(&mut Vec<(String, Value)>)| {
        let mut header = gemma3::header().unwrap().clone();
        change(&mut header.metadata);
        Tokenizer::from_header(&header).err().map(|error| error.to_string())
    };
    assert_eq!(
        refused(|metadata| set(metadata, "tokenizer.ggml.scores", Value::Array(Array::F32(vec![0.0; 3])))),
        Some("3 scores for 262144 tokens (tokenizer.ggml.scores)".into())
    );
    assert_eq!(
        refused(|metadata| texts(metadata, "tokenizer.ggml.tokens", |tokens| tokens[238 + 0x9f] =
            "<0x9f>".into())),
        Some("the vocabulary has no token <0x9F> (tokenizer.ggml.tokens)".into())
    );
}

proptest! {
    #[test]
    fn round_trips(text in any::<String>()) {
        if let Some(tokenizer) = gemma3::tokenizer("round trips through gemma3's tokens") {
            let tokens = tokenizer.encode(&text, SpecialTokens::AsText);
            // What stands for a space can't be told from one.
            prop_assert_eq!(tokenizer.decode(&tokens), text.replace('\u{2581}', " "));
        }
    }
}
