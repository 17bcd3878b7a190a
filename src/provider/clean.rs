//! A reply's text as plain text: nothing in it that a terminal or a page would act on.

/// Whether a character may show: no control but line ends and tabs, nothing that reorders or hides text.
fn shows(c: char) -> bool {
    match c {
        '\n' | '\t' => true,
        // Embeddings, overrides and isolates reorder what stands around them.
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => false,
        // A byte-order mark inside a text, and the tags, which are invisible letters.
        '\u{feff}' | '\u{e0000}'..='\u{e007f}' => false,
        _ => !c.is_control(),
    }
}

/// `text` without control characters; line ends become `\n`. Joiners stay: scripts and emoji need them.
pub(super) fn plain_text(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n").chars().filter(|c| shows(*c)).collect()
}

/// An answer without the thoughts that some servers leave in front of it; none where the thoughts never end.
pub(super) fn without_thoughts(text: &str) -> Option<&str> {
    match text.trim_start().strip_prefix("<think>") {
        None => Some(text),
        Some(thoughts) => thoughts.split_once("</think>").map(|(_, answer)| answer.trim_start()),
    }
}

/// `text` up to the first of the texts that end it, and whether one did.
pub(super) fn stopped<'a>(text: &'a str, stops: &[String]) -> (&'a str, bool) {
    let ends = stops.iter().filter(|stop| !stop.is_empty()).filter_map(|stop| text.find(stop.as_str()));
    match ends.min() {
        Some(end) => (&text[..end], true),
        None => (text, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_is_taken_out() {
        assert_eq!(plain_text("a\r\nb\u{0}\u{1b}[2J\u{85}c\td"), "a\nb[2Jc\td");
        assert_eq!(plain_text("\u{202e}txt.exe\u{2066}\u{feff}\u{e0041}"), "txt.exe");
        assert_eq!(plain_text("👩\u{200d}💻 می\u{200c}خواهم"), "👩\u{200d}💻 می\u{200c}خواهم");
    }

    #[test]
    fn thoughts_are_no_answer() {
        assert_eq!(without_thoughts("First"), Some("First"));
        assert_eq!(without_thoughts("\n<think>hm\n</think>\n\nFirst"), Some("First"));
        assert_eq!(without_thoughts("<think>hm"), None);
    }

    #[test]
    fn the_earliest_stop_ends_it() {
        let stops = ["", "END", "\n\n"].map(String::from);
        assert_eq!(stopped("one\n\ntwo END", &stops), ("one", true));
        assert_eq!(stopped("one", &stops), ("one", false));
    }
}
