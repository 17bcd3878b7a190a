//! Requests about what a person likes: the reading, the portrait, the induction, what they decide about claims.
//!
//! An induction keeps each answer of the model before it uses it, so a tab that is closed loses nothing: the same
//! request again goes on from there.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::trouble::local_error;
use super::{Asked, Outcome, wire};
use crate::model::{LanguageModel, Prompt};
use crate::persona::{
    Answer, Claim, DriveError, Induction, Journal, LEARNED_FROM, LearnsFrom, Likeness, Plan, QuestionId,
    Settings, State, divided_induction, divided_plan, drive, foresee, from_traits, induction,
    induction_of_sketches,
};
use crate::preference::{History, PairId};
use crate::privacy::Raw;
use crate::provider::Divided;
use crate::service::{
    Change, ClaimChange, EstimateView, InductionSettings, PendingInduction, ProfileId, Response,
    ServiceError, show,
};
use crate::store::{Lock, Portrait, Store, StoreError, now_ms};

/// A lock that has just been given back may take a moment to be free: so often it is tried, and so long waited between.
const LOCK_TRIES: usize = 5;
const LOCK_MS: f64 = 50.0;

/// A portrait as it is kept.
#[derive(Serialize, Deserialize)]
pub(super) struct Kept {
    /// The likeness file.
    pub likeness: Likeness,
    /// What was new in it when it was made.
    pub differences: Vec<String>,
    /// Whether nobody made it: it is kept for what the person said of its claims, and follows the traits until an
    /// induction makes one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub follows: bool,
}

impl Kept {
    /// The likeness beside this history.
    fn beside(self, history: &History) -> Likeness {
        if self.follows { from_traits(history, 0, &self.likeness.claims) } else { self.likeness }
    }
}

/// An interrupted induction as it is kept.
#[derive(Serialize, Deserialize)]
struct Job {
    settings: InductionSettings,
    /// When it was interrupted, where somebody was left to keep that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stopped_ms: Option<f64>,
}

impl Asked {
    pub(super) async fn reading(&self, profile: &ProfileId) -> Outcome {
        let store = self.server.store().await?;
        let history = history(&store, profile).await?;
        let earlier = kept(&store, profile).await?.map(|(kept, _)| kept.likeness.claims).unwrap_or_default();
        Ok(Response::Reading(show::reading(&history, &earlier, now_ms)))
    }

    pub(super) async fn portrait(&self, profile: &ProfileId) -> Outcome {
        let store = self.server.store().await?;
        self.shown(&store, profile).await
    }

    async fn shown(&self, store: &Store, profile: &ProfileId) -> Outcome {
        let Some((mut kept, row)) = kept(store, profile).await? else { return Ok(Response::Portrait(None)) };
        let history = history(store, profile).await?;
        let (differences, follows) = (std::mem::take(&mut kept.differences), kept.follows);
        let made_ms = (!follows).then_some(row.made_ms);
        let lost = if follows { 0 } else { row.lost };
        let view = show::portrait(&kept.beside(&history), &history, differences, made_ms, lost);
        Ok(Response::Portrait(Some(Box::new(view))))
    }

    pub(super) async fn induce(&self, profile: &ProfileId, settings: InductionSettings) -> Outcome {
        // Without a model nobody searches, and what is wrong would not be told until there is one.
        search(&settings)?;
        let store = self.server.store().await?;
        let history = history(&store, profile).await?;
        let earlier = kept(&store, profile).await?.map(|(kept, _)| kept.likeness.claims).unwrap_or_default();
        let has_model = settings.remote.is_some() || self.server.model().is_some();
        let mut likeness = match has_model {
            false => from_traits(&history, settings.seed.into(), &earlier),
            true => self.ask_model(&store, profile, history, settings, earlier).await?,
        };
        let lock = store.writing().await;
        let mut differences = Vec::new();
        if let Some((Kept { likeness: before, follows, .. }, _)) = kept(&store, profile).await? {
            // It may have taken an hour, in which the person went on deciding about claims.
            likeness.take_later_decisions(&before);
            differences = show::differences(&likeness.since(&before));
            if differences.is_empty() && !follows {
                differences.push("No claim is new, turned round or gone.".into());
            }
        }
        let portrait = row(&Kept { likeness, differences, follows: false }, now_ms(), 0)?;
        self.keep(&store, profile, portrait).await?;
        drop(lock);
        if has_model {
            // Only now are the answers of no more use. Where they can't be deleted, they are shown as a job that stopped, to
            // be deleted there.
            let _ = store.put_job(&profile.0, None).await;
        }
        self.shown(&store, profile).await
    }

