//! Any text as a chat template over any conversation: a text or an error, in bounded time and room.
//!
//! A zero byte ends the template; the conversation follows, its messages apart by another.
#![no_main]

use libfuzzer_sys::fuzz_target;
use likeness::engine::chat_template::{ChatTemplate, Message};

const ROLES: [&str; 3] = ["system", "user", "assistant"];
/// What a template may write beyond twice what it was given.
const ROOM: usize = 1 << 20;

fuzz_target!(|input: &str| {
    let mut parts = input.split('\0');
    let source = parts.next().unwrap_or_default();
    let Ok(template) = ChatTemplate::new(source, "<s>".to_owned(), "</s>".to_owned()) else { return };
    let message = |(at, content): (usize, &str)| Message {
        role: ROLES[at % ROLES.len()].to_owned(),
        content: content.to_owned(),
    };
    let messages: Vec<Message> = parts.take(8).enumerate().map(message).collect();
    let given: usize = messages.iter().map(|message| message.content.len()).sum();
    let today = jiff::civil::date(2026, 2, 28);
    for answer_next in [true, false] {
        if let Ok(text) = template.render(&messages, answer_next, today) {
            assert!(text.len() <= 2 * given + ROOM);
        }
    }
});
