//! Canaries: made-up secrets in a made-up history, and a search for them in what left.
//!
//! The search knows nothing of the guard: it has its own, plainer ideas of how a text could be spelt, so that a
//! mistake in the one is not repeated in the other. It finds what was sent as it is or under one usual encoding,
//! not what was paraphrased.

use fastrand::Rng;

use crate::preference::{PreferencePair, Turn};

/// A history with secrets in it, and the secrets.
#[derive(Clone, Debug)]
pub struct Planted {
    /// The choices, of a person who likes short answers.
    pub pairs: Vec<PreferencePair>,
    /// Each secret as it stands in the history, once.
    pub canaries: Vec<String>,
}

/// Pairs of a planted history.
const PAIRS: usize = 24;

/// A letter or two that a browser draws at zero width.
const INVISIBLE: [char; 3] = ['\u{200b}', '\u{200d}', '\u{2060}'];

impl Planted {
    /// Plants about 200 secrets of many kinds, the same for the same seed.
    pub fn new(seed: u64) -> Self {
        let mut chance = Rng::with_seed(seed);
        let mut canaries = Vec::new();
        let pairs = (0..PAIRS).map(|number| pair(number, &mut chance, &mut canaries)).collect();
        Planted { pairs, canaries }
    }
}

fn pair(number: usize, chance: &mut Rng, canaries: &mut Vec<String>) -> PreferencePair {
    let mut secret = |kind: usize| {
        let secret = secret(kind, chance);
        canaries.push(secret.clone());
        secret
    };
    let (name, place, figure) = (secret(0), secret(1), secret(2));
    let (code, wide, signs) = (secret(3), secret(4), secret(5));
    let (hidden, rare, sentence) = (secret(6), secret(7), secret(8));
    let question =
        format!("My friend {name} lives in {place} and owes {figure}. What shall I write to them?");
    let short = format!("Write this: {sentence} {signs}");
    let long = format!(
        "That is a good question, and there are perhaps several ways to look at it. First of all, {name} may not \
         mind at all. In {place} people often say {wide}, which I would like to explain in a little more detail. \
         Consider also this:\n\n```\n{code}\n```\n\nI hope that this helps! {hidden}"
    );
    let (chosen, rejected) = if number % 8 == 7 { (long, short) } else { (short, long) };
    PreferencePair {
        note: Some(format!("because of {rare}")),
        ..PreferencePair::new(vec![Turn::user(question)], chosen, rejected)
    }
}

/// A secret of a kind: a name, a place, a number, code, CJK, emoji, a word with invisible letters, a rare word, a
/// sentence.
fn secret(kind: usize, chance: &mut Rng) -> String {
    let mut word = |syllables: usize| -> String {
        let mut one = || {
            let consonant =
                ["b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "t", "v", "z", "qu", "zh"];
            let vowel = ["a", "e", "i", "o", "u", "ae", "ou", "y"];
            format!("{}{}", consonant[chance.usize(..consonant.len())], vowel[chance.usize(..vowel.len())])
        };
        (0..syllables).map(|_| one()).collect()
    };
    let title = |word: String| {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    };
    match kind {
        0 => format!("{} {}", title(word(3)), title(word(4))),
        1 => format!("{}-upon-{}", title(word(3)), title(word(2))),
        2 => format!("{}.{:02} francs", chance.u32(100_000..10_000_000), chance.u32(0..100)),
        3 => format!("let {}_{} = {:#x};", word(3), word(2), chance.u32(..)),
        4 => (0..12).filter_map(|_| char::from_u32(0x4e00 + chance.u32(..0x5000))).collect(),
        5 => (0..6).filter_map(|_| char::from_u32(0x1f400 + chance.u32(..0x3e))).collect(),
        6 => {
            let (start, end) = (word(3), word(3));
            format!("{start}{}{end}", INVISIBLE[chance.usize(..INVISIBLE.len())])
        }
        7 => word(6),
        _ => (0..14).map(|_| word(2)).collect::<Vec<_>>().join(" "),
    }
}

/// Those of the canaries that are in a text, as they are or in a usual encoding.
pub fn found<'a>(canaries: &'a [String], text: &str) -> Vec<&'a str> {
    let plain = plainly(text);
    // In base64 and hexadecimal letters have meaning in both cases, or in one only.
    let lower = text.to_lowercase();
    canaries
        .iter()
        .filter(|canary| {
            let bare = plainly(canary);
            let reversed: String = bare.chars().rev().collect();
            plain.contains(&bare)
                || plain.contains(&reversed)
                || encodings(canary).iter().any(|code| lower.contains(&code.to_lowercase()))
        })
        .map(String::as_str)
        .collect()
}

