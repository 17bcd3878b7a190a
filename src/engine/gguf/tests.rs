//! The parser against itself (round trip), against chance (never panics), and against the embedded model's file.

use proptest::prelude::*;

use super::*;

/// A file with one value of every type, one array of every type, and a tensor of every kind.
fn rich_header() -> Header {
    use Value as V;
    let mut metadata = vec![
        ("general.architecture", V::String("llama".into())),
        ("empty text", V::String(String::new())),
        ("ключ 键 🔑", V::String("\u{0}\n\u{feff}".into())),
        ("u8", V::U8(u8::MAX)),
        ("i8", V::I8(i8::MIN)),
        ("u16", V::U16(u16::MAX)),
        ("i16", V::I16(i16::MIN)),
        ("u32", V::U32(u32::MAX)),
        ("i32", V::I32(i32::MIN)),
        ("u64", V::U64(u64::MAX)),
        ("i64", V::I64(i64::MIN)),
        ("f32", V::F32(-0.0)),
        ("f64", V::F64(f64::MIN_POSITIVE)),
        ("bool", V::Bool(true)),
    ];
    let arrays = [
        Array::U8(vec![1]),
        Array::I8(vec![-1, 1]),
        Array::U16(vec![2]),
        Array::I16(vec![-2]),
        Array::U32(vec![3, 3, 3]),
        Array::I32(vec![-3]),
        Array::U64(vec![4]),
        Array::I64(vec![]),
        Array::F32(vec![0.5, f32::INFINITY]),
        Array::F64(vec![0.25]),
        Array::Bool(vec![true, false]),
        Array::String(vec!["Ġthe".into(), String::new()]),
        Array::Array(vec![Array::U8(vec![]), Array::String(vec!["x".into()])]),
    ];
    let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m"];
    metadata.extend(names.into_iter().zip(arrays.map(Value::Array)));
    let mut tensors = Vec::new();
    let mut offset = 0_u64;
    for (index, kind) in TensorKind::ALL.into_iter().enumerate() {
        let dims = vec![256, index as u64 + 1];
        let bytes = 256 * (index as u64 + 1) / kind.block_items() * kind.block_bytes();
        tensors.push(TensorInfo { name: kind.name().into(), dims, kind, offset, bytes });
        offset = (offset + bytes).next_multiple_of(32);
    }
    let metadata = metadata.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    Header { version: 3, alignment: 32, metadata, tensors, data_offset: 0 }
}

/// The file that a header counted from the start of the data describes; tensor data is zeros.
pub(super) fn file(header: &Header) -> Vec<u8> {
    let mut bytes = encode(header);
    let data: u64 =
        header.tensors.iter().map(|tensor| tensor.offset.saturating_add(tensor.bytes)).max().unwrap_or(0);
    bytes.resize(bytes.len() + usize::try_from(data.min(1 << 20)).unwrap(), 0);
    bytes
}

pub(super) fn read(bytes: &[u8]) -> Result<Header, GgufError> {
    parse(bytes, bytes.len() as u64, &Limits::default())
}

#[test]
fn round_trips() {
    let bytes = file(&rich_header());
    let header = read(&bytes).unwrap();
    assert_eq!(encode(&header), bytes[..header.data_offset as usize]);
    assert_eq!(header.metadata, rich_header().metadata);
    for (read, written) in header.tensors.iter().zip(rich_header().tensors) {
        assert_eq!(read, &TensorInfo { offset: written.offset + header.data_offset, ..written });
    }
}

#[test]
fn every_beginning_asks_for_more_and_no_more_than_there_is() {
    let bytes = file(&rich_header());
    let header_bytes = read(&bytes).unwrap().data_offset as usize;
    let mut asked = Vec::new();
    for length in 0..header_bytes {
        match parse(&bytes[..length], bytes.len() as u64, &Limits::default()) {
            Err(GgufError::NeedMore { at_least }) => {
                assert!(at_least > length as u64 && at_least <= header_bytes as u64, "{length}: {at_least}");
                asked.push(at_least);
            }
            // The padding before the data is not needed.
            Ok(_) => assert!(header_bytes - length < 32, "{length}"),
            Err(error) => panic!("{length}: {error}"),
        }
    }
    assert!(asked.is_sorted());
}

#[test]
fn every_cut_off_file_is_an_error() {
    let bytes = file(&rich_header());
    for length in 0..bytes.len() {
        match read(&bytes[..length]) {
            Err(GgufError::Truncated { .. } | GgufError::OutOfFile { .. }) => {}
            other => panic!("{length}: {other:?}"),
        }
    }
}

#[test]
fn version_2_is_read() {
    let header = Header { version: 2, ..rich_header() };
    assert_eq!(read(&file(&header)).unwrap().version, 2);
}

