//! Where a model's bytes are read from: the one seam between the engine and files, OPFS, or a network.
//!
//! The engine reads a tensor's range straight into its own buffer, so a model is never held twice.

/// A file that can be read at any place.
///
/// Futures are not `Send`: in a browser none is.
#[allow(async_fn_in_trait)] // why: used with static dispatch only, on one thread.
pub trait TensorSource {
    /// The file's size in bytes.
    fn bytes(&self) -> u64;

    /// Fills `into` with the bytes that start at `offset`.
    async fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), SourceError>;
}

/// Why bytes could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{bytes} bytes at {offset} could not be read: {why}")]
pub struct SourceError {
    /// First byte of the range.
    pub offset: u64,
    /// Its length.
    pub bytes: u64,
    /// What the system said.
    pub why: String,
}

impl TensorSource for [u8] {
    fn bytes(&self) -> u64 {
        self.len() as u64
    }

    async fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), SourceError> {
        let range = usize::try_from(offset).ok().and_then(|start| self.get(start..)?.get(..into.len()));
        let range = range.ok_or_else(|| SourceError {
            offset,
            bytes: into.len() as u64,
            why: format!("the file has {} bytes", self.len()),
        })?;
        into.copy_from_slice(range);
        Ok(())
    }
}

/// Reads the header of the GGUF file that `source` holds, as far as it goes and no further.
///
/// It starts with 1 MiB and doubles; the largest buffer is below twice the header's length or the limit on it.
pub async fn read_header<S: TensorSource + ?Sized>(
    source: &S,
    limits: &super::gguf::Limits,
) -> Result<super::gguf::Header, HeaderError> {
    use super::gguf::{GgufError, parse};
    let file_bytes = source.bytes();
    let mut buffer = Vec::new();
    let mut wanted = 1 << 20;
    loop {
        let have = buffer.len();
        let length = usize::try_from(file_bytes.min(wanted)).unwrap_or(usize::MAX);
        buffer.resize(length, 0);
        source.read(have as u64, &mut buffer[have..]).await?;
        match parse(&buffer, file_bytes, limits) {
            Err(GgufError::NeedMore { at_least }) => wanted = at_least.max(wanted.saturating_mul(2)),
            done => return Ok(done?),
        }
    }
}

/// Why a header could not be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// The bytes could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The bytes are not a header that the engine takes.
    #[error(transparent)]
    Gguf(#[from] super::gguf::GgufError),
}
