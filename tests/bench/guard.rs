//! How much memory the guard's index takes and how long it reads, natively: `cargo bench --bench guard`.
//!
//! Arguments after `--`: pairs (100,000). The history is made up: words drawn as in natural text (Zipf) from a lexicon of
//! 60,000, a question and two answers of 1 to 2 KB a pair. Memory is what the allocator was asked for. Clean bodies
//! are drawn from the same words; runs of eight of them hardly ever meet by chance.
#![allow(clippy::unwrap_used, clippy::expect_used)] // why: a bench that can't read its input has to fail.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use likeness::preference::{PairId, PreferencePair, Turn};
use likeness::privacy::{Common, Guard, Kept, Outgoing, Texts, Verdict};

struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is the system allocator's; a count is kept beside.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HELD.fetch_add(layout.size(), Relaxed);
        // SAFETY: as asked of us.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Relaxed);
        // SAFETY: as asked of us.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Pairs that are made anew from their number whenever they are asked for: the store of a bench needs no memory.
struct MadeUp {
    lexicon: Vec<String>,
    numbers: HashMap<PairId, usize>,
    asked: Cell<usize>,
}

impl MadeUp {
    fn words(&self, seed: u64, bytes: usize) -> String {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut text = String::with_capacity(bytes + 16);
        while text.len() < bytes {
            // Zipf's law with exponent 1: the logarithm of the rank is even.
            let rank = (self.lexicon.len() as f64).powf(rng.f64()) as usize - 1;
            text.push_str(&self.lexicon[rank]);
            text.push_str(if rng.u32(0..12) == 0 { ". " } else { " " });
        }
        text
    }

    fn pair(&self, number: usize) -> PreferencePair {
        let seed = number as u64 * 4;
        let bytes = |of: u64| 1000 + (seed + of).wrapping_mul(0x9E37_79B9_7F4A_7C15) as usize % 1000;
        let context = vec![Turn::user(self.words(seed + 1, 120))];
        PreferencePair::new(context, self.words(seed + 2, bytes(2)), self.words(seed + 3, bytes(3)))
    }

    fn find(&self, id: &PairId) -> Option<Kept> {
        let number = self.numbers.get(id)?;
        Some(Kept { pair: self.pair(*number), went: None })
    }
}

impl Texts for MadeUp {
    async fn pairs(&self, ids: &[PairId]) -> Vec<Kept> {
        self.asked.set(self.asked.get() + ids.len());
        ids.iter().filter_map(|id| self.find(id)).collect()
    }

    async fn conversation(&self, _: &str) -> Vec<Kept> {
        Vec::new()
    }
}

/// What it is called, how many bodies of it are made, and how.
type Kind<'a> = (&'a str, u64, &'a dyn Fn(u64) -> String);

/// Words of one to four syllables, the more common the shorter, each another.
fn lexicon() -> Vec<String> {
    let (consonants, vowels) = (b"bcdfghjklmnprstvw", b"aeiou");
    let syllable = |of: usize| {
        let letter = |from: &[u8], of: usize| char::from(from[of % from.len()]);
        let start = format!("{}{}", letter(consonants, of), letter(vowels, of / 17));
        if (of / 85).is_multiple_of(2) { start } else { start + &letter(consonants, of / 170).to_string() }
    };
    let mut seen = std::collections::HashSet::new();
    let mut rng = fastrand::Rng::with_seed(1);
    let mut words = Vec::new();
    while words.len() < 60_000 {
        let rank = words.len();
        let count = 1 + usize::from(rank > 60) + usize::from(rank > 1000) + usize::from(rank > 12_000);
        let word: String = (0..count).map(|_| syllable(rng.usize(0..2890))).collect();
        if seen.insert(word.clone()) {
            words.push(word);
        }
    }
    words
}

/// What never waits needs no executor.
fn now<T>(future: impl Future<Output = T>) -> T {
    match std::pin::pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("the texts are in memory"),
    }
}

