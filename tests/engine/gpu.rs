//! The GPU beside the processor in floats, whatever lies at the edge of a tile, and what only a GPU has. What is asked of
//! either device is asked of both in the files beside this one.

use likeness::engine::device::{AnyDevice, Device};
use likeness::engine::gguf::TensorKind;
use likeness::engine::gpu::{Adapter, Refusal, Variants, self_test};
use likeness::engine::{Chat, Engine, EngineError, Judgement, NonStop, Options};

use super::support::{
    CLOSE, On, Random, Tiny, a_packed_prefix, a_tree_of_prompts, embedded_model, is_slow, largest,
    largest_difference, load_onto, model_file, now, some_of,
};

/// What a logit may differ by where activations are rounded to 8 bits and the cache to 16: what goes the other way in the first layer
/// makes 0.1 at the most in these models' logits, of some units.
const CLOSE_IN_BYTES: f32 = 0.2;

fn logits(engine: &mut Engine, prompt: &[u32]) -> Vec<f32> {
    now(engine.logits(prompt, &mut NonStop)).expect("it runs").to_vec()
}

/// The largest difference of two engines' logits after so many tokens.
fn apart(a: &mut Engine, b: &mut Engine, random: &mut Random, lengths: &[usize]) -> f32 {
    let of_length = |tokens: &usize| {
        let prompt = random.tokens(*tokens);
        largest_difference(&logits(a, &prompt), &logits(b, &prompt))
    };
    largest(lengths.iter().map(of_length))
}

#[test]
fn every_format_gives_the_processors_logits() {
    if !On::Gpu.has_gpu("every format") {
        return;
    }
    let mut random = Random(5);
    for (turn, kind) in TensorKind::ALL.into_iter().enumerate() {
        let file = Tiny::new(kind, kind == TensorKind::Q8_0).file();
        let mut cpu = On::Floats.load(&file, &Options::default()).expect("it loads");
        // Alone, few, a tile but one, a tile, a tile and one, several chunks.
        let lengths = [(On::Gpu, &[1, 5, 63, 64, 65, 150][..]), (On::GpuAsHardware, &[1, 5, 65])];
        for &(on, lengths) in some_of(&lengths, turn) {
            let mut gpu = on.load(&file, &Options::default()).expect("it loads");
            let difference = apart(&mut gpu, &mut cpu, &mut random, lengths);
            assert!(difference < CLOSE, "{kind:?}, {on:?}: {difference}");
        }
    }
}

/// Blocks whose scale is zero, a row of nothing but such, and numbers far from one.
#[test]
fn zeros_and_large_numbers_give_the_processors_logits() {
    if !On::Gpu.has_gpu("zeros and large numbers") {
        return;
    }
    let mut random = Random(6);
    for (turn, kind) in TensorKind::ALL.into_iter().enumerate() {
        let mut tiny = Tiny::new(kind, false);
        for part in ["attn_k", "ffn_up", "ffn_down"] {
            let block = kind.block_bytes() as usize;
            let weights = tiny.tensor(&format!("blk.0.{part}.weight"));
            weights.chunks_mut(block).step_by(3).for_each(|block| block.fill(0));
            let row = weights.len() / if part == "attn_k" { 128 } else { 256 };
            weights[row..2 * row].fill(0);
        }
        for float in tiny.tensor("blk.1.ffn_norm.weight").as_chunks_mut::<4>().0 {
            *float = (1e3 * f32::from_le_bytes(*float)).to_le_bytes();
        }
        let file = tiny.file();
        let prompt = random.tokens(70);
        let logits = |on: On| -> Vec<Vec<f32>> {
            let mut engine = on.load(&file, &Options::default()).expect("it loads");
            [1, 5, 70].map(|length| logits(&mut engine, &prompt[..length])).to_vec()
        };
        let expected = logits(On::Floats);
        let largest_of = |all: &[f32]| largest(all.iter().map(|logit| logit.abs()));
        // Where it is slow, those that the test above left out.
        for &on in some_of(&[On::GpuAsHardware, On::Gpu], turn) {
            for (found, expected) in logits(on).iter().zip(&expected) {
                let difference = largest_difference(found, expected) / largest_of(expected).max(1.0);
                assert!(difference < CLOSE, "{kind:?}, {on:?}: {difference}");
            }
        }
    }
}

