//! One person's pairs: each once, in the order of time, and how they are split.

use std::collections::HashSet;

use super::{PairId, PreferencePair};

/// One person's pairs, each once, oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    pairs: Vec<PreferencePair>,
}

/// A history in two parts, in the order of time.
#[derive(Clone, Copy, Debug)]
pub struct Split<'a> {
    /// The older part, to learn from.
    pub train: &'a [PreferencePair],
    /// The newer part, to choose by.
    pub validation: &'a [PreferencePair],
}

impl History {
    /// Orders pairs by time, drops repeats (the first stays) and those that another one supersedes.
    ///
    /// Pairs of no known time keep the place that they came in, right after the one before them.
    pub fn new(pairs: impl IntoIterator<Item = PreferencePair>) -> Self {
        let mut seen = HashSet::new();
        let mut pairs: Vec<_> = pairs.into_iter().filter(|pair| seen.insert(pair.id)).collect();
        let superseded: HashSet<PairId> = pairs.iter().filter_map(|pair| pair.supersedes).collect();
        pairs.retain(|pair| !superseded.contains(&pair.id));
        let mut latest = i64::MIN;
        let mut keyed: Vec<_> = pairs
            .into_iter()
            .map(|pair| {
                latest = pair.at_ms.unwrap_or(latest);
                (latest, pair)
            })
            .collect();
        keyed.sort_by_key(|(at, _)| *at);
        History { pairs: keyed.into_iter().map(|(_, pair)| pair).collect() }
    }

    /// The pairs, oldest first.
    pub fn pairs(&self) -> &[PreferencePair] {
        &self.pairs
    }

    /// The first 70% to learn from, the last 30% to choose by (SynthesizeMe, arXiv 2506.05598, section 3).
    pub fn split(&self) -> Split<'_> {
        let (train, validation) = self.pairs.split_at(self.pairs.len() * 7 / 10);
        Split { train, validation }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preference::Turn;

    fn pair(name: &str, at_ms: Option<i64>) -> PreferencePair {
        PreferencePair { at_ms, ..PreferencePair::new(vec![Turn::user("q")], name, "other") }
    }

    fn names(history: &History) -> Vec<&str> {
        history.pairs().iter().map(|pair| pair.chosen.as_str()).collect()
    }

    #[test]
    fn a_repeat_adds_nothing() {
        assert_eq!(names(&History::new([pair("a", None), pair("a", Some(1))])), ["a"]);
    }

    #[test]
    fn pairs_without_a_time_stay_behind_the_one_before_them() {
        let history = History::new([pair("late", Some(9)), pair("later", None), pair("early", Some(1))]);
        assert_eq!(names(&history), ["early", "late", "later"]);
    }

    #[test]
    fn an_edit_takes_the_place_of_what_it_supersedes() {
        let old = pair("old", None);
        let new = PreferencePair { supersedes: Some(old.id), ..pair("new", None) };
        assert_eq!(names(&History::new([old, new])), ["new"]);
    }

    #[test]
    fn the_split_follows_time() {
        let history = History::new((0..10).map(|i| pair(&i.to_string(), Some(i))));
        assert_eq!((history.split().train.len(), history.split().validation.len()), (7, 3));
    }
}
