//! How the engine's numbers on a text compare with one run of llama.cpp's.

use likeness::engine::cpu::Kernels;
use likeness::engine::{Engine, NonStop};
use serde_json::Value as Json;

use super::support::{now, tokens};

/// How the engine's numbers compare with one run of llama.cpp's.
pub struct Comparison {
    /// Places where the likeliest token is the same.
    pub agreeing: usize,
    /// Where the likeliest tokens differ, by how much ours leads the other at most.
    pub widest_lead: f32,
    /// Of all tokens.
    pub perplexity: f64,
    /// Root mean square over the log-probabilities of the 16 likeliest tokens at some places.
    pub difference: f64,
}

/// Reads `input` as `run` of a golden file did, which may have gone on.
pub fn compare(engine: &mut Engine, input: &[u32], run: &Json) -> Comparison {
    let top1 = tokens(&run["top1"]);
    let ours = now(engine.foresee(input, &mut NonStop)).expect("it runs");
    let mut comparison =
        Comparison { agreeing: 0, widest_lead: 0.0, perplexity: ours.perplexity(), difference: 0.0 };
    for (after, (ours, theirs)) in ours.top1.iter().zip(&top1).enumerate() {
        if ours == theirs {
            comparison.agreeing += 1;
        } else {
            let logits = now(engine.logits(&input[..=after], &mut NonStop)).expect("it runs");
            let lead = logits[*ours as usize] - logits[*theirs as usize];
            comparison.widest_lead = comparison.widest_lead.max(lead);
        }
    }
    let (mut squares, mut count) = (0.0, 0.0);
    for place in run["positions"].as_array().expect("places") {
        let after = place["after"].as_u64().expect("an index") as usize;
        if after >= input.len() {
            break;
        }
        let logits = now(engine.logits(&input[..=after], &mut NonStop)).expect("it runs");
        let sum = f64::from(Kernels::best().log_sum_exp(logits));
        let normaliser = place["normaliser"].as_f64().expect("a number");
        for pair in place["top"].as_array().expect("pairs") {
            let (token, logit) = (pair[0].as_u64().expect("a token"), pair[1].as_f64().expect("a logit"));
            squares += (f64::from(logits[token as usize]) - sum - (logit - normaliser)).powi(2);
            count += 1.0;
        }
    }
    comparison.difference = f64::sqrt(squares / count);
    println!(
        "{}: top-1 agrees at {} of {}, with a lead of at most {:.3} elsewhere; perplexity {:.4}, llama.cpp {:.4}; \
         log-probabilities of the likeliest 16 differ by {:.4}",
        run["weights"],
        comparison.agreeing,
        input.len(),
        comparison.widest_lead,
        comparison.perplexity,
        run["perplexity"].as_f64().expect("a number"),
        comparison.difference
    );
    comparison
}
