//! Files and prompts that the engine must refuse, each with its reason, whatever it runs on.

use likeness::engine::gguf::{TensorKind, Value};
use likeness::engine::quant::dequantise;
use likeness::engine::{Cancelled, Choose, Engine, EngineError, NonStop, Options, Pace};

use super::support::{On, Random, Tiny, assert_same, now};

#[track_caller]
fn assert_refused(devices: &[On], change: impl FnOnce(&mut Tiny), why: &str) {
    let mut tiny = Tiny::new(TensorKind::Q4_1, false);
    change(&mut tiny);
    for on in devices {
        let error = on.load(&tiny.file(), &Options::default()).err();
        assert_eq!(error.map(|error| error.to_string()).as_deref(), Some(why), "{on:?}");
    }
}

fn set(tiny: &mut Tiny, key: &str, value: Value) {
    let known = tiny.header.metadata.iter_mut().find(|(name, _)| name == key);
    match known {
        Some((_, old)) => *old = value,
        None => tiny.header.metadata.push((key.to_owned(), value)),
    }
}

#[test]
fn files_that_would_give_wrong_answers() {
    let cases: [(&str, Value, &str); 15] = [
        (
            "general.architecture",
            Value::String("gemma2".into()),
            "the model's architecture is gemma2; this engine runs llama, mistral3, qwen2, qwen3, gemma3 and phi3",
        ),
        (
            "llama.expert_count",
            Value::U32(8),
            "llama.expert_count is 8; this engine takes 0: it runs no mixture of experts",
        ),
        (
            "llama.rope.scaling.type",
            Value::String("longrope".into()),
            "llama.rope.scaling.type is longrope; this engine takes none, linear, yarn, or longrope with its tensors of factors",
        ),
        (
            "llama.attention.head_count_kv",
            Value::U32(3),
            "llama.attention.head_count_kv is 3; this engine takes a divisor of attention.head_count",
        ),
        (
            "llama.attention.head_count",
            Value::U32(0),
            "llama.attention.head_count is 0; this engine takes a whole number from 1 to 256",
        ),
        (
            "llama.attention.key_length",
            Value::U32(10),
            "llama.attention.key_length is 10; this engine takes a multiple of 16 up to 1024",
        ),
        (
            "llama.attention.key_length",
            Value::U32(262_128),
            "llama.attention.key_length is 262128; this engine takes a multiple of 16 up to 1024",
        ),
        (
            "llama.attention.key_length",
            Value::U32(512),
            "tensor blk.0.attn_output.weight has the shape [256, 256]; the metadata says [2048, 256]",
        ),
        (
            "llama.attention.layer_norm_rms_epsilon",
            Value::F32(f32::NAN),
            "llama.attention.layer_norm_rms_epsilon is NaN; this engine takes a number from 0 to 1",
        ),
        (
            "llama.rope.dimension_count",
            Value::U32(66),
            "llama.rope.dimension_count is 66; this engine takes an even number above zero, up to attention.key_length",
        ),
        (
            "llama.rope.dimension_count",
            Value::U32(0),
            "llama.rope.dimension_count is 0; this engine takes an even number above zero, up to attention.key_length",
        ),
        (
            "llama.context_length",
            Value::U32(0),
            "llama.context_length is 0; this engine takes a number of tokens above zero",
        ),
        (
            "llama.block_count",
            Value::U32(1 << 31),
            "llama.block_count is 2147483648; this engine takes a number above zero, and no more than there are tensors",
        ),
        (
            "llama.feed_forward_length",
            Value::U32(520),
            "tensor blk.0.ffn_gate.weight has the shape [256, 512]; the metadata says [256, 520]",
        ),
        (
            "llama.block_count",
            Value::U32(1),
            "the file has a tensor blk.1.attn_norm.weight, which this engine has no place for in a model of its \
             architecture",
        ),
    ];
    let devices = On::both("files that would give wrong answers");
    for (key, value, why) in cases {
        assert_refused(&devices, |tiny| set(tiny, key, value), why);
    }
    let one_more = |tiny: &mut Tiny| set(tiny, "llama.block_count", Value::U32(3));
    assert_refused(&devices, one_more, "the file has no tensor blk.2.attn_norm.weight");
}

#[test]
fn weights_that_are_no_numbers() {
    let infinity = |tiny: &mut Tiny| tiny.tensor("blk.1.ffn_up.weight")[..2].copy_from_slice(&[0, 0x7c]);
    let devices = On::both("weights that are no numbers");
    let why = "tensor blk.1.ffn_up.weight holds a number that is infinite or none: the file is damaged";
    assert_refused(&devices, infinity, why);
    let nan =
        |tiny: &mut Tiny| tiny.tensor("output_norm.weight")[4..8].copy_from_slice(&f32::NAN.to_le_bytes());
    let why = "tensor output_norm.weight holds a number that is infinite or none: the file is damaged";
    assert_refused(&devices, nan, why);
}

