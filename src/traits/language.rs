//! Whether a text is in English, in which alone much of the table can be measured, and whether its nouns are capitalised.

use unicode_segmentation::UnicodeSegmentation;

/// Words that hardly an English sentence does without, and that few other languages have.
const COMMON: [&str; 17] = [
    "the", "and", "that", "it", "you", "with", "are", "this", "your", "can", "have", "not", "from", "which",
    "what", "how", "they",
];

/// So many words are looked at…
const LOOKED_AT: usize = 400;

/// … and fewer than this tell nothing.
const FEWEST: usize = 12;

/// English prose has one of the common words in every four, lists of names one in twenty; other languages hardly any.
const SHARE: f64 = 0.04;

/// Whether a text is in English; none where it is too short to tell.
///
/// ```
/// use likeness::traits::is_english;
/// let told = "Boil the water first, then add the egg and wait for six minutes, and it is done.";
/// assert_eq!(is_english(told), Some(true));
/// assert_eq!(is_english("Yes."), None);
/// ```
pub fn is_english(text: &str) -> Option<bool> {
    let words = text.unicode_words().filter(|word| !word.bytes().all(|b| b.is_ascii_digit()));
    let (all, common) = counted(words, &COMMON);
    (all >= FEWEST).then_some(common as f64 >= SHARE * all as f64)
}

/// Words that hardly a German sentence does without; English has "die" alone of them.
const GERMAN: [&str; 16] = [
    "der", "die", "das", "und", "ist", "nicht", "ein", "eine", "den", "dem", "mit", "auf", "für", "sich",
    "von", "im",
];

/// German prose has one of its common words in every four, an English text on German a quotation here and there.
const GERMAN_SHARE: f64 = 0.1;

/// Whether every noun of a text with these `words` is capitalised, as German has it, so that a capital names nobody.
pub(super) fn nouns_are_capitalised<'a>(words: impl Iterator<Item = &'a str>) -> bool {
    let (all, german) = counted(words, &GERMAN);
    german >= 2 && german as f64 >= GERMAN_SHARE * all as f64
}

/// How many words are looked at, and how many of these are in `list`.
fn counted<'a>(words: impl Iterator<Item = &'a str>, list: &[&str]) -> (usize, usize) {
    let (mut all, mut listed) = (0, 0);
    for word in words.take(LOOKED_AT) {
        all += 1;
        listed += usize::from(list.iter().any(|other| other.eq_ignore_ascii_case(word)));
    }
    (all, listed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_and_lists_in_english_are_and_those_of_other_languages_are_not() {
        let check = |text: &str, expected| assert_eq!(is_english(text), expected, "{text}");
        check(
            "Three books: \"The Name of the Rose\" by Umberto Eco, \"Dune\" by Frank Herbert, \"Emma\" by Jane Austen.",
            Some(true),
        );
        check(
            "Gieß die Pflanze weniger: Ist die Erde zwei Zentimeter tief noch feucht, warte ein paar Tage und stell \
             sie dann an ein helles Fenster, aber nicht in die pralle Sonne.",
            Some(false),
        );
        check(
            "Vous arrosez sans doute trop. Attendez que la terre soit sèche, puis placez le pot près d'une fenêtre \
             bien éclairée, à l'abri du soleil direct.",
            Some(false),
        );
        check(
            "Riega menos la planta: espera a que la tierra esté seca y ponla cerca de una ventana con luz.",
            Some(false),
        );
        check(
            "Non annaffiare troppo la pianta: aspetta che la terra sia asciutta, e mettila vicino a una finestra.",
            Some(false),
        );
        check(
            "Je geeft de plant te veel water, of de pot staat te donker: wacht tot de aarde droog is en zet hem licht.",
            Some(false),
        );
        check(
            "Du vanner planten for meget: vent til jorden er tør, og stil den så for et vindue med godt lys.",
            Some(false),
        );
        check(
            "Podlewasz za często, to szkodzi roślinie: poczekaj, aż ziemia wyschnie, i postaw ją przy oknie.",
            Some(false),
        );
        check(
            "水をやりすぎている可能性があります。土が乾くまで待ってから、明るい窓辺に置いてください。",
            Some(false),
        );
        check(
            "أنت تسقي النبتة أكثر من اللازم، انتظر حتى تجف التربة ثم ضعها قرب نافذة مضيئة بعيدا عن الشمس.",
            Some(false),
        );
        check("", None);
        check("12 34 56 78 90 12 34 56 78 90 12 34 56 78", None);
    }
}