    /// Runs the method over a model; what was answered stays if it stops.
    async fn ask_model(
        &self,
        store: &Store,
        profile: &ProfileId,
        history: History,
        settings: InductionSettings,
        earlier: Vec<Claim>,
    ) -> Result<Likeness, ServiceError> {
        let search = search(&settings)?;
        enough(&history)?;
        let _running = running_job(store, profile).await.ok_or_else(runs_elsewhere)?;
        self.begin(store, profile, &settings).await?;
        let made = self.read_along(store, profile, history, &settings, search, earlier).await;
        if made.is_err() {
            // Why it ended is what the person has to know, and not that the time of it could not be kept.
            let _ = self.interrupted(store, profile, settings).await;
        }
        made
    }

    /// Asks whichever model reads in a job that has begun.
    async fn read_along(
        &self,
        store: &Store,
        profile: &ProfileId,
        history: History,
        settings: &InductionSettings,
        search: Settings,
        earlier: Vec<Claim>,
    ) -> Result<Likeness, ServiceError> {
        let mut journal = Answers::open(store.clone(), profile, &history).await?;
        if let Some(model) = self.built_in(settings.remote.as_deref()).await? {
            return self.induce_raw(&model, history, search, earlier, &mut journal).await;
        }
        match &settings.remote {
            Some(id) if settings.divided => {
                let (here, there) =
                    (self.server.model().ok_or(ServiceError::NoModel)?, self.remote_model(id).await?);
                let model = Divided::new(&*here, &there);
                let machine = divided_induction(history, search, model.capabilities().clone(), earlier);
                let made = self.run_induction(&model, machine, &mut journal).await;
                made.map_err(|error| self.remote_error(error))
            }
            Some(id) => {
                let model = self.remote_model(id).await?;
                let known = model.capabilities().clone();
                let machine = induction_of_sketches(history, LearnsFrom::Texts, search, known, earlier);
                let made = self.run_induction(&model, machine, &mut journal).await;
                made.map_err(|error| self.remote_error(error))
            }
            None => {
                let model = self.server.model().ok_or(ServiceError::NoModel)?;
                self.induce_raw(&*model, history, search, earlier, &mut journal).await
            }
        }
    }

    /// Runs the method over a model on this device, which reads the texts as they are.
    async fn induce_raw<M: LanguageModel<Input = Raw<Prompt>>>(
        &self,
        model: &M,
        history: History,
        search: Settings,
        earlier: Vec<Claim>,
        journal: &mut Answers,
    ) -> Result<Likeness, ServiceError> {
        let machine = induction(history, search, model.capabilities().clone(), earlier);
        self.run_induction(model, machine, journal).await.map_err(local_error)
    }

    /// Drives an induction to its end, or until the page wants it no more.
    pub(super) async fn run_induction<M>(
        &self,
        model: &M,
        mut machine: Induction<M::Input>,
        journal: &mut Answers,
    ) -> Result<Likeness, DriveError>
    where
        M: LanguageModel,
        M::Input: Clone + 'static,
    {
        let resumed = journal.used.clone();
        self.server.forget_trouble();
        let progress = |remaining: &_| self.server.tell(self, show::progress(remaining, resumed.get()));
        // Dropping the drive cancels the question that the model is at.
        let driving = drive(model, &mut machine, journal, progress, || self.stopped());
        let outcome = self.unless_stopped(driving).await;
        self.server.told_all();
        outcome.unwrap_or(Err(DriveError::Cancelled))
    }

