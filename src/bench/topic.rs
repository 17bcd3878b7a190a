//! What a question is about, as one of a fixed public list of topics, told on the device from its words.
//!
//! It measures what a sketch would reveal if it told the topic; sketches tell none. A [`Topic`] is a place in the list
//! of `topics.txt` and nothing else. Coarse and English only; where too little speaks for any topic it is
//! [`Topic::OTHER`]. Nothing here is learned or stored.
//!
//! The score is that of a naive Bayes classifier whose log-odds were set by hand: each phrase that occurs
//! adds its weight to the topics that list it, less the more of them do. A phrase counts once, however often
//! it occurs, and the less the later it stands, since a long turn opens with what is asked and goes on with
//! material to work on.

use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

use unicode_segmentation::UnicodeSegmentation;

use crate::preference::{Role, Turn};

/// How many topics `topics.txt` lists: all but [`Topic::OTHER`].
const COUNT: usize = 66;

/// What one telling phrase adds to its topic: enough to decide where nothing else speaks.
const TELLING: f64 = 3.0;

/// What one hint adds: two of them are enough.
const HINTING: f64 = 1.0;

/// A topic with less than this isn't told.
const ENOUGH: f64 = 1.2;

/// A topic that leads by less than this isn't told.
const MARGIN: f64 = 0.05;

/// At this many words into a turn a phrase counts half of what it would at its beginning.
const HALF_AFTER_WORDS: f64 = 50.0;

/// What an earlier turn of the person's counts, to the one after it.
const EARLIER: f64 = 0.4;

/// So many of the person's last turns are read; what an earlier one would add is less than any margin.
const TURNS: usize = 5;

/// What a question is about: one of a fixed list, the same for everyone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Topic(u8);

impl Topic {
    /// The topic of what no other topic speaks for.
    pub const OTHER: Topic = Topic(COUNT as u8);

    /// What the person's turns are about, the last counting the most.
    pub fn of(context: &[Turn]) -> Topic {
        let mut scores = [0.0; COUNT];
        let turns = context.iter().rev().filter(|turn| turn.role == Role::User).take(TURNS);
        let mut weight = 1.0;
        for turn in turns {
            weigh(&turn.content, weight, &mut scores);
            weight *= EARLIER;
        }
        let (mut best, mut first, mut second) = (Topic::OTHER, 0.0, 0.0);
        for (index, &score) in scores.iter().enumerate() {
            if score > first {
                (best, first, second) = (Topic(index as u8), score, first);
            } else if score > second {
                second = score;
            }
        }
        if first >= ENOUGH && first - second >= MARGIN { best } else { Topic::OTHER }
    }

