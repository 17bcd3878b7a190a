//! What a status and a complaint mean: the many ways of servers, as the few errors that a person can act on.

use serde_json::Value;

use super::call::Complaint;
use super::presets::Api;
use super::{ApiKey, ProviderError, Said, gemini, openai};

/// Words that tell that the account is used up; a limit on requests for the moment says "quota" too, with Gemini.
const USED_UP: &[&str] =
    &["insufficient_quota", "credit balance", "insufficient balance", "insufficient credit"];

/// Words that tell that a prompt is too long.
const TOO_LONG: &[&str] = &[
    "context_length_exceeded",
    "context length",
    "maximum context",
    "context window",
    "exceeds the available context",
    "exceed_context_size",
    "prompt is too long",
    "input token count",
    "too many tokens",
    "too large for model",
];

/// Words that tell that the key is wrong where the status doesn't.
const WRONG_KEY: &[&str] =
    &["authentication_error", "api_key_invalid", "invalid_api_key", "api key not valid"];

/// Words that tell that there is no such model where the status doesn't.
const NO_MODEL: &[&str] = &[
    "model_not_found",
    "not a valid model",
    "model not exist",
    "invalid_model",
    "unknown model",
    "not_found_error",
];

/// Where a request went, for the words of an error.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub origin: &'a str,
    pub model: &'a str,
    pub key: Option<&'a ApiKey>,
}

/// Reads the body of a reply whose status is no success.
pub(super) fn complaint(api: Api, body: &str) -> Complaint {
    let read = |error: &Value| match api {
        Api::Gemini => gemini::complaint(error),
        Api::OpenAi | Api::Anthropic | Api::Page => openai::complaint(error),
    };
    if api == Api::Page {
        // Its words, whatever they look like.
        return Complaint { message: body.to_owned(), ..Complaint::default() };
    }
    match serde_json::from_str::<Value>(body) {
        // FastAPI's servers (vLLM, SGLang) say `detail` or the error itself; Gemini streams a list.
        Ok(Value::Array(list)) => list.first().map(|first| read(&first["error"])).unwrap_or_default(),
        Ok(value) if !value["error"].is_null() => read(&value["error"]),
        Ok(value) if value["detail"].is_string() => read(&value["detail"]),
        Ok(value) => read(&value),
        // A page of a proxy says nothing that a person can use.
        Err(_) if body.trim_start().starts_with('<') => Complaint::default(),
        Err(_) => Complaint { message: body.to_owned(), ..Complaint::default() },
    }
}