/// A text without what can be added to it unseen: case, spaces, invisible letters, backslashes.
fn plainly(text: &str) -> String {
    let added = |letter: &char| letter.is_whitespace() || *letter == '\\' || INVISIBLE.contains(letter);
    text.chars().filter(|letter| !added(letter)).flat_map(char::to_lowercase).collect()
}

/// A text in base64 (as it stands at each of the three places in a group), hexadecimal, percent and JSON escapes.
fn encodings(text: &str) -> Vec<String> {
    let bytes = text.as_bytes();
    let hex = |between: &str| bytes.iter().map(|byte| format!("{between}{byte:02x}")).collect::<String>();
    let escaped: String = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    let mut codes: Vec<String> = (0..3).map(|skipped| base64_inside(bytes, skipped)).collect();
    codes.retain(|code| code.len() >= 8);
    codes.extend([hex(""), hex("%"), hex("\\x"), escaped]);
    codes
}

/// The letters of base64 that depend on these bytes alone when they stand `skipped` bytes into a group of three.
fn base64_inside(bytes: &[u8], skipped: usize) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let start = (3 - skipped) % 3;
    let whole = bytes.get(start..).unwrap_or_default().as_chunks::<3>().0;
    let letter = |bits: u32, at: u32| char::from(LETTERS[(bits >> at & 63) as usize]);
    whole
        .iter()
        .flat_map(|&[a, b, c]| {
            let bits = u32::from_be_bytes([0, a, b, c]);
            [18, 12, 6, 0].map(|at| letter(bits, at))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_are_planted_and_each_is_in_the_history() {
        let planted = Planted::new(7);
        assert!(planted.canaries.len() >= 200, "{}", planted.canaries.len());
        let history = format!("{:?}", planted.pairs.iter().map(texts).collect::<Vec<_>>());
        let all: String = planted.pairs.iter().map(texts).collect();
        assert!(!history.is_empty());
        assert_eq!(found(&planted.canaries, &all).len(), planted.canaries.len());
        assert_eq!(Planted::new(7).canaries, planted.canaries);
        assert_ne!(Planted::new(8).canaries, planted.canaries);
    }

    fn texts(pair: &PreferencePair) -> String {
        let note = pair.note.as_deref().unwrap_or_default();
        format!("{}\n{}\n{}\n{note}\n", pair.context[0].content, pair.chosen, pair.rejected)
    }

    #[test]
    fn none_is_found_in_a_clean_text() {
        let planted = Planted::new(1);
        assert!(
            found(&planted.canaries, "The first answer is shorter, compared with the second.").is_empty()
        );
        assert!(found(&planted.canaries, "").is_empty());
    }

    #[test]
    fn each_is_found_in_every_encoding() {
        let planted = Planted::new(3);
        for canary in &planted.canaries[..27] {
            let mut hidden = vec![canary.to_uppercase().to_lowercase(), canary.chars().rev().collect()];
            hidden.extend(encodings(canary));
            hidden.push(canary.replace(' ', "\n"));
            for text in hidden {
                let text = format!("{{\"text\":\"before {text} after\"}}");
                let found = found(&planted.canaries, &text);
                assert!(found.contains(&canary.as_str()), "{canary:?} in {text:?}");
            }
        }
    }

    #[test]
    fn base64_is_known_at_every_place_in_a_group() {
        // printf 'x secret canary' | base64, with 0, 1 and 2 bytes before.
        for (skipped, whole) in
            [(0, "c2VjcmV0IGNhbmFyeQ=="), (1, "eHNlY3JldCBjYW5hcnk="), (2, "eHhzZWNyZXQgY2FuYXJ5")]
        {
            let inside = base64_inside(b"secret canary", skipped);
            assert!(whole.contains(&inside) && inside.len() >= 12, "{inside} in {whole}");
        }
    }
}
