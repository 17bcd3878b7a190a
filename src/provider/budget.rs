//! What a run will cost, and a limit that stops it before it is passed. Plain arithmetic.
//!
//! Prices change: they are the person's, with the day they were looked up, and nothing here knows one by itself.
//! Tokens are estimated at the safe side until the endpoint says what it counted.

use std::cell::Cell;

use serde::{Deserialize, Serialize};

use super::ProviderError;

/// What a million tokens cost, in the account's currency.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Price {
    /// Of prompt.
    pub prompt: f64,
    /// Of prompt that came out of the endpoint's cache; as the others where it isn't known.
    pub cached: Option<f64>,
    /// Of answer, thoughts included.
    pub generated: f64,
    /// The day on which it was looked up, such as 2026-11-25.
    pub as_of: String,
}

/// Calls and tokens: what was spent, what a plan needs, or what a budget allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spending {
    /// Requests.
    pub calls: u64,
    /// Tokens of prompt, cached ones included.
    pub prompt_tokens: u64,
    /// Those of them that came out of a cache.
    pub cached_tokens: u64,
    /// Tokens of answer.
    pub generated_tokens: u64,
}

impl Spending {
    /// Prompt and answer together.
    pub fn tokens(&self) -> u64 {
        self.prompt_tokens.saturating_add(self.generated_tokens)
    }

    /// What it costs at a price.
    pub fn cost(&self, price: &Price) -> f64 {
        let cached = self.cached_tokens.min(self.prompt_tokens);
        let fresh = self.prompt_tokens - cached;
        let millionth = |tokens: u64, price: f64| tokens as f64 / 1e6 * price;
        millionth(fresh, price.prompt)
            + millionth(cached, price.cached.unwrap_or(price.prompt))
            + millionth(self.generated_tokens, price.generated)
    }
}

impl std::ops::Add for Spending {
    type Output = Spending;

    fn add(self, other: Spending) -> Spending {
        Spending {
            calls: self.calls.saturating_add(other.calls),
            prompt_tokens: self.prompt_tokens.saturating_add(other.prompt_tokens),
            cached_tokens: self.cached_tokens.saturating_add(other.cached_tokens),
            generated_tokens: self.generated_tokens.saturating_add(other.generated_tokens),
        }
    }
}

impl std::ops::Sub for Spending {
    type Output = Spending;

    fn sub(self, other: Spending) -> Spending {
        Spending {
            calls: self.calls.saturating_sub(other.calls),
            prompt_tokens: self.prompt_tokens.saturating_sub(other.prompt_tokens),
            cached_tokens: self.cached_tokens.saturating_sub(other.cached_tokens),
            generated_tokens: self.generated_tokens.saturating_sub(other.generated_tokens),
        }
    }
}

/// What a run may spend; `None` sets no limit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Budget {
    /// Requests.
    pub calls: Option<u64>,
    /// Tokens of prompt and answer together.
    pub tokens: Option<u64>,
    /// Money, in the price's currency; it counts only where a price is given.
    pub cost: Option<f64>,
}

/// What was spent against a budget. A call reserves the most that it can cost and settles what it did.
#[derive(Debug)]
pub struct Purse {
    budget: Budget,
    price: Option<Price>,
    spent: Cell<Spending>,
    reserved: Cell<Spending>,
}

/// What a call may spend; given back when dropped, settled or not.
#[derive(Debug)]
pub struct Reserve<'a> {
    purse: &'a Purse,
    most: Spending,
}

impl Purse {
    /// Nothing is spent yet.
    pub fn new(budget: Budget, price: Option<Price>) -> Self {
        Purse { budget, price, spent: Cell::default(), reserved: Cell::default() }
    }

    /// What was spent.
    pub fn spent(&self) -> Spending {
        self.spent.get()
    }

    /// What was spent, in money, where a price is given.
    pub fn cost(&self) -> Option<f64> {
        self.price.as_ref().map(|price| self.spent.get().cost(price))
    }

