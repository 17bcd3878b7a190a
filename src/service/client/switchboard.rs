//! Who waits for which answer: the page's bookkeeping of its requests to the data worker.
//!
//! It sends nothing and knows no browser: messages to post come out of its verbs, so that a worker that is slow
//! to start, answers twice, or dies is tested without one.

use std::collections::HashMap;
use std::rc::Rc;

use super::super::{Change, Envelope, Event, FromWorker, Request, Response, ServiceError, ToWorker};

/// What comes back for a request, once.
pub type Answer = Result<Response, ServiceError>;

/// A message to post, with what serde can't carry beside it.
#[derive(Debug)]
pub struct Outgoing<A> {
    /// The message.
    pub message: ToWorker,
    /// The attached file, if any.
    pub attachment: Option<A>,
}

/// Someone who waits.
struct Waiting {
    answer: Box<dyn FnOnce(Answer)>,
    event: Rc<dyn Fn(Event)>,
}

/// All requests that are under way.
pub struct Switchboard<A> {
    next: u32,
    ready: bool,
    outbox: Vec<Outgoing<A>>,
    waiting: HashMap<Envelope, Waiting>,
}

impl<A> Default for Switchboard<A> {
    fn default() -> Self {
        Switchboard { next: 0, ready: false, outbox: Vec::new(), waiting: HashMap::new() }
    }
}

impl<A> Switchboard<A> {
    /// Takes a request; what is to be posted now comes out of [`Switchboard::post`].
    pub fn ask(
        &mut self,
        request: Request,
        attachment: Option<A>,
        event: impl Fn(Event) + 'static,
        answer: impl FnOnce(Answer) + 'static,
    ) -> Envelope {
        self.next = self.next.wrapping_add(1);
        let envelope = Envelope(self.next);
        self.waiting.insert(envelope, Waiting { answer: Box::new(answer), event: Rc::new(event) });
        self.outbox.push(Outgoing { message: ToWorker::Ask(envelope, request), attachment });
        envelope
    }

    /// Asks that a request be stopped. One that was never posted is answered at once, by the returned closure.
    #[must_use = "the one who waits must be told"]
    pub fn cancel(&mut self, envelope: Envelope) -> Option<Told> {
        let unposted = |o: &Outgoing<A>| matches!(&o.message, ToWorker::Ask(e, _) if *e == envelope);
        if let Some(at) = self.outbox.iter().position(unposted) {
            self.outbox.remove(at);
            let waiting = self.waiting.remove(&envelope)?;
            return Some(Told::Answer(waiting.answer, Err(ServiceError::Cancelled)));
        }
        if self.waiting.contains_key(&envelope) {
            self.outbox.push(Outgoing { message: ToWorker::Cancel(envelope), attachment: None });
        }
        None
    }

    /// The messages to post now; none before the worker is ready.
    pub fn post(&mut self) -> Vec<Outgoing<A>> {
        if self.ready { std::mem::take(&mut self.outbox) } else { Vec::new() }
    }

    /// Takes what the worker sent. What is to be told is handed back rather than told here, because who is told
    /// may ask the next question, and the switchboard would still be borrowed.
    #[must_use = "the one who waits must be told"]
    pub fn receive(&mut self, message: FromWorker) -> Option<Told> {
        match message {
            FromWorker::Ready => {
                self.ready = true;
                None
            }
            FromWorker::Answer(envelope, answer) => {
                let waiting = self.waiting.remove(&envelope)?;
                Some(Told::Answer(waiting.answer, answer))
            }
            FromWorker::Event(envelope, event) => {
                let waiting = self.waiting.get(&envelope)?;
                Some(Told::Event(waiting.event.clone(), event))
            }
            FromWorker::Changed(change) => Some(Told::Changed(change)),
            // These are for the models on the page, and nobody waits for them here.
            FromWorker::AskPage(..) | FromWorker::DropPageAsk(_) => None,
        }
    }

    /// The worker died: everyone who waits is told, and nothing is posted until the next one is ready.
    ///
    /// Requests that were never posted are told too: repeating one that may have killed the worker would kill
    /// the next one.
    #[must_use = "those who wait must be told"]
    pub fn crashed(&mut self, reason: &str) -> Vec<Told> {
        self.ready = false;
        self.outbox.clear();
        let mut waiting: Vec<_> = self.waiting.drain().collect();
        waiting.sort_by_key(|(envelope, _)| envelope.0);
        let error = || Err(ServiceError::Internal(reason.into()));
        waiting.into_iter().map(|(_, w)| Told::Answer(w.answer, error())).collect()
    }

    /// How many requests wait for their answer.
    pub fn under_way(&self) -> usize {
        self.waiting.len()
    }
}

/// Something to be told, after the switchboard is let go.
pub enum Told {
    /// To the one who asked.
    Answer(Box<dyn FnOnce(Answer)>, Answer),
    /// To the one who asked, while it lasts.
    Event(Rc<dyn Fn(Event)>, Event),
    /// To all who listen.
    Changed(Change),
}

