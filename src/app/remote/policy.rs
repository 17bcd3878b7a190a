//! What lets this page reach a remote model: the browser's policy, which the service worker gives it.
//!
//! `www/policy.js` registers the worker and speaks to it; this is its face in Rust. A page keeps the policy that it was
//! loaded with, so after a change it has to be loaded anew.

use js_sys::{Array, Function, Promise, Reflect};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use crate::app::portrait::Induction;
use crate::app::session::Session;

/// The policy as it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Why there is no service worker, so that no remote model can be reached; empty while there is one.
    pub missing: String,
    /// The origins that this page may reach.
    pub applied: Vec<String>,
    /// The origins that a page loaded now may reach.
    pub configured: Vec<String>,
}

/// Whether this page may reach an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// It may.
    Yes,
    /// It may once it is loaded anew.
    AfterReload,
    /// It may not, for this reason.
    No(String),
}

/// What the service worker counted: origin, requests that passed, requests that it refused.
pub type Counts = Vec<(String, f64, f64)>;

impl Policy {
    /// As the page has it now.
    pub fn now() -> Self {
        let Some(policy) = object() else {
            return Policy { missing: "the page's policy could not be loaded".into(), ..Policy::default() };
        };
        let text = |name: &str| get(&policy, name).as_string().unwrap_or_default();
        let list = |name: &str| {
            let items = Array::from(&get(&policy, name));
            items.iter().filter_map(|item| item.as_string()).collect::<Vec<_>>()
        };
        let missing = if text("state") == "missing" { text("why") } else { String::new() };
        Policy { missing, applied: list("applied"), configured: list("configured") }
    }

    /// Whether this page may reach an origin.
    pub fn reaches(&self, origin: &str) -> Reach {
        let own = window().location().origin().unwrap_or_default();
        if origin == own || self.applied.iter().any(|one| one == origin) {
            Reach::Yes
        } else if !self.missing.is_empty() {
            Reach::No(self.missing.clone())
        } else {
            Reach::AfterReload
        }
    }

    /// Lets pages loaded from now on reach these origins and no others. Whether this page has to be loaded anew for it,
    /// or why it can't be.
    pub async fn allow(mut origins: Vec<String>) -> Result<bool, String> {
        origins.sort_unstable();
        origins.dedup();
        let list: Array = origins.iter().map(|origin| JsValue::from_str(origin)).collect();
        ask("allow", &[list.into()]).await?;
        let now = Policy::now();
        Ok(sorted(&now.applied) != sorted(&now.configured))
    }

    /// What the service worker counted, apart from our own ledger.
    pub async fn report() -> Result<Counts, String> {
        let reply = ask("report", &[]).await?;
        let row = |row: JsValue| {
            let number = |name: &str| get(&row, name).as_f64().unwrap_or(0.0);
            (get(&row, "origin").as_string().unwrap_or_default(), number("count"), number("refused"))
        };
        Ok(Array::from(&get(&reply, "counts")).iter().map(row).collect())
    }

    /// Drops the list of origins and the counts.
    pub async fn forget() -> Result<(), String> {
        ask("forget", &[]).await.map(drop)
    }
}

fn sorted(list: &[String]) -> Vec<&String> {
    let mut sorted: Vec<&String> = list.iter().collect();
    sorted.sort_unstable();
    sorted
}

fn object() -> Option<JsValue> {
    let policy = get(&window(), "likenessPolicy");
    policy.is_object().then_some(policy)
}

fn get(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

async fn ask(method: &str, arguments: &[JsValue]) -> Result<JsValue, String> {
    let unkept = || "the page's policy could not be asked".to_owned();
    let policy = object().ok_or_else(unkept)?;
    let function: Function = get(&policy, method).dyn_into().map_err(|_| unkept())?;
    let promise = function.apply(&policy, &arguments.iter().cloned().collect()).map_err(|_| unkept())?;
    let promise: Promise = promise.dyn_into().map_err(|_| unkept())?;
    let reply = JsFuture::from(promise).await.map_err(|_| unkept())?;
    if get(&reply, "ok").is_truthy() {
        Ok(reply)
    } else {
        Err(get(&reply, "error").as_string().unwrap_or_else(unkept))
    }
}

/// Says why an endpoint can't be reached yet, and offers to load the page anew where that helps.
#[component]
pub fn ReachNotice(
    /// The endpoint's origin.
    origin: String,
) -> impl IntoView {
    let session = Session::here();
    let told = StoredValue::new(origin);
    move || match session.policy.read().reaches(&told.get_value()) {
        Reach::Yes => ().into_any(),
        Reach::AfterReload => view! {
            <p class="small reach" role="status">
                {format!("This page was loaded before {} was allowed. ", told.get_value())}
                <button type="button" class="link" on:click=move |_| allow_and_reload(session, None)>
                    "Reload it"
                </button>
            </p>
        }
        .into_any(),
        Reach::No(why) => view! {
            <p class="small reach" role="status">
                {format!("Remote models are off here: {why}.")}
            </p>
        }
        .into_any(),
    }
}

/// Loads the page anew once the policy allows all endpoints; not while this induction is under way, which that would stop.
pub fn allow_and_reload(session: Session, induction: Option<Induction>) {
    let client = session.client();
    spawn_local(async move {
        // As they are kept: another tab may have added one that this page has not heard of yet.
        let endpoints = match client.endpoints().await {
            Ok(endpoints) => endpoints,
            Err(error) => return session.say_error(&error),
        };
        match Policy::allow(endpoints.into_iter().map(|endpoint| endpoint.origin).collect()).await {
            Ok(true) if induction.is_some_and(Induction::is_busy) => {
                session.refresh_policy();
                session.say(
                    "Saved. This page has to be loaded anew to reach other remote models, which would stop the induction that \
                     is under way.",
                );
            }
            // Nothing to be done where the browser refuses to reload.
            Ok(true) => drop(window().location().reload()),
            Ok(false) => session.refresh_policy(),
            Err(why) => session.say(format!("The browser could not be told: {why}.")),
        }
    });
}