/// The processor rounds activations to 8 bits as well; what lies between two whole numbers may go the other way, and what
/// is kept of keys and values has 11 bits.
#[test]
fn every_format_at_its_best_is_the_processors_in_bytes() {
    if !On::Gpu.has_gpu("every format with all that is offered") {
        return;
    }
    let mut random = Random(13);
    for kind in TensorKind::ALL {
        let file = Tiny::new(kind, kind == TensorKind::Q8_0).file();
        // What the GPU has no kernel of bytes for, it doesn't round.
        let processor = if Variants::ALL.packs(kind, false) { On::Cpu } else { On::Floats };
        let mut cpu = processor.load(&file, &Options::default()).expect("it loads");
        let mut gpu = On::GpuAtItsBest.load(&file, &Options::default()).expect("it loads");
        let difference = apart(&mut gpu, &mut cpu, &mut random, &[1, 5, 6, 7, 63, 64, 65, 150]);
        println!("{kind:?}: {difference}");
        assert!(difference < CLOSE_IN_BYTES, "{kind:?}: {difference}");
    }
}

/// Pieces of many prompts in one chunk see each their own past.
#[test]
fn judgements_together_are_what_each_is_alone() {
    if !On::Gpu.has_gpu("judgements together") {
        return;
    }
    let judgements = a_tree_of_prompts(&mut Random(11));
    let file = Tiny::new(TensorKind::Q4_1, false).file();
    let devices = [
        (On::Gpu, CLOSE, &[7, 64, 512][..]),
        (On::GpuAsHardware, CLOSE, &[64]),
        (On::GpuAtItsBest, CLOSE_IN_BYTES, &[7, 512]),
    ];
    for (turn, (on, close, chunks)) in devices.into_iter().enumerate() {
        for &chunk_tokens in some_of(chunks, turn) {
            let options = Options { chunk_tokens: Some(chunk_tokens), ..Options::default() };
            let mut engine = on.load(&file, &options).expect("it loads");
            let together = now(engine.score_all(&judgements, &mut NonStop)).expect("it runs");
            for (place, (judgement, together)) in judgements.iter().zip(together).enumerate() {
                engine.forget();
                let alone = now(engine.score(&judgement.prompt, &judgement.continuations, &mut NonStop));
                let difference = largest_difference(&together.log_probabilities, &alone.expect("it runs"));
                assert!(difference < close, "{on:?}, prompt {place}, chunks of {chunk_tokens}: {difference}");
            }
        }
    }
}

/// The same with all logits, and prefixes that end about where a page and a tile do.
#[test]
fn all_logits_after_a_packed_prefix_are_what_they_are_alone() {
    if !On::Gpu.has_gpu("a packed prefix") {
        return;
    }
    let file = Tiny::new(TensorKind::Q4_1, false).file();
    let mut floats = On::Floats.load(&file, &Options::default()).expect("it loads");
    for on in [On::Gpu, On::GpuAsHardware, On::GpuAtItsBest] {
        let close = if on == On::GpuAtItsBest { CLOSE_IN_BYTES } else { CLOSE };
        let mut engine = on.load(&file, &Options::default()).expect("it loads");
        for (shared, order) in [(1, 1), (63, 2), (64, 3), (65, 1), (65, 2)] {
            engine.forget();
            let judgements = a_packed_prefix(shared, order);
            let together = now(engine.score_all(&judgements, &mut NonStop)).expect("it runs");
            for (place, (judgement, together)) in judgements.iter().zip(together).enumerate() {
                floats.forget();
                let alone = now(floats.score(&judgement.prompt, &judgement.continuations, &mut NonStop));
                let difference = largest_difference(&together.log_probabilities, &alone.expect("it runs"));
                assert!(
                    difference < close,
                    "{on:?}, {shared} shared, order {order}, prompt {place}: {difference}"
                );
            }
        }
    }
}

