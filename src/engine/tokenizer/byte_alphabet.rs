//! GPT-2's alphabet: one printable character for each byte, so that a vocabulary of bytes can be written as text.
//!
//! Bytes that print keep their Latin-1 character; the others, in order, get the characters from U+0100 on
//! (Radford et al. 2019, `bytes_to_unicode`).

/// The character that stands for `byte`.
pub fn char_of(byte: u8) -> char {
    if prints(byte) {
        return char::from(byte);
    }
    let before = (0..byte).filter(|other| !prints(*other)).count() as u32;
    char::from_u32(0x100 + before).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// The byte that `char` stands for, if it is one of the alphabet.
pub fn byte_of(char: char) -> Option<u8> {
    match u8::try_from(char) {
        Ok(byte) => prints(byte).then_some(byte),
        Err(_) => (0..=u8::MAX).filter(|byte| !prints(*byte)).nth((u32::from(char) - 0x100) as usize),
    }
}

fn prints(byte: u8) -> bool {
    matches!(byte, b'!'..=b'~' | 0xa1..=0xac | 0xae..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_characters() {
        assert_eq!([b' ', b'\n', b'A', 0, 0xad, 0xff].map(char_of), ['Ġ', 'Ċ', 'A', 'Ā', 'Ń', 'ÿ']);
    }

    #[test]
    fn round_trips_and_has_256_characters() {
        assert!((0..=u8::MAX).all(|byte| byte_of(char_of(byte)) == Some(byte)));
        assert_eq!(('\0'..=char::MAX).filter(|char| byte_of(*char).is_some()).count(), 256);
    }
}
