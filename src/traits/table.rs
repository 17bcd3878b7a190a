//! The table of traits: one row each, with its words, how it is measured and what it can reveal.
//!
//! Grammar: a row's words complete "you prefer answers that VERB MORE", so `("are", "longer", "shorter")` gives
//! "answers that are longer" and, with a step, "far longer"; every `more` and `less` is a comparative.
//! The scale is the spread of the transformed difference between two answers, so that 1 is a usual difference.

use super::Group::{self, *};
use super::Notice::{self, *};
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
    notice: Notice,
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
        notice,
        needs: Needs::AnyLanguage,
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
    notice: Notice,
) -> Trait {
    Trait { needs: Needs::English, ..row(id, group, words, extract, transform, scale, reveals, notice) }
}

/// Every trait, in the order in which measurements and weights are kept in memory; files keep them by id.
#[rustfmt::skip] // why: one row to a line is what makes the table readable.
pub static TABLE: &[Trait] = &[
    // Extent.
    row("length", Extent, ["are", "longer", "shorter"], |r| r.words, Log, 1.3, Form, Glance),
    row("paragraphs", Extent, ["have", "more paragraphs", "fewer paragraphs"], |r| r.lines.paragraphs, Log, 0.81, Form, Glance),
    row("sentence_length", Extent, ["have", "longer sentences", "shorter sentences"], |r| r.sentences.mean, Log, 0.69, Form, Read),
    row("first_sentence", Extent, ["have", "a longer first sentence", "a shorter first sentence"], |r| r.sentences.first, Log, 1.0, Form, Read),
    // Layout.
    row("structure", Layout, ["have", "more visible structure", "less visible structure"], |r| r.lines.bullets + r.lines.numbered + r.lines.headings + r.marks.bold + r.lines.table_rows, Log, 1.4, Form, Glance),
    row("list_items", Layout, ["have", "more list items", "fewer list items"], |r| r.lines.bullets + r.lines.numbered, Log, 1.3, Form, Glance),
    row("numbered", Layout, ["have", "more numbered steps", "fewer numbered steps"], |r| r.lines.numbered, Log, 1.4, Form, Glance),
    row("bullets", Layout, ["have", "more bullet points", "fewer bullet points"], |r| r.lines.bullets, Log, 1.5, Form, Glance),
    row("headings", Layout, ["have", "more headings", "fewer headings"], |r| r.lines.headings, Log, 1.0, Form, Glance),
    row("bold", Layout, ["have", "more words in bold", "fewer words in bold"], |r| r.marks.bold, Log, 1.6, Form, Glance),
    row("tables", Layout, ["have", "more table rows", "fewer table rows"], |r| r.lines.table_rows, Log, 0.68, Form, Glance),
    row("code", Layout, ["have", "more code", "less code"], |r| r.lines.code + r.marks.inline_code, Log, 1.6, Subject, Glance),
    row("short_lines", Layout, ["have", "more short lines, as verse has", "fewer short lines, as verse has"], |r| r.lines.short, Log, 0.95, Form, Read),
    row("line_breaks", Layout, ["have", "more lines", "fewer lines"], |r| r.lines.filled, Log, 1.2, Form, Subtle),
    row("closing_prose", Layout, ["have", "more of a closing paragraph after lists", "less of a closing paragraph after lists"], |r| f64::from(u8::from(r.lines.ends_in_prose)), Linear, 0.76, Form, Subtle),
    // Punctuation.
    row("exclamations", Punctuation, ["have", "more exclamation marks", "fewer exclamation marks"], |r| r.marks.exclamations, Log, 0.58, Manner, Glance),
    row("questions", Punctuation, ["have", "more questions", "fewer questions"], |r| r.marks.questions, Log, 0.69, Manner, Read),
    row("asks_back", Punctuation, ["are", "more apt to end by asking back", "less apt to end by asking back"], |r| f64::from(u8::from(r.marks.asks_at_end)), Linear, 0.38, Manner, Read),
    row("parentheses", Punctuation, ["have", "more asides in brackets", "fewer asides in brackets"], |r| r.per_hundred(r.marks.parentheses), Sqrt, 1.1, Form, Read),
    row("quotations", Punctuation, ["have", "more quotation marks", "fewer quotation marks"], |r| r.per_hundred(r.marks.quotations), Sqrt, 1.9, Form, Read),
    row("colons", Punctuation, ["have", "more colons", "fewer colons"], |r| r.per_hundred(r.marks.colons), Sqrt, 1.1, Form, Subtle),
    row("dashes", Punctuation, ["have", "more dashes", "fewer dashes"], |r| r.per_hundred(r.marks.dashes), Sqrt, 0.87, Form, Subtle),
    row("emoji", Punctuation, ["have", "more emoji", "fewer emoji"], |r| r.marks.emoji + r.marks.smileys, Log, 0.43, Manner, Glance),
    row("mathematics", Punctuation, ["have", "more mathematical signs", "fewer mathematical signs"], |r| r.marks.mathematics, Log, 1.2, Subject, Subtle),
    row("finished", Punctuation, ["are", "more complete at their end", "less complete at their end"], |r| f64::from(u8::from(r.marks.finished)), Linear, 0.57, Form, Subtle),
    // Wording.
    row("word_length", Wording, ["have", "longer words", "shorter words"], |r| r.vocabulary.letters, Linear, 0.92, Manner, Read),
    english("reading_grade", Wording, ["are", "harder to read", "easier to read"], grade, Linear, 3.6, Manner, Read),
    row("richness", Wording, ["have", "a richer vocabulary", "a plainer vocabulary"], |r| r.vocabulary.richness, Linear, 0.19, Manner, Read),
    row("repetition", Wording, ["are", "more repetitive", "less repetitive"], |r| r.vocabulary.repetition, Linear, 0.25, Form, Subtle),
    row("repeated_lines", Wording, ["have", "more repeated lines", "fewer repeated lines"], |r| r.lines.repeated, Log, 1.5, Form, Subtle),
    english("contractions", Wording, ["have", "more contractions", "fewer contractions"], |r| r.per_hundred(r.vocabulary.contractions), Sqrt, 0.75, Manner, Read),
    english("formal", Wording, ["are", "more formal in their wording", "less formal in their wording"], |r| r.rate(Mark::Formal), Sqrt, 0.72, Manner, Read),
    english("informal", Wording, ["are", "more casual in their wording", "less casual in their wording"], |r| r.rate(Mark::Informal), Sqrt, 0.69, Manner, Read),
    row("names", Wording, ["have", "more names", "fewer names"], |r| r.per_hundred(r.vocabulary.names), Sqrt, 1.2, Subject, Subtle),
    english("senses", Wording, ["are", "richer in images for the senses", "poorer in images for the senses"], |r| r.rate(Mark::Senses), Sqrt, 0.53, Subject, Subtle),
    // Stance.
    english("hedges", Stance, ["are", "more hedged", "less hedged"], |r| r.rate(Mark::Hedge), Sqrt, 0.78, Manner, Read),
    english("certainty", Stance, ["are", "more certain in tone", "less certain in tone"], |r| r.rate(Mark::Certainty), Sqrt, 0.75, Manner, Read),
    english("caveats", Stance, ["have", "more caveats", "fewer caveats"], |r| r.rate(Mark::Caveat), Sqrt, 0.69, Manner, Read),
    english("refusals", Stance, ["are", "more apt to refuse or plead ignorance", "less apt to refuse or plead ignorance"], |r| r.mark(Mark::Refusal) + r.mark(Mark::Disclaimer), Log, 0.45, Manner, Read),
    english("opinions", Stance, ["have", "more opinions and recommendations", "fewer opinions and recommendations"], |r| r.mark(Mark::Opinion), Log, 0.59, Manner, Read),
    english("intensity", Stance, ["have", "more words that intensify", "fewer words that intensify"], |r| r.rate(Mark::Intensity), Sqrt, 0.71, Manner, Subtle),
    english("obligation", Stance, ["have", "more dos and don'ts", "fewer dos and don'ts"], |r| r.rate(Mark::Obligation), Sqrt, 0.75, Manner, Subtle),
    english("experts", Stance, ["have", "more warnings and pointers to experts", "fewer warnings and pointers to experts"], |r| r.rate(Mark::Expert), Sqrt, 0.45, Subject, Subtle),
    // Tone.
    english("warmth", Tone, ["are", "warmer", "cooler"], |r| r.rate(Mark::Warmth), Sqrt, 0.56, Manner, Read),
    english("empathy", Tone, ["are", "more understanding of feelings", "less concerned with feelings"], |r| r.rate(Mark::Empathy), Sqrt, 0.58, Manner, Subtle),
    english("humour", Tone, ["are", "more humorous", "less humorous"], |r| r.rate(Mark::Humour), Sqrt, 0.47, Manner, Read),
    english("courtesy", Tone, ["are", "more polite", "less polite"], |r| r.rate(Mark::Courtesy), Sqrt, 0.42, Manner, Subtle),
    english("opener", Tone, ["have", "more of a polite opening", "less of a polite opening"], |r| r.opening.of(Mark::Opener), Log, 0.57, Manner, Read),
    english("closer", Tone, ["have", "more of an offer or wish at the end", "less of an offer or wish at the end"], |r| r.closing.of(Mark::Closer), Log, 0.55, Manner, Read),
    english("praise", Tone, ["have", "more praise for the reader", "less praise for the reader"], |r| r.mark(Mark::Praise), Log, 0.44, Manner, Subtle),
    // Address.
    english("first_person", Address, ["have", "more of the speaker's own \"I\"", "less of the speaker's own \"I\""], |r| r.rate(Mark::FirstSingular), Sqrt, 0.86, Manner, Read),
    english("we", Address, ["have", "more of \"we\"", "less of \"we\""], |r| r.rate(Mark::FirstPlural), Sqrt, 0.83, Manner, Subtle),
    english("second_person", Address, ["have", "more direct address as \"you\"", "less direct address as \"you\""], |r| r.rate(Mark::Second), Sqrt, 0.71, Manner, Read),
    english("imperatives", Address, ["have", "more sentences that tell the reader what to do", "fewer sentences that tell the reader what to do"], |r| r.sentences.imperative / (r.sentences.count + 2.0), Linear, 0.13, Manner, Read),
    // Substance.
    english("examples", Substance, ["have", "more examples", "fewer examples"], |r| r.rate(Mark::Example), Sqrt, 0.62, Manner, Read),
    row("numbers", Substance, ["have", "more numbers", "fewer numbers"], |r| r.per_hundred(r.vocabulary.numbers), Sqrt, 1.2, Subject, Read),
    english("sources", Substance, ["have", "more sources and studies", "fewer sources and studies"], |r| r.rate(Mark::Source) + r.per_hundred(3.0 * r.marks.links), Sqrt, 0.5, Subject, Read),
    english("reasons", Substance, ["have", "more reasons", "fewer reasons"], |r| r.rate(Mark::Reason), Sqrt, 0.66, Manner, Read),
    english("comparisons", Substance, ["have", "more comparisons", "fewer comparisons"], |r| r.rate(Mark::Comparison), Sqrt, 0.76, Manner, Read),
    english("analogies", Substance, ["have", "more analogies", "fewer analogies"], |r| r.rate(Mark::Analogy), Sqrt, 0.54, Manner, Read),
    english("alternatives", Substance, ["have", "more alternatives", "fewer alternatives"], |r| r.rate(Mark::Alternative), Sqrt, 0.79, Manner, Subtle),
    english("definitions", Substance, ["have", "more definitions", "fewer definitions"], |r| r.rate(Mark::Definition), Sqrt, 0.69, Manner, Subtle),
    english("sequence", Substance, ["have", "more words of order, such as first and then", "fewer words of order, such as first and then"], |r| r.rate(Mark::Sequence), Sqrt, 0.7, Manner, Subtle),
    english("summary", Substance, ["have", "more of a summary", "less of a summary"], |r| r.mark(Mark::Summary), Log, 0.71, Manner, Read),
    // Fit with the question.
    row("coverage", Fit, ["have", "more of the question's own words", "fewer of the question's own words"], |r| r.question.covered, Linear, 0.33, Subject, Subtle),
    row("echo", Fit, ["are", "closer in wording to the question", "further in wording from the question"], |r| r.question.echoed, Sqrt, 0.22, Subject, Subtle),
    row("restating", Fit, ["have", "a first sentence that restates more of the question", "a first sentence that restates less of the question"], |r| r.question.restated, Linear, 0.37, Subject, Read),
    row("closing_echo", Fit, ["have", "a last sentence that comes back more to the question", "a last sentence that comes back less to the question"], |r| r.question.closed, Linear, 0.34, Subject, Subtle),
    row("own_script", Fit, ["are", "further in script from the question", "closer in script to the question"], |r| r.question.foreign, Linear, 0.5, Subject, Read),
];

/// The Flesch-Kincaid grade (Kincaid et al. 1975), held within 0 to 25 since verse and code leave its range.
fn grade(r: &Reading) -> f64 {
    let grade = 0.39 * r.sentences.mean + 11.8 * r.vocabulary.syllables - 15.59;
    if r.prose_words < 1.0 { 0.0 } else { grade.clamp(0.0, 25.0) }
}