/// The error that a status (200 within a stream) and a complaint mean. `retry_after_ms` is the header's.
pub(super) fn error(
    asked: Asked<'_>,
    status: u16,
    complaint: &Complaint,
    retry_after_ms: Option<u64>,
) -> ProviderError {
    let origin = asked.origin.to_owned();
    let message = match asked.key {
        Some(key) => key.redact(&complaint.message),
        None => complaint.message.clone(),
    };
    let said = Said::new(&message);
    let retry_after_ms = retry_after_ms.or(complaint.retry_after_ms);
    let words = format!("{} {}", complaint.kind, complaint.message.to_lowercase());
    let says = |needles: &[&str]| needles.iter().any(|needle| words.contains(needle));
    let is_client_error = (400..500).contains(&status);
    if status == 402 || says(USED_UP) {
        ProviderError::Quota { origin, said }
    } else if status == 413 || says(TOO_LONG) {
        ProviderError::TooLong { said }
    } else if status == 401 || status == 403 || says(WRONG_KEY) {
        ProviderError::WrongKey { origin, said }
    } else if status == 429 || says(&["rate_limit", "resource_exhausted"]) {
        ProviderError::RateLimited { origin, retry_after_ms, said }
    } else if status == 404 || (is_client_error && says(NO_MODEL)) {
        ProviderError::NoSuchModel { origin, model: asked.model.to_owned(), said }
    } else if is_client_error && status != 408 && status != 425 {
        ProviderError::BadRequest { origin, status, said }
    } else {
        ProviderError::ServerFailed { origin, status, retry_after_ms, said }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: &str = "https://a.com";

    fn read(api: Api, status: u16, body: &str) -> ProviderError {
        let asked = Asked { origin: ORIGIN, model: "m", key: None };
        error(asked, status, &complaint(api, body), None)
    }

    #[track_caller]
    fn check(api: Api, status: u16, body: &str, expected: &str) {
        assert_eq!(read(api, status, body).to_string(), expected);
    }

    #[test]
    fn openai_and_its_kin() {
        let check = |status, body: &str, expected: &str| check(Api::OpenAi, status, body, expected);
        check(
            401,
            r#"{"error":{"message":"Incorrect API key provided: sk-x.","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}"#,
            "https://a.com refuses the key: \"Incorrect API key provided: sk-x.\"",
        );
        check(
            404,
            r#"{"error":{"message":"The model `m` does not exist or you do not have access to it.","type":"invalid_request_error","param":null,"code":"model_not_found"}}"#,
            "https://a.com does not know the model m, or the address is wrong: \"The model `m` does not exist or you do not have access to it.\"",
        );
        check(
            429,
            r#"{"error":{"message":"You exceeded your current quota, please check your plan and billing details.","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}"#,
            "the account at https://a.com is used up: \"You exceeded your current quota, please check your plan and billing details.\"",
        );
        check(
            400,
            r#"{"error":{"message":"This model's maximum context length is 8192 tokens.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}"#,
            "the prompt does not fit into the model: \"This model's maximum context length is 8192 tokens.\"",
        );
        check(400, r#"{"detail":"nope"}"#, "https://a.com does not take the request (status 400): \"nope\"");
        check(
            400,
            r#"{"error":{"code":400,"message":"m is not a valid model ID"}}"#,
            "https://a.com does not know the model m, or the address is wrong: \"m is not a valid model ID\"",
        );
        check(502, "<html>Bad Gateway</html>", "https://a.com failed (status 502) without a reason");
        check(500, "", "https://a.com failed (status 500) without a reason");
        check(
            404,
            r#"{"error":"model 'm' not found"}"#,
            "https://a.com does not know the model m, or the address is wrong: \"model 'm' not found\"",
        );
    }

    #[test]
    fn anthropic() {
        let check = |status, body: &str, expected: &str| check(Api::Anthropic, status, body, expected);
        check(
            529,
            r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
            "https://a.com failed (status 529): \"Overloaded\"",
        );
        check(
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the Anthropic API."}}"#,
            "the account at https://a.com is used up: \"Your credit balance is too low to access the Anthropic API.\"",
        );
        check(
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}}"#,
            "the prompt does not fit into the model: \"prompt is too long: 210000 tokens > 200000 maximum\"",
        );
    }

    #[test]
    fn gemini() {
        check(
            Api::Gemini,
            400,
            r#"{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}]}}"#,
            "https://a.com refuses the key: \"API key not valid. Please pass a valid API key.\"",
        );
        let limited = read(
            Api::Gemini,
            429,
            r#"[{"error":{"code":429,"message":"You exceeded your current quota","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"17.5s"}]}}]"#,
        );
        assert!(matches!(limited, ProviderError::RateLimited { retry_after_ms: Some(17_500), .. }));
    }

    #[test]
    fn a_key_that_is_said_back_is_not_quoted() {
        let origin = crate::provider::Endpoint::parse(ORIGIN).unwrap().origin().clone();
        let key = ApiKey::new(&origin, "sk-secret").unwrap();
        let asked = Asked { origin: ORIGIN, model: "m", key: Some(&key) };
        let told = error(asked, 401, &complaint(Api::OpenAi, "no such key: sk-secret"), None);
        assert_eq!(told.to_string(), "https://a.com refuses the key: \"no such key: (key)\"");
    }
}
