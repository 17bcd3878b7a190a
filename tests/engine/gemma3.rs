//! Against llama.cpp on gemma3-270m (`tests/golden/gemma3.mjs` made the file): SentencePiece's tokens, windows of 512
//! positions, GeGLU, norms after each part; Q4_K_M, in which a width of 640 makes most matrices Q5_0.

use likeness::engine::cpu::Kernels;
use likeness::engine::gguf::Limits;
use likeness::engine::tokenizer::{SpecialTokens, Tokenizer};
use likeness::engine::{NonStop, Options, read_header};

use super::support::{golden, load, model_file, now, tokens};

#[test]
fn gemma3_agrees_with_llama_cpp() {
    let Some(file) = model_file("gemma-3-270m-q4_k_m.gguf", "gemma3-270m against llama.cpp") else { return };
    let golden = golden("gemma3_logits.json");
    let (input, top1) = (tokens(&golden["tokens"]), tokens(&golden["top1"]));
    assert!(input.len() > 512 + 32, "more tokens than a window has");
    let mut engine = load(&file, &Options { threads: 2, ..Options::default() }).expect("it loads");
    let ours = now(engine.foresee(&input, &mut NonStop)).expect("it runs");
    let agreeing = ours.top1.iter().zip(&top1).filter(|(a, b)| a == b).count();
    let theirs = golden["perplexity"].as_f64().expect("a number");
    println!(
        "top-1 agrees at {agreeing} of {}; perplexity {:.4}, llama.cpp {theirs:.4}",
        input.len(),
        ours.perplexity()
    );

    let mut widest = 0f32;
    for (after, theirs) in top1.iter().enumerate() {
        let ours = ours.top1[after];
        if ours != *theirs {
            let logits = now(engine.logits(&input[..=after], &mut NonStop)).expect("it runs");
            widest = widest.max(logits[ours as usize] - logits[*theirs as usize]);
        }
    }
    println!("where they part, our likeliest leads llama.cpp's by at most {widest:.3}");

    // Log-probabilities of the 16 likeliest tokens at some places.
    let (mut squares, mut count) = (0.0, 0.0);
    for place in golden["positions"].as_array().expect("places") {
        let after = place["after"].as_u64().expect("an index") as usize;
        let logits = now(engine.logits(&input[..=after], &mut NonStop)).expect("it runs").to_vec();
        let sum = f64::from(Kernels::best().log_sum_exp(&logits));
        for pair in place["top"].as_array().expect("pairs") {
            let (token, logit) =
                (pair[0].as_u64().expect("a token") as usize, pair[1].as_f64().expect("a logit"));
            let theirs = logit - place["normaliser"].as_f64().expect("a number");
            squares += (f64::from(logits[token]) - sum - theirs).powi(2);
            count += 1.0;
        }
    }
    let difference = f64::sqrt(squares / count);
    println!("log-probabilities of the likeliest 16 differ by {difference:.4} (root mean square)");
    assert!(agreeing * 100 >= 98 * input.len(), "{agreeing} of {}", input.len());
    assert!((ours.perplexity() / theirs - 1.0).abs() < 0.01, "{} against {theirs}", ours.perplexity());
    assert!(widest < 0.75, "a lead of {widest}");
    assert!(difference < 0.2, "off by {difference}");
}

/// The text as a person gives it, with the beginning-of-text token that the file asks for.
#[test]
fn gemma3_tokens_are_those_of_the_golden_text() {
    let Some(file) = model_file("gemma-3-270m-q4_k_m.gguf", "gemma3-270m's tokens of a whole text") else {
        return;
    };
    let header = now(read_header(&file[..], &Limits::default())).expect("it has a header");
    let tokenizer = Tokenizer::from_header(&header).expect("it has a vocabulary");
    let expected = tokens(&golden("gemma3_logits.json")["tokens"]);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/text.txt");
    let text = std::fs::read_to_string(path).expect("it is there");
    assert!(tokenizer.adds_bos());
    let bos = tokenizer.bos().into_iter();
    let ours: Vec<u32> = bos.chain(tokenizer.encode(&text, SpecialTokens::AsText)).collect();
    assert_eq!(ours, expected);
    assert_eq!(tokenizer.decode(&ours[1..]), text);
}
