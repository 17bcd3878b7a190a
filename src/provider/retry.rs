//! When a request that failed for a passing reason is made again.
//!
//! Full jitter: the pause is drawn evenly from nothing up to a bound that doubles with each try (Brooker, "Exponential
//! Backoff And Jitter", 2015), so that many clients that failed together don't come back together. A server's
//! `Retry-After` is kept: the pause is never shorter, and where it is longer than a person should wait for one
//! question, the job pauses instead.

use super::ProviderError;

/// How often, and how long between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retry {
    /// Tries in all; 1 makes none again. After a wait that was in vain there are two at most: it took minutes.
    pub tries: u32,
    /// The bound of the first pause, in milliseconds.
    pub base_ms: u32,
    /// The largest bound, in milliseconds.
    pub most_ms: u32,
    /// The longest `Retry-After` that is waited for, in milliseconds.
    pub patience_ms: u64,
}

impl Default for Retry {
    /// Four tries; bounds of 1, 2 and 4 s; up to a minute where the server asks for it.
    fn default() -> Self {
        Retry { tries: 4, base_ms: 1000, most_ms: 20_000, patience_ms: 60_000 }
    }
}

impl Retry {
    /// The pause in milliseconds after try number `tried` (from 1) failed; `None` gives up. `chance` is in 0..1.
    pub fn pause_ms(&self, tried: u32, error: &ProviderError, chance: f64) -> Option<u32> {
        let tries = match error {
            ProviderError::TimedOut { .. } => self.tries.min(2),
            _ => self.tries,
        };
        if !error.is_passing() || tried >= tries {
            return None;
        }
        let doubled = u64::from(self.base_ms) << (tried - 1).min(20);
        let jitter = (doubled.min(self.most_ms.into()) as f64 * chance) as u64;
        let asked = match error {
            ProviderError::RateLimited { retry_after_ms, .. }
            | ProviderError::ServerFailed { retry_after_ms, .. } => *retry_after_ms,
            _ => None,
        };
        let Some(asked) = asked else { return u32::try_from(jitter).ok() };
        // A little behind the time that all were told.
        let pause = asked.saturating_add(jitter.min(u64::from(self.base_ms)));
        (asked <= self.patience_ms).then(|| u32::try_from(pause).unwrap_or(u32::MAX))
    }
}

/// Milliseconds from a `Retry-After`: seconds, or an HTTP date against `now_ms` (since 1970).
pub fn retry_after_ms(value: &str, now_ms: f64) -> Option<u64> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<f64>() {
        return (seconds.is_finite() && seconds >= 0.0).then(|| (seconds * 1000.0).ceil() as u64);
    }
    let at = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(value).ok()?;
    Some((at.as_millisecond() as f64 - now_ms).max(0.0) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::Said;

    fn limited(retry_after_ms: Option<u64>) -> ProviderError {
        ProviderError::RateLimited { origin: String::new(), retry_after_ms, said: Said::default() }
    }

    #[test]
    fn pauses_grow_are_drawn_and_end() {
        let retry = Retry::default();
        let bounds: Vec<_> = (1..=4).map(|tried| retry.pause_ms(tried, &limited(None), 1.0)).collect();
        assert_eq!(bounds, [Some(1000), Some(2000), Some(4000), None]);
        assert_eq!(retry.pause_ms(2, &limited(None), 0.25), Some(500));
        let many = Retry { tries: 100, ..retry };
        assert_eq!(many.pause_ms(90, &limited(None), 1.0), Some(20_000));
    }

    #[test]
    fn a_server_is_given_the_time_that_it_asks_for_within_reason() {
        let retry = Retry::default();
        assert_eq!(retry.pause_ms(1, &limited(Some(7000)), 0.5), Some(7500));
        assert_eq!(retry.pause_ms(1, &limited(Some(3_600_000)), 0.5), None);
    }

    #[test]
    fn minutes_are_waited_in_vain_twice_at_most() {
        let silent = ProviderError::TimedOut { origin: String::new(), doing: "in all", seconds: 600 };
        let pauses = (1..=2).map(|tried| Retry::default().pause_ms(tried, &silent, 1.0));
        assert_eq!(pauses.collect::<Vec<_>>(), [Some(1000), None]);
        assert_eq!(Retry { tries: 1, ..Retry::default() }.pause_ms(1, &silent, 1.0), None);
    }

    #[test]
    fn what_will_fail_again_is_not_tried_again() {
        for error in [ProviderError::Empty, ProviderError::Cancelled, ProviderError::Guarded { overlaps: 1 }]
        {
            assert_eq!(Retry::default().pause_ms(1, &error, 1.0), None);
        }
    }

    #[test]
    fn both_forms_of_the_header_are_read() {
        let now = 1_445_412_420_000.0; // Wed, 21 Oct 2015 07:27:00 GMT
        assert_eq!(retry_after_ms("120", now), Some(120_000));
        assert_eq!(retry_after_ms(" 0.5 ", now), Some(500));
        assert_eq!(retry_after_ms("Wed, 21 Oct 2015 07:28:00 GMT", now), Some(60_000));
        assert_eq!(retry_after_ms("Wed, 21 Oct 2015 07:00:00 GMT", now), Some(0));
        for text in ["", "soon", "-1", "NaN", "inf"] {
            assert_eq!(retry_after_ms(text, now), None, "{text}");
        }
    }
}
