//! A model in several files gives what it gives in one.

use likeness::engine::device::AnyDevice;
use likeness::engine::gguf::{Header, Limits, TensorKind, Value, encode};
use likeness::engine::{Engine, EngineError, NonStop, Options, Parts, TensorSource, read_header};

use super::support::{On, Random, Tiny, assert_same, now};

/// The files of a model whose tensors are cut into parts at `ends`, as `llama-gguf-split` writes them.
fn split(tiny: &Tiny, ends: &[usize]) -> Vec<Vec<u8>> {
    let mut start = 0;
    let part = |(number, end): (usize, &usize)| {
        let mut metadata = if number == 0 { tiny.header.metadata.clone() } else { Vec::new() };
        metadata.extend([
            ("split.no".to_owned(), Value::U16(number as u16)),
            ("split.count".to_owned(), Value::U16(ends.len() as u16)),
            ("split.tensors.count".to_owned(), Value::I32(tiny.header.tensors.len() as i32)),
        ]);
        let mut header = Header { metadata, tensors: Vec::new(), ..tiny.header.clone() };
        let mut data = Vec::new();
        for tensor in &tiny.header.tensors[start..*end] {
            let bytes = &tiny.data[tensor.offset as usize..][..tensor.bytes as usize];
            let mut moved = tensor.clone();
            moved.offset = data.len() as u64;
            header.tensors.push(moved);
            data.extend_from_slice(bytes);
            data.resize(data.len().next_multiple_of(32), 0);
        }
        start = *end;
        [encode(&header), data].concat()
    };
    ends.iter().enumerate().map(part).collect()
}

fn load_parts(device: AnyDevice, files: &[Vec<u8>]) -> Result<Engine, EngineError> {
    let source = Parts::new(files.iter().map(Vec::as_slice).collect());
    now(async {
        let header = read_header(&source, &Limits::default()).await?;
        Engine::load_on(device, &header, &source, &Options::default(), &mut NonStop, |_, _| {}).await
    })
}

#[test]
fn parts_give_the_same_in_any_order() {
    let tiny = Tiny::new(TensorKind::Q4_1, true);
    let all = tiny.header.tensors.len();
    let prompt = Random(3).tokens(70);
    for on in On::both("a model in several files") {
        let mut whole = on.load(&tiny.file(), &Options::default()).expect("it loads");
        let expected = now(whole.logits(&prompt, &mut NonStop)).expect("it runs").to_vec();
        // Evenly, all in one part but for one, and a first part that has metadata alone.
        for ends in [vec![5, 11, all], vec![all - 1, all], vec![0, 3, all]] {
            let mut files = split(&tiny, &ends);
            for _ in 0..files.len() {
                files.rotate_left(1);
                let mut engine = load_parts(on.device(1), &files).expect("it loads");
                let found = now(engine.logits(&prompt, &mut NonStop)).expect("it runs");
                assert_same(on, found, &expected, &format!("{ends:?}"));
            }
        }
    }
}

#[test]
fn parts_that_are_not_all_there_are_refused() {
    let files = split(&Tiny::new(TensorKind::Q8_0, false), &[5, 11, 20]);
    for on in On::both("parts that are missing") {
        let error = load_parts(on.device(1), &files[..2]).err().map(|error| error.to_string());
        assert_eq!(error.as_deref(), Some("the model is in 3 files, and part 3 of them is missing"));
        let error = on.load(&files[1], &Options::default()).err().map(|error| error.to_string());
        assert_eq!(error.as_deref(), Some("the model is in 3 files, and part 1 of them is missing"));
    }
}

#[test]
fn a_range_is_read_across_files() {
    let files: Vec<Vec<u8>> = vec![vec![1, 2, 3], vec![], vec![4], vec![5, 6]];
    let source = Parts::new(files.iter().map(Vec::as_slice).collect());
    assert_eq!((source.bytes(), source.starts()), (6, vec![0, 3, 3, 4]));
    for start in 0..=6 {
        for length in 0..=6 - start {
            let mut into = vec![0; length];
            now(source.read(start as u64, &mut into)).expect("it is there");
            assert_eq!(into, [1, 2, 3, 4, 5, 6][start..start + length]);
        }
    }
    let error = now(source.read(4, &mut [0; 3])).expect_err("it is beyond the end");
    assert_eq!(error.to_string(), "3 bytes at 4 could not be read: the files have 6 bytes");
}
