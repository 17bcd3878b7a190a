//! How the method talks to a model without doing so: an `async` function whose only await is a question.
//!
//! The compiler turns the method into a state machine; [`Machine::step`] hands it answers and polls it once. So
//! the method reads from top to bottom, touches no clock, network or store, and runs in a plain test. What it was
//! told it remembers: equal questions leave it once, and replaying stored answers through a fresh machine brings
//! it back to where it was.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use super::PersonaError;
use super::progress::{Plan, Remaining};
use super::question::{Answer, Ask, Question, QuestionId};
use super::trace::Call;
use crate::model::{Generation, Scores};

/// What a machine wants next.
#[derive(Debug)]
pub enum Step<P, T> {
    /// Answers to these, in an order that walks shared beginnings depth first.
    Ask(Vec<Question<P>>),
    /// Nothing more: this is what came of it.
    Done(T),
}

/// A method under way.
pub struct Machine<P, T> {
    method: Pin<Box<dyn Future<Output = Result<T, PersonaError>>>>,
    board: Rc<RefCell<Board<P>>>,
    /// What came of it, until the next step takes it.
    outcome: Option<T>,
}

impl<P: Clone + 'static, T> Machine<P, T> {
    /// Starts a method; it does nothing before the first step.
    pub(super) fn new<F>(method: impl FnOnce(Dialogue<P>) -> F) -> Self
    where
        F: Future<Output = Result<T, PersonaError>> + 'static,
    {
        let board = Rc::new(RefCell::new(Board::default()));
        Machine { method: Box::pin(method(Dialogue { board: board.clone() })), board, outcome: None }
    }

    /// Takes the answers to what was asked (any order, any part of them) and goes on as far as they reach.
    ///
    /// # Errors
    /// When an answer is of another kind than its question, or the method can't go on.
    pub fn step(
        &mut self,
        answers: impl IntoIterator<Item = (QuestionId, Answer)>,
    ) -> Result<Step<P, T>, PersonaError> {
        answers.into_iter().for_each(|(id, answer)| self.hear(id, answer));
        if let Some(outcome) = self.outcome.take() {
            return Ok(Step::Done(outcome));
        }
        match self.method.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => result.map(Step::Done),
            Poll::Pending => Ok(Step::Ask(self.board.borrow().open())),
        }
    }

    /// Has the next step give this outcome: of a method that came to its end while only its cost was asked for.
    pub(super) fn keep(&mut self, outcome: T) {
        self.outcome = Some(outcome);
    }

    /// Takes one answer without going on; what is left counts it at once.
    pub fn hear(&mut self, id: QuestionId, answer: Answer) {
        self.board.borrow_mut().take(id, answer);
    }

    /// What is done, and an upper bound of what is left.
    pub fn remaining(&self) -> Remaining {
        self.board.borrow().remaining.clone()
    }
}

/// What passes between the method and whoever answers.
struct Board<P> {
    wanted: Vec<Question<P>>,
    answers: HashMap<QuestionId, Answer>,
    calls: Vec<Call>,
    /// Every question to the model that the method had, answered before or not.
    asked: HashSet<QuestionId>,
    /// Those that it had before, once for each time.
    again: Vec<QuestionId>,
    phase: &'static str,
    remaining: Remaining,
}

impl<P> Default for Board<P> {
    fn default() -> Self {
        Board {
            wanted: Vec::new(),
            answers: HashMap::new(),
            calls: Vec::new(),
            asked: HashSet::new(),
            again: Vec::new(),
            phase: "",
            remaining: Remaining::default(),
        }
    }
}

impl<P: Clone> Board<P> {
    /// What was asked and not answered yet.
    fn open(&self) -> Vec<Question<P>> {
        self.wanted.iter().filter(|question| !self.answers.contains_key(&question.id)).cloned().collect()
    }
}

impl<P> Board<P> {
    /// Remembers what the method wants of the model, and what of it for another time. That a stored answer is there
    /// already says nothing: a job that goes on has those of what it has not come to yet.
    fn note(&mut self, questions: &[Question<P>]) {
        for question in questions.iter().filter(|question| !matches!(question.ask, Ask::Count(_))) {
            if !self.asked.insert(question.id) {
                self.again.push(question.id);
            }
        }
    }
}

