//! Requests about remote models: which ones the person configured, their keys, and the model behind one.

use super::door::{StoredLedger, Watching};
use super::page::ToPage;
use super::{Asked, Outcome};
use crate::model::{LanguageModel, ModelError, Prompt, Sampling};
use crate::persona::DriveError;
use crate::preference::Turn;
use crate::privacy::Raw;
use crate::provider::{
    Api, BrowserTransport, Budget, Egress, Either, PageModel, PageTransport, Price, ProviderError, Remote,
    RemoteSettings, Waiting,
};
use crate::service::{
    Change, EndpointDraft, EndpointView, Event, PriceView, Response, ServiceError, TriedView, WaitView,
};
use crate::store::endpoint_row::EndpointRow;
use crate::store::{News, Store, now_ms};

/// The setting that holds them all.
const SETTING: &str = "endpoints";

/// More than this is a mistake.
const MOST_ENDPOINTS: usize = 50;

/// A remote model behind the door of this worker: on a server, or a function of the page.
pub(super) type RemoteModel = Remote<Either<BrowserTransport, PageTransport<ToPage>>, Watching, StoredLedger>;

impl Asked {
    pub(super) async fn endpoints(&self) -> Outcome {
        let store = self.server.store().await?;
        Ok(Response::Endpoints(rows(&store).await?.iter().map(view).collect::<Result<_, _>>()?))
    }

    pub(super) async fn save_endpoint(&self, draft: EndpointDraft) -> Outcome {
        let store = self.server.store().await?;
        let _lock = store.changing_settings().await;
        let mut all = rows(&store).await?;
        let at = draft.id.as_ref().map(|id| all.iter().position(|row| row.id == *id).ok_or_else(not_found));
        let at = at.transpose()?;
        if at.is_none() && all.len() >= MOST_ENDPOINTS {
            return Err(ServiceError::Invalid(format!("there are {MOST_ENDPOINTS} remote models already")));
        }
        let before = at.map(|at| all[at].clone());
        let id = before.as_ref().map_or_else(|| free_id(&all), |before| before.id.clone());
        let mut row = row(draft.clone(), id)?;
        // It says what is wrong with the address, the name or the key before anything is kept.
        let settings = settings(&row, draft.key.as_deref().filter(|key| !key.is_empty()))?;
        let origin = settings.endpoint.origin().to_string();
        let moved = before.as_ref().is_some_and(|before| view(before).is_ok_and(|v| v.origin != origin));
        match draft.key.as_deref() {
            Some("") => store.put_secret(&row.id, &origin, None).await?,
            Some(key) => store.put_secret(&row.id, &origin, Some(key.trim())).await?,
            // A key belongs to its origin alone.
            None if moved => store.put_secret(&row.id, &origin, None).await?,
            None => {}
        }
        row.has_key = match draft.key.as_deref() {
            Some(key) => !key.is_empty(),
            None => !moved && before.is_some_and(|before| before.has_key),
        };
        match at {
            Some(at) => all[at] = row,
            None => all.push(row),
        }
        self.put_endpoints(&store, &all).await
    }

    pub(super) async fn remove_endpoint(&self, id: &str) -> Outcome {
        let store = self.server.store().await?;
        let _lock = store.changing_settings().await;
        let mut all = rows(&store).await?;
        all.retain(|row| row.id != id);
        store.put_secret(id, "", None).await?;
        self.put_endpoints(&store, &all).await
    }

    async fn put_endpoints(&self, store: &Store, all: &[EndpointRow]) -> Outcome {
        let text = serde_json::to_string(all).map_err(|error| ServiceError::Internal(error.to_string()))?;
        store.put_setting(SETTING, Some(&text)).await?;
        store.tell(&News::Endpoints);
        self.server.changed(Change::Endpoints);
        Ok(Response::Endpoints(all.iter().map(view).collect::<Result<_, _>>()?))
    }

    /// Asks it to say a word of ours: address, key and name are right when it does.
    pub(super) async fn try_endpoint(&self, id: &str) -> Outcome {
        let begin = now_ms();
        let turns = vec![Turn::user("Answer with the one word \"ready\".")];
        let prompt = Prompt { turns, answer_start: String::new() };
        let sampling = Sampling { max_tokens: 16, ..Sampling::default() };
        let said = if let Some(model) = self.built_in(Some(id)).await? {
            let said = model.generate(&Raw::new(prompt), &sampling).await;
            said.map_err(|error| ServiceError::Model(error.to_string()))?
        } else {
            let model = self.remote_model(id).await?;
            let store = self.server.store().await?;
            let prompt = self.released(prompt, None, &store).await?;
            model.generate(&prompt, &sampling).await.map_err(|error| self.remote_error(error))?
        };
        Ok(Response::Tried(TriedView { text: said.text.trim().to_owned(), elapsed_ms: now_ms() - begin }))
    }

    /// What a remote model's failure is to a page: the provider's own words, which say what to do.
    pub(super) fn remote_error(&self, error: impl Into<DriveError>) -> ServiceError {
        match error.into() {
            _ if self.stopped() => ServiceError::Cancelled,
            DriveError::Cancelled => ServiceError::Cancelled,
            DriveError::Model(ModelError::Unavailable(words) | ModelError::Failed(words)) => {
                ServiceError::Remote(words)
            }
            other => ServiceError::Remote(other.to_string()),
        }
    }

