//! The functions that `pkg/index.js` calls.

use js_sys::{Array, Function};
use wasm_bindgen::prelude::*;
use web_sys::{AbortSignal, Worker};

use super::asking::{Called, ask, read, show, tell, thrown, unexpected, until_stopped};
use super::given::{
    GivenAsking, GivenChoice, GivenImport, GivenOutcome, GivenPair, GivenSearch, GivenWindow,
};
use super::models::{Offered, loading};
use super::shown::{Claim, Imported, Judged, Ledger, Pair, Portrait, Progress, Ranked};
use crate::preference::{Choice, Outcome, PairId, Turn};
use crate::service::client::Client;
use crate::service::{Change, ClaimChange, Event, Passphrase, ProfileId, Request, Response, ServiceError};

/// One person's likeness, and the way to the worker that keeps it.
#[wasm_bindgen]
pub struct Core {
    pub(super) client: Client,
    profile: ProfileId,
    /// The model that is asked, where one was given.
    pub(super) model: Offered,
}

#[wasm_bindgen]
impl Core {
    /// Opens the store and finds the person of that name, or has them added. `worker` makes the data worker, again where it died.
    pub async fn open(worker: Function, person: String) -> Result<Core, JsValue> {
        let client = Client::start_by(move || worker.call0(&JsValue::UNDEFINED)?.dyn_into::<Worker>());
        client.open().await.map_err(|error| thrown(&error))?;
        let profile = client.need_profile(person).await.map_err(|error| thrown(&error))?;
        Ok(Core { client, profile: profile.id, model: Offered::None })
    }

    /// Lets a function of the page be asked as a model.
    pub fn offer(&mut self, name: &str, function: Function, context_tokens: u32) -> Result<(), JsValue> {
        let offered = self.client.offer_function(name, function, context_tokens);
        offered.map_err(|error| thrown(&ServiceError::Invalid(error.to_string())))?;
        self.model = Offered::Function(format!("host-function:{name}"));
        Ok(())
    }

    /// Calls back with the name of what changed: `history`, `portrait`, `models`, `ledger`, `everything` or `outdated`.
    pub fn listen(&self, function: Function) {
        let mine = self.profile.clone();
        self.client.on_change(move |change| {
            let name = match change {
                Change::History(profile) if *profile == mine => "history",
                Change::Portrait(profile) if *profile == mine => "portrait",
                Change::Models => "models",
                Change::Ledger => "ledger",
                Change::Everything => "everything",
                Change::Outdated => "outdated",
                _ => return,
            };
            // What a listener throws is the page's own affair; the face reports it.
            let _ = function.call1(&JsValue::UNDEFINED, &name.into());
        });
    }

    /// Ends the worker; whoever still waits is told.
    pub fn end(&self) {
        self.client.end();
    }

    /// Keeps a pair; gives the ids.
    pub async fn record(&self, pair: JsValue, signal: Option<AbortSignal>) -> Called {
        let pair = read::<GivenPair>(pair)?.into();
        let request = Request::SavePair { profile: self.profile.clone(), pair, supersedes: None };
        self.ids(request, signal).await
    }

    /// Keeps a choice with its outcome, in the place of what was said of the same answers before if that is told; gives
    /// the ids of the pairs that follow.
    pub async fn record_choice(
        &self,
        choice: JsValue,
        supersedes: JsValue,
        signal: Option<AbortSignal>,
    ) -> Called {
        let choice = given_choice(choice)?;
        let supersedes = read::<Option<GivenOutcome>>(supersedes)?;
        let supersedes = supersedes.map(Outcome::try_from).transpose().map_err(|error| thrown(&error))?;
        let request = Request::RecordChoice { profile: self.profile.clone(), choice, supersedes };
        self.ids(request, signal).await
    }

    /// Takes a recorded choice back, with the pairs that followed from it.
    pub async fn take_back(&self, choice: JsValue, signal: Option<AbortSignal>) -> Called {
        let request =
            Request::TakeBackChoice { profile: self.profile.clone(), choice: given_choice(choice)? };
        ask(&self.client, request, None, signal.as_ref(), |_| {}).await?;
        Ok(JsValue::UNDEFINED)
    }

