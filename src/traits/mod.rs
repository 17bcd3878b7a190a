//! What an answer is like, measured from its text: one table of traits, each with words a person understands.
//!
//! No language model, no chance, no input that fails. Traits of layout hold in any language; those that rest on
//! English words say so ([`Needs::English`]) and stay silent elsewhere.
//!
//! ```
//! use likeness::preference::Turn;
//! let asked = [Turn::user("How do I boil an egg?")];
//! let told = likeness::traits::difference(&asked, "1. Boil water.\n2. Add the egg.\n3. Wait.", "Boil it.").words();
//! assert!(told.iter().any(|(_, words)| words.ends_with("more numbered steps")));
//! ```

mod language;
mod layout;
mod lexicon;
mod marks;
mod measure;
mod reading;
mod table;
#[cfg(test)]
mod tests;

pub use language::is_english;
pub use measure::{Difference, Measurement, difference, measure};
pub use table::TABLE;

/// One property of an answer.
#[derive(Debug)]
pub struct Trait {
    /// Names the trait in files and in code; it never changes once shipped.
    pub id: &'static str,
    /// What it is about.
    pub group: Group,
    /// "are" or "have": completes "answers that …" with [`Trait::more`] or [`Trait::less`].
    pub verb: &'static str,
    /// More of it, as a comparative: "longer", "more bullet points".
    pub more: &'static str,
    /// Less of it, as a comparative: "shorter", "fewer bullet points".
    pub less: &'static str,
    /// What telling someone this trait's value can reveal.
    pub reveals: Reveals,
    /// How far people differ in what they want of it.
    pub divides: Divides,
    /// In which languages it can be measured.
    pub needs: Needs,
    /// The id of a trait that counts this one in, or counts nearly the same: told side by side, the two are one taste
    /// told twice.
    pub part_of: Option<&'static str>,
    /// Whether it counts marks that few would name when asked what they like: where another trait goes along with it and
    /// says as much, that one is told.
    pub surface: bool,
    /// Whether it is about the words that are there, so that it says nothing of an answer without any.
    pub of_words: bool,
    extract: fn(&reading::Reading) -> f64,
    transform: Transform,
    scale: f64,
}

/// What a trait is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// How long the answer and its parts are.
    Extent,
    /// Lists, headings, tables, code.
    Layout,
    /// Marks and signs.
    Punctuation,
    /// Which words and forms.
    Wording,
    /// Sure or hedging, willing or refusing.
    Stance,
    /// Warm, polite, funny.
    Tone,
    /// Who speaks to whom.
    Address,
    /// Examples, reasons, sources.
    Substance,
    /// How it goes with the question.
    Fit,
}

/// What the value of a trait can tell of a conversation to someone who hasn't seen it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reveals {
    /// How the text is laid out, nothing of what it says.
    Form,
    /// How it speaks: formal, warm, hedged.
    Manner,
    /// It may hint at the subject: code, mathematics, dates, the question's own words.
    Subject,
}

/// How far people differ in what they want of a trait: set by our judgement, with the made-up people of
/// `BENCHMARKS.md` in view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Divides {
    /// Much: length, lists, exclamation marks, hedging, caveats.
    Much,
    /// Some: formal or warm, with examples or with sources.
    Some,
    /// Little: few would name it.
    Little,
}

/// In which languages a trait can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// It counts lines, characters or words of any language.
    AnyLanguage,
    /// It rests on English words or spelling, and is 0 or noise elsewhere.
    English,
}

/// How a raw value is bent before two are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Transform {
    /// As it is.
    Linear,
    /// The square root: for rates, whose spread grows with them.
    Sqrt,
    /// ln(1 + x): for counts, where 2 against 1 is as much as 20 against 10.
    Log,
}

impl Transform {
    fn of(self, value: f64) -> f64 {
        match self {
            Transform::Linear => value,
            Transform::Sqrt => value.max(0.0).sqrt(),
            Transform::Log => libm::log1p(value.max(0.0)),
        }
    }
}

/// Two answers differ noticeably in a trait from this many usual differences on: less is worth no word, and counts for and
/// against nothing.
pub const NOTICEABLE: f64 = 0.3;

impl Trait {
    /// The row with this id, and its place in [`TABLE`].
    pub fn find(id: &str) -> Option<(usize, &'static Trait)> {
        TABLE.iter().enumerate().find(|(_, row)| row.id == id)
    }

    /// What an answer with more of it (or less, when `more` is false) is: "are longer", "have fewer headings".
    ///
    /// It completes "you prefer answers that …".
    pub fn phrase(&self, more: bool) -> String {
        format!("{} {}", self.verb, if more { self.more } else { self.less })
    }

    /// That as a claim: "You prefer answers that are longer."
    pub fn claimed(&self, more: bool) -> String {
        format!("You prefer answers that {}.", self.phrase(more))
    }

    /// A difference in words: "far longer", "clearly fewer headings", "somewhat warmer"; none where it is small.
    pub fn step(&self, difference: f64) -> Option<String> {
        let step = match difference.abs() {
            size if size < NOTICEABLE => return None,
            size if size < 0.8 => "somewhat",
            size if size < 1.6 => "clearly",
            _ => "far",
        };
        Some(format!("{step} {}", if difference > 0.0 { self.more } else { self.less }))
    }

    /// Whether one of the two is a part of the other.
    pub fn is_nested_with(&self, other: &Trait) -> bool {
        self.part_of == Some(other.id) || other.part_of == Some(self.id)
    }

    /// The id of the trait that has this one and others as its parts, which may be itself.
    pub fn whole(&self) -> &'static str {
        self.part_of.unwrap_or(self.id)
    }
}
