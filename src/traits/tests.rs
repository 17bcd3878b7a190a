//! The table's own rules, and that no text breaks it.

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;
use crate::preference::Turn;

fn asked() -> [Turn; 1] {
    [Turn::user("How do I bake bread at home?")]
}

/// The sign of a trait's difference between two answers.
fn check(id: &str, first: &str, second: &str, expected: f64) {
    let (index, _) = Trait::find(id).unwrap();
    let value = difference(&asked(), first, second).values()[index];
    let sign = if value == 0.0 { 0.0 } else { value.signum() };
    assert_eq!(sign, expected, "{id}: {first:?} against {second:?} gives {value}");
}

#[test]
fn every_row_can_be_told_apart_and_said() {
    assert!(TABLE.len() >= 40);
    let ids: HashSet<&str> = TABLE.iter().map(|row| row.id).collect();
    assert_eq!(ids.len(), TABLE.len());
    for row in TABLE {
        assert!(matches!(row.verb, "are" | "have"), "{}", row.id);
        assert_ne!(row.more, row.less, "{}", row.id);
        assert!(row.scale > 0.0, "{}", row.id);
        assert_eq!(row.step(0.1), None);
        if let Some(whole) = row.part_of {
            // One step up and no further: a family has one head.
            assert!(Trait::find(whole).is_some_and(|(_, whole)| whole.part_of.is_none()), "{}", row.id);
        }
    }
}

/// Comparatives that "somewhat", "clearly" and "far" go before; "far further" is none.
const COMPARATIVES: [&str; 11] = [
    "more", "less", "fewer", "longer", "shorter", "harder", "easier", "richer", "plainer", "warmer", "cooler",
];

/// Where the thing that is counted ends: "fewer *words* in bold".
const AFTER_THE_NOUN: [&str; 9] = ["in", "of", "to", "for", "as", "at", "and", "that", "than"];

/// What is wrong with the words of a row as English, read after "the first answer is far" and "answers that have".
fn grammar(verb: &str, words: &str) -> Option<&'static str> {
    let (comparative, rest) = words.split_once(' ').unwrap_or((words, ""));
    if !COMPARATIVES.contains(&comparative) {
        return Some("it opens with no comparative, so that a step has nothing to go before");
    }
    if rest.split(' ').any(|word| ["their", "its"].contains(&word)) {
        return Some("it is said of one answer and of many");
    }
    let graded = ["more", "less", "fewer"].contains(&comparative);
    if verb == "are" && comparative == "fewer" || graded && rest.is_empty() {
        return Some("nothing stands behind the comparative");
    }
    // What stands behind a comma only explains.
    let counted = rest.split(", ").next().unwrap_or(rest);
    let noun = counted.split(' ').take_while(|word| !AFTER_THE_NOUN.contains(word));
    let many = |noun: &str| noun == "emoji" || noun.ends_with('s') && !noun.ends_with("ss");
    match noun.last() {
        Some(noun) if comparative == "fewer" && !many(noun) => Some("fewer of what is not counted"),
        Some(noun) if verb == "have" && comparative == "less" && many(noun) => {
            Some("less of what is counted")
        }
        Some(_) if verb == "have" && comparative.ends_with("er") && !graded && rest.is_empty() => {
            Some("no noun")
        }
        _ => None,
    }
}

#[test]
fn a_noun_in_german_and_a_unit_are_no_names() {
    let names = |answer: &str| measure(&[], answer).values()[Trait::find("names").unwrap().0];
    assert_eq!(names("Warm it to 38 °C, then stir in the yeast and wait until it foams."), 0.0);
    assert!(names("Le livre est de Simone de Beauvoir, et on le trouve à Lyon et à Paris.") > 5.0);
    assert!(names("The book that you want is by Ursula Le Guin, and it is sold in Leeds and York.") > 5.0);
    assert_eq!(
        names("Der Hund läuft durch den Garten, weil die Katze auf dem Baum in der Sonne liegt."),
        0.0
    );
}

#[test]
fn every_row_is_english_at_every_step_in_both_directions() {
    for row in TABLE {
        for (more, sign) in [(true, 1.0), (false, -1.0)] {
            let words = if more { row.more } else { row.less };
            assert_eq!(grammar(row.verb, words), None, "answers that {}", row.phrase(more));
            for (step, size) in [("somewhat", 0.5), ("clearly", 1.0), ("far", 2.0)] {
                assert_eq!(row.step(sign * size), Some(format!("{step} {words}")), "{}", row.id);
            }
        }
        let tail = |words: &'static str| words.split_once(' ').map_or("", |(_, tail)| tail);
        assert_eq!(
            tail(row.more),
            tail(row.less),
            "{}: the two directions differ in more than the comparative",
            row.id
        );
    }
    for (verb, wrong) in [
        ("have", "a first sentence that restates less of the question"),
        ("are", "further in wording from the question"),
        ("are", "more formal in their wording"),
        ("have", "fewer structure"),
        ("have", "less headings"),
    ] {
        assert!(grammar(verb, wrong).is_some(), "{wrong}");
    }
}

