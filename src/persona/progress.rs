//! How far an induction is and what is left of it, as honestly as that can be told.
//!
//! What is left is an upper bound: races end early and equal questions are asked once. Time is told from what the
//! calls so far took, and not before there were any. What takes time are tokens that the model has not read before: most
//! of a prompt that begins as another did is in its cache.

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
    /// Those of them that no earlier prompt begins with.
    pub new_tokens: u64,
    /// Tokens to generate.
    pub generated_tokens: u64,
}

impl Plan {
    /// `count` calls that score labels after prompts of `prompt_tokens` each, none of which begins as another.
    pub(super) fn scores(count: usize, prompt_tokens: u64) -> Plan {
        let all = count as u64 * prompt_tokens;
        Plan { calls: count as u64, prompt_tokens: all, new_tokens: all, generated_tokens: 0 }
    }

    /// `count` calls after each of `heads` prompts' beginnings of `head_tokens`, with `tokens` more of their own.
    pub(super) fn scores_after(heads: usize, head_tokens: u64, count: usize, tokens: u64) -> Plan {
        let new_tokens = heads as u64 * (head_tokens + count as u64 * tokens);
        Plan { new_tokens, ..Plan::scores(heads * count, head_tokens + tokens) }
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
            new_tokens: self.new_tokens + other.new_tokens,
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
    /// What of that is left only where something is found that has to be tested.
    pub unsure: Plan,
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
                new_tokens: self.left.new_tokens.saturating_sub(unread(&usage)),
                generated_tokens: self.left.generated_tokens.saturating_sub(usage.generated_tokens),
            },
        };
    }

    pub(super) fn plan(&mut self, left: Plan, unsure: Plan) {
        (self.left, self.unsure) = (left, unsure);
    }

    /// Milliseconds left at most, at the speed seen so far; `None` before the first call.
    ///
    /// A token that is new to the model costs what scoring took for each, and one that it writes what writing took beyond
    /// that, but no less. Until enough was scored to tell them apart both cost the same.
    pub fn left_ms(&self) -> Option<f64> {
        self.ms_of(self.left)
    }

    /// What is left at most where nothing is found that has to be tested.
    pub fn sure(&self) -> Plan {
        let Remaining { left, unsure, .. } = self;
        Plan {
            calls: left.calls.saturating_sub(unsure.calls),
            prompt_tokens: left.prompt_tokens.saturating_sub(unsure.prompt_tokens),
            new_tokens: left.new_tokens.saturating_sub(unsure.new_tokens),
            generated_tokens: left.generated_tokens.saturating_sub(unsure.generated_tokens),
        }
    }

    /// The milliseconds of [`Remaining::sure`], as [`Remaining::left_ms`].
    pub fn sure_ms(&self) -> Option<f64> {
        self.ms_of(self.sure())
    }

    fn ms_of(&self, left: Plan) -> Option<f64> {
        let (read, written) = (unread(&self.spent) as f64, self.spent.generated_tokens as f64);
        if read + written == 0.0 {
            return None;
        }
        let scored = unread(&self.scored);
        if scored < TELLING_TOKENS {
            let each = self.spent.elapsed_ms / (read + written);
            return Some((left.new_tokens + left.generated_tokens) as f64 * each);
        }
        let per_read = self.scored.elapsed_ms / scored as f64;
        let per_written = ((self.spent.elapsed_ms - read * per_read) / written.max(1.0)).max(per_read);
        Some(left.new_tokens as f64 * per_read + left.generated_tokens as f64 * per_written)
    }
}

/// So many tokens must have been scored before the time that it took tells what one takes.
const TELLING_TOKENS: u64 = 500;

/// Tokens of a prompt that were not in the cache.
fn unread(usage: &Usage) -> u64 {
    usage.prompt_tokens.saturating_sub(usage.cached_tokens)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Generation, Scores};

    #[test]
    fn no_time_is_left_when_no_call_is() {
        let mut remaining = Remaining::default();
        remaining.plan(Plan::texts(2, 100, 10), Plan::default());
        let usage = Usage { prompt_tokens: 40, cached_tokens: 0, generated_tokens: 0, elapsed_ms: 80.0 };
        let answer = Answer::Scores(Scores { log_probabilities: Vec::new(), usage });
        remaining.spend(&answer);
        assert_eq!(
            remaining.left,
            Plan { calls: 1, prompt_tokens: 160, new_tokens: 160, generated_tokens: 20 }
        );
        assert!(remaining.left_ms().is_some_and(|ms| ms > 0.0));
        remaining.spend(&answer);
        assert_eq!((remaining.left, remaining.left_ms()), (Plan::default(), Some(0.0)));
    }

    #[test]
    fn what_is_in_the_cache_takes_no_time() {
        // Reasoning asks again what it has just read; then come prompts that are new.
        let mut remaining = Remaining::default();
        remaining.plan(Plan::texts(2, 100, 10) + Plan::scores_after(2, 1000, 5, 100), Plan::default());
        let wrote = Usage { prompt_tokens: 100, cached_tokens: 0, generated_tokens: 10, elapsed_ms: 1100.0 };
        remaining.spend(&Answer::Generation(Generation {
            text: String::new(),
            finished: true,
            usage: wrote,
        }));
        let again = Usage { prompt_tokens: 110, cached_tokens: 108, generated_tokens: 0, elapsed_ms: 20.0 };
        remaining.spend(&Answer::Scores(Scores { log_probabilities: Vec::new(), usage: again }));
        let left = remaining.left_ms().unwrap_or_default();
        // Ten milliseconds a token: two heads of 1,000 and ten pairs of 100, and what is left of the writing.
        assert!((30_000.0..32_000.0).contains(&left), "{left}");
        // Were the ten pairs only where something is found, the writing alone would be sure.
        remaining.unsure = Plan::scores_after(2, 1000, 5, 100);
        let sure = remaining.sure_ms().unwrap_or_default();
        assert!(sure < 2000.0 && remaining.sure().calls == 0, "{sure} {:?}", remaining.sure());
        assert_eq!(remaining.left_ms(), Some(left));
    }
}
