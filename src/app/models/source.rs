//! Where a model shall come from, as it is typed in, and how loading it is told.

use crate::service::{LoadedModel, ModelSource};
use crate::view::words;

/// The address that was typed, or what is wrong with it.
///
/// Only `https` and this machine's own servers: a model read over an open line may be anybody's.
pub fn from_url(typed: &str) -> Result<ModelSource, &'static str> {
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
    Ok(ModelSource::from_url(url))
}

/// The figures of a load: "12 MB of 98 MB".
pub fn load_detail(bytes: u64, of: u64) -> String {
    match (bytes, of) {
        (0, 0) => String::new(),
        (bytes, 0) => words::size(bytes as f64),
        (bytes, of) => format!("{} of {}", words::size(bytes.min(of) as f64), words::size(of as f64)),
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
        let check = |typed: &str, ok: bool| assert_eq!(from_url(typed).is_ok(), ok, "{typed}");
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
    fn a_load_tells_what_it_knows() {
        assert_eq!(load_detail(0, 0), "");
        assert_eq!(load_detail(12_000_000, 0), "12 MB");
        assert_eq!(load_detail(99, 98_362_432), "99 bytes of 98 MB");
        assert_eq!(parameters(134.6), "135 million");
        assert_eq!(parameters(3212.0), "3.2 billion");
    }
}
