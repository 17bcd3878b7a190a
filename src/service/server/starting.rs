//! Starts a worker from this one, under Trusted Types too.
//!
//! A worker has the policy that its own script was served with, so where a host sends Trusted Types with every file, a
//! worker may start another only by an address that a policy let pass. web-sys knows of texts alone.

use js_sys::{Object, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::{Worker, WorkerOptions, WorkerType};

/// The policy's name, which a host's `trusted-types` lists once for the page and all workers.
const POLICY: &str = "likeness";

#[wasm_bindgen]
extern "C" {
    type Factory;
    #[wasm_bindgen(method, catch, js_name = createPolicy)]
    fn create_policy(this: &Factory, name: &str, rules: &Object) -> Result<Policy, JsValue>;

    #[derive(Clone)]
    type Policy;
    #[wasm_bindgen(method, catch, js_name = createScriptURL)]
    fn create_script_url(this: &Policy, address: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_name = Worker)]
    type Started;
    #[wasm_bindgen(constructor, catch, js_class = "Worker")]
    fn new(script: &JsValue, options: &WorkerOptions) -> Result<Started, JsValue>;
}

thread_local! {
    /// A policy of one name can be made once; it lets pass the one script that it was made for.
    static MADE: std::cell::OnceCell<Policy> = const { std::cell::OnceCell::new() };
}

/// Starts the worker at this address, of which there is but one in the life of this worker.
pub(super) fn start_worker(script: &str) -> Result<Worker, JsValue> {
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    let started: JsValue = Started::new(&trusted(script)?, &options)?.into();
    Ok(started.unchecked_into())
}

fn trusted(script: &str) -> Result<JsValue, JsValue> {
    let factory = Reflect::get(&js_sys::global(), &"trustedTypes".into())?;
    if factory.is_undefined() {
        return Ok(script.into());
    }
    let policy = match MADE.with(|made| made.get().cloned()) {
        Some(policy) => policy,
        None => {
            let rules = Object::new();
            Reflect::set(&rules, &"createScriptURL".into(), &only(script))?;
            let policy = factory.unchecked_into::<Factory>().create_policy(POLICY, &rules)?;
            MADE.with(|made| made.get_or_init(|| policy).clone())
        }
    };
    policy.create_script_url(script)
}

/// A function that lets this address pass and throws at any other.
fn only(script: &str) -> JsValue {
    let script = script.to_owned();
    let rule = move |address: String| -> Result<String, JsValue> {
        if address == script { Ok(address) } else { Err(js_sys::TypeError::new("no script of ours").into()) }
    };
    Closure::<dyn Fn(String) -> Result<String, JsValue>>::new(rule).into_js_value()
}
