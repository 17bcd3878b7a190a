//! A text as the guard compares it: its letters alone, so that what changes only how a text looks changes nothing.
//!
//! Case, width, accents, look-alike letters (Unicode's own table, UTS 39), digits that stand for letters, spaces,
//! punctuation, markup signs and everything invisible are folded or left out. Marks are left out where a script
//! reads without them (accents, Hebrew points, Arabic harakat) and kept where they are vowels (Thai, Indic), but not
//! on a Latin letter. Letters that look like punctuation or stretch a line (modifiers, clicks, the tatweel) are left out.
//! Each letter keeps its place in the text, and how much of the text it stands for.

use unicode_normalization::char::{decompose_compatible, is_combining_mark};
use unicode_security::skeleton;

/// Signs between two letters count as at most so many characters, however long a line of dashes is.
pub const LONGEST_GAP: u8 = 16;

/// And so many marks on a letter.
const MOST_MARKS: u8 = 3;

/// One letter of a text, folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Letter {
    /// What it was folded to.
    pub value: u32,
    /// Where its character starts in the text, in bytes.
    pub start: u32,
    /// Where it ends.
    pub end: u32,
    /// Characters that it stands for, with a few of its marks: none for the second letter of one character.
    pub characters: u8,
    /// Characters between it and the letter before it, at most [`LONGEST_GAP`].
    pub gap: u8,
    /// Whether a word starts here.
    pub starts_word: bool,
    /// Whether it is the first behind a space.
    pub follows_space: bool,
}

/// Which letters are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Folding {
    /// Both cases of a letter are one, in every script; the index is made so.
    Cases,
    /// A letter is what it looks like in its own case: the Greek capital eta an `h`, the small one an `n`. Pictographs
    /// are left out: whoever reads the words passes over them.
    Looks,
}

/// The letters of `text`.
pub fn letters(text: &str, folding: Folding) -> Vec<Letter> {
    let mut out = Vec::with_capacity(text.len());
    let (mut gap, mut new_word, mut space) = (0u8, true, true);
    let mut on_latin = false;
    for (start, c) in text.char_indices() {
        if c.is_ascii() {
            let folded = ASCII[c as usize];
            if folded == 0 {
                if c.is_ascii_whitespace() || !c.is_ascii_control() {
                    gap = (gap + 1).min(LONGEST_GAP);
                    new_word |= c != '\'';
                    space |= c.is_ascii_whitespace();
                }
                continue;
            }
            let at = start as u32;
            out.push(Letter {
                value: u32::from(folded),
                start: at,
                end: at + 1,
                characters: 1,
                gap,
                starts_word: new_word,
                follows_space: space,
            });
            (gap, new_word, space, on_latin) = (0, false, false, true);
        } else if is_invisible(c) {
            // It is not there.
        } else if c == '\u{2019}' || is_modifier(c) {
            gap = (gap + 1).min(LONGEST_GAP);
        } else {
            let (at, before) = (start as u32, out.len());
            let end = at + c.len_utf8() as u32;
            let is_mark = is_combining_mark(c);
            // Another script's vowel on a Latin letter is a decoration; but a Greek letter may look Latin.
            let decorates = is_mark
                && on_latin
                && (c != SMALL_IOTA || is_behind_ascii(&text[..start]))
                && (gap == 0 || is_before_latin(&text[start + c.len_utf8()..]));
            let mut tell = |value| {
                let first = out.len() == before;
                out.push(Letter {
                    value,
                    start: at,
                    end,
                    characters: u8::from(first),
                    gap: if first { gap } else { 0 },
                    starts_word: first && new_word && !is_wide(value),
                    follows_space: first && space,
                });
            };
            if !decorates {
                fold(c, folding, &mut tell);
            }
            if out.len() > before {
                (gap, new_word, space) = (0, false, false);
                let foreign = ('\u{600}'..'\u{1D00}').contains(&c);
                on_latin = !foreign && out.last().is_some_and(|letter| letter.value < 0x80);
            } else if is_mark {
                // Who counts characters counts it.
                if let Some(last) = out.last_mut() {
                    (last.characters, last.end) = ((last.characters + 1).min(MOST_MARKS), end);
                }
            } else {
                gap = (gap + 1).min(LONGEST_GAP);
                new_word = true;
                space |= c.is_whitespace();
            }
        }
    }
    out
}

