//! Requests about a person's history: the list, one pair, what is typed in, deletions, the export.

use std::collections::HashSet;

use super::{Asked, Outcome, Server, wire};
use crate::preference::format::likeness;
use crate::preference::{Choice, Outcome as Said, PairId, PreferencePair, TYPED_IN};
use crate::service::{
    Change, Deletion, DraftPair, Event, PairPage, PairRow, PairView, ProfileId, Response, ServiceError,
    TiePage, TieRow,
};
use crate::store::search::Query;
use crate::store::{Page, Store, now_ms};

/// Characters of each text that a row of the list shows.
const SHOWN_CHARS: usize = 240;

/// The most rows of one window.
const WINDOW: u32 = 1_000;

impl Server {
    /// Carries a deletion out when its time is over.
    pub(super) fn carry_out_at(&self, until_ms: f64, profile: ProfileId) {
        let server = self.clone();
        wasm_bindgen_futures::spawn_local(async move {
            wire::sleep(until_ms - now_ms() + 1.0).await;
            (server.inner.duty.carry_out)(server.clone(), profile).await;
        });
    }
}

impl Asked {
    pub(super) async fn list(&self, profile: &ProfileId, query: &str, offset: u32, limit: u32) -> Outcome {
        let store = self.server.store().await?;
        let mut found = |page: &Page| {
            self.event(Event::Found(page_view(page, offset)));
            !self.stopped()
        };
        let limit = limit.min(WINDOW) as usize;
        let page = store.page(&profile.0, &Query::new(query), offset as usize, limit, &mut found).await?;
        if self.stopped() {
            return Err(ServiceError::Cancelled);
        }
        Ok(Response::List(page_view(&page, offset)))
    }

    pub(super) async fn pair(&self, profile: &ProfileId, id: PairId) -> Outcome {
        let pairs = self.server.store().await?.pairs(&profile.0, &[id]).await?;
        if pairs.is_empty() {
            return Err(ServiceError::NotFound("this pair".into()));
        }
        Ok(Response::Pairs(pairs.into_iter().map(pair_view).collect()))
    }

    pub(super) async fn pairs(&self, profile: &ProfileId, ids: &[PairId]) -> Outcome {
        let pairs = self.server.store().await?.pairs(&profile.0, ids).await?;
        Ok(Response::Pairs(pairs.into_iter().map(pair_view).collect()))
    }

    pub(super) async fn save_pair(
        &self,
        profile: &ProfileId,
        draft: DraftPair,
        supersedes: Option<PairId>,
    ) -> Outcome {
        let store = self.server.store().await?;
        let new = typed_pair(draft)?;
        let saved = match supersedes {
            Some(old) => {
                let before = store.pairs(&profile.0, &[old]).await?.pop();
                let before = before.ok_or_else(|| ServiceError::NotFound("the pair to change".into()))?;
                let new = PreferencePair {
                    at_ms: before.at_ms,
                    origin: before.origin,
                    standing: before.standing,
                    supersedes: before.supersedes,
                    ..new
                };
                store.replace(&profile.0, old, new).await?
            }
            None => {
                let origin = new.origin.or_else(|| Some(TYPED_IN.into()));
                let new = PreferencePair { at_ms: Some(now_ms() as i64), origin, ..new };
                let _lock = store.writing().await;
                store.add(&profile.0, std::slice::from_ref(&new), &[], true).await?;
                store.tell(&crate::store::News::History(profile.0.clone()));
                new
            }
        };
        self.server.changed(Change::History(profile.clone()));
        Ok(Response::Pairs(vec![pair_view(saved)]))
    }

