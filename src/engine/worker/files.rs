//! Model files in the origin's private file system (OPFS): kept once, read in place from then on.
//!
//! A file is written under a name with `.part` behind it, hashed while it comes, and renamed when it is whole, so a
//! download that breaks off never looks like a model; the next try goes on where it ended, by `Range`. Reading goes
//! through `getFile().slice()`: a synchronous handle would lock out the other tab. Runs in a worker.

mod alone;
mod origin;
mod same;
mod source;
mod writing;

use js_sys::{AsyncIterator, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    File, FileSystemDirectoryHandle, FileSystemFileHandle, FileSystemGetDirectoryOptions,
    FileSystemGetFileOptions, WorkerGlobalScope,
};

pub use source::BlobSource;
pub use writing::{Incoming, Progress};

use self::alone::Alone;
use self::origin::Origin;
use crate::engine::gguf::part_names;
use crate::engine::message::{EngineFailure, KeptFile, KeptFiles, PartFile};

/// The folder in OPFS.
const FOLDER: &str = "models";

/// Ends the name of a file that is not whole yet.
const PART: &str = ".part";

/// Ends the name of the small file that holds a model's SHA-256 and, in a second line, the address it came from.
const DIGEST: &str = ".sha256";

/// Ends the name of the small file that says where a file that is not whole yet comes from.
const ORIGIN: &str = ".origin";

/// Why a model's file can't be had.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// The browser keeps no files for this page.
    #[error("this browser keeps no files for the page, as in some private windows ({0})")]
    NoFiles(String),
    /// No room is left.
    #[error("the browser's storage is full")]
    QuotaFull,
    /// Another tab is writing it.
    #[error("another tab is fetching {0} right now; wait for it, then try again")]
    Busy(String),
    /// No such file.
    #[error("no model file {0} is kept")]
    Missing(String),
    /// A name that can't be a file's.
    #[error("{0:?} can't be a file's name")]
    Name(String),
    /// The server's answer.
    #[error("{url} answered {status}")]
    Status {
        /// The address.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// The network.
    #[error("{url} can't be reached{} ({why}){}", if *came > 0 { " or broke off" } else { "" }, if *came > 0 {
        "; trying again goes on where it ended"
    } else {
        ""
    })]
    Network {
        /// The address.
        url: String,
        /// Bytes that have come so far.
        came: u64,
        /// What the browser said.
        why: String,
    },
    /// Other bytes than were promised.
    #[error(
        "the file's SHA-256 is {found}, expected {expected}: it was damaged on the way and has been dropped"
    )]
    Digest {
        /// What came.
        found: String,
        /// What was to come.
        expected: String,
    },
    /// It is no model that the engine can run, as its beginning tells.
    #[error("{0}")]
    Refused(EngineFailure),
    /// It was stopped.
    #[error("cancelled")]
    Cancelled,
    /// What the browser said.
    #[error("the file can't be read or written: {0}")]
    Failed(String),
}

impl FileError {
    /// Reads the name of the exception, which is all that browsers agree on.
    fn of(value: JsValue, file: &str) -> Self {
        let text = |key: &str| Reflect::get(&value, &key.into()).ok().and_then(|text| text.as_string());
        match text("name").as_deref() {
            Some("QuotaExceededError") => FileError::QuotaFull,
            Some("NoModificationAllowedError" | "InvalidStateError") => FileError::Busy(file.to_owned()),
            Some("NotFoundError") => FileError::Missing(file.to_owned()),
            Some("SecurityError" | "NotAllowedError") => {
                FileError::NoFiles(text("message").unwrap_or_default())
            }
            _ => FileError::Failed(text("message").unwrap_or_else(|| format!("{value:?}"))),
        }
    }
}

/// The folder of model files.
#[derive(Clone)]
pub struct ModelFiles {
    folder: FileSystemDirectoryHandle,
}

