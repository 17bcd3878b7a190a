//! What all pages share: the way to the data worker, whose likeness is looked at, what changed, what is said.

use std::future::Future;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::models::built_in;
use super::remote::{BuiltIn, Policy};
use super::{browser, sample};
use crate::service::client::Client;
use crate::service::{
    Change, Deletion, EndpointView, ForgetReport, ModelsView, ProfileId, ProfileView, ServiceError, StoreView,
};
use crate::view::loadable::{Loadable, Turns};
use crate::view::toasts::Toasts;

/// Handles to what the pages share; copying it copies the handles.
#[derive(Clone, Copy)]
pub struct Session {
    client: StoredValue<Client, LocalStorage>,
    /// The store, once it is open.
    pub store: RwSignal<Loadable<StoreView>>,
    /// Everyone kept here.
    pub profiles: RwSignal<Vec<ProfileView>>,
    /// Whose likeness is looked at.
    pub current: RwSignal<Option<ProfileId>>,
    /// Counts changes of the history of whom is looked at.
    pub history_changes: RwSignal<u32>,
    /// Counts changes of their portrait.
    pub portrait_changes: RwSignal<u32>,
    /// The models; pages that need one look here.
    pub models: RwSignal<Loadable<ModelsView>>,
    /// The remote models.
    pub endpoints: RwSignal<Loadable<Vec<EndpointView>>>,
    /// The browser's own model, where it has one.
    pub built_in: RwSignal<Option<BuiltIn>>,
    /// What this page may reach.
    pub policy: RwSignal<Policy>,
    /// Counts changes of their conversation with a remote model.
    pub chat_changes: RwSignal<u32>,
    /// Counts changes of the ledger.
    pub ledger_changes: RwSignal<u32>,
    /// Whether this page has asked the browser to keep what is stored.
    asked_to_keep: StoredValue<bool>,
    /// Whether a newer app in another tab waits for this one to be reloaded.
    pub outdated: RwSignal<bool>,
    /// What was looked through after everything was forgotten here; shown until the person goes on.
    pub forgotten: RwSignal<Option<ForgetReport>>,
    /// What is said in passing.
    pub toasts: RwSignal<Toasts>,
}

impl Session {
    /// Starts the data worker and opens the store.
    pub fn start(worker_script: &str) -> Self {
        let session = Session {
            client: StoredValue::new_local(Client::start(worker_script)),
            store: RwSignal::new(Loadable::Loading),
            profiles: RwSignal::new(Vec::new()),
            current: RwSignal::new(None),
            history_changes: RwSignal::new(0),
            portrait_changes: RwSignal::new(0),
            models: RwSignal::new(Loadable::Loading),
            endpoints: RwSignal::new(Loadable::Loading),
            built_in: RwSignal::new(None),
            policy: RwSignal::new(Policy::now()),
            chat_changes: RwSignal::new(0),
            ledger_changes: RwSignal::new(0),
            asked_to_keep: StoredValue::new(false),
            outdated: RwSignal::new(false),
            forgotten: RwSignal::new(None),
            toasts: RwSignal::new(Toasts::default()),
        };
        session.client().on_change(move |change| session.heard(change));
        if let Some(object) = built_in::object() {
            session.client().offer_built_in(object);
            session.refresh_built_in();
        }
        let changed = window_event_listener_untyped("likeness-policy", move |_| session.refresh_policy());
        // It listens as long as the page is there.
        std::mem::forget(changed);
        session.open();
        session
    }

    /// The session of this app.
    pub fn here() -> Self {
        expect_context()
    }

    /// The way to the data worker.
    pub fn client(&self) -> Client {
        self.client.get_value()
    }

    /// Opens the store, again when the first time failed.
    pub fn open(self) {
        self.store.set(Loadable::Loading);
        let client = self.client();
        spawn_local(async move {
            let opened = client.open().await;
            if let Ok(store) = &opened {
                self.take_profiles(store.profiles.clone());
            }
            self.store.set(opened.into());
            self.refresh_models();
            self.refresh_endpoints();
        });
    }

    /// Who is looked at, in full.
    pub fn person(&self) -> Option<ProfileView> {
        let current = self.current.get()?;
        self.profiles.read().iter().find(|p| p.id == current).cloned()
    }

