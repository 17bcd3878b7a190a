//! A passphrase on its way from the page to the data worker.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a profile is sealed with. It shows nothing in `Debug`, and is overwritten when dropped.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Passphrase(String);

/// Shorter than this, it is likely to be found by trying.
const SHORT_CHARS: usize = 16;

impl Passphrase {
    /// This one.
    pub fn new(text: impl Into<String>) -> Self {
        Passphrase(text.into())
    }

    /// The text itself.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// What is to be said of it before it is used; nothing where it is long enough.
    pub fn warning(&self) -> Option<&'static str> {
        let short = (1..SHORT_CHARS).contains(&self.0.chars().count());
        short
            .then_some("It is short. Whoever gets the file can try many; four or five random words are safe.")
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(…)")
    }
}

impl Drop for Passphrase {
    fn drop(&mut self) {
        let mut bytes = std::mem::take(&mut self.0).into_bytes();
        bytes.fill(0);
        // So that the compiler does not leave the writing out.
        std::hint::black_box(&bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_not_shown() {
        assert_eq!(format!("{:?}", Passphrase::new("open sesame")), "Passphrase(…)");
    }

    #[test]
    fn a_short_one_is_warned_of() {
        assert!(Passphrase::new("open sesame").warning().is_some());
        assert_eq!(Passphrase::new("correct horse battery staple").warning(), None);
        assert_eq!(Passphrase::new("").warning(), None, "that it is missing is said otherwise");
    }
}