    /// Sets aside the most that a call can cost.
    ///
    /// # Errors
    /// [`ProviderError::OverBudget`] where the budget would be passed with it.
    pub fn reserve(&self, most: Spending) -> Result<Reserve<'_>, ProviderError> {
        let reserved = self.reserved.get() + most;
        let (spent, ahead) = (self.spent.get(), self.spent.get() + reserved);
        let over = |limit: String, spent: String| Err(ProviderError::OverBudget { limit, spent });
        if let Some(limit) = self.budget.calls.filter(|limit| ahead.calls > *limit) {
            return over(format!("{limit} calls"), spent.calls.to_string());
        }
        if let Some(limit) = self.budget.tokens.filter(|limit| ahead.tokens() > *limit) {
            return over(format!("{limit} tokens"), spent.tokens().to_string());
        }
        if let (Some(limit), Some(price)) = (self.budget.cost, &self.price)
            && ahead.cost(price) > limit
        {
            return over(format!("{limit:.2}"), format!("{:.4}", spent.cost(price)));
        }
        self.reserved.set(reserved);
        Ok(Reserve { purse: self, most })
    }
}

impl Reserve<'_> {
    /// Books what the call did cost in place of what was set aside.
    pub fn settle(self, cost: Spending) {
        self.purse.spent.set(self.purse.spent.get() + cost);
    }
}

impl Drop for Reserve<'_> {
    fn drop(&mut self) {
        self.purse.reserved.set(self.purse.reserved.get() - self.most);
    }
}

/// Tokens of a text where the tokenizer is not at hand: an estimate at the safe side.
///
/// Words of English take about four bytes a token and code three; scripts without spaces take about a token a
/// character (three bytes), so three bytes a token overestimates the first by a third and meets the others.
pub fn estimated_tokens(text: &str) -> u32 {
    u32::try_from(text.len().div_ceil(3)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALL: Spending =
        Spending { calls: 1, prompt_tokens: 1000, cached_tokens: 0, generated_tokens: 100 };

    fn price() -> Price {
        Price { prompt: 2.0, cached: Some(0.5), generated: 10.0, as_of: "2026-11-25".into() }
    }

    #[test]
    fn costs_add_up() {
        let half_cached = Spending { cached_tokens: 500, ..CALL };
        assert!((CALL.cost(&price()) - 0.003).abs() < 1e-12);
        assert!((half_cached.cost(&price()) - 0.002_25).abs() < 1e-12);
    }

    #[track_caller]
    fn check(budget: Budget, calls: usize, limit: &str, spent: &str) {
        let purse = Purse::new(budget, Some(price()));
        for _ in 0..calls {
            purse.reserve(CALL).unwrap().settle(CALL);
        }
        let over = purse.reserve(CALL).unwrap_err();
        assert_eq!(over, ProviderError::OverBudget { limit: limit.into(), spent: spent.into() });
    }

    #[test]
    fn a_budget_stops_before_it_is_passed() {
        check(Budget { calls: Some(3), ..Budget::default() }, 3, "3 calls", "3");
        check(Budget { tokens: Some(2500), ..Budget::default() }, 2, "2500 tokens", "2200");
        check(Budget { cost: Some(0.01), ..Budget::default() }, 3, "0.01", "0.0090");
    }

    #[test]
    fn what_is_under_way_counts_and_comes_back() {
        let purse = Purse::new(Budget { calls: Some(1), ..Budget::default() }, None);
        let held = purse.reserve(CALL).unwrap();
        assert!(purse.reserve(CALL).is_err());
        drop(held);
        purse.reserve(CALL).unwrap().settle(CALL);
        assert_eq!(purse.spent(), CALL);
        assert!(purse.reserve(CALL).is_err());
    }

    #[test]
    fn tokens_are_estimated_by_bytes() {
        assert_eq!(estimated_tokens(""), 0);
        assert_eq!(estimated_tokens("four"), 2);
        assert_eq!(estimated_tokens("日本語"), 3);
    }
}
