//! When a choice was made, from what files write for it.

use serde_json::Value;

use super::problem::{Why, Wrong};

/// Numbers from here on are milliseconds: as seconds they would lie after the year 5138.
const SECONDS_END: f64 = 1e11;

/// The same of milliseconds and microseconds, and of microseconds and nanoseconds.
const MILLISECONDS_END: f64 = 1e14;
const MICROSECONDS_END: f64 = 1e17;

/// Milliseconds since 1970 (UTC) from a number of seconds, milli-, micro- or nanoseconds, or from a date in ISO 8601's
/// manner; a number may be written as a text. A date without an offset is taken as UTC; null is no time.
pub(super) fn milliseconds(value: &Value) -> Result<Option<i64>, Wrong> {
    let wrong = || Wrong::new(Why::NotATime);
    match value {
        Value::Null => Ok(None),
        Value::Number(number) => number.as_f64().and_then(since_1970).ok_or_else(wrong).map(Some),
        Value::String(text) => {
            let text = text.trim();
            // A date first: 20231122 is one.
            let read = date(text).or_else(|| text.parse().ok().and_then(since_1970));
            read.ok_or_else(wrong).map(Some)
        }
        _ => Err(wrong()),
    }
}

/// Milliseconds from a number whose size tells its unit.
fn since_1970(number: f64) -> Option<i64> {
    let ms = match number.abs() {
        size if size < SECONDS_END => number * 1e3,
        size if size < MILLISECONDS_END => number,
        size if size < MICROSECONDS_END => number / 1e3,
        _ => number / 1e6,
    };
    in_range(ms.round())
}

/// JavaScript's dates end here (ECMA-262, 21.4.1.1), and no clock of a file that we read goes further.
pub(super) fn in_range(ms: f64) -> Option<i64> {
    (ms.abs() <= 8.64e15).then_some(ms as i64)
}

fn date(text: &str) -> Option<i64> {
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return Some(time.as_millisecond());
    }
    let civil = text.parse::<jiff::civil::DateTime>().ok()?;
    Some(civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(value: Value, expected: Option<i64>) {
        assert_eq!(milliseconds(&value).ok().flatten(), expected, "{value}");
    }

    #[test]
    fn times_are_read_as_files_write_them() {
        check(json!(1682351591.1322), Some(1682351591132)); // Chatbot Arena's tstamp
        check(json!(1700668546000_u64), Some(1700668546000)); // pandas
        check(json!("2023-11-22 15:55:46"), Some(1700668546000)); // PRISM's generated_datetime
        check(json!("2023-11-22T15:55:46Z"), Some(1700668546000));
        check(json!("2023-11-22T16:55:46.5+01:00"), Some(1700668546500));
        check(json!("2023-11-22"), Some(1700611200000));
        check(json!("20231122"), Some(1700611200000));
        check(json!("1682351591"), Some(1682351591000));
        check(json!(" 1682351591.1322 "), Some(1682351591132));
        check(json!("1700668546000"), Some(1700668546000));
        check(json!(1700668546000123_u64), Some(1700668546000)); // microseconds
        check(json!(1700668546000123456_u64), Some(1700668546000)); // nanoseconds
        check(json!(-1), Some(-1000));
        check(json!(null), None);
    }

    #[test]
    fn what_is_no_time_is_told() {
        for value in [
            json!("yesterday"),
            json!(""),
            json!([]),
            json!(1e300),
            json!("2023-13-40"),
            json!("NaN"),
            json!("inf"),
        ] {
            assert_eq!(milliseconds(&value), Err(Wrong::new(Why::NotATime)), "{value}");
        }
    }
}
