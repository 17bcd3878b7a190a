//! The header of an age file with a passphrase: <https://age-encryption.org/v1>, with the `scrypt` recipient.
//!
//! ```text
//! age-encryption.org/v1
//! -> scrypt SALT LOG-N
//! the file's key, wrapped by scrypt(passphrase)
//! --- MAC over all above
//! ```
//!
//! A file has this one recipient and no other, as the format wants it: whoever knows the passphrase knows that nobody
//! without it made the file. The whole crate `age` is not used: ARCHITECTURE.md says why.

use base64ct::{Base64Unpadded, Encoding};
use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::{MOST_WORK, ProfileError};

const VERSION_LINE: &str = "age-encryption.org/v1";
const ARMOR: &[u8] = b"-----BEGIN AGE ENCRYPTED FILE-----";
const SALT_LABEL: &[u8] = b"age-encryption.org/v1/scrypt";
const FILE_KEY_BYTES: usize = 16;
const SALT_BYTES: usize = 16;
pub(super) const NONCE_BYTES: usize = 16;
/// scrypt's block size and parallelism are fixed by the format.
const R: u32 = 8;
const P: u32 = 1;
/// A header with one recipient has some 200 bytes.
const MOST_HEADER_BYTES: usize = 2048;

/// Bytes of chance that sealing takes: the file's key, the salt, the payload's nonce.
pub const ENTROPY_BYTES: usize = FILE_KEY_BYTES + SALT_BYTES + NONCE_BYTES;

/// Whether a file that begins so is an age file, in armor or not.
pub fn looks_sealed(beginning: &[u8]) -> bool {
    beginning.starts_with(VERSION_LINE.as_bytes()) || beginning.starts_with(ARMOR)
}

/// What opens one file's payload. Finding it takes about a second, using it nothing.
pub struct Key {
    payload: [u8; 32],
    /// Bytes of header and nonce in front of the payload.
    before: usize,
}

impl Key {
    pub(super) fn payload(&self) -> &[u8; 32] {
        &self.payload
    }

    pub(super) fn before(&self) -> usize {
        self.before
    }

    /// Makes a key, and the bytes that a file under it begins with.
    pub(super) fn make(
        passphrase: &str,
        log_n: u8,
        entropy: &[u8; ENTROPY_BYTES],
    ) -> Result<(Key, Vec<u8>), ProfileError> {
        if passphrase.is_empty() {
            return Err(ProfileError::NoPassphrase);
        }
        let (file_key, rest) = entropy.split_at(FILE_KEY_BYTES);
        let (salt, nonce) = rest.split_at(SALT_BYTES);
        let body = cipher(&wrapping_key(passphrase, salt, log_n)?)
            .encrypt(&Nonce::default(), file_key)
            .map_err(|_| ProfileError::BadHeader("its key can't be wrapped"))?;
        let [salt, body] = [salt, &body].map(Base64Unpadded::encode_string);
        let covered = format!("{VERSION_LINE}\n-> scrypt {salt} {log_n}\n{body}\n---");
        let mac = mac(file_key, covered.as_bytes()).finalize().into_bytes();
        let mut bytes = format!("{covered} {}\n", Base64Unpadded::encode_string(&mac)).into_bytes();
        bytes.extend_from_slice(nonce);
        Ok((Key { payload: derived(file_key, nonce, b"payload"), before: bytes.len() }, bytes))
    }

    /// Finds the key of a file from its beginning (2 KiB of it are enough) and its passphrase.
    ///
    /// # Errors
    /// Whatever is wrong with the header; [`ProfileError::WrongPassphrase`].
    pub fn find(beginning: &[u8], passphrase: &str) -> Result<Key, ProfileError> {
        let header = Header::read(beginning)?;
        if header.log_n > MOST_WORK {
            return Err(ProfileError::TooMuchWork { found: header.log_n, most: MOST_WORK });
        }
        let nonce = beginning.get(header.bytes..header.bytes + NONCE_BYTES).ok_or(ProfileError::Truncated)?;
        let file_key = cipher(&wrapping_key(passphrase, &header.salt, header.log_n)?)
            .decrypt(&Nonce::default(), &header.body[..])
            .map_err(|_| ProfileError::WrongPassphrase)?;
        mac(&file_key, header.covered)
            .verify_slice(&header.mac)
            .map_err(|_| ProfileError::BadHeader("its check sum does not fit"))?;
        Ok(Key { payload: derived(&file_key, nonce, b"payload"), before: header.bytes + NONCE_BYTES })
    }
}

