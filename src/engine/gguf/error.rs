//! Why a file was refused: what is wrong, in which field, at which byte.

use super::{Part, TensorKind, kind};

/// What is wrong with a header.
///
/// `field` names a place in the header (`tokenizer.ggml.tokens[7]`, `tensor blk.0.attn_q.weight dims`), `offset`
/// is the byte in the file where that field starts.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GgufError {
    /// The header goes on beyond the bytes given; call again with at least this many from the file's beginning.
    #[error("the header goes on: at least {at_least} bytes are needed")]
    NeedMore {
        /// Bytes from the beginning of the file.
        at_least: u64,
    },
    /// The file is of another kind.
    #[error("not a GGUF file: it begins with {}", quoted_bytes(.found))]
    NotGguf {
        /// Its first bytes, four at most.
        found: Vec<u8>,
    },
    /// The file was written for big-endian machines.
    #[error("a big-endian GGUF file; only little-endian ones can be read")]
    BigEndian,
    /// A version of the format that is not read here.
    #[error("GGUF version {found} at byte 4; versions 2 and 3 can be read")]
    Version {
        /// The version in the file.
        found: u32,
    },
    /// The file ends before the field that it promises.
    #[error(
        "it is cut off or damaged ({field} at byte {offset} needs {needs} bytes, but the file ends at {file_bytes})"
    )]
    Truncated {
        /// Where in the header.
        field: String,
        /// Byte in the file.
        offset: u64,
        /// Bytes that the field takes at least.
        needs: u64,
        /// The file's size.
        file_bytes: u64,
    },
    /// A count or length beyond what any real file has.
    #[error("{field} at byte {offset} is {found}; the limit {limit} is {at_most}")]
    OverLimit {
        /// Where in the header.
        field: String,
        /// Byte in the file.
        offset: u64,
        /// The count or length in the file.
        found: u64,
        /// Which of [`super::Limits`] it is over.
        limit: &'static str,
        /// That limit.
        at_most: u64,
    },
    /// A text that is not UTF-8.
    #[error("{field} is not UTF-8 at byte {offset}")]
    NotUtf8 {
        /// Where in the header.
        field: String,
        /// The first byte that is wrong.
        offset: u64,
    },
    /// A metadata value of a type that the format does not have.
    #[error("{field} at byte {offset} has the value type {found}, which GGUF does not have")]
    ValueType {
        /// Where in the header.
        field: String,
        /// Byte in the file.
        offset: u64,
        /// The number in the file.
        found: u32,
    },
    /// A truth value that is neither 0 nor 1.
    #[error("{field} at byte {offset} is a truth value of {found}; it must be 0 or 1")]
    NotBool {
        /// Where in the header.
        field: String,
        /// Byte in the file.
        offset: u64,
        /// The byte in the file.
        found: u8,
    },
    /// A key or a tensor's name that occurs twice.
    #[error("{field} occurs a second time at byte {offset}")]
    Duplicate {
        /// Which.
        field: String,
        /// Byte in the file of the second one.
        offset: u64,
    },
    /// `general.alignment` that is not a power of two, over the limit, or no number.
    #[error("general.alignment is {found}; it must be a power of two and no more than a page of memory")]
    Alignment {
        /// What the file has.
        found: String,
    },
    /// A tensor with no dimensions, or one of size zero.
    #[error("{field} at byte {offset} is 0")]
    Zero {
        /// Where in the header.
        field: String,
        /// Byte in the file.
        offset: u64,
    },
    /// A tensor stored in a way that the engine does not read.
    #[error("{field} at byte {offset} is stored as {}; this engine reads {}", kind_name(*.found), readable_kinds())]
    Kind {
        /// Which tensor.
        field: String,
        /// Byte in the file.
        offset: u64,
        /// ggml's number of the kind.
        found: u32,
    },
    /// A tensor whose rows are not whole blocks.
    #[error("{field} at byte {offset} has rows of {row}; {kind} needs a multiple of {block}", kind = .kind.name(), block = .kind.block_items())]
    RowLength {
        /// Which tensor.
        field: String,
        /// Byte in the file.
        offset: u64,
        /// Numbers in a row.
        row: u64,
        /// How it is stored.
        kind: TensorKind,
    },
    /// Sizes whose product no computer can hold.
    #[error("{field} at byte {offset} is too large to be true")]
    Overflow {
        /// Where in the header.
        field: String,
        /// Byte in the file.
        offset: u64,
    },
    /// A tensor that does not start where the alignment says.
    #[error("{field} at byte {offset} is {found}, not a multiple of the alignment {alignment}")]
    Misaligned {
        /// Where in the header.
        field: String,
        /// Byte in the file.
        offset: u64,
        /// Where the tensor starts, from the start of the data.
        found: u64,
        /// The file's alignment.
        alignment: u32,
    },
    /// A tensor whose data lies beyond the end of the file.
    #[error(
        "it is cut off or damaged (tensor {tensor} lies at {start}..{end}, but the file ends at {file_bytes})"
    )]
    OutOfFile {
        /// Which tensor.
        tensor: String,
        /// Its first byte.
        start: u64,
        /// The byte after its last.
        end: u64,
        /// The file's size.
        file_bytes: u64,
    },
    /// Two tensors that share bytes.
    #[error("tensors {first} and {second} overlap at byte {offset}")]
    Overlap {
        /// The one that starts first.
        first: String,
        /// The other.
        second: String,
        /// The first byte that they share.
        offset: u64,
    },
    /// A model of which not all files are there.
    #[error("the model is in {count} files, and part {number} of them is missing")]
    PartMissing {
        /// The first that is missing, counted from 1.
        number: u32,
        /// How many there are.
        count: u32,
    },
    /// A part that is there twice, or beyond the last.
    #[error("part {number} of the model's {count} files is given twice")]
    PartTwice {
        /// Which, counted from 1.
        number: u32,
        /// How many there are.
        count: u32,
    },
    /// A file that is not of the same model as the others.
    #[error("file {file} of {given} is {}", foreign(.found))]
    ForeignPart {
        /// Which of the files, counted from 1.
        file: usize,
        /// How many files there are.
        given: usize,
        /// What it says that it is.
        found: Option<Part>,
    },
    /// A tensor that two files of a model have.
    #[error("two of the model's files have a tensor {tensor}: one of them belongs to another model")]
    TensorInTwoParts {
        /// Which.
        tensor: String,
    },
    /// Files that have more or fewer tensors than a model of theirs.
    #[error(
        "the model's files have {found} tensors together, and the first promises {promised}: one of them belongs to another model"
    )]
    TensorsOfParts {
        /// What the first says.
        promised: u32,
        /// How many there are.
        found: usize,
    },
    /// Metadata that the model needs and the file lacks.
    #[error("the file has no {key}")]
    MissingKey {
        /// The key.
        key: String,
    },
    /// Metadata of another type than the model needs.
    #[error("{key} must be {expected}; the file has {found}")]
    MetadataType {
        /// The key.
        key: String,
        /// What is needed.
        expected: &'static str,
        /// What the file has.
        found: &'static str,
    },
}

fn kind_name(id: u32) -> String {
    match kind::ggml_name(id) {
        Some(name) => name.to_owned(),
        None => format!("kind {id}, which ggml does not have"),
    }
}

fn readable_kinds() -> String {
    TensorKind::ALL.map(TensorKind::name).join(", ")
}

fn foreign(found: &Option<Part>) -> String {
    match found {
        Some(Part { number, count }) => {
            format!("part {number} of a model in {count} files, and not of the model of the others")
        }
        None => "no part of a model in several files: it says nothing of parts".to_owned(),
    }
}

fn quoted_bytes(bytes: &[u8]) -> String {
    format!("\"{}\"", bytes.escape_ascii())
}
