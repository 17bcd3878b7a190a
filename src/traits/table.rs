//! The table of traits: one row each, with its words, how it is measured and what it can reveal.
//!
//! Grammar: a row's words complete "you prefer answers that VERB MORE", so `("are", "longer", "shorter")` gives
//! "answers that are longer" and, with a step, "the first answer is far longer". So both open with a comparative that
//! can be "far" (no "far further"), differ in nothing but that, and fit one answer as well as many (no "their").
//!
//! Which traits are here: those that `likeness measure` shows to help on people left out, real or synthetic, and
//! those of a taste that people name (warm, certain, with sources, in bold) where they cost less than a few
//! thousandths of a nat a choice. A trait that helps on neither and that nobody would name is deleted.
//!
//! The scale is the spread of the transformed difference between two answers, so that 1 is a usual difference.

use super::Divides;
use super::Group::{self, *};
use super::Reveals::{self, *};
use super::Transform::{self, *};
use super::lexicon::Mark;
use super::reading::Reading;
use super::{Needs, Trait};

type Extract = fn(&Reading) -> f64;

#[allow(clippy::too_many_arguments)] // why: a row of the table, one argument a column.
const fn row(
    id: &'static str,
    group: Group,
    words: [&'static str; 3],
    extract: Extract,
    transform: Transform,
    scale: f64,
    reveals: Reveals,
    divides: Divides,
) -> Trait {
    let [verb, more, less] = words;
    Trait {
        id,
        group,
        verb,
        more,
        less,
        extract,
        transform,
        scale,
        reveals,
        divides,
        needs: Needs::AnyLanguage,
        part_of: None,
        surface: false,
        of_words: false,
    }
}

/// A row whose words or rules are English.
#[allow(clippy::too_many_arguments)] // why: as above.
const fn english(
    id: &'static str,
    group: Group,
    words: [&'static str; 3],
    extract: Extract,
    transform: Transform,
    scale: f64,
    reveals: Reveals,
    divides: Divides,
) -> Trait {
    Trait { needs: Needs::English, ..row(id, group, words, extract, transform, scale, reveals, divides) }
}

impl Trait {
    /// The row counts in part what another row counts in whole, or nearly what it counts.
    const fn part_of(self, whole: &'static str) -> Self {
        Trait { part_of: Some(whole), ..self }
    }

    /// The row is of marks that few would name when asked what they like.
    const fn surface(self) -> Self {
        Trait { surface: true, ..self }
    }

    /// The row is about the words that are there: an average of them, a share, or how they sound.
    const fn of_words(self) -> Self {
        Trait { of_words: true, ..self }
    }
}

/// Every trait, in the order in which measurements and weights are kept in memory; files keep them by id.
#[rustfmt::skip] // why: one row to a line is what makes the table readable.
pub static TABLE: &[Trait] = &[
    // Extent.
    row("length", Extent, ["are", "longer", "shorter"], |r| r.words, Log, 1.3, Form, Divides::Much),
    row("paragraphs", Extent, ["have", "more paragraphs", "fewer paragraphs"], |r| r.lines.paragraphs, Log, 0.81, Form, Divides::Some).part_of("length"),
    row("sentence_length", Extent, ["have", "longer sentences", "shorter sentences"], |r| r.sentences.mean, Log, 0.69, Form, Divides::Some).part_of("reading_grade").of_words(),
    // Layout.
    row("structure", Layout, ["have", "more visible structure", "less visible structure"], |r| r.lines.bullets + r.lines.numbered + r.lines.headings + r.marks.bold + r.lines.table_rows, Log, 1.4, Form, Divides::Much),
    row("numbered", Layout, ["have", "more numbered steps", "fewer numbered steps"], |r| r.lines.numbered, Log, 1.4, Form, Divides::Much).part_of("structure"),
    row("bullets", Layout, ["have", "more bullet points", "fewer bullet points"], |r| r.lines.bullets, Log, 1.5, Form, Divides::Much).part_of("structure"),
    row("headings", Layout, ["have", "more headings", "fewer headings"], |r| r.lines.headings, Log, 1.0, Form, Divides::Much).part_of("structure"),
    row("bold", Layout, ["have", "more words in bold", "fewer words in bold"], |r| r.marks.bold, Log, 1.6, Form, Divides::Much).part_of("structure"),
    row("tables", Layout, ["have", "more table rows", "fewer table rows"], |r| r.lines.table_rows, Log, 0.68, Form, Divides::Some).part_of("structure"),
    row("code", Layout, ["have", "more code", "less code"], |r| r.lines.code + r.marks.inline_code, Log, 1.6, Subject, Divides::Some),
    row("short_lines", Layout, ["have", "more short lines, as verse has", "fewer short lines, as verse has"], |r| r.lines.short, Log, 0.95, Form, Divides::Some).surface(),
    row("line_breaks", Layout, ["have", "more lines", "fewer lines"], |r| r.lines.filled, Log, 1.2, Form, Divides::Little).part_of("length").surface(),
    row("closing_prose", Layout, ["are", "more apt to close with a paragraph after lists or code", "less apt to close with a paragraph after lists or code"], |r| f64::from(u8::from(r.lines.ends_in_prose)), Linear, 0.76, Form, Divides::Little),
    // Punctuation.
    row("questions", Punctuation, ["have", "more questions", "fewer questions"], |r| r.marks.questions, Log, 0.69, Manner, Divides::Some).surface(),
    row("asks_back", Punctuation, ["are", "more apt to end by asking back", "less apt to end by asking back"], |r| f64::from(u8::from(r.marks.asks_at_end)), Linear, 0.38, Manner, Divides::Some),
    row("parentheses", Punctuation, ["have", "more asides in brackets", "fewer asides in brackets"], |r| r.per_hundred(r.marks.parentheses), Sqrt, 1.1, Form, Divides::Little).surface(),
    row("quotations", Punctuation, ["have", "more quotation marks", "fewer quotation marks"], |r| r.per_hundred(r.marks.quotations), Sqrt, 1.9, Form, Divides::Little).surface(),
    row("colons", Punctuation, ["have", "more colons", "fewer colons"], |r| r.per_hundred(r.marks.colons), Sqrt, 1.1, Form, Divides::Little).surface(),
    row("dashes", Punctuation, ["have", "more dashes", "fewer dashes"], |r| r.per_hundred(r.marks.dashes), Sqrt, 0.87, Form, Divides::Little).surface(),
    row("mathematics", Punctuation, ["have", "more mathematical signs", "fewer mathematical signs"], |r| r.marks.mathematics, Log, 1.2, Subject, Divides::Little),
    // Wording.
    row("word_length", Wording, ["have", "longer words", "shorter words"], |r| r.vocabulary.letters, Linear, 0.92, Manner, Divides::Little).part_of("reading_grade").surface().of_words(),
    english("reading_grade", Wording, ["are", "harder to read", "easier to read"], grade, Linear, 3.6, Manner, Divides::Little).of_words(),
    row("richness", Wording, ["are", "richer in vocabulary", "plainer in vocabulary"], |r| r.vocabulary.richness, Linear, 0.19, Manner, Divides::Some).surface().of_words(),
    row("repetition", Wording, ["are", "more repetitive", "less repetitive"], |r| r.vocabulary.repetition, Linear, 0.25, Form, Divides::Little).of_words(),
    row("repeated_lines", Wording, ["have", "more repeated lines", "fewer repeated lines"], |r| r.lines.repeated, Log, 1.5, Form, Divides::Little).part_of("repetition"),
    english("contractions", Wording, ["have", "more contractions", "fewer contractions"], |r| r.per_hundred(r.vocabulary.contractions), Sqrt, 0.75, Manner, Divides::Some).surface(),
    english("formal", Wording, ["are", "more formal in wording", "less formal in wording"], |r| r.rate(Mark::Formal), Sqrt, 0.72, Manner, Divides::Some).of_words(),
    row("names", Wording, ["have", "more names", "fewer names"], |r| r.per_hundred(r.vocabulary.names), Sqrt, 1.2, Subject, Divides::Little).surface(),
    // Stance.
    english("hedges", Stance, ["are", "more hedged", "less hedged"], |r| r.rate(Mark::Hedge), Sqrt, 0.78, Manner, Divides::Much).of_words(),
    english("certainty", Stance, ["are", "more certain in tone", "less certain in tone"], |r| r.rate(Mark::Certainty), Sqrt, 0.75, Manner, Divides::Some).of_words(),
    english("caveats", Stance, ["have", "more caveats", "fewer caveats"], |r| r.rate(Mark::Caveat), Sqrt, 0.69, Manner, Divides::Much),
    english("refusals", Stance, ["are", "more apt to refuse or plead ignorance", "less apt to refuse or plead ignorance"], |r| r.mark(Mark::Refusal) + r.mark(Mark::Disclaimer), Log, 0.45, Manner, Divides::Some),
    english("intensity", Stance, ["have", "more words that intensify", "fewer words that intensify"], |r| r.rate(Mark::Intensity), Sqrt, 0.71, Manner, Divides::Little).surface(),
    english("obligation", Stance, ["have", "more dos and don'ts", "fewer dos and don'ts"], |r| r.rate(Mark::Obligation), Sqrt, 0.75, Manner, Divides::Little),
    english("experts", Stance, ["have", "more warnings and pointers to experts", "fewer warnings and pointers to experts"], |r| r.rate(Mark::Expert), Sqrt, 0.45, Subject, Divides::Little),
    // Tone.
    row("exclamations", Tone, ["have", "more exclamation marks", "fewer exclamation marks"], |r| r.marks.exclamations, Log, 0.58, Manner, Divides::Much).surface(),
    row("emoji", Tone, ["have", "more emoji", "fewer emoji"], |r| r.marks.emoji + r.marks.smileys, Log, 0.43, Manner, Divides::Some),
    english("warmth", Tone, ["are", "warmer in tone", "cooler in tone"], |r| r.rate(Mark::Warmth), Sqrt, 0.56, Manner, Divides::Some).of_words(),
    english("empathy", Tone, ["are", "more concerned with feelings", "less concerned with feelings"], |r| r.rate(Mark::Empathy), Sqrt, 0.58, Manner, Divides::Little).of_words(),
    english("humour", Tone, ["are", "more humorous", "less humorous"], |r| r.rate(Mark::Humour), Sqrt, 0.47, Manner, Divides::Some).of_words(),
    english("courtesy", Tone, ["are", "more polite", "less polite"], |r| r.rate(Mark::Courtesy), Sqrt, 0.42, Manner, Divides::Little).of_words(),
    english("opener", Tone, ["have", "more of a polite opening", "less of a polite opening"], |r| r.opening.of(Mark::Opener), Log, 0.57, Manner, Divides::Some),
    english("closer", Tone, ["have", "more of an offer or wish at the end", "less of an offer or wish at the end"], |r| r.closing.of(Mark::Closer), Log, 0.55, Manner, Divides::Some),
    english("praise", Tone, ["have", "more praise for the reader", "less praise for the reader"], |r| r.mark(Mark::Praise), Log, 0.44, Manner, Divides::Little),
    // Address.
    english("first_person", Address, ["have", "more of \"I\"", "less of \"I\""], |r| r.mark(Mark::FirstSingular), Log, 0.76, Manner, Divides::Some).surface(),
    english("we", Address, ["have", "more of \"we\"", "less of \"we\""], |r| r.rate(Mark::FirstPlural), Sqrt, 0.83, Manner, Divides::Little).surface(),
    english("second_person", Address, ["have", "more direct address as \"you\"", "less direct address as \"you\""], |r| r.rate(Mark::Second), Sqrt, 0.71, Manner, Divides::Some),
    english("imperatives", Address, ["have", "more sentences that tell the reader what to do", "fewer sentences that tell the reader what to do"], |r| r.sentences.imperative / (r.sentences.count + 2.0), Linear, 0.13, Manner, Divides::Some),
    // Substance.
    english("examples", Substance, ["have", "more examples", "fewer examples"], |r| r.rate(Mark::Example), Sqrt, 0.62, Manner, Divides::Some),
    row("numbers", Substance, ["have", "more numbers", "fewer numbers"], |r| r.per_hundred(r.vocabulary.numbers), Sqrt, 1.2, Subject, Divides::Some),
    english("sources", Substance, ["have", "more sources and studies", "fewer sources and studies"], |r| r.rate(Mark::Source) + r.per_hundred(3.0 * (r.marks.links + r.marks.citations)), Sqrt, 0.5, Subject, Divides::Some),
    english("reasons", Substance, ["have", "more reasons", "fewer reasons"], |r| r.rate(Mark::Reason), Sqrt, 0.66, Manner, Divides::Some),
    english("comparisons", Substance, ["have", "more comparisons", "fewer comparisons"], |r| r.rate(Mark::Comparison), Sqrt, 0.76, Manner, Divides::Some),
    english("analogies", Substance, ["have", "more analogies", "fewer analogies"], |r| r.rate(Mark::Analogy), Sqrt, 0.54, Manner, Divides::Some),
    english("definitions", Substance, ["have", "more definitions", "fewer definitions"], |r| r.rate(Mark::Definition), Sqrt, 0.69, Manner, Divides::Little),
    english("summary", Substance, ["have", "more of a summary", "less of a summary"], |r| r.mark(Mark::Summary), Log, 0.71, Manner, Divides::Some),
    // Fit with the question.
    row("coverage", Fit, ["have", "more of the question's own words", "fewer of the question's own words"], |r| r.question.covered, Linear, 0.33, Subject, Divides::Little),
    row("echo", Fit, ["are", "more tied to the question's wording", "less tied to the question's wording"], |r| r.question.echoed, Sqrt, 0.22, Subject, Divides::Little).part_of("coverage").of_words(),
    row("restating", Fit, ["have", "more of the question in the first sentence", "less of the question in the first sentence"], |r| r.question.restated, Linear, 0.37, Subject, Divides::Some).part_of("coverage").of_words(),
    row("closing_echo", Fit, ["have", "more of the question in the last sentence", "less of the question in the last sentence"], |r| r.question.closed, Linear, 0.34, Subject, Divides::Little).part_of("coverage").of_words(),
    row("own_script", Fit, ["have", "more text in another language than the question's", "less text in another language than the question's"], |r| r.question.foreign, Linear, 0.5, Subject, Divides::Some).of_words(),
];

/// The Flesch-Kincaid grade (Kincaid et al. 1975), held within 0 to 25 since verse and code leave its range.
fn grade(r: &Reading) -> f64 {
    let grade = 0.39 * r.sentences.mean + 11.8 * r.vocabulary.syllables - 15.59;
    if r.prose_words < 1.0 { 0.0 } else { grade.clamp(0.0, 25.0) }
}