    /// One of them.
    pub(super) async fn endpoint(&self, id: &str) -> Result<EndpointView, ServiceError> {
        view(&found(&self.server.store().await?, id).await?)
    }

    /// The model behind an endpoint, with its key, behind the door; or one on the page, behind the same.
    pub(super) async fn remote_model(&self, id: &str) -> Result<RemoteModel, ServiceError> {
        if let Ok(model) = id.parse::<PageModel>() {
            let about = self.about(&model).await?;
            return Ok(self.behind_door(RemoteSettings::on_page(model, about.context_tokens)));
        }
        let store = self.server.store().await?;
        let row = found(&store, id).await?;
        let key = match row.has_key {
            true => store.secret(&row.id, &view(&row)?.origin).await?,
            false => None,
        };
        Ok(self.behind_door(settings(&row, key.as_deref())?))
    }

    /// A remote model of these settings, behind the door.
    pub(super) fn behind_door(&self, settings: RemoteSettings) -> RemoteModel {
        let watch = Watching(self.server.watchman());
        let ledger = StoredLedger { server: self.server.clone(), job: self.job.clone() };
        let allowed = vec![settings.endpoint.origin().clone()];
        let stop = self.stop.clone();
        let transport = match settings.endpoint.origin().page_model() {
            Some(model) => Either::Right(PageTransport::new(self.page(), model.clone())),
            None => Either::Left(BrowserTransport),
        };
        let (asked, name) = (self.clone(), settings.name());
        let tell = move |waiting| {
            let view = |again_ms| WaitView::Model { model: name.clone(), again_ms };
            asked.event(Event::Waiting(match waiting {
                Waiting::ForReply => Some(view(None)),
                Waiting::ToAskAgain(ms) => Some(view(Some(ms))),
                Waiting::Over => None,
            }));
        };
        let egress = Egress::new(transport, watch, ledger, allowed);
        Remote::new(settings, egress.with_cancel(move || stop.get()).with_waiting(tell))
    }
}

async fn rows(store: &Store) -> Result<Vec<EndpointRow>, ServiceError> {
    let text = store.setting(SETTING).await?.unwrap_or_else(|| "[]".into());
    serde_json::from_str(&text).map_err(|error| ServiceError::Internal(error.to_string()))
}

/// The one with this id.
async fn found(store: &Store, id: &str) -> Result<EndpointRow, ServiceError> {
    rows(store).await?.into_iter().find(|row| row.id == id).ok_or_else(not_found)
}

fn not_found() -> ServiceError {
    ServiceError::NotFound("this remote model".into())
}

/// An id that none has: two may be added in one millisecond.
fn free_id(all: &[EndpointRow]) -> String {
    let mut id = now_ms().floor();
    while all.iter().any(|row| row.id == format!("{id:.0}")) {
        id += 1.0;
    }
    format!("{id:.0}")
}

fn row(draft: EndpointDraft, id: String) -> Result<EndpointRow, ServiceError> {
    let number = |value: Option<f64>| value.is_none_or(|value| value.is_finite() && value >= 0.0);
    let price = draft.price.as_ref();
    if !number(price.map(|price| price.prompt))
        || !number(price.map(|price| price.generated))
        || !number(draft.most_cost)
    {
        return Err(ServiceError::Invalid("a price is a number of 0 or more".into()));
    }
    Ok(EndpointRow {
        id,
        api: draft.api,
        endpoint: draft.endpoint.trim().to_owned(),
        model: draft.model.trim().to_owned(),
        context_tokens: draft.context_tokens.clamp(1024, 1 << 20),
        price: draft.price.map(|price| (price.prompt, price.generated, price.as_of)),
        most_calls: draft.most_calls,
        most_cost: draft.most_cost,
        has_key: false,
    })
}

fn settings(row: &EndpointRow, key: Option<&str>) -> Result<RemoteSettings, ServiceError> {
    let api = Api::named(&row.api)
        .ok_or_else(|| ServiceError::Invalid(format!("no API is called {:?}", row.api)))?;
    let settings = RemoteSettings::new(api, &row.endpoint, &row.model, key).map_err(invalid)?;
    let price =
        row.price.clone().map(|(prompt, generated, as_of)| Price { prompt, cached: None, generated, as_of });
    let budget = Budget { calls: row.most_calls.map(u64::from), tokens: None, cost: row.most_cost };
    Ok(RemoteSettings { context_tokens: row.context_tokens, price, budget, ..settings })
}

fn view(row: &EndpointRow) -> Result<EndpointView, ServiceError> {
    let settings = settings(row, None)?;
    let origin = settings.endpoint.origin();
    Ok(EndpointView {
        id: row.id.clone(),
        api: row.api.clone(),
        endpoint: row.endpoint.clone(),
        origin: origin.to_string(),
        on_this_machine: origin.is_loopback(),
        model: row.model.clone(),
        context_tokens: row.context_tokens,
        price: row.price.clone().map(|(prompt, generated, as_of)| PriceView { prompt, generated, as_of }),
        most_calls: row.most_calls,
        most_cost: row.most_cost,
        has_key: row.has_key,
    })
}

fn invalid(error: ProviderError) -> ServiceError {
    let advice = error.advice().map(|advice| format!("; {advice}")).unwrap_or_default();
    ServiceError::Invalid(format!("{error}{advice}"))
}
