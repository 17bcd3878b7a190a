//! JSON out of an answer that should be JSON, from a model that may not keep to it.

use serde_json::Value;

/// The JSON object or array in `text`: the text itself, what stands between code fences, or the first that
/// reads whole among prose. `None` where there is none; what is broken is not mended.
pub(super) fn json_in(text: &str) -> Option<Value> {
    let whole = text.trim();
    if let Ok(value @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(whole) {
        return Some(value);
    }
    // Each `{` or `[` is tried in turn; an attacker's text of many opens no more than this many readings.
    let opens = whole.match_indices(['{', '[']).take(MOST_TRIES);
    opens.map(|(at, _)| &whole[at..]).find_map(first_value)
}

/// Places at which a value may begin that are tried at most.
const MOST_TRIES: usize = 64;

/// The value that `text` begins with, whatever comes after it.
fn first_value(text: &str) -> Option<Value> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    values.next()?.ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(text: &str, expected: Option<Value>) {
        assert_eq!(json_in(text), expected, "{text}");
    }

    #[test]
    fn json_is_found_where_models_put_it() {
        check(r#" {"a": 1} "#, Some(json!({"a": 1})));
        check("```json\n{\"a\": [1, 2]}\n```", Some(json!({"a": [1, 2]})));
        check("Sure! Here you are: {\"a\": \"}\"} Anything else?", Some(json!({"a": "}"})));
        check("see {this} and {\"a\": 2}", Some(json!({"a": 2})));
        check("[1, 2]", Some(json!([1, 2])));
    }

    #[test]
    fn what_is_broken_is_not_mended() {
        for text in ["", "First", "{\"a\": 1", "{a: 1}", "\"a\"", "12"] {
            check(text, None);
        }
        check(&"{".repeat(100_000), None);
    }
}
