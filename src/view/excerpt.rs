//! The beginning of a text that may be very long: a page that lays out a megabyte at once stands still.

use unicode_segmentation::UnicodeSegmentation;

/// Bytes that are shown at first, and added by each "more".
pub const EXCERPT_BYTES: usize = 6_000;

/// The first `limit` bytes or a little less, whole characters as a person sees them.
pub fn excerpt(text: &str, limit: usize) -> &str {
    if text.len() <= limit {
        return text;
    }
    // A cluster of combining marks may be as long as the text; then it is cut at a code point, not shown whole.
    let floor = text.floor_char_boundary(limit);
    let start = text.floor_char_boundary(limit.saturating_sub(256));
    let last = text[start..floor].grapheme_indices(true).next_back().map_or(floor, |(at, _)| start + at);
    &text[..if last == start { floor } else { last }]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_texts_are_whole() {
        assert_eq!(excerpt("", 10), "");
        assert_eq!(excerpt("naïve", 6), "naïve");
    }

    #[test]
    fn never_cuts_a_character_as_seen() {
        let family = "👨‍👩‍👧‍👦".repeat(40);
        let cut = excerpt(&family, 300);
        assert_eq!(cut.len() % "👨‍👩‍👧‍👦".len(), 0);
        assert!(cut.len() > 240);
    }

    #[test]
    fn a_cluster_without_end_is_cut_all_the_same() {
        let zalgo = format!("a{}", "\u{301}".repeat(5000));
        let cut = excerpt(&zalgo, 1000);
        assert!(cut.len() <= 1000 && cut.len() > 900, "{}", cut.len());
    }

    proptest::proptest! {
        #[test]
        fn is_always_a_beginning_within_the_limit(text: String, limit in 0usize..2000) {
            let cut = excerpt(&text, limit);
            assert!(text.starts_with(cut) && cut.len() <= limit);
        }
    }
}