fn main() {
    let pairs = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(100_000);
    let mut history = MadeUp { lexicon: lexicon(), numbers: HashMap::new(), asked: Cell::new(0) };
    let before = HELD.load(Relaxed);
    let mut guard = Guard::new(Common::shipped([]));
    let (mut adding, mut bytes) = (0.0, 0);
    let mut ids = Vec::with_capacity(pairs);
    let of_ids = HELD.load(Relaxed);
    for number in 0..pairs {
        let pair = history.pair(number);
        bytes += pair.context[0].content.len() + pair.chosen.len() + pair.rejected.len();
        let start = Instant::now();
        guard.add(&pair);
        adding += start.elapsed().as_secs_f64();
        ids.push(pair.id);
    }
    let held = HELD.load(Relaxed) - before - (of_ids - before).min(pairs * 16);
    history.numbers = ids.into_iter().enumerate().map(|(number, id)| (id, number)).collect();
    println!("{pairs} pairs, {:.1} MB of text", bytes as f64 / 1e6);
    println!(
        "index: {:.1} MB held ({:.1} MB by its own count), {:.0} bytes a pair",
        held as f64 / 1e6,
        guard.bytes() as f64 / 1e6,
        held as f64 / pairs as f64
    );
    println!("add: {:.0} µs a pair", adding / pairs as f64 * 1e6);
    let start = Instant::now();
    (0..1000).for_each(|number| drop(std::hint::black_box(history.pair(number))));
    println!("making a stored pair, which a store would read: {:.0} µs", start.elapsed().as_secs_f64() * 1e3);

    let check = |text: &str| {
        let content = serde_json::to_string(text).unwrap();
        let body = format!(r#"{{"model":"m","messages":[{{"role":"user","content":{content}}}]}}"#);
        let outgoing =
            Outgoing { url: "https://a.invalid/v1", headers: &[], body: body.as_bytes(), live: None };
        history.asked.set(0);
        let start = Instant::now();
        let verdict = now(guard.check(&outgoing, &history));
        (start.elapsed().as_secs_f64() * 1e3, verdict, history.asked.get())
    };
    // Letters that no text of the history has in this order: what is looked up, and found nowhere.
    let strangers = |seed: u64, words: usize| {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut word = || (0..rng.usize(2..9)).map(|_| rng.lowercase()).collect::<String>() + " ";
        std::iter::repeat_with(&mut word).take(words).collect::<String>()
    };
    let strange = |seed: u64| strangers(seed, 3100);
    let long = |seed: u64| strangers(seed + 1000, 15_500);
    // Five words of a pair, 32 characters at most, less than the bar, between strange ones, and so on with the next.
    let near = |seed: u64| {
        let mut text = String::new();
        for number in 0..300 {
            let pair = history.pair((seed as usize * 300 + number) * 331 % pairs);
            let words: Vec<&str> = pair.chosen.split(' ').skip(30).take(5).collect();
            let some: String = words.join(" ").chars().take(32).collect();
            text = text + &some + " " + &strangers(seed * 300 + number as u64, 5);
        }
        text
    };
    // Our own templates, over and over, with the words of traits between.
    let template = "You predict which of two answers one particular person prefers. The person chose the first answer. \
        Which answer does this person prefer? Reply with one word, First or Second. It is much shorter, it has steps, \
        and it is a little warmer than the other. The topic is cooking. ";
    let prose = |seed: u64| history.words(u64::MAX / 2 + seed, 20_000);
    let kinds: [Kind<'_>; 5] = [
        ("20 KB of strange letters", 200, &strange),
        ("100 KB of strange letters", 50, &long),
        ("20 KB of a template", 50, &|seed| template.repeat(80)[seed as usize..20_000].to_owned()),
        ("20 KB with 300 near hits", 3, &near),
        ("20 KB of words as the history's", 3, &prose),
    ];
    for (kind, bodies, make) in kinds {
        let (mut times, mut quick, mut fetched, mut passed) = (Vec::new(), Vec::new(), 0, 0);
        for body in 0..bodies {
            let (time, verdict, asked) = check(&make(body));
            times.push(time);
            if asked == 0 {
                quick.push(time);
            }
            fetched += asked;
            passed += usize::from(verdict == Verdict::Pass);
        }
        times.sort_by(f64::total_cmp);
        quick.sort_by(f64::total_cmp);
        let of = |part: f64| times[((bodies - 1) as f64 * part) as usize];
        println!(
            "clean body of {kind}: median {:.2} ms, 9 of 10 within {:.2} ms, most {:.2} ms; {passed} of {bodies} passed; \
             {} needed no stored pair: median {:.2} ms, most {:.2} ms; the others fetched {fetched} in all",
            of(0.5),
            of(0.9),
            of(1.0),
            quick.len(),
            quick.get(quick.len() / 2).unwrap_or(&0.0),
            quick.last().unwrap_or(&0.0)
        );
    }

    let (mut times, mut refused) = (Vec::new(), 0);
    for body in 0..3 {
        let stolen = history.pair(body * (pairs / 3)).chosen;
        let words: Vec<&str> = stolen.split(' ').skip(40).take(8).collect();
        let text = history.words(u64::MAX / 3 + body as u64, 10_000)
            + &words.join(" ")
            + " "
            + &history.words(body as u64 + 77, 10_000);
        let (time, verdict, _) = check(&text);
        times.push(time);
        refused += usize::from(matches!(verdict, Verdict::Refuse(_)));
    }
    times.sort_by(f64::total_cmp);
    println!(
        "a body of 20 KB with eight words of a pair: median {:.1} ms, most {:.1} ms, the making of the texts included; {refused} of 3 refused",
        times[1], times[2]
    );

    let removed: Vec<PreferencePair> = (0..200.min(pairs)).map(|number| history.pair(number)).collect();
    let start = Instant::now();
    removed.iter().for_each(|pair| guard.remove(pair));
    println!("remove: {:.0} µs a pair", start.elapsed().as_secs_f64() / removed.len() as f64 * 1e6);
}
