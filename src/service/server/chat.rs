//! A live chat with a remote model: what the person says goes there as it is, the drafts that come are ranked here by
//! their own reward, and what they pick joins their history.
//!
//! The guard knows the conversation: its own turns go again to the origin that they went to and to no other. The
//! person may let the model know something about themselves, such as their portrait; the guard reads that too.

use futures_util::future::join_all;

use super::draft::{MOST_DRAFTS, sampling};
use super::{Asked, Outcome};
use crate::model::{LanguageModel, Prompt};
use crate::preference::{Answer, Choice, Outcome as Chosen, PairId, Role, Turn};
use crate::privacy::LiveConversation;
use crate::service::{
    ChatView, DraftAnswer, EndpointView, Event, ExchangeView, ProfileId, ReasonWords, Response, Saying,
    ServiceError,
};
use crate::store::chat_row::{ChatRow, DraftRow, ExchangeRow};
use crate::store::{Store, now_ms};

impl Asked {
    pub(super) async fn chat(&self, profile: &ProfileId) -> Outcome {
        Ok(Response::Chat(view(self.server.store().await?.chat(&profile.0).await?)))
    }

    pub(super) async fn end_chat(&self, profile: &ProfileId) -> Outcome {
        self.server.store().await?.put_chat(&profile.0, None).await?;
        Ok(Response::Chat(ChatView::default()))
    }

    pub(super) async fn say(&self, profile: &ProfileId, saying: Saying) -> Outcome {
        let question = saying.question.trim();
        if question.is_empty() {
            return Err(ServiceError::Invalid("there is no question".into()));
        }
        let store = self.server.store().await?;
        let EndpointView { origin, model, .. } = self.endpoint(&saying.endpoint).await?;
        let before = store.chat(&profile.0).await?;
        let mut chat = before.clone().unwrap_or_else(|| ChatRow {
            id: format!("{}/{:.0}", profile.0, now_ms()),
            origin: origin.clone(),
            ..ChatRow::default()
        });
        if chat.origin != origin {
            return Err(ServiceError::Invalid(format!(
                "this conversation goes to {} and to nowhere else; start a new one to ask {origin}",
                chat.origin
            )));
        }
        chat.about = saying.about.map(|about| about.trim().to_owned()).filter(|about| !about.is_empty());
        let live = LiveConversation { id: chat.id.clone(), origin };
        if let Some(about) = &chat.about {
            let read = self.released(about.as_str(), Some(&live), &store).await;
            read.map_err(|error| match error {
                ServiceError::Quotes { quotes, .. } => ServiceError::Quotes { about: true, quotes },
                other => other,
            })?;
        }
        let context: Vec<Turn> = turns(&chat.exchanges).chain([Turn::user(question)]).collect();
        let about = chat.about.iter().map(|about| Turn { role: Role::System, content: about.clone() });
        let prompt =
            Prompt { turns: about.chain(context.iter().cloned()).collect(), answer_start: String::new() };
        let texts = self.drafts(&saying.endpoint, prompt, saying.answers, live).await?;
        let ranked = self.ranked(profile, &context, texts, ReasonWords::Own).await?.into_iter();
        let drafts =
            ranked.map(|(_, one)| DraftRow { text: one.text, liked: one.liked, why: one.why }).collect();
        chat.endpoint = saying.endpoint;
        chat.exchanges.push(ExchangeRow {
            question: question.to_owned(),
            model,
            drafts,
            picked: None,
            pairs: Vec::new(),
        });
        self.keep_chat(&store, profile, before.as_ref(), chat).await
    }

    /// Keeps a conversation, which was as it is said to be `before`: drafts take minutes, in which another tab may have
    /// gone on with it, or ended it.
    async fn keep_chat(
        &self,
        store: &Store,
        profile: &ProfileId,
        before: Option<&ChatRow>,
        chat: ChatRow,
    ) -> Outcome {
        let _lock = store.writing().await;
        if store.chat(&profile.0).await?.as_ref() != before {
            return Err(ServiceError::ChangedElsewhere("this conversation".into()));
        }
        store.put_chat(&profile.0, Some(&chat)).await?;
        Ok(Response::Chat(view(Some(chat))))
    }