/// A header as it was read.
struct Header<'a> {
    salt: [u8; SALT_BYTES],
    log_n: u8,
    body: [u8; FILE_KEY_BYTES + 16],
    covered: &'a [u8],
    mac: [u8; 32],
    bytes: usize,
}

impl<'a> Header<'a> {
    fn read(beginning: &'a [u8]) -> Result<Self, ProfileError> {
        if beginning.starts_with(ARMOR) {
            return Err(ProfileError::Armored);
        }
        if !beginning.starts_with(VERSION_LINE.as_bytes()) {
            return Err(ProfileError::NotAge);
        }
        let mut lines = Lines { text: &beginning[..beginning.len().min(MOST_HEADER_BYTES)], at: 0 };
        if lines.next()? != VERSION_LINE {
            return Err(ProfileError::NotAge);
        }
        let recipient = lines.next()?;
        let mut words = recipient.split(' ');
        let [arrow, kind, salt, log_n] = std::array::from_fn(|_| words.next().unwrap_or_default());
        if arrow != "->" {
            return Err(ProfileError::BadHeader("its recipient is missing"));
        }
        if kind != "scrypt" {
            return Err(ProfileError::NotByPassphrase);
        }
        if words.next().is_some() {
            return Err(ProfileError::BadHeader("its recipient has too many words"));
        }
        let (salt, log_n) = (bytes_of(salt)?, logarithm(log_n)?);
        let body = bytes_of(lines.next()?)?;
        let before_mac = lines.at;
        let closing = lines.next()?;
        let Some(mac) = closing.strip_prefix("--- ") else {
            return Err(ProfileError::BadHeader("it has more than one recipient"));
        };
        let covered = &beginning[..before_mac + "---".len()];
        Ok(Header { salt, log_n, body, covered, mac: bytes_of(mac)?, bytes: lines.at })
    }
}

/// The lines of a header, one at a time; what follows it need not be text.
struct Lines<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Lines<'a> {
    fn next(&mut self) -> Result<&'a str, ProfileError> {
        let rest = &self.text[self.at..];
        let Some(end) = memchr::memchr(b'\n', rest) else {
            return Err(match self.text.len() {
                MOST_HEADER_BYTES => ProfileError::BadHeader("it is too long"),
                _ => ProfileError::Truncated,
            });
        };
        self.at += end + 1;
        str::from_utf8(&rest[..end]).map_err(|_| ProfileError::BadHeader("it is no text"))
    }
}

fn bytes_of<const N: usize>(text: &str) -> Result<[u8; N], ProfileError> {
    let bad = ProfileError::BadHeader("a part of it is no base64 of the right length");
    let bytes = Base64Unpadded::decode_vec(text).map_err(|_| bad.clone())?;
    bytes.try_into().map_err(|_| bad)
}

/// A decimal number without signs or zeros in front.
fn logarithm(text: &str) -> Result<u8, ProfileError> {
    let bad = ProfileError::BadHeader("its work factor is no number");
    if text.starts_with('0') || text.len() > 2 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(bad);
    }
    text.parse().map_err(|_| bad)
}

fn wrapping_key(passphrase: &str, salt: &[u8], log_n: u8) -> Result<[u8; 32], ProfileError> {
    // scrypt takes its memory without asking whether it is there, which in a browser would end the worker.
    let bytes = (128 * R as usize) << log_n;
    Vec::<u8>::new().try_reserve_exact(bytes).map_err(|_| ProfileError::NoMemory(log_n))?;
    let params = scrypt::Params::new(log_n, R, P).map_err(|_| ProfileError::NoMemory(log_n))?;
    let mut key = [0; 32];
    scrypt::scrypt(passphrase.as_bytes(), &[SALT_LABEL, salt].concat(), &params, &mut key)
        .map_err(|_| ProfileError::NoMemory(log_n))?;
    Ok(key)
}

pub(super) fn cipher(key: &[u8; 32]) -> ChaCha20Poly1305 {
    ChaCha20Poly1305::new(key.into())
}

fn derived(file_key: &[u8], salt: &[u8], label: &[u8]) -> [u8; 32] {
    let mut key = [0; 32];
    #[allow(clippy::expect_used)] // why: 32 bytes are one block of SHA-256; only 255 of them are too many.
    Hkdf::<Sha256>::new(Some(salt), file_key).expand(label, &mut key).expect("one block");
    key
}

