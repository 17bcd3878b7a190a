//! The messages API of Anthropic.
//!
//! Pure: a call becomes a request, bytes of a reply become a draft. Read against
//! <https://docs.anthropic.com/en/api/messages>. A form is asked for as the one tool that must be used, whose input is
//! the answer; any other use of a tool is ignored. The API has no log-probabilities and no seed. That an answer
//! begins with given words is told to the model, since newer models refuse a message of theirs at the end.

use serde::Deserialize;
use serde_json::{Value, json};

use super::ProviderError;
use super::call::{Call, Draft, Features, Finish, Messages, Want, json};
use super::egress::Rendered;
use super::openai::{complaint, rounded};

/// The version of the API that this is written for.
const VERSION: &str = "2023-06-01";

/// The request for a call.
pub(super) fn render(call: &Call, messages: &Messages, features: Features) -> Rendered {
    let sampling = call.sampling;
    let turns: Vec<Value> = messages
        .turns
        .iter()
        .map(|(role, content)| json!({ "role": role.name(), "content": content }))
        .collect();
    let mut body = json!({
        "model": call.model,
        "max_tokens": u64::from(sampling.max_tokens) + u64::from(call.thinking_tokens),
        "messages": turns,
    });
    if !messages.system.is_empty() {
        body["system"] = messages.system.as_str().into();
    }
    if call.stream {
        body["stream"] = true.into();
    }
    if features.sampling {
        // Newer models take one of the two, not both.
        if sampling.top_p < 1.0 && sampling.temperature >= 1.0 {
            body["top_p"] = rounded(sampling.top_p);
        } else {
            body["temperature"] = rounded(sampling.temperature.clamp(0.0, 1.0));
        }
    }
    if features.wide_sampling && sampling.top_k > 0 {
        body["top_k"] = sampling.top_k.into();
    }
    // The API refuses texts of white space alone; those are applied to the text that comes.
    let stop: Vec<&String> = sampling.stop.iter().filter(|stop| !stop.trim().is_empty()).collect();
    if features.stop && !stop.is_empty() {
        body["stop_sequences"] = json!(stop);
    }
    if let Want::Form(form) = call.want
        && features.forms
    {
        body["tools"] = json!([{
            "name": form.name,
            "description": "Takes the answer.",
            "input_schema": form.schema,
        }]);
        body["tool_choice"] = json!({ "type": "tool", "name": form.name });
    }
    let mut headers = vec![
        ("content-type".to_owned(), "application/json".to_owned()),
        ("anthropic-version".to_owned(), VERSION.to_owned()),
    ];
    if call.in_browser {
        headers.push(("anthropic-dangerous-direct-browser-access".to_owned(), "true".to_owned()));
    }
    Rendered { path: "/messages".into(), headers, body: body.to_string().into_bytes() }
}

/// Reads one event of a stream.
pub(super) fn hear(data: &str, draft: &mut Draft) -> Result<(), ProviderError> {
    match json(data, "a type of event")? {
        Event::MessageStart { message } => count(&message.usage, draft),
        Event::ContentBlockStart { content_block: block } | Event::ContentBlockDelta { delta: block } => {
            add(&block, draft);
        }
        Event::MessageDelta { delta, usage } => {
            if let Some(reason) = delta.stop_reason {
                end(&reason, draft);
            }
            if let Some(usage) = usage {
                count(&usage, draft);
            }
        }
        Event::MessageStop => draft.done = true,
        Event::Error { error } => draft.complaint = Some(complaint(&error)),
        Event::Other => {}
    }
    Ok(())
}

/// Reads a reply that came whole.
pub(super) fn hear_whole(text: &str, draft: &mut Draft) -> Result<(), ProviderError> {
    let reply: Message = json(text, "content of the expected kind")?;
    if let Some(error) = reply.error {
        draft.complaint = Some(complaint(&error));
        return Ok(());
    }
    let content = reply.content.ok_or(ProviderError::WrongShape { field: "content" })?;
    for block in content {
        if let Some(input) = block.input.as_ref().filter(|_| block.kind == "tool_use") {
            draft.form = input.to_string();
        }
        add(&block, draft);
    }
    if let Some(reason) = reply.stop_reason {
        end(&reason, draft);
    }
    count(&reply.usage, draft);
    draft.done = true;
    Ok(())
}

fn add(block: &Block, draft: &mut Draft) {
    match block.kind.as_str() {
        "text" | "text_delta" => draft.say(block.text.as_deref().unwrap_or_default()),
        "input_json_delta" => draft.form.push_str(block.partial_json.as_deref().unwrap_or_default()),
        _ => {}
    }
}

fn end(reason: &str, draft: &mut Draft) {
    draft.finish = Some(match reason {
        "max_tokens" | "model_context_window_exceeded" => Finish::CutOff,
        "refusal" => Finish::Declined,
        _ => Finish::Ended,
    });
    if reason == "refusal" && draft.refusal.is_empty() {
        draft.refusal = reason.to_owned();
    }
}

/// What is read from a cache or written into it is counted apart from the other tokens of the prompt.
fn count(usage: &Usage, draft: &mut Draft) {
    let cached = usage.cache_read_input_tokens.unwrap_or(0);
    let prompt = usage.input_tokens.unwrap_or(0) + cached + usage.cache_creation_input_tokens.unwrap_or(0);
    if prompt > 0 {
        draft.counted.prompt_tokens = prompt;
        draft.counted.cached_tokens = cached;
    }
    if let Some(written) = usage.output_tokens {
        draft.counted.generated_tokens = written;
    }
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Event {
    MessageStart {
        message: Message,
    },
    ContentBlockStart {
        content_block: Block,
    },
    ContentBlockDelta {
        delta: Block,
    },
    MessageDelta {
        delta: End,
        usage: Option<Usage>,
    },
    MessageStop,
    Error {
        error: Value,
    },
    /// Pings, ends of blocks, and what the API may add.
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Message {
    content: Option<Vec<Block>>,
    stop_reason: Option<String>,
    #[serde(default)]
    usage: Usage,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Block {
    #[serde(rename = "type", default)]
    kind: String,
    text: Option<String>,
    partial_json: Option<String>,
    input: Option<Value>,
}

#[derive(Deserialize)]
struct End {
    stop_reason: Option<String>,
}

#[derive(Default, Deserialize)]
struct Usage {
    input_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
    output_tokens: Option<u64>,
}
