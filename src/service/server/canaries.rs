//! Planting canaries: an induction on a made-up history full of made-up secrets, against an endpoint that echoes.
//!
//! The whole way is the real one: sketches, the remote model's client, the guard, the ledger, the network. The
//! endpoint is the service worker's, at this page's own address; it tells over a channel of its own what it got, and
//! that is searched, not what we believe to have sent. A last request is made to carry a canary, to see that the
//! guard stops it. Nothing is stored but the lines of the ledger.

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::prelude::*;
use web_sys::{BroadcastChannel, MessageEvent};

use super::portrait::Answers;
use super::{Asked, Outcome, wire};
use crate::model::LanguageModel;
use crate::persona::{DriveError, LearnsFrom, Settings, induction_of_sketches};
use crate::preference::{History, PreferencePair};
use crate::privacy::{Outgoing, Planted, Verdict, Watch, found};
use crate::provider::RemoteSettings;
use crate::service::{CanaryView, Response, ServiceError};
use crate::store::now_ms;

/// The channel on which the service worker tells what it got, and the path that it answers (`www/service_worker.js`).
const CHANNEL: &str = "likeness-echo";
const PATH: &str = "echo/v1";

/// How long what was told last may be on its way.
const SETTLE_MS: f64 = 300.0;

impl Asked {
    pub(super) async fn plant_canaries(&self) -> Outcome {
        let planted = Planted::new(now_ms() as u64);
        let watchman = self.server.watchman();
        watchman.add(&planted.pairs).await;
        let seen = self.run_canaries(&planted).await;
        watchman.remove(&planted.pairs).await;
        seen.map(Response::Canaries)
    }

    async fn run_canaries(&self, planted: &Planted) -> Result<CanaryView, ServiceError> {
        let echo = Echo::listen()?;
        let address = super::models::beside(PATH).map_err(|_| no_echo())?;
        let settings = RemoteSettings::new(crate::provider::Api::OpenAi, &address, "the-echo", None);
        let settings = settings.map_err(|error| ServiceError::Invalid(error.to_string()))?;
        let model = self.behind_door(settings);
        let history = History::new(planted.pairs.clone());
        let known = model.capabilities().clone();
        let machine =
            induction_of_sketches(history, LearnsFrom::Texts, Settings::small(0), known, Vec::new());
        let mut journal = Answers::of_nobody(self.server.store().await?);
        let run = self.run_induction(&model, machine, &mut journal).await;
        wire::sleep(SETTLE_MS).await;
        let got = echo.got.borrow().clone();
        match run {
            Ok(_) => {}
            Err(DriveError::Cancelled) => return Err(ServiceError::Cancelled),
            // Without a service worker the server is asked, which takes nothing.
            Err(_) if got.is_empty() => return Err(no_echo()),
            // What an echo says may be of no use to the method; what it got is what counts here.
            Err(_) => {}
        }
        let all = got.join("\n");
        Ok(CanaryView {
            planted: planted.canaries.len() as u32,
            requests: got.len() as u32,
            // Behind the address and the headers, a line each, stands the body, which is JSON in one line.
            bytes: got.iter().filter_map(|one| one.rsplit('\n').next()).map(str::len).sum::<usize>() as f64,
            found: found(&planted.canaries, &all).into_iter().map(str::to_owned).collect(),
            stopped: self.is_stopped(&address, &planted.pairs).await,
        })
    }

    /// Whether the guard stops a request that carries one of the answers whole.
    async fn is_stopped(&self, address: &str, pairs: &[PreferencePair]) -> bool {
        let Some(pair) = pairs.first() else { return false };
        let body =
            serde_json::json!({ "messages": [{ "role": "user", "content": pair.rejected }] }).to_string();
        let watching = super::door::Watching(self.server.watchman());
        let outgoing = Outgoing { url: address, headers: &[], body: body.as_bytes(), live: None };
        matches!(watching.check(&outgoing).await, Verdict::Refuse(_))
    }
}

fn no_echo() -> ServiceError {
    ServiceError::Invalid("this needs the service worker, which this browser does not run here".into())
}

/// What the service worker says that it got: address, headers and body of each request.
struct Echo {
    channel: BroadcastChannel,
    got: Rc<RefCell<Vec<String>>>,
    _heard: Closure<dyn FnMut(MessageEvent)>,
}

impl Echo {
    fn listen() -> Result<Self, ServiceError> {
        let channel = BroadcastChannel::new(CHANNEL).map_err(|_| no_echo())?;
        let got = Rc::new(RefCell::new(Vec::new()));
        let into = got.clone();
        let heard = Closure::new(move |event: MessageEvent| {
            into.borrow_mut().extend(event.data().as_string());
        });
        channel.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        Ok(Echo { channel, got, _heard: heard })
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        self.channel.set_onmessage(None);
        self.channel.close();
    }
}
