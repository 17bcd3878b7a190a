//! The Gemini API of Google: generateContent and streamGenerateContent.
//!
//! Pure: a call becomes a request, bytes of a reply become a draft. Read against
//! <https://ai.google.dev/api/generate-content>. The key goes into a header, never into the address, where logs keep
//! it. Function calls are not asked for and are ignored.

use serde::Deserialize;
use serde_json::{Value, json};

use super::ProviderError;
use super::call::{Call, Complaint, Draft, Features, Finish, Messages, Want, json};
use super::egress::Rendered;
use super::openai::{complaint as plain_complaint, rounded};
use crate::preference::Role;

/// The request for a call.
pub(super) fn render(call: &Call, messages: &Messages, features: Features) -> Rendered {
    let contents: Vec<Value> = messages
        .turns
        .iter()
        .map(|(role, content)| {
            let role = if *role == Role::Assistant { "model" } else { "user" };
            json!({ "role": role, "parts": [{ "text": content }] })
        })
        .collect();
    let mut body = json!({ "contents": contents, "generationConfig": config(call, features) });
    if !messages.system.is_empty() {
        body["systemInstruction"] = json!({ "parts": [{ "text": messages.system }] });
    }
    let method = if call.stream { "streamGenerateContent?alt=sse" } else { "generateContent" };
    let model = call.model.strip_prefix("models/").unwrap_or(call.model);
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    Rendered { path: format!("/models/{model}:{method}"), headers, body: body.to_string().into_bytes() }
}

fn config(call: &Call, features: Features) -> Value {
    let sampling = call.sampling;
    let tokens = u64::from(sampling.max_tokens) + u64::from(call.thinking_tokens);
    let mut config = json!({ "maxOutputTokens": tokens, "candidateCount": 1 });
    if features.sampling {
        config["temperature"] = rounded(sampling.temperature);
        if sampling.top_p < 1.0 {
            config["topP"] = rounded(sampling.top_p);
        }
    }
    if features.wide_sampling && sampling.top_k > 0 {
        config["topK"] = sampling.top_k.into();
    }
    if features.seed && sampling.temperature > 0.0 {
        config["seed"] = (sampling.seed & 0x7fff_ffff).into();
    }
    if features.stop && !sampling.stop.is_empty() {
        // The API takes five; the others are applied to the text that comes.
        config["stopSequences"] = sampling.stop.iter().take(5).cloned().collect();
    }
    match call.want {
        Want::Form(form) if features.forms => {
            config["responseMimeType"] = "application/json".into();
            config["responseSchema"] = without_extras(&form.schema);
        }
        Want::FirstToken(most) => {
            config["responseLogprobs"] = true.into();
            config["logprobs"] = most.into();
        }
        Want::Text | Want::Form(_) => {}
    }
    config
}

/// The schema without what this API's subset of JSON Schema lacks.
fn without_extras(schema: &Value) -> Value {
    match schema {
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(name, _)| *name != "additionalProperties");
            Value::Object(kept.map(|(name, value)| (name.clone(), without_extras(value))).collect())
        }
        other => other.clone(),
    }
}

/// Reads one event of a stream.
pub(super) fn hear(data: &str, draft: &mut Draft) -> Result<(), ProviderError> {
    let reply: Reply = json(data, "a candidate of the expected kind")?;
    read(reply, draft);
    Ok(())
}

/// Reads a reply that came whole.
pub(super) fn hear_whole(text: &str, draft: &mut Draft) -> Result<(), ProviderError> {
    let reply: Reply = json(text, "a candidate of the expected kind")?;
    if reply.candidates.is_empty() && reply.prompt_feedback.is_none() && reply.error.is_none() {
        return Err(ProviderError::WrongShape { field: "candidates" });
    }
    read(reply, draft);
    draft.done = true;
    Ok(())
}

fn read(reply: Reply, draft: &mut Draft) {
    if let Some(error) = reply.error {
        draft.complaint = Some(complaint(&error));
    }
    if let Some(reason) = reply.prompt_feedback.and_then(|feedback| feedback.block_reason) {
        draft.refusal = reason;
        draft.finish = Some(Finish::Declined);
    }
    if let Some(candidate) = reply.candidates.into_iter().find(|candidate| candidate.index == 0) {
        let parts = candidate.content.map(|content| content.parts).unwrap_or_default();
        for part in parts.iter().filter(|part| !part.thought) {
            draft.say(&part.text);
        }
        let first = candidate.logprobs_result.and_then(|result| result.top_candidates.into_iter().next());
        if let Some(first) = first.filter(|_| draft.first_tokens.is_empty()) {
            draft.first_tokens =
                first.candidates.into_iter().map(|top| (top.token, top.log_probability as f32)).collect();
        }
        if let Some(reason) = candidate.finish_reason {
            end(reason, draft);
        }
    }
    if let Some(usage) = reply.usage_metadata {
        draft.counted.prompt_tokens = usage.prompt_token_count;
        draft.counted.cached_tokens = usage.cached_content_token_count;
        draft.counted.generated_tokens = usage.candidates_token_count + usage.thoughts_token_count;
    }
}

fn end(reason: String, draft: &mut Draft) {
    draft.finish = match reason.as_str() {
        "FINISH_REASON_UNSPECIFIED" => return,
        "STOP" => Some(Finish::Ended),
        "MAX_TOKENS" => Some(Finish::CutOff),
        // SAFETY, RECITATION, BLOCKLIST, PROHIBITED_CONTENT, SPII, LANGUAGE, OTHER, and what may be added.
        _ => Some(Finish::Declined),
    };
    if draft.finish == Some(Finish::Declined) && draft.refusal.is_empty() {
        draft.refusal = reason;
    }
}

/// Reads an error; how long to wait stands among its details, as in `"retryDelay": "17s"`.
pub(super) fn complaint(error: &Value) -> Complaint {
    let details = error["details"].as_array().map(Vec::as_slice).unwrap_or_default();
    let delay = details.iter().find_map(|detail| detail["retryDelay"].as_str()?.strip_suffix('s'));
    let seconds = delay.and_then(|text| text.parse::<f64>().ok()).filter(|seconds| *seconds >= 0.0);
    let reasons = details.iter().filter_map(|detail| detail["reason"].as_str());
    let mut complaint = plain_complaint(error);
    for reason in reasons {
        complaint.kind.push(' ');
        complaint.kind.push_str(&reason.to_ascii_lowercase());
    }
    Complaint { retry_after_ms: seconds.map(|seconds| (seconds * 1000.0).ceil() as u64), ..complaint }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reply {
    #[serde(default)]
    candidates: Vec<Candidate>,
    prompt_feedback: Option<Feedback>,
    usage_metadata: Option<Usage>,
    error: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Candidate {
    #[serde(default)]
    index: u32,
    content: Option<Content>,
    finish_reason: Option<String>,
    logprobs_result: Option<LogProbs>,
}

#[derive(Deserialize)]
struct Content {
    #[serde(default)]
    parts: Vec<Part>,
}

#[derive(Deserialize)]
struct Part {
    #[serde(default)]
    text: String,
    #[serde(default)]
    thought: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LogProbs {
    #[serde(default)]
    top_candidates: Vec<TopCandidates>,
}

#[derive(Deserialize)]
struct TopCandidates {
    #[serde(default)]
    candidates: Vec<Top>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Top {
    token: String,
    log_probability: f64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Feedback {
    block_reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Usage {
    #[serde(default)]
    prompt_token_count: u64,
    #[serde(default)]
    cached_content_token_count: u64,
    #[serde(default)]
    candidates_token_count: u64,
    #[serde(default)]
    thoughts_token_count: u64,
}
