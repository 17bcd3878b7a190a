//! Small files with one fault each, and the message that each is refused with.

use super::tests::{file, read};
use super::*;

/// A small true file, changed by `edit`, must be refused with the message `expected`.
#[track_caller]
fn refused(edit: impl FnOnce(&mut Header), expected: &str) {
    let mut header = small();
    edit(&mut header);
    check(&file(&header), expected);
}

#[track_caller]
fn check(bytes: &[u8], expected: &str) {
    match read(bytes) {
        Ok(_) => panic!("it was taken; expected: {expected}"),
        Err(error) => assert_eq!(error.to_string(), expected),
    }
}

fn small() -> Header {
    let tensor = |name: &str, offset| TensorInfo {
        name: name.into(),
        dims: vec![8, 2],
        kind: TensorKind::F32,
        offset,
        bytes: 64,
    };
    Header {
        version: 3,
        alignment: 32,
        metadata: vec![("k".into(), Value::U32(7))],
        tensors: vec![tensor("first", 0), tensor("second", 64)],
        data_offset: 0,
    }
}

/// Where the fields of `small` lie, so that a fault can be put in by hand.
mod at {
    pub const TENSOR_COUNT: usize = 8;
    pub const METADATA_COUNT: usize = 16;
    pub const KEY_LENGTH: usize = 24;
    pub const VALUE_TYPE: usize = 33;
    pub const NAME_LENGTH: usize = 41;
    pub const DIMS: usize = 54;
    pub const KIND: usize = 74;
    pub const OFFSET: usize = 78;
}

#[track_caller]
fn patched(at: usize, with: &[u8], expected: &str) {
    let mut bytes = file(&small());
    bytes[at..][..with.len()].copy_from_slice(with);
    check(&bytes, expected);
}

#[test]
fn the_small_file_is_taken() {
    assert_eq!(read(&file(&small())).unwrap().tensors[1].offset, 160 + 64);
}

#[test]
fn an_empty_file() {
    check(b"", "it is cut off or damaged (magic at byte 0 needs 4 bytes, but the file ends at 0)");
}

#[test]
fn a_web_page() {
    check(b"<!DOCTYPE html>", "not a GGUF file: it begins with \"<!DO\"");
}

#[test]
fn a_short_file_of_another_kind() {
    check(b"PK", "not a GGUF file: it begins with \"PK\"");
}

#[test]
fn an_older_version() {
    patched(4, &[1, 0, 0, 0], "GGUF version 1 at byte 4; versions 2 and 3 can be read");
}

#[test]
fn a_newer_version() {
    patched(4, &[4, 0, 0, 0], "GGUF version 4 at byte 4; versions 2 and 3 can be read");
}

#[test]
fn a_big_endian_file() {
    patched(4, &[0, 0, 0, 3], "a big-endian GGUF file; only little-endian ones can be read");
}

#[test]
fn an_absurd_count_of_tensors() {
    patched(
        at::TENSOR_COUNT,
        &[0xff; 8],
        "tensor count at byte 8 is 18446744073709551615; the limit tensors is 65536",
    );
}

#[test]
fn an_absurd_count_of_metadata() {
    patched(
        at::METADATA_COUNT,
        &[0xff; 8],
        "metadata count at byte 16 is 18446744073709551615; the limit metadata_entries is 16384",
    );
}

#[test]
fn more_metadata_than_the_file_is_long() {
    patched(
        at::METADATA_COUNT,
        &10_000_u64.to_le_bytes(),
        "it is cut off or damaged (metadata at byte 24 needs 130000 bytes, but the file ends at 288)",
    );
}

#[test]
fn more_tensors_than_the_file_is_long() {
    patched(
        at::TENSOR_COUNT,
        &60_000_u64.to_le_bytes(),
        "it is cut off or damaged (tensor table at byte 41 needs 1920000 bytes, but the file ends at 288)",
    );
}

#[test]
fn an_absurd_length_of_a_key() {
    patched(
        at::KEY_LENGTH,
        &(1_u64 << 63).to_le_bytes(),
        "the length of metadata key 0 at byte 24 is 9223372036854775808; the limit key_bytes is 65535",
    );
}

