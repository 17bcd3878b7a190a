//! The chat completions API of OpenAI, which most servers speak, each with a few words of its own.
//!
//! Pure: a call becomes a request, bytes of a reply become a draft. Read against
//! <https://platform.openai.com/docs/api-reference/chat>. Tool calls are not asked for and are ignored.

use serde::Deserialize;
use serde_json::{Value, json};

use super::ProviderError;
use super::call::{AnswerStart, Call, Complaint, Draft, Features, Finish, Messages, Want, json};
use super::egress::Rendered;
use super::presets::Dialect;
use crate::preference::Role;

/// The request for a call.
pub(super) fn render(call: &Call, messages: &Messages, features: Features, dialect: &Dialect) -> Rendered {
    let sampling = call.sampling;
    let mut body = json!({
        "model": call.model,
        "messages": wire_messages(messages, dialect.answer_start),
        dialect.token_limit: u64::from(sampling.max_tokens) + u64::from(call.thinking_tokens),
    });
    if call.stream {
        body["stream"] = true.into();
        if features.stream_usage {
            body["stream_options"] = json!({ "include_usage": true });
        }
    }
    if features.sampling {
        body["temperature"] = rounded(sampling.temperature);
        if sampling.top_p < 1.0 {
            body["top_p"] = rounded(sampling.top_p);
        }
    }
    if features.wide_sampling {
        if sampling.top_k > 0 {
            body["top_k"] = sampling.top_k.into();
        }
        if sampling.min_p > 0.0 {
            body["min_p"] = rounded(sampling.min_p);
        }
        if sampling.repetition_penalty != 1.0 {
            body["repetition_penalty"] = rounded(sampling.repetition_penalty);
        }
    }
    if features.seed && sampling.temperature > 0.0 {
        // JavaScript servers read numbers up to 2^53.
        body[dialect.seed] = (sampling.seed & 0x7fff_ffff).into();
    }
    if features.stop && !sampling.stop.is_empty() {
        // The API takes four; the others are applied to the text that comes.
        body["stop"] = sampling.stop.iter().take(4).cloned().collect();
    }
    let begun = messages.turns.last().is_some_and(|(role, _)| *role == Role::Assistant);
    if begun && dialect.answer_start == AnswerStart::LastMessageWithFlags {
        body["continue_final_message"] = true.into();
        body["add_generation_prompt"] = false.into();
    }
    match call.want {
        Want::Text => {}
        Want::Form(form) if features.forms => {
            body["response_format"] = json!({
                "type": "json_schema",
                "json_schema": { "name": form.name, "strict": true, "schema": form.schema },
            });
        }
        Want::Form(_) => {}
        Want::FirstToken(most) => {
            body["logprobs"] = true.into();
            body["top_logprobs"] = most.into();
        }
    }
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    Rendered { path: "/chat/completions".into(), headers, body: body.to_string().into_bytes() }
}

fn wire_messages(messages: &Messages, start: AnswerStart) -> Vec<Value> {
    let system = (!messages.system.is_empty()).then_some((Role::System, &messages.system));
    let turns = messages.turns.iter().map(|(role, content)| (*role, content));
    let message = |(role, content): (Role, &String)| json!({ "role": role.name(), "content": content });
    let mut wire: Vec<Value> = system.into_iter().chain(turns).map(message).collect();
    if let Some(last) = wire.last_mut().filter(|last| last["role"] == "assistant")
        && start == AnswerStart::LastMessageAsPrefix
    {
        last["prefix"] = true.into();
    }
    wire
}

/// A number without the digits that f32 leaves behind: 0.7, not 0.699999988079071.
pub(super) fn rounded(number: f32) -> Value {
    ((f64::from(number) * 1e4).round() / 1e4).into()
}

/// Reads one event of a stream.
pub(super) fn hear(data: &str, draft: &mut Draft) -> Result<(), ProviderError> {
    if data.trim() == "[DONE]" {
        draft.done = true;
        return Ok(());
    }
    read(json(data, "a choice of the expected kind")?, draft);
    Ok(())
}

