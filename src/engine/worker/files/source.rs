//! A model's bytes out of a `Blob`: a kept file, a file from disk, or a download that could not be kept.

use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

use crate::engine::{SourceError, TensorSource};

/// Reads slices of a blob; the browser keeps the blob itself wherever it likes, outside of our memory.
pub struct BlobSource {
    blob: Blob,
    bytes: u64,
}

impl BlobSource {
    /// A source over `blob`.
    pub fn new(blob: Blob) -> Self {
        BlobSource { bytes: blob.size() as u64, blob }
    }

    async fn slice(&self, offset: u64, length: usize) -> Result<Uint8Array, JsValue> {
        let end = offset + length as u64;
        let slice = self.blob.slice_with_f64_and_f64(offset as f64, end as f64)?;
        Ok(Uint8Array::new(&JsFuture::from(slice.array_buffer()).await?))
    }
}

impl TensorSource for BlobSource {
    fn bytes(&self) -> u64 {
        self.bytes
    }

    async fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), SourceError> {
        let failed = |why: String| SourceError { offset, bytes: into.len() as u64, why };
        let end = offset.checked_add(into.len() as u64);
        if end.is_none_or(|end| end > self.bytes) {
            return Err(failed(format!("the file has {} bytes", self.bytes)));
        }
        let bytes = match self.slice(offset, into.len()).await {
            Ok(bytes) => bytes,
            Err(error) => return Err(failed(format!("{error:?}"))),
        };
        // A file that was changed under the page gives fewer bytes than it said it had.
        if bytes.length() as usize != into.len() {
            return Err(failed("the file has changed".into()));
        }
        bytes.copy_to(into);
        Ok(())
    }
}