#[test]
fn a_key_longer_than_the_file() {
    patched(
        at::KEY_LENGTH,
        &60_000_u64.to_le_bytes(),
        "it is cut off or damaged (metadata key 0 at byte 32 needs 60000 bytes, but the file ends at 288)",
    );
}

#[test]
fn a_key_that_is_not_utf8() {
    patched(32, &[0xff], "metadata key 0 is not UTF-8 at byte 32");
}

#[test]
fn a_key_twice() {
    refused(
        |header| header.metadata.push(("k".into(), Value::U8(0))),
        "metadata key k occurs a second time at byte 41",
    );
}

#[test]
fn a_value_of_no_type() {
    patched(at::VALUE_TYPE, &[13], "k at byte 33 has the value type 13, which GGUF does not have");
}

#[test]
fn a_truth_value_of_two() {
    let mut header = small();
    header.metadata[0].1 = Value::Bool(true);
    let mut bytes = file(&header);
    bytes[37] = 2;
    check(&bytes, "k at byte 37 is a truth value of 2; it must be 0 or 1");
}

#[test]
fn a_text_that_is_not_utf8() {
    let mut header = small();
    header.metadata[0].1 = Value::String("abc".into());
    let mut bytes = file(&header);
    bytes[46] = 0xc0;
    check(&bytes, "k is not UTF-8 at byte 46");
}

#[test]
fn an_array_of_no_type() {
    let mut header = small();
    header.metadata[0].1 = Value::Array(Array::U8(vec![0; 4]));
    let mut bytes = file(&header);
    bytes[37] = 99;
    check(&bytes, "an item of k at byte 37 has the value type 99, which GGUF does not have");
}

#[test]
fn an_array_longer_than_the_file() {
    let mut header = small();
    header.metadata[0].1 = Value::Array(Array::U64(vec![0; 4]));
    let mut bytes = file(&header);
    bytes[41..49].copy_from_slice(&4_000_000_u64.to_le_bytes());
    check(&bytes, "it is cut off or damaged (k at byte 49 needs 32000000 bytes, but the file ends at 320)");
}

#[test]
fn an_array_of_absurd_length() {
    let mut header = small();
    header.metadata[0].1 = Value::Array(Array::String(vec![]));
    let mut bytes = file(&header);
    bytes[41..49].copy_from_slice(&(u64::MAX / 8).to_le_bytes());
    check(&bytes, "the length of k at byte 41 is 2305843009213693951; the limit array_items is 4194304");
}

#[test]
fn arrays_in_arrays_in_arrays() {
    refused(
        |header| {
            let inner = Array::Array(vec![Array::Array(vec![])]);
            header.metadata[0].1 = Value::Array(Array::Array(vec![inner]));
        },
        "the depth of k at byte 61 is 3; the limit array_depth is 2",
    );
}

#[test]
fn a_bad_token_is_named_by_its_place() {
    let mut header = small();
    header.metadata[0].1 = Value::Array(Array::String(vec!["a".into(), "bc".into()]));
    let mut bytes = file(&header);
    bytes[67] = 0x80;
    check(&bytes, "k[1] is not UTF-8 at byte 67");
}

#[test]
fn a_name_of_control_characters_is_shown_escaped_and_cut() {
    refused(
        |header| {
            let name = format!("\u{1b}[2J{}", "x".repeat(100));
            header.metadata = vec![(name.clone(), Value::U8(0)), (name, Value::U8(0))];
        },
        &format!("metadata key \\u{{1b}}[2J{}… occurs a second time at byte 141", "x".repeat(76)),
    );
}

#[test]
fn an_alignment_that_is_no_power_of_two() {
    refused(
        |header| header.metadata.push(("general.alignment".into(), Value::U32(24))),
        "general.alignment is 24; it must be a power of two and no more than a page of memory",
    );
}

#[test]
fn an_alignment_of_zero() {
    refused(
        |header| header.metadata.push(("general.alignment".into(), Value::U32(0))),
        "general.alignment is 0; it must be a power of two and no more than a page of memory",
    );
}

#[test]
fn an_alignment_beyond_a_page() {
    refused(
        |header| header.metadata.push(("general.alignment".into(), Value::U32(1 << 17))),
        "general.alignment is 131072; it must be a power of two and no more than a page of memory",
    );
}