    pub(super) async fn record_choice(
        &self,
        profile: &ProfileId,
        choice: Choice,
        supersedes: Option<Said>,
    ) -> Outcome {
        check_choice(&choice)?;
        let store = self.server.store().await?;
        let choice = Choice {
            at_ms: choice.at_ms.or(Some(now_ms() as i64)),
            origin: choice.origin.or_else(|| Some(TYPED_IN.into())),
            ..choice
        };
        let pairs = match supersedes.filter(|said| *said != choice.outcome) {
            Some(outcome) => {
                let before = Choice { outcome, ..choice.clone() };
                check_choice(&before)?;
                store.change_choice(&profile.0, &before, &choice).await?
            }
            None => {
                let pairs = choice.pairs();
                let _lock = store.writing().await;
                store.add(&profile.0, &pairs, std::slice::from_ref(&choice), true).await?;
                store.tell(&crate::store::News::History(profile.0.clone()));
                pairs
            }
        };
        self.server.changed(Change::History(profile.clone()));
        Ok(Response::Pairs(pairs.into_iter().map(pair_view).collect()))
    }

    pub(super) async fn take_back_choice(&self, profile: &ProfileId, choice: Choice) -> Outcome {
        check_choice(&choice)?;
        if !self.server.store().await?.take_back_choice(&profile.0, &choice).await? {
            return Err(ServiceError::NotFound("this choice".into()));
        }
        self.server.changed(Change::History(profile.clone()));
        self.server.changed(Change::Portrait(profile.clone()));
        Ok(Response::Done)
    }

    pub(super) async fn delete(&self, profile: &ProfileId, ids: Option<&[PairId]>) -> Outcome {
        let store = self.server.store().await?;
        let (deletion, pairs) = store.delete(&profile.0, ids).await?;
        self.server.changed(Change::History(profile.clone()));
        self.server.changed(Change::Portrait(profile.clone()));
        if ids.is_none() {
            self.server.changed(Change::Profiles);
        }
        Ok(self.deleted(profile, deletion.undo, pairs, deletion.until_ms))
    }

    /// Sees to it that a deletion is carried out when its time is over; the answer to whoever asked for it.
    fn deleted(&self, profile: &ProfileId, undo: u64, pairs: u32, until_ms: f64) -> Response {
        self.server.carry_out_at(until_ms, profile.clone());
        Response::Deleted(Deletion { undo, pairs, until_ms })
    }

    pub(super) async fn ties(&self, profile: &ProfileId, query: &str, limit: u32) -> Outcome {
        let store = self.server.store().await?;
        let query = Query::new(query);
        let ids = store.tie_ids(&profile.0).await?;
        if query.is_empty() && limit == 0 {
            return Ok(Response::Ties(TiePage { total: ids.len() as u32, rows: Vec::new() }));
        }
        let mut ties = store.choices_of(&profile.0, ids).await?;
        ties.retain(|(_, choice)| query.matches(searched_text(choice).as_bytes()));
        let total = ties.len() as u32;
        ties.sort_by_key(|(_, choice)| std::cmp::Reverse(choice.at_ms));
        ties.truncate(limit.min(WINDOW) as usize);
        Ok(Response::Ties(TiePage { total, rows: ties.into_iter().map(tie_row).collect() }))
    }

    pub(super) async fn delete_ties(&self, profile: &ProfileId, ids: Option<&[String]>) -> Outcome {
        let (deletion, pairs) = self.server.store().await?.delete_ties(&profile.0, ids).await?;
        self.server.changed(Change::History(profile.clone()));
        Ok(self.deleted(profile, deletion.undo, pairs, deletion.until_ms))
    }

    pub(super) async fn undo(&self, undo: u64) -> Outcome {
        let profile = ProfileId(self.server.store().await?.undo(undo).await?);
        self.server.changed(Change::Profiles);
        self.server.changed(Change::History(profile.clone()));
        self.server.changed(Change::Portrait(profile));
        Ok(Response::Done)
    }

    pub(super) async fn export_history(&self, profile: &ProfileId) -> Outcome {
        let store = self.server.store().await?;
        let mut file = wire::Parts::new("application/jsonl");
        export_lines(&store, profile, &mut |line| file.push(line.as_bytes())).await?;
        self.attach(file)
    }

