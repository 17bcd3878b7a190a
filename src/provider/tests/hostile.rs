//! Replies by a server that means harm, or is broken: whatever it sends, reading it ends, panics nowhere, and keeps no
//! more than came.

use proptest::prelude::*;

use super::super::clean::{plain_text, stopped, without_thoughts};
use super::super::reading::Reading;
use super::super::retry::retry_after_ms;
use super::super::status::complaint;
use super::super::transport::Head;
use super::super::{Api, Flow, Limits, form};
use super::recorded::STREAMS;

const LIMITS: Limits =
    Limits { reply_bytes: 1 << 16, event_bytes: 1 << 12, head_ms: 1000, idle_ms: 1000, total_ms: 1000 };

/// Pieces of what a reply is made of, broken off and put together as they come, and bytes that are none of it.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => "(data: |event: |: |\\r\\n|\\n\\n|\\n)",
        4 => "(\\{|\\}|\\[|\\]|,|:|\"|null|true|-1|1e999|18446744073709551616|\\\\ud800|\\\\u0000)",
        4 => "\"(choices|delta|content|message|finish_reason|usage|error|candidates|parts|text|type|index|logprobs|\
              top_logprobs|token|logprob|tool_calls|content_block_delta|message_delta|completion_tokens)\"",
        1 => "(\\[DONE\\]|<think>|</think>|stop|\u{feff}|\u{202e}|\u{1b}\\[2J)",
        1 => "\\PC{0,8}",
    ];
    let piece = prop_oneof![
        12 => piece.prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..6),
    ];
    prop::collection::vec(piece, 0..80).prop_map(|pieces| pieces.concat())
}

/// A recorded reply with some of it changed, left out or said again.
fn damaged() -> impl Strategy<Value = (Api, Vec<u8>)> {
    let damage = (any::<prop::sample::Index>(), 0usize..40, bytes(), any::<bool>());
    (0..STREAMS.len(), prop::collection::vec(damage, 1..4)).prop_map(|(which, damages)| {
        let (api, text) = STREAMS[which];
        let mut reply = text.as_bytes().to_vec();
        for (at, length, instead, again) in damages {
            let from = at.index(reply.len() + 1);
            let to = (from + length).min(reply.len());
            let instead = if again { reply[from..].to_vec() } else { instead };
            reply.splice(from..to, instead);
        }
        (api, reply)
    })
}

/// Reads a reply in pieces, and what was read of it as an answer is read.
fn read(api: Api, status: u16, kind: &str, reply: &[u8], piece: usize) {
    let head = Head { status, content_type: Some(kind.into()), retry_after: None };
    let mut reading = Reading::new(api, &LIMITS);
    for bytes in reply.chunks(piece) {
        match reading.hear(&head, bytes) {
            Ok(Flow::More) => {}
            Ok(Flow::Enough) | Err(_) => break,
        }
    }
    if let Ok(Some(body)) = reading.end() {
        complaint(api, &body);
    }
    let draft = &reading.draft;
    let kept = draft.text.len() + draft.form.len() + draft.refusal.len();
    // A character that JSON escapes is longer there; one that is put in place of broken text has three bytes.
    assert!(kept <= 3 * reply.len(), "{kept} bytes of {}", reply.len());
    assert!(draft.first_tokens.len() <= reply.len());
    assert!(draft.text.chars().all(|c| !c.is_control() || c == '\n' || c == '\t'), "{:?}", draft.text);
    answer(&draft.text);
}

/// All that is done with the text of an answer.
fn answer(text: &str) {
    let clean = plain_text(text);
    assert!(clean.len() <= text.len() && plain_text(&clean) == clean);
    assert!(without_thoughts(text).unwrap_or_default().len() <= text.len());
    let (before, _) = stopped(text, &["stop".to_owned(), String::new()]);
    assert!(text.starts_with(before));
    form::json_in(text);
}

proptest! {
    #[test]
    fn no_reply_panics_or_grows(
        reply in bytes(), status in prop_oneof![Just(200u16), 100u16..600], streams in any::<bool>(), piece in 1usize..99,
    ) {
        let kind = if streams { "text/event-stream" } else { "application/json" };
        for (api, _) in STREAMS {
            read(api, status, kind, &reply, piece);
        }
    }

    #[test]
    fn no_damaged_reply_panics_or_grows((api, reply) in damaged(), piece in 1usize..99) {
        read(api, 200, "text/event-stream", &reply, piece);
        read(api, 500, "application/json", &reply, piece);
    }

    #[test]
    fn no_text_panics(text in "(\\PC|<think>|</think>|[{}\\[\\]\":,\\\\]|\\n|\u{1b}){0,60}", now in any::<f64>()) {
        answer(&text);
        retry_after_ms(&text, now);
    }
}

/// What is built to nest without end, or to be read again and again.
#[test]
fn what_is_built_to_take_long_does_not() {
    let began = std::time::Instant::now();
    for part in [
        "[",
        "{\"a\":",
        "{",
        "[{\"a\":[",
        "data: [\n",
        "data: \n",
        "\n\n",
        "data: {}\n\n",
        "<think>",
        "\\u0000",
    ] {
        let reply = part.repeat((1 << 20) / part.len());
        for (api, _) in STREAMS {
            read(api, 200, "text/event-stream", reply.as_bytes(), 1000);
            read(api, 200, "application/json", reply.as_bytes(), 1000);
            read(api, 400, "application/json", reply.as_bytes(), 1000);
        }
        answer(&reply);
    }
    assert!(began.elapsed().as_secs() < 60, "{:?}", began.elapsed());
}
