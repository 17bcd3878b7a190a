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
        assert!(row.step(2.0).unwrap().contains("far "), "{}", row.id);
        assert_eq!(row.step(0.1), None);
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