#[test]
fn an_answer_without_words_has_neither_short_nor_plain_ones() {
    let full =
        "Perhaps you might knead the dough for a wonderful quarter of an hour, and let it rise overnight.";
    for empty in ["", "```\nbake()\n```", "🍞"] {
        for told in [difference(&asked(), empty, full), difference(&asked(), full, empty)] {
            let words = told.words();
            // Neither counted nor learnt from.
            let silent = TABLE.iter().zip(told.values()).filter(|(row, _)| row.of_words);
            assert!(silent.into_iter().all(|(_, value)| *value == 0.0), "{empty:?}");
            assert!(words.iter().all(|(row, _)| !row.of_words), "{empty:?}: {words:?}");
            assert!(words.iter().any(|(row, _)| row.id == "length"), "{empty:?}: {words:?}");
        }
    }
    assert!(difference(&asked(), "Bake it.", full).words().iter().any(|(row, _)| row.of_words));
}

#[test]
fn what_is_in_another_language_has_not_fewer_of_our_words() {
    let english =
        "You might perhaps knead the dough, and then you should let it rest, because it has to rise.";
    for other in [
        "Knete den Teig, und lass ihn dann eine Stunde ruhen, weil er mit der Hefe gehen muss.",
        "生地をこねてから、一時間ほど休ませてください。",
        "Месите тесто десять минут, потом оставьте его на час.",
    ] {
        let told = difference(&asked(), english, other);
        for (row, value) in TABLE.iter().zip(told.values()) {
            assert!(row.needs != Needs::English || *value == 0.0, "{}: {other}", row.id);
        }
        check("own_script", other, english, 1.0);
    }
}

#[test]
fn a_list_is_a_block_as_a_paragraph_is() {
    check("paragraphs", "Knead the dough. Then bake it.", "- Knead the dough.\n- Bake it.", 0.0);
    check("paragraphs", "Knead the dough. Then bake it.", "1. Knead.\n\n2. Wait.\n\n3. Bake.", 0.0);
    check("paragraphs", "You need:\n\n- flour\n- water\n\nBake it.", "Knead it.\n\nBake it.", 1.0);
}

#[test]
fn verse_in_small_letters_is_no_long_sentence() {
    let verse = "the oven glows\nthe morning waits\na loaf is born";
    check("sentence_length", "The oven glows. The morning waits. A loaf is born.", verse, 0.0);
    check("short_lines", verse, "The oven glows. The morning waits. A loaf is born.", 1.0);
}

#[test]
fn small_letters_end_sentences_and_capitals_name_nobody() {
    let text = "Knead the dough for ten minutes. Let it rest at home. Then bake it until it is brown.";
    check("sentence_length", text, &text.to_lowercase(), 0.0);
    check("names", text, &text.to_uppercase(), 0.0);
    check("names", "It was baked by Ursula Le Guin in Leeds, for the BBC.", text, 1.0);
}

#[test]
fn a_word_is_no_mark_of_what_it_does_not_mean() {
    for (id, text) in [
        ("refusals", "The map is drawn in real-time, and you can watch it."),
        ("analogies", "Serve it as a starter, or as a side."),
        ("opener", "Yes."),
        ("opener", "That isn't something I can help with."),
        ("examples", "I'd say so."),
        ("empathy", "The oven must be hot, and racks support the tray."),
        ("second_person", "Yours faithfully, the baker."),
        ("comparisons", "Let me know if you need more, once you have waited for a while."),
        ("hedges", "It was the first of May, and in May it is warm."),
        ("refusals", "I can't come on Friday, and I won't be at home."),
        ("imperatives", "Do you want more? Let me know. Research shows that it helps."),
        ("analogies", "I'd like a seat."),
        ("sources", "By reference, the source file."),
        ("closer", "They could not remember."),
        ("praise", "The outstanding invoices are brilliant."),
        ("headings", "**576**"),
        ("emoji", "✓ flour"),
    ] {
        check(id, text, "The oven was hot.", 0.0);
    }
    for (id, text) in [
        ("refusals", "I'm not comfortable with that one, so I'll pass on this."),
        ("refusals", "I must respectfully decline."),
        ("opener", "Dear Ms. Weber, the bread is here."),
        ("warmth", "I'm so sorry. I'm here for you."),
        ("empathy", "That must be hard."),
        ("praise", "What an idea."),
        ("refusals", "I cannot help with that."),
        ("comparisons", "It is colder than ice."),
        ("hedges", "It may rain."),
        ("imperatives", "Please pack a hat."),
        ("summary", "In a nutshell, it was hot."),
        ("sources", "Bread keeps for four days (Miller 2014)."),
    ] {
        check(id, text, "The oven was hot.", 1.0);
    }
}

