//! Requests about language models, and the engine's worker that they live in.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use futures_util::lock::Mutex;
use js_sys::Reflect;
use wasm_bindgen::prelude::*;

use super::fetched::{Came, Fetched};
use super::starting::start_worker;
use super::{Asked, Outcome, Server};
use crate::engine::message::{
    ChatJudgement, ChatPrompt, ChatTurn, DeviceChoice, DeviceReport, EngineEvent, EngineFailure, EngineReply,
    EngineRequest, KeptFiles, LoadedModel as Loaded, ModelFile, SamplingOptions,
};
use crate::provider::{Attached, EngineLink, Local, WorkerLink};
use crate::service::{
    Change, Event, InductionProgress, LoadedModel, ModelSource, ModelsView, Response, ServiceError,
};

/// The embedded model, as the app's own server has it (`.ci/setup.sh` fetches it).
const EMBEDDED: &str = "SmolLM2-135M-Instruct.Q4_1.gguf";
const EMBEDDED_SHA256: &str = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53";

/// The engine's worker and the model in it.
#[derive(Default)]
pub(super) struct Engine {
    link: RefCell<Option<WorkerLink>>,
    model: RefCell<Option<Rc<Local<WorkerLink>>>>,
    /// Set once the model in memory is not there any more; who works with it still has it.
    gone: RefCell<Rc<Cell<bool>>>,
    shown: RefCell<Option<LoadedModel>>,
    /// What became of the GPU under the last job, in plain words.
    trouble: RefCell<Option<String>>,
    /// The induction that is under way, and how far it was when that was last told.
    told: RefCell<Option<(Asked, InductionProgress)>>,
    /// Held by whoever loads a model that is needed, so that it is loaded once.
    needed: Mutex<()>,
    /// Who waits for that, and is told how far it is.
    waiting: RefCell<Vec<Asked>>,
}

impl Server {
    /// The model in memory.
    pub(super) fn model(&self) -> Option<Rc<Local<WorkerLink>>> {
        let model = self.inner.engine.model.borrow().clone()?;
        if model.link().broken().is_some() { None } else { Some(model) }
    }

    /// The way to the engine's worker, started if it isn't.
    fn engine(&self) -> Result<WorkerLink, ServiceError> {
        let engine = &self.inner.engine;
        if let Some(link) = engine.link.borrow().as_ref().filter(|link| link.broken().is_none()) {
            return Ok(link.clone());
        }
        let failed = |error: JsValue| ServiceError::Model(format!("its worker can't be started: {error:?}"));
        let script = beside("engine_worker.js").map_err(failed)?;
        let worker = start_worker(&script).map_err(failed)?;
        let server = self.clone();
        let link = WorkerLink::new(worker, move |trouble, device| server.model_moved(&trouble, device));
        self.forget_model();
        engine.link.replace(Some(link.clone()));
        Ok(link)
    }

    /// Ends the engine's worker, whose memory holds what it was asked; the next request starts another.
    pub(super) fn stop_engine(&self) {
        self.forget_model();
        self.inner.engine.link.replace(None);
    }

    /// The GPU was lost, and the model was loaded again on this, if it could be.
    fn model_moved(&self, trouble: &str, device: Option<DeviceReport>) {
        let engine = &self.inner.engine;
        match (device, engine.shown.borrow_mut().as_mut()) {
            (Some(device), Some(shown)) => {
                let now = if device.gpu { "" } else { ", on the processor" };
                let note = format!("{trouble}: the model was loaded again{now}, and the work goes on");
                engine.trouble.replace(Some(note));
                // It was another device that was so fast.
                (shown.prefill_per_second, shown.decode_per_second) = (None, None);
                shown.device = device;
            }
            (Some(_), None) => {}
            (None, _) => drop(engine.model.take()),
        }
        // The next answer may be a minute away.
        let told = engine.told.take();
        told.into_iter().for_each(|(asked, progress)| self.tell(&asked, progress));
        self.changed(Change::Models);
    }

    /// An induction begins: what happened to an earlier job is no news of this one.
    pub(super) fn forget_trouble(&self) {
        self.inner.engine.trouble.take();
    }

    /// Tells the page how far its induction is, with what became of the GPU under it.
    pub(super) fn tell(&self, asked: &Asked, mut progress: InductionProgress) {
        let engine = &self.inner.engine;
        progress.note = engine.trouble.borrow().clone();
        asked.event(Event::Inducing(progress.clone()));
        engine.told.replace(Some((asked.clone(), progress)));
    }

