//! One pass over an answer that counts everything the traits are made from.
//!
//! Each trait is then one line of arithmetic over a [`Reading`]. The time is linear in the text; words and
//! sentences follow Unicode (UAX #29 for words), so a text without spaces or with another script is read too.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use unicode_segmentation::UnicodeSegmentation;

use super::language::{self, Language};
use super::layout::{self, Line};
use super::lexicon::{self, MARKS, Mark};
use super::marks::Characters;
use crate::preference::{Role, Turn};

/// Windows of this many words give the richness of a vocabulary that doesn't fall with the text's length
/// (the moving-average type-token ratio, Covington and McFall 2010).
const RICHNESS_WINDOW: usize = 50;

/// So many words of the first sentence can be a polite opening.
const OPENING_WORDS: usize = 6;

/// A line of prose that is wrapped by hand has more words than this; verse has fewer.
const WRAPPED: usize = 8;

/// What was counted in one answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Reading {
    /// Words of the whole text, code included.
    pub words: f64,
    /// Words outside code.
    pub prose_words: f64,
    pub lines: Lines,
    pub marks: Characters,
    pub sentences: Sentences,
    pub vocabulary: Vocabulary,
    /// How often each [`Mark`] occurs.
    pub manner: Counts,
    /// The same within the first and the last sentence.
    pub opening: Counts,
    pub closing: Counts,
    pub question: Question,
    /// Whether it is told to be in another language than English.
    pub foreign: bool,
}

/// How often each [`Mark`] occurs.
#[derive(Clone, Debug)]
pub(super) struct Counts([f64; MARKS]);

impl Default for Counts {
    fn default() -> Self {
        Counts([0.0; MARKS])
    }
}

impl Counts {
    /// How often `mark` occurs.
    pub fn of(&self, mark: Mark) -> f64 {
        self.0[mark as usize]
    }
}

/// Counts of lines and blocks.
#[derive(Clone, Debug, Default)]
pub(super) struct Lines {
    pub filled: f64,
    pub bullets: f64,
    pub numbered: f64,
    pub headings: f64,
    pub table_rows: f64,
    pub code: f64,
    /// Blocks of prose, and lists.
    pub paragraphs: f64,
    /// Prose lines of at most eight words that don't end a sentence: verse, labels.
    pub short: f64,
    /// Whether the last filled line is prose after some list.
    pub ends_in_prose: bool,
    /// Filled lines that say what an earlier line said.
    pub repeated: f64,
}

/// Sentence lengths in words.
#[derive(Clone, Debug, Default)]
pub(super) struct Sentences {
    pub count: f64,
    pub mean: f64,
    /// Sentences that open with an imperative.
    pub imperative: f64,
}

/// What the words are like.
#[derive(Clone, Debug, Default)]
pub(super) struct Vocabulary {
    /// Letters a word.
    pub letters: f64,
    /// Syllables a word, by groups of vowels (ASCII words; one for any other word).
    pub syllables: f64,
    /// The moving-average type-token ratio.
    pub richness: f64,
    pub contractions: f64,
    /// Capitalised words that don't open a sentence.
    pub names: f64,
    pub numbers: f64,
    /// The share of three-word runs that were there before.
    pub repetition: f64,
}

/// How the answer goes with what was asked.
#[derive(Clone, Debug, Default)]
pub(super) struct Question {
    /// The share of the question's content words that the answer holds.
    pub covered: f64,
    /// The share of the answer's distinct content words that are the question's.
    pub echoed: f64,
    /// The share of the first sentence's content words that are the question's.
    pub restated: f64,
    /// The same for the last sentence.
    pub closed: f64,
    /// How far the answer's script is from the question's: 0 for the same, 1 for none in common, or where the two are
    /// in different languages.
    pub foreign: f64,
}

/// What was asked: the person's last turn.
struct Asked {
    prose: Prose,
    script: Characters,
}

impl Asked {
    fn of(context: &[Turn]) -> Self {
        let mut asked =
            Asked { prose: Prose { fresh: true, ..Prose::default() }, script: Characters::default() };
        if let Some(turn) = context.iter().rev().find(|turn| turn.role == Role::User) {
            asked.prose.block(&turn.content, false);
            asked.script.read(&turn.content);
        }
        asked
    }
}

struct Word {
    /// Where the lower-case word stands in the arena.
    start: usize,
    end: usize,
    capital: bool,
    /// Whether all of its letters are capitals, two or more.
    loud: bool,
    opens: bool,
    /// Whether a full stop stands before it that ended no sentence, as it is in small letters.
    after_stop: bool,
}

