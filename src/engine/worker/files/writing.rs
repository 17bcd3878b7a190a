//! Keeping a model's file: from an address, resumed where an earlier try ended, or from a file on disk.

use gloo_net::http::Request;
use js_sys::{Reflect, Uint8Array};
use sha2::{Digest, Sha256};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, FileSystemReadWriteOptions, FileSystemSyncAccessHandle, ReadableStream, ReadableStreamDefaultReader,
};

use super::{DIGEST, FileError, ModelFiles, PART};

/// Bytes of a file on disk that are copied at once.
const PIECE: u64 = 4 << 20;

/// Hears how far it is: what is being done, bytes done, bytes in all (0 where unknown). False stops it.
pub trait Progress: FnMut(&'static str, u64, u64) -> bool {}
impl<F: FnMut(&'static str, u64, u64) -> bool> Progress for F {}

/// Where a file comes from.
pub enum Incoming<'a> {
    /// From an address.
    Url {
        /// The address.
        url: &'a str,
        /// The SHA-256 that it must have, in lower-case hexadecimal.
        sha256: Option<&'a str>,
    },
    /// From a file on the person's disk.
    File(&'a Blob),
}

impl ModelFiles {
    /// Keeps a file under `name` and gives its SHA-256.
    ///
    /// # Errors
    /// Whatever came stays for the next try, but for a file whose digest is wrong.
    pub async fn keep(
        &self,
        name: &str,
        from: Incoming<'_>,
        mut progress: impl Progress,
    ) -> Result<String, FileError> {
        let part = format!("{name}{PART}");
        let handle = self.handle(&part, true).await?;
        let access = JsFuture::from(handle.create_sync_access_handle()).await;
        let writer = Writer::new(access.map_err(|value| FileError::of(value, name))?.unchecked_into(), name)?;
        let expected = match &from {
            Incoming::Url { sha256, .. } => sha256.map(str::to_owned),
            Incoming::File(_) => None,
        };
        let found = match from {
            Incoming::Url { url, .. } => writer.download(url, &mut progress).await,
            Incoming::File(file) => writer.copy(file, &mut progress).await,
        }?;
        if let Some(expected) = expected.filter(|expected| *expected != found) {
            self.remove_part(&part).await;
            return Err(FileError::Digest { found, expected });
        }
        self.write_digest(name, &found).await?;
        rename(&handle, name).await?;
        Ok(found)
    }

    async fn remove_part(&self, part: &str) {
        // It is overwritten by the next try in any case.
        let _ = JsFuture::from(self.folder.remove_entry(part)).await;
    }

    async fn write_digest(&self, name: &str, digest: &str) -> Result<(), FileError> {
        let handle = self.handle(&format!("{name}{DIGEST}"), true).await?;
        let failed = |value| FileError::of(value, name);
        let access = JsFuture::from(handle.create_sync_access_handle()).await.map_err(failed)?;
        let access = Closing(access.unchecked_into::<FileSystemSyncAccessHandle>());
        access.0.truncate_with_f64(0.0).map_err(failed)?;
        access.0.write_with_u8_array(digest.as_bytes()).map_err(failed)?;
        access.0.flush().map_err(failed)
    }
}

/// `move` is in all browsers that have OPFS, but not in every version of the bindings.
async fn rename(handle: &web_sys::FileSystemFileHandle, name: &str) -> Result<(), FileError> {
    let failed = |value| FileError::of(value, name);
    let method: js_sys::Function =
        Reflect::get(handle, &"move".into()).map_err(failed)?.dyn_into().map_err(failed)?;
    let moved: js_sys::Promise =
        method.call1(handle, &name.into()).map_err(failed)?.dyn_into().map_err(failed)?;
    JsFuture::from(moved).await.map_err(failed).map(|_| ())
}

/// A handle that is closed whatever happens, or the file would stay locked until the worker ends.
struct Closing(FileSystemSyncAccessHandle);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Writes a file from front to back and hashes it on the way.
struct Writer {
    access: Closing,
    name: String,
    at: u64,
    hash: Sha256,
}

impl Writer {
    fn new(access: FileSystemSyncAccessHandle, name: &str) -> Result<Self, FileError> {
        Ok(Writer { access: Closing(access), name: name.to_owned(), at: 0, hash: Sha256::new() })
    }

    async fn download(mut self, url: &str, progress: &mut impl Progress) -> Result<String, FileError> {
        self.hash_what_is_there(progress)?;
        let network = |why: String| FileError::Network { url: url.to_owned(), why };
        let mut request = Request::get(url);
        if self.at > 0 {
            request = request.header("Range", &format!("bytes={}-", self.at));
        }
        let response = request.send().await.map_err(|error| network(error.to_string()))?;
        match response.status() {
            206 => {}
            // Nothing is left to send: the earlier try ended between the last byte and the rename.
            416 if self.at > 0 => return Ok(self.finish()?.1),
            200..=299 => self.start_over()?,
            status => return Err(FileError::Status { url: url.to_owned(), status }),
        }
        let length = response.headers().get("content-length").and_then(|text| text.parse::<u64>().ok());
        let of = length.map_or(0, |length| self.at + length);
        let body = response.body().ok_or_else(|| network("no body".into()))?;
        self.pour(body, of, progress).await.map_err(|error| match error {
            FileError::Failed(why) => network(why),
            other => other,
        })?;
        let (bytes, digest) = self.finish()?;
        if of != 0 && bytes != of {
            return Err(network(format!("{bytes} bytes of {of} came")));
        }
        Ok(digest)
    }

    async fn pour(
        &mut self,
        body: ReadableStream,
        of: u64,
        progress: &mut impl Progress,
    ) -> Result<(), FileError> {
        let failed = |value: JsValue| FileError::Failed(format!("{value:?}"));
        let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
        loop {
            let step = JsFuture::from(reader.read()).await.map_err(failed)?;
            if Reflect::get(&step, &"done".into()).map_err(failed)?.is_truthy() {
                return Ok(());
            }
            let piece: Uint8Array = Reflect::get(&step, &"value".into()).map_err(failed)?.unchecked_into();
            self.write(&piece.to_vec())?;
            if !progress("downloading", self.at, of) {
                // Whoever cancels does not wait for the server's word on it.
                let _ = reader.cancel();
                return Err(FileError::Cancelled);
            }
        }
    }

    async fn copy(mut self, file: &Blob, progress: &mut impl Progress) -> Result<String, FileError> {
        self.start_over()?;
        let of = file.size() as u64;
        let failed = |value: JsValue| FileError::Failed(format!("{value:?}"));
        while self.at < of {
            let end = of.min(self.at + PIECE);
            let slice = file.slice_with_f64_and_f64(self.at as f64, end as f64).map_err(failed)?;
            let bytes =
                Uint8Array::new(&JsFuture::from(slice.array_buffer()).await.map_err(failed)?).to_vec();
            if bytes.is_empty() {
                return Err(FileError::Failed("the file has changed while it was read".into()));
            }
            self.write(&bytes)?;
            if !progress("copying", self.at, of) {
                return Err(FileError::Cancelled);
            }
        }
        Ok(self.finish()?.1)
    }

    /// Takes up the bytes that an earlier try left.
    fn hash_what_is_there(&mut self, progress: &mut impl Progress) -> Result<(), FileError> {
        let of = self.access.0.get_size().map_err(|value| FileError::of(value, &self.name))? as u64;
        let mut piece = vec![0; PIECE.min(of) as usize];
        while self.at < of {
            let options = FileSystemReadWriteOptions::new();
            options.set_at(self.at as f64);
            let read = self.access.0.read_with_u8_array_and_options(&mut piece, &options);
            let read = read.map_err(|value| FileError::of(value, &self.name))? as usize;
            if read == 0 {
                break;
            }
            self.hash.update(&piece[..read]);
            self.at += read as u64;
            if !progress("checking", self.at, of) {
                return Err(FileError::Cancelled);
            }
        }
        Ok(())
    }

    fn start_over(&mut self) -> Result<(), FileError> {
        self.access.0.truncate_with_f64(0.0).map_err(|value| FileError::of(value, &self.name))?;
        (self.at, self.hash) = (0, Sha256::new());
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), FileError> {
        let options = FileSystemReadWriteOptions::new();
        options.set_at(self.at as f64);
        let written = self.access.0.write_with_u8_array_and_options(bytes, &options);
        let written = written.map_err(|value| FileError::of(value, &self.name))? as usize;
        if written < bytes.len() {
            return Err(FileError::QuotaFull);
        }
        self.hash.update(bytes);
        self.at += bytes.len() as u64;
        Ok(())
    }

    fn finish(self) -> Result<(u64, String), FileError> {
        self.access.0.flush().map_err(|value| FileError::of(value, &self.name))?;
        let digest = self.hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok((self.at, digest))
    }
}