    /// Those of the pairs with these ids that are still there.
    pub async fn pairs(&self, ids: JsValue, signal: Option<AbortSignal>) -> Called {
        let request = Request::Pairs { profile: self.profile.clone(), ids: read::<Vec<PairId>>(ids)? };
        match ask(&self.client, request, None, signal.as_ref(), |_| {}).await? {
            Response::Pairs(pairs) => show(&pairs.into_iter().map(Pair::from).collect::<Vec<_>>()),
            _ => Err(unexpected()),
        }
    }

    /// Imports a text or a `Blob`.
    pub async fn import(
        &self,
        source: JsValue,
        settings: JsValue,
        progress: Option<Function>,
        signal: Option<AbortSignal>,
    ) -> Called {
        let GivenImport { name, format, user, passphrase } = read(settings)?;
        let (profile, format) = (self.profile.clone(), format.unwrap_or_else(|| "auto".into()));
        let name = name.unwrap_or_else(|| "imported by the page".into());
        let (request, attachment) = match source.as_string() {
            Some(text) => (Request::ImportText { profile, name, format, text, user }, None),
            None => (Request::Import { profile, name, format, user, passphrase }, Some(source)),
        };
        let on_event = move |event| {
            if let (Event::Importing { bytes, of, imported }, Some(progress)) = (event, &progress) {
                // As above.
                let _ = progress.call3(
                    &JsValue::UNDEFINED,
                    &(bytes as f64).into(),
                    &(of as f64).into(),
                    &imported.into(),
                );
            }
        };
        match ask(&self.client, request, attachment, signal.as_ref(), on_event).await? {
            Response::Imported(report) => show(&Imported::from(report)),
            _ => Err(unexpected()),
        }
    }

    /// The history as a file.
    pub async fn export(&self, signal: Option<AbortSignal>) -> Called {
        let file = self.client.file(Request::ExportHistory { profile: self.profile.clone() });
        until_stopped(file, signal.as_ref()).await.map(JsValue::from)
    }

    /// The whole profile as a file sealed with this passphrase.
    pub async fn export_profile(&self, passphrase: String, signal: Option<AbortSignal>) -> Called {
        let (profile, passphrase) = (self.profile.clone(), Passphrase::new(passphrase));
        let file = self.client.file(Request::SealProfile { profile, passphrase });
        until_stopped(file, signal.as_ref()).await.map(JsValue::from)
    }

    /// A window of the ledger of requests.
    pub async fn ledger(&self, window: JsValue, signal: Option<AbortSignal>) -> Called {
        let GivenWindow { words, offset, limit } = read(window)?;
        let request = Request::Ledger { words, offset, limit };
        match ask(&self.client, request, None, signal.as_ref(), |_| {}).await? {
            Response::Ledger(page) => show(&Ledger::from(page)),
            _ => Err(unexpected()),
        }
    }

    /// The body of a request, as it was sent or stopped.
    pub async fn ledger_body(&self, number: f64, signal: Option<AbortSignal>) -> Called {
        self.text(Request::LedgerBody { number }, signal).await
    }

    /// The kept portrait, or what follows from the traits just now.
    pub async fn portrait(&self, signal: Option<AbortSignal>) -> Called {
        show(&self.known(signal.as_ref()).await?)
    }

    /// The claims alone.
    pub async fn claims(&self, signal: Option<AbortSignal>) -> Called {
        show::<Vec<Claim>>(&self.known(signal.as_ref()).await?.claims)
    }

    /// Changes a claim: `edit` with words, `pin`, `refuse` or `restore`.
    pub async fn change_claim(
        &self,
        claim: String,
        verb: &str,
        words: Option<String>,
        signal: Option<AbortSignal>,
    ) -> Called {
        let change = match (verb, words) {
            ("edit", Some(words)) => ClaimChange::Edit(words),
            ("pin", None) => ClaimChange::Pin,
            ("refuse", None) => ClaimChange::Refuse,
            ("restore", None) => ClaimChange::Restore,
            _ => return Err(thrown(&ServiceError::Invalid(format!("a claim can't be told to {verb:?}")))),
        };
        let request = Request::ChangeClaim { profile: self.profile.clone(), claim, change };
        self.portrait_of(ask(&self.client, request, None, signal.as_ref(), |_| {}).await?)
    }