#[test]
fn an_alignment_that_is_a_text() {
    refused(
        |header| header.metadata.push(("general.alignment".into(), Value::String("32".into()))),
        "general.alignment is a text; it must be a power of two and no more than a page of memory",
    );
}

#[test]
fn a_tensor_name_over_64_bytes() {
    patched(
        at::NAME_LENGTH,
        &[65],
        "the length of the name of tensor 0 at byte 41 is 65; the limit tensor_name_bytes is 64",
    );
}

#[test]
fn a_tensor_name_that_is_not_utf8() {
    patched(at::NAME_LENGTH + 8, &[0xfe], "the name of tensor 0 is not UTF-8 at byte 49");
}

#[test]
fn a_tensor_twice() {
    refused(|header| header.tensors[1].name = "first".into(), "tensor first occurs a second time at byte 86");
}

#[test]
fn a_tensor_of_no_dimensions() {
    patched(at::DIMS, &[0], "the number of dimensions of tensor first at byte 54 is 0");
}

#[test]
fn a_tensor_of_five_dimensions() {
    patched(at::DIMS, &[5], "the number of dimensions of tensor first at byte 54 is 5; the limit dims is 4");
}

#[test]
fn a_tensor_of_size_zero() {
    patched(at::DIMS + 4, &[0; 8], "dimension 0 of tensor first at byte 58 is 0");
}

#[test]
fn a_tensor_of_a_kind_that_the_engine_lacks() {
    patched(
        at::KIND,
        &[23],
        "tensor first at byte 74 is stored as IQ4_XS; this engine reads F32, F16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, \
         Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_NL, BF16",
    );
}

#[test]
fn a_tensor_of_a_kind_that_nobody_has() {
    patched(
        at::KIND,
        &[0, 1],
        "tensor first at byte 74 is stored as kind 256, which ggml does not have; this engine reads F32, F16, Q4_0, \
         Q4_1, Q5_0, Q5_1, Q8_0, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_NL, BF16",
    );
}

#[test]
fn a_row_that_is_no_whole_block() {
    patched(at::KIND, &[2], "tensor first at byte 41 has rows of 8; Q4_0 needs a multiple of 32");
}

#[test]
fn sizes_whose_product_overflows() {
    let mut bytes = file(&small());
    bytes[at::DIMS + 4..][..16].copy_from_slice(&[0xff; 16]);
    check(&bytes, "tensor first at byte 41 is too large to be true");
}

#[test]
fn bytes_that_overflow_though_the_items_do_not() {
    let mut bytes = file(&small());
    bytes[at::DIMS + 4..][..8].copy_from_slice(&(1_u64 << 62).to_le_bytes());
    check(&bytes, "tensor first at byte 41 is too large to be true");
}

#[test]
fn an_offset_that_is_not_aligned() {
    patched(
        at::OFFSET,
        &[4],
        "the offset of tensor first at byte 41 is 4, not a multiple of the alignment 32",
    );
}

#[test]
fn an_offset_that_overflows() {
    let mut bytes = file(&small());
    bytes[at::OFFSET..][..8].copy_from_slice(&(u64::MAX - 31).to_le_bytes());
    check(&bytes, "the offset of tensor first at byte 41 is too large to be true");
}

#[test]
fn a_tensor_beyond_the_end() {
    let mut bytes = file(&small());
    bytes.truncate(bytes.len() - 1);
    check(&bytes, "it is cut off or damaged (tensor second lies at 224..288, but the file ends at 287)");
}

#[test]
fn tensors_that_overlap() {
    refused(|header| header.tensors[1].offset = 32, "tensors first and second overlap at byte 192");
}

#[test]
fn tensors_in_one_place() {
    refused(|header| header.tensors[1].offset = 0, "tensors first and second overlap at byte 160");
}

#[test]
fn a_header_over_its_limit() {
    let limits = Limits { header_bytes: 100, ..Limits::default() };
    let bytes = file(&small());
    let error = parse(&bytes, bytes.len() as u64, &limits).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the header's length with tensor table at byte 41 is 105; the limit header_bytes is 100"
    );
}