    /// The topic in plain lower-case words.
    pub fn name(self) -> &'static str {
        TOPICS.get(usize::from(self.0)).map_or("other", |entry| entry.name)
    }

    /// Every topic there is, [`Topic::OTHER`] last.
    pub fn all() -> impl Iterator<Item = Topic> {
        (0..=Topic::OTHER.0).map(Topic)
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A phrase of the lists: its words, and the topics it speaks for with what it adds to each.
struct Phrase {
    words: Vec<String>,
    weights: Vec<(usize, f64)>,
}

struct Phrases {
    all: Vec<Phrase>,
    /// Where in `all` the phrases with this first word stand, the longest first.
    by_first_word: HashMap<String, Vec<usize>>,
}

static PHRASES: LazyLock<Phrases> = LazyLock::new(|| {
    let mut all: Vec<Phrase> = Vec::new();
    let mut places: HashMap<Vec<String>, usize> = HashMap::new();
    for (topic, entry) in TOPICS.iter().enumerate() {
        for &(phrase, weight) in &entry.phrases {
            let words = words(phrase);
            let place = *places.entry(words.clone()).or_insert(all.len());
            if place == all.len() {
                all.push(Phrase { words, weights: Vec::new() });
            }
            // "hat" and "hats" are one phrase: a topic that lists both gets it once.
            if all[place].weights.iter().all(|&(other, _)| other != topic) {
                all[place].weights.push((topic, weight));
            }
        }
    }
    let mut by_first_word: HashMap<String, Vec<usize>> = HashMap::new();
    for (place, phrase) in all.iter_mut().enumerate() {
        let shared = (phrase.weights.len() as f64).sqrt();
        for (_, weight) in &mut phrase.weights {
            *weight /= shared;
        }
        if let Some(first) = phrase.words.first() {
            by_first_word.entry(first.clone()).or_default().push(place);
        }
    }
    for places in by_first_word.values_mut() {
        places.sort_by_key(|&place| std::cmp::Reverse(all[place].words.len()));
    }
    Phrases { all, by_first_word }
});

/// Adds to `scores` what the phrases in `text` speak for.
fn weigh(text: &str, weight: f64, scores: &mut [f64; COUNT]) {
    let words = words(text);
    let mut seen = vec![false; PHRASES.all.len()];
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let places = PHRASES.by_first_word.get(word).map_or(&[][..], Vec::as_slice);
        // The longest phrase hides those within it: "web browser history" is no history.
        let found = places.iter().find(|&&place| words[at..].starts_with(&PHRASES.all[place].words));
        let Some(&place) = found else {
            at += 1;
            continue;
        };
        let phrase = &PHRASES.all[place];
        if !std::mem::replace(&mut seen[place], true) {
            let late = 1.0 / (1.0 + at as f64 / HALF_AFTER_WORDS);
            for &(topic, adds) in &phrase.weights {
                scores[topic] += weight * late * adds;
            }
        }
        at += phrase.words.len();
    }
}

/// The words of a text in lower case and in the singular.
fn words(text: &str) -> Vec<String> {
    text.unicode_words().map(normal).collect()
}

/// A word without its capitals, its possessive and its plural; crude, but the same for lists and texts.
fn normal(word: &str) -> String {
    let mut word = word.to_lowercase().replace('’', "'");
    if word.ends_with("'s") {
        word.truncate(word.len() - 2);
    }
    if word.len() > 4 && word.ends_with("ies") {
        word.truncate(word.len() - 3);
        word.push('y');
    } else if ["sses", "shes", "ches", "xes"].iter().any(|ending| word.ends_with(ending)) {
        word.truncate(word.len() - 2);
    } else if word.len() > 3 && word.ends_with('s') && !["ss", "us", "is"].iter().any(|e| word.ends_with(e)) {
        word.truncate(word.len() - 1);
    }
    word
}

