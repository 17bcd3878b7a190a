//! The embedded model's file, for tests: `./check` fetches it into the cache folder, and it is an error if it isn't there.

use std::path::PathBuf;
use std::sync::OnceLock;

use super::chat_template::ChatTemplate;
use super::gguf::{Header, Limits, parse};
use super::tokenizer::Tokenizer;

/// Where the file lies.
pub fn path() -> PathBuf {
    let folder = |name| std::env::var_os(name).map(PathBuf::from);
    let cache = folder("LIKENESS_CACHE")
        .or_else(|| folder("XDG_CACHE_HOME").map(|cache| cache.join("likeness")))
        .or_else(|| folder("HOME").map(|home| home.join(".cache/likeness")));
    cache.expect("no home folder").join("models/SmolLM2-135M-Instruct.Q4_1.gguf")
}

/// The whole file, read once.
pub fn bytes() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| {
        let path = path();
        std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}; ./check fetches it", path.display()))
    })
}

/// Its header.
pub fn header() -> &'static Header {
    static HEADER: OnceLock<Header> = OnceLock::new();
    HEADER.get_or_init(|| {
        parse(bytes(), bytes().len() as u64, &Limits::default()).expect("the file is damaged")
    })
}

/// Its tokenizer.
pub fn tokenizer() -> &'static Tokenizer {
    static TOKENIZER: OnceLock<Tokenizer> = OnceLock::new();
    TOKENIZER.get_or_init(|| Tokenizer::from_header(header()).expect("the file is damaged"))
}

/// Its chat template.
pub fn template() -> &'static ChatTemplate {
    static TEMPLATE: OnceLock<ChatTemplate> = OnceLock::new();
    TEMPLATE.get_or_init(|| ChatTemplate::from_header(header()).expect("the file is damaged"))
}