    /// What an induction on a remote model will take, at most; nothing is sent for it.
    pub(super) async fn estimate(&self, profile: &ProfileId, settings: InductionSettings) -> Outcome {
        let Some(id) = &settings.remote else {
            return Err(ServiceError::Invalid("only a remote model's work is estimated".into()));
        };
        let store = self.server.store().await?;
        let history = history(&store, profile).await?;
        let search = search(&settings)?;
        enough(&history)?;
        let earlier = kept(&store, profile).await?.map(|(kept, _)| kept.likeness.claims).unwrap_or_default();
        let model = self.remote_model(id).await?;
        let mut journal = Answers::open(store.clone(), profile, &history).await?;
        // Answers of a job with other settings are of no use to this one.
        if job(&store, profile).await?.is_none_or(|job| job.settings != settings) {
            journal.known.clear();
        }
        let (plan, sure) = if settings.divided {
            let plan = divided_plan(&search);
            (plan, plan)
        } else {
            let known = model.capabilities().clone();
            let mut machine = induction_of_sketches(history, LearnsFrom::Texts, search, known, earlier);
            journal.keeps = false;
            let ahead = foresee(&model, &mut machine, &mut journal).await;
            let ahead = ahead.map_err(|error| self.remote_error(error))?;
            (ahead.left, ahead.sure())
        };
        let spending = |plan: Plan| model.foreseen(plan.calls, plan.prompt_tokens, plan.generated_tokens);
        let (most, sure) = (spending(plan), spending(sure));
        Ok(Response::Estimate(EstimateView {
            kept: journal.used.get(),
            calls: most.calls as u32,
            prompt_tokens: most.prompt_tokens as f64,
            generated_tokens: most.generated_tokens as f64,
            cost: model.price_of(most),
            untested: (sure.calls < most.calls).then(|| (sure.calls as u32, model.price_of(sure))),
        }))
    }

    /// Remembers the job, and forgets the answers of one with other settings.
    async fn begin(
        &self,
        store: &Store,
        profile: &ProfileId,
        settings: &InductionSettings,
    ) -> Result<(), ServiceError> {
        let other = job(store, profile).await?.is_some_and(|job| job.settings != *settings);
        if other {
            store.put_job(&profile.0, None).await?;
        }
        let job = Job { settings: settings.clone(), stopped_ms: None };
        Ok(store.put_job(&profile.0, Some(&json(&job)?)).await?)
    }

    /// Remembers when the job was interrupted, unless it was forgotten meanwhile, with the person or in another tab.
    async fn interrupted(
        &self,
        store: &Store,
        profile: &ProfileId,
        settings: InductionSettings,
    ) -> Result<(), ServiceError> {
        if job(store, profile).await?.is_some_and(|job| job.settings == settings) {
            let job = Job { settings, stopped_ms: Some(now_ms()) };
            store.put_job(&profile.0, Some(&json(&job)?)).await?;
        }
        Ok(())
    }

    /// Keeps a portrait in the place of the one before it, which the caller has read under the lock that it holds.
    pub(super) async fn keep(
        &self,
        store: &Store,
        profile: &ProfileId,
        portrait: Portrait,
    ) -> Result<(), ServiceError> {
        store.put_portrait(&profile.0, portrait).await?;
        self.server.changed(Change::Portrait(profile.clone()));
        Ok(())
    }

    pub(super) async fn pending(&self, profile: &ProfileId) -> Outcome {
        let store = self.server.store().await?;
        let Some(job) = job(&store, profile).await? else { return Ok(Response::Pending(None)) };
        // One that is under way, here or in another tab, was not interrupted.
        let Some(_free) = running_job(&store, profile).await else { return Ok(Response::Pending(None)) };
        let answers = store.answers(&profile.0).await?;
        let answers = answers.iter().filter_map(|(_, text)| serde_json::from_str::<Answer>(text).ok());
        // Counting tokens is no call.
        let calls = answers.filter(|answer| answer.usage().is_some()).count() as u32;
        let pending = PendingInduction { settings: job.settings, calls, stopped_ms: job.stopped_ms };
        Ok(Response::Pending(Some(pending)))
    }

    pub(super) async fn drop_pending(&self, profile: &ProfileId) -> Outcome {
        let store = self.server.store().await?;
        let _free = running_job(&store, profile).await.ok_or_else(runs_elsewhere)?;
        store.put_job(&profile.0, None).await?;
        Ok(Response::Done)
    }

