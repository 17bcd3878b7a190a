//! Mistral's two vocabularies and Phi 3's marks against llama.cpp's tokens, over the beginnings of Mistral's vocabularies
//! (`tests/golden/mistral.py`, `tests/golden/mistral.mjs`).

use super::*;

#[derive(Deserialize)]
struct Vocabularies {
    vocabularies: Vec<Cut>,
}

#[derive(Deserialize)]
struct Cut {
    name: String,
    architecture: String,
    model: String,
    pre: String,
    tokens: Vec<String>,
    types: Vec<i32>,
    scores: Option<Vec<f32>>,
    merges: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct GoldenTokens {
    name: String,
    plain: Vec<Vec<u32>>,
    special: Vec<Vec<u32>>,
    planes: Vec<Plane>,
}

fn tokenizer(cut: Cut) -> Tokenizer {
    let mut metadata = vec![
        ("general.architecture", Value::String(cut.architecture)),
        ("tokenizer.ggml.model", Value::String(cut.model)),
        ("tokenizer.ggml.pre", Value::String(cut.pre)),
        ("tokenizer.ggml.tokens", Value::Array(Array::String(cut.tokens))),
        ("tokenizer.ggml.token_type", Value::Array(Array::I32(cut.types))),
        ("tokenizer.ggml.bos_token_id", Value::U32(1)),
        ("tokenizer.ggml.eos_token_id", Value::U32(2)),
    ];
    metadata.extend(cut.scores.map(|scores| ("tokenizer.ggml.scores", Value::Array(Array::F32(scores)))));
    metadata.extend(cut.merges.map(|merges| ("tokenizer.ggml.merges", Value::Array(Array::String(merges)))));
    let metadata = metadata.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    let header = Header { version: 3, alignment: 32, metadata, tensors: Vec::new(), data_offset: 0 };
    Tokenizer::from_header(&header).unwrap()
}

fn tokenizers() -> Vec<(String, Tokenizer)> {
    let cut: Vocabularies = golden("mistral_vocabularies.json");
    cut.vocabularies.into_iter().map(|cut| (cut.name.clone(), tokenizer(cut))).collect()
}

#[test]
fn mistral_and_phi_agree_with_llama_cpp() {
    let corpus: Corpus = golden("smollm2_tokens.json");
    let golden: Golden<GoldenTokens> = golden("mistral_tokens.json");
    let texts: Vec<String> = corpus.texts.into_iter().map(|text| text.text).chain(golden.texts).collect();
    assert!(texts.len() >= 180 && golden.vocabularies.len() == 3);
    for ((name, tokenizer), golden) in tokenizers().into_iter().zip(golden.vocabularies) {
        assert_eq!(name, golden.name);
        assert_eq!(texts.len(), golden.plain.len());
        for ((text, plain), special) in texts.iter().zip(&golden.plain).zip(&golden.special) {
            assert_eq!(&tokenizer.encode(text, SpecialTokens::AsText), plain, "{name}: {text:?} as text");
            assert_eq!(&tokenizer.encode(text, SpecialTokens::Parsed), special, "{name}: {text:?} parsed");
        }
        for Plane { plane, sha256 } in &golden.planes {
            assert_eq!(&hash_of_plane(&tokenizer, *plane), sha256, "{name}, plane {plane}");
        }
    }
}

#[test]
fn what_the_files_say_of_special_tokens() {
    for (name, tokenizer) in tokenizers() {
        assert_eq!((tokenizer.bos(), tokenizer.adds_bos()), (Some(1), true), "{name}");
        assert_eq!(tokenizer.token("</s>").map(|token| tokenizer.is_end(token)), Some(true), "{name}");
    }
}

/// As files of 2023 and early 2024 have the marks that a model was tuned with later.
#[test]
fn marks_that_a_file_has_as_texts_of_peoples_are_none() {
    let vocabularies: Vocabularies = golden("mistral_vocabularies.json");
    let mut cut = vocabularies.vocabularies.into_iter().find(|cut| cut.name == "phi-3").unwrap();
    for (text, kind) in cut.tokens.iter().zip(&mut cut.types) {
        *kind = if text.starts_with("<|") { 4 } else { *kind };
    }
    let tokenizer = tokenizer(cut);
    let user = tokenizer.token("<|user|>").unwrap();
    assert!(!tokenizer.encode("a<|user|>\nb", SpecialTokens::AsText).contains(&user));
    assert!(tokenizer.encode("a<|user|>\nb", SpecialTokens::Parsed).contains(&user));
    assert_eq!(tokenizer.special_texts_in("a<|user|>\nb").collect::<Vec<_>>(), ["<|user|>"]);
}
