//! What a header holds, as plain data, and typed access to its metadata.

use super::{GgufError, TensorKind};

/// A checked header.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// The format's version, 2 or 3; they differ in nothing that is read here.
    pub version: u32,
    /// Bytes to which the tensors' offsets are multiples (`general.alignment`, 32 by default).
    pub alignment: u32,
    /// The metadata, in the file's order; keys are unique.
    pub metadata: Vec<(String, Value)>,
    /// The tensors, in the file's order; names are unique, their bytes lie in the file and do not overlap.
    pub tensors: Vec<TensorInfo>,
    /// Where in the file the tensor data starts.
    pub data_offset: u64,
}

/// Where a tensor lies in the file and how it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorInfo {
    /// Its name, such as `blk.0.attn_q.weight`.
    pub name: String,
    /// Its sizes, innermost first: a matrix of `rows` rows of `cols` numbers is `[cols, rows]`.
    pub dims: Vec<u64>,
    /// How its numbers are stored.
    pub kind: TensorKind,
    /// Its first byte, from the beginning of the file.
    pub offset: u64,
    /// Its length in bytes.
    pub bytes: u64,
}

/// A metadata value.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)] // why: the names say it all.
pub enum Value {
    U8(u8),
    I8(i8),
    U16(u16),
    I16(i16),
    U32(u32),
    I32(i32),
    U64(u64),
    I64(i64),
    F32(f32),
    F64(f64),
    Bool(bool),
    String(String),
    Array(Array),
}

/// A metadata array, whose items are all of one type.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)] // why: the names say it all.
pub enum Array {
    U8(Vec<u8>),
    I8(Vec<i8>),
    U16(Vec<u16>),
    I16(Vec<i16>),
    U32(Vec<u32>),
    I32(Vec<i32>),
    U64(Vec<u64>),
    I64(Vec<i64>),
    F32(Vec<f32>),
    F64(Vec<f64>),
    Bool(Vec<bool>),
    String(Vec<String>),
    Array(Vec<Array>),
}

impl Header {
    /// The value under `key`, whatever its type.
    pub fn value(&self, key: &str) -> Option<&Value> {
        self.metadata.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// The value under `key` as a `T`, or none where the file has no such key.
    ///
    /// Any integer type serves where an integer is asked for, since writers differ; it must fit.
    pub fn get<'a, T: FromValue<'a>>(&'a self, key: &str) -> Result<Option<T>, GgufError> {
        let Some(value) = self.value(key) else { return Ok(None) };
        T::from_value(value).map(Some).ok_or_else(|| GgufError::MetadataType {
            key: key.to_owned(),
            expected: T::EXPECTED,
            found: value.type_name(),
        })
    }

    /// As [`Header::get`], for a key that the file must have.
    pub fn require<'a, T: FromValue<'a>>(&'a self, key: &str) -> Result<T, GgufError> {
        self.get(key)?.ok_or_else(|| GgufError::MissingKey { key: key.to_owned() })
    }

    /// The tensor of that name, if the file has it.
    pub fn tensor(&self, name: &str) -> Option<&TensorInfo> {
        self.tensors.iter().find(|tensor| tensor.name == name)
    }
}

impl TensorInfo {
    /// How many numbers it has.
    pub fn items(&self) -> u64 {
        self.dims.iter().product()
    }
}

impl Value {
    /// What its type is called in an error.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Bool(_) => "a truth value",
            Value::String(_) => "a text",
            Value::Array(array) => array.type_name(),
            Value::F32(_) | Value::F64(_) => "a float",
            _ => "an integer",
        }
    }

    fn integer(&self) -> Option<i128> {
        Some(match *self {
            Value::U8(n) => n.into(),
            Value::I8(n) => n.into(),
            Value::U16(n) => n.into(),
            Value::I16(n) => n.into(),
            Value::U32(n) => n.into(),
            Value::I32(n) => n.into(),
            Value::U64(n) => n.into(),
            Value::I64(n) => n.into(),
            _ => return None,
        })
    }
}

impl Array {
    fn type_name(&self) -> &'static str {
        match self {
            Array::Bool(_) => "an array of truth values",
            Array::String(_) => "an array of texts",
            Array::Array(_) => "an array of arrays",
            Array::F32(_) | Array::F64(_) => "an array of floats",
            _ => "an array of integers",
        }
    }
}

/// A type that a metadata value can be asked for as.
pub trait FromValue<'a>: Sized {
    /// What an error says was expected.
    const EXPECTED: &'static str;

    /// The value as this type, if it is one and fits.
    fn from_value(value: &'a Value) -> Option<Self>;
}

impl FromValue<'_> for u32 {
    const EXPECTED: &'static str = "an integer from 0 to 4294967295";

    fn from_value(value: &Value) -> Option<Self> {
        value.integer()?.try_into().ok()
    }
}

impl FromValue<'_> for u64 {
    const EXPECTED: &'static str = "an integer from 0 to 18446744073709551615";

    fn from_value(value: &Value) -> Option<Self> {
        value.integer()?.try_into().ok()
    }
}

impl FromValue<'_> for f32 {
    const EXPECTED: &'static str = "a float";

    fn from_value(value: &Value) -> Option<Self> {
        match *value {
            Value::F32(x) => Some(x),
            Value::F64(x) => Some(x as f32),
            _ => None,
        }
    }
}

impl FromValue<'_> for bool {
    const EXPECTED: &'static str = "a truth value";

    fn from_value(value: &Value) -> Option<Self> {
        match *value {
            Value::Bool(yes) => Some(yes),
            _ => None,
        }
    }
}

impl<'a> FromValue<'a> for &'a str {
    const EXPECTED: &'static str = "a text";

    fn from_value(value: &'a Value) -> Option<Self> {
        match value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }
}

impl<'a> FromValue<'a> for &'a [String] {
    const EXPECTED: &'static str = "an array of texts";

    fn from_value(value: &'a Value) -> Option<Self> {
        match value {
            Value::Array(Array::String(items)) => Some(items),
            _ => None,
        }
    }
}

impl<'a> FromValue<'a> for &'a [i32] {
    const EXPECTED: &'static str = "an array of 32-bit integers";

    fn from_value(value: &'a Value) -> Option<Self> {
        match value {
            Value::Array(Array::I32(items)) => Some(items),
            _ => None,
        }
    }
}

impl<'a> FromValue<'a> for &'a [f32] {
    const EXPECTED: &'static str = "an array of 32-bit floats";

    fn from_value(value: &'a Value) -> Option<Self> {
        match value {
            Value::Array(Array::F32(items)) => Some(items),
            _ => None,
        }
    }
}
