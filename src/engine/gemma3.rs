//! The header of gemma3-270m, for tests: `./check` fetches the file into the cache folder. Where it could not, the tests
//! with it say so.

use std::fs::File;
use std::io::Read;
use std::sync::OnceLock;

use super::embedded;
use super::gguf::{Header, Limits, parse};
use super::tokenizer::Tokenizer;

/// Its name in the models' folder.
const FILE: &str = "gemma-3-270m-q4_k_m.gguf";

/// The header.
pub fn header() -> Option<&'static Header> {
    static HEADER: OnceLock<Option<Header>> = OnceLock::new();
    HEADER
        .get_or_init(|| {
            let mut file = File::open(embedded::path().with_file_name(FILE)).ok()?;
            let file_bytes = file.metadata().ok()?.len();
            // Nearly all of it is the vocabulary: 6 MB.
            let mut beginning = vec![0; 8 << 20];
            file.read_exact(&mut beginning).ok()?;
            Some(parse(&beginning, file_bytes, &Limits::default()).expect("the file is damaged"))
        })
        .as_ref()
}

/// The tokenizer; what is not measured without the file is said.
pub fn tokenizer(what: &str) -> Option<&'static Tokenizer> {
    static TOKENIZER: OnceLock<Option<Tokenizer>> = OnceLock::new();
    let tokenizer = TOKENIZER
        .get_or_init(|| header().map(|header| Tokenizer::from_header(header).expect("the file is damaged")));
    if tokenizer.is_none() {
        println!("NOT MEASURED: {what} ({FILE} is not in the models' folder)");
    }
    tokenizer.as_ref()
}
