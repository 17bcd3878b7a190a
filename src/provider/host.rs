//! What a model on the page is called with, and how its answer is read.
//!
//! Pure, as the files of the other APIs: a call becomes the one object that the function gets, a text becomes a draft.
//! The object is `{messages: [{role, content}], maxTokens, temperature, schema?}`; the page adds a `signal` that stops
//! the work. The answer is a text. There are no log-probabilities, no seed and no texts that end an answer.

use serde_json::{Value, json};

use super::call::{AnswerStart, Call, Draft, Features, Finish, Messages, Want};
use super::egress::Rendered;
use super::openai::rounded;
use super::presets::Dialect;
use crate::preference::Role;

/// What may be asked of a function.
pub(super) const DIALECT: Dialect = Dialect {
    features: Features {
        sampling: true,
        wide_sampling: false,
        seed: false,
        stop: false,
        log_probabilities: false,
        forms: true,
        stream_usage: false,
    },
    top_tokens: 0,
    token_limit: "maxTokens",
    seed: "",
    answer_start: AnswerStart::Told,
};

/// The request for a call: its body alone, since a function has no headers.
pub(super) fn render(call: &Call, messages: &Messages, features: Features) -> Rendered {
    Rendered {
        path: String::new(),
        headers: Vec::new(),
        body: object(call, messages, features).to_string().into_bytes(),
    }
}

/// The object that the function gets.
pub(super) fn object(call: &Call, messages: &Messages, features: Features) -> Value {
    let system = (!messages.system.is_empty()).then_some((Role::System, &messages.system));
    let turns = messages.turns.iter().map(|(role, content)| (*role, content));
    let message = |(role, content): (Role, &String)| json!({ "role": role.name(), "content": content });
    let mut object = json!({
        "messages": system.into_iter().chain(turns).map(message).collect::<Vec<_>>(),
        "maxTokens": u64::from(call.sampling.max_tokens) + u64::from(call.thinking_tokens),
        "temperature": rounded(call.sampling.temperature),
    });
    if let Want::Form(form) = call.want
        && features.forms
    {
        object["schema"] = form.schema.clone();
    }
    object
}

/// Reads the answer.
pub(super) fn hear_whole(text: &str, draft: &mut Draft) {
    draft.say(text);
    draft.finish = Some(Finish::Ended);
    draft.done = true;
}