    /// Looks at someone.
    pub fn look_at(self, profile: ProfileId) {
        browser::keep_setting("person", &profile.0);
        self.current.set(Some(profile));
    }

    /// Whom to add something to: who is looked at, or a new person where there is nobody.
    pub async fn someone(self) -> Result<ProfileId, ServiceError> {
        if let Some(id) = self.current.get_untracked() {
            return Ok(id);
        }
        self.add_person("Me".into()).await
    }

    /// Adds a person and looks at them.
    pub async fn add_person(self, name: String) -> Result<ProfileId, ServiceError> {
        let person = self.client().create_profile(name).await?;
        let id = person.id.clone();
        self.profiles.update(|all| {
            if all.iter().all(|p| p.id != person.id) {
                all.push(person);
            }
        });
        self.look_at(id.clone());
        Ok(id)
    }

    /// Adds the invented person with their choices, or goes back to them when they are here already.
    pub async fn add_sample(self) -> Result<(), ServiceError> {
        let known = self.profiles.with_untracked(|all| all.iter().find(|p| p.name == sample::NAME).cloned());
        let id = match known {
            Some(person) => person.id,
            None => self.add_person(sample::NAME.into()).await?,
        };
        self.client().import_text(id.clone(), "the sample", "synthesizeme", sample::JSONL, None).await?;
        self.look_at(id);
        self.refresh_profiles();
        Ok(())
    }

    /// Says something in passing.
    pub fn say(self, text: impl Into<String>) {
        self.toasts.update(|toasts| toasts.say(text, browser::now_ms()));
    }

    /// Says what went wrong and what to do.
    pub fn say_error(self, error: &ServiceError) {
        self.say(format!("{} {}", crate::view::sentence(&error.to_string()), error.advice()));
    }

    /// Offers to take a deletion back.
    ///
    /// Where the browser's storage is full, there is no room for a way back, and none to offer.
    pub fn offer_undo(self, text: impl Into<String>, deletion: &Deletion) {
        if deletion.until_ms <= browser::now_ms() {
            return self.say(format!("{} The storage is full, so it can't be brought back.", text.into()));
        }
        self.toasts.update(|toasts| toasts.offer_undo(text, deletion.undo, deletion.until_ms));
    }

    /// Takes a deletion back, unless its time is over.
    pub fn undo(self, undo: u64) {
        let mut taken = false;
        self.toasts.update(|toasts| taken = toasts.take_undo(undo));
        if !taken {
            return;
        }
        let client = self.client();
        spawn_local(async move {
            match client.undo(undo).await {
                Ok(()) => self.say("Brought back."),
                Err(error) => self.say_error(&error),
            }
            self.refresh_profiles();
        });
    }

    /// Asks for the list of people again.
    pub fn refresh_profiles(self) {
        let client = self.client();
        spawn_local(async move {
            if let Ok(profiles) = client.profiles().await {
                self.take_profiles(profiles);
            }
        });
    }

    /// Asks the browser to keep what is stored: once there is something, since some browsers ask the person in turn.
    fn ask_to_keep(self) {
        if !self.asked_to_keep.get_value() {
            self.asked_to_keep.set_value(true);
            spawn_local(async move {
                if !browser::is_kept().await {
                    browser::ask_to_keep().await;
                }
            });
        }
    }

    /// Asks for the models again.
    pub fn refresh_models(self) {
        let client = self.client();
        spawn_local(async move {
            let models = client.models().await;
            self.models.set(models.into());
        });
    }

    /// Asks for the remote models again.
    pub fn refresh_endpoints(self) {
        let client = self.client();
        spawn_local(async move {
            let endpoints = client.endpoints().await;
            self.endpoints.set(endpoints.into());
        });
    }

    /// Looks again how the browser's own model stands.
    pub fn refresh_built_in(self) {
        spawn_local(async move { self.built_in.set(built_in::look().await) });
    }

    /// Whether there is a model to choose besides the engine's: a remote one, or the browser's own.
    pub fn has_other_models(self) -> bool {
        self.built_in.read().as_ref().is_some_and(BuiltIn::is_ready)
            || self.endpoints.read().ready().is_some_and(|endpoints| !endpoints.is_empty())
    }

