//! Reads a header from the first bytes of a file.

use std::fmt::{Arguments, Display};

use super::{Array, GgufError, Header, Limits, TensorInfo, TensorKind, Value};

/// Reads the header of a file of `file_bytes` bytes from its beginning, `bytes`.
///
/// Where `bytes` ends before the header does, the error is [`GgufError::NeedMore`]: read on, to at least the length
/// that it tells, and call again (doubling the length keeps the work linear). Any other error is final: more bytes
/// will not mend it.
pub fn parse(bytes: &[u8], file_bytes: u64, limits: &Limits) -> Result<Header, GgufError> {
    let given = usize::try_from(file_bytes).map_or(bytes.len(), |most| bytes.len().min(most));
    let mut cursor = Cursor { bytes: &bytes[..given], position: 0, file_bytes, limits };
    let version = cursor.magic_and_version()?;
    let tensors = cursor.count(format_args!("tensor count"), "tensors", limits.tensors)?;
    let entries =
        cursor.count(format_args!("metadata count"), "metadata_entries", limits.metadata_entries)?;
    let metadata = cursor.metadata(entries)?;
    let alignment = alignment(&metadata, limits)?;
    let table = cursor.tensor_table(tensors)?;
    let data_offset = (cursor.position as u64).next_multiple_of(alignment.into());
    let tensors = place(table, data_offset, alignment, file_bytes)?;
    Ok(Header { version, alignment, metadata, tensors, data_offset })
}

/// A tensor as the table has it: its offset counts from the start of the data, and `at` is where its entry starts.
struct Entry {
    at: u64,
    info: TensorInfo,
}

/// The fewest bytes that an entry of metadata takes: an empty key, a type, a byte.
const ENTRY_BYTES: u64 = 8 + 4 + 1;
/// The fewest bytes that a tensor takes in the table: an empty name, one dimension, kind, offset.
const TENSOR_BYTES: u64 = 8 + 4 + 8 + 4 + 8;

/// Where reading is, and what it may not go beyond.
struct Cursor<'a> {
    bytes: &'a [u8],
    position: usize,
    file_bytes: u64,
    limits: &'a Limits,
}

impl<'a> Cursor<'a> {
    fn offset(&self) -> u64 {
        self.position as u64
    }

    /// Makes sure that `count` items of at least `each` bytes are at hand, before memory is taken for them.
    fn room(&self, count: u64, each: u64, field: Arguments) -> Result<(), GgufError> {
        let offset = self.offset();
        let needs = count.checked_mul(each).filter(|needs| offset.checked_add(*needs).is_some());
        let needs = needs.ok_or_else(|| GgufError::Overflow { field: field.to_string(), offset })?;
        let end = offset + needs;
        if end > self.file_bytes {
            let file_bytes = self.file_bytes;
            return Err(GgufError::Truncated { field: field.to_string(), offset, needs, file_bytes });
        }
        self.within(
            format_args!("the header's length with {field}"),
            end,
            "header_bytes",
            self.limits.header_bytes,
        )?;
        if end > self.bytes.len() as u64 {
            return Err(GgufError::NeedMore { at_least: end });
        }
        Ok(())
    }

    fn within(
        &self,
        field: Arguments,
        found: u64,
        limit: &'static str,
        at_most: u64,
    ) -> Result<(), GgufError> {
        if found <= at_most {
            return Ok(());
        }
        Err(GgufError::OverLimit { field: field.to_string(), offset: self.offset(), found, limit, at_most })
    }

