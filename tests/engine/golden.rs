//! Against llama.cpp on the embedded model (`tests/golden/llama_cpp.mjs` made the files).

use likeness::engine::cpu::Kernels;
use likeness::engine::{NonStop, Options, arg_max};

use super::support::{embedded_model, golden, load, now, tokens};

/// Teacher-forced over 512 tokens: the likeliest token agrees at 98% of the places, perplexity within 1%.
#[test]
fn the_embedded_model_agrees_with_llama_cpp() {
    let golden = golden("smollm2_logits.json");
    let mut engine =
        load(&embedded_model(), &Options { threads: 2, ..Options::default() }).expect("it loads");
    let (input, top1) = (tokens(&golden["tokens"]), tokens(&golden["top1"]));
    assert_eq!(input.len(), 512);
    let ours = now(engine.foresee(&input, &mut NonStop)).expect("it runs");
    let agreeing = ours.top1.iter().zip(&top1).filter(|(a, b)| a == b).count();
    let theirs = golden["perplexity"].as_f64().expect("a number");
    println!("top-1 agrees at {agreeing} of 512; perplexity {:.4}, llama.cpp {theirs:.4}", ours.perplexity());
    assert!(agreeing * 100 >= 98 * 512, "{agreeing} of 512");
    assert!((ours.perplexity() / theirs - 1.0).abs() < 0.01, "{} against {theirs}", ours.perplexity());

    // Log-probabilities of the 16 likeliest tokens at some places.
    let mut worst = 0f64;
    for place in golden["positions"].as_array().expect("places") {
        let after = place["after"].as_u64().expect("an index") as usize;
        let logits = now(engine.logits(&input[..=after], &mut NonStop)).expect("it runs").to_vec();
        let sum = f64::from(Kernels::best().log_sum_exp(&logits));
        for pair in place["top"].as_array().expect("pairs") {
            let (token, logit) =
                (pair[0].as_u64().expect("a token") as usize, pair[1].as_f64().expect("a logit"));
            let theirs = logit - place["normaliser"].as_f64().expect("a number");
            worst = worst.max((f64::from(logits[token]) - sum - theirs).abs());
        }
    }
    println!("log-probabilities of the likeliest 16 differ by at most {worst:.4}");
    assert!(worst < 0.25, "off by {worst}");
}

/// The first 32 tokens by the likeliest each time; a near tie may turn one text, so most must agree, and all begin so.
#[test]
fn greedy_text_agrees_with_llama_cpp() {
    let golden = golden("smollm2_greedy.json");
    let mut engine =
        load(&embedded_model(), &Options { threads: 2, ..Options::default() }).expect("it loads");
    let (mut agreeing, mut prompts) = (0, 0);
    for case in golden["prompts"].as_array().expect("prompts") {
        let (prompt, theirs) = (tokens(&case["prompt_tokens"]), tokens(&case["tokens"]));
        let mut ours = Vec::new();
        let choose = |logits: &[f32]| {
            ours.push(arg_max(logits));
            ours.last().copied()
        };
        now(engine.generate(&prompt, theirs.len(), choose, &mut NonStop)).expect("it runs");
        let common = ours.iter().zip(&theirs).take_while(|(a, b)| a == b).count();
        println!("{common} of {} tokens: {}", theirs.len(), case["text"]);
        assert!(common >= 8, "{} parts after {common} tokens", case["prompt"]);
        (agreeing, prompts) = (agreeing + usize::from(common == theirs.len()), prompts + 1);
    }
    assert!(agreeing * 3 >= prompts * 2, "{agreeing} of {prompts} texts");
}

/// Whole continuations, of one token and of several.
#[test]
fn label_probabilities_agree_with_llama_cpp() {
    let (golden, greedy) = (golden("smollm2_labels.json"), golden("smollm2_tokens.json"));
    let _ = greedy;
    let mut engine =
        load(&embedded_model(), &Options { threads: 2, ..Options::default() }).expect("it loads");
    for case in golden["labels"].as_array().expect("labels") {
        let (prompt, label) = (tokens(&case["prompt_tokens"]), tokens(&case["label_tokens"]));
        let ours = now(engine.score(&prompt, &[label], &mut NonStop)).expect("it runs")[0];
        let theirs = case["log_probability"].as_f64().expect("a number");
        println!("{}: {ours:.4}, llama.cpp {theirs:.4}", case["label"]);
        assert!((f64::from(ours) - theirs).abs() < 0.1 + 0.01 * theirs.abs(), "{ours} against {theirs}");
    }
}
