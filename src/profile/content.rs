//! What is sealed: a first line about the profile, then the history's own export as it is.
//!
//! Whoever opens the file with another tool has that export in hand by leaving the first line out.

use serde::{Deserialize, Serialize};

use super::ProfileError;
use super::age::{ENTROPY_BYTES, Key};
use super::stream::{OpenStream, SealStream};
use crate::persona::Likeness;
use crate::preference::PairId;

/// The version of the first line that this program writes, and the newest that it reads.
pub const VERSION: u64 = 1;

/// What the first line says of itself.
const KIND: &str = "profile";

/// A first line longer than this is none of ours: a portrait with its whole trace has a few megabytes.
const MOST_HEAD_BYTES: usize = 32 << 20;

/// The first line: all of a profile that is not its history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Head {
    likeness: String,
    version: u64,
    /// Says to whoever opens the file what they hold.
    about: String,
    /// Of each pair that took the place of others, all of those, so that they stay away.
    pub edits: Vec<(PairId, Vec<PairId>)>,
    /// The kept portrait, with what the person said of its claims.
    pub portrait: Option<KeptPortrait>,
}

/// A portrait as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeptPortrait {
    /// The likeness.
    pub likeness: Likeness,
    /// What was new in it when it was made.
    pub differences: Vec<String>,
    /// When it was made, in milliseconds since 1970.
    pub made_ms: f64,
    /// Deleted pairs that were taken out of it since.
    pub lost: u32,
    /// Whether nobody made it: it is kept for what the person said of its claims, and follows the traits.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub follows: bool,
}

impl Head {
    /// The first line of a profile with these edits and this portrait.
    pub fn new(edits: Vec<(PairId, Vec<PairId>)>, portrait: Option<KeptPortrait>) -> Self {
        let about = "Private: a Likeness profile. Behind this line is the history as Likeness exports it.";
        Head { likeness: KIND.into(), version: VERSION, about: about.into(), edits, portrait }
    }

    fn line(&self) -> Result<String, ProfileError> {
        let line =
            serde_json::to_string(self).map_err(|error| ProfileError::NotAProfile(error.to_string()))?;
        Ok(line + "\n")
    }

    fn read(line: &[u8]) -> Result<Self, ProfileError> {
        #[derive(Deserialize)]
        struct Kind {
            likeness: String,
            version: u64,
        }
        // serde's words may quote the text; which line and column say enough.
        let unreadable = |error: serde_json::Error| {
            ProfileError::NotAProfile(format!("its first line can't be read at column {}", error.column()))
        };
        let kind: Kind = serde_json::from_slice(line).map_err(unreadable)?;
        if kind.likeness != KIND {
            return Err(ProfileError::NotAProfile("its first line is another's".into()));
        }
        if kind.version > VERSION {
            return Err(ProfileError::TooNew { found: kind.version, known: VERSION });
        }
        let head: Head = serde_json::from_slice(line).map_err(unreadable)?;
        if let Some(KeptPortrait { likeness, .. }) = &head.portrait
            && likeness.version > crate::persona::VERSION
        {
            let (found, known) = (likeness.version.into(), crate::persona::VERSION.into());
            return Err(ProfileError::TooNew { found, known });
        }
        if head.portrait.as_ref().is_some_and(|portrait| !portrait.likeness.is_sound()) {
            return Err(ProfileError::NotAProfile("its portrait is damaged: its weights are none".into()));
        }
        Ok(head)
    }
}

/// Seals a profile as it comes.
pub struct Sealer(SealStream);

impl Sealer {
    /// Begins a file; adds to `out` what it begins with. Takes about a second.
    ///
    /// # Errors
    /// [`ProfileError::NoPassphrase`], or no memory for scrypt.
    pub fn begin(
        head: &Head,
        passphrase: &str,
        log_n: u8,
        entropy: &[u8; ENTROPY_BYTES],
        out: &mut Vec<u8>,
    ) -> Result<Self, ProfileError> {
        let (key, beginning) = Key::make(passphrase, log_n, entropy)?;
        out.extend_from_slice(&beginning);
        let mut sealer = Sealer(SealStream::new(key.payload()));
        sealer.push(&head.line()?, out);
        Ok(sealer)
    }

    /// Takes lines of the history's export.
    pub fn push(&mut self, text: &str, out: &mut Vec<u8>) {
        self.0.push(text.as_bytes(), out);
    }

    /// Ends the file.
    pub fn finish(self, out: &mut Vec<u8>) {
        self.0.finish(out);
    }
}