/// How many queries a workgroup takes together, and how many invocations share a quad's positions, hangs on the heads.
#[test]
fn heads_of_every_shape_attend_as_the_processors() {
    if !On::Gpu.has_gpu("shapes of heads") {
        return;
    }
    let mut random = Random(13);
    // As SmolLM2 and Qwen2.5 have them; groups that are split, and one that has no divisor; heads whose quads are no
    // divisor of 64; the largest that fit, and larger.
    let shapes = [[9, 3, 64], [7, 1, 32], [10, 1, 16], [11, 1, 16], [3, 3, 80], [4, 2, 256], [2, 1, 320]];
    for (turn, shape) in shapes.into_iter().enumerate() {
        let file = Tiny::shaped(TensorKind::F32, false, shape).file();
        let options = Options { chunk_tokens: Some(90), ..Options::default() };
        let mut cpu = On::Floats.load(&file, &options).expect("it loads");
        let judgements = a_tree_of_prompts(&mut random);
        let floats = now(cpu.score_all(&judgements, &mut NonStop)).expect("it runs");
        for &(on, close) in some_of(&[(On::Gpu, CLOSE), (On::GpuAtItsBest, CLOSE_IN_BYTES)], turn) {
            let mut gpu = on.load(&file, &options).expect("it loads");
            let difference = apart(&mut gpu, &mut cpu, &mut random, &[9, 64, 131]);
            assert!(difference < close, "{shape:?}, {on:?}: {difference}");
            // Tokens of several branches share a workgroup.
            let together = now(gpu.score_all(&judgements, &mut NonStop)).expect("it runs");
            for (gpu, cpu) in together.iter().zip(&floats) {
                let difference = largest_difference(&gpu.log_probabilities, &cpu.log_probabilities);
                assert!(difference < close, "{shape:?}, {on:?}, together: {difference}");
            }
        }
    }
}

/// A token alone is read by workgroups that share the positions before it.
#[test]
fn a_token_far_on_is_the_processors() {
    if !On::Gpu.has_gpu("tokens far on") {
        return;
    }
    let file = Tiny::new(TensorKind::F16, false).file();
    let prompt = Random(12).tokens(460);
    let options = Options { chunk_tokens: Some(230), ..Options::default() };
    let mut cpu = On::Floats.load(&file, &options).expect("it loads");
    for on in [On::Gpu, On::GpuAsHardware] {
        let mut gpu = on.load(&file, &options).expect("it loads");
        for end in [231, 448, 449, 460] {
            let difference =
                largest_difference(&logits(&mut gpu, &prompt[..end]), &logits(&mut cpu, &prompt[..end]));
            assert!(difference < CLOSE, "{on:?}, {end}: {difference}");
        }
    }
}

/// Where a kernel can bind no more of it, what was given last is used up to its end, and prompts make room for others.
#[test]
fn memory_for_keys_and_values_ends_where_a_kernel_can_bind_no_more() {
    if !On::Gpu.has_gpu("memory that no kernel can bind") {
        return;
    }
    let mut random = Random(14);
    let file = Tiny::new(TensorKind::Q8_0, true).file();
    let adapter = now(Adapter::find()).expect("there is one");
    let gpu = now(adapter.open(Refusal::default())).expect("it opens");
    // Keys of seventy pages in a layer; there are sixty-four to begin with.
    let most_bytes = 70 * 2 * 64 * 16 * 4;
    let device = AnyDevice::Gpu(gpu.with_most_binding_bytes(most_bytes));
    let mut bound = super::support::load_onto(device, &file, &Options::default()).expect("it loads");
    let mut large = On::Gpu.load(&file, &Options::default()).expect("it loads");
    // Four pages each: the seventeenth is the first that asks for more than sixty-four.
    let prompts: Vec<Vec<u32>> = (0..30).map(|_| random.tokens(60)).collect();
    for prompt in prompts.iter().chain(&prompts[..4]) {
        let difference = largest_difference(&logits(&mut bound, prompt), &logits(&mut large, prompt));
        assert!(difference < CLOSE, "{difference}");
    }
    assert!(bound.counters().evicted_tokens > 0 && large.counters().evicted_tokens == 0);
}

