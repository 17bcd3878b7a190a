//! What is told while nothing comes from an endpoint: that it is waited for, or when it is asked again.

use std::cell::Cell;
use std::convert::Infallible;
use std::future::{Future, pending};

use super::transport::{First, first};

/// How long an endpoint may say nothing until that is told, in milliseconds: an honest one often thinks for seconds.
pub(super) const SILENT_MS: u32 = 5000;

/// How it stands with an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// It was asked and says nothing.
    ForReply,
    /// It failed in a way that passes, and is asked again in so many milliseconds.
    ToAskAgain(u32),
    /// Nothing is waited for any more.
    Over,
}

/// Who is told. Several requests may wait at once; it is over when none does.
#[derive(Default)]
pub(super) struct Waits {
    tell: Option<Box<dyn Fn(Waiting)>>,
    under_way: Cell<usize>,
}

/// One wait; it is over when dropped.
struct Wait<'a>(&'a Waits);

impl Waits {
    /// They are told to this one.
    pub fn told_to(tell: impl Fn(Waiting) + 'static) -> Self {
        Waits { tell: Some(Box::new(tell)), ..Waits::default() }
    }

    /// What `work` gives; the wait is told until then.
    pub async fn during<A>(&self, what: Waiting, work: impl Future<Output = A>) -> A {
        let _wait = self.begin(what);
        work.await
    }

    /// What `work` gives; that it is waited for is told once `patience` is over.
    pub async fn after<A>(&self, patience: impl Future<Output = ()>, work: impl Future<Output = A>) -> A {
        if self.tell.is_none() {
            return work.await;
        }
        let telling = async {
            patience.await;
            let _wait = self.begin(Waiting::ForReply);
            pending::<Infallible>().await
        };
        match first(work, telling).await {
            First::Left(done) => done,
            First::Right(never) => match never {},
        }
    }

    fn begin(&self, what: Waiting) -> Wait<'_> {
        self.under_way.set(self.under_way.get() + 1);
        self.tell(what);
        Wait(self)
    }

    fn tell(&self, what: Waiting) {
        self.tell.iter().for_each(|tell| tell(what));
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        self.0.under_way.set(self.0.under_way.get() - 1);
        if self.0.under_way.get() == 0 {
            self.0.tell(Waiting::Over);
        }
    }
}

#[cfg(test)]
#[cfg(feature = "cli")]
mod tests {
    use std::cell::RefCell;
    use std::future::ready;
    use std::rc::Rc;

    use super::*;

    fn listening() -> (Waits, Rc<RefCell<Vec<Waiting>>>) {
        let told = Rc::<RefCell<Vec<Waiting>>>::default();
        let heard = Rc::clone(&told);
        (Waits::told_to(move |waiting| heard.borrow_mut().push(waiting)), told)
    }

    #[test]
    fn what_comes_soon_is_not_waited_for() {
        let (waits, told) = listening();
        assert_eq!(pollster::block_on(waits.after(pending(), ready(7))), 7);
        assert_eq!(pollster::block_on(waits.after(ready(()), ready(7))), 7);
        assert!(told.borrow().is_empty());
        assert_eq!(pollster::block_on(Waits::default().after(pending(), ready(7))), 7);
    }

    #[test]
    fn several_waits_are_over_with_the_last() {
        let (waits, told) = listening();
        let one = waits.begin(Waiting::ToAskAgain(2000));
        let other = waits.begin(Waiting::ForReply);
        drop(one);
        assert_eq!(*told.borrow(), [Waiting::ToAskAgain(2000), Waiting::ForReply]);
        drop(other);
        assert_eq!(told.borrow().last(), Some(&Waiting::Over));
    }
}