#[test]
fn traits_go_the_way_that_their_words_say() {
    check("length", "One two three four five six.", "One.", 1.0);
    check("numbered", "1. Knead\n2. Bake", "Knead, then bake.", 1.0);
    check("bullets", "- flour\n- water", "Flour and water.", 1.0);
    check("structure", "# Bread\n\n**Bake** it.", "Bake it.", 1.0);
    check("code", "```\nbake()\n```", "Call bake.", 1.0);
    check("hedges", "It may perhaps rise.", "It rises in one hour.", 1.0);
    check("refusals", "As an AI, I cannot bake.", "Bake it.", 1.0);
    check("emoji", "Bake it 🍞", "Bake it", 1.0);
    check("asks_back", "Which flour do you have?", "Use any flour.", 1.0);
    check("contractions", "Don't knead it, it’s fine.", "Do not knead it, it is fine.", 1.0);
    check("coverage", "To bake bread at home, wait.", "Wait.", 1.0);
    check("own_script", "Пеките хлеб дома.", "Bake it.", 1.0);
    check(
        "own_script",
        "Backe das Brot zu Hause und lass es nicht zu dunkel werden.",
        "Bake it at home.",
        1.0,
    );
}

#[test]
fn other_scripts_are_read() {
    let chinese = measure(&asked(), "先和面。然后发酵。最后烤。");
    let (length, _) = Trait::find("length").unwrap();
    assert!(chinese.values()[length] >= 8.0, "Han characters are words of their own");
    check("questions", "ما هو نوع الدقيق؟", "الدقيق", 1.0);
    check("paragraphs", "أولا\n\nثانيا", "أولا", 1.0);
}

#[test]
fn strange_texts_are_measured() {
    let texts = [
        "",
        " \n\t",
        "😀",
        "👩‍👩‍👧",
        "一二三四五六七八九十",
        "مرحبا بالعالم، كيف حالك؟",
        "\u{202e}abc",
        "\u{0}\u{7}",
        "|",
        "```",
        "1.",
    ];
    for first in texts {
        for second in texts {
            let told = difference(&asked(), first, second);
            assert!(told.values().iter().all(|value| value.is_finite()), "{first:?} against {second:?}");
            assert!(first != second || told.values().iter().all(|value| *value == 0.0), "{first:?}");
        }
    }
}

#[test]
fn a_megabyte_is_measured() {
    let text = "A sentence of words, again and again. ".repeat(28_000);
    assert!(text.len() > 1_000_000);
    assert!(measure(&asked(), &text).values().iter().all(|value| value.is_finite()));
    let unspaced = "一二三四五六七八九十".repeat(34_000);
    assert!(unspaced.len() > 1_000_000);
    assert!(measure(&asked(), &unspaced).values().iter().all(|value| value.is_finite()));
    let fences = "`".repeat(1_000_000);
    assert!(measure(&asked(), &fences).values().iter().all(|value| value.is_finite()));
}

#[test]
fn a_measurement_survives_its_file() {
    let measured = measure(&asked(), "1. Knead.\n2. Bake!");
    let text = serde_json::to_string(&measured).unwrap();
    assert_eq!(serde_json::from_str::<Measurement>(&text).unwrap(), measured);
    assert!(serde_json::from_str::<Measurement>("{}").unwrap().values().iter().all(|value| *value == 0.0));
}

proptest! {
    #[test]
    fn no_text_breaks_it_and_swapping_flips_every_sign(first in "\\PC{0,80}|[-*#|>`\\s\\d.)a]{0,60}", second in ".{0,60}") {
        let one = difference(&asked(), &first, &second);
        let other = difference(&asked(), &second, &first);
        for (a, b) in one.values().iter().zip(other.values()) {
            prop_assert!(a.is_finite() && *a == -b);
        }
        let turned = one.reversed();
        prop_assert_eq!(turned.values(), other.values());
    }
}
