//! Ends an answer at a stop string, wherever the tokens' borders lie.
//!
//! While text streams, an end of it that could be the beginning of a stop string is held back until more has come.

/// Watches a stream of text for stop strings.
pub struct StopStrings {
    stops: Vec<String>,
    held: String,
    stopped: bool,
}

impl StopStrings {
    /// Stops at any of `stops`; empty ones are left out, since they would stop at once.
    pub fn new(stops: &[String]) -> Self {
        let stops = stops.iter().filter(|stop| !stop.is_empty()).cloned().collect();
        StopStrings { stops, held: String::new(), stopped: false }
    }

    /// The text that can be shown now that `text` has come. After a stop nothing more comes.
    ///
    /// The stop string that is complete first counts, and of those the longest; it is not part of the text.
    pub fn push(&mut self, text: &str) -> String {
        if self.stopped {
            return String::new();
        }
        self.held.push_str(text);
        let found = self.stops.iter().filter_map(|stop| Some((self.held.find(stop.as_str())?, stop.len())));
        if let Some((start, _)) = found.min_by_key(|(start, length)| (start + length, *start)) {
            self.stopped = true;
            self.held.truncate(start);
            return std::mem::take(&mut self.held);
        }
        let hold = self.stops.iter().map(|stop| beginning_at_end(&self.held, stop)).max().unwrap_or(0);
        let rest = self.held.split_off(self.held.len() - hold);
        std::mem::replace(&mut self.held, rest)
    }

    /// Whether a stop string has come.
    pub fn stopped(&self) -> bool {
        self.stopped
    }

    /// What was held back, once it is sure that nothing more comes.
    pub fn finish(&mut self) -> String {
        std::mem::take(&mut self.held)
    }
}

/// How many bytes at the end of `text` are the beginning of `stop`.
fn beginning_at_end(text: &str, stop: &str) -> usize {
    let longest = text.len().min(stop.len() - 1);
    (1..=longest).rev().find(|length| text.as_bytes().ends_with(&stop.as_bytes()[..*length])).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(stops: &[&str], pieces: &[&str], expected: &[&str]) {
        let mut watch = StopStrings::new(&stops.iter().map(ToString::to_string).collect::<Vec<_>>());
        let mut shown: Vec<String> = pieces.iter().map(|piece| watch.push(piece)).collect();
        shown.push(watch.finish());
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_stop_across_pieces_is_never_shown() {
        check(&["\nUser:"], &["Hi", "\nUs", "er", ": x", "y"], &["Hi", "", "", "", "", ""]);
        check(&["<|end|>"], &["a<", "|en", "d!"], &["a", "", "<|end!", ""]);
    }

    #[test]
    fn what_was_held_back_comes_at_the_end() {
        check(&["###"], &["a##"], &["a", "##"]);
        check(&[], &["a", "b"], &["a", "b", ""]);
        check(&[""], &["a"], &["a", ""]);
    }

    #[test]
    fn the_stop_that_is_complete_first_counts() {
        check(&["abcd", "bc"], &["xabcd"], &["xa", ""]);
        check(&["abc", "bc"], &["xabc"], &["x", ""]);
    }

    #[test]
    fn characters_are_not_cut() {
        check(&["😀!"], &["é😀", "?"], &["é", "😀?", ""]);
        // U+00E9 and U+00E8 share their first byte: it is no reason to hold back half a character.
        check(&["è"], &["é"], &["é", ""]);
    }

    proptest! {
        #[test]
        fn any_split_gives_the_same_text(
            text in "[abé]{0,30}",
            stops in prop::collection::vec("[abé]{0,4}", 0..4),
            cuts in prop::collection::vec(0_usize..4, 0..30),
        ) {
            let shown = |pieces: &[String]| {
                let mut watch = StopStrings::new(&stops);
                let mut shown: String = pieces.iter().map(|piece| watch.push(piece)).collect();
                let stopped = watch.stopped();
                shown += &watch.finish();
                (shown, stopped)
            };
            let mut chars = text.chars();
            let mut pieces: Vec<String> = cuts.iter().map(|cut| chars.by_ref().take(*cut).collect()).collect();
            pieces.push(chars.collect());
            let whole = shown(std::slice::from_ref(&text));
            prop_assert_eq!(&shown(&pieces), &whole);
            let has_stop = stops.iter().any(|stop| !stop.is_empty() && text.contains(stop.as_str()));
            prop_assert_eq!(whole.1, has_stop);
            prop_assert!(text.starts_with(&whole.0));
        }
    }
}
