//! What must not change the result, on either device: chunks, threads, instruction sets, what was asked before. On the
//! processor it changes no bit.

use likeness::engine::cpu::Kernels;
use likeness::engine::gguf::TensorKind;
use likeness::engine::{Choose, Engine, Judgement, NonStop, Options, arg_max};

use super::support::{
    On, Random, Tiny, a_packed_prefix, a_tree_of_prompts, assert_same, is_slow, now, some_of,
};

fn engine(on: On, kind: TensorKind, options: &Options) -> Engine {
    on.load(&Tiny::new(kind, kind == TensorKind::Q8_0).file(), options).expect("it loads")
}

fn set_kernels(engine: &mut Engine, kernels: Kernels) {
    engine.device_mut().cpu_mut().expect("a processor").set_kernels(kernels);
}

fn logits(engine: &mut Engine, prompt: &[u32]) -> Vec<f32> {
    now(engine.logits(prompt, &mut NonStop)).expect("it runs").to_vec()
}

#[test]
fn chunks_and_threads_change_nothing() {
    let prompt = Random(5).tokens(130);
    for on in On::both("chunks") {
        for (turn, kind) in TensorKind::ALL.into_iter().enumerate() {
            let expected = logits(&mut engine(on, kind, &Options::default()), &prompt);
            let ways: &[(usize, usize)] = match on {
                On::Cpu => &[(1, 1), (3, 2), (16, 3), (64, 2), (512, 1)],
                // Token by token there is the next test, as it needs no other format's kernels.
                _ => some_of(&[(7, 1), (64, 1)], turn),
            };
            for &(chunk_tokens, threads) in ways {
                let options = Options { chunk_tokens: Some(chunk_tokens), threads, ..Options::default() };
                let found = logits(&mut engine(on, kind, &options), &prompt);
                assert_same(on, &found, &expected, &format!("{kind:?} {chunk_tokens} {threads}"));
            }
        }
    }
}

#[test]
fn instruction_sets_change_nothing() {
    let prompt = Random(5).tokens(130);
    for kind in TensorKind::ALL {
        let expected = logits(&mut engine(On::Cpu, kind, &Options::default()), &prompt);
        for kernels in Kernels::available() {
            let mut engine = engine(On::Cpu, kind, &Options::default());
            set_kernels(&mut engine, kernels);
            assert_same(On::Cpu, &logits(&mut engine, &prompt), &expected, kernels.name);
        }
    }
}

#[test]
fn what_was_asked_before_changes_nothing_and_is_not_computed_again() {
    let mut random = Random(6);
    let shared = random.tokens(77);
    let prompts: Vec<Vec<u32>> =
        (0..6).map(|n| [shared.clone(), random.tokens(3 + 5 * n)].concat()).collect();
    for (on, chunk_tokens) in
        On::both("what was asked before").into_iter().flat_map(|on| [(on, None), (on, Some(1))])
    {
        let options = Options { chunk_tokens, ..Options::default() };
        let mut engine = engine(on, TensorKind::Q4_1, &options);
        let fresh: Vec<_> = prompts
            .iter()
            .map(|prompt| logits(&mut self::engine(on, TensorKind::Q4_1, &Options::default()), prompt))
            .collect();
        for round in 0..3 {
            for (prompt, fresh) in prompts.iter().zip(&fresh) {
                assert_same(
                    on,
                    &logits(&mut engine, prompt),
                    fresh,
                    &format!("round {round}, {chunk_tokens:?}"),
                );
            }
        }
        let counters = engine.counters();
        // Each prompt's last token is computed each time, since its logits are asked for.
        let suffixes: usize = prompts.iter().map(|prompt| prompt.len() - 77).sum();
        let computed = (counters.prompt_tokens - counters.cached_tokens) as usize;
        assert_eq!(computed, 77 + suffixes + 2 * prompts.len(), "{on:?}");
    }
}

#[test]
fn a_small_memory_for_keys_and_values_changes_only_what_is_found() {
    let mut random = Random(7);
    // Their hundred and twenty pages are more than a GPU is given at first.
    let prompts: Vec<Vec<u32>> = (0..30).map(|_| random.tokens(60)).collect();
    let page = 2 * 2 * 2 * 64 * 16 * 4;
    for on in On::both("a small memory for keys and values") {
        let mut small = engine(on, TensorKind::Q8_0, &Options { kv_bytes: 6 * page, ..Options::default() });
        let mut large = engine(on, TensorKind::Q8_0, &Options::default());
        for prompt in prompts.iter().chain(&prompts[..8]) {
            assert_same(on, &logits(&mut small, prompt), &logits(&mut large, prompt), "another memory");
        }
        assert!(small.counters().evicted_tokens > 0 && large.counters().evicted_tokens == 0);
        assert_eq!(small.context_tokens(), 6 * 16);
    }
}

