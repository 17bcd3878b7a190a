//! Where a model shall come from, as it is typed in, and how loading it is told.

use crate::service::{LoadedModel, ModelSource, PartFile};
use crate::view::words;

/// The download of what was typed; or whether it is the digest that is wrong, and what is wrong with it.
pub fn from_url(url: &str, sha256: &str) -> Result<ModelSource, (bool, &'static str)> {
    let url = address(url).map_err(|why| (false, why))?;
    let sha256 = sha256.trim().to_lowercase();
    if !sha256.is_empty() && (sha256.len() != 64 || !sha256.bytes().all(|byte| byte.is_ascii_hexdigit())) {
        return Err((
            true,
            "A SHA-256 is 64 digits from 0 to 9 and a to f. Leave it empty if you have none.",
        ));
    }
    Ok(ModelSource::Url { url, name: None, sha256: Some(sha256).filter(|sha256| !sha256.is_empty()) })
}

/// The address that was typed, or what is wrong with it.
///
/// Only `https` and this machine's own servers: a model read over an open line may be anybody's.
fn address(typed: &str) -> Result<String, &'static str> {
    let url = typed.trim();
    if url.is_empty() {
        return Err("Type the address of a GGUF file.");
    }
    let lower = url.to_lowercase();
    let host_of = |rest: &str| rest.split(['/', ':', '?', '#']).next().unwrap_or_default().to_owned();
    let on_this_machine = |rest: &str| matches!(host_of(rest).as_str(), "localhost" | "127.0.0.1");
    let allowed = match lower.split_once("://") {
        Some(("https", rest)) => !host_of(rest).is_empty(),
        Some(("http", rest)) => on_this_machine(rest),
        _ => false,
    };
    if !allowed {
        return Err("The address must begin with https:// (http:// only on localhost).");
    }
    if url.chars().any(char::is_whitespace) {
        return Err("An address has no spaces.");
    }
    Ok(url.to_owned())
}

/// The figures of a load: "12 MB of 98 MB".
pub fn load_detail(bytes: u64, of: u64) -> String {
    match (bytes, of) {
        (0, 0) => String::new(),
        (bytes, 0) => words::size(bytes as f64),
        (bytes, of) => format!("{} of {}", words::size(bytes.min(of) as f64), words::size(of as f64)),
    }
}

/// How far a download is that is not whole: "paused at 42% of 98 MB".
pub fn progress_words(part: &PartFile) -> String {
    let PartFile { bytes, of, busy, .. } = *part;
    let how = if busy { "another tab is fetching it, " } else { "paused at " };
    if of > 0.0 {
        // 100% would say that it is whole.
        let percent = (100.0 * bytes / of).floor().clamp(0.0, 99.0);
        format!("{how}{percent}% of {}", words::size(of))
    } else {
        format!("{how}{}", words::size(bytes))
    }
}

/// The room that models take, and what the browser tells of the rest: bytes kept, and those that it lets us keep.
pub fn room_words(bytes: f64, estimate: Option<(f64, f64)>) -> String {
    let models = format!("Models take {} here.", words::size(bytes));
    match estimate {
        Some((used, quota)) if quota > used => {
            format!("{models} The browser has room for {} more, as it estimates.", words::size(quota - used))
        }
        Some(_) => format!("{models} The browser has no more room: delete what you don't need."),
        None => models,
    }
}

/// What can honestly be expected of a model of this size.
pub fn expectation(model: &LoadedModel) -> &'static str {
    match model.millions {
        m if m < 1_000.0 => {
            "A model of this size shows how everything works; on its own it judges hardly better than a coin. The \
             measured traits carry the result, and your choices decide how much it is believed. A model of three \
             billion parameters or more makes the difference."
        }
        m if m < 2_800.0 => {
            "A model of this size can name simple reasons. Your choices decide how much it is believed; three \
             billion parameters or more make the difference."
        }
        _ => "A model of this size can reason about choices. It is believed only where it predicts right.",
    }
}

/// What a person has to know where a model's file could not be kept.
pub fn not_kept(kept: &Result<(), String>) -> Option<String> {
    let why = kept.as_ref().err()?;
    Some(format!("Its file is not kept here: {why}. It has to be fetched or chosen anew the next time."))
}

/// A model's parameters in words: "135 million", "3.2 billion".
pub fn parameters(millions: f32) -> String {
    if millions < 1000.0 {
        format!("{millions:.0} million")
    } else {
        format!("{:.1} billion", millions / 1000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_secure_address_is_taken() {
        let check = |typed: &str, ok: bool| assert_eq!(from_url(typed, "").is_ok(), ok, "{typed}");
        check(" https://example.org/m.gguf ", true);
        check("http://localhost:8000/m.gguf", true);
        check("http://127.0.0.1/m.gguf", true);
        check("http://example.org/m.gguf", false);
        check("http://localhost.example.org/m.gguf", false);
        check("https://", false);
        check("file:///m.gguf", false);
        check("javascript://localhost", false);
        check("https://example.org/a b.gguf", false);
        check("", false);
    }

    #[test]
    fn a_digest_is_taken_as_it_is_pasted() {
        let digest = |typed: &str| match from_url("https://a.example/m.gguf", typed) {
            Ok(ModelSource::Url { sha256, .. }) => Ok(sha256),
            other => Err(other),
        };
        assert_eq!(digest(" "), Ok(None));
        assert_eq!(digest(&format!(" {} ", "Ab".repeat(32))), Ok(Some("ab".repeat(32))));
        for wrong in ["ab", &"xy".repeat(32), &"ab".repeat(33)] {
            assert!(matches!(digest(wrong), Err(Err((true, _)))), "{wrong}");
        }
    }

    #[test]
    fn a_pause_is_never_told_as_the_end() {
        let part = |bytes, of, busy| PartFile {
            name: "m.gguf".into(),
            bytes,
            of,
            url: "https://a.example/m.gguf".into(),
            sha256: None,
            busy,
        };
        assert_eq!(progress_words(&part(41.3e6, 98.4e6, false)), "paused at 41% of 98 MB");
        assert_eq!(progress_words(&part(98.4e6, 98.4e6, false)), "paused at 99% of 98 MB");
        assert_eq!(progress_words(&part(41.3e6, 0.0, true)), "another tab is fetching it, 41 MB");
    }

    #[test]
    fn the_room_is_told_as_far_as_it_is_known() {
        assert_eq!(room_words(98e6, None), "Models take 98 MB here.");
        assert!(
            room_words(98e6, Some((100e6, 1100e6))).ends_with("has room for 1.0 GB more, as it estimates.")
        );
        assert!(room_words(98e6, Some((100e6, 100e6))).contains("no more room"));
    }

    #[test]
    fn that_a_file_is_not_kept_is_told() {
        assert_eq!(not_kept(&Ok(())), None);
        let told = not_kept(&Err("the browser's storage is full".into()));
        assert!(told.is_some_and(|told| {
            told.starts_with("Its file is not kept here: the browser's storage is full.")
        }));
    }

    #[test]
    fn a_load_tells_what_it_knows() {
        assert_eq!(load_detail(0, 0), "");
        assert_eq!(load_detail(12_000_000, 0), "12 MB");
        assert_eq!(load_detail(99, 98_362_432), "99 bytes of 98 MB");
        assert_eq!(parameters(134.6), "135 million");
        assert_eq!(parameters(3212.0), "3.2 billion");
    }
}
