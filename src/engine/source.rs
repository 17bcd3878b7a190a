//! Where a model's bytes are read from: the one seam between the engine and files, OPFS, or a network.
//!
//! The engine reads a tensor's range straight into its own buffer, so a model is never held twice.

/// A file that can be read at any place, or several that make up one model.
///
/// Futures are not `Send`: in a browser none is.
#[allow(async_fn_in_trait)] // why: used with static dispatch only, on one thread.
pub trait TensorSource {
    /// The size in bytes: of all files together.
    fn bytes(&self) -> u64;

    /// Where each file begins, all of them one after the other: at 0 if there is one.
    fn starts(&self) -> Vec<u64> {
        vec![0]
    }

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

impl<S: TensorSource + ?Sized> TensorSource for &S {
    fn bytes(&self) -> u64 {
        (**self).bytes()
    }

    fn starts(&self) -> Vec<u64> {
        (**self).starts()
    }

    async fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), SourceError> {
        (**self).read(offset, into).await
    }
}

/// Several sources as one: the files of a model, in any order.
pub struct Parts<S> {
    /// Where each begins, and it.
    parts: Vec<(u64, S)>,
    bytes: u64,
}

impl<S: TensorSource> Parts<S> {
    /// These files, one after the other.
    pub fn new(files: Vec<S>) -> Parts<S> {
        let mut bytes = 0;
        let place = |file: S| {
            let start = bytes;
            bytes += file.bytes();
            (start, file)
        };
        let parts = files.into_iter().map(place).collect();
        Parts { parts, bytes }
    }
}

impl<S: TensorSource> TensorSource for Parts<S> {
    fn bytes(&self) -> u64 {
        self.bytes
    }

    fn starts(&self) -> Vec<u64> {
        self.parts.iter().map(|(start, _)| *start).collect()
    }

    async fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), SourceError> {
        let mut done = 0;
        for (start, file) in &self.parts {
            let at = offset + done as u64;
            let end = start + file.bytes();
            if done == into.len() || !(*start..end).contains(&at) {
                continue;
            }
            let length = (into.len() - done).min(usize::try_from(end - at).unwrap_or(usize::MAX));
            file.read(at - start, &mut into[done..done + length]).await?;
            done += length;
        }
        if done < into.len() {
            let why = format!("the files have {} bytes", self.bytes);
            return Err(SourceError { offset, bytes: into.len() as u64, why });
        }
        Ok(())
    }
}

/// Reads the header of the model that `source` holds, joined of all its files' if they are several.
pub async fn read_header<S: TensorSource + ?Sized>(
    source: &S,
    limits: &super::gguf::Limits,
) -> Result<super::gguf::Header, HeaderError> {
    let starts = source.starts();
    let ends = starts.iter().skip(1).copied().chain([source.bytes()]);
    let mut headers = Vec::with_capacity(starts.len());
    for (start, end) in starts.iter().zip(ends) {
        headers.push((*start, read_header_at(source, *start, end - start, limits).await?));
    }
    Ok(super::gguf::join(headers)?)
}

/// Reads the header of the file that begins at `start`, as far as it goes and no further.
///
/// It starts with 1 MiB and doubles; the largest buffer is below twice the header's length or the limit on it.
async fn read_header_at<S: TensorSource + ?Sized>(
    source: &S,
    start: u64,
    file_bytes: u64,
    limits: &super::gguf::Limits,
) -> Result<super::gguf::Header, HeaderError> {
    use super::gguf::{GgufError, parse};
    let mut buffer = Vec::new();
    let mut wanted = 1 << 20;
    loop {
        let have = buffer.len();
        let length = usize::try_from(file_bytes.min(wanted)).unwrap_or(usize::MAX);
        buffer.resize(length, 0);
        source.read(start + have as u64, &mut buffer[have..]).await?;
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