/// The prose of a text as lower-case words in one arena, and where sentences begin.
#[derive(Default)]
struct Prose {
    arena: String,
    words: Vec<Word>,
    /// The first word of each sentence.
    sentences: Vec<usize>,
    /// Whether the next word opens a sentence.
    fresh: bool,
}

impl Reading {
    /// Reads `answer`, given to `context`.
    pub fn of(context: &[Turn], answer: &str) -> Self {
        let mut prose = Prose { fresh: true, ..Prose::default() };
        let mut reading = Reading::default();
        let code_words = reading.lay_out(answer, &mut prose);
        reading.prose_words = prose.words.len() as f64;
        reading.words = reading.prose_words + code_words;
        let asked = Asked::of(context);
        let languages = [&prose, &asked.prose].map(|prose| language::language(prose.all_words()));
        // In a few words there may be none that tell the language.
        let told = languages[0].or(languages[1]);
        reading.foreign =
            told.is_some_and(|told| told != Language::English) || reading.marks.is_of_other_script();
        prose.end_sentences_in_small_letters();
        reading.sentences = prose.sentence_lengths();
        reading.vocabulary = prose.vocabulary(told == Some(Language::German));
        let (first, last) = (prose.sentence(0), prose.sentence(prose.sentences.len().saturating_sub(1)));
        // The lists of words are English.
        if !reading.foreign {
            reading.manner = prose.marks(0..prose.words.len());
            // "Sure, here is …" opens politely; "… in the great hall, of course" doesn't.
            reading.opening = prose.marks(first.start..first.end.min(first.start + OPENING_WORDS));
            reading.closing = prose.marks(last.clone());
        }
        reading.question = prose.against(&asked, first, last);
        let apart = languages[0].is_some() && languages[1].is_some() && languages[0] != languages[1];
        reading.question.foreign = if apart { 1.0 } else { asked.script.script_distance(&reading.marks) };
        reading
    }

    /// How often `mark` occurs.
    pub fn mark(&self, mark: Mark) -> f64 {
        self.manner.of(mark)
    }

    /// How often `mark` occurs in a hundred words of prose.
    ///
    /// Twenty words more than there are, so that one mark in a three-word answer isn't a flood.
    pub fn rate(&self, mark: Mark) -> f64 {
        self.per_hundred(self.mark(mark))
    }

    /// `count` to a hundred words of prose, as in [`Reading::rate`].
    pub fn per_hundred(&self, count: f64) -> f64 {
        100.0 * count / (self.prose_words + 20.0)
    }

    fn lay_out(&mut self, answer: &str, prose: &mut Prose) -> f64 {
        let lines = &mut self.lines;
        let mut seen = HashSet::new();
        let mut words_before = 0;
        let (mut code_words, mut in_paragraph, mut in_list, mut structured) = (0.0, false, false, false);
        for line in layout::lines(answer) {
            let before = prose.words.len();
            let was_paragraph = std::mem::replace(&mut in_paragraph, matches!(line, Line::Prose(_)));
            match line {
                Line::Blank | Line::Fence | Line::Rule => {}
                Line::Code(body) => {
                    lines.code += 1.0;
                    code_words += body.unicode_words().count() as f64;
                }
                Line::Heading(body) => {
                    lines.headings += 1.0;
                    prose.block(body, false);
                    self.marks.read(body);
                }
                Line::Bullet(body) | Line::Numbered(body) => {
                    // With blank lines between its items it is still one list.
                    lines.paragraphs += f64::from(u8::from(!in_list));
                    match line {
                        Line::Bullet(..) => lines.bullets += 1.0,
                        _ => lines.numbered += 1.0,
                    }
                    prose.block(body, false);
                    self.marks.read(body);
                }
                Line::TableRow(body) => {
                    lines.table_rows += 1.0;
                    prose.block(body, false);
                    // The line of dashes under a table's head says nothing.
                    if body.contains(|c: char| !matches!(c, '|' | '-' | ':' | ' ')) {
                        self.marks.read(body);
                    }
                }
                Line::Quote(body) => {
                    prose.block(body, false);
                    self.marks.read(body);
                }
                Line::Prose(body) => {
                    lines.paragraphs += f64::from(u8::from(!was_paragraph));
                    prose.block(body, was_paragraph && words_before > WRAPPED);
                    self.marks.read(body);
                    let ended =
                        body.ends_with(|c: char| is_terminator(c) || matches!(c, ':' | '"' | ')' | '”'));
                    lines.short += f64::from(u8::from(!ended && prose.words.len() - before <= 8));
                }
            }
            words_before = prose.words.len() - before;
            if !matches!(line, Line::Blank) {
                in_list = matches!(line, Line::Bullet(_) | Line::Numbered(_));
                lines.filled += 1.0;
                lines.ends_in_prose = structured && matches!(line, Line::Prose(_));
                let words = prose.text(before..prose.words.len());
                lines.repeated += f64::from(u8::from(!words.is_empty() && !seen.insert(hash(words))));
            }
            structured |= !matches!(line, Line::Blank | Line::Prose(_) | Line::Quote(_));
        }
        code_words
    }
}