    fn take(&mut self, count: u64, field: Arguments) -> Result<&'a [u8], GgufError> {
        self.room(count, 1, field)?;
        // `room` saw that the bytes are at hand, so the count fits a usize.
        let taken = &self.bytes[self.position..][..count as usize];
        self.position += taken.len();
        Ok(taken)
    }

    fn number<const N: usize>(&mut self, field: Arguments) -> Result<[u8; N], GgufError> {
        let mut number = [0; N];
        number.copy_from_slice(self.take(N as u64, field)?);
        Ok(number)
    }

    fn u32(&mut self, field: Arguments) -> Result<u32, GgufError> {
        Ok(u32::from_le_bytes(self.number(field)?))
    }

    fn u64(&mut self, field: Arguments) -> Result<u64, GgufError> {
        Ok(u64::from_le_bytes(self.number(field)?))
    }

    /// A count or length within its limit; an error points at its first byte.
    fn count(&mut self, field: Arguments, limit: &'static str, at_most: u64) -> Result<u64, GgufError> {
        let before = self.position;
        let found = self.u64(field)?;
        self.position = before;
        self.within(field, found, limit, at_most)?;
        self.position += 8;
        Ok(found)
    }

    fn text(&mut self, field: Arguments, limit: &'static str, at_most: u64) -> Result<String, GgufError> {
        let length = self.count(format_args!("the length of {field}"), limit, at_most)?;
        let start = self.offset();
        let bytes = self.take(length, field)?;
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(text.to_owned()),
            Err(error) => Err(GgufError::NotUtf8 {
                field: field.to_string(),
                offset: start + error.valid_up_to() as u64,
            }),
        }
    }

    fn magic_and_version(&mut self) -> Result<u32, GgufError> {
        let found = &self.bytes[..self.bytes.len().min(4)];
        if !b"GGUF".starts_with(found) {
            return Err(GgufError::NotGguf { found: found.to_vec() });
        }
        self.take(4, format_args!("magic"))?;
        match self.u32(format_args!("version"))? {
            version @ 2..=3 => Ok(version),
            other if matches!(other.swap_bytes(), 1..=3) => Err(GgufError::BigEndian),
            found => Err(GgufError::Version { found }),
        }
    }

    fn metadata(&mut self, count: u64) -> Result<Vec<(String, Value)>, GgufError> {
        self.room(count, ENTRY_BYTES, format_args!("metadata"))?;
        let mut entries = Vec::with_capacity(count as usize);
        let mut offsets = Vec::with_capacity(count as usize);
        for index in 0..count {
            offsets.push(self.offset());
            let key = self.text(format_args!("metadata key {index}"), "key_bytes", self.limits.key_bytes)?;
            let value = self.value(&key)?;
            entries.push((key, value));
        }
        if let Some(second) = duplicate(entries.iter().map(|(key, _)| key.as_str())) {
            let field = format!("metadata key {}", Shown(&entries[second].0));
            return Err(GgufError::Duplicate { field, offset: offsets[second] });
        }
        Ok(entries)
    }

    fn value(&mut self, key: &str) -> Result<Value, GgufError> {
        let key = Shown(key);
        let offset = self.offset();
        let kind = self.u32(format_args!("the type of {key}"))?;
        let field = format_args!("{key}");
        Ok(match kind {
            0 => Value::U8(u8::from_le_bytes(self.number(field)?)),
            1 => Value::I8(i8::from_le_bytes(self.number(field)?)),
            2 => Value::U16(u16::from_le_bytes(self.number(field)?)),
            3 => Value::I16(i16::from_le_bytes(self.number(field)?)),
            4 => Value::U32(u32::from_le_bytes(self.number(field)?)),
            5 => Value::I32(i32::from_le_bytes(self.number(field)?)),
            6 => Value::F32(f32::from_le_bytes(self.number(field)?)),
            7 => Value::Bool(self.bool(field)?),
            8 => Value::String(self.text(field, "string_bytes", self.limits.string_bytes)?),
            9 => Value::Array(self.array(&key, 1)?),
            10 => Value::U64(u64::from_le_bytes(self.number(field)?)),
            11 => Value::I64(i64::from_le_bytes(self.number(field)?)),
            12 => Value::F64(f64::from_le_bytes(self.number(field)?)),
            found => return Err(GgufError::ValueType { field: field.to_string(), offset, found }),
        })
    }

    fn bool(&mut self, field: Arguments) -> Result<bool, GgufError> {
        let offset = self.offset();
        match self.number::<1>(field)? {
            [0] => Ok(false),
            [1] => Ok(true),
            [found] => Err(GgufError::NotBool { field: field.to_string(), offset, found }),
        }
    }

    /// An array that is `depth` deep in arrays, itself counted.
    fn array(&mut self, key: &Shown, depth: u32) -> Result<Array, GgufError> {
        self.within(
            format_args!("the depth of {key}"),
            depth.into(),
            "array_depth",
            self.limits.array_depth.into(),
        )?;
        let offset = self.offset();
        let kind = self.u32(format_args!("the type of items of {key}"))?;
        let length = format_args!("the length of {key}");
        let count = self.count(length, "array_items", self.limits.array_items)?;
        Ok(match kind {
            0 => Array::U8(self.numbers(key, count, u8::from_le_bytes)?),
            1 => Array::I8(self.numbers(key, count, i8::from_le_bytes)?),
            2 => Array::U16(self.numbers(key, count, u16::from_le_bytes)?),
            3 => Array::I16(self.numbers(key, count, i16::from_le_bytes)?),
            4 => Array::U32(self.numbers(key, count, u32::from_le_bytes)?),
            5 => Array::I32(self.numbers(key, count, i32::from_le_bytes)?),
            6 => Array::F32(self.numbers(key, count, f32::from_le_bytes)?),
            7 => Array::Bool(self.items(key, count, 1, |cursor, field| cursor.bool(field))?),
            8 => Array::String(self.items(key, count, 8, |cursor, field| {
                cursor.text(field, "string_bytes", cursor.limits.string_bytes)
            })?),
            9 => Array::Array(self.items(key, count, 12, |cursor, _| cursor.array(key, depth + 1))?),
            10 => Array::U64(self.numbers(key, count, u64::from_le_bytes)?),
            11 => Array::I64(self.numbers(key, count, i64::from_le_bytes)?),
            12 => Array::F64(self.numbers(key, count, f64::from_le_bytes)?),
            found => {
                let field = format!("an item of {key}");
                return Err(GgufError::ValueType { field, offset, found });
            }
        })
    }

    fn numbers<const N: usize, T>(
        &mut self,
        key: &Shown,
        count: u64,
        read: fn([u8; N]) -> T,
    ) -> Result<Vec<T>, GgufError> {
        self.room(count, N as u64, format_args!("{key}"))?;
        let bytes = self.take(count * N as u64, format_args!("{key}"))?;
        let (numbers, _) = bytes.as_chunks::<N>();
        Ok(numbers.iter().map(|number| read(*number)).collect())
    }

    /// Items of at least `each` bytes.
    fn items<T>(
        &mut self,
        key: &Shown,
        count: u64,
        each: u64,
        mut read: impl FnMut(&mut Self, Arguments) -> Result<T, GgufError>,
    ) -> Result<Vec<T>, GgufError> {
        self.room(count, each, format_args!("{key}"))?;
        let mut items = Vec::with_capacity(count as usize);
        for index in 0..count {
            items.push(read(self, format_args!("{key}[{index}]"))?);
        }
        Ok(items)
    }

    fn tensor_table(&mut self, count: u64) -> Result<Vec<Entry>, GgufError> {
        self.room(count, TENSOR_BYTES, format_args!("tensor table"))?;
        let mut entries = Vec::with_capacity(count as usize);
        for index in 0..count {
            entries.push(self.tensor(index)?);
        }
        if let Some(second) = duplicate(entries.iter().map(|entry| entry.info.name.as_str())) {
            let Entry { at, info } = &entries[second];
            return Err(GgufError::Duplicate { field: format!("tensor {}", Shown(&info.name)), offset: *at });
        }
        Ok(entries)
    }

    fn tensor(&mut self, index: u64) -> Result<Entry, GgufError> {
        let at = self.offset();
        let name_bytes = self.limits.tensor_name_bytes;
        let name = self.text(format_args!("the name of tensor {index}"), "tensor_name_bytes", name_bytes)?;
        let shown = Shown(&name);
        let dims = self.dims(&shown)?;
        let kind_at = self.offset();
        let id = self.u32(format_args!("the kind of tensor {shown}"))?;
        let kind = TensorKind::from_id(id).ok_or_else(|| GgufError::Kind {
            field: format!("tensor {shown}"),
            offset: kind_at,
            found: id,
        })?;
        let bytes = bytes_of(&dims, kind, &shown, at)?;
        let offset = self.u64(format_args!("the offset of tensor {shown}"))?;
        Ok(Entry { at, info: TensorInfo { name, dims, kind, offset, bytes } })
    }

    fn dims(&mut self, tensor: &Shown) -> Result<Vec<u64>, GgufError> {
        let before = self.position;
        let count = self.u32(format_args!("the dimensions of tensor {tensor}"))?;
        self.position = before;
        let field = format_args!("the number of dimensions of tensor {tensor}");
        self.within(field, count.into(), "dims", self.limits.dims.into())?;
        if count == 0 {
            return Err(GgufError::Zero { field: field.to_string(), offset: self.offset() });
        }
        self.position += 4;
        let mut dims = Vec::with_capacity(count as usize);
        for index in 0..count {
            let offset = self.offset();
            let field = format_args!("dimension {index} of tensor {tensor}");
            match self.u64(field)? {
                0 => return Err(GgufError::Zero { field: field.to_string(), offset }),
                size => dims.push(size),
            }
        }
        Ok(dims)
    }
}