    /// Looks again what this page may reach.
    pub fn refresh_policy(self) {
        let now = Policy::now();
        if *self.policy.read_untracked() != now {
            self.policy.set(now);
        }
    }

    /// Deletes everything of everyone, and keeps what was found after it for the page to show.
    pub async fn forget_everything(self) -> Result<(), ServiceError> {
        let mut report = self.client().forget_everything().await?;
        // A browser without a service worker has no list to drop.
        let _ = Policy::forget().await;
        // Small settings are the page's own; a worker can't reach them.
        let left = browser::forget_settings();
        report.looked.retain(|(place, _)| place != "localStorage");
        report.looked.push(("localStorage".into(), left));
        self.nobody_left();
        self.forgotten.set(Some(report));
        Ok(())
    }

    fn nobody_left(self) {
        self.profiles.set(Vec::new());
        self.current.set(None);
        self.toasts.set(Toasts::default());
        self.endpoints.set(Loadable::Ready(Vec::new()));
        // Asking for them would make their folder anew.
        self.models.set(Loadable::Ready(ModelsView::default()));
    }

    fn take_profiles(self, profiles: Vec<ProfileView>) {
        let wanted = self.current.get_untracked().or_else(|| browser::setting("person").map(ProfileId));
        let still = wanted.filter(|id| profiles.iter().any(|p| p.id == *id));
        // Without a choice of the person's own, whoever has most to show comes first.
        let most = || profiles.iter().max_by_key(|p| p.pairs).map(|p| p.id.clone());
        let current = still.or_else(most);
        self.profiles.set(profiles);
        if self.current.get_untracked() != current {
            self.current.set(current);
        }
    }

    fn heard(self, change: &Change) {
        let here = |id: &ProfileId| self.current.get_untracked().as_ref() == Some(id);
        match change {
            // The store could not be opened, and now it can.
            Change::Profiles if self.store.with_untracked(|store| store.failure().is_some()) => self.open(),
            Change::Profiles => self.refresh_profiles(),
            Change::History(id) => {
                self.refresh_profiles();
                self.ask_to_keep();
                if here(id) {
                    self.history_changes.update(|n| *n = n.wrapping_add(1));
                }
            }
            Change::Portrait(id) if here(id) => self.portrait_changes.update(|n| *n = n.wrapping_add(1)),
            Change::Portrait(_) => {}
            Change::Models => self.refresh_models(),
            Change::Chat(id) if here(id) => self.chat_changes.update(|n| *n = n.wrapping_add(1)),
            Change::Chat(_) => {}
            Change::Endpoints => self.refresh_endpoints(),
            Change::Ledger => self.ledger_changes.update(|n| *n = n.wrapping_add(1)),
            Change::Everything => self.nobody_left(),
            Change::Outdated => self.outdated.set(true),
        }
    }
}

/// Loads one thing into a signal; what comes after a newer question is let fall.
pub struct Loader<T: Send + Sync + 'static> {
    /// The thing.
    pub value: RwSignal<Loadable<T>>,
    turns: StoredValue<Turns>,
}

// Written out, since a derived copy would ask that what is loaded be `Copy` too.
impl<T: Send + Sync + 'static> Clone for Loader<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Loader<T> {}

impl<T: Send + Sync + 'static> Default for Loader<T> {
    fn default() -> Self {
        Loader { value: RwSignal::new(Loadable::Loading), turns: StoredValue::new(Turns::default()) }
    }
}

impl<T: Send + Sync + 'static> Loader<T> {
    /// Loads; what is shown stays until the answer comes, so that a page does not flicker.
    pub fn load(self, future: impl Future<Output = Result<T, ServiceError>> + 'static) {
        let mut turn = 0;
        self.turns.update_value(|turns| turn = turns.begin());
        if self.value.with_untracked(|value| value.ready().is_none()) {
            self.value.set(Loadable::Loading);
        }
        spawn_local(async move {
            let result = future.await;
            // The page may have gone meanwhile, and its signals with it.
            if self.turns.try_with_value(|turns| turns.is_latest(turn)) == Some(true) {
                self.value.try_set(result.into());
            }
        });
    }

    /// Forgets what is shown: it was somebody else's.
    pub fn reset(self) {
        self.turns.update_value(|turns| {
            turns.begin();
        });
        self.value.set(Loadable::Loading);
    }
}
