//! Keeping a model's file: from an address, resumed where an earlier try ended, or from a file on disk.

use std::pin::pin;

use futures_util::future::{Either, select};
use gloo_net::http::{Request, Response};
use js_sys::{Promise, Reflect, Uint8Array};
use sha2::{Digest, Sha256};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, FileSystemReadWriteOptions, FileSystemSyncAccessHandle, ReadableStream,
    ReadableStreamDefaultReader, RequestCache, WorkerGlobalScope,
};

use super::super::slices::EventLoop;
use super::origin::{Answer, Origin, Rest, rest};
use super::{DIGEST, FileError, ModelFiles, ORIGIN, PART};
use crate::engine::message::EngineFailure;

/// Bytes of a file on disk that are copied at once.
pub(super) const PIECE: u64 = 4 << 20;

/// How often a file that another worker holds is tried, and the milliseconds between.
const TRIES: u32 = 20;
const PAUSE_MS: i32 = 100;

/// What is being done while bytes come.
const DOWNLOADING: &str = "downloading";
const NO_PARTS: &str = "starting over: the server gives no part of a file";
const CHANGED: &str = "starting over: the file has changed there";

/// Hears how far it is: what is being done, bytes done, bytes in all (0 where unknown). False stops it.
pub trait Progress: FnMut(&'static str, u64, u64) -> bool {}
impl<F: FnMut(&'static str, u64, u64) -> bool> Progress for F {}

/// Says of a file's first bytes and its length in all whether it is worth fetching; `Some(n)` asks for the first `n`.
pub type Examine = fn(&[u8], u64) -> Result<Option<u64>, EngineFailure>;

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
    File {
        /// The file.
        file: &'a Blob,
        /// Its SHA-256, as above.
        sha256: Option<&'a str>,
    },
}

impl ModelFiles {
    /// Keeps a file under `name` and gives its SHA-256.
    ///
    /// # Errors
    /// Whatever came stays for the next try, but for a file whose digest is wrong and one that `examine` refuses.
    pub async fn keep(
        &self,
        name: &str,
        from: Incoming<'_>,
        examine: Examine,
        mut progress: impl Progress,
    ) -> Result<String, FileError> {
        let part = format!("{name}{PART}");
        let handle = self.handle(&part, true).await?;
        let access = open_alone(&handle, name).await?;
        let writer = Writer::new(access, name, examine);
        let (found, expected, url) = match from {
            Incoming::Url { url, sha256 } => {
                (self.download(writer, url, sha256, &mut progress).await, sha256, url)
            }
            Incoming::File { file, sha256 } => (writer.copy(file, &mut progress).await, sha256, ""),
        };
        if let Err(why) = &found
            && (matches!(why, FileError::Refused(_)) || self.is_empty(&part).await)
        {
            // There is nothing that the next try could go on with.
            let _ = self.remove_part(name).await;
        }
        let found = found?;
        if let Some(expected) = expected.filter(|expected| *expected != found) {
            let _ = self.remove_part(name).await;
            return Err(FileError::Digest { found, expected: expected.to_owned() });
        }
        self.write_note(&format!("{name}{DIGEST}"), &format!("{found}\n{url}")).await?;
        rename(&handle, name).await?;
        self.remove_note(&format!("{name}{ORIGIN}")).await;
        Ok(found)
    }

    async fn is_empty(&self, name: &str) -> bool {
        self.file(name).await.is_ok_and(|file| file.size() == 0.0)
    }

    async fn remove_note(&self, note: &str) {
        // It is overwritten by the next try in any case.
        let _ = JsFuture::from(self.folder.remove_entry(note)).await;
    }

    async fn write_note(&self, name: &str, text: &str) -> Result<(), FileError> {
        let handle = self.handle(name, true).await?;
        let failed = |value| FileError::of(value, name);
        let access = Closing(open_alone(&handle, name).await?);
        access.0.truncate_with_f64(0.0).map_err(failed)?;
        access.0.write_with_u8_array(text.as_bytes()).map_err(failed)?;
        access.0.flush().map_err(failed)
    }

    /// Fetches what is still missing: an earlier try is gone on with where it came from the same address and the
    /// server still has the same file (or a digest will tell in the end). Anything else starts at the front.
    async fn download(
        &self,
        mut writer: Writer,
        url: &str,
        sha256: Option<&str>,
        progress: &mut impl Progress,
    ) -> Result<String, FileError> {
        let earlier = self.origin(&writer.name).await;
        let same_address = earlier.as_ref().is_some_and(|earlier| earlier.url == url);
        let same_digest = earlier.as_ref().is_some_and(|earlier| sha256 == Some(&earlier.sha256));
        if same_address || same_digest {
            writer.hash_what_is_there(progress).await?;
        } else {
            writer.start_over()?;
        }
        let mut stage = DOWNLOADING;
        let (at, of) = (writer.at, earlier.as_ref().map_or(0, |earlier| earlier.of));
        let mut response = unless_stopped(ask(url, at), || progress(stage, at, of)).await??;
        if at > 0 {
            let earlier = earlier.filter(|_| same_address);
            match rest(&told(&response), at, earlier.as_ref(), sha256.is_some()) {
                Rest::Follows | Rest::Refused => {}
                Rest::Nothing => {
                    writer.look_at_whole()?;
                    return writer.finish();
                }
                Rest::OfAnother => {
                    stage = CHANGED;
                    writer.start_over()?;
                    response = unless_stopped(ask(url, 0), || progress(stage, 0, of)).await??;
                }
                Rest::WholeFile { changed } => {
                    stage = if changed { CHANGED } else { NO_PARTS };
                    writer.start_over()?;
                }
            }
        }
        // What an earlier try left stays, for when the server is well again.
        if !response.ok() {
            return Err(FileError::Status { url: url.to_owned(), status: response.status() });
        }
        let origin = Origin::told(url, sha256, &told(&response), writer.at);
        self.write_note(&format!("{}{ORIGIN}", writer.name), &origin.written()).await?;
        // From where on it comes is told before any of it does.
        if !progress(stage, writer.at, origin.of) {
            return Err(FileError::Cancelled);
        }
        writer.take(response, origin, stage, progress).await
    }
}

/// Asks for the bytes from `at` on. `If-Range` would say the rest in one request, but another origin has to allow
/// that header first, and those that hold models don't. Past the browser's cache, which would keep the same gigabytes a
/// second time.
async fn ask(url: &str, at: u64) -> Result<Response, FileError> {
    let mut request = Request::get(url).cache(RequestCache::NoStore);
    if at > 0 {
        request = request.header("Range", &format!("bytes={at}-"));
    }
    let sent = request.send().await;
    sent.map_err(|error| FileError::Network { url: url.to_owned(), came: at, why: error.to_string() })
}

fn told(response: &Response) -> Answer {
    let header = |name: &str| response.headers().get(name);
    Answer {
        status: response.status(),
        version: header("etag").or_else(|| header("last-modified")).unwrap_or_default(),
        length: header("content-length").and_then(|length| length.parse().ok()),
        range: header("content-range").unwrap_or_default(),
    }
}

/// Opens a file for writing, which one worker at a time may. A worker that has just been ended (a page reloaded, a
/// load cancelled) keeps its hold for a moment longer, so that is waited for.
async fn open_alone(
    handle: &web_sys::FileSystemFileHandle,
    name: &str,
) -> Result<FileSystemSyncAccessHandle, FileError> {
    let mut tries = TRIES;
    loop {
        tries -= 1;
        match JsFuture::from(handle.create_sync_access_handle()).await {
            Ok(access) => return Ok(access.unchecked_into()),
            Err(value) => match FileError::of(value, name) {
                FileError::Busy(_) if tries > 0 => pause().await,
                error => return Err(error),
            },
        }
    }
}

/// What comes of `work`, or that it was stopped meanwhile: a server may take any time to answer, or never go on.
async fn unless_stopped<F: Future>(work: F, mut go_on: impl FnMut() -> bool) -> Result<F::Output, FileError> {
    let mut work = pin!(work);
    loop {
        match select(work, pin!(pause())).await {
            Either::Left((done, _)) => return Ok(done),
            Either::Right(((), unfinished)) => work = unfinished,
        }
        if !go_on() {
            return Err(FileError::Cancelled);
        }
    }
}

/// Waits a while.
pub(super) async fn pause() {
    let promise = Promise::new(&mut |resolve, _| {
        let scope = js_sys::global().unchecked_into::<WorkerGlobalScope>();
        let set = scope.set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, PAUSE_MS);
        if set.is_err() {
            let _ = resolve.call0(&JsValue::NULL);
        }
    });
    // A promise that only resolves has no error to give.
    let _ = JsFuture::from(promise).await;
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
    examine: Examine,
    /// Bytes that have to be there for the next look at them; none once they were found good.
    look_at: Option<u64>,
}

