//! Whatever is at the bar is refused, for any history and any place.
//!
//! These use the guard's own measure of what is at the bar; `tests/guard_attacks` knows nothing of it.

use proptest::prelude::*;

use super::bar::Measured;
use super::index::Index;
use super::*;
use crate::preference::Turn;

struct One(PreferencePair);

impl Texts for One {
    async fn pairs(&self, _: &[PairId]) -> Vec<Kept> {
        vec![Kept { pair: self.0.clone(), went: None }]
    }

    async fn conversation(&self, _: &str) -> Vec<Kept> {
        Vec::new()
    }
}

/// What never waits needs no executor.
fn now<T>(future: impl Future<Output = T>) -> T {
    match std::pin::pin!(future).poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => unreachable!("the text is in memory"),
    }
}

fn verdict(text: &str, body: &str) -> Verdict {
    let pair = PreferencePair::new(vec![Turn::user("?")], text, "!");
    let mut guard = Guard::new(Common::default());
    guard.add(&pair);
    let outgoing = Outgoing { url: "", headers: &[], body: body.as_bytes(), live: None };
    now(guard.check(&outgoing, &One(pair)))
}

/// Texts of words, signs and scripts as they come.
fn text() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        8 => "[a-z]{1,9}",
        2 => "[A-Z][a-z]{2,12}",
        1 => "[а-яё]{2,9}",
        1 => "[0-9]{1,4}",
        2 => "[\u{4e00}-\u{4fff}]{1,14}",
        1 => "[\u{e01}-\u{e2e}]{1,9}",
        1 => "[{}()<>=+*/;:.,#-]{1,6}",
    ];
    prop::collection::vec(
        (word, prop_oneof![6 => Just(" "), 1 => Just(", "), 1 => Just(".\n\n"), 1 => Just("")]),
        30..160,
    )
    .prop_map(|parts| parts.into_iter().flat_map(|(word, space)| [word, space.to_owned()]).collect())
}

proptest! {
    /// The guarantee of the index, on its own: it names something of every run at the bar.
    #[test]
    fn every_run_at_the_bar_has_an_anchor(text in text(), from in 0.0..1.0) {
        let measured = Measured::of(&text, &[]);
        let from = (from * measured.values.len() as f64) as usize;
        let Some(to) = (from..=measured.values.len()).find(|to| measured.is_at_bar(from, *to)) else { return Ok(()) };
        let anchors = measured.anchors();
        let mut found = false;
        super::gram::each_gram(&measured.values[from..to], |gram| found |= anchors.contains(&gram.fingerprint));
        prop_assert!(found, "{:?}", &text[measured.letters[from].start as usize..measured.letters[to - 1].end as usize]);
    }

    /// Forty characters of a text, eight words of it, a dozen characters without spaces: wherever they are put.
    #[test]
    fn nothing_at_the_bar_leaves(text in text(), noise in text(), from in 0.0..1.0, disguise in 0..6) {
        let chars: Vec<char> = text.chars().collect();
        let from = (from * chars.len() as f64) as usize;
        let stretch: String = chars.iter().skip(from).take(40).collect();
        let letters = stretch.chars().filter(|c| c.is_alphanumeric()).count();
        // Fewer than twelve letters have no gram, and a row of signs is not counted to its end.
        let longest_signs = stretch.split(char::is_alphanumeric).map(str::len).max();
        prop_assume!(chars.len() >= from + 40 && letters >= 12 && longest_signs <= Some(16));
        let disguised = match disguise {
            0 => stretch.clone(),
            1 => stretch.to_uppercase(),
            2 => stretch.chars().rev().collect(),
            3 => stretch.chars().map(|c| format!("{c}\u{200b} ")).collect(),
            4 => stretch.bytes().map(|byte| format!("%{byte:02x}")).collect(),
            _ => stretch.chars().map(|c| format!("&#{};", c as u32)).collect(),
        };
        let said = verdict(&text, &format!("{noise}\n{disguised}\n{noise}"));
        prop_assert!(matches!(said, Verdict::Refuse(_)), "{said:?}: {stretch:?}");
    }

    /// Forty words or more of a text, every fifth changed: whatever is before them, there and here.
    #[test]
    fn no_passage_leaves_with_every_fifth_word_changed(
        words in prop::collection::vec("[a-z]{1,9}", 40..80),
        (before, noise) in (text(), text()),
        (before_words, noise_words) in (0usize..60, 0usize..60),
        (first, how) in (0usize..5, 0..4),
        other in "[a-z]{2,9}",
    ) {
        let some = |text: &str, count: usize| text.split(' ').take(count).collect::<Vec<_>>().join(" ");
        let changed: Vec<String> = words.iter().enumerate().map(|(at, word)| match how {
            _ if at % 5 != first => word.clone(),
            0 => other.clone(),
            1 => other.repeat(60 / other.len()),
            2 => String::new(),
            _ => format!("{word} {other}"),
        }).collect();
        let history = format!("{} {}", some(&before, before_words), words.join(" "));
        let body = format!("{} {}", some(&noise, noise_words), changed.join(" "));
        let said = verdict(&history, &body);
        prop_assert!(matches!(said, Verdict::Refuse(_)), "{said:?}: {body:?}");
    }

    #[test]
    fn never_panics(bytes in prop::collection::vec(any::<u8>(), 0..600), text in "\\PC{0,300}") {
        let _ = verdict(&text, &String::from_utf8_lossy(&bytes));
        let _ = verdict("something else", &text);
        let outgoing = Outgoing { url: "", headers: &[], body: &bytes, live: None };
        let _ = reading::readings(&outgoing);
    }
}

