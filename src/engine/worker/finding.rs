//! Where a model's file comes from: kept here, a download, or attached to the request. What can be kept is.

use js_sys::Array;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, File};

use super::Server;
use super::files::{BlobSource, FileError, Incoming, ModelFiles, Progress};
use super::slices::Told;
use crate::engine::gguf::{part_names, whole_name};
use crate::engine::message::{EngineFailure, ModelFile};
use crate::engine::{Chat, Parts};

impl Server {
    /// The model that a request names, with all its files: kept here, downloaded, or attached. Whoever names one of
    /// several files means all.
    pub(super) async fn find(
        &self,
        id: u32,
        file: ModelFile,
        attached: JsValue,
    ) -> Result<Found, EngineFailure> {
        let files = ModelFiles::open().await;
        let mut told = Told::new(self, id);
        let mut progress = |stage: &'static str, bytes, of| told.tell(stage, bytes, of);
        match file {
            ModelFile::Kept(name) => Found::kept(&files.map_err(file_failure)?, name).await,
            ModelFile::Url { url, name, sha256 } => {
                let mut found = Vec::new();
                for address in addresses(&url, &name, sha256.as_deref()) {
                    found.push(fetched(&files, &address, &mut progress).await?);
                }
                Found::of_all(found)
            }
            ModelFile::Attached { name, sha256 } => {
                let mut found = Vec::new();
                for (name, blob) in given(name, attached)? {
                    let sha256 = sha256.as_deref();
                    found.push(copied(&files, name, blob, sha256, &mut progress).await?);
                }
                match (&files, found.as_slice()) {
                    // One of several; the others may be here.
                    (Ok(files), [Found { name, kept: Ok(()), .. }]) => Found::kept(files, name.clone()).await,
                    _ => Found::of_all(found),
                }
            }
        }
    }
}

/// The addresses that loading a file will ask.
pub(super) async fn missing(file: ModelFile) -> Vec<String> {
    let ModelFile::Url { url, name, sha256 } = file else { return Vec::new() };
    let files = ModelFiles::open().await;
    let mut missing = Vec::new();
    for Address { url, name, sha256 } in addresses(&url, &name, sha256.as_deref()) {
        let is_here = match &files {
            Ok(files) => files.is_from(&name, &url, sha256).await,
            Err(_) => false,
        };
        if !is_here {
            missing.push(url);
        }
    }
    missing
}

/// Where a file of a model is.
struct Address<'a> {
    url: String,
    name: String,
    /// Its SHA-256, where it was told.
    sha256: Option<&'a str>,
}

/// All files of the model, of which one is told; the digest is of that one.
fn addresses<'a>(url: &str, name: &str, sha256: Option<&'a str>) -> Vec<Address<'a>> {
    let own = || vec![Address { url: url.to_owned(), name: name.to_owned(), sha256 }];
    let (Some(names), Some(stem)) = (part_names(name), whole_name(name)) else { return own() };
    let Some(at) = url.rfind(&name[stem.len()..]) else { return own() };
    let end = at + name.len() - stem.len();
    let address = |part: &str| format!("{}{}{}", &url[..at], &part[stem.len()..], &url[end..]);
    let file =
        |part: String| Address { url: address(&part), sha256: sha256.filter(|_| part == name), name: part };
    names.into_iter().map(file).collect()
}

/// The files that are attached: one, or a list of those of one model.
fn given(name: String, attached: JsValue) -> Result<Vec<(String, Blob)>, EngineFailure> {
    let nothing = |_| EngineFailure::File("no file is attached".into());
    if !Array::is_array(&attached) {
        return Ok(vec![(name, attached.dyn_into().map_err(nothing)?)]);
    }
    let mut files = Vec::new();
    for file in Array::from(&attached).iter() {
        let file: File = file.dyn_into().map_err(nothing)?;
        files.push((file.name(), file.into()));
    }
    files.sort_by(|(a, _), (b, _)| a.cmp(b));
    let wanted = part_names(&name).unwrap_or_default();
    let names: Vec<&String> = files.iter().map(|(name, _)| name).collect();
    if names == wanted.iter().collect::<Vec<_>>() {
        return Ok(files);
    }
    Err(EngineFailure::File(match wanted.iter().find(|wanted| !names.contains(wanted)) {
        Some(missing) => format!("{missing} is missing: choose all {} files of the model", wanted.len()),
        None => "these are files of several models: choose one, or all parts of one".into(),
    }))
}

type Files = Result<ModelFiles, FileError>;