/// A topic: its name, and the phrases that speak for it with what each adds.
struct Entry {
    name: &'static str,
    phrases: Vec<(&'static str, f64)>,
}

/// Every topic but the last, which is [`Topic::OTHER`]; how the file reads is written at its head.
static TOPICS: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let mut topics: Vec<Entry> = Vec::with_capacity(COUNT);
    for line in include_str!("topics.txt").lines().filter(|line| !line.starts_with('#')) {
        let (weight, list) = match line.trim_start().split_once(' ') {
            Some(("=", list)) => (TELLING, list),
            Some(("~", list)) => (HINTING, list),
            _ if line.is_empty() => continue,
            _ => {
                topics.push(Entry { name: line, phrases: Vec::new() });
                continue;
            }
        };
        if let Some(topic) = topics.last_mut() {
            topic.phrases.extend(list.split(", ").map(|phrase| (phrase, weight)));
        }
    }
    topics
});

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(question: &str, expected: &str) {
        assert_eq!(Topic::of(&[Turn::user(question)]).name(), expected, "{question:.80}");
    }

    #[test]
    fn questions_have_the_topic_that_a_person_would_name() {
        for (question, expected) in [
            ("How do I reverse a list in Python without copying it?", "programming"),
            ("Which index makes this PostgreSQL query faster?", "databases"),
            ("Solve the quadratic equation x² - 5x + 6 = 0.", "mathematics"),
            ("What does a p-value below 0.05 really mean?", "statistics"),
            ("Why can't anything leave a black hole?", "physics"),
            ("How do I balance a redox reaction?", "chemistry"),
            ("What do mitochondria do in a cell?", "biology"),
            ("I've had a headache and a fever for three days. Should I see a doctor?", "medicine and health"),
            ("How can I calm down during a panic attack?", "mental health"),
            ("Plan a workout for three days at the gym", "fitness"),
            ("How many calories should I eat a day to lose weight?", "nutrition"),
            ("Give me a recipe for a quick lentil soup", "cooking"),
            ("Why does my sourdough bread stay flat?", "baking"),
            ("What goes into a margarita?", "drinks"),
            ("When should I prune my roses?", "gardening"),
            ("My puppy chews everything, what can I do?", "pets"),
            ("How do I fix a leaky faucet?", "home repair"),
            ("How often does a car need an oil change?", "cars"),
            ("Make an itinerary for five days in Lisbon", "travel"),
            ("What is the capital of Mongolia?", "geography"),
            ("Why did the Roman Empire fall?", "history"),
            ("How does the Senate differ from the House in an election year?", "politics"),
            ("Can my landlord keep the deposit, and can I sue?", "law"),
            ("Should I pay off my student loan or build an emergency fund first?", "personal finance"),
            ("Is an index fund safer than single stocks?", "investing"),
            ("Draft a business plan for a small bakery startup", "business"),
            ("Think of a slogan for our new brand of socks", "marketing"),
            ("Is it too late for a career change at forty?", "careers"),
            ("Improve this cover letter for a junior role", "job applications"),
            ("Write a lesson plan for a fourth-grade classroom", "education"),
            ("Does spaced repetition work better than cramming?", "study skills"),
            ("How do you pronounce the French r?", "languages"),
            ("Translate 'see you tomorrow' into Italian", "translation"),
            ("Proofread this sentence and fix the commas", "grammar and editing"),
            ("Write a haiku about the first snow", "poetry"),
            ("Write a short story about a lighthouse keeper", "fiction"),
            ("Write a screenplay in which two thieves meet", "screenwriting"),
            ("Help me outline an essay with a clear thesis statement", "essays"),
            ("Write an email that asks for a day off", "letters and e-mail"),
            ("Which chords go well after G on the guitar?", "music"),
            ("What should I watch on Netflix tonight?", "film and television"),
            ("How do I find diamonds in Minecraft?", "games"),
            ("Explain the offside rule in soccer", "sports"),
            ("Which shutter speed for a waterfall on my DSLR?", "photography"),
            ("What outfit suits a summer wedding?", "fashion"),
            ("Which moisturizer is best for acne?", "beauty"),
            ("How do I tell my girlfriend that I need space?", "relationships"),
            ("My toddler won't sleep through the night", "family and parenting"),
            ("What does the Bible say about work?", "religion"),
            ("What did Nietzsche mean by the will to power?", "philosophy"),
            ("Why does climate change make hurricanes stronger?", "environment"),
            ("Are solar panels worth it in the north?", "energy"),
            ("Which resistor do I need for an LED on an Arduino?", "electronics"),
            ("My laptop shows a blue screen, what now?", "computers and phones"),
            ("Is a VPN enough to be private online?", "internet and privacy"),
            ("How is a neural network trained?", "artificial intelligence"),
            ("Make a pivot table in Excel from these columns", "data analysis"),
            ("Ideas for my grandmother's 80th birthday party", "events and celebrations"),
            ("Tell me a joke about penguins", "humour"),
            ("Here's a riddle: what has keys but opens no lock?", "riddles and logic"),
            ("Hi! How are you?", "small talk"),
            ("Which of the two would be it?", "other"),
        ] {
            check(question, expected);
        }
    }

    #[test]
    fn the_last_question_counts_the_most() {
        let first = Turn::user("How do I reverse a list in Python?");
        let answer = Turn::assistant("Bake a cake, brew some coffee, walk the dog.");
        let check = |last: &str, expected| {
            let context = [first.clone(), answer.clone(), Turn::user(last)];
            assert_eq!(Topic::of(&context).name(), expected, "{last}");
        };
        check("And a recipe for pancakes?", "cooking");
        check("And of three characters?", "other");
        let context = [Turn::user("Fix my Python code: it has a bug in a loop"), Turn::user("Still wrong")];
        assert_eq!(Topic::of(&context).name(), "programming");
    }

    #[test]
    fn nobody_but_the_person_is_read() {
        assert_eq!(Topic::of(&[Turn::assistant("A recipe for soup")]), Topic::OTHER);
        assert_eq!(Topic::of(&[Turn { role: Role::System, content: "A recipe".into() }]), Topic::OTHER);
        assert_eq!(Topic::of(&[]), Topic::OTHER);
    }

    #[test]
    fn one_hint_is_too_little() {
        check("", "other");
        check("🙂🎂🐕", "other");
        check("今日の天気はどうですか", "other");
        check("the ring", "other");
    }

    #[test]
    fn material_after_the_question_counts_less_than_the_question() {
        check(
            &format!("Proofread this. {}", "We walked on and on. ".repeat(40) + "The dog and the guitar."),
            "grammar and editing",
        );
    }

    #[test]
    fn a_megabyte_is_read_in_a_moment() {
        // A phrase that begins again and again but never ends is the slowest to look for.
        for text in ["is it ", "to whom it may ", "a", "\u{301}", "語", "'s "] {
            let long = text.repeat((1 << 20) / text.len());
            let before = std::time::Instant::now();
            Topic::of(&[Turn::user(long)]);
            assert!(before.elapsed().as_secs() < 20, "{text:?} took {:?}", before.elapsed());
        }
    }

    #[test]
    fn the_list_is_fixed_and_each_name_is_there_once() {
        let names: Vec<&str> = Topic::all().map(Topic::name).collect();
        assert_eq!((names.len(), TOPICS.len()), (67, COUNT));
        assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len());
        assert_eq!(names.last(), Some(&"other"));
        for name in names {
            assert!(name.chars().all(|c| c.is_ascii_lowercase() || " -".contains(c)), "{name}");
        }
    }

    #[test]
    fn every_phrase_is_one_that_a_text_can_hold() {
        for entry in TOPICS.iter() {
            for &(phrase, _) in &entry.phrases {
                assert!(
                    !phrase.starts_with(' ') && !phrase.ends_with([' ', ',']),
                    "{}: {phrase:?}",
                    entry.name
                );
                assert_eq!(phrase, phrase.to_lowercase(), "{}", entry.name);
                assert!(!words(phrase).is_empty(), "{}: {phrase:?}", entry.name);
            }
        }
        for phrase in &PHRASES.all {
            assert!(phrase.weights.len() <= 5, "{:?} speaks for too many topics", phrase.words);
        }
    }

    #[test]
    fn every_topic_can_be_told() {
        for topic in Topic::all().filter(|&topic| topic != Topic::OTHER) {
            let phrases = TOPICS[usize::from(topic.0)].phrases.iter();
            let telling: Vec<&str> =
                phrases.filter(|(_, weight)| *weight == TELLING).map(|(phrase, _)| *phrase).collect();
            assert_eq!(Topic::of(&[Turn::user(telling.join(", "))]), topic, "{topic}");
        }
    }

    proptest! {
        #[test]
        fn any_text_has_a_topic_of_the_list(text in any::<String>()) {
            let topic = Topic::of(&[Turn::user(text)]);
            prop_assert!(Topic::all().any(|other| other == topic));
        }
    }
}
