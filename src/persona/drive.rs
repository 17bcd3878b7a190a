//! The one driver that asks: it takes a method's questions to a model and brings the answers back.
//!
//! The same in the browser and natively. Every answer goes to the journal before the method sees it, so a job that
//! was cut off goes on from the journal without a call. Judgements go to the model in
//! groups of the size that it likes, any other question by itself. Cancelling is looked at before each group; what a model
//! does within one it must itself be able to stop.

use super::PersonaError;
use super::dialogue::{Machine, Step};
use super::progress::Remaining;
use super::question::{Answer, Ask, Question, QuestionId};
use crate::model::{LanguageModel, ModelError};

/// Keeps the answers of a job.
#[allow(async_fn_in_trait)] // why: used with static dispatch only, on one thread.
pub trait Journal {
    /// Why it could not keep or give back an answer.
    type Error: std::fmt::Display;

    /// The answer kept for a question, if there is one.
    async fn get(&mut self, id: &QuestionId) -> Result<Option<Answer>, Self::Error>;

    /// Keeps an answer.
    async fn put(&mut self, id: &QuestionId, answer: &Answer) -> Result<(), Self::Error>;
}

/// Keeps nothing: for judgements, which are quickly made again.
pub struct NoJournal;

impl Journal for NoJournal {
    type Error = std::convert::Infallible;

    async fn get(&mut self, _: &QuestionId) -> Result<Option<Answer>, Self::Error> {
        Ok(None)
    }

    async fn put(&mut self, _: &QuestionId, _: &Answer) -> Result<(), Self::Error> {
        Ok(())
    }
}

/// Why a method did not come to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DriveError {
    /// Someone stopped it; the journal holds what was answered.
    #[error("cancelled; what was answered is kept, and the job goes on from there")]
    Cancelled,
    /// The model gave no answer.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The method can't use what it got.
    #[error(transparent)]
    Method(#[from] PersonaError),
    /// The journal failed.
    #[error("the job's answers could not be kept: {0}")]
    Journal(String),
}

/// Asks `model` until the method is done.
///
/// `progress` hears before the model is asked and after every answer; `cancelled` is looked at before each group of
/// judgements and before any other question.
///
/// # Errors
/// See [`DriveError`]; the machine is of no use afterwards, a fresh one with the same journal goes on.
pub async fn drive<M, T, J>(
    model: &M,
    machine: &mut Machine<M::Input, T>,
    journal: &mut J,
    mut progress: impl FnMut(&Remaining),
    cancelled: impl Fn() -> bool,
) -> Result<T, DriveError>
where
    M: LanguageModel,
    M::Input: Clone + 'static,
    J: Journal,
{
    loop {
        let questions = match machine.step([])? {
            Step::Done(outcome) => return Ok(outcome),
            Step::Ask(questions) => questions,
        };
        if questions.is_empty() {
            return Err(DriveError::Method(PersonaError::Stuck));
        }
        let mut asked = Vec::with_capacity(questions.len());
        for question in questions {
            let kept = journal.get(&question.id).await;
            asked.push((question, kept.map_err(|error| DriveError::Journal(error.to_string()))?));
        }
        // A slow model's first answer takes a minute; what it is at is told before.
        if asked.iter().any(|(question, kept)| kept.is_none() && !matches!(question.ask, Ask::Count(_))) {
            progress(&machine.remaining());
        }
        for group in groups(&asked, model.scores_together()) {
            if cancelled() {
                return Err(DriveError::Cancelled);
            }
            if let [(question, Some(answer))] = group {
                machine.hear(question.id, answer.clone());
                progress(&machine.remaining());
                continue;
            }
            for ((question, _), answer) in group.iter().zip(ask_all(model, group).await?) {
                let put = journal.put(&question.id, &answer).await;
                put.map_err(|error| DriveError::Journal(error.to_string()))?;
                machine.hear(question.id, answer);
                progress(&machine.remaining());
            }
        }
    }
}

/// Goes on as far as it can without asking the model anything, and tells what it will then ask at most.
///
/// Lengths are counted and kept answers are given; counting never leaves the device. [`drive`] goes on from there.
///
/// # Errors
/// As [`drive`].
pub async fn foresee<M, T, J>(
    model: &M,
    machine: &mut Machine<M::Input, T>,
    journal: &mut J,
) -> Result<Remaining, DriveError>
where
    M: LanguageModel,
    M::Input: Clone + 'static,
    J: Journal,
{
    loop {
        let questions = match machine.step([])? {
            Step::Ask(questions) => questions,
            Step::Done(outcome) => {
                machine.keep(outcome);
                return Ok(Remaining::default());
            }
        };
        if questions.is_empty() {
            return Err(DriveError::Method(PersonaError::Stuck));
        }
        let mut open = false;
        for question in questions {
            let kept =
                journal.get(&question.id).await.map_err(|error| DriveError::Journal(error.to_string()))?;
            match (kept, &question.ask) {
                (Some(answer), _) => machine.hear(question.id, answer),
                (None, Ask::Count(_)) => machine.hear(question.id, ask(model, &question).await?),
                (None, _) => open = true,
            }
        }
        if open {
            return Ok(machine.remaining());
        }
    }
}

/// A question, and the answer that was kept.
type Asked<P> = (Question<P>, Option<Answer>);

/// The questions in order; scores that follow each other and have no answer yet in groups of at most `together`, all
/// others alone.
fn groups<P>(asked: &[Asked<P>], together: usize) -> impl Iterator<Item = &[Asked<P>]> {
    let open_score = |asked: &Asked<P>| matches!(asked, (Question { ask: Ask::Score(..), .. }, None));
    asked
        .chunk_by(move |a, b| open_score(a) && open_score(b))
        .flat_map(move |run| run.chunks(together.max(1)))
}

/// Asks a group of [`groups`] that has no answers.
async fn ask_all<M: LanguageModel>(model: &M, group: &[Asked<M::Input>]) -> Result<Vec<Answer>, DriveError> {
    if let [(question, _)] = group {
        return Ok(vec![ask(model, question).await?]);
    }
    let scores: Vec<(&M::Input, &[String])> = group
        .iter()
        .filter_map(|(question, _)| match &question.ask {
            Ask::Score(prompt, labels) => Some((prompt, &labels[..])),
            _ => None,
        })
        .collect();
    let scores = model.score_all(&scores).await.map_err(failure)?;
    Ok(scores.into_iter().map(Answer::Scores).collect())
}

fn failure(error: ModelError) -> DriveError {
    match error {
        ModelError::Cancelled => DriveError::Cancelled,
        other => DriveError::Model(other),
    }
}

async fn ask<M: LanguageModel>(model: &M, question: &Question<M::Input>) -> Result<Answer, DriveError> {
    let answer = match &question.ask {
        Ask::Count(text) => model.count_tokens(text).await.map(Answer::Count),
        Ask::Generate(prompt, sampling) => model.generate(prompt, sampling).await.map(Answer::Generation),
        Ask::Score(prompt, labels) => model.score(prompt, labels).await.map(Answer::Scores),
    };
    answer.map_err(failure)
}
