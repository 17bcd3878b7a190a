//! The model in memory: what it runs on, and loading it again elsewhere when that is lost.
//!
//! A GPU goes at any time: the system resets it, a driver is replaced, its memory runs out. The model is then read again
//! from where its file lies, with no download, and the request that was under way is asked again: once on a device
//! chosen as before, then on the processor.

use js_sys::{Array, Function, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use super::files::BlobSource;
use super::finding::Found;
use super::slices::{Slices, Told, now_ms};
use super::{Server, threads};
use crate::engine::arch::Outline;
use crate::engine::choice::{choose, on_cpu};
use crate::engine::cpu::Cpu;
use crate::engine::device::AnyDevice;
use crate::engine::message::{
    DeviceChoice, DeviceReport, EngineEvent, EngineFailure, EngineReply, EngineRequest, FromEngine,
    LoadedModel, ModelFile,
};
use crate::engine::{Chat, Options, Parts};

/// Bytes for keys and values: 8,192 tokens of a small model several times over.
const KV_BYTES: usize = 512 << 20;

/// A model in memory, and what it takes to load it again.
pub struct Resident {
    chat: Chat,
    found: Found,
    wanted: DeviceChoice,
    on_gpu: bool,
}

/// The one model, taken from the server while it is loaded elsewhere.
impl Server {
    /// Takes a model into memory.
    pub(super) async fn load(
        &self,
        id: u32,
        file: ModelFile,
        attached: JsValue,
        wanted: DeviceChoice,
    ) -> Result<LoadedModel, EngineFailure> {
        // The old model goes first: two may not fit.
        self.model.borrow_mut().take();
        let name = file.name().to_owned();
        let loading = async {
            let found = self.find(id, file, attached).await?;
            self.place(id, found, wanted, wanted, &mut Slices::new(self, Some(id))).await
        };
        // Which file it is, the person may have forgotten since they clicked.
        loading.await.map_err(|failure| match failure {
            EngineFailure::Model(why) => EngineFailure::BadFile { name, why },
            other => other,
        })
    }

    /// Loads the model in memory again, onto a device chosen so.
    pub(super) async fn move_to(&self, id: u32, wanted: DeviceChoice) -> Result<LoadedModel, EngineFailure> {
        let resident = self.model.borrow_mut().take().ok_or(EngineFailure::NotLoaded)?;
        // Its memory goes before it is asked for again.
        let Resident { chat, found, .. } = resident;
        drop(chat);
        // A cancel would leave no model at all.
        self.place(id, found, wanted, wanted, &mut Slices::new(self, None)).await
    }

    /// Asks the model; when the GPU fails at it, loads the model again and asks again.
    pub(super) async fn ask_model(
        &self,
        id: u32,
        request: EngineRequest,
    ) -> Result<EngineReply, EngineFailure> {
        let mut answer = self.ask_once(id, request.clone()).await;
        for again in [Again::AsWanted, Again::OnCpu] {
            let (again, trouble) = match &answer {
                // It would compute the same once more.
                Err(EngineFailure::NotANumber) if self.is_on_gpu() => {
                    (Again::OnCpuAtOnce, "what the GPU computed is not a number".to_owned())
                }
                Err(failure) if is_trouble(failure) && self.is_on_gpu() => (again, failure.to_string()),
                _ => break,
            };
            self.say(&FromEngine::Event(id, EngineEvent::Again(trouble.clone())));
            self.recover(id, trouble, again).await?;
            answer = self.ask_once(id, request.clone()).await;
        }
        answer
    }

    // why: the queue runs one request at a time, and only requests touch the model.
    #[allow(clippy::await_holding_refcell_ref)]
    async fn ask_once(&self, id: u32, request: EngineRequest) -> Result<EngineReply, EngineFailure> {
        let mut model = self.model.borrow_mut();
        let resident = model.as_mut().ok_or(EngineFailure::NotLoaded)?;
        let piece = |piece| self.say(&FromEngine::Event(id, EngineEvent::Piece(piece)));
        resident.chat.answer(request, &mut Slices::new(self, Some(id)), now_ms, piece).await
    }

    fn is_on_gpu(&self) -> bool {
        self.model.borrow().as_ref().is_some_and(|resident| resident.on_gpu)
    }

    /// Loads the model again after trouble with the GPU, and tells on what.
    async fn recover(&self, id: u32, trouble: String, again: Again) -> Result<(), EngineFailure> {
        let resident = self.model.borrow_mut().take().ok_or(EngineFailure::NotLoaded)?;
        let Resident { chat, found, wanted, .. } = resident;
        drop(chat);
        let now = match again {
            Again::AsWanted => wanted,
            Again::OnCpu | Again::OnCpuAtOnce => DeviceChoice::Cpu,
        };
        let moved = self.place(id, found, wanted, now, &mut Slices::new(self, None)).await;
        let device = moved.as_ref().ok().map(|loaded| {
            let DeviceReport { why, .. } = &loaded.device;
            let why = match again {
                Again::AsWanted => format!("{trouble}; it was loaded again, and {why}"),
                Again::OnCpu => format!("{trouble}, and not for the first time"),
                Again::OnCpuAtOnce => trouble.clone(),
            };
            DeviceReport { why, ..loaded.device.clone() }
        });
        self.say(&FromEngine::Moved { trouble, device });
        moved.map(drop)
    }

    /// Loads a model onto a device chosen by `now`, and onto the processor where the GPU fails at that.
    async fn place(
        &self,
        id: u32,
        found: Found,
        wanted: DeviceChoice,
        now: DeviceChoice,
        pace: &mut Slices<'_>,
    ) -> Result<LoadedModel, EngineFailure> {
        let source = found.source();
        let outline = Chat::outline(&source).await?;
        Told::new(self, id).tell("measuring", 0, 0);
        let (device, report) = chosen(now, &outline).await;
        let DeviceReport { gpu, cpu_ms, gpu_ms, .. } = report;
        let mut placed = self.put(id, (device, report), &source, &found.name, pace).await;
        if let Err(failure) = &placed
            && gpu
            && is_trouble(failure)
        {
            let (device, _) = chosen(DeviceChoice::Cpu, &outline).await;
            if let AnyDevice::Cpu(cpu) = device {
                let why = format!("the GPU can't take this model: {failure}");
                let on_cpu = on_cpu(cpu, why, cpu_ms, gpu_ms);
                placed = self.put(id, on_cpu, &source, &found.name, pace).await;
            }
        }
        let (chat, mut loaded) = placed?;
        if let Some(digest) = &found.digest {
            loaded.fingerprint.clone_from(digest);
        }
        loaded.kept.clone_from(&found.kept);
        let on_gpu = loaded.device.gpu;
        *self.model.borrow_mut() = Some(Resident { chat, found, wanted, on_gpu });
        Ok(loaded)
    }

    async fn put(
        &self,
        id: u32,
        chosen: (AnyDevice, DeviceReport),
        source: &Parts<BlobSource>,
        name: &str,
        pace: &mut Slices<'_>,
    ) -> Result<(Chat, LoadedModel), EngineFailure> {
        let options = Options { threads: threads(), kv_bytes: KV_BYTES, ..Options::default() };
        let mut told = Told::new(self, id);
        let progress = |bytes, of| {
            told.tell("preparing", bytes, of);
        };
        Chat::load(chosen, source, name, &options, pace, progress).await
    }
}

/// What is done after trouble with the GPU.
#[derive(Clone, Copy)]
enum Again {
    /// A device is chosen as before.
    AsWanted,
    /// It is the processor.
    OnCpu,
    /// The same, without another try. A GPU may keep keys and values in 16 bits, which some model's may overflow.
    OnCpuAtOnce,
}

/// What another device may not fail at.
fn is_trouble(failure: &EngineFailure) -> bool {
    matches!(failure, EngineFailure::DeviceLost(_) | EngineFailure::OutOfMemory(_))
}

/// The device, and why it is that.
async fn chosen(wanted: DeviceChoice, outline: &Outline) -> (AnyDevice, DeviceReport) {
    let is_asked = matches!(wanted, DeviceChoice::Measured | DeviceChoice::Gpu);
    let gpu = if is_asked { gpu_here().await } else { Ok(String::new()) };
    choose(wanted, outline, threads(), now_ms, start_helpers, gpu.as_deref().map_err(|why| *why)).await
}

/// What the browser tells of its GPU, often no more than maker and family; or why it gives none.
async fn gpu_here() -> Result<String, &'static str> {
    const NO_WEBGPU: &str = "this browser gives pages no GPU: it has no WebGPU";
    const NO_GPU: &str = "this browser has WebGPU, but no GPU for it";
    let get = |object: &JsValue, key: &str| Reflect::get(object, &key.into()).unwrap_or_default();
    let gpu = get(&get(&js_sys::global(), "navigator"), "gpu");
    let request: Function = get(&gpu, "requestAdapter").dyn_into().map_err(|_| NO_WEBGPU)?;
    let adapter = request.call0(&gpu).map_err(|_| NO_GPU)?;
    let adapter = JsFuture::from(Promise::resolve(&adapter)).await.map_err(|_| NO_GPU)?;
    if !adapter.is_object() {
        return Err(NO_GPU);
    }
    let info = get(&adapter, "info");
    let told = ["vendor", "architecture", "description"].map(|key| get(&info, key).as_string());
    let told: Vec<String> = told.into_iter().flatten().filter(|text| !text.is_empty()).collect();
    Ok(told.join(" "))
}

/// Has a helper started for each thread but this one, and waits for them, or what is measured now is one thread;
/// `engine_worker.js` has put the function that does it there.
async fn start_helpers(cpu: &Cpu) {
    let start = Reflect::get(&js_sys::global(), &"likenessStartHelper".into());
    let Some(start) = start.ok().and_then(|start| start.dyn_into::<Function>().ok()) else { return };
    let pool = cpu.pool();
    let coming: Array = (1..pool.threads())
        .filter_map(|thread| {
            let (handle, thread) = (pool.handle() as f64, thread as f64);
            // Without a helper the others do its share.
            start.call2(&JsValue::NULL, &handle.into(), &thread.into()).ok()
        })
        .collect();
    // They come or they don't; nothing is told but that.
    let _ = JsFuture::from(Promise::all(&coming)).await;
}