/// Bytes of the GPU's memory that are made and not given back.
fn memory_bytes(engine: &Engine) -> u64 {
    match engine.device() {
        AnyDevice::Gpu(gpu) => gpu.memory_bytes(),
        AnyDevice::Cpu(_) => unreachable!("it was asked for"),
    }
}

/// What a model had of the GPU's memory is free again when it goes, and what it outgrew as soon as it has.
#[test]
fn memory_is_given_back() {
    if !On::Gpu.has_gpu("memory given back") {
        return;
    }
    let file = Tiny::new(TensorKind::Q8_0, true).file();
    let mut engine = On::Gpu.load(&file, &Options::default()).expect("it loads");
    let first = memory_bytes(&engine);
    // Sixty-five pages of keys and of values in two layers: twice as much as the sixty-four that there were.
    let page = 2 * 2 * 2 * 64 * 16 * 4;
    let mut random = Random(15);
    (0..17).for_each(|_| drop(logits(&mut engine, &random.tokens(60))));
    let grown = memory_bytes(&engine) - first;
    assert!((64 * page..65 * page).contains(&grown), "{grown}, a page has {page}");
    engine.device_mut().clear();
    assert_eq!(memory_bytes(&engine), 0);
}

/// Once the memory for keys and values is full, as it soon is, no judgement takes any more of the GPU. With
/// `LIKENESS_LONG`, or on hardware, there are 2,000 of them.
#[test]
fn many_judgements_take_no_more_memory_than_some() {
    if !On::Gpu.has_gpu("the memory of many judgements") {
        return;
    }
    let file = Tiny::new(TensorKind::Q8_0, false).file();
    let options = Options { kv_bytes: 1 << 20, ..Options::default() };
    let mut engine = On::Gpu.load(&file, &options).expect("it loads");
    let mut random = Random(16);
    let prefix = random.tokens(30);
    let mut after = Vec::new();
    for _ in 0..if is_slow(&engine) { 5 } else { 40 } {
        let many: Vec<Judgement> = (0..50)
            .map(|_| [prefix.clone(), random.tokens(8)].concat())
            .map(|prompt| Judgement { prompt, continuations: vec![vec![1], vec![2]] })
            .collect();
        now(engine.score_all(&many, &mut NonStop)).expect("it runs");
        after.push(memory_bytes(&engine));
    }
    assert!(after[2..].iter().all(|bytes| *bytes == after[2]), "{after:?}");
}

/// A device that may bind no more than a model's rows at a time has its matrices in parts.
#[test]
fn a_matrix_in_parts_is_the_same_matrix() {
    if !On::Gpu.has_gpu("matrices in parts") {
        return;
    }
    let file = Tiny::new(TensorKind::Q6_K, true).file();
    let prompt = Random(8).tokens(70);
    let expected = logits(&mut On::Floats.load(&file, &Options::default()).expect("it loads"), &prompt);
    let adapter = now(Adapter::find()).expect("there is one");
    let gpu = now(adapter.open(Refusal::default())).expect("it opens");
    // Tiles of rows of the parts, and parts of the embedding, begin anywhere then.
    let device = AnyDevice::Gpu(gpu.with_most_binding_bytes(20_000));
    let mut engine = super::support::load_onto(device, &file, &Options::default()).expect("it loads");
    let difference = largest_difference(&logits(&mut engine, &prompt), &expected);
    assert!(difference < CLOSE, "{difference}");
}

#[test]
fn a_lost_device_is_an_error_and_a_new_one_goes_on() {
    if !On::Gpu.has_gpu("a lost device") {
        return;
    }
    let file = Tiny::new(TensorKind::Q4_0, false).file();
    let prompt = Random(9).tokens(30);
    let mut engine = On::Gpu.load(&file, &Options::default()).expect("it loads");
    let expected = logits(&mut engine, &prompt);
    if let AnyDevice::Gpu(gpu) = engine.device() {
        gpu.destroy();
    }
    let other = Random(10).tokens(30);
    let lost = now(engine.logits(&other, &mut NonStop)).expect_err("it is gone");
    assert!(matches!(lost, EngineError::DeviceLost { .. } | EngineError::Device { .. }), "{lost}");
    let mut again = On::Gpu.load(&file, &Options::default()).expect("it loads");
    assert!(largest_difference(&logits(&mut again, &prompt), &expected) < CLOSE);
}