    /// Different answers to the end of a conversation, at least one.
    async fn drafts(
        &self,
        endpoint: &str,
        prompt: Prompt,
        answers: u32,
        live: LiveConversation,
    ) -> Result<Vec<String>, ServiceError> {
        let store = self.server.store().await?;
        let prompt = self.released(prompt, Some(&live), &store).await?;
        let model = self.remote_model(endpoint).await?.in_live(live);
        let (of, done) = (answers.clamp(1, MOST_DRAFTS), std::cell::Cell::new(0));
        let asked = (0..of).map(|number| {
            let (model, prompt, done) = (&model, &prompt, &done);
            let sampling = sampling(number);
            async move {
                let said = model.generate(prompt, &sampling).await.map_err(|error| self.remote_error(error));
                let said = said.map(|said| said.text.trim().to_owned());
                done.set(done.get() + 1);
                let text = said.clone().unwrap_or_default();
                self.event(Event::Drafting { done: done.get(), of, number, text });
                said
            }
        });
        let mut texts: Vec<String> = Vec::new();
        let mut failed = None;
        for said in join_all(asked).await {
            match said {
                Ok(text) if !text.is_empty() && !texts.contains(&text) => texts.push(text),
                Ok(_) => {}
                Err(ServiceError::Cancelled) => return Err(ServiceError::Cancelled),
                Err(error) => failed = Some(error),
            }
        }
        // One draft that came is worth more than the error of another.
        match (texts.is_empty(), failed) {
            (false, _) => Ok(texts),
            (true, Some(error)) => Err(error),
            (true, None) => Err(ServiceError::Remote("the model gave no answer".into())),
        }
    }

    pub(super) async fn pick(&self, profile: &ProfileId, draft: Option<u32>) -> Outcome {
        let store = self.server.store().await?;
        let none = || ServiceError::NotFound("this conversation".into());
        let before = store.chat(&profile.0).await?.ok_or_else(none)?;
        let mut chat = before.clone();
        let mut last = chat.exchanges.pop().ok_or_else(none)?;
        if draft.is_some_and(|draft| draft as usize >= last.drafts.len()) {
            return Err(ServiceError::NotFound("this draft".into()));
        }
        let picked_before = std::mem::take(&mut last.pairs);
        last.picked = draft;
        let choice = draft.filter(|_| last.drafts.len() > 1).map(|winner| {
            let answers = last.drafts.iter().enumerate();
            Choice {
                context: turns(&chat.exchanges).chain([Turn::user(&*last.question)]).collect(),
                answers: answers
                    .map(|(at, draft)| Answer { id: at.to_string(), content: draft.text.clone() })
                    .collect(),
                outcome: Chosen::Preferred(winner.to_string()),
                at_ms: None,
                origin: Some(format!("drafts of {}", last.model)),
            }
        });
        last.pairs = choice.iter().flat_map(Choice::pairs).map(|pair| pair.id).collect();
        chat.exchanges.push(last);
        // The conversation first: where another tab changed it meanwhile, the history must stay as it is too.
        let kept = self.keep_chat(&store, profile, Some(&before), chat.clone()).await?;
        if let Err(error) = self.pick_in_history(profile, &picked_before, choice).await {
            self.keep_chat(&store, profile, Some(&chat), before).await?;
            return Err(error);
        }
        Ok(kept)
    }

    /// Puts a choice among drafts in the place of what was picked before.
    async fn pick_in_history(
        &self,
        profile: &ProfileId,
        before: &[PairId],
        choice: Option<Choice>,
    ) -> Result<(), ServiceError> {
        if !before.is_empty() {
            match self.delete(profile, Some(before)).await {
                // It was deleted on the history page.
                Ok(_) | Err(ServiceError::NotFound(_)) => {}
                Err(error) => return Err(error),
            }
        }
        if let Some(choice) = choice {
            self.record_choice(profile, choice, None).await?;
        }
        Ok(())
    }
}

/// The conversation so far.
fn turns(exchanges: &[ExchangeRow]) -> impl Iterator<Item = Turn> {
    exchanges
        .iter()
        .flat_map(|exchange| [Turn::user(&*exchange.question), Turn::assistant(exchange.answer())])
}

fn view(chat: Option<ChatRow>) -> ChatView {
    let Some(chat) = chat else { return ChatView::default() };
    let draft = |draft: DraftRow| DraftAnswer { text: draft.text, liked: draft.liked, why: draft.why };
    let exchange = |one: ExchangeRow| ExchangeView {
        question: one.question,
        model: one.model,
        drafts: one.drafts.into_iter().map(draft).collect(),
        picked: one.picked,
    };
    ChatView {
        endpoint: Some(chat.endpoint),
        origin: chat.origin,
        about: chat.about,
        exchanges: chat.exchanges.into_iter().map(exchange).collect(),
    }
}
