//! Fingerprints of short stretches of letters, the same read forwards and backwards.
//!
//! A gram is twelve letters, or six where at least three are of a script without spaces. Its fingerprint is that
//! of itself or of its mirror image, whichever is smaller, as genomics does with k-mers: one look-up finds a text
//! and the same text reversed. Both hashes roll (Karp and Rabin 1987) modulo 2^64 and are then mixed.
//!
//! Four short words have few such grams or none; they are a gram of words besides, which is read forwards only.

use std::ops::RangeInclusive;

use super::normal::is_wide;

/// Letters of a gram.
pub const NARROW: usize = 12;

/// Letters of a gram of a script without spaces.
pub const WIDE: usize = 6;

/// Words of a gram of words.
const WORDS: usize = 4;

/// Letters that these have together: fewer say nothing, and where there are more, so many grams of letters are in them
/// that some are sampled.
const OF_WORDS: RangeInclusive<usize> = 6..=23;

const BASE: u64 = 0x9E37_79B9_7F4A_7C15;

/// The inverse of an odd number modulo 2^64, by Newton's iteration.
const fn inverse(odd: u64) -> u64 {
    let (mut x, mut step) = (odd, 0);
    while step < 6 {
        x = x.wrapping_mul(2u64.wrapping_sub(odd.wrapping_mul(x)));
        step += 1;
    }
    x
}

/// A gram of a text: where it starts, how many letters it has, and its fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gram {
    pub at: usize,
    pub letters: usize,
    pub fingerprint: u64,
}

/// Tells every gram of `values`, in the order of where it starts within its size.
pub fn each_gram(values: &[u32], mut tell: impl FnMut(Gram)) {
    roll::<NARROW>(values, |at, wide, fingerprint| {
        if wide < 9 {
            tell(Gram { at, letters: NARROW, fingerprint });
        }
    });
    if values.iter().any(|value| is_wide(*value)) {
        roll::<WIDE>(values, |at, wide, fingerprint| {
            if wide >= 3 {
                tell(Gram { at, letters: WIDE, fingerprint: !fingerprint });
            }
        });
    }
}

/// Tells every gram of words of `values`, the letters at which `starts` is true being the first of a word.
pub fn each_word_gram(values: &[u32], starts: impl Fn(usize) -> bool, mut tell: impl FnMut(Gram)) {
    // The first letters of the last words; the oldest first.
    let mut last = [usize::MAX; WORDS];
    for end in 0..=values.len() {
        if end < values.len() && !starts(end) {
            continue;
        }
        let at = last[0];
        if at != usize::MAX && OF_WORDS.contains(&(end - at)) {
            let hash = values[at..end].iter().fold(BASE, |hash, value| {
                hash.rotate_left(5).wrapping_mul(BASE).wrapping_add(spread(*value))
            });
            tell(Gram { at, letters: end - at, fingerprint: mix(hash) });
        }
        last.rotate_left(1);
        last[WORDS - 1] = end;
    }
}

/// Tells each stretch of `N` letters: its start, its letters of scripts without spaces, its fingerprint.
fn roll<const N: usize>(values: &[u32], mut tell: impl FnMut(usize, usize, u64)) {
    const BACK: u64 = inverse(BASE);
    let top = (0..N - 1).fold(1u64, |power, _| power.wrapping_mul(BASE));
    let (mut forwards, mut backwards, mut wide) = (0u64, 0u64, 0);
    for (at, value) in values.iter().enumerate() {
        if at >= N {
            let leaves = spread(values[at - N]);
            forwards = forwards.wrapping_sub(leaves.wrapping_mul(top));
            backwards = backwards.wrapping_sub(leaves).wrapping_mul(BACK);
            wide -= usize::from(is_wide(values[at - N]));
        }
        let comes = spread(*value);
        forwards = forwards.wrapping_mul(BASE).wrapping_add(comes);
        backwards = if at < N {
            backwards.wrapping_add(comes.wrapping_mul(power(at)))
        } else {
            backwards.wrapping_add(comes.wrapping_mul(top))
        };
        wide += usize::from(is_wide(*value));
        if at + 1 >= N {
            tell(at + 1 - N, wide, mix(forwards.min(backwards)));
        }
    }
}

fn power(of: usize) -> u64 {
    (0..of).fold(1u64, |power, _| power.wrapping_mul(BASE))
}

/// Letters are small numbers; spread out, they don't cancel each other.
fn spread(value: u32) -> u64 {
    (u64::from(value) + 1).wrapping_mul(0xD6E8_FEB8_6659_FD93)
}

/// The last step of MurmurHash3: each bit of the hash changes half of the fingerprint's.
fn mix(mut hash: u64) -> u64 {
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xFF51_AFD7_ED55_8CCD);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xC4CE_B9FE_1A85_EC53);
    hash ^ (hash >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fingerprints(text: &str) -> Vec<u64> {
        let values: Vec<u32> = text.chars().map(u32::from).collect();
        let mut found = Vec::new();
        each_gram(&values, |gram| found.push(gram.fingerprint));
        found
    }

    #[test]
    fn a_gram_is_the_same_wherever_it_stands_and_backwards() {
        let whole = fingerprints("abcdefghijklmnopqrstuvwxyz");
        assert_eq!(whole.len(), 15);
        assert_eq!(fingerprints("cdefghijklmnop"), whole[2..5]);
        let mut reversed = fingerprints("zyxwvutsrqponmlkjihgfedcba");
        reversed.reverse();
        assert_eq!(reversed, whole);
    }

    #[test]
    fn four_short_words_are_a_gram() {
        let letters = crate::privacy::guard::normal::letters(
            "It is in a bad way; do not sit near extraordinarily vulnerable characters.",
            crate::privacy::guard::normal::Folding::Cases,
        );
        let values: Vec<u32> = letters.iter().map(|letter| letter.value).collect();
        let mut found = Vec::new();
        each_word_gram(&values, |at| letters[at].starts_word, |gram| found.push((gram.at, gram.letters)));
        assert_eq!(found[..3], [(0, 7), (2, 8), (4, 9)]);
        assert_eq!(found.len(), 7, "{found:?}: the last words are too long");
    }

    #[test]
    fn a_script_without_spaces_has_shorter_grams() {
        assert_eq!(fingerprints("我喜欢安静的早晨").len(), 3);
        assert_eq!(fingerprints("abcdef").len(), 0);
    }
}
