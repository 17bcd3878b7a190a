//! The one driver that asks: it takes a method's questions to a model and brings the answers back.
//!
//! The same in the browser and natively. Every answer goes to the journal before the method sees it, so a job that
//! was cut off goes on from the journal without a call. Cancelling is looked at before each question; what a model
//! does within one question it must itself be able to stop.

use super::PersonaError;
use super::dialogue::{Machine, Step};
use super::progress::{Plan, Remaining};
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
/// `progress` hears after every answer; `cancelled` is looked at before each question.
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
        for question in questions {
            if cancelled() {
                return Err(DriveError::Cancelled);
            }
            let kept =
                journal.get(&question.id).await.map_err(|error| DriveError::Journal(error.to_string()))?;
            let answer = match kept {
                Some(answer) => answer,
                None => {
                    let answer = ask(model, &question).await?;
                    let put = journal.put(&question.id, &answer).await;
                    put.map_err(|error| DriveError::Journal(error.to_string()))?;
                    answer
                }
            };
            machine.hear(question.id, answer);
            progress(&machine.remaining());
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
) -> Result<Plan, DriveError>
where
    M: LanguageModel,
    M::Input: Clone + 'static,
    J: Journal,
{
    loop {
        let Step::Ask(questions) = machine.step([])? else { return Ok(Plan::default()) };
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
            return Ok(machine.remaining().left);
        }
    }
}

async fn ask<M: LanguageModel>(model: &M, question: &Question<M::Input>) -> Result<Answer, DriveError> {
    let answer = match &question.ask {
        Ask::Count(text) => model.count_tokens(text).await.map(Answer::Count),
        Ask::Generate(prompt, sampling) => model.generate(prompt, sampling).await.map(Answer::Generation),
        Ask::Score(prompt, labels) => model.score(prompt, labels).await.map(Answer::Scores),
    };
    answer.map_err(|error| match error {
        ModelError::Cancelled => DriveError::Cancelled,
        other => DriveError::Model(other),
    })
}