/// Scores, steps of a generation and teacher-forcing are three ways to the same numbers.
#[test]
fn scores_and_generation_agree_with_teacher_forcing() {
    let mut random = Random(8);
    let (prompt, continuation) = (random.tokens(40), random.tokens(9));
    for on in On::both("scores and generation") {
        let options = Options { chunk_tokens: Some(4), ..Options::default() };
        let mut engine = engine(on, TensorKind::Q6_K, &options);
        let whole = [prompt.clone(), continuation.clone()].concat();
        let foreseen = now(engine.foresee(&whole, &mut NonStop)).expect("it runs");
        let asked = [continuation.clone(), vec![continuation[0]], vec![], continuation[..5].to_vec()];
        let scores = now(engine.score(&prompt, &asked, &mut NonStop)).expect("it runs");
        for (asked, score) in asked.iter().zip(scores) {
            let sum: f32 = foreseen.log_probabilities[39..39 + asked.len()].iter().sum();
            assert!((score - sum).abs() < 1e-4, "{on:?}: {score} {sum}");
        }

        let mut chosen = Vec::new();
        let mut choose = |logits: &[f32]| {
            chosen.push(arg_max(logits));
            chosen.last().copied()
        };
        now(engine.generate(&prompt, 12, Choose::ByLogits(&mut choose), &mut NonStop)).expect("it runs");
        // On a GPU it is found there, and the logits stay.
        let mut likeliest = Vec::new();
        let mut take = |token| {
            likeliest.push(token);
            likeliest.len() < 9
        };
        now(engine.generate(&prompt, 12, Choose::Likeliest(&mut take), &mut NonStop)).expect("it runs");
        assert_eq!(likeliest, chosen[..9], "{on:?}");
        let whole = [prompt.clone(), chosen.clone()].concat();
        let foreseen = now(engine.foresee(&whole, &mut NonStop)).expect("it runs");
        assert_eq!(chosen, foreseen.top1[39..51], "{on:?}");
    }
}

#[test]
fn continuations_leave_no_pages_behind() {
    let page = 2 * 2 * 2 * 64 * 16 * 4;
    for on in On::both("continuations") {
        let mut random = Random(9);
        let options = Options { kv_bytes: 8 * page, ..Options::default() };
        let mut engine = engine(on, TensorKind::Q4_0, &options);
        let prompt = random.tokens(64);
        for _ in 0..if is_slow(&engine) { 20 } else { 100 } {
            let labels: Vec<Vec<u32>> = (0..4).map(|_| random.tokens(20)).collect();
            now(engine.score(&prompt, &labels, &mut NonStop)).expect("there is room for one label at a time");
        }
        assert_eq!(engine.counters().evicted_tokens, 0, "{on:?}");
    }
}

#[test]
fn all_logits_after_a_packed_prefix_have_the_bits_that_they_have_alone() {
    for (shared, order) in
        [1, 63, 64, 65].into_iter().flat_map(|shared| [(shared, 1), (shared, 2), (shared, 3)])
    {
        let judgements = a_packed_prefix(shared, order);
        let mut engine = engine(On::Cpu, TensorKind::Q4_1, &Options::default());
        let together = now(engine.score_all(&judgements, &mut NonStop)).expect("it runs");
        for (place, (judgement, together)) in judgements.iter().zip(together).enumerate() {
            engine.forget();
            let alone = now(engine.score(&judgement.prompt, &judgement.continuations, &mut NonStop));
            let alone = alone.expect("it runs");
            assert_eq!(together.log_probabilities, alone, "{shared} shared, order {order}, prompt {place}");
        }
    }
}

#[test]
fn judgements_together_have_the_bits_that_each_has_alone() {
    let judgements = a_tree_of_prompts(&mut Random(11));
    let page = 2 * 2 * 2 * 64 * 16 * 4;
    let alone: Vec<Vec<f32>> = judgements
        .iter()
        .map(|Judgement { prompt, continuations }| {
            let mut engine = engine(On::Cpu, TensorKind::Q4_1, &Options::default());
            now(engine.score(prompt, continuations, &mut NonStop)).expect("it runs")
        })
        .collect();
    for (chunk_tokens, threads, kv_bytes) in
        [(64, 1, 1 << 20), (5, 2, 1 << 20), (512, 1, 1 << 20), (64, 1, 14 * page)]
    {
        let options = Options { chunk_tokens: Some(chunk_tokens), threads, kv_bytes };
        let mut engine = engine(On::Cpu, TensorKind::Q4_1, &options);
        let together = now(engine.score_all(&judgements, &mut NonStop)).expect("it runs");
        for (place, (together, alone)) in together.iter().zip(&alone).enumerate() {
            assert_eq!(together.log_probabilities, *alone, "prompt {place}, chunks of {chunk_tokens}");
        }
        let computed: usize = together.iter().map(|scored| scored.computed).sum();
        if kv_bytes == 1 << 20 {
            // What is shared once, all else once, but for a token or few of shared ends.
            let own: usize = (0..9).map(|n| 1 + 4 * n).sum::<usize>() + 5 * 7 + 90 + 1;
            assert!(
                (70 + 33 + own..70 + 33 + own + 20).contains(&computed),
                "{computed} tokens were computed"
            );
        } else {
            assert!(engine.counters().evicted_tokens > 0, "the memory was too small for all");
        }
    }
}
