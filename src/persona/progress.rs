//! How far an induction is and what is left of it, as honestly as that can be told.
//!
//! What is left is an upper bound: races end early and equal questions are asked once. Time is told from what the
//! calls so far took, and not before there were any.

use serde::{Deserialize, Serialize};

use super::question::Answer;
use super::trace::add;
use crate::model::Usage;

/// Work that is still ahead, at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Calls of the model.
    pub calls: u64,
    /// Tokens of prompt, cached ones included.
    pub prompt_tokens: u64,
    /// Tokens to generate.
    pub generated_tokens: u64,
}

impl Plan {
    /// `count` calls that score labels after prompts of `prompt_tokens` each.
    pub(super) fn scores(count: usize, prompt_tokens: u64) -> Plan {
        Plan { calls: count as u64, prompt_tokens: count as u64 * prompt_tokens, generated_tokens: 0 }
    }

    /// `count` calls that write up to `tokens` each.
    pub(super) fn texts(count: usize, prompt_tokens: u64, tokens: u64) -> Plan {
        Plan { generated_tokens: count as u64 * tokens, ..Plan::scores(count, prompt_tokens) }
    }
}

impl std::ops::Add for Plan {
    type Output = Plan;

    fn add(self, other: Plan) -> Plan {
        Plan {
            calls: self.calls + other.calls,
            prompt_tokens: self.prompt_tokens + other.prompt_tokens,
            generated_tokens: self.generated_tokens + other.generated_tokens,
        }
    }
}

impl std::iter::Sum for Plan {
    fn sum<I: Iterator<Item = Plan>>(plans: I) -> Plan {
        plans.fold(Plan::default(), |a, b| a + b)
    }
}

/// How far a method is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Remaining {
    /// What it is doing, in plain words.
    pub phase: &'static str,
    /// Calls answered.
    pub calls_done: u64,
    /// What they cost.
    pub spent: Usage,
    /// What is left at most.
    pub left: Plan,
    scored: Usage,
}

impl Remaining {
    pub(super) fn spend(&mut self, answer: &Answer) {
        let Some(usage) = answer.usage() else { return };
        self.calls_done += 1;
        self.spent = add(self.spent, usage);
        if let Answer::Scores(_) = answer {
            self.scored = add(self.scored, usage);
        }
        self.left = match self.left.calls {
            // The tokens were an upper bound; without a call nothing is left of them.
            0 | 1 => Plan::default(),
            calls => Plan {
                calls: calls - 1,
                prompt_tokens: self.left.prompt_tokens.saturating_sub(usage.prompt_tokens),
                generated_tokens: self.left.generated_tokens.saturating_sub(usage.generated_tokens),
            },
        };
    }

    pub(super) fn plan(&mut self, plan: Plan) {
        self.left = plan;
    }

    /// Milliseconds left at most, at the speed seen so far; `None` before the first call.
    ///
    /// A token of prompt costs what scoring took for each, the cached ones counted in; what generation took beyond
    /// its prompts is laid on the tokens that it wrote.
    pub fn left_ms(&self) -> Option<f64> {
        if self.scored.prompt_tokens == 0 {
            return None;
        }
        let per_prompt = self.scored.elapsed_ms / self.scored.prompt_tokens as f64;
        let writing_ms = self.spent.elapsed_ms - self.spent.prompt_tokens as f64 * per_prompt;
        let per_generated = match self.spent.generated_tokens {
            0 => 0.0,
            written => (writing_ms / written as f64).max(0.0),
        };
        let left = self.left;
        Some(left.prompt_tokens as f64 * per_prompt + left.generated_tokens as f64 * per_generated)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Scores;

    #[test]
    fn no_time_is_left_when_no_call_is() {
        let mut remaining = Remaining::default();
        remaining.plan(Plan::texts(2, 100, 10));
        let usage = Usage { prompt_tokens: 40, cached_tokens: 0, generated_tokens: 0, elapsed_ms: 80.0 };
        let answer = Answer::Scores(Scores { log_probabilities: Vec::new(), usage });
        remaining.spend(&answer);
        assert_eq!(remaining.left, Plan { calls: 1, prompt_tokens: 160, generated_tokens: 20 });
        assert!(remaining.left_ms().is_some_and(|ms| ms > 0.0));
        remaining.spend(&answer);
        assert_eq!((remaining.left, remaining.left_ms()), (Plan::default(), Some(0.0)));
    }
}
