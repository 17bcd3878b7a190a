//! Any bytes as a GGUF header: an error or a header, which written out again reads as the same; and whatever else reads
//! its metadata gives an error or an answer.
#![no_main]

use libfuzzer_sys::fuzz_target;
use likeness::engine::chat_template::ChatTemplate;
use likeness::engine::gguf::{Limits, encode, parse};
use likeness::engine::tokenizer::{SpecialTokens, Tokenizer};

fuzz_target!(|bytes: &[u8]| {
    // A header's tensors lie in a file that is larger than what the fuzzer makes.
    for file_bytes in [bytes.len() as u64, 1 << 32] {
        let Ok(header) = parse(bytes, file_bytes, &Limits::default()) else { continue };
        let again = parse(&encode(&header), file_bytes.max(1 << 32), &Limits::default());
        if let Ok(again) = again {
            assert!(same(&again.metadata, &header.metadata) && again.tensors.len() == header.tensors.len());
        } else {
            panic!("what was read can't be read again: {again:?}");
        }
        let _ = ChatTemplate::from_header(&header);
        if let Ok(tokenizer) = Tokenizer::from_header(&header) {
            tokenizer.encode("Any <s> text, e\u{301} 💛\n", SpecialTokens::Parsed);
        }
    }
});

/// Equal to the bit: NaN is not equal to itself.
fn same<T: std::fmt::Debug>(one: &T, other: &T) -> bool {
    format!("{one:?}") == format!("{other:?}")
}