/// Reads a reply that came whole.
pub(super) fn hear_whole(text: &str, draft: &mut Draft) -> Result<(), ProviderError> {
    let reply: Reply = json(text, "a choice of the expected kind")?;
    if reply.choices.is_empty() && reply.error.is_none() {
        return Err(ProviderError::WrongShape { field: "choices" });
    }
    read(reply, draft);
    draft.done = true;
    Ok(())
}

fn read(reply: Reply, draft: &mut Draft) {
    if let Some(error) = reply.error {
        draft.complaint = Some(complaint(&error));
    }
    // One answer is asked for, so a second choice is nobody's.
    if let Some(choice) = reply.choices.into_iter().find(|choice| choice.index == 0) {
        for message in [choice.message, choice.delta].into_iter().flatten() {
            draft.say(&message.content.map(Content::text).unwrap_or_default());
            draft.refusal.push_str(&message.refusal.unwrap_or_default());
        }
        let first = choice.logprobs.and_then(|logprobs| logprobs.content?.into_iter().next());
        if let Some(first) = first.filter(|_| draft.first_tokens.is_empty()) {
            draft.first_tokens =
                first.top_logprobs.into_iter().map(|top| (top.token, top.logprob as f32)).collect();
        }
        if let Some(reason) = choice.finish_reason {
            draft.finish = Some(finish(&reason));
            if reason == "content_filter" && draft.refusal.is_empty() {
                draft.refusal = reason;
            }
        }
    }
    let usage = reply.usage.or(reply.x_groq.and_then(|groq| groq.usage));
    if let Some(usage) = usage {
        draft.counted.prompt_tokens = usage.prompt_tokens;
        draft.counted.generated_tokens = usage.completion_tokens;
        draft.counted.cached_tokens = usage
            .prompt_tokens_details
            .and_then(|details| details.cached_tokens)
            .or(usage.prompt_cache_hit_tokens)
            .unwrap_or(0);
    }
}

fn finish(reason: &str) -> Finish {
    match reason {
        "length" | "max_tokens" | "model_length" => Finish::CutOff,
        "content_filter" => Finish::Declined,
        _ => Finish::Ended,
    }
}

/// Reads an error out of the body of a reply; servers nest and name it in several ways.
pub(super) fn complaint(error: &Value) -> Complaint {
    let word = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    };
    if let Value::String(message) = error {
        return Complaint { message: message.clone(), ..Complaint::default() };
    }
    let kinds = ["type", "code", "status"].map(|name| word(&error[name]));
    Complaint {
        kind: kinds.join(" ").to_ascii_lowercase(),
        message: word(&error["message"]),
        retry_after_ms: None,
    }
}

#[derive(Deserialize)]
struct Reply {
    #[serde(default)]
    choices: Vec<Choice>,
    usage: Option<Usage>,
    x_groq: Option<Groq>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    index: u32,
    delta: Option<Message>,
    message: Option<Message>,
    finish_reason: Option<String>,
    logprobs: Option<LogProbs>,
}

#[derive(Deserialize)]
struct Message {
    content: Option<Content>,
    refusal: Option<String>,
}

/// Text, or parts of which some are text (Mistral's models that think).
#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Deserialize)]
struct Part {
    #[serde(default)]
    text: String,
}

impl Content {
    fn text(self) -> String {
        match self {
            Content::Text(text) => text,
            Content::Parts(parts) => parts.into_iter().map(|part| part.text).collect(),
        }
    }
}

#[derive(Deserialize)]
struct LogProbs {
    content: Option<Vec<LogProb>>,
}

#[derive(Deserialize)]
struct LogProb {
    #[serde(default)]
    top_logprobs: Vec<Top>,
}

#[derive(Deserialize)]
struct Top {
    token: String,
    logprob: f64,
}

#[derive(Deserialize)]
struct Usage {
    #[serde(default)]
    prompt_tokens: u64,
    #[serde(default)]
    completion_tokens: u64,
    prompt_tokens_details: Option<Details>,
    prompt_cache_hit_tokens: Option<u64>,
}

#[derive(Deserialize)]
struct Details {
    cached_tokens: Option<u64>,
}

#[derive(Deserialize)]
struct Groq {
    usage: Option<Usage>,
}