/// Whether the letter before is one of ASCII.
fn is_behind_ascii(text: &str) -> bool {
    let mut before = text.chars().rev().take(usize::from(LONGEST_GAP));
    before.find(|c| c.is_alphanumeric() && !is_combining_mark(*c)).is_some_and(|c| c.is_ascii())
}

/// Whether the next letter is none of a script that has vowel marks: a stretch of one may begin with a mark.
fn is_before_latin(text: &str) -> bool {
    let mut next = text.chars().take(usize::from(LONGEST_GAP));
    next.find(|c| c.is_alphanumeric() && !is_combining_mark(*c)).is_none_or(|c| c < '\u{600}')
}

/// Whether the two foldings differ on `text`.
pub fn depends_on_folding(text: &str) -> bool {
    !text.is_ascii()
        && text.chars().filter(|c| !c.is_ascii() && !is_wide(*c as u32)).any(|c| {
            if !c.is_alphabetic() {
                return is_pictograph(c);
            }
            let values = |folding| {
                let mut values = Vec::new();
                fold(c, folding, &mut |value| values.push(value));
                values
            };
            values(Folding::Cases) != values(Folding::Looks)
        })
}

/// Whether a letter is of a script that is written without spaces, where a dozen characters say a lot.
pub fn is_wide(value: u32) -> bool {
    value >= 0x0E00
        && matches!(value,
        0x0E00..=0x0EFF // Thai, Lao
        | 0x0F00..=0x0FFF // Tibetan
        | 0x1000..=0x109F | 0xAA60..=0xAA7F | 0xA9E0..=0xA9FF // Burmese
        | 0x1780..=0x17FF | 0x19E0..=0x19FF // Khmer
        | 0x1950..=0x19DF | 0x1A20..=0x1AAF | 0xAA80..=0xAADF // Tai Le, New Tai Lue, Tai Tham, Tai Viet
        | 0xA980..=0xA9DF | 0x1A00..=0x1A1F | 0x1B00..=0x1B7F | 0xAA00..=0xAA5F // Javanese, Buginese, Balinese, Cham
        | 0x2E80..=0x2FFF | 0x3040..=0x312F | 0x3190..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF
        | 0xA000..=0xA4CF | 0x1B000..=0x1B2FF // Yi, more kana, Nushu
        | 0x10000..=0x100FF | 0x12000..=0x1467F // Linear B, cuneiform, hieroglyphs
        | 0x17000..=0x18DFF // Tangut, Khitan
        | 0x20000..=0x3FFFF)
}

/// What ASCII folds to: letters and digits; of the digits, those that stand for a letter are that letter. Nothing
/// where the character is no letter.
static ASCII: [u8; 128] = ascii();

const fn ascii() -> [u8; 128] {
    let mut table = [0; 128];
    let mut c = 0;
    while c < 128 {
        let lower = if c >= b'A' as usize && c <= b'Z' as usize { c as u8 + 32 } else { c as u8 };
        table[c] = match lower {
            b'i' | b'1' => b'l',
            b'0' => b'o',
            b'2' => b'z',
            b'3' => b'e',
            b'4' => b'a',
            b'5' => b's',
            b'7' => b't',
            b'8' => b'b',
            b'9' => b'g',
            b'a'..=b'z' | b'6' => lower,
            _ => 0,
        };
        c += 1;
    }
    table
}

/// Tells the letters that a character beyond ASCII stands for.
fn fold(c: char, folding: Folding, tell: &mut impl FnMut(u32)) {
    if let Some(letter) = shaped_like(c, folding) {
        return tell_ascii(letter, tell);
    }
    if matches!(c, 'ß' | 'ẞ') {
        return "ss".chars().for_each(|c| tell_ascii(c, tell));
    }
    decompose_compatible(c, |part| {
        if part.is_ascii() {
            tell_ascii(part, tell);
        } else if part == SMALL_IOTA {
            fold_letter('ι', folding, tell);
        } else if is_modifier(part) || is_like_a_sign(part) {
            // It looks like a sign, and signs are left out.
        } else if is_invisible(part) || (is_combining_mark(part) && !is_vowel_sign(part)) {
            // Read without it.
        } else if is_pictograph(part) {
            if folding == Folding::Cases {
                tell(part as u32);
            }
        } else if is_wide(part as u32) || ('\u{1100}'..='\u{11FF}').contains(&part) {
            if part.is_alphanumeric() {
                tell(initial(part as u32));
            }
        } else if part.is_alphanumeric() {
            fold_letter(part, folding, tell);
        }
    });
}