fn mac(file_key: &[u8], covered: &[u8]) -> Hmac<Sha256> {
    #[allow(clippy::expect_used)] // why: HMAC takes keys of any length.
    let mut mac =
        <Hmac<Sha256> as KeyInit>::new_from_slice(&derived(file_key, &[], b"header")).expect("any key");
    mac.update(covered);
    mac
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Small, so that the tests are quick.
    const LOG_N: u8 = 1;

    fn made() -> Vec<u8> {
        Key::make("open sesame", LOG_N, &std::array::from_fn(|i| i as u8)).unwrap().1
    }

    fn refused(header: &str, expected: ProfileError) {
        assert_eq!(Key::find(header.as_bytes(), "open sesame").err(), Some(expected), "{header}");
    }

    fn changed(from: &str, to: &str) -> String {
        let header = made();
        let text = String::from_utf8_lossy(&header[..header.len() - NONCE_BYTES]).into_owned();
        assert!(text.contains(from), "{text}");
        text.replacen(from, to, 1) + &"n".repeat(NONCE_BYTES)
    }

    #[test]
    fn the_passphrase_finds_the_key() {
        let (key, bytes) = Key::make("open sesame", LOG_N, &[7; ENTROPY_BYTES]).unwrap();
        let found = Key::find(&bytes, "open sesame").unwrap();
        assert_eq!((found.payload, found.before), (key.payload, bytes.len()));
        assert_eq!(Key::find(&bytes, "open Sesame").err(), Some(ProfileError::WrongPassphrase));
        assert_eq!(Key::make("", LOG_N, &[7; ENTROPY_BYTES]).err(), Some(ProfileError::NoPassphrase));
    }

    #[test]
    fn each_fault_of_a_header_has_its_name() {
        refused("%PDF-1.7", ProfileError::NotAge);
        refused("-----BEGIN AGE ENCRYPTED FILE-----\nYWdl", ProfileError::Armored);
        refused("age-encryption.org/v1", ProfileError::Truncated);
        refused("age-encryption.org/v10\n-> scrypt a 1\n", ProfileError::NotAge);
        refused("age-encryption.org/v1\n-> X25519 abc\nabc\n--- abc\n", ProfileError::NotByPassphrase);
        refused(&changed(" 1\n", " 19\n"), ProfileError::TooMuchWork { found: 19, most: MOST_WORK });
        refused(&changed(" 1\n", " 99\n"), ProfileError::TooMuchWork { found: 99, most: MOST_WORK });
        for number in ["01", "+1", "0", "", "1000", "1e1"] {
            let bad = ProfileError::BadHeader("its work factor is no number");
            refused(&changed(" 1\n", &format!(" {number}\n")), bad);
        }
        refused(
            &changed("-> scrypt", "-> scrypt a"),
            ProfileError::BadHeader("its recipient has too many words"),
        );
        refused(&changed("---", "-> scrypt"), ProfileError::BadHeader("it has more than one recipient"));
        refused(
            &changed("--- ", "--- A"),
            ProfileError::BadHeader("a part of it is no base64 of the right length"),
        );
        for endless in
            [changed("--- ", &"A".repeat(4000)), format!("age-encryption.org/v1\n{}", "a".repeat(4000))]
        {
            refused(&endless, ProfileError::BadHeader("it is too long"));
        }
    }

    #[test]
    fn a_changed_check_sum_is_told() {
        let mut header = made();
        let mac = header.windows(4).position(|four| four == b"--- ").unwrap() + 4;
        header[mac] = if header[mac] == b'A' { b'B' } else { b'A' };
        let told = Key::find(&header, "open sesame").err();
        assert_eq!(told, Some(ProfileError::BadHeader("its check sum does not fit")));
    }

    proptest! {
        #[test]
        fn never_panics(bytes in prop::collection::vec(any::<u8>(), 0..300), at in any::<prop::sample::Index>()) {
            let _ = Key::find(&bytes, "p");
            let mut header = made();
            // What a changed work factor would cost is tested above.
            let at = at.index(header.len());
            if !header[at].is_ascii_digit() {
                header[at] ^= bytes.len() as u8 | 1;
                let _ = Key::find(&header, "open sesame");
            }
        }
    }
}
