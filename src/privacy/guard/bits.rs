//! Numbers of any width, one behind the other in 64-bit words, with insertion and removal.

/// Reads `width` bits (at most 63) from bit `at` on.
pub fn get(words: &[u64], at: usize, width: u32) -> u64 {
    if width == 0 {
        return 0;
    }
    let (word, offset) = (at / 64, (at % 64) as u32);
    let low = words[word] >> offset;
    let high = if offset + width > 64 { words[word + 1] << (64 - offset) } else { 0 };
    (low | high) & mask(width)
}

/// Makes room for `width` bits at bit `at` of a list that is `length` bits long, and writes `value` there.
pub fn insert(words: &mut Vec<u64>, length: usize, at: usize, width: u32, value: u64) {
    if width == 0 {
        return;
    }
    let needed = (length + width as usize).div_ceil(64);
    if needed > words.capacity() {
        words.reserve_exact(needed + 3 - words.len());
    }
    words.resize(needed, 0);
    let first = at / 64;
    let kept = words[first] & mask((at % 64) as u32);
    words[first] &= !mask((at % 64) as u32);
    for word in (first..needed).rev() {
        let from_below = if word > first { words[word - 1] >> (64 - width) } else { 0 };
        words[word] = (words[word] << width) | from_below;
    }
    words[first] |= kept;
    let offset = (at % 64) as u32;
    words[first] |= value << offset;
    if offset + width > 64 {
        words[first + 1] |= value >> (64 - offset);
    }
}

/// Takes out `width` bits at bit `at` of a list that is `length` bits long.
pub fn remove(words: &mut Vec<u64>, length: usize, at: usize, width: u32) {
    if width == 0 {
        return;
    }
    let first = at / 64;
    let kept = words[first] & mask((at % 64) as u32);
    for word in first..words.len() {
        let from_above = words.get(word + 1).map_or(0, |next| next << (64 - width));
        words[word] = (words[word] >> width) | from_above;
    }
    // Of the first word, what lay before `at` was shifted too; what follows it came down in its place.
    let offset = (at % 64) as u32;
    words[first] = (words[first] & !mask(offset)) | kept;
    words.truncate((length - width as usize).div_ceil(64));
}

/// The place of a one, counted from 0 from the lowest on (Vigna 2008, "Broadword implementation of rank/select queries"):
/// a loop over the ones below it costs more than all the rest of a look-up.
pub fn place_of_one(word: u64, number: u32) -> usize {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let twos = word - ((word >> 1) & (0x55 * EACH));
    let fours = (twos & (0x33 * EACH)) + ((twos >> 2) & (0x33 * EACH));
    // In each byte, the ones in it and in all below it.
    let sums = ((fours + (fours >> 4)) & (0x0F * EACH)).wrapping_mul(EACH);
    let whole = ((u64::from(number) * EACH) | (0x80 * EACH)) - sums;
    let byte = (((whole & (0x80 * EACH)) >> 7).wrapping_mul(EACH) >> 56) as u32;
    let below = ((sums << 8) >> (byte * 8)) as u32 & 0xFF;
    let mut rest = word >> (byte * 8);
    for _ in below..number {
        rest &= rest - 1;
    }
    (byte * 8 + rest.trailing_zeros()) as usize
}

fn mask(width: u32) -> u64 {
    if width >= 64 { u64::MAX } else { (1 << width) - 1 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn places_of_ones_are_found(one in any::<u64>(), other in any::<u64>()) {
            for word in [one, one & other, one | other, u64::MAX] {
                let places = (0..64).filter(|at| word >> at & 1 == 1);
                for (number, place) in places.enumerate() {
                    prop_assert_eq!(place_of_one(word, number as u32), place);
                }
            }
        }

        #[test]
        fn agrees_with_a_list(width in 1u32..60, steps in prop::collection::vec((any::<bool>(), any::<u64>(), any::<usize>()), 1..300)) {
            let (mut words, mut list) = (Vec::new(), Vec::<u64>::new());
            for (takes, value, place) in steps {
                let (length, value) = (list.len() * width as usize, value & mask(width));
                if takes && !list.is_empty() {
                    let at = place % list.len();
                    list.remove(at);
                    remove(&mut words, length, at * width as usize, width);
                } else {
                    let at = place % (list.len() + 1);
                    list.insert(at, value);
                    insert(&mut words, length, at * width as usize, width, value);
                }
                let read: Vec<u64> = (0..list.len()).map(|i| get(&words, i * width as usize, width)).collect();
                prop_assert_eq!(&read, &list);
            }
        }
    }
}