impl Told {
    /// Tells it; a change goes to `everyone`.
    pub fn tell(self, everyone: impl FnOnce(Change)) {
        match self {
            Told::Answer(waiting, answer) => waiting(answer),
            Told::Event(listener, event) => listener(event),
            Told::Changed(change) => everyone(change),
        }
    }
}

impl std::fmt::Debug for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Told::Answer(_, answer) => f.debug_tuple("Answer").field(answer).finish(),
            Told::Event(_, event) => f.debug_tuple("Event").field(event).finish(),
            Told::Changed(change) => f.debug_tuple("Changed").field(change).finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    type Log = Rc<RefCell<Vec<String>>>;

    fn ask(board: &mut Switchboard<()>, log: &Log, request: Request) -> Envelope {
        let (events, answers) = (log.clone(), log.clone());
        board.ask(
            request,
            None,
            move |event| events.borrow_mut().push(format!("{event:?}")),
            move |answer| answers.borrow_mut().push(format!("{answer:?}")),
        )
    }

    fn tell(told: impl IntoIterator<Item = Told>) {
        told.into_iter().for_each(|one| one.tell(|change| panic!("{change:?}")));
    }

    #[test]
    fn nothing_is_posted_before_the_worker_is_ready() {
        let (mut board, log) = (Switchboard::default(), Log::default());
        ask(&mut board, &log, Request::Open);
        ask(&mut board, &log, Request::Models);
        assert!(board.post().is_empty());
        assert!(board.receive(FromWorker::Ready).is_none());
        let posted: Vec<_> = board.post().iter().map(|o| format!("{:?}", o.message)).collect();
        assert_eq!(posted, ["Ask(Envelope(1), Open)", "Ask(Envelope(2), Models)"]);
        assert!(board.post().is_empty());
    }

    #[test]
    fn an_answer_finds_who_asked_and_only_once() {
        let (mut board, log) = (Switchboard::default(), Log::default());
        let first = ask(&mut board, &log, Request::Open);
        let second = ask(&mut board, &log, Request::Models);
        tell(board.receive(FromWorker::Answer(second, Ok(Response::Done))));
        tell(board.receive(FromWorker::Answer(second, Err(ServiceError::NoModel))));
        assert_eq!(*log.borrow(), ["Ok(Done)"]);
        tell(board.receive(FromWorker::Answer(first, Err(ServiceError::NoModel))));
        assert_eq!(*log.borrow(), ["Ok(Done)", "Err(NoModel)"]);
        assert_eq!(board.under_way(), 0);
    }

    #[test]
    fn events_come_only_while_one_waits() {
        let (mut board, log) = (Switchboard::<()>::default(), Log::default());
        let envelope = ask(&mut board, &log, Request::Models);
        let event = Event::Importing { bytes: 1, of: 2, imported: 3 };
        tell(board.receive(FromWorker::Event(envelope, event.clone())));
        tell(board.receive(FromWorker::Answer(envelope, Ok(Response::Done))));
        assert!(board.receive(FromWorker::Event(envelope, event)).is_none());
        assert_eq!(log.borrow().len(), 2);
    }

    #[test]
    fn cancelling_before_the_post_answers_at_once_and_after_it_asks_the_worker() {
        let (mut board, log) = (Switchboard::default(), Log::default());
        let unposted = ask(&mut board, &log, Request::Open);
        tell(board.cancel(unposted));
        assert_eq!(*log.borrow(), ["Err(Cancelled)"]);
        assert!(board.receive(FromWorker::Ready).is_none());
        assert!(board.post().is_empty());

        let posted = ask(&mut board, &log, Request::Open);
        board.post();
        assert!(board.cancel(posted).is_none());
        assert!(matches!(board.post()[..], [Outgoing { message: ToWorker::Cancel(e), .. }] if e == posted));
        assert_eq!(board.under_way(), 1);
    }

    #[test]
    fn when_the_worker_dies_everyone_is_told_in_order() {
        let (mut board, log) = (Switchboard::default(), Log::default());
        assert!(board.receive(FromWorker::Ready).is_none());
        let late = ask(&mut board, &log, Request::Open);
        board.post();
        ask(&mut board, &log, Request::Models);
        tell(board.crashed("out of memory"));
        assert_eq!(*log.borrow(), vec!["Err(Internal(\"out of memory\"))"; 2]);
        assert!(board.post().is_empty());
        tell(board.receive(FromWorker::Answer(late, Ok(Response::Done))));
        assert_eq!(log.borrow().len(), 2);
    }

    #[test]
    fn changes_are_for_all() {
        let mut board = Switchboard::<()>::default();
        let told = board.receive(FromWorker::Changed(Change::Models));
        assert!(matches!(told, Some(Told::Changed(Change::Models))));
    }
}