    pub(super) async fn change_claim(&self, profile: &ProfileId, id: &str, change: ClaimChange) -> Outcome {
        let store = self.server.store().await?;
        // From reading to writing, so that of two changes at once each finds the other.
        let lock = store.writing().await;
        let (mut kept, made_ms, lost) = match kept(&store, profile).await? {
            Some((kept, row)) if !kept.follows => (kept, row.made_ms, row.lost),
            before => {
                // The claims that the person sees are those of the history as it is now.
                let history = history(&store, profile).await?;
                let (earlier, made_ms) =
                    before.map_or((Vec::new(), now_ms()), |(kept, row)| (kept.likeness.claims, row.made_ms));
                let likeness = from_traits(&history, 0, &earlier);
                (Kept { likeness, differences: Vec::new(), follows: true }, made_ms, 0)
            }
        };
        let claim = kept.likeness.claims.iter_mut().find(|claim| claim.id == id);
        let claim = claim.ok_or_else(|| ServiceError::NotFound("this claim".into()))?;
        change_one(claim, change)?;
        kept.likeness.render();
        self.keep(&store, profile, row(&kept, made_ms, lost)?).await?;
        drop(lock);
        self.shown(&store, profile).await
    }

    pub(super) async fn export_likeness(&self, profile: &ProfileId) -> Outcome {
        let store = self.server.store().await?;
        let Some((kept, _)) = kept(&store, profile).await? else {
            return Err(ServiceError::NotFound("a portrait".into()));
        };
        let likeness = kept.beside(&history(&store, profile).await?);
        Ok(Response::Text(likeness.to_json().map_err(|error| ServiceError::Internal(error.to_string()))?))
    }
}

/// What the person does with a claim.
fn change_one(claim: &mut Claim, change: ClaimChange) -> Result<(), ServiceError> {
    match change {
        ClaimChange::Edit(text) if text.trim().is_empty() => {
            return Err(ServiceError::Invalid("a claim can't be empty; refuse it instead".into()));
        }
        // Their own words are others than those that were found.
        ClaimChange::Edit(text) if text.trim() == claim.wording() => return Ok(()),
        ClaimChange::Edit(text) => {
            claim.edited = Some(text.trim().to_owned());
            // Their own words stand, whatever the pairs say.
            claim.state = State::Pinned;
        }
        ClaimChange::Pin => claim.state = State::Pinned,
        ClaimChange::Refuse => claim.state = State::Refused,
        ClaimChange::Restore => claim.restore(),
    }
    claim.decided_ms = Some(now_ms());
    Ok(())
}

/// A kept portrait without what rests on pairs that are gone; the store calls it.
pub(super) fn strip(portrait: &str, gone: &HashSet<PairId>) -> Option<String> {
    let mut kept: Kept = serde_json::from_str(portrait).ok()?;
    kept.likeness.forget(gone);
    // What was new was told in the words of claims that may be gone.
    kept.differences.clear();
    serde_json::to_string(&kept).ok()
}

/// A person's newest pairs.
pub(super) async fn history(store: &Store, profile: &ProfileId) -> Result<History, StoreError> {
    let mut all = Vec::new();
    store.newest(&profile.0, LEARNED_FROM, &mut |pairs| all.extend(pairs.to_vec())).await?;
    Ok(History::new(all))
}

/// What answers are judged by: the kept likeness, or what follows from the traits. The history may have changed since
/// the portrait was made, and each choice counts from now on.
pub(super) async fn likeness_now(store: &Store, profile: &ProfileId) -> Result<Likeness, ServiceError> {
    let history = history(store, profile).await?;
    Ok(match kept(store, profile).await? {
        Some((kept, _)) if kept.follows => kept.beside(&history),
        Some((Kept { mut likeness, .. }, _)) => {
            likeness.learn_reward(&history);
            likeness
        }
        None => from_traits(&history, 0, &[]),
    })
}

