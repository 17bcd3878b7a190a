//! Any text through a tokenizer of every kind: it comes back as it was, and no token lies beyond the vocabulary.
//!
//! The first byte picks the kind, the second how many merges the vocabulary has, the rest is the text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use likeness::engine::gguf::{Array, Header, Value};
use likeness::engine::tokenizer::{SpecialTokens, Tokenizer};

const PRE_TOKENIZERS: [&str; 6] = ["smollm", "llama-bpe", "qwen2", "gpt-2", "gpt-4o", "tekken"];
const MARKS: [&str; 2] = ["<|im_start|>", "<|im_end|>"];

fuzz_target!(|input: &[u8]| {
    let [kind, merges, text @ ..] = input else { return };
    let text = String::from_utf8_lossy(text);
    // One more than there are: SentencePiece.
    let kind = usize::from(*kind) % (PRE_TOKENIZERS.len() + 1);
    let header = match PRE_TOKENIZERS.get(kind) {
        Some(pre) => byte_pairs(pre, usize::from(*merges)),
        None => sentence_piece(usize::from(*merges)),
    };
    let tokenizer = Tokenizer::from_header(&header).expect("the vocabulary is whole");
    for special in [SpecialTokens::AsText, SpecialTokens::Parsed] {
        let tokens = tokenizer.encode(&text, special);
        assert!(tokens.iter().all(|token| (*token as usize) < tokenizer.len()));
        if kind < PRE_TOKENIZERS.len() {
            assert_eq!(tokenizer.decode(&tokens), text, "{special:?}");
        }
    }
    tokenizer.encode_parsed_without(&text, '\u{200b}');
    tokenizer.special_texts_in(&text).for_each(drop);
});

/// Letters that stand for bytes, as GPT-2's vocabulary writes them.
fn letters() -> Vec<String> {
    let printable = |byte: &u32| matches!(byte, 33..=126 | 161..=172 | 174..=255);
    let mut others = 0;
    let letter = |byte: u32| {
        let code = if printable(&byte) {
            byte
        } else {
            others += 1;
            255 + others
        };
        char::from_u32(code).expect("below the surrogates").to_string()
    };
    (0..256).map(letter).collect()
}

/// Every byte, the marks, and pairs of letters of common words: as many as are asked for.
fn byte_pairs(pre: &str, count: usize) -> Header {
    let mut tokens = letters();
    let mut merges = Vec::new();
    let common = ["Ġ t", "h e", "i n", "Ġt he", "Ġ Ġ", "ĠĠ ĠĠ", "e r", "Ã ©", "ð Ł", "ðŁ Ĵ", "1 2", "Ċ Ċ", "' s"];
    for merge in common.iter().cycle().take(count).take(common.len()) {
        tokens.push(merge.replace(' ', ""));
        merges.push((*merge).to_owned());
    }
    let ordinary = tokens.len();
    tokens.extend(MARKS.map(str::to_owned));
    let kinds = (0..tokens.len()).map(|at| if at < ordinary { 1 } else { 3 }).collect();
    header("gpt2", vec![
        ("tokenizer.ggml.pre", Value::String(pre.to_owned())),
        ("tokenizer.ggml.tokens", Value::Array(Array::String(tokens))),
        ("tokenizer.ggml.token_type", Value::Array(Array::I32(kinds))),
        ("tokenizer.ggml.merges", Value::Array(Array::String(merges))),
    ])
}

/// The byte tokens, some pieces with scores, and the marks.
fn sentence_piece(count: usize) -> Header {
    let mut tokens = vec!["<unk>".to_owned()];
    let mut kinds = vec![2];
    tokens.extend(MARKS.map(str::to_owned));
    kinds.extend([3, 3]);
    tokens.extend((0..256).map(|byte| format!("<0x{byte:02X}>")));
    kinds.extend([6; 256]);
    let pieces = ["▁", "e", "t", "▁t", "h", "he", "▁the", "in", "▁▁", "\n", "é", "a", "b", "ab", "aba"];
    for piece in pieces.iter().take(count) {
        tokens.push((*piece).to_owned());
        kinds.push(1);
    }
    let scores = (0..tokens.len()).map(|at| -(at as f32)).collect();
    header("llama", vec![
        ("tokenizer.ggml.tokens", Value::Array(Array::String(tokens))),
        ("tokenizer.ggml.token_type", Value::Array(Array::I32(kinds))),
        ("tokenizer.ggml.scores", Value::Array(Array::F32(scores))),
        ("tokenizer.ggml.unknown_token_id", Value::U32(0)),
    ])
}

fn header(model: &str, entries: Vec<(&str, Value)>) -> Header {
    let model = ("tokenizer.ggml.model", Value::String(model.to_owned()));
    let entries = std::iter::once(model).chain(entries);
    Header {
        version: 3,
        alignment: 32,
        metadata: entries.map(|(key, value)| (key.to_owned(), value)).collect(),
        tensors: Vec::new(),
        data_offset: 0,
    }
}