/// How many bytes a tensor takes: whole blocks, row by row.
fn bytes_of(dims: &[u64], kind: TensorKind, tensor: &Shown, offset: u64) -> Result<u64, GgufError> {
    let field = || format!("tensor {tensor}");
    let (row, block) = (dims[0], kind.block_items());
    if !row.is_multiple_of(block) {
        return Err(GgufError::RowLength { field: field(), offset, row, kind });
    }
    let items = dims.iter().try_fold(1_u64, |items, size| items.checked_mul(*size));
    let bytes = items.and_then(|items| (items / block).checked_mul(kind.block_bytes()));
    bytes.ok_or_else(|| GgufError::Overflow { field: field(), offset })
}

fn alignment(metadata: &[(String, Value)], limits: &Limits) -> Result<u32, GgufError> {
    const DEFAULT: u32 = 32;
    let Some((_, value)) = metadata.iter().find(|(key, _)| key == "general.alignment") else {
        return Ok(DEFAULT);
    };
    match *value {
        Value::U32(alignment) if alignment.is_power_of_two() && alignment <= limits.alignment => {
            Ok(alignment)
        }
        Value::U32(other) => Err(GgufError::Alignment { found: other.to_string() }),
        ref other => Err(GgufError::Alignment { found: other.type_name().to_owned() }),
    }
}

