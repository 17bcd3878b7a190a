//! Whether a file that the person gives is the one that is kept: then it is not copied a second time.

use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

use super::writing::PIECE;
use super::{FileError, ModelFiles, Progress};

impl ModelFiles {
    /// Whether `file` is what is kept under this name. Its digest tells where one is expected; otherwise each byte
    /// does, since two versions of a model are often of the same length.
    pub async fn holds(
        &self,
        name: &str,
        file: &Blob,
        sha256: Option<&str>,
        mut progress: impl Progress,
    ) -> Result<bool, FileError> {
        let Ok(kept) = self.file(name).await else { return Ok(false) };
        let of = kept.size();
        if of != file.size() {
            return Ok(false);
        }
        if let Some(expected) = sha256 {
            return Ok(self.digest(name).await.is_some_and(|digest| digest == expected));
        }
        let failed = |value: JsValue| FileError::of(value, name);
        let mut at = 0.0;
        while at < of {
            let end = of.min(at + PIECE as f64);
            let (a, b) = (bytes(&kept, at, end).await, bytes(file, at, end).await);
            if a.map_err(failed)? != b.map_err(failed)? {
                return Ok(false);
            }
            at = end;
            if !progress("checking", at as u64, of as u64) {
                return Err(FileError::Cancelled);
            }
        }
        Ok(true)
    }
}

async fn bytes(blob: &Blob, from: f64, to: f64) -> Result<Vec<u8>, JsValue> {
    let slice = blob.slice_with_f64_and_f64(from, to)?;
    Ok(Uint8Array::new(&JsFuture::from(slice.array_buffer()).await?).to_vec())
}