#[test]
fn integers_are_read_in_any_width_if_they_fit() {
    let header = rich_header();
    assert_eq!(header.get::<u32>("u8"), Ok(Some(255)));
    assert_eq!(header.get::<u32>("u32"), Ok(Some(u32::MAX)));
    assert_eq!(header.get::<u32>("no such key"), Ok(None));
    assert!(matches!(header.get::<u32>("u64"), Err(GgufError::MetadataType { .. })));
    assert!(matches!(header.get::<u32>("i8"), Err(GgufError::MetadataType { .. })));
    assert_eq!(
        header.require::<f32>("bool").unwrap_err().to_string(),
        "bool must be a float; the file has a truth value"
    );
    assert_eq!(header.require::<f32>("gone").unwrap_err().to_string(), "the file has no gone");
}

#[test]
fn the_embedded_models_header() {
    let bytes = crate::engine::embedded::bytes();
    let header = read(bytes).unwrap();
    assert_eq!(header.require("general.architecture"), Ok("llama"));
    assert_eq!(header.require("llama.block_count"), Ok(30_u32));
    assert_eq!(header.require::<&[String]>("tokenizer.ggml.tokens").unwrap().len(), 49_152);
    assert_eq!(header.tensors.len(), 272);
    let embedding = header.tensor("token_embd.weight").unwrap();
    assert_eq!((embedding.dims.as_slice(), embedding.kind), ([576, 49_152].as_slice(), TensorKind::Q8_0));
    assert_eq!(encode(&header), bytes[..header.data_offset as usize]);
}

fn number_or_text() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<u8>().prop_map(Value::U8),
        any::<i64>().prop_map(Value::I64),
        any::<i32>().prop_map(|x| Value::F32(x as f32)),
        any::<bool>().prop_map(Value::Bool),
        any::<String>().prop_map(Value::String),
        any::<Vec<u16>>().prop_map(|x| Value::Array(Array::U16(x))),
        any::<Vec<bool>>().prop_map(|x| Value::Array(Array::Bool(x))),
        any::<Vec<String>>().prop_map(|x| Value::Array(Array::String(x))),
    ]
}

prop_compose! {
    fn any_header()(
        version in 2_u32..=3,
        power in 0_u32..8,
        metadata in prop::collection::btree_map(any::<String>(), number_or_text(), 0..6),
        shapes in prop::collection::btree_map(".{0,16}", (prop::collection::vec(1_u64..9, 1..4), 0_usize..TensorKind::ALL.len()), 0..6),
    ) -> Header {
        let alignment = 1 << power;
        let mut metadata: Vec<_> = metadata.into_iter().filter(|(key, _)| key != "general.alignment").collect();
        metadata.push(("general.alignment".into(), Value::U32(alignment)));
        let mut offset = 0_u64;
        let tensors = shapes.into_iter().filter(|(name, _)| name.len() <= 64).map(|(name, (mut dims, kind))| {
            let kind = TensorKind::ALL[kind];
            dims[0] *= kind.block_items();
            let bytes = dims.iter().product::<u64>() / kind.block_items() * kind.block_bytes();
            let info = TensorInfo { name, dims, kind, offset, bytes };
            offset = (offset + bytes).next_multiple_of(alignment.into());
            info
        }).collect();
        Header { version, alignment, metadata, tensors, data_offset: 0 }
    }
}

proptest! {
    #[test]
    fn any_header_round_trips(header in any_header()) {
        let bytes = encode(&header);
        let data: u64 = header.tensors.iter().map(|tensor| tensor.offset + tensor.bytes).max().unwrap_or(0);
        let read = parse(&bytes, bytes.len() as u64 + data, &Limits::default()).unwrap();
        prop_assert_eq!(encode(&read), bytes);
        prop_assert_eq!(&read.metadata, &header.metadata);
        prop_assert_eq!(read.tensors.len(), header.tensors.len());
    }

    #[test]
    fn never_panics_on_arbitrary_bytes(bytes: Vec<u8>, file_bytes: u64) {
        let _ = parse(&bytes, file_bytes, &Limits::default());
        let mut with_magic = b"GGUF\x03\0\0\0".to_vec();
        with_magic.extend(&bytes);
        let _ = parse(&with_magic, file_bytes, &Limits::default());
    }

    #[test]
    fn never_panics_on_mutated_files(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut: prop::sample::Index,
    ) {
        let mut bytes = file(&rich_header());
        let header_bytes = encode(&rich_header()).len();
        for (at, byte) in changes {
            bytes[at.index(header_bytes)] = byte;
        }
        let whole = bytes.len() as u64;
        if let Ok(header) = parse(&bytes, whole, &Limits::default()) {
            // What is taken must be true to what was read.
            prop_assert!(header.tensors.iter().all(|tensor| tensor.offset + tensor.bytes <= whole));
        }
        let _ = parse(&bytes[..cut.index(bytes.len())], whole, &Limits::default());
    }

    #[test]
    fn never_panics_on_large_numbers_anywhere(at: prop::sample::Index, number: u64, shift in 0_u32..64) {
        let mut bytes = file(&rich_header());
        let header_bytes = encode(&rich_header()).len();
        let at = at.index(header_bytes - 8);
        bytes[at..at + 8].copy_from_slice(&(number >> shift).to_le_bytes());
        let _ = read(&bytes);
    }
}