    /// The induction is over.
    pub(super) fn told_all(&self) {
        self.inner.engine.told.take();
    }

    fn forget_model(&self) {
        self.inner.engine.gone.take().set(true);
        self.inner.engine.model.replace(None);
        self.inner.engine.shown.replace(None);
    }
}

/// The address of a file of the app's that lies beside this worker's script.
pub(super) fn beside(name: &str) -> Result<String, JsValue> {
    let location = Reflect::get(&js_sys::global(), &"location".into())?;
    let here = Reflect::get(&location, &"href".into())?.as_string().unwrap_or_default();
    Ok(web_sys::Url::new_with_base(name, &here)?.href())
}

/// An address on another server.
pub(super) struct Elsewhere {
    pub url: String,
    pub origin: String,
}

/// Where an address leads; none for the app's own server, and for what leads nowhere (`blob:`).
pub(super) fn elsewhere(address: &str) -> Option<Elsewhere> {
    let url = web_sys::Url::new(&beside(address).ok()?).ok()?;
    let own = web_sys::Url::new(&beside("").ok()?).ok()?;
    let leads = url.protocol().starts_with("http") && url.origin() != own.origin();
    leads.then(|| Elsewhere { url: url.href(), origin: url.origin() })
}

impl Asked {
    pub(super) async fn models(&self) -> Outcome {
        let KeptFiles { whole, parts } = match self.server.engine()?.ask(EngineRequest::Kept).await {
            Ok(EngineReply::Kept(kept)) => kept,
            // A browser without files of its own keeps none; loading says so when it matters.
            _ => KeptFiles::default(),
        };
        let loaded = self.server.model().and_then(|_| self.server.inner.engine.shown.borrow().clone());
        Ok(Response::Models(ModelsView { kept: whole, parts, loaded }))
    }

    pub(super) async fn load_model(
        &self,
        source: ModelSource,
        device: DeviceChoice,
        attachment: Option<JsValue>,
    ) -> Outcome {
        let file = match source {
            ModelSource::Embedded => ModelFile::Url {
                url: beside(&format!("models/{EMBEDDED}")).unwrap_or_default(),
                name: EMBEDDED.into(),
                sha256: Some(EMBEDDED_SHA256.into()),
            },
            ModelSource::Kept(name) => ModelFile::Kept(name),
            ModelSource::File { name, sha256 } => ModelFile::Attached { name, sha256 },
            ModelSource::Url { url, name, sha256 } => {
                ModelFile::Url { name: name.unwrap_or_else(|| name_of(&url)), url, sha256 }
            }
        };
        let link = self.server.engine()?;
        let fetched = Fetched::announced(self, &link, &file).await?;
        self.server.forget_model();
        let request = EngineRequest::Load { file, device };
        let loading = link.ask_with(request, attachment.map(Attached), self.tell_loading(fetched.came()));
        let reply = self.unless_stopped(loading).await.unwrap_or(Err(EngineFailure::Cancelled));
        fetched.close(reply.as_ref().err()).await;
        self.loaded(&link, device, reply?).await
    }

    /// Loads a model where none is in memory.
    pub(super) async fn need_model(
        &self,
        source: ModelSource,
        device: DeviceChoice,
        attachment: Option<JsValue>,
    ) -> Outcome {
        let engine = &self.server.inner.engine;
        engine.waiting.borrow_mut().push(self.clone());
        let turn = self.unless_stopped(engine.needed.lock()).await;
        engine.waiting.borrow_mut().retain(|asked| asked.envelope != self.envelope);
        let _alone = turn.ok_or(ServiceError::Cancelled)?;
        if self.server.model().is_some() {
            return self.models().await;
        }
        self.load_model(source, device, attachment).await
    }

    /// Loads the model in use again elsewhere; who works with it waits meanwhile. It can't be stopped: there would be no
    /// model.
    pub(super) async fn move_model(&self, device: DeviceChoice) -> Outcome {
        let link = self.server.engine()?;
        match link.ask_with(EngineRequest::Move(device), None, self.tell_loading(Came::default())).await {
            Ok(reply) => self.loaded(&link, device, reply).await,
            Err(failure) => {
                self.server.forget_model();
                self.server.changed(Change::Models);
                Err(failure.into())
            }
        }
    }