impl ModelFiles {
    /// Opens the folder.
    ///
    /// # Errors
    /// [`FileError::NoFiles`] where the browser has no such file system for the page, as in some private windows.
    pub async fn open() -> Result<Self, FileError> {
        let no_files = |value| match FileError::of(value, FOLDER) {
            told @ (FileError::QuotaFull | FileError::NoFiles(_)) => told,
            other => FileError::NoFiles(other.to_string()),
        };
        let scope: WorkerGlobalScope = js_sys::global()
            .dyn_into()
            .map_err(|_| FileError::NoFiles("model files are opened in a worker".into()))?;
        // A page that isn't served securely has no `navigator.storage` at all.
        let storage = Reflect::get(&scope.navigator(), &"storage".into()).unwrap_or_default();
        if storage.is_undefined() {
            return Err(FileError::NoFiles("the page is not served securely".into()));
        }
        let root = JsFuture::from(scope.navigator().storage().get_directory()).await.map_err(no_files)?;
        let root: FileSystemDirectoryHandle = root.unchecked_into();
        let options = FileSystemGetDirectoryOptions::new();
        options.set_create(true);
        let folder = root.get_directory_handle_with_options(FOLDER, &options);
        let folder = JsFuture::from(folder).await.map_err(no_files)?;
        Ok(ModelFiles { folder: folder.unchecked_into() })
    }

    /// The files that are whole and those that are not, by name.
    pub async fn list(&self) -> Result<KeptFiles, FileError> {
        let mut kept = KeptFiles::default();
        let mut names = self.names().await?;
        names.sort();
        for name in &names {
            if let Some(name) = name.strip_suffix(PART) {
                kept.parts.extend(self.part(name).await);
            } else if ![DIGEST, ORIGIN].iter().any(|ending| name.ends_with(ending)) {
                let all = part_names(name).filter(|all| all.iter().all(|part| names.contains(part)));
                let whole = self.whole(name, all.as_deref()).await?;
                kept.whole.extend(whole);
            }
        }
        Ok(kept)
    }

    /// A file that is whole; of a model in several files, all of which are here, the first stands for all.
    async fn whole(&self, name: &str, all: Option<&[String]>) -> Result<Option<KeptFile>, FileError> {
        let (mut bytes, note) = (0.0, self.note(name).await);
        let (sha256, from) = note.filter(|_| all.is_none()).unzip();
        let own = [name.to_owned()];
        let all = all.unwrap_or(&own);
        if all.first().is_some_and(|first| first != name) {
            return Ok(None);
        }
        for name in all {
            bytes += self.file(name).await?.size();
        }
        let from = from.filter(|url| !url.is_empty());
        Ok(Some(KeptFile { name: name.to_owned(), bytes, sha256, from }))
    }

    /// What came so far of a download; none where nobody could go on with it.
    async fn part(&self, name: &str) -> Option<PartFile> {
        let origin = self.origin(name).await?;
        let bytes = self.file(&format!("{name}{PART}")).await.ok()?.size();
        let Origin { url, of, sha256, .. } = origin;
        Some(PartFile {
            busy: Alone::with(name).await.is_none(),
            name: name.to_owned(),
            bytes,
            of: of as f64,
            url,
            sha256: Some(sha256).filter(|sha256| !sha256.is_empty()),
        })
    }

    /// Where the bytes of a file that is not whole came from.
    async fn origin(&self, name: &str) -> Option<Origin> {
        let file = self.file(&format!("{name}{ORIGIN}")).await.ok()?;
        Origin::read(&JsFuture::from(file.text()).await.ok()?.as_string()?)
    }

    /// Waits until no other tab is at the file of that name. Whoever waits hears how far the other is.
    pub async fn alone(&self, name: &str, progress: &mut impl Progress) -> Result<Alone, FileError> {
        loop {
            if let Some(alone) = Alone::with(name).await {
                return Ok(alone);
            }
            let (bytes, of) = self.part(name).await.map_or((0.0, 0.0), |part| (part.bytes, part.of));
            if !progress("waiting for another tab, which fetches it", bytes as u64, of as u64) {
                return Err(FileError::Cancelled);
            }
            writing::pause().await;
        }
    }

    /// A file that is whole, as the browser reads it.
    pub async fn file(&self, name: &str) -> Result<File, FileError> {
        let handle = self.handle(name, false).await?;
        let file = JsFuture::from(handle.get_file()).await.map_err(|value| FileError::of(value, name))?;
        Ok(file.unchecked_into())
    }