    /// Makes a new portrait, with the model that was given; from the traits alone where none was.
    pub async fn induce(
        &self,
        search: JsValue,
        progress: Option<Function>,
        signal: Option<AbortSignal>,
    ) -> Called {
        let settings = read::<GivenSearch>(search)?.settings(self.model.function());
        self.need_model(tell(progress.clone(), loading), signal.as_ref()).await?;
        let on_event = tell(progress, |event| match event {
            Event::Inducing(step) => show(&Progress::from(step)).ok(),
            _ => None,
        });
        let request = Request::Induce { profile: self.profile.clone(), settings };
        self.portrait_of(ask(&self.client, request, None, signal.as_ref(), on_event).await?)
    }

    /// What may be told to a model about the person: what held, past the guard; empty where there is nothing.
    pub async fn about(&self, signal: Option<AbortSignal>) -> Called {
        self.text(Request::About { profile: self.profile.clone() }, signal).await
    }

    /// Which of two answers the person would prefer; `asking` tells whether the model is asked too, and in whose words to
    /// say why.
    pub async fn judge(
        &self,
        context: JsValue,
        first: String,
        second: String,
        asking: JsValue,
        progress: Option<Function>,
        signal: Option<AbortSignal>,
    ) -> Called {
        let (profile, context) = (self.profile.clone(), read::<Vec<Turn>>(context)?);
        let GivenAsking { ask_model: with_model, why } = read(asking)?;
        if with_model {
            self.need_model(tell(progress, loading), signal.as_ref()).await?;
        }
        let remote = self.model.function().filter(|_| with_model);
        let words = why.into();
        let request = Request::Judge { profile, context, first, second, with_model, remote, words };
        match ask(&self.client, request, None, signal.as_ref(), |_| {}).await? {
            Response::Verdict(verdict) => {
                show(&Judged { first: verdict.p_first, why: verdict.why, by_model: verdict.by_model })
            }
            _ => Err(unexpected()),
        }
    }

    /// Refuses what is no list of turns, before a function of the page's is asked with it.
    pub fn check_messages(&self, messages: JsValue) -> Result<(), JsValue> {
        read::<Vec<Turn>>(messages).map(drop)
    }

    /// The answers, the one first that the person would like best.
    pub async fn rank(
        &self,
        context: JsValue,
        answers: JsValue,
        asking: JsValue,
        signal: Option<AbortSignal>,
    ) -> Called {
        let (profile, context) = (self.profile.clone(), read::<Vec<Turn>>(context)?);
        let (answers, words) = (read::<Vec<String>>(answers)?, read::<GivenAsking>(asking)?.why.into());
        let request = Request::Rank { profile, context, answers, words };
        let Response::Ranked(ranked) = ask(&self.client, request, None, signal.as_ref(), |_| {}).await?
        else {
            return Err(unexpected());
        };
        let one = |(index, draft): (u32, crate::service::DraftAnswer)| Ranked {
            index,
            content: draft.text,
            liked: draft.liked,
            why: draft.why,
        };
        show(&ranked.into_iter().map(one).collect::<Vec<_>>())
    }
}

impl Core {
    async fn text(&self, request: Request, signal: Option<AbortSignal>) -> Called {
        match ask(&self.client, request, None, signal.as_ref(), |_| {}).await? {
            Response::Text(text) => Ok(text.into()),
            _ => Err(unexpected()),
        }
    }

    async fn ids(&self, request: Request, signal: Option<AbortSignal>) -> Called {
        match ask(&self.client, request, None, signal.as_ref(), |_| {}).await? {
            Response::Pairs(pairs) => {
                Ok(pairs.iter().map(|pair| JsValue::from(pair.id.to_string())).collect::<Array>().into())
            }
            _ => Err(unexpected()),
        }
    }

    async fn known(&self, signal: Option<&AbortSignal>) -> Result<Portrait, JsValue> {
        let request = Request::Portrait { profile: self.profile.clone() };
        if let Response::Portrait(Some(view)) = ask(&self.client, request, None, signal, |_| {}).await? {
            return Ok((*view).into());
        }
        let request = Request::Reading { profile: self.profile.clone() };
        match ask(&self.client, request, None, signal, |_| {}).await? {
            Response::Reading(reading) => Ok(reading.into()),
            _ => Err(unexpected()),
        }
    }

    fn portrait_of(&self, response: Response) -> Called {
        match response {
            Response::Portrait(Some(view)) => show(&Portrait::from(*view)),
            _ => Err(unexpected()),
        }
    }
}

fn given_choice(choice: JsValue) -> Result<Choice, JsValue> {
    read::<GivenChoice>(choice)?.try_into().map_err(|error| thrown(&error))
}
