//! The model that a page gives: a function of its own, or one that runs on this device.
//!
//! One on this device is loaded by the first call that asks it, in the package's workers. Its file goes in; of what it
//! reads and says there, the page gets what every call gives, and no more.

use js_sys::Function;
use wasm_bindgen::prelude::*;
use web_sys::AbortSignal;

use super::asking::{Called, ask, read, show, tell, thrown, unexpected};
use super::core::Core;
use super::given::GivenModel;
use super::shown::{Draft, Loading, Models, Progress};
use crate::preference::Turn;
use crate::service::{DeviceChoice, Event, ModelSource, ModelsView, Request, Response, ServiceError};

/// What a page gave.
pub(super) enum Offered {
    /// No model.
    None,
    /// A function of the page's, by the id that requests know it by.
    Function(String),
    /// A model on this device.
    Local {
        source: ModelSource,
        device: DeviceChoice,
        /// The file, where it was handed over.
        file: Option<JsValue>,
    },
}

impl Offered {
    /// The id of the page's function, where it is one.
    pub fn function(&self) -> Option<String> {
        match self {
            Offered::Function(id) => Some(id.clone()),
            Offered::None | Offered::Local { .. } => None,
        }
    }
}

#[wasm_bindgen]
impl Core {
    /// Takes a model on this device; nothing is loaded before a call asks it.
    pub fn offer_local(&mut self, model: JsValue, file: Option<web_sys::Blob>) -> Result<(), JsValue> {
        let (source, device) = read::<GivenModel>(model)?.source().map_err(|error| thrown(&error))?;
        self.model = Offered::Local { source, device, file: file.map(JsValue::from) };
        Ok(())
    }

    /// Loads the model ahead of the first call that asks it; gives the models.
    pub async fn load_model(&self, progress: Option<Function>, signal: Option<AbortSignal>) -> Called {
        let told = tell(progress, |event| show(&as_loading(event)?).ok());
        let models = self.need_model(told, signal.as_ref()).await?;
        show(&Models::from(models.ok_or_else(|| thrown(&ServiceError::NoModel))?))
    }

    /// The model in memory and the files that are kept.
    pub async fn models(&self, signal: Option<AbortSignal>) -> Called {
        self.models_of(Request::Models, signal).await
    }

    /// Takes the model out of memory.
    pub async fn unload_model(&self, signal: Option<AbortSignal>) -> Called {
        self.models_of(Request::UnloadModel, signal).await
    }

    /// Deletes a kept file, and takes the model out of memory first where it is that one.
    pub async fn remove_model(&self, name: String, signal: Option<AbortSignal>) -> Called {
        if let Response::Models(models) = self.ask(Request::Models, signal.as_ref()).await?
            && models.loaded.is_some_and(|model| model.file == name)
        {
            self.ask(Request::UnloadModel, signal.as_ref()).await?;
        }
        self.models_of(Request::RemoveModel { name }, signal).await
    }

    /// Answers drafted by the model on this device; `drafted` hears each as it comes, `progress` how far the loading is.
    pub async fn draft(
        &self,
        context: JsValue,
        answers: u32,
        drafted: Option<Function>,
        progress: Option<Function>,
        signal: Option<AbortSignal>,
    ) -> Called {
        let context = read::<Vec<Turn>>(context)?;
        self.need_model(tell(progress, loading), signal.as_ref()).await?;
        let told = tell(drafted, |event| show(&Draft::of(event)?).ok());
        let request = Request::Draft { context, answers };
        match ask(&self.client, request, None, signal.as_ref(), told).await? {
            Response::Drafts(texts) => show(&texts),
            _ => Err(unexpected()),
        }
    }
}

impl Core {
    /// Has the model on this device loaded, where that is what the page gave.
    pub(super) async fn need_model(
        &self,
        told: impl Fn(Event) + 'static,
        signal: Option<&AbortSignal>,
    ) -> Result<Option<ModelsView>, JsValue> {
        let Offered::Local { source, device, file } = &self.model else { return Ok(None) };
        let request = Request::NeedModel { source: source.clone(), device: *device };
        match ask(&self.client, request, file.clone(), signal, told).await? {
            Response::Models(models) => Ok(Some(models)),
            _ => Err(unexpected()),
        }
    }

    async fn ask(&self, request: Request, signal: Option<&AbortSignal>) -> Result<Response, JsValue> {
        ask(&self.client, request, None, signal, |_| {}).await
    }

    async fn models_of(&self, request: Request, signal: Option<AbortSignal>) -> Called {
        match self.ask(request, signal.as_ref()).await? {
            Response::Models(models) => show(&Models::from(models)),
            _ => Err(unexpected()),
        }
    }
}

/// How far a load is, as a call that waits for it is told.
pub(super) fn loading(event: Event) -> Option<JsValue> {
    show(&Progress::from(as_loading(event)?)).ok()
}

fn as_loading(event: Event) -> Option<Loading> {
    match event {
        Event::LoadingModel { stage, bytes, of } => {
            // The app says why it starts over or waits; here each stage is one word or two.
            let stage = stage.split([':', ',']).next().unwrap_or_default().to_owned();
            Some(Loading { stage, bytes: bytes as f64, of: of as f64 })
        }
        _ => None,
    }
}