    /// The SHA-256 that was computed when the file came.
    pub async fn digest(&self, name: &str) -> Option<String> {
        Some(self.note(name).await?.0)
    }

    /// Whether the file of this name is what the address gives: the one with that digest, or, where none is told, what
    /// came from there before. Two addresses may well end in the same name.
    pub async fn is_from(&self, name: &str, url: &str, sha256: Option<&str>) -> bool {
        let Some((digest, from)) = self.note(name).await else { return false };
        let same = sha256.map_or(from == url, |expected| expected == digest);
        same && self.file(name).await.is_ok()
    }

    async fn note(&self, name: &str) -> Option<(String, String)> {
        let file = self.file(&format!("{name}{DIGEST}")).await.ok()?;
        let text = JsFuture::from(file.text()).await.ok()?.as_string()?;
        let (digest, url) = text.split_once('\n').unwrap_or((&text, ""));
        (digest.len() == 64).then(|| (digest.to_owned(), url.to_owned()))
    }

    /// Deletes a model's file, whole or not, and what belongs to it; all of them where it is in several.
    pub async fn remove(&self, name: &str) -> Result<(), FileError> {
        let mut found = false;
        for name in part_names(name).unwrap_or_else(|| vec![name.to_owned()]) {
            found |= self.remove_all([name.clone(), format!("{name}{DIGEST}")]).await?;
            found |= self.remove_part(&name).await?;
        }
        if found { Ok(()) } else { Err(FileError::Missing(name.to_owned())) }
    }

    /// Deletes what came of a file that is not whole; whether there was any. A whole one of this name stays.
    pub async fn remove_part(&self, name: &str) -> Result<bool, FileError> {
        self.remove_all([format!("{name}{PART}"), format!("{name}{ORIGIN}")]).await
    }

    async fn remove_all(&self, names: [String; 2]) -> Result<bool, FileError> {
        let mut found = false;
        for name in names {
            check_name(&name)?;
            match JsFuture::from(self.folder.remove_entry(&name))
                .await
                .map_err(|value| FileError::of(value, &name))
            {
                Ok(_) => found = true,
                Err(FileError::Missing(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }

    /// Deletes what is left behind when a browser or a worker is ended while it writes, and nobody can go on with: the
    /// browser's own files, and parts of files from disk, which have no address that the rest could come from.
    pub async fn sweep(&self) -> Result<(), FileError> {
        let names = self.names().await?;
        for name in &names {
            let goes_on = |name: &str| names.contains(&format!("{name}{ORIGIN}"));
            if name.ends_with(".crswap") || name.strip_suffix(PART).is_some_and(|name| !goes_on(name)) {
                // Another tab may be at it, and holds it; then it is no leftover.
                let _ = JsFuture::from(self.folder.remove_entry(name)).await;
            }
        }
        Ok(())
    }

    async fn names(&self) -> Result<Vec<String>, FileError> {
        let failed = |value| FileError::of(value, FOLDER);
        let keys: AsyncIterator = self.folder.keys().unchecked_into();
        let mut names = Vec::new();
        loop {
            let step = JsFuture::from(keys.next().map_err(failed)?).await.map_err(failed)?;
            if Reflect::get(&step, &"done".into()).map_err(failed)?.is_truthy() {
                return Ok(names);
            }
            names.extend(Reflect::get(&step, &"value".into()).map_err(failed)?.as_string());
        }
    }

    async fn handle(&self, name: &str, create: bool) -> Result<FileSystemFileHandle, FileError> {
        check_name(name)?;
        let options = FileSystemGetFileOptions::new();
        options.set_create(create);
        let handle = self.folder.get_file_handle_with_options(name, &options);
        let handle = JsFuture::from(handle).await.map_err(|value| FileError::of(value, name))?;
        Ok(handle.unchecked_into())
    }
}

/// OPFS refuses some names with an exception that says nothing of the name.
fn check_name(name: &str) -> Result<(), FileError> {
    let bad =
        name.is_empty() || name == "." || name == ".." || name.contains(['/', '\\']) || name.len() > 200;
    if bad { Err(FileError::Name(name.to_owned())) } else { Ok(()) }
}
