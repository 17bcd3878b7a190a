//! What the traits can't see of a person, whoever reads the portrait should know.

use crate::preference::History;
use crate::traits::{Needs, TABLE, is_english};

/// Of all answers, at least this share must be told to be in another language before anything is said of it.
const LEAST_SHARE: f64 = 0.25;

/// What the language of the choices leaves out, in a sentence or two: where most of the answers are in another than
/// English, the rows that rest on English words say nothing of them. Empty where all can be measured.
pub fn unmeasured(history: &History) -> String {
    let answers = history.pairs().iter().flat_map(|pair| [&pair.chosen, &pair.rejected]);
    let told: Vec<Option<bool>> = answers.map(|answer| is_english(answer)).collect();
    let count = |wanted| told.iter().filter(|told| **told == Some(wanted)).count();
    let (english_ones, others) = (count(true), count(false));
    if others <= english_ones || (others as f64) < LEAST_SHARE * told.len() as f64 {
        return String::new();
    }
    let english = TABLE.iter().filter(|row| row.needs == Needs::English).count();
    format!(
        "{} of the answers that you chose between are in another language than English. {english} of the {} measures know English words alone and \
         are silent there: what is said here rests on length, layout, signs and the words' own figures. A language model \
         that speaks your language sees more.",
        if english_ones == 0 { "All" } else { "Most" },
        TABLE.len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preference::{PreferencePair, Turn};

    fn asked(question: &str, chosen: String, rejected: String) -> PreferencePair {
        PreferencePair::new(vec![Turn::user(question)], chosen, rejected)
    }

    fn english(i: usize) -> PreferencePair {
        let long =
            format!("Well, {i} is a number about which there are a great many things to say, and I will. ");
        asked("What is it?", format!("It is {i}."), long.repeat(2))
    }

    fn german(i: usize) -> PreferencePair {
        let long = format!(
            "Das ist die Antwort Nummer {i}, und über diese Zahl kann man noch sehr viel mehr sagen. "
        );
        asked("Was ist das?", long.repeat(2), format!("Es ist {i}."))
    }

    #[test]
    fn what_the_language_leaves_out_is_said() {
        assert_eq!(unmeasured(&History::new((0..6).map(english))), "");
        assert_eq!(unmeasured(&History::default()), "");
        let text = unmeasured(&History::new((0..6).map(german)));
        assert!(
            text.starts_with("All of the answers that you chose between are in another language"),
            "{text}"
        );
        // One that is long enough to tell says nothing of twenty that are not, and a half is not most.
        let short =
            (0..20).map(|i| asked("Was ist das?", format!("Es ist {i}."), format!("Nein, {}.", i + 1)));
        assert_eq!(unmeasured(&History::new(short.chain((0..1).map(german)))), "");
        assert_eq!(unmeasured(&History::new((0..6).map(english).chain((0..6).map(german)))), "");
        let code = |i: usize| {
            let code = format!(
                "const r{i} = await client.post(\"/api/items/{i}\", {{\n  method: \"POST\",\n  headers: {{ \"Content-Type\": \"application/json\" }},\n  body: JSON.stringify({{ id: {i} }}),\n}});"
            );
            asked("How do I call it?", code, format!("With a library, perhaps number {i}."))
        };
        assert_eq!(unmeasured(&History::new((0..6).map(english).chain((0..9).map(code)))), "");
        let most = History::new((0..4).map(english).chain((0..9).map(german)));
        assert!(unmeasured(&most).starts_with("Most of the answers"));
    }
}