fn fold_letter(c: char, folding: Folding, tell: &mut impl FnMut(u32)) {
    if folding == Folding::Looks
        && let Some(looks) = ascii_look(c)
    {
        return looks.chars().for_each(|c| tell_ascii(c, tell));
    }
    // Over the capital, so that a final sigma is a sigma.
    let upper = only(c.to_uppercase()).unwrap_or(c);
    let lower = only(upper.to_lowercase()).unwrap_or(c);
    match ascii_look(lower).or_else(|| ascii_look(upper)) {
        Some(looks) => looks.chars().for_each(|c| tell_ascii(c, tell)),
        None => {
            let mut told = false;
            for c in looks(lower).flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric()) {
                if c.is_ascii() {
                    tell_ascii(c, tell)
                } else {
                    tell(c as u32)
                }
                told = true;
            }
            if !told {
                tell(lower as u32);
            }
        }
    }
}

fn only(mut chars: impl ExactSizeIterator<Item = char>) -> Option<char> {
    if chars.len() == 1 { chars.next() } else { None }
}

fn looks(c: char) -> impl Iterator<Item = char> {
    let mut bytes = [0; 4];
    let found: Vec<char> = skeleton(c.encode_utf8(&mut bytes)).filter(|c| !is_combining_mark(*c)).collect();
    found.into_iter()
}

/// The ASCII letters that it looks like, if it looks like some.
fn ascii_look(c: char) -> Option<String> {
    let found: String = looks(c).collect();
    // The table writes an m as an r and an n; backwards that would be another letter.
    let found = found.replace("rn", "m");
    (!found.is_empty() && found.bytes().all(|byte| byte.is_ascii_alphanumeric())).then_some(found)
}

fn tell_ascii(c: char, tell: &mut impl FnMut(u32)) {
    match ASCII[c as usize & 127] {
        0 => {}
        value => tell(u32::from(value)),
    }
}

/// Signs that say something by themselves: arrows, mathematics, Braille, emoji; not what lines are drawn of.
fn is_pictograph(c: char) -> bool {
    matches!(c as u32, 0x2190..=0x24FF | 0x25A0..=0x2BFF | 0x1F000..=0x1FAFF)
}

/// The iota under a Greek vowel: the one mark that is a letter in capitals.
const SMALL_IOTA: char = '\u{345}';

/// Modifiers that look like apostrophes, accents or colons. They stand in words, as an apostrophe does.
fn is_modifier(c: char) -> bool {
    matches!(c, '\u{2B9}'..='\u{2D1}' | '\u{2EE}' | '\u{7F4}' | '\u{7F5}' | '\u{A78B}' | '\u{A78C}')
}

/// Letters that Unicode's table of look-alikes makes punctuation, where no living script would miss them.
fn is_like_a_sign(c: char) -> bool {
    matches!(
        c,
        '\u{1C3}' | '\u{241}' | '\u{242}' | '\u{294}' | '\u{16CC}' | '\u{2CBA}' | '\u{2CBB}' | '\u{A4F8}'
            ..='\u{A4FD}' | '\u{A60C}' | '\u{A78F}'
    )
}

/// ASCII letters in shapes that neither a decomposition nor Unicode's table of look-alikes leads back to.
fn shaped_like(c: char, folding: Folding) -> Option<char> {
    const SMALL_CAPITALS: &str = "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡ\0ʏᴢ";
    let code = c as u32;
    let place = match code {
        0x1F150..=0x1F169 => code - 0x1F150,
        0x1F170..=0x1F189 => code - 0x1F170,
        0x1F1E6..=0x1F1FF => code - 0x1F1E6,
        // A sigma, where it stands in Greek.
        0x3F2 | 0x3F9 if folding == Folding::Looks => 2,
        0x262..=0x29F | 0x1D00..=0x1D22 | 0xA730..=0xA731 | 0xA7AF => {
            SMALL_CAPITALS.chars().position(|small| small == c)? as u32
        }
        _ => return None,
    };
    char::from_u32(u32::from(b'a') + place)
}

