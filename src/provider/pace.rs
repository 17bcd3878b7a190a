//! How many requests an endpoint gets at once: one more after each round that went well, half after one that it
//! refused (additive increase, multiplicative decrease, as TCP does).

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::{Poll, Waker};

use super::ProviderError;

/// The limit, and who waits for a place.
#[derive(Debug)]
pub struct Pace(RefCell<State>);

#[derive(Debug)]
struct State {
    limit: f64,
    most: f64,
    active: usize,
    waiting: VecDeque<Waker>,
}

/// A place; given back when dropped.
#[derive(Debug)]
pub struct Place<'a>(&'a Pace);

impl Pace {
    /// Starts with `start` requests at once and never has more than `most`; both count as at least one.
    pub fn new(start: usize, most: usize) -> Self {
        let most = most.max(1) as f64;
        let limit = (start.max(1) as f64).min(most);
        Pace(RefCell::new(State { limit, most, active: 0, waiting: VecDeque::new() }))
    }

    /// Waits for a place.
    pub async fn place(&self) -> Place<'_> {
        poll_fn(|context| {
            let mut state = self.0.borrow_mut();
            if state.active < state.limit as usize {
                state.active += 1;
                Poll::Ready(Place(self))
            } else {
                state.waiting.push_back(context.waker().clone());
                Poll::Pending
            }
        })
        .await
    }

    /// Learns from how a request ended.
    pub fn learn(&self, error: Option<&ProviderError>) {
        let mut state = self.0.borrow_mut();
        match error {
            None => state.limit = (state.limit + 1.0 / state.limit).min(state.most),
            Some(ProviderError::RateLimited { .. } | ProviderError::ServerFailed { .. }) => {
                state.limit = (state.limit / 2.0).max(1.0);
            }
            Some(_) => {}
        }
    }

    /// How many may be under way at once.
    #[cfg(test)]
    pub fn limit(&self) -> usize {
        self.0.borrow().limit as usize
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let waiting = {
            let mut state = self.0.0.borrow_mut();
            state.active -= 1;
            std::mem::take(&mut state.waiting)
        };
        // All of them look again: one that was dropped meanwhile would swallow the only call.
        waiting.into_iter().for_each(Waker::wake);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::Said;
    use std::future::Future;
    use std::pin::pin;
    use std::task::Context;

    #[test]
    fn it_grows_by_one_a_round_and_halves() {
        let pace = Pace::new(2, 8);
        for _ in 0..2 {
            pace.learn(None);
        }
        assert_eq!(pace.limit(), 2);
        pace.learn(None);
        assert_eq!(pace.limit(), 3);
        (0..100).for_each(|_| pace.learn(None));
        assert_eq!(pace.limit(), 8);
        let limited =
            ProviderError::RateLimited { origin: String::new(), retry_after_ms: None, said: Said::default() };
        pace.learn(Some(&limited));
        assert_eq!(pace.limit(), 4);
        pace.learn(Some(&ProviderError::Empty));
        assert_eq!(pace.limit(), 4);
        (0..5).for_each(|_| pace.learn(Some(&limited)));
        assert_eq!(pace.limit(), 1);
    }

    #[test]
    fn a_place_is_waited_for() {
        let pace = Pace::new(1, 1);
        let mut context = Context::from_waker(Waker::noop());
        let held = pin!(pace.place()).poll(&mut context);
        let mut waiting = pin!(pace.place());
        assert!(waiting.as_mut().poll(&mut context).is_pending());
        drop(held);
        assert!(waiting.as_mut().poll(&mut context).is_ready());
    }
}