    /// Answers with a file.
    pub(super) fn attach(&self, file: wire::Parts) -> Outcome {
        let refused = |_| ServiceError::Internal("the browser makes no file".into());
        self.attached.replace(Some(file.into_blob().map_err(refused)?.into()));
        Ok(Response::File)
    }
}

/// The lines of a history's export, each with its end.
pub(super) async fn export_lines(
    store: &Store,
    profile: &ProfileId,
    each: &mut dyn FnMut(&str),
) -> Result<(), ServiceError> {
    each(&likeness::header());
    store
        .newest(&profile.0, usize::MAX, &mut |pairs| {
            pairs.iter().for_each(|pair| each(&likeness::pair_line(pair, None)));
        })
        .await?;
    for choice in store.choices(&profile.0).await? {
        each(&likeness::choice_line(&choice));
    }
    Ok(())
}

/// What a person typed in, or a page told, as a pair.
fn typed_pair(draft: DraftPair) -> Result<PreferencePair, ServiceError> {
    let invalid = |what: &str| Err(ServiceError::Invalid(what.into()));
    if draft.chosen.trim().is_empty() || draft.rejected.trim().is_empty() {
        return invalid("an answer is empty");
    }
    if draft.chosen == draft.rejected {
        return invalid("the two answers are the same text");
    }
    let is_said = |text: &String| !text.trim().is_empty();
    let (note, origin) = (draft.note.filter(is_said), draft.origin.filter(is_said));
    Ok(PreferencePair { note, origin, ..PreferencePair::new(draft.context, draft.chosen, draft.rejected) })
}

fn check_choice(choice: &Choice) -> Result<(), ServiceError> {
    let invalid = |what: &str| Err(ServiceError::Invalid(what.into()));
    let ids: HashSet<&str> = choice.answers.iter().map(|answer| answer.id.as_str()).collect();
    if choice.answers.len() < 2 {
        return invalid("a choice needs two answers");
    }
    if ids.len() < choice.answers.len() {
        return invalid("two answers have the same id");
    }
    match &choice.outcome {
        Said::Preferred(winner) if !ids.contains(winner.as_str()) => {
            invalid("the preferred answer is not among the answers")
        }
        _ => Ok(()),
    }
}

pub(super) fn pair_view(pair: PreferencePair) -> PairView {
    PairView {
        id: pair.id,
        context: pair.context,
        chosen: pair.chosen,
        rejected: pair.rejected,
        at_ms: pair.at_ms.map(|at| at as f64),
        origin: pair.origin,
        note: pair.note,
    }
}

/// What a search of choices without a winner looks in: the same texts as of a pair.
fn searched_text(choice: &Choice) -> String {
    let context = choice.context.iter().map(|turn| turn.content.as_str());
    let answers = choice.answers.iter().map(|answer| answer.content.as_str());
    context.chain(answers).chain(choice.origin.as_deref()).collect::<Vec<_>>().join("\n")
}

fn tie_row((id, choice): (String, Choice)) -> TieRow {
    TieRow {
        id,
        question: choice.context.last().map_or_else(String::new, |turn| beginning(&turn.content)),
        answers: choice.answers.iter().map(|answer| beginning(&answer.content)).collect(),
        said: choice.outcome,
        at_ms: choice.at_ms.map(|at| at as f64),
        origin: choice.origin,
    }
}

fn page_view(page: &Page, offset: u32) -> PairPage {
    let row = |pair: &PreferencePair| PairRow {
        id: pair.id,
        question: pair.context.last().map_or_else(String::new, |turn| beginning(&turn.content)),
        chosen: beginning(&pair.chosen),
        rejected: beginning(&pair.rejected),
        at_ms: pair.at_ms.map(|at| at as f64),
        origin: pair.origin.clone(),
    };
    PairPage { total: page.total, offset, rows: page.pairs.iter().map(row).collect() }
}

fn beginning(text: &str) -> String {
    text.chars().take(SHOWN_CHARS).collect()
}