impl<P> Board<P> {
    fn take(&mut self, id: QuestionId, answer: Answer) {
        if self.answers.contains_key(&id) {
            return;
        }
        if let Some(usage) = answer.usage() {
            self.remaining.spend(&answer);
            let generated = matches!(answer, Answer::Generation(_));
            self.calls.push(Call {
                phase: self.phase.to_owned(),
                question: id.to_string(),
                generated,
                usage,
            });
        }
        self.answers.insert(id, answer);
    }
}

/// The method's end of the conversation.
pub(super) struct Dialogue<P> {
    board: Rc<RefCell<Board<P>>>,
}

impl<P> Clone for Dialogue<P> {
    fn clone(&self) -> Self {
        Dialogue { board: self.board.clone() }
    }
}

impl<P> Dialogue<P> {
    /// Asks all of these and waits for every answer, given in the same order.
    pub async fn ask(&self, questions: Vec<Question<P>>) -> Vec<Answer> {
        let ids: Vec<QuestionId> = questions.iter().map(|question| question.id).collect();
        let mut unasked = Some(questions);
        poll_fn(|_| {
            let mut board = self.board.borrow_mut();
            // A second poll without all answers asks nothing new: what is open was handed out already.
            if let Some(questions) = unasked.take() {
                board.note(&questions);
                let mut seen = HashSet::new();
                let answered = &board.answers;
                let open: Vec<_> = questions
                    .into_iter()
                    .filter(|question| !answered.contains_key(&question.id) && seen.insert(question.id))
                    .collect();
                board.wanted = open;
            }
            let found: Option<Vec<Answer>> = ids.iter().map(|id| board.answers.get(id).cloned()).collect();
            found.map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }

    /// Asks for lengths in tokens.
    pub async fn counts(&self, fingerprint: &str, texts: &[String]) -> Result<Vec<u32>, PersonaError> {
        let questions = texts.iter().map(|text| Question::count(fingerprint, text)).collect();
        let count = |answer| match answer {
            Answer::Count(tokens) => Ok(tokens),
            _ => Err(PersonaError::WrongKind { asked: "a count" }),
        };
        self.ask(questions).await.into_iter().map(count).collect()
    }

    /// Asks one question that generates.
    pub async fn generation(&self, question: Question<P>) -> Result<Generation, PersonaError> {
        debug_assert!(matches!(question.ask, Ask::Generate(..)));
        match self.ask(vec![question]).await.pop() {
            Some(Answer::Generation(generation)) => Ok(generation),
            _ => Err(PersonaError::WrongKind { asked: "a generated text" }),
        }
    }

    /// Names what the next calls are for, in the trace and in the progress.
    pub fn phase(&self, phase: &'static str) {
        let mut board = self.board.borrow_mut();
        board.phase = phase;
        board.remaining.phase = phase;
    }

    /// Says what is left at most, from here on, and what of that only where something is found that has to be tested.
    pub fn plan(&self, left: Plan, unsure: Plan) {
        self.board.borrow_mut().remaining.plan(left, unsure);
    }

    /// Tokens of the prompts that the method wanted again, and whose answers it had.
    pub fn spared_tokens(&self) -> u64 {
        let board = self.board.borrow();
        let usage = |id| board.answers.get(id).and_then(Answer::usage);
        board.again.iter().filter_map(usage).map(|usage| usage.prompt_tokens).sum()
    }

    /// The calls so far.
    pub fn calls(&self) -> Vec<Call> {
        self.board.borrow().calls.clone()
    }
}

/// The log-probabilities in an answer to a scoring question.
pub(super) fn scores(answer: Answer, labels: usize) -> Result<Scores, PersonaError> {
    match answer {
        Answer::Scores(scores) if scores.log_probabilities.len() == labels => Ok(scores),
        _ => Err(PersonaError::WrongKind { asked: "one log-probability for each label" }),
    }
}
