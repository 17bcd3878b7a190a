//! The engine in this very process: for the native command and the tests.

use std::cell::RefCell;
use std::fs::File;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use super::EngineLink;
use crate::engine::cpu::Cpu;
use crate::engine::gguf::part_names;
use crate::engine::message::{DeviceChoice, EngineFailure, EngineReply, EngineRequest, LoadedModel};
use crate::engine::{Cancelled, Chat, Options, Pace, Parts, SourceError, TensorSource, choice};

/// A loaded model in this process.
#[derive(Clone)]
pub struct InProcess {
    chat: Rc<RefCell<Chat>>,
    stop: Arc<AtomicBool>,
    loaded: LoadedModel,
}

impl InProcess {
    /// Loads a GGUF file, with the others that its model is in if it is a part, onto the GPU or the processor with `threads` threads. When `stop` is set, work ends as
    /// cancelled.
    pub async fn load(
        path: &Path,
        threads: usize,
        device: DeviceChoice,
        stop: Arc<AtomicBool>,
        mut progress: impl FnMut(u64, u64),
    ) -> Result<InProcess, EngineFailure> {
        let file = open_parts(path)?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let options = Options { threads, ..Options::default() };
        let mut pace = Flag(Arc::clone(&stop));
        let (start, outline) = (Instant::now(), Chat::outline(&file).await?);
        let now_ms = || start.elapsed().as_secs_f64() * 1e3;
        let chosen = choice::choose(device, &outline, threads, now_ms, async |_| {}, Ok("")).await;
        let on_gpu = chosen.1.gpu;
        let mut placed = Chat::load(chosen, &file, &name, &options, &mut pace, &mut progress).await;
        if let Err(trouble @ (EngineFailure::DeviceLost(_) | EngineFailure::OutOfMemory(_))) = &placed
            && on_gpu
            && device == DeviceChoice::Measured
        {
            let why = format!("the GPU can't take this model: {trouble}");
            let cpu = choice::on_cpu(Cpu::new(threads), why, None, None);
            placed = Chat::load(cpu, &file, &name, &options, &mut pace, &mut progress).await;
        }
        let (chat, mut loaded) = placed?;
        loaded.kept = Ok(());
        Ok(InProcess { chat: Rc::new(RefCell::new(chat)), stop, loaded })
    }

    /// What was loaded.
    pub fn loaded(&self) -> &LoadedModel {
        &self.loaded
    }

    /// Gives the model itself to `work`: for what goes beyond the wire, as comparing logits does.
    pub fn with<T>(&self, work: impl FnOnce(&mut Chat) -> T) -> T {
        work(&mut self.chat.borrow_mut())
    }
}

impl EngineLink for InProcess {
    // why: one thread, and each request is awaited before the next; nothing else borrows meanwhile.
    #[allow(clippy::await_holding_refcell_ref)]
    async fn ask(&self, request: EngineRequest) -> Result<EngineReply, EngineFailure> {
        let start = Instant::now();
        let mut pace = Flag(Arc::clone(&self.stop));
        let now_ms = || start.elapsed().as_secs_f64() * 1e3;
        let Ok(mut chat) = self.chat.try_borrow_mut() else {
            return Err(EngineFailure::Internal("two questions at once in one process".into()));
        };
        chat.answer(request, &mut pace, now_ms, |_| {}).await
    }
}

/// Stops the work when the flag is set.
struct Flag(Arc<AtomicBool>);

impl Pace for Flag {
    async fn pause(&mut self) -> Result<(), Cancelled> {
        if self.0.load(Ordering::Relaxed) { Err(Cancelled) } else { Ok(()) }
    }
}

/// The file at `path`, or all parts of the model that its name says it is a part of: they lie in one folder.
fn open_parts(path: &Path) -> Result<Parts<ModelFile>, EngineFailure> {
    let name = path.file_name().and_then(|name| name.to_str());
    let Some(names) = name.and_then(part_names) else {
        return Ok(Parts::new(vec![ModelFile::open(path).map_err(EngineFailure::File)?]));
    };
    let count = names.len();
    let beside =
        |why| EngineFailure::File(format!("{why}; all {count} files of the model must lie in one folder"));
    let files = names.iter().map(|name| ModelFile::open(&path.with_file_name(name)).map_err(beside));
    Ok(Parts::new(files.collect::<Result<_, _>>()?))
}

/// A file on disk.
struct ModelFile {
    file: File,
    bytes: u64,
}

impl ModelFile {
    fn open(path: &Path) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("{}: {error}", path.display());
        let file = File::open(path).map_err(failed)?;
        let bytes = file.metadata().map_err(failed)?.len();
        Ok(ModelFile { file, bytes })
    }
}

impl TensorSource for ModelFile {
    fn bytes(&self) -> u64 {
        self.bytes
    }

    async fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), SourceError> {
        use std::io::{Read, Seek, SeekFrom};
        let mut file = &self.file;
        let read = file.seek(SeekFrom::Start(offset)).and_then(|_| file.read_exact(into));
        read.map_err(|error| SourceError { offset, bytes: into.len() as u64, why: error.to_string() })
    }
}