impl Writer {
    fn new(access: FileSystemSyncAccessHandle, name: &str, examine: Examine) -> Self {
        let (access, name) = (Closing(access), name.to_owned());
        Writer { access, name, at: 0, hash: Sha256::new(), examine, look_at: Some(64) }
    }

    /// Has the beginning examined as soon as enough of it is there. A file of unknown length (`of` is 0) is not.
    fn look(&mut self, of: u64) -> Result<(), FileError> {
        while let Some(wanted) = self.look_at.map(|wanted| wanted.min(of))
            && of > 0
            && wanted <= self.at
        {
            let mut beginning = vec![0; wanted as usize];
            let options = FileSystemReadWriteOptions::new();
            options.set_at(0.0);
            let read = self.access.0.read_with_u8_array_and_options(&mut beginning, &options);
            let read = read.map_err(|value| FileError::of(value, &self.name))? as usize;
            self.look_at = (self.examine)(&beginning[..read], of).map_err(FileError::Refused)?;
        }
        Ok(())
    }

    /// The same of a file that has come whole, now that its length is known; an empty one is none.
    fn look_at_whole(&mut self) -> Result<(), FileError> {
        match self.at {
            0 => (self.examine)(&[], 0).map(drop).map_err(FileError::Refused),
            whole => self.look(whole),
        }
    }