/// Each dispatch waits for the one before, which costs more than what it computes for one token.
#[test]
fn a_token_of_thirty_layers_takes_200_dispatches_at_the_most() {
    if !On::Gpu.has_gpu("dispatches") {
        return;
    }
    for on in [On::Gpu, On::GpuAsHardware, On::GpuAtItsBest] {
        let engine = on.load(&embedded_model(), &Options::default()).expect("it loads");
        let AnyDevice::Gpu(gpu) = engine.device() else { unreachable!("it was asked for") };
        assert!((1..=200).contains(&gpu.dispatches_of_a_token()), "{}", gpu.dispatches_of_a_token());
    }
}

/// The embedded model's label log-probabilities, which is what the method asks for.
#[test]
fn the_embedded_models_labels_are_the_processors() {
    if !On::Gpu.has_gpu("the embedded model") {
        return;
    }
    let file = embedded_model();
    let prompt = |n: u32| (0..12).map(|at| (at * 7919 + 31 + 101 * n) % 49_000).collect::<Vec<u32>>();
    let labels = [vec![5345], vec![10_120, 42], vec![29]];
    let scores = |on: On| -> Vec<f32> {
        let mut engine = on.load(&file, &Options { threads: 2, ..Options::default() }).expect("it loads");
        (0..3).flat_map(|n| now(engine.score(&prompt(n), &labels, &mut NonStop)).expect("it runs")).collect()
    };
    let floats = scores(On::Floats);
    let difference = largest_difference(&scores(On::Gpu), &floats);
    let mean = |scores: Vec<f32>| {
        let squares: f32 = scores.iter().zip(&floats).map(|(a, b)| (a - b) * (a - b)).sum();
        (squares / floats.len() as f32).sqrt()
    };
    let (at_its_best, rounded) = (mean(scores(On::GpuAtItsBest)), mean(scores(On::Cpu)));
    println!("label log-probabilities differ by {difference} at most");
    println!("with all that is offered by {at_its_best} (root mean square), on the processor by {rounded}");
    assert!(difference < 1e-3, "{difference}");
    // Rounding costs what it costs on the processor, give or take.
    assert!(at_its_best < 2.0 * rounded, "{at_its_best} where the processor is off by {rounded}");
}

/// A kernel that the self-test left out could be wrong on some GPU and be believed.
#[test]
fn the_self_test_runs_every_kernel_that_a_model_does() {
    if !On::Gpu.has_gpu("the self-test of whole models") {
        return;
    }
    let gemma = model_file("gemma-3-270m-q4_k_m.gguf", "the self-test of gemma3-270m");
    for (name, file) in [("SmolLM2", Some(embedded_model())), ("gemma3", gemma)] {
        let Some(file) = file else { continue };
        let outline = now(Chat::outline(&file[..])).expect("a model's header");
        for on in [On::Gpu, On::GpuAsHardware, On::GpuAtItsBest] {
            let AnyDevice::Gpu(mut gpu) = on.device(1) else { unreachable!("it was asked for") };
            now(self_test(&mut gpu, &outline.twin)).unwrap_or_else(|wrong| panic!("{name}, {on:?}: {wrong}"));
            let tested = gpu.kernels();
            gpu.clear();
            let engine = load_onto(AnyDevice::Gpu(gpu), &file, &Options::default()).expect("it loads");
            let AnyDevice::Gpu(gpu) = engine.device() else { unreachable!("it was loaded there") };
            let left_out: Vec<_> = gpu.kernels().difference(&tested).cloned().collect();
            assert!(left_out.is_empty(), "{name}, {on:?}: {left_out:#?}");
            println!("{name}, {on:?}: {} kernels, {} tested", gpu.kernels().len(), tested.len());
        }
    }
}
