//! The conversation as the page holds it: what was said, what is being drafted, what went wrong.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::app::remote::Waiting;
use crate::app::session::Session;
use crate::service::client::Stop;
use crate::service::{ChatView, Event, ProfileId, Response, Saying, ServiceError};
use crate::view::loadable::Loadable;

/// How the drafting stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Drafting {
    /// Nothing is asked.
    Idle,
    /// So many answers of so many are there.
    Asking(u32, u32),
    /// It failed.
    Failed(ServiceError),
}

/// Handles to the conversation; copying it copies the handles.
#[derive(Clone, Copy)]
pub struct Talk {
    session: Session,
    /// What was said.
    pub chat: RwSignal<Loadable<ChatView>>,
    /// What is being drafted.
    pub drafting: RwSignal<Drafting>,
    /// Whom the drafting waits for.
    pub waiting: Waiting,
    stop: StoredValue<Option<Stop>, LocalStorage>,
}

impl Talk {
    /// The conversation of whom is looked at, read now and whenever it changes.
    pub fn new(session: Session) -> Self {
        let talk = Talk {
            session,
            chat: RwSignal::new(Loadable::Loading),
            drafting: RwSignal::new(Drafting::Idle),
            waiting: Waiting::default(),
            stop: StoredValue::new_local(None),
        };
        let last = StoredValue::new(None::<ProfileId>);
        Effect::new(move |_| {
            session.chat_changes.track();
            let Some(profile) = session.current.get() else { return };
            if last.get_value().as_ref() != Some(&profile) {
                talk.chat.set(Loadable::Loading);
                talk.drafting.set(Drafting::Idle);
                last.set_value(Some(profile.clone()));
            }
            talk.take(profile.clone(), async move { session.client().chat(profile).await });
        });
        on_cleanup(move || talk.cancel());
        talk
    }

    /// The conversation of this page.
    pub fn here() -> Self {
        expect_context()
    }

    /// What was said, empty until it is read.
    pub fn said(&self) -> ChatView {
        self.chat.read().ready().cloned().unwrap_or_default()
    }

    /// Whether answers are being drafted.
    pub fn is_busy(&self) -> bool {
        matches!(&*self.drafting.read(), Drafting::Asking(..))
    }

    /// Takes an answer that belongs to a person, if they are still looked at.
    fn take(
        self,
        profile: ProfileId,
        asking: impl Future<Output = Result<ChatView, ServiceError>> + 'static,
    ) {
        spawn_local(async move {
            let got = asking.await;
            if self.session.current.try_get_untracked().flatten().as_ref() == Some(&profile) {
                self.chat.try_set(got.into());
            }
        });
    }

    /// Says something; `then` is called when the drafts are there.
    pub fn say(self, saying: Saying, then: impl FnOnce() + 'static) {
        let Some(profile) = self.session.current.get_untracked() else { return };
        self.drafting.set(Drafting::Asking(0, saying.answers));
        let on_event = move |event| {
            self.waiting.hear(&event);
            if let Event::Drafting { done, of, .. } = event {
                self.drafting.try_set(Drafting::Asking(done, of));
            }
        };
        let asking = self.session.client().say(profile.clone(), saying, on_event);
        self.stop.set_value(Some(asking.stop()));
        spawn_local(async move {
            let answer = asking.await;
            self.waiting.over();
            if self.session.current.try_get_untracked().flatten().as_ref() != Some(&profile) {
                return;
            }
            let next = match answer {
                Ok(Response::Chat(chat)) => {
                    self.chat.try_set(Loadable::Ready(chat));
                    then();
                    Drafting::Idle
                }
                Ok(_) => Drafting::Failed(ServiceError::Internal("an answer of another kind".into())),
                Err(ServiceError::Cancelled) => Drafting::Idle,
                Err(error) => Drafting::Failed(error),
            };
            self.drafting.try_set(next);
        });
    }

    /// Stops the drafting.
    pub fn cancel(self) {
        self.stop.try_with_value(|stop| stop.iter().for_each(Stop::now));
    }

    /// Prefers one of the last drafts, or takes that back.
    pub fn pick(self, draft: Option<u32>) {
        let Some(profile) = self.session.current.get_untracked() else { return };
        let session = self.session;
        spawn_local(async move {
            match session.client().pick(profile, draft).await {
                Ok(chat) => {
                    self.chat.try_set(Loadable::Ready(chat));
                    session.say(match draft {
                        Some(_) => "Kept in your history. It counts from now on.",
                        None => "Taken back. It is in your history no more.",
                    });
                }
                Err(error) => session.say_error(&error),
            }
        });
    }

    /// Forgets the conversation and begins a new one.
    pub fn end(self) {
        let Some(profile) = self.session.current.get_untracked() else { return };
        let session = self.session;
        self.drafting.set(Drafting::Idle);
        spawn_local(async move {
            match session.client().end_chat(profile).await {
                Ok(chat) => drop(self.chat.try_set(Loadable::Ready(chat))),
                Err(error) => session.say_error(&error),
            }
        });
    }
}