async fn fetched(
    files: &Files,
    Address { url, name, sha256 }: &Address<'_>,
    progress: &mut impl Progress,
) -> Result<Found, EngineFailure> {
    let files = match files {
        Ok(files) => files,
        Err(why) => return Ok(Found::unkept(name.clone(), fetch_blob(url).await?, why)),
    };
    let _alone = files.alone(name, progress).await.map_err(file_failure)?;
    // Another tab may have fetched it meanwhile.
    if files.is_from(name, url, *sha256).await {
        return Found::one(files, name.clone()).await;
    }
    let _ = files.sweep().await; // Leftovers do no harm but take room.
    let from = Incoming::Url { url, sha256: *sha256 };
    match files.keep(name, from, Chat::examine, progress).await {
        Ok(_) => Found::one(files, name.clone()).await,
        Err(why @ (FileError::QuotaFull | FileError::NoFiles(_))) => {
            // What was begun would only take the room that is missing.
            let _ = files.remove_part(name).await;
            let blob = fetch_blob(url).await.map_err(|failure| match &why {
                FileError::QuotaFull => EngineFailure::NoRoom(why.to_string()),
                _ => failure,
            })?;
            Ok(Found::unkept(name.clone(), blob, &why))
        }
        Err(error) => Err(file_failure(error)),
    }
}

async fn copied(
    files: &Files,
    name: String,
    blob: Blob,
    sha256: Option<&str>,
    progress: &mut impl Progress,
) -> Result<Found, EngineFailure> {
    let files = match files {
        Ok(files) => files,
        Err(why) => return Ok(Found::unkept(name, blob, why)),
    };
    let _alone = files.alone(&name, progress).await.map_err(file_failure)?;
    if files.holds(&name, &blob, sha256, &mut *progress).await.map_err(file_failure)? {
        return Found::one(files, name).await;
    }
    let _ = files.sweep().await; // As above.
    let from = Incoming::File { file: &blob, sha256 };
    match files.keep(&name, from, Chat::examine, progress).await {
        Ok(_) => Found::one(files, name).await,
        Err(why) => {
            let _ = files.remove_part(&name).await; // A part that nobody can go on with.
            match why {
                FileError::Cancelled
                | FileError::Refused(_)
                | FileError::Digest { .. }
                | FileError::Name(_) => Err(file_failure(why)),
                // It is there all the same, though not for the next time.
                _ => Ok(Found::unkept(name, blob, &why)),
            }
        }
    }
}

/// A model's files, found.
pub struct Found {
    /// The name of the first.
    pub name: String,
    /// Their bytes, which stay where they are until they are read.
    blobs: Vec<Blob>,
    /// The SHA-256 of a model in one file, where it was computed.
    pub digest: Option<String>,
    /// Whether all are kept; why not, otherwise.
    pub kept: Result<(), String>,
}

impl Found {
    /// The model's bytes, to be read.
    pub fn source(&self) -> Parts<BlobSource> {
        Parts::new(self.blobs.iter().cloned().map(BlobSource::new).collect())
    }

    /// The kept model that a file of this name is of.
    async fn kept(files: &ModelFiles, name: String) -> Result<Self, EngineFailure> {
        let Some(names) = part_names(&name) else { return Self::one(files, name).await };
        let mut found = Vec::new();
        for name in names {
            found.push(Self::one(files, name).await?);
        }
        Self::of_all(found)
    }

    async fn one(files: &ModelFiles, name: String) -> Result<Self, EngineFailure> {
        let blob = files.file(&name).await.map_err(file_failure)?.into();
        Ok(Found { digest: files.digest(&name).await, name, blobs: vec![blob], kept: Ok(()) })
    }

    fn unkept(name: String, blob: Blob, why: &FileError) -> Self {
        Found { name, blobs: vec![blob], digest: None, kept: Err(why.to_string()) }
    }

    /// Several files as one model.
    fn of_all(found: Vec<Found>) -> Result<Self, EngineFailure> {
        let mut found = found.into_iter();
        let mut whole = found.next().ok_or_else(|| EngineFailure::File("no file is attached".into()))?;
        for part in found {
            whole.blobs.extend(part.blobs);
            whole.kept = whole.kept.and(part.kept);
            whole.digest = None;
        }
        Ok(whole)
    }
}

/// A download that can't be kept: the browser holds it, on disk if it is large.
async fn fetch_blob(url: &str) -> Result<Blob, EngineFailure> {
    let failed = |why: String| EngineFailure::Unreachable(format!("{url}: {why}"));
    let response =
        gloo_net::http::Request::get(url).send().await.map_err(|error| failed(error.to_string()))?;
    if !response.ok() {
        return Err(EngineFailure::NoFileThere(format!("{url} answered {}", response.status())));
    }
    let raw: web_sys::Response = response.into();
    let promise = raw.blob().map_err(|error| failed(format!("{error:?}")))?;
    let blob = JsFuture::from(promise).await.map_err(|error| failed(format!("{error:?}")))?;
    Ok(blob.unchecked_into())
}

/// A file's fault as the wire has it.
pub fn file_failure(error: FileError) -> EngineFailure {
    match error {
        FileError::Cancelled => EngineFailure::Cancelled,
        FileError::Refused(why) => why,
        FileError::Missing(name) => EngineFailure::Missing(name),
        FileError::Status { .. } => EngineFailure::NoFileThere(error.to_string()),
        FileError::Network { .. } => EngineFailure::Unreachable(error.to_string()),
        FileError::QuotaFull => EngineFailure::NoRoom(error.to_string()),
        FileError::Digest { .. } => EngineFailure::Model(error.to_string()),
        other => EngineFailure::File(other.to_string()),
    }
}