/// Turns offsets into places in the file, and sees that each tensor has a place of its own inside it.
fn place(
    entries: Vec<Entry>,
    data_offset: u64,
    alignment: u32,
    file_bytes: u64,
) -> Result<Vec<TensorInfo>, GgufError> {
    let mut tensors = Vec::with_capacity(entries.len());
    for Entry { at, mut info } in entries {
        if !info.offset.is_multiple_of(alignment.into()) {
            let field = format!("the offset of tensor {}", Shown(&info.name));
            return Err(GgufError::Misaligned { field, offset: at, found: info.offset, alignment });
        }
        let start = data_offset.checked_add(info.offset);
        let end = start.and_then(|start| start.checked_add(info.bytes));
        let (Some(start), Some(end)) = (start, end) else {
            let field = format!("the offset of tensor {}", Shown(&info.name));
            return Err(GgufError::Overflow { field, offset: at });
        };
        if end > file_bytes {
            let tensor = Shown(&info.name).to_string();
            return Err(GgufError::OutOfFile { tensor, start, end, file_bytes });
        }
        info.offset = start;
        tensors.push(info);
    }
    let mut by_start: Vec<&TensorInfo> = tensors.iter().collect();
    by_start.sort_by_key(|tensor| tensor.offset);
    for pair in by_start.windows(2) {
        if pair[1].offset < pair[0].offset + pair[0].bytes {
            return Err(GgufError::Overlap {
                first: Shown(&pair[0].name).to_string(),
                second: Shown(&pair[1].name).to_string(),
                offset: pair[1].offset,
            });
        }
    }
    Ok(tensors)
}

/// The index of the first name that occurred before.
fn duplicate<'n>(names: impl Iterator<Item = &'n str>) -> Option<usize> {
    // Sorted rather than hashed: in a browser the standard hasher has no random seed, and the names are a stranger's.
    let mut sorted: Vec<(&str, usize)> = names.enumerate().map(|(index, name)| (name, index)).collect();
    sorted.sort_unstable();
    sorted.windows(2).filter(|pair| pair[0].0 == pair[1].0).map(|pair| pair[1].1).min()
}

/// A name out of the file, made safe to print: no control characters, not too long.
struct Shown<'a>(&'a str);

impl Display for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const LONGEST: usize = 80;
        write!(f, "{}", self.0.chars().take(LONGEST).collect::<String>().escape_debug())?;
        if self.0.chars().nth(LONGEST).is_some() { f.write_str("…") } else { Ok(()) }
    }
}
