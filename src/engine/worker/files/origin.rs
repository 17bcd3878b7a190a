//! What is known of a file that is not whole yet, and what a server's answer means for the bytes that are there.
//!
//! Another origin's `ETag` and `Content-Range` are hidden from us unless it shows them; its `Last-Modified` and
//! `Content-Length` never are. So a file counts as changed when anything that both answers told differs.

/// What of a server's answer tells which file it has.
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Its `ETag`, else its `Last-Modified`; empty where it tells neither.
    pub version: String,
    /// Its `Content-Length`.
    pub length: Option<u64>,
    /// Its `Content-Range`: `bytes 100-199/200` or `bytes */200`; empty where it tells none.
    pub range: String,
}

/// Where a file that is not whole yet comes from. It lies beside the part, a line for each of these.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The address.
    pub url: String,
    /// [`Answer::version`] of the last answer.
    pub version: String,
    /// The whole file's bytes; 0 where unknown.
    pub of: u64,
    /// The SHA-256 that it is to have; empty where none was told.
    pub sha256: String,
}

impl Origin {
    /// What an answer tells, when `at` bytes were there before it.
    pub fn told(url: &str, sha256: Option<&str>, answer: &Answer, at: u64) -> Self {
        Origin {
            url: url.to_owned(),
            version: answer.version.clone(),
            of: answer.whole(at),
            sha256: sha256.unwrap_or_default().to_owned(),
        }
    }

    pub fn written(&self) -> String {
        format!("{}\n{}\n{}\n{}", self.url, self.version, self.of, self.sha256)
    }

    pub fn read(text: &str) -> Option<Self> {
        let mut lines = text.split('\n');
        let (url, version) = (lines.next()?.to_owned(), lines.next()?.to_owned());
        // Earlier versions of the app wrote those two alone.
        let of = lines.next().and_then(|of| of.parse().ok()).unwrap_or(0);
        let sha256 = lines.next().unwrap_or_default().to_owned();
        Some(Origin { url, version, of, sha256 })
    }

    fn differs(&self, answer: &Answer, at: u64) -> bool {
        let (version, of) = (&answer.version, answer.whole(at));
        (!self.version.is_empty() && !version.is_empty() && self.version != *version)
            || (self.of > 0 && of > 0 && self.of != of)
    }
}

/// What an answer to a request for the rest of a file brings.
pub enum Rest {
    /// The bytes that are missing.
    Follows,
    /// None: the earlier try ended between the last byte and the rename.
    Nothing,
    /// Those of another version of the file.
    OfAnother,
    /// All bytes: the server gives no part of a file, or has another file by now.
    WholeFile {
        /// Whether it has another one.
        changed: bool,
    },
    /// None, and no word on the file.
    Refused,
}

/// Reads the answer to a request for the bytes from `at` on. `earlier` is what the first answer told.
pub fn rest(answer: &Answer, at: u64, earlier: Option<&Origin>, digest_known: bool) -> Rest {
    let other = earlier.is_some_and(|earlier| earlier.differs(answer, at));
    let range = answer.range();
    match answer.status {
        206 | 416 if other => Rest::OfAnother,
        206 if range.first.is_some_and(|first| first != at) => Rest::OfAnother,
        206 => Rest::Follows,
        416 => match range.of {
            Some(length) if length == at => Rest::Nothing,
            None if digest_known || earlier.is_some_and(|earlier| earlier.of == at) => Rest::Nothing,
            _ => Rest::OfAnother,
        },
        200..=299 => Rest::WholeFile { changed: other },
        _ => Rest::Refused,
    }
}

impl Answer {
    /// The whole file's length, as the answer to a request for the bytes from `at` on tells it; 0 where it doesn't.
    fn whole(&self, at: u64) -> u64 {
        match self.status {
            206 => self.range().of.or(self.length.map(|length| at + length)).unwrap_or(0),
            200 => self.length.unwrap_or(0),
            _ => 0,
        }
    }

    fn range(&self) -> ContentRange {
        let (range, of) = self.range.rsplit_once('/').unwrap_or_default();
        let first = range.trim_start_matches("bytes").trim().split('-').next();
        ContentRange { first: first.and_then(|first| first.parse().ok()), of: of.parse().ok() }
    }
}

/// The first byte of a part, and the bytes of the whole.
struct ContentRange {
    first: Option<u64>,
    of: Option<u64>,
}
