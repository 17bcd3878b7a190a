//! The payload of an age file: blocks of 64 KiB, each sealed under its number and whether it is the last.
//!
//! So a block can't be changed, moved, left out or cut off at the end without being noticed; that something is missing
//! at the end shows only there, so whoever opens a file uses nothing of it before [`OpenStream::finish`].

use chacha20poly1305::aead::Aead;
use chacha20poly1305::{ChaCha20Poly1305, Nonce};

use super::ProfileError;
use super::age::cipher;

const BLOCK_BYTES: usize = 64 << 10;
const TAG_BYTES: usize = 16;

/// Which block, as the nonce that it is sealed under.
struct Place {
    number: u64,
}

impl Place {
    /// Eleven bytes of number, and one that says whether it is the last.
    fn nonce(&self, last: bool) -> Nonce {
        let mut nonce = [0; 12];
        nonce[3..11].copy_from_slice(&self.number.to_be_bytes());
        nonce[11] = u8::from(last);
        nonce.into()
    }
}

/// Seals bytes as they come.
pub struct SealStream {
    cipher: ChaCha20Poly1305,
    place: Place,
    waiting: Vec<u8>,
}

impl SealStream {
    /// A stream at its beginning.
    pub fn new(key: &[u8; 32]) -> Self {
        SealStream { cipher: cipher(key), place: Place { number: 0 }, waiting: Vec::new() }
    }

    /// Takes bytes, and adds to `out` what is sealed of them by now.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let mut rest = bytes;
        while !rest.is_empty() {
            // A full block waits until more comes: it may be the last.
            if self.waiting.len() == BLOCK_BYTES {
                self.block(false, out);
                self.waiting.clear();
            }
            let (these, others) = rest.split_at(rest.len().min(BLOCK_BYTES - self.waiting.len()));
            self.waiting.extend_from_slice(these);
            rest = others;
        }
    }

    /// Seals the rest.
    pub fn finish(mut self, out: &mut Vec<u8>) {
        self.block(true, out);
    }

    fn block(&mut self, last: bool, out: &mut Vec<u8>) {
        #[allow(clippy::expect_used)] // why: the cipher refuses 256 GiB and more only.
        let sealed = self.cipher.encrypt(&self.place.nonce(last), &self.waiting[..]).expect("64 KiB");
        out.extend_from_slice(&sealed);
        self.place.number += 1;
    }
}

/// Opens bytes as they come.
pub struct OpenStream {
    cipher: ChaCha20Poly1305,
    place: Place,
    waiting: Vec<u8>,
}

impl OpenStream {
    /// A stream at its beginning.
    pub fn new(key: &[u8; 32]) -> Self {
        OpenStream { cipher: cipher(key), place: Place { number: 0 }, waiting: Vec::new() }
    }

    /// Takes bytes, and adds to `out` what is open of them by now.
    ///
    /// # Errors
    /// [`ProfileError::Damaged`], or [`ProfileError::Truncated`] where a block in the middle is the last.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), ProfileError> {
        self.waiting.extend_from_slice(bytes);
        let mut at = 0;
        while self.waiting.len() - at > BLOCK_BYTES + TAG_BYTES {
            let end = at + BLOCK_BYTES + TAG_BYTES;
            let opened = self.cipher.decrypt(&self.place.nonce(false), &self.waiting[at..end]);
            out.extend_from_slice(&opened.map_err(|_| ProfileError::Damaged(self.place.number))?);
            self.place.number += 1;
            at = end;
        }
        self.waiting.drain(..at);
        Ok(())
    }

    /// Opens the last block.
    ///
    /// # Errors
    /// [`ProfileError::Truncated`] where it is not the last, or not whole; one that was changed looks the same.
    pub fn finish(self, out: &mut Vec<u8>) -> Result<(), ProfileError> {
        let opened = self.cipher.decrypt(&self.place.nonce(true), &self.waiting[..]);
        let opened = opened.map_err(|_| ProfileError::Truncated)?;
        // An empty block ends an empty payload and no other, or one text could be sealed in two ways.
        if opened.is_empty() && self.place.number > 0 {
            return Err(ProfileError::Damaged(self.place.number));
        }
        out.extend_from_slice(&opened);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KEY: [u8; 32] = [3; 32];

    fn seal(pieces: &[&[u8]]) -> Vec<u8> {
        let (mut stream, mut out) = (SealStream::new(&KEY), Vec::new());
        pieces.iter().for_each(|piece| stream.push(piece, &mut out));
        stream.finish(&mut out);
        out
    }

    fn open(pieces: &[&[u8]]) -> Result<Vec<u8>, ProfileError> {
        let (mut stream, mut out) = (OpenStream::new(&KEY), Vec::new());
        for piece in pieces {
            stream.push(piece, &mut out)?;
        }
        stream.finish(&mut out).map(|()| out)
    }

    fn text(bytes: usize) -> Vec<u8> {
        (0..bytes).map(|i| (i * 7 % 251) as u8).collect()
    }

    #[test]
    fn every_length_opens() {
        for bytes in
            [0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 2 * BLOCK_BYTES, 2 * BLOCK_BYTES + 9]
        {
            let sealed = seal(&[&text(bytes)]);
            assert_eq!(sealed.len(), bytes + TAG_BYTES * bytes.div_ceil(BLOCK_BYTES).max(1), "{bytes}");
            assert_eq!(open(&[&sealed]), Ok(text(bytes)), "{bytes}");
        }
    }

    #[test]
    fn what_is_cut_off_or_changed_is_told() {
        let whole = seal(&[&text(2 * BLOCK_BYTES + 9)]);
        let block = BLOCK_BYTES + TAG_BYTES;
        for end in [0, 15, block - 1, block, block + 1, 2 * block, whole.len() - 1] {
            assert_eq!(open(&[&whole[..end]]), Err(ProfileError::Truncated), "{end}");
        }
        let mut changed = whole.clone();
        changed[block] ^= 1;
        assert_eq!(open(&[&changed]), Err(ProfileError::Damaged(1)));
        let swapped = [&whole[block..2 * block], &whole[..block], &whole[2 * block..]].concat();
        assert_eq!(open(&[&swapped]), Err(ProfileError::Damaged(0)));
        let longer = [&whole[..], &[0; 9]].concat();
        assert_eq!(open(&[&longer]), Err(ProfileError::Truncated));
    }

    #[test]
    fn an_empty_last_block_ends_nothing_else() {
        let (mut stream, mut out) = (SealStream::new(&KEY), Vec::new());
        stream.waiting = text(BLOCK_BYTES);
        stream.block(false, &mut out);
        stream.waiting.clear();
        stream.finish(&mut out);
        assert_eq!(open(&[&out]), Err(ProfileError::Damaged(1)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn any_split_gives_the_same(cuts in prop::collection::vec(0..200_000_usize, 0..6)) {
            let plain = text(150_000);
            let pieces = |bytes: &[u8]| {
                let mut at: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
                at.extend([0, bytes.len()]);
                at.sort_unstable();
                at.windows(2).map(|two| bytes[two[0]..two[1]].to_vec()).collect::<Vec<_>>()
            };
            let whole = seal(&[&plain]);
            let cut = pieces(&plain);
            let sealed = seal(&cut.iter().map(Vec::as_slice).collect::<Vec<_>>());
            prop_assert_eq!(&sealed, &whole);
            let cut = pieces(&whole);
            prop_assert_eq!(open(&cut.iter().map(Vec::as_slice).collect::<Vec<_>>()), Ok(plain));
        }
    }
}
