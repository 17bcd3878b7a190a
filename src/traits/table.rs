//! The table of traits: one row each, with its words, how it is measured and what it can reveal.
//!
//! Grammar: a row's words complete "you prefer answers that VERB MORE", so `("are", "longer", "shorter")` gives
//! "answers that are longer" and, with a step, "far longer"; every `more` and `less` is a comparative.
//! The scale is the spread of the transformed difference between two answers, so that 1 is a usual difference.

use super::Group::{self, *};
use super::Reveals::{self, *};
use super::Transform::{self, *};
use super::lexicon::Mark;
use super::reading::Reading;
use super::{Needs, Trait};

type Extract = fn(&Reading) -> f64;

const fn row(
    id: &'static str,
    group: Group,
    words: [&'static str; 3],
    extract: Extract,
    transform: Transform,
    scale: f64,
    reveals: Reveals,
) -> Trait {
    let [verb, more, less] = words;
    Trait { id, group, verb, more, less, extract, transform, scale, reveals, needs: Needs::AnyLanguage }
}

/// A row whose words or rules are English.
const fn english(
    id: &'static str,
    group: Group,
    words: [&'static str; 3],
    extract: Extract,
    transform: Transform,
    scale: f64,
    reveals: Reveals,
) -> Trait {
    Trait { needs: Needs::English, ..row(id, group, words, extract, transform, scale, reveals) }
}

/// Every trait, in the order in which measurements and weights are kept in memory; files keep them by id.
#[rustfmt::skip] // why: one row to a line is what makes the table readable.
pub static TABLE: &[Trait] = &[
    // Extent.
    row("length", Extent, ["are", "longer", "shorter"], |r| r.words, Log, 1.3, Form),
    row("paragraphs", Extent, ["have", "more paragraphs", "fewer paragraphs"], |r| r.lines.paragraphs, Log, 0.81, Form),
    row("sentence_length", Extent, ["have", "longer sentences", "shorter sentences"], |r| r.sentences.mean, Log, 0.69, Form),
    row("sentence_variety", Extent, ["have", "more varied sentence lengths", "more even sentence lengths"], |r| r.sentences.deviation, Log, 0.9, Form),
    row("short_sentences", Extent, ["have", "more very short sentences", "fewer very short sentences"], |r| r.sentences.short, Sqrt, 2.2, Form),
    row("first_sentence", Extent, ["have", "a longer first sentence", "a shorter first sentence"], |r| r.sentences.first, Log, 1.0, Form),
    row("lead", Extent, ["have", "a longer lead-in before any list or code", "a shorter lead-in before any list or code"], |r| r.lines.lead_words, Log, 1.8, Form),
    row("paragraph_length", Extent, ["have", "longer paragraphs", "shorter paragraphs"], |r| (r.prose_words - r.lines.item_words) / (r.lines.paragraphs + 1.0), Log, 1.2, Form),
    // Layout.
    row("numbered", Layout, ["have", "more numbered steps", "fewer numbered steps"], |r| r.lines.numbered, Log, 1.4, Form),
    row("bullets", Layout, ["have", "more bullet points", "fewer bullet points"], |r| r.lines.bullets, Log, 1.5, Form),
    row("lists", Layout, ["have", "more of their text in lists", "less of their text in lists"], |r| r.lines.item_words / (r.prose_words + 1.0), Linear, 0.42, Form),
    row("item_length", Layout, ["have", "longer list items", "shorter list items"], |r| r.lines.item_words / (r.lines.bullets + r.lines.numbered + 1.0), Log, 1.9, Form),
    row("labelled_items", Layout, ["have", "more labels at the head of list items", "fewer labels at the head of list items"], |r| r.lines.labelled, Log, 1.2, Form),
    row("nested_lists", Layout, ["have", "more nested lists", "fewer nested lists"], |r| r.lines.nested, Log, 1.6, Form),
    row("headings", Layout, ["have", "more headings", "fewer headings"], |r| r.lines.headings, Log, 1.0, Form),
    row("bold", Layout, ["have", "more words in bold", "fewer words in bold"], |r| r.marks.bold, Log, 1.6, Form),
    row("italics", Layout, ["have", "more words in italics", "fewer words in italics"], |r| r.marks.italics, Log, 0.55, Form),
    row("tables", Layout, ["have", "more table rows", "fewer table rows"], |r| r.lines.table_rows, Log, 0.68, Form),
    row("code", Layout, ["have", "more code", "less code"], |r| r.lines.code, Log, 1.6, Subject),
    row("inline_code", Layout, ["have", "more code within sentences", "less code within sentences"], |r| r.marks.inline_code, Log, 1.1, Subject),
    row("quoted_lines", Layout, ["have", "more quoted lines", "fewer quoted lines"], |r| r.lines.quotes, Log, 0.05, Form),
    row("short_lines", Layout, ["have", "more short lines, as verse has", "fewer short lines, as verse has"], |r| r.lines.short, Log, 0.95, Form),
    row("line_breaks", Layout, ["have", "more lines", "fewer lines"], |r| r.lines.filled, Log, 1.2, Form),
    row("words_per_line", Layout, ["have", "longer lines", "shorter lines"], |r| r.words / (r.lines.filled + 1.0), Log, 0.86, Form),
    row("closing_prose", Layout, ["have", "more of a closing paragraph after lists", "less of a closing paragraph after lists"], |r| f64::from(u8::from(r.lines.ends_in_prose)), Linear, 0.76, Form),
    row("rules", Layout, ["have", "more dividing lines", "fewer dividing lines"], |r| r.lines.rules, Log, 0.41, Form),
    // Punctuation.
    row("exclamations", Punctuation, ["have", "more exclamation marks", "fewer exclamation marks"], |r| r.marks.exclamations, Log, 0.58, Manner),
    row("questions", Punctuation, ["have", "more questions", "fewer questions"], |r| r.marks.questions, Log, 0.69, Manner),
    row("asks_back", Punctuation, ["are", "more apt to end by asking back", "less apt to end by asking back"], |r| f64::from(u8::from(r.marks.asks_at_end)), Linear, 0.38, Manner),
    row("parentheses", Punctuation, ["have", "more asides in brackets", "fewer asides in brackets"], |r| r.per_hundred(r.marks.parentheses), Sqrt, 1.1, Form),
    row("quotations", Punctuation, ["have", "more quotation marks", "fewer quotation marks"], |r| r.per_hundred(r.marks.quotations), Sqrt, 1.9, Form),
    row("colons", Punctuation, ["have", "more colons", "fewer colons"], |r| r.per_hundred(r.marks.colons), Sqrt, 1.1, Form),
    row("commas", Punctuation, ["have", "more commas", "fewer commas"], |r| r.per_hundred(r.marks.commas), Linear, 9.0, Form),
    row("semicolons", Punctuation, ["have", "more semicolons", "fewer semicolons"], |r| r.per_hundred(r.marks.semicolons), Sqrt, 0.5, Form),
    row("dashes", Punctuation, ["have", "more dashes", "fewer dashes"], |r| r.per_hundred(r.marks.dashes), Sqrt, 0.87, Form),
    row("ellipses", Punctuation, ["have", "more trailing dots", "fewer trailing dots"], |r| r.marks.ellipses, Sqrt, 0.68, Form),
    row("emoji", Punctuation, ["have", "more emoji", "fewer emoji"], |r| r.marks.emoji + r.marks.smileys, Log, 0.43, Manner),
    row("mathematics", Punctuation, ["have", "more mathematical signs", "fewer mathematical signs"], |r| r.marks.mathematics, Log, 1.2, Subject),
    row("finished", Punctuation, ["are", "more complete at their end", "less complete at their end"], |r| f64::from(u8::from(r.marks.finished)), Linear, 0.57, Form),
    // Wording.
    row("word_length", Wording, ["have", "longer words", "shorter words"], |r| r.vocabulary.letters, Linear, 0.92, Manner),
    row("long_words", Wording, ["have", "more long words", "fewer long words"], |r| r.vocabulary.long, Linear, 0.062, Manner),
    english("reading_grade", Wording, ["are", "harder to read", "easier to read"], grade, Linear, 3.6, Manner),
    row("richness", Wording, ["have", "a richer vocabulary", "a plainer vocabulary"], |r| r.vocabulary.richness, Linear, 0.19, Manner),
    row("repetition", Wording, ["are", "more repetitive", "less repetitive"], |r| r.vocabulary.repetition, Linear, 0.25, Form),
    row("repeated_lines", Wording, ["have", "more repeated lines", "fewer repeated lines"], |r| r.lines.repeated, Log, 1.5, Form),
    english("contractions", Wording, ["have", "more contractions", "fewer contractions"], |r| r.per_hundred(r.vocabulary.contractions), Sqrt, 0.75, Manner),
    english("formal", Wording, ["are", "more formal in their wording", "less formal in their wording"], |r| r.rate(Mark::Formal), Sqrt, 0.72, Manner),
    english("informal", Wording, ["are", "more casual in their wording", "less casual in their wording"], |r| r.rate(Mark::Informal), Sqrt, 0.69, Manner),
    row("capitals", Wording, ["have", "more words in capitals", "fewer words in capitals"], |r| r.per_hundred(r.vocabulary.shouted), Sqrt, 0.77, Form),
    row("names", Wording, ["have", "more names", "fewer names"], |r| r.per_hundred(r.vocabulary.names), Sqrt, 1.2, Subject),
    english("past", Wording, ["have", "more of the past tense", "less of the past tense"], |r| r.per_hundred(r.vocabulary.past), Sqrt, 0.93, Subject),
    english("passive", Wording, ["have", "more of the passive voice", "less of the passive voice"], |r| r.per_hundred(r.vocabulary.passive), Sqrt, 0.7, Manner),
    english("adverbs", Wording, ["have", "more adverbs", "fewer adverbs"], |r| r.per_hundred(r.vocabulary.adverbs), Sqrt, 0.72, Manner),
    english("gerunds", Wording, ["have", "more words in -ing", "fewer words in -ing"], |r| r.per_hundred(r.vocabulary.gerunds), Sqrt, 1.0, Manner),
    english("senses", Wording, ["are", "richer in images for the senses", "poorer in images for the senses"], |r| r.rate(Mark::Senses), Sqrt, 0.53, Subject),
    row("same_opening", Wording, ["have", "more sentences in a row that open alike", "fewer sentences in a row that open alike"], |r| r.sentences.same_opening, Linear, 0.28, Form),
    // Stance.
    english("hedges", Stance, ["are", "more hedged", "less hedged"], |r| r.rate(Mark::Hedge), Sqrt, 0.78, Manner),
    english("certainty", Stance, ["are", "more certain in tone", "less certain in tone"], |r| r.rate(Mark::Certainty), Sqrt, 0.75, Manner),
    english("caveats", Stance, ["have", "more caveats", "fewer caveats"], |r| r.rate(Mark::Caveat), Sqrt, 0.69, Manner),
    english("refusals", Stance, ["are", "more apt to refuse or plead ignorance", "less apt to refuse or plead ignorance"], |r| r.mark(Mark::Refusal), Log, 0.45, Manner),
    english("disclaimers", Stance, ["have", "more remarks about being an AI", "fewer remarks about being an AI"], |r| r.mark(Mark::Disclaimer), Log, 0.57, Manner),
    english("opinions", Stance, ["have", "more opinions and recommendations", "fewer opinions and recommendations"], |r| r.mark(Mark::Opinion), Log, 0.59, Manner),
    english("intensity", Stance, ["have", "more words that intensify", "fewer words that intensify"], |r| r.rate(Mark::Intensity), Sqrt, 0.71, Manner),
    english("obligation", Stance, ["have", "more dos and don'ts", "fewer dos and don'ts"], |r| r.rate(Mark::Obligation), Sqrt, 0.75, Manner),
    english("negation", Stance, ["have", "more negations", "fewer negations"], |r| r.rate(Mark::Negation), Sqrt, 0.68, Manner),
    english("experts", Stance, ["have", "more warnings and pointers to experts", "fewer warnings and pointers to experts"], |r| r.rate(Mark::Expert), Sqrt, 0.45, Subject),
    // Tone.
    english("warmth", Tone, ["are", "warmer", "cooler"], |r| r.rate(Mark::Warmth), Sqrt, 0.56, Manner),
    english("empathy", Tone, ["are", "more understanding of feelings", "less concerned with feelings"], |r| r.rate(Mark::Empathy), Sqrt, 0.58, Manner),
    english("humour", Tone, ["are", "more humorous", "less humorous"], |r| r.rate(Mark::Humour), Sqrt, 0.47, Manner),
    english("courtesy", Tone, ["are", "more polite", "less polite"], |r| r.rate(Mark::Courtesy), Sqrt, 0.42, Manner),
    english("opener", Tone, ["have", "more of a polite opening", "less of a polite opening"], |r| r.opening.of(Mark::Opener), Log, 0.57, Manner),
    english("closer", Tone, ["have", "more of an offer or wish at the end", "less of an offer or wish at the end"], |r| r.closing.of(Mark::Closer), Log, 0.55, Manner),
    english("praise", Tone, ["have", "more praise for the reader", "less praise for the reader"], |r| r.mark(Mark::Praise), Log, 0.44, Manner),
    // Address.
    english("first_person", Address, ["have", "more of the speaker's own \"I\"", "less of the speaker's own \"I\""], |r| r.rate(Mark::FirstSingular), Sqrt, 0.86, Manner),
    english("we", Address, ["have", "more of \"we\"", "less of \"we\""], |r| r.rate(Mark::FirstPlural), Sqrt, 0.83, Manner),
    english("second_person", Address, ["have", "more direct address as \"you\"", "less direct address as \"you\""], |r| r.rate(Mark::Second), Sqrt, 0.71, Manner),
    english("imperatives", Address, ["have", "more sentences that tell the reader what to do", "fewer sentences that tell the reader what to do"], |r| r.sentences.imperative / (r.sentences.count + 2.0), Linear, 0.13, Manner),
    // Substance.
    english("examples", Substance, ["have", "more examples", "fewer examples"], |r| r.rate(Mark::Example), Sqrt, 0.62, Manner),
    row("numbers", Substance, ["have", "more numbers", "fewer numbers"], |r| r.per_hundred(r.vocabulary.numbers), Sqrt, 1.2, Subject),
    row("years", Substance, ["have", "more years and dates", "fewer years and dates"], |r| r.vocabulary.years, Log, 0.55, Subject),
    row("amounts", Substance, ["have", "more prices and percentages", "fewer prices and percentages"], |r| r.marks.money_and_shares, Log, 0.81, Subject),
    english("sources", Substance, ["have", "more sources and studies", "fewer sources and studies"], |r| r.rate(Mark::Source), Sqrt, 0.5, Subject),
    row("links", Substance, ["have", "more links", "fewer links"], |r| r.marks.links, Log, 0.43, Subject),
    english("reasons", Substance, ["have", "more reasons", "fewer reasons"], |r| r.rate(Mark::Reason), Sqrt, 0.66, Manner),
    english("comparisons", Substance, ["have", "more comparisons", "fewer comparisons"], |r| r.rate(Mark::Comparison), Sqrt, 0.76, Manner),
    english("analogies", Substance, ["have", "more analogies", "fewer analogies"], |r| r.rate(Mark::Analogy), Sqrt, 0.54, Manner),
    english("alternatives", Substance, ["have", "more alternatives", "fewer alternatives"], |r| r.rate(Mark::Alternative), Sqrt, 0.79, Manner),
    english("definitions", Substance, ["have", "more definitions", "fewer definitions"], |r| r.rate(Mark::Definition), Sqrt, 0.69, Manner),
    english("sequence", Substance, ["have", "more words of order, such as first and then", "fewer words of order, such as first and then"], |r| r.rate(Mark::Sequence), Sqrt, 0.7, Manner),
    english("summary", Substance, ["have", "more of a summary", "less of a summary"], |r| r.mark(Mark::Summary), Log, 0.71, Manner),
    english("additions", Substance, ["have", "more linking words, such as also", "fewer linking words, such as also"], |r| r.rate(Mark::Addition), Sqrt, 0.66, Manner),
    // Fit with the question.
    row("coverage", Fit, ["have", "more of the question's own words", "fewer of the question's own words"], |r| r.question.covered, Linear, 0.33, Subject),
    row("echo", Fit, ["are", "closer in wording to the question", "further in wording from the question"], |r| r.question.echoed, Sqrt, 0.22, Subject),
    row("restating", Fit, ["have", "a first sentence that restates more of the question", "a first sentence that restates less of the question"], |r| r.question.restated, Linear, 0.37, Subject),
    row("closing_echo", Fit, ["have", "a last sentence that comes back more to the question", "a last sentence that comes back less to the question"], |r| r.question.closed, Linear, 0.34, Subject),
    row("own_script", Fit, ["are", "further in script from the question", "closer in script to the question"], |r| r.question.foreign, Linear, 0.5, Subject),
];

/// The Flesch-Kincaid grade (Kincaid et al. 1975), held within 0 to 25 since verse and code leave its range.
fn grade(r: &Reading) -> f64 {
    let grade = 0.39 * r.sentences.mean + 11.8 * r.vocabulary.syllables - 15.59;
    if r.prose_words < 1.0 { 0.0 } else { grade.clamp(0.0, 25.0) }
}