    fn tell_loading(&self, came: Came) -> impl Fn(EngineEvent) + 'static {
        let asked = self.clone();
        move |event| {
            if let EngineEvent::Loading { stage, bytes, of } = event {
                came.hear(&stage, bytes as u64);
                asked.tell_stage(stage, bytes as u64, of as u64);
            }
        }
    }

    /// Tells the page how far a load is, and whoever waits for the same.
    fn tell_stage(&self, stage: String, bytes: u64, of: u64) {
        let waiting = self.server.inner.engine.waiting.borrow();
        for asked in std::iter::once(self).chain(waiting.iter()) {
            asked.event(Event::LoadingModel { stage: stage.clone(), bytes, of });
        }
    }

    /// A model is in memory: measures how fast it is, and shows it.
    async fn loaded(&self, link: &WorkerLink, wanted: DeviceChoice, reply: EngineReply) -> Outcome {
        let EngineReply::Loaded(loaded) = reply else {
            return Err(ServiceError::Internal("the engine answered another question".into()));
        };
        let engine = &self.server.inner.engine;
        engine.shown.replace(Some(view(&loaded, wanted)));
        let speed = self.measure(link).await;
        if let Some(why) = link.broken() {
            self.server.forget_model();
            return Err(EngineFailure::Internal(why).into());
        }
        // The GPU may have been lost on the way; then the speed is the other device's.
        if let Some(shown) = engine.shown.borrow_mut().as_mut() {
            (shown.prefill_per_second, shown.decode_per_second) = speed.unzip();
        }
        let model = Local::new(link.clone(), &loaded).until(engine.gone.borrow().clone());
        engine.model.replace(Some(Rc::new(model)));
        self.server.changed(Change::Models);
        self.models().await
    }

    /// Reads a short text of ours and writes a few tokens: prefill and decode, in tokens a second.
    async fn measure(&self, link: &WorkerLink) -> Option<(f32, f32)> {
        self.tell_stage("measuring".into(), 0, 0);
        let content = "Say in one plain sentence why the sea is salt. ".repeat(10);
        let prompt = ChatPrompt {
            turns: vec![ChatTurn { role: "user".into(), content }],
            answer_start: String::new(),
        };
        let judgement = ChatJudgement { prompt: prompt.clone(), labels: vec!["A".into()] };
        let Ok(EngineReply::Scores(scores)) = link.ask(EngineRequest::Score(vec![judgement])).await else {
            return None;
        };
        let reading = scores.first()?.cost;
        let sampling = SamplingOptions {
            max_tokens: 9,
            temperature: 0.0,
            top_p: 1.0,
            top_k: 0,
            min_p: 0.0,
            repetition_penalty: 1.0,
            stop: Vec::new(),
            seed: 0,
        };
        let wrote = link.ask(EngineRequest::Generate { prompt, sampling }).await;
        let Ok(EngineReply::Text { cost: writing, .. }) = wrote else { return None };
        let fresh = f64::from(reading.prompt_tokens.saturating_sub(reading.cached_tokens));
        let per_second = |tokens: f64, ms: f64| (tokens * 1000.0 / ms.max(1.0)) as f32;
        Some((
            per_second(fresh, reading.elapsed_ms),
            per_second(f64::from(writing.generated_tokens), writing.elapsed_ms),
        ))
    }

    pub(super) async fn unload_model(&self) -> Outcome {
        self.server.engine()?.ask(EngineRequest::Unload).await?;
        self.server.forget_model();
        self.server.changed(Change::Models);
        self.models().await
    }

    pub(super) async fn remove_model(&self, name: String) -> Outcome {
        self.server.engine()?.ask(EngineRequest::Remove(name)).await?;
        self.server.changed(Change::Models);
        self.models().await
    }
}

/// What to keep a download as: the last part of its address.
fn name_of(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    if name.is_empty() { "model.gguf".into() } else { name.into() }
}

fn view(loaded: &Loaded, wanted: DeviceChoice) -> LoadedModel {
    LoadedModel {
        name: loaded.name.clone(),
        file: loaded.file.clone(),
        bytes: loaded.bytes,
        millions: (loaded.parameters / 1e6) as f32,
        context_tokens: loaded.context_tokens,
        format: loaded.format.clone(),
        wanted,
        device: loaded.device.clone(),
        prefill_per_second: None,
        decode_per_second: None,
        kept: loaded.kept.clone(),
    }
}
