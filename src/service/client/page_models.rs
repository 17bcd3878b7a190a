//! The models on this page, as the data worker asks them: the browser's own, and functions of a page that embeds us.
//!
//! What may be asked of which was decided in the worker; this end only calls. It looks once more at one thing: what is
//! made of texts as they are goes to the browser's own model, which refuses it itself where it is not known to be local
//! (`www/built_in.js`), and to no function. What a function says is a stranger's text: it is shortened here, and read
//! there as a server's.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use js_sys::{Function, JSON, JsString, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::AbortController;

use crate::provider::{AboutPageModel, PageAsk, PageFailure, PageModel, PageReply, ProviderError};

/// UTF-16 units of an answer that are taken, at most: ten times what is ever asked for.
const MOST_ANSWER: u32 = 1 << 20;

/// The same of an error's words.
const MOST_WORDS: u32 = 500;

/// The models that this page offers.
#[derive(Default)]
pub(super) struct PageModels {
    built_in: RefCell<Option<JsValue>>,
    functions: RefCell<HashMap<PageModel, (Function, u32)>>,
    /// What stops each answer that is under way.
    running: RefCell<HashMap<u32, AbortController>>,
}

impl PageModels {
    /// Takes the object that `www/built_in.js` made.
    pub fn offer_built_in(&self, object: JsValue) {
        self.built_in.replace(Some(object));
    }

    /// Takes a function that answers, and how many tokens it takes.
    pub fn offer(&self, name: &str, function: Function, context_tokens: u32) -> Result<(), ProviderError> {
        let model = PageModel::host_function(name)?;
        self.functions.borrow_mut().insert(model, (function, context_tokens));
        Ok(())
    }

    /// Answers what the worker asks, under the number that it gave; none where it was stopped meanwhile.
    pub async fn answer(self: Rc<Self>, number: u32, ask: PageAsk) -> Option<Result<PageReply, PageFailure>> {
        let Ok(abort) = AbortController::new() else {
            return Some(Err(refused("there is no way to stop it")));
        };
        self.running.borrow_mut().insert(number, abort.clone());
        let answer = match ask {
            PageAsk::About(model) => self.about(&model).await.map(PageReply::About),
            PageAsk::Answer { model, raw, call } => {
                self.ask(&model, raw, &call, &abort).await.map(PageReply::Text)
            }
        };
        if abort.signal().aborted() {
            // Whoever stopped it has forgotten the number, which may be another worker's by now.
            return None;
        }
        self.running.borrow_mut().remove(&number);
        Some(answer)
    }

    /// Stops an answer.
    pub fn stop(&self, number: u32) {
        if let Some(abort) = self.running.borrow_mut().remove(&number) {
            abort.abort();
        }
    }

    /// Stops all of them: the worker that asked is gone.
    pub fn stop_all(&self) {
        self.running.take().into_values().for_each(|abort| abort.abort());
    }

    async fn about(&self, model: &PageModel) -> Result<AboutPageModel, PageFailure> {
        if let PageModel::HostFunction(_) = model {
            let functions = self.functions.borrow();
            let (_, context_tokens) = functions.get(model).ok_or(PageFailure::NotThere)?;
            return Ok(AboutPageModel {
                version: String::new(),
                local: false,
                context_tokens: *context_tokens,
            });
        }
        let object = self.built_in.borrow().clone().ok_or(PageFailure::NotThere)?;
        let about = awaited(call(&object, "about", &[])?).await?;
        let get = |name: &str| Reflect::get(&about, &name.into()).unwrap_or(JsValue::UNDEFINED);
        Ok(AboutPageModel {
            version: get("version").as_string().unwrap_or_default(),
            local: get("local").as_bool() == Some(true),
            context_tokens: get("contextTokens").as_f64().unwrap_or_default() as u32,
        })
    }

    async fn ask(
        &self,
        model: &PageModel,
        raw: bool,
        text: &str,
        abort: &AbortController,
    ) -> Result<String, PageFailure> {
        let object = JSON::parse(text).map_err(|_| refused("this is no call"))?;
        Reflect::set(&object, &"signal".into(), &abort.signal()).map_err(|_| refused("this is no call"))?;
        let answer = match model {
            PageModel::BuiltIn => {
                let built_in = self.built_in.borrow().clone().ok_or(PageFailure::NotThere)?;
                call(&built_in, "ask", &[object, raw.into()])?
            }
            PageModel::HostFunction(_) if raw => return Err(PageFailure::NotLocal),
            PageModel::HostFunction(_) => {
                let function = self.functions.borrow().get(model).map(|(function, _)| function.clone());
                let function = function.ok_or(PageFailure::NotThere)?;
                function.call1(&JsValue::UNDEFINED, &object).map_err(|error| failure(&error))?
            }
        };
        let answer = awaited(answer).await?;
        let text = answer.dyn_into::<JsString>().map_err(|_| refused("its answer is no text"))?;
        Ok(text.slice(0, MOST_ANSWER).into())
    }
}

fn call(object: &JsValue, name: &str, given: &[JsValue]) -> Result<JsValue, PageFailure> {
    let function =
        Reflect::get(object, &name.into()).ok().and_then(|value| value.dyn_into::<Function>().ok());
    let function = function.ok_or(PageFailure::NotThere)?;
    function.apply(object, &given.iter().collect()).map_err(|error| failure(&error))
}

/// What a promise gives; what is none is given as it is.
async fn awaited(value: JsValue) -> Result<JsValue, PageFailure> {
    JsFuture::from(Promise::resolve(&value)).await.map_err(|error| failure(&error))
}

fn refused(why: &str) -> PageFailure {
    PageFailure::Refused(why.into())
}

/// What an error of JavaScript's means. Its name tells it, as the Prompt API's draft lists them.
fn failure(error: &JsValue) -> PageFailure {
    let get = |name: &str| {
        let text = Reflect::get(error, &name.into()).ok().and_then(|value| value.dyn_into::<JsString>().ok());
        text.map(|text| String::from(text.slice(0, MOST_WORDS))).unwrap_or_default()
    };
    let words = match get("message") {
        empty if empty.is_empty() => "it failed without words".to_owned(),
        words => words,
    };
    match get("name").as_str() {
        "AbortError" => PageFailure::Cancelled,
        "QuotaExceededError" => PageFailure::TooLong,
        "NotReadyError" => PageFailure::NotReady,
        "NotLocalError" => PageFailure::NotLocal,
        "NotSupportedError" | "NotAllowedError" | "NotReadableError" | "SyntaxError" | "TypeError" => {
            PageFailure::Refused(words)
        }
        _ => PageFailure::Failed(words),
    }
}
