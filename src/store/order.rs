//! In which order pairs come: by time, and where no time is known, in the order that they came in.
//!
//! It is [`crate::preference::History`]'s order, made to last: a pair of no known time gets the place right
//! after the one before it. Each row keeps its place as a key that IndexedDB sorts by, so a page of the list
//! is read without reading the rest.

/// The place of pairs that came before any with a time: before all times that JavaScript knows.
pub const BEFORE_ALL: f64 = -9e15;

/// Where a pair stands among a person's.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Place {
    /// The pair's time, or that of the one before it.
    pub at: f64,
    /// When it came in: a number that only grows.
    pub sequence: f64,
}

/// Gives out places; kept with the person so that it goes on where it was.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Sequence {
    /// The next number.
    pub next: f64,
    /// The time of the last pair that came in.
    pub last_at: f64,
}

impl Default for Sequence {
    fn default() -> Self {
        Sequence { next: 0.0, last_at: BEFORE_ALL }
    }
}

impl Sequence {
    /// The place of the next pair, of this time or of none.
    pub fn place(&mut self, at_ms: Option<i64>) -> Place {
        self.last_at = at_ms.map_or(self.last_at, |at| at as f64);
        let place = Place { at: self.last_at, sequence: self.next };
        self.next += 1.0;
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preference::{History, PreferencePair};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_order_is_the_historys(times in prop::collection::vec(prop::option::of(-5_i64..5), 0..40)) {
            let pairs: Vec<_> = times.iter().enumerate().map(|(i, at_ms)| PreferencePair {
                at_ms: *at_ms, ..PreferencePair::new(vec![], i.to_string(), "other")
            }).collect();
            let mut sequence = Sequence::default();
            let mut placed: Vec<_> = pairs.iter().map(|pair| (sequence.place(pair.at_ms), pair.clone())).collect();
            placed.sort_by(|(a, _), (b, _)| a.partial_cmp(b).unwrap());
            let stored: Vec<_> = placed.into_iter().map(|(_, pair)| pair).collect();
            let history = History::new(pairs);
            prop_assert_eq!(history.pairs(), &stored[..]);
            // And reading it back in the stored order changes nothing.
            let again = History::new(stored.clone());
            prop_assert_eq!(again.pairs(), &stored[..]);
        }
    }
}