pub(super) fn is_terminator(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '…' | '。' | '！' | '？' | '؟' | '۔' | '।' | '՞' | '։' | '။' | '៖' | '។')
}

fn hash(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

impl Prose {
    /// Adds one block of text. It goes on with the sentence before it only where it `continues` a paragraph
    /// in lower case, as a text wrapped by hand does.
    fn block(&mut self, text: &str, continues: bool) {
        let goes_on = continues && text.chars().next().is_some_and(char::is_lowercase);
        self.fresh |= !goes_on;
        let mut end = 0;
        for (at, word) in text.unicode_word_indices() {
            let gap = &text[end..at];
            self.fresh |= at > 0 && ends_sentence(gap, word);
            let after_stop = !self.fresh && at > 0 && gap.contains(". ");
            end = at + word.len();
            let start = self.arena.len();
            for c in word.chars() {
                match c {
                    '’' => self.arena.push('\''),
                    _ => self.arena.extend(c.to_lowercase()),
                }
            }
            if self.fresh {
                self.sentences.push(self.words.len());
            }
            self.words.push(Word {
                start,
                end: self.arena.len(),
                capital: word.starts_with(char::is_uppercase),
                loud: word.chars().nth(1).is_some() && !word.contains(|c: char| !c.is_uppercase()),
                opens: std::mem::take(&mut self.fresh),
                after_stop,
            });
        }
        if text.ends_with(is_terminator) {
            self.fresh = true;
        }
    }

    fn word(&self, index: usize) -> &str {
        self.words.get(index).map_or("", |word| &self.arena[word.start..word.end])
    }

    fn text(&self, words: std::ops::Range<usize>) -> &str {
        match (self.words.get(words.start), words.end.checked_sub(1).and_then(|last| self.words.get(last))) {
            (Some(first), Some(last)) if first.start < last.end => &self.arena[first.start..last.end],
            _ => "",
        }
    }

    /// The words of one sentence.
    fn sentence(&self, index: usize) -> std::ops::Range<usize> {
        let start = self.sentences.get(index).copied().unwrap_or(0);
        start..self.sentences.get(index + 1).copied().unwrap_or(self.words.len())
    }

    fn marks(&self, words: std::ops::Range<usize>) -> Counts {
        // The month hedges nothing.
        let is_month = |index: usize| {
            self.words.get(index).is_some_and(|word| word.capital && !word.opens) && self.word(index) == "may"
        };
        let word = |index| if is_month(index) { "" } else { self.word(index) };
        Counts(lexicon::count(words.map(word)).map(f64::from))
    }

    /// In a text that is all in small letters, a full stop ends a sentence before one, too.
    fn end_sentences_in_small_letters(&mut self) {
        if self.words.iter().any(|word| word.capital) {
            return;
        }
        for word in &mut self.words {
            word.opens |= word.after_stop;
        }
        self.sentences = (0..self.words.len()).filter(|&index| self.words[index].opens).collect();
    }

    fn sentence_lengths(&self) -> Sentences {
        let lengths: Vec<f64> =
            (0..self.sentences.len()).map(|index| self.sentence(index).len() as f64).collect();
        let count = lengths.len() as f64;
        if lengths.is_empty() {
            return Sentences::default();
        }
        let mean = lengths.iter().sum::<f64>() / count;
        let orders = (0..self.sentences.len())
            .filter(|&index| lexicon::opens_an_order(self.sentence(index).map(|at| self.word(at))));
        Sentences { count, mean, imperative: orders.count() as f64 }
    }

    fn all_words(&self) -> impl Iterator<Item = &str> {
        (0..self.words.len()).map(|index| self.word(index))
    }

    /// With `all_nouns` every noun is capitalised, so that a capital names nobody.
    fn vocabulary(&self, all_nouns: bool) -> Vocabulary {
        let mut v = Vocabulary::default();
        let mut runs = HashSet::new();
        let shouted = 3 * self.words.iter().filter(|word| word.loud).count() > self.words.len();
        for (index, at) in self.words.iter().enumerate() {
            let word = self.word(index);
            let letters = word.chars().filter(|c| c.is_alphabetic()).count();
            v.letters += letters as f64;
            v.syllables += syllables(word);
            v.contractions += f64::from(u8::from(is_contraction(word)));
            // A letter after a number is a unit.
            let unit = letters == 1 && index > 0 && self.word(index - 1).starts_with(char::is_numeric);
            let named = at.capital
                && !at.opens
                && !unit
                && !word.starts_with("i'")
                && word != "i"
                && !all_nouns
                && !(shouted && at.loud);
            v.names += f64::from(u8::from(named));
            let number = word.starts_with(char::is_numeric);
            v.numbers += f64::from(u8::from(number));
            let repeated =
                index >= 2 && !runs.insert(hash((self.word(index - 2), self.word(index - 1), word)));
            v.repetition += f64::from(u8::from(repeated));
        }
        let count = (self.words.len() as f64).max(1.0);
        v.letters /= count;
        v.syllables /= count;
        v.repetition /= count;
        v.richness = self.richness();
        v
    }

    /// The moving-average type-token ratio; the plain ratio where the text is shorter than one window.
    fn richness(&self) -> f64 {
        if self.words.is_empty() {
            return 0.0;
        }
        let window = RICHNESS_WINDOW.min(self.words.len());
        let mut counts = std::collections::HashMap::<&str, u32>::new();
        let mut sum = 0.0;
        for index in 0..self.words.len() {
            *counts.entry(self.word(index)).or_default() += 1;
            if index >= window {
                let old = self.word(index - window);
                if let Some(count) = counts.get_mut(old) {
                    *count -= 1;
                    if *count == 0 {
                        counts.remove(old);
                    }
                }
            }
            if index + 1 >= window {
                sum += counts.len() as f64;
            }
        }
        sum / (window * (self.words.len() + 1 - window)) as f64
    }

    fn content(&self, words: std::ops::Range<usize>) -> HashSet<&str> {
        words.map(|index| self.word(index)).filter(|word| !lexicon::is_function_word(word)).collect()
    }

    fn against(
        &self,
        asked: &Asked,
        first: std::ops::Range<usize>,
        last: std::ops::Range<usize>,
    ) -> Question {
        let question = asked.prose.content(0..asked.prose.words.len());
        let share = |words: HashSet<&str>| {
            words.iter().filter(|word| question.contains(*word)).count() as f64
                / (words.len() as f64).max(1.0)
        };
        let answer = self.content(0..self.words.len());
        let covered = question.iter().filter(|word| answer.contains(*word)).count() as f64;
        Question {
            covered: covered / (question.len() as f64).max(1.0),
            echoed: share(answer),
            restated: share(self.content(first)),
            closed: share(self.content(last)),
            foreign: 0.0,
        }
    }
}

/// Whether what stands between two words ends a sentence before `next`.
fn ends_sentence(gap: &str, next: &str) -> bool {
    let Some(mark) = gap.chars().find(|c| is_terminator(*c)) else { return false };
    // "e.g. the" and "3 p.m. on" go on; scripts that know no case and write no space end at the mark itself.
    !mark.is_ascii()
        || (gap.contains(char::is_whitespace) && !next.starts_with(char::is_lowercase))
        || mark != '.'
}

fn is_contraction(word: &str) -> bool {
    word.split_once('\'').is_some_and(|(_, end)| matches!(end, "t" | "re" | "ve" | "ll" | "d" | "m"))
        || matches!(
            word,
            "it's" | "that's" | "there's" | "here's" | "what's" | "let's" | "who's" | "he's" | "she's"
        )
}

/// Syllables by groups of vowels, a silent final e left out; one for a word that isn't ASCII.
fn syllables(word: &str) -> f64 {
    let bytes = word.as_bytes();
    let vowel = |b: &u8| matches!(b, b'a' | b'e' | b'i' | b'o' | b'u' | b'y');
    let groups =
        bytes.iter().enumerate().filter(|(i, b)| vowel(b) && (*i == 0 || !vowel(&bytes[i - 1]))).count();
    let silent =
        bytes.len() > 2 && word.ends_with('e') && !vowel(&bytes[bytes.len() - 2]) && !word.ends_with("le");
    (groups - usize::from(silent && groups > 1)).max(1) as f64
}