/// Wherever in a block of any format such a number may stand: found by what the weights then come to.
#[test]
fn scales_that_are_no_numbers_in_any_format() {
    const NAME: &str = "blk.1.ffn_down.weight";
    let devices = On::both("scales that are no numbers");
    for kind in TensorKind::ALL {
        let patterns: &[&[u8]] = match kind {
            TensorKind::F32 => &[&[0, 0, 0x80, 0x7f], &[0, 0, 0x80, 0xff], &[0, 0, 0xc0, 0x7f]],
            TensorKind::BF16 => &[&[0x80, 0x7f], &[0x80, 0xff], &[0xc0, 0x7f]],
            _ => &[&[0, 0x7c], &[0, 0xfc], &[0, 0x7e]],
        };
        let (bytes, items) = (kind.block_bytes() as usize, kind.block_items() as usize);
        let mut places = 0;
        for at in (0..=bytes - patterns[0].len()).step_by(2) {
            for pattern in patterns {
                let mut tiny = Tiny::new(kind, false);
                // Some block that is neither the first nor the last.
                let block = &mut tiny.tensor(NAME)[77 * bytes..78 * bytes];
                block[at..at + pattern.len()].copy_from_slice(pattern);
                let mut floats = vec![0.0; items];
                dequantise(kind, block, &mut floats);
                if floats.iter().all(|float| float.is_finite()) {
                    continue;
                }
                places += 1;
                for on in &devices {
                    let error = on.load(&tiny.file(), &Options::default()).err();
                    let expected = EngineError::NotFinite { name: NAME.into() };
                    assert_eq!(error, Some(expected), "{on:?}, {kind:?} at {at}");
                }
            }
        }
        assert!(places >= patterns.len(), "{kind:?}");
    }
}

/// Weights that are finite but blow up on the way.
#[test]
fn outputs_that_are_no_numbers() {
    let mut tiny = Tiny::new(TensorKind::F32, false);
    for number in tiny.tensor("blk.0.ffn_down.weight").as_chunks_mut().0 {
        *number = 3e38f32.to_le_bytes();
    }
    for on in On::both("outputs that are no numbers") {
        let mut engine = on.load(&tiny.file(), &Options::default()).expect("each weight is a number");
        let prompt = [1, 2, 3];
        let logits = now(engine.logits(&prompt, &mut NonStop)).map(<[f32]>::len);
        assert_eq!(logits, Err(EngineError::NotANumber), "{on:?}");
        let scores = now(engine.score(&prompt, &[vec![3], vec![4, 5]], &mut NonStop));
        assert_eq!(scores, Err(EngineError::NotANumber), "{on:?}");
        let text = now(engine.generate(&prompt, 3, Choose::Likeliest(&mut |_| true), &mut NonStop));
        assert_eq!(text.map(|_| ()), Err(EngineError::NotANumber), "{on:?}");
    }
}

fn engine(on: On) -> Engine {
    on.load(&Tiny::new(TensorKind::Q4_1, false).file(), &Options::default()).expect("it loads")
}

#[test]
fn prompts_that_make_no_sense() {
    On::both("prompts that make no sense").into_iter().for_each(assert_prompts_are_refused);
}

fn assert_prompts_are_refused(on: On) {
    let mut engine = engine(on);
    let error = now(engine.logits(&[], &mut NonStop)).expect_err("no token, no next token");
    assert_eq!(error, EngineError::EmptyPrompt);
    let error = now(engine.logits(&[1; 513], &mut NonStop)).expect_err("too long");
    assert_eq!(error.to_string(), "the prompt has 513 tokens, the model takes 512");
    let error = now(engine.generate(&[1; 500], 13, Choose::Likeliest(&mut |_| true), &mut NonStop))
        .expect_err("too long");
    assert_eq!(error.to_string(), "the prompt has 513 tokens, the model takes 512");
    let error = now(engine.score(&[1, 99], &[vec![1]], &mut NonStop)).expect_err("no such token");
    assert_eq!(error.to_string(), "token 99 at place 1: the model has 99");
    let error =
        now(engine.score(&[1], &[vec![1], vec![2, 3, 100]], &mut NonStop)).expect_err("no such token");
    assert_eq!(error.to_string(), "token 100 at place 2: the model has 99");
    // And it goes on working.
    assert!(now(engine.logits(&[1; 512], &mut NonStop)).is_ok());
}

/// Stops at the given pause.
struct StopAt(usize);

impl Pace for StopAt {
    async fn pause(&mut self) -> Result<(), Cancelled> {
        self.0 = self.0.checked_sub(1).ok_or(Cancelled)?;
        Ok(())
    }
}

/// Wherever it is stopped, the next answer is as if nothing had been.
#[test]
fn stopped_work_leaves_no_trace() {
    let prompt = Random(3).tokens(150);
    for on in On::both("stopped work") {
        let expected = now(engine(on).logits(&prompt, &mut NonStop)).expect("it runs").to_vec();
        let mut stopped = 0;
        for pause in 0..8 {
            let mut engine = engine(on);
            match now(engine.logits(&prompt, &mut StopAt(pause))) {
                Err(error) => assert_eq!(error, EngineError::Cancelled(Cancelled)),
                Ok(_) => break,
            }
            stopped += 1;
            let again = now(engine.logits(&prompt, &mut NonStop)).expect("it runs");
            assert_same(on, again, &expected, &format!("pause {pause}"));
        }
        // On the processor three chunks of two layers; a GPU is given chunks, one or more.
        assert!(if on == On::Cpu { stopped == 6 } else { stopped > 0 }, "{on:?}: {stopped}");
    }
}
