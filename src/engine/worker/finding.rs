//! Where a model's file comes from: kept here, a download, or attached to the request. What can be kept is.

use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

use super::Server;
use super::files::{FileError, Incoming, ModelFiles};
use super::slices::Told;
use crate::engine::Chat;
use crate::engine::message::{EngineFailure, ModelFile};

impl Server {
    /// The file that a request names: kept here, downloaded, or attached.
    pub(super) async fn find(
        &self,
        id: u32,
        file: ModelFile,
        attached: JsValue,
    ) -> Result<Found, EngineFailure> {
        let files = ModelFiles::open().await;
        let mut told = Told::new(self, id);
        let mut progress = |stage: &'static str, bytes, of| told.tell(stage, bytes, of);
        match (file, files) {
            (ModelFile::Kept(name), files) => Found::kept(&files.map_err(file_failure)?, name).await,
            (ModelFile::Url { url, name, sha256 }, Ok(files)) => {
                let _alone = files.alone(&name, &mut progress).await.map_err(file_failure)?;
                // Another tab may have fetched it meanwhile.
                if files.is_from(&name, &url, sha256.as_deref()).await {
                    return Found::kept(&files, name).await;
                }
                let _ = files.sweep().await; // Leftovers do no harm but take room.
                let from = Incoming::Url { url: &url, sha256: sha256.as_deref() };
                match files.keep(&name, from, Chat::examine, progress).await {
                    Ok(_) => Found::kept(&files, name).await,
                    Err(why @ (FileError::QuotaFull | FileError::NoFiles(_))) => {
                        // What was begun would only take the room that is missing.
                        let _ = files.remove_part(&name).await;
                        let blob = fetch_blob(&url).await.map_err(|failure| match &why {
                            FileError::QuotaFull => EngineFailure::NoRoom(why.to_string()),
                            _ => failure,
                        })?;
                        Found::unkept(name, blob, &why)
                    }
                    Err(error) => Err(file_failure(error)),
                }
            }
            (ModelFile::Url { url, name, .. }, Err(why)) => {
                Found::unkept(name, fetch_blob(&url).await?, &why)
            }
            (ModelFile::Attached { name, sha256 }, files) => {
                let blob: Blob =
                    attached.dyn_into().map_err(|_| EngineFailure::File("no file is attached".into()))?;
                let files = match files {
                    Ok(files) => files,
                    Err(why) => return Found::unkept(name, blob, &why),
                };
                let sha256 = sha256.as_deref();
                let _alone = files.alone(&name, &mut progress).await.map_err(file_failure)?;
                if files.holds(&name, &blob, sha256, &mut progress).await.map_err(file_failure)? {
                    return Found::kept(&files, name).await;
                }
                let _ = files.sweep().await; // As above.
                let from = Incoming::File { file: &blob, sha256 };
                match files.keep(&name, from, Chat::examine, progress).await {
                    Ok(_) => Found::kept(&files, name).await,
                    Err(why) => {
                        let _ = files.remove_part(&name).await; // A part that nobody can go on with.
                        match why {
                            FileError::Cancelled
                            | FileError::Refused(_)
                            | FileError::Digest { .. }
                            | FileError::Name(_) => Err(file_failure(why)),
                            // It is there all the same, though not for the next time.
                            _ => Found::unkept(name, blob, &why),
                        }
                    }
                }
            }
        }
    }
}

/// A model's file, found.
pub struct Found {
    /// Its name.
    pub name: String,
    /// Its bytes, which stay where they are until they are read.
    pub blob: Blob,
    /// Its SHA-256, where it was computed.
    pub digest: Option<String>,
    /// Whether it is kept; why not, otherwise.
    pub kept: Result<(), String>,
}

impl Found {
    async fn kept(files: &ModelFiles, name: String) -> Result<Self, EngineFailure> {
        let blob = files.file(&name).await.map_err(file_failure)?.into();
        Ok(Found { digest: files.digest(&name).await, name, blob, kept: Ok(()) })
    }

    fn unkept(name: String, blob: Blob, why: &FileError) -> Result<Self, EngineFailure> {
        Ok(Found { name, blob, digest: None, kept: Err(why.to_string()) })
    }
}

/// A download that can't be kept: the browser holds it, on disk if it is large.
async fn fetch_blob(url: &str) -> Result<Blob, EngineFailure> {
    let failed = |why: String| EngineFailure::Unreachable(format!("{url}: {why}"));
    let response =
        gloo_net::http::Request::get(url).send().await.map_err(|error| failed(error.to_string()))?;
    if !response.ok() {
        return Err(failed(format!("the server answered {}", response.status())));
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
        FileError::Status { .. } | FileError::Network { .. } => EngineFailure::Unreachable(error.to_string()),
        FileError::QuotaFull => EngineFailure::NoRoom(error.to_string()),
        FileError::Digest { .. } => EngineFailure::Model(error.to_string()),
        other => EngineFailure::File(other.to_string()),
    }
}