/// The kept portrait.
pub(super) async fn kept(
    store: &Store,
    profile: &ProfileId,
) -> Result<Option<(Kept, Portrait)>, ServiceError> {
    let Some(portrait) = store.portrait(&profile.0).await? else { return Ok(None) };
    // One of an earlier version, or a damaged one, is made anew from the history, which is all there.
    let kept: Option<Kept> = serde_json::from_str(&portrait.json).ok();
    Ok(kept.filter(|kept| kept.likeness.is_sound()).map(|kept| (kept, portrait)))
}

/// A portrait as the store keeps it.
pub(super) fn row(kept: &Kept, made_ms: f64, lost: u32) -> Result<Portrait, ServiceError> {
    Ok(Portrait { pairs: kept.likeness.made_from.clone(), json: json(kept)?, made_ms, lost })
}

async fn job(store: &Store, profile: &ProfileId) -> Result<Option<Job>, ServiceError> {
    Ok(store.job(&profile.0).await?.and_then(|text| serde_json::from_str(&text).ok()))
}

/// The right to run a person's job; none while it runs here or in another tab.
async fn running_job(store: &Store, profile: &ProfileId) -> Option<Lock> {
    for _ in 1..LOCK_TRIES {
        if let Some(lock) = store.running_job(&profile.0).await {
            return Some(lock);
        }
        wire::sleep(LOCK_MS).await;
    }
    store.running_job(&profile.0).await
}

fn runs_elsewhere() -> ServiceError {
    ServiceError::Invalid(
        "an induction on these choices is under way, here or in another tab; wait for it, or cancel it"
            .into(),
    )
}

/// Fewer pairs than these teach a model nothing.
fn enough(history: &History) -> Result<(), ServiceError> {
    let (have, need) = (history.pairs().len() as u32, 4);
    if have < need { Err(ServiceError::TooFewPairs { have, need }) } else { Ok(()) }
}

fn json(value: &impl Serialize) -> Result<String, ServiceError> {
    serde_json::to_string(value).map_err(|error| ServiceError::Internal(error.to_string()))
}

fn search(settings: &InductionSettings) -> Result<Settings, ServiceError> {
    let seed = settings.seed.into();
    let named = match settings.search.as_str() {
        "small" => Settings::small(seed),
        "full" => Settings::full(seed),
        other => return Err(ServiceError::Invalid(format!("no search is called {other:?}"))),
    };
    Ok(match settings.candidates {
        Some(candidates) => named.with_candidates(candidates as usize),
        None => named,
    })
}

/// The answers of a job, in the store; those of an earlier run are read at once.
pub(super) struct Answers {
    store: Store,
    profile: String,
    /// The pairs that the questions are made from.
    pairs: Vec<PairId>,
    known: HashMap<String, String>,
    /// Whether new answers are kept.
    keeps: bool,
    /// How many calls a kept answer saved.
    used: std::rc::Rc<std::cell::Cell<u32>>,
}

impl Answers {
    async fn open(store: Store, profile: &ProfileId, history: &History) -> Result<Self, ServiceError> {
        let known = store.answers(&profile.0).await?.into_iter().collect();
        let pairs = history.pairs().iter().map(|pair| pair.id).collect();
        Ok(Answers { store, profile: profile.0.clone(), pairs, known, keeps: true, used: Default::default() })
    }

    /// A journal of nobody's job, which keeps nothing.
    pub(super) fn of_nobody(store: Store) -> Self {
        let (profile, pairs, known) = (String::new(), Vec::new(), HashMap::new());
        Answers { store, profile, pairs, known, keeps: false, used: Default::default() }
    }
}

impl Journal for Answers {
    type Error = StoreError;

    async fn get(&mut self, id: &QuestionId) -> Result<Option<Answer>, StoreError> {
        // An answer that can't be read is asked again.
        let answer = self.known.get(&id.to_string()).and_then(|text| serde_json::from_str(text).ok());
        if answer.as_ref().and_then(Answer::usage).is_some() {
            self.used.set(self.used.get() + 1);
        }
        Ok(answer)
    }

    async fn put(&mut self, id: &QuestionId, answer: &Answer) -> Result<(), StoreError> {
        if !self.keeps {
            return Ok(());
        }
        let text = serde_json::to_string(answer).map_err(|_| StoreError::Damaged { what: "answer" })?;
        self.store.put_answer(&self.profile, &id.to_string(), &text, &self.pairs).await
    }
}
