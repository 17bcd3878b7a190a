//! Writes a header back to bytes, which makes the round trip testable and lets tests make small files.

use super::{Array, Header, Value};

/// The header's bytes, padded with zeros up to where the tensor data starts.
///
/// Offsets are written as their distance from `header.data_offset`, so a header that was made by hand may say 0
/// there and count from the start of the data.
pub fn encode(header: &Header) -> Vec<u8> {
    let mut out = b"GGUF".to_vec();
    out.extend(header.version.to_le_bytes());
    out.extend((header.tensors.len() as u64).to_le_bytes());
    out.extend((header.metadata.len() as u64).to_le_bytes());
    for (key, value) in &header.metadata {
        text(&mut out, key);
        out.extend(value_type(value).to_le_bytes());
        write_value(&mut out, value);
    }
    for tensor in &header.tensors {
        text(&mut out, &tensor.name);
        out.extend((tensor.dims.len() as u32).to_le_bytes());
        for size in &tensor.dims {
            out.extend(size.to_le_bytes());
        }
        out.extend((tensor.kind as u32).to_le_bytes());
        out.extend(tensor.offset.wrapping_sub(header.data_offset).to_le_bytes());
    }
    out.resize(out.len().next_multiple_of(header.alignment.max(1) as usize), 0);
    out
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u64).to_le_bytes());
    out.extend(text.as_bytes());
}

fn write_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::U8(x) => out.extend(x.to_le_bytes()),
        Value::I8(x) => out.extend(x.to_le_bytes()),
        Value::U16(x) => out.extend(x.to_le_bytes()),
        Value::I16(x) => out.extend(x.to_le_bytes()),
        Value::U32(x) => out.extend(x.to_le_bytes()),
        Value::I32(x) => out.extend(x.to_le_bytes()),
        Value::U64(x) => out.extend(x.to_le_bytes()),
        Value::I64(x) => out.extend(x.to_le_bytes()),
        Value::F32(x) => out.extend(x.to_le_bytes()),
        Value::F64(x) => out.extend(x.to_le_bytes()),
        Value::Bool(x) => out.push(u8::from(*x)),
        Value::String(x) => text(out, x),
        Value::Array(array) => write_array(out, array),
    }
}

fn write_array(out: &mut Vec<u8>, array: &Array) {
    out.extend(item_type(array).to_le_bytes());
    match array {
        Array::U8(x) => items(out, x, |out, x| out.push(*x)),
        Array::I8(x) => items(out, x, |out, x| out.extend(x.to_le_bytes())),
        Array::U16(x) => items(out, x, |out, x| out.extend(x.to_le_bytes())),
        Array::I16(x) => items(out, x, |out, x| out.extend(x.to_le_bytes())),
        Array::U32(x) => items(out, x, |out, x| out.extend(x.to_le_bytes())),
        Array::I32(x) => items(out, x, |out, x| out.extend(x.to_le_bytes())),
        Array::U64(x) => items(out, x, |out, x| out.extend(x.to_le_bytes())),
        Array::I64(x) => items(out, x, |out, x| out.extend(x.to_le_bytes())),
        Array::F32(x) => items(out, x, |out, x| out.extend(x.to_le_bytes())),
        Array::F64(x) => items(out, x, |out, x| out.extend(x.to_le_bytes())),
        Array::Bool(x) => items(out, x, |out, x| out.push(u8::from(*x))),
        Array::String(x) => items(out, x, |out, x| text(out, x)),
        Array::Array(x) => items(out, x, write_array),
    }
}

fn items<T>(out: &mut Vec<u8>, items: &[T], write: impl Fn(&mut Vec<u8>, &T)) {
    out.extend((items.len() as u64).to_le_bytes());
    items.iter().for_each(|item| write(out, item));
}

/// The format's number for a value's type.
fn value_type(value: &Value) -> u32 {
    match value {
        Value::U8(_) => 0,
        Value::I8(_) => 1,
        Value::U16(_) => 2,
        Value::I16(_) => 3,
        Value::U32(_) => 4,
        Value::I32(_) => 5,
        Value::F32(_) => 6,
        Value::Bool(_) => 7,
        Value::String(_) => 8,
        Value::Array(_) => 9,
        Value::U64(_) => 10,
        Value::I64(_) => 11,
        Value::F64(_) => 12,
    }
}

/// The format's number for the type of an array's items.
fn item_type(array: &Array) -> u32 {
    match array {
        Array::U8(_) => 0,
        Array::I8(_) => 1,
        Array::U16(_) => 2,
        Array::I16(_) => 3,
        Array::U32(_) => 4,
        Array::I32(_) => 5,
        Array::F32(_) => 6,
        Array::Bool(_) => 7,
        Array::String(_) => 8,
        Array::Array(_) => 9,
        Array::U64(_) => 10,
        Array::I64(_) => 11,
        Array::F64(_) => 12,
    }
}