/// Opens a profile as it comes: the first line, and then the history's export.
pub struct Opener {
    /// Bytes of header that are still to be passed over.
    before: usize,
    stream: OpenStream,
    line: Vec<u8>,
    head: Option<Head>,
}

impl Opener {
    /// An opener at the beginning of the file that this is the key of.
    pub fn new(key: &Key) -> Self {
        Opener { before: key.before(), stream: OpenStream::new(key.payload()), line: Vec::new(), head: None }
    }

    /// Takes bytes of the file, and gives those of the export that they open.
    ///
    /// # Errors
    /// When they were changed, or are no profile.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<u8>, ProfileError> {
        let skipped = self.before.min(bytes.len());
        self.before -= skipped;
        let mut opened = Vec::new();
        self.stream.push(&bytes[skipped..], &mut opened)?;
        self.behind_head(opened)
    }

    /// Ends the file; gives its first line, and the rest of the export. Nothing of the file may be used before.
    ///
    /// # Errors
    /// When a part is missing, or it is no profile.
    pub fn finish(mut self) -> Result<(Head, Vec<u8>), ProfileError> {
        let stream = std::mem::replace(&mut self.stream, OpenStream::new(&[0; 32]));
        let mut opened = Vec::new();
        stream.finish(&mut opened)?;
        let rest = self.behind_head(opened)?;
        let head = self.head.ok_or_else(|| ProfileError::NotAProfile("it is one line or none".into()))?;
        Ok((head, rest))
    }

    fn behind_head(&mut self, opened: Vec<u8>) -> Result<Vec<u8>, ProfileError> {
        if self.head.is_some() {
            return Ok(opened);
        }
        let before = self.line.len();
        self.line.extend_from_slice(&opened);
        let Some(end) = memchr::memchr(b'\n', &opened).map(|end| before + end) else {
            return match self.line.len() {
                0..=MOST_HEAD_BYTES => Ok(Vec::new()),
                _ => Err(ProfileError::NotAProfile("its first line is too long".into())),
            };
        };
        let rest = self.line.split_off(end + 1);
        self.head = Some(Head::read(&self.line)?);
        self.line = Vec::new();
        Ok(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HISTORY: &str = "{\"likeness\":\"history\",\"version\":1,\"about\":\"\"}\n{\"pair\":{}}\n";

    fn sealed(head: &Head) -> Vec<u8> {
        let mut out = Vec::new();
        let mut sealer = Sealer::begin(head, "p", 1, &[5; ENTROPY_BYTES], &mut out).unwrap();
        sealer.push(HISTORY, &mut out);
        sealer.finish(&mut out);
        out
    }

    fn opened(file: &[u8], piece: usize) -> Result<(Head, Vec<u8>), ProfileError> {
        let mut opener = Opener::new(&Key::find(file, "p")?);
        let mut history = Vec::new();
        for piece in file.chunks(piece) {
            history.extend(opener.push(piece)?);
        }
        let (head, rest) = opener.finish()?;
        history.extend(rest);
        Ok((head, history))
    }

    fn edits() -> Vec<(PairId, Vec<PairId>)> {
        let id = |text: &str| PairId::of(&[], text, "");
        vec![(id("new"), vec![id("old"), id("older")])]
    }

    #[test]
    fn what_was_sealed_is_opened_in_any_pieces() {
        let head = Head::new(edits(), None);
        let file = sealed(&head);
        for piece in [1, 7, 150, file.len()] {
            assert_eq!(opened(&file, piece), Ok((head.clone(), HISTORY.into())), "{piece}");
        }
    }

    #[test]
    fn a_later_version_and_what_is_no_profile_are_told() {
        let later = Head { version: 2, ..Head::new(Vec::new(), None) };
        assert_eq!(opened(&sealed(&later), 99), Err(ProfileError::TooNew { found: 2, known: 1 }));
        let other = Head { likeness: "history".into(), ..Head::new(Vec::new(), None) };
        assert!(matches!(opened(&sealed(&other), 99), Err(ProfileError::NotAProfile(_))));
        let mut out = Vec::new();
        let (key, beginning) = Key::make("p", 1, &[5; ENTROPY_BYTES]).unwrap();
        out.extend(beginning);
        let mut stream = SealStream::new(key.payload());
        stream.push(b"my secret diary\n", &mut out);
        stream.finish(&mut out);
        let told = opened(&out, 99).unwrap_err().to_string();
        assert!(!told.contains("diary"), "{told}");
    }
}