    async fn take(
        mut self,
        response: Response,
        origin: Origin,
        stage: &'static str,
        progress: &mut impl Progress,
    ) -> Result<String, FileError> {
        let Origin { url, of, .. } = origin;
        let network = |came, why| FileError::Network { url: url.clone(), came, why };
        let body = response.body().ok_or_else(|| network(self.at, "no body".into()))?;
        let poured = self.pour(body, of, stage, progress).await;
        poured.map_err(|error| match error {
            FileError::Failed(why) => network(self.at, why),
            other => other,
        })?;
        if of != 0 && self.at != of {
            let came = self.at;
            self.finish()?;
            return Err(network(came, format!("{came} bytes of {of} came")));
        }
        self.look_at_whole()?;
        self.finish()
    }

    async fn pour(
        &mut self,
        body: ReadableStream,
        of: u64,
        stage: &'static str,
        progress: &mut impl Progress,
    ) -> Result<(), FileError> {
        let name = self.name.clone();
        let failed = |value: JsValue| FileError::of(value, &name);
        let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
        loop {
            let reading = JsFuture::from(reader.read());
            let step = match unless_stopped(reading, || progress(stage, self.at, of)).await {
                Ok(step) => step.map_err(failed)?,
                Err(stopped) => {
                    let _ = reader.cancel(); // As below.
                    return Err(stopped);
                }
            };
            if Reflect::get(&step, &"done".into()).map_err(failed)?.is_truthy() {
                return Ok(());
            }
            let piece: Uint8Array = Reflect::get(&step, &"value".into()).map_err(failed)?.unchecked_into();
            self.write(&piece.to_vec())?;
            self.look(of)?;
            if !progress(stage, self.at, of) {
                // Whoever cancels does not wait for the server's word on it.
                let _ = reader.cancel();
                return Err(FileError::Cancelled);
            }
        }
    }

    async fn copy(mut self, file: &Blob, progress: &mut impl Progress) -> Result<String, FileError> {
        self.start_over()?;
        let of = file.size() as u64;
        let name = self.name.clone();
        let failed = |value: JsValue| FileError::of(value, &name);
        while self.at < of {
            let end = of.min(self.at + PIECE);
            let slice = file.slice_with_f64_and_f64(self.at as f64, end as f64).map_err(failed)?;
            let bytes =
                Uint8Array::new(&JsFuture::from(slice.array_buffer()).await.map_err(failed)?).to_vec();
            if bytes.is_empty() {
                return Err(FileError::Failed("the file has changed while it was read".into()));
            }
            self.write(&bytes)?;
            self.look(of)?;
            if !progress("copying", self.at, of) {
                return Err(FileError::Cancelled);
            }
        }
        self.look_at_whole()?;
        self.finish()
    }

    /// Takes up the bytes that an earlier try left. Between two pieces the worker hears whether it is still wanted.
    async fn hash_what_is_there(&mut self, progress: &mut impl Progress) -> Result<(), FileError> {
        let event_loop = EventLoop::new();
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
            event_loop.turn().await;
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

    /// The SHA-256 of what was written.
    fn finish(self) -> Result<String, FileError> {
        self.access.0.flush().map_err(|value| FileError::of(value, &self.name))?;
        Ok(self.hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }
}