proptest! {
    // Each of them may be read in megabytes, which takes seconds.
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.div_ceil(16).min(64), ..ProptestConfig::default() })]

    /// What decoders are made to undo, broken off and nested: every reading of it is within its bound.
    #[test]
    fn decoding_ends_within_its_bound(
        parts in prop::collection::vec(
            prop_oneof![
                4 => "(%[0-9a-f]{0,2}|%25|&#x?[0-9a-f]{0,4};?|&amp;|\\\\u[0-9a-f]{0,4}|\\\\x4|=[0-9A-F]{0,2}|=\\r\\n)",
                3 => "(\\{\"|\"\\}|\\[|\\]|\",\"|\":\"|</?[a-z]{0,3} ?>?|<!--|-->|\\]\\(|\\\\\")",
                3 => "([A-Za-z0-9+/]{4,24}={0,2}|[A-Z2-7]{8,16}={0,6}|[0-9a-f]{6,30}|[01]{8,40}|[0-7 ]{8,30})",
                1 => "[\u{200b}\u{2060}\u{e0041}-\u{e007a}\u{fe00}]{1,9}",
                1 => "\\PC{0,9}",
            ],
            0..60,
        ),
        times in 1usize..30,
    ) {
        let body = parts.concat().repeat(times);
        let outgoing = Outgoing { url: "", headers: &[], body: body.as_bytes(), live: None };
        if let Ok(readings) = reading::readings(&outgoing) {
            let bytes: usize = readings.iter().map(String::len).sum();
            prop_assert!(bytes <= reading::most(body.len() + 1), "{bytes} of {}", body.len());
        }
    }
}

#[test]
fn what_is_taken_away_leaves_nothing() {
    let text =
        Measured::of("A wholly different account of the lighthouse keeper and his nine daughters.", &[]);
    let mut index = Index::default();
    let id = PairId::of(&[], "a", "b");
    let number = index.number(id).expect("it is new");
    index.add(number, std::slice::from_ref(&text));
    index.forget(id);
    index.remove(number, std::slice::from_ref(&text));
    assert!(
        index.hits(&["a wholly different account of the lighthouse keeper".to_owned()]).places.is_empty()
    );
}