/// Of a consonant of Hangul that ends a syllable, the one that begins one: written one by one they are the same.
fn initial(jamo: u32) -> u32 {
    match jamo {
        0x11A8 | 0x11A9 => jamo - 0x11A8 + 0x1100,
        0x11AB => 0x1102,
        0x11AE => 0x1103,
        0x11AF => 0x1105,
        0x11B7 | 0x11B8 => jamo - 0x11B7 + 0x1106,
        0x11BA..=0x11BD => jamo - 0x11BA + 0x1109,
        0x11BE..=0x11C2 => jamo - 0x11BE + 0x110E,
        _ => jamo,
    }
}

/// A mark without which the script can't be read.
fn is_vowel_sign(c: char) -> bool {
    let optional = matches!(c as u32, 0x0300..=0x036F | 0x0483..=0x0489 | 0x0591..=0x05C7 | 0x0610..=0x061A
        | 0x064B..=0x065F | 0x0670 | 0x06D6..=0x06ED | 0x1AB0..=0x1AFF | 0x1DC0..=0x1DFF | 0x20D0..=0x20FF
        | 0xFE20..=0xFE2F);
    c.is_alphabetic() && !optional
}

/// Controls, joiners, what stretches a line of Arabic, fillers, direction marks, variation selectors, tags.
pub fn is_invisible(c: char) -> bool {
    matches!(c as u32, 0x80..=0x84 | 0x86..=0x9F | 0xAD | 0x34F | 0x61C | 0x640 | 0x7FA | 0x115F | 0x1160 | 0x17B4 | 0x17B5
        | 0x180B..=0x180F | 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x206F | 0x3164 | 0xFE00..=0xFE0F
        | 0xFEFF | 0xFFA0 | 0xFFF0..=0xFFFB | 0x1BCA0..=0x1BCA3 | 0x1D173..=0x1D17A | 0xE0000..=0xE0FFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str, folding: Folding) -> String {
        letters(text, folding).iter().filter_map(|letter| char::from_u32(letter.value)).collect()
    }

    #[track_caller]
    fn same(one: &str, other: &str) {
        assert_eq!(folded(one, Folding::Cases), folded(other, Folding::Cases), "{one} / {other}");
    }

    #[test]
    fn looks_change_nothing() {
        same("Mississippi River", "ＭＩＳＳＩＳＳＩＰＰＩ　ｒｉｖｅｒ");
        same("secret garden", "s\u{200b}e\u{ad}c**r**e_t gar\u{301}den");
        same("secret garden", "𝓼𝓮𝓬𝓻𝓮𝓽 𝔤𝔞𝔯𝔡𝔢𝔫");
        same("secret", "ѕесrеt");
        same("НАТАША живёт", "наташа ЖИВЁТ");
        same("ΑΘΗΝΑ", "αθηνα");
        same("leet", "1337");
        same("über naïve", "uber naive");
        same("دَرَسَ", "درـس");
        same("Am Fuß der Straße", "AM FUẞ DER STRASSE");
        same("της αδερφές τῷ", "ΤΗΣ ΑΔΕΡΦΕΣ ΤΩΙ");
        same("I don't say", "I donʼt sayǃ ꓸ");
        same("quiz me", "ꞯᴜɪᴢ 🅼🅔");
        same("secret", "s\u{941}e\u{941}cre\u{94D}t");
        same("한글", "ㅎㅏㄴㄱㅡㄹ");
    }

    #[test]
    fn a_capital_may_look_like_another_letter_than_its_small_form() {
        assert_eq!(folded("ΗΝ ην", Folding::Looks), folded("HN nv", Folding::Looks));
        assert!(depends_on_folding("Η") && !depends_on_folding("é 漢字"));
        assert_eq!(folded("a → b ϲ 🦔", Folding::Looks), folded("a b c", Folding::Looks));
        assert_ne!(folded("⠁⠃→∀", Folding::Cases), "");
    }

    #[test]
    fn places_are_those_of_the_text() {
        let text = "é, \u{1F600} m";
        let found: Vec<_> = letters(text, Folding::Cases);
        let places: Vec<_> = found.iter().map(|l| (&text[l.start as usize..l.end as usize], l.gap)).collect();
        assert_eq!(places, [("é", 0), ("\u{1F600}", 2), ("m", 1)]);
    }
}
