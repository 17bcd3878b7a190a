//! Figures in words (sizes, times, certainty, odds), and messages as sentences.
//!
//! Plain functions from numbers to English, so that every page says the same thing the same way. Local dates
//! are not made here: only the browser knows the person's calendar.

use crate::preference::TYPED_IN;

/// A message as a sentence: errors are worded without capital and full stop, so that they compose.
pub fn sentence(text: &str) -> String {
    let end = if text.is_empty() || text.ends_with(['.', '!', '?', '…']) { "" } else { "." };
    capital(text) + end
}

/// The same words with a capital at their beginning.
pub fn capital(text: &str) -> String {
    let mut chars = text.chars();
    let Some(first) = chars.next() else { return String::new() };
    format!("{}{}", first.to_uppercase(), chars.as_str())
}

/// Where a choice came from: "from feedback.json"; one that was typed in came from nowhere.
pub fn came_from(origin: &str) -> String {
    if origin == TYPED_IN { origin.into() } else { format!("from {origin}") }
}

/// A size as people read it, in powers of a thousand: "98.4 MB".
pub fn size(bytes: f64) -> String {
    if !bytes.is_finite() || bytes <= 0.0 {
        return "0 bytes".into();
    }
    if bytes < 1000.0 {
        return format!("{bytes:.0} bytes");
    }
    let (mut value, mut unit) = (bytes / 1000.0, "kB");
    for next in ["MB", "GB", "TB"] {
        // 999.95 would be printed as "1000.0".
        if value < 999.95 {
            break;
        }
        (value, unit) = (value / 1000.0, next);
    }
    if value < 10.0 { format!("{value:.1} {unit}") } else { format!("{value:.0} {unit}") }
}

/// A count with its noun: "1 pair", "2 pairs", "12,480 pairs".
pub fn count(n: u32, one: &str, many: &str) -> String {
    format!("{} {}", grouped(f64::from(n)), if n == 1 { one } else { many })
}

/// A model's speed: "1 token a second", "240 tokens a second".
pub fn tokens_a_second(rate: f32) -> String {
    count(rate.round() as u32, "token", "tokens") + " a second"
}

/// A whole number with a comma at each thousand.
pub fn grouped(n: f64) -> String {
    let digits = format!("{:.0}", n.abs());
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if n <= -0.5 {
        text.push('-');
    }
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// How long ago something was, while that is the clearer way to say it; none after thirty days, when a date is.
pub fn ago(now_ms: f64, at_ms: f64) -> Option<String> {
    let minutes = ((now_ms - at_ms) / 60_000.0).floor();
    // Clocks of two machines differ by a little; what lies further ahead is a date, not "just now".
    if minutes < -10.0 || !minutes.is_finite() {
        return None;
    }
    let say = |n: f64, one: &str, many: &str| Some(format!("{} ago", count(n as u32, one, many)));
    match minutes {
        m if m < 1.0 => Some("just now".into()),
        m if m < 60.0 => say(m, "minute", "minutes"),
        m if m < 24.0 * 60.0 => say((m / 60.0).floor(), "hour", "hours"),
        m if m < 30.0 * 24.0 * 60.0 => say((m / 1440.0).floor(), "day", "days"),
        _ => None,
    }
}

/// How long something will still take at most, no more exact than such a guess can be.
pub fn left(seconds: f32) -> String {
    match seconds {
        s if !s.is_finite() => "time left unknown".into(),
        s if s < 10.0 => "a few seconds left".into(),
        s if s < 55.0 => format!("at most {} seconds left", (s / 10.0).round() as u32 * 10),
        s if s < 90.0 => "at most a minute left".into(),
        s if s < 270.0 => format!("at most {} minutes left", (s / 60.0).round() as u32),
        // Of a long way much falls away as a rule: races end early, and what nobody claimed is not tested.
        s if s < 5400.0 => format!("at most {} minutes left, often far less", (s / 60.0).round() as u32),
        s => format!("at most {} left, often far less", count((s / 3600.0).round() as u32, "hour", "hours")),
    }
}

/// How long something took: "0.4 ms", "120 ms", "3.2 s", "4 min 10 s".
pub fn took(ms: f64) -> String {
    match ms {
        ms if ms < 10.0 => format!("{ms:.1} ms"),
        ms if ms < 1000.0 => format!("{ms:.0} ms"),
        ms if ms < 60_000.0 => format!("{:.1} s", ms / 1000.0),
        ms => {
            let seconds = (ms / 1000.0).round() as u64;
            format!("{} min {} s", seconds / 60, seconds % 60)
        }
    }
}

/// How sure a claim is, from the probability that it holds (0.5 is knowing nothing).
pub fn certainty(p: f32) -> &'static str {
    match p {
        p if p >= 0.975 => "nearly certain",
        p if p >= 0.9 => "quite sure",
        p if p >= 0.75 => "likely",
        p if p >= 0.6 => "a hint",
        _ => "a guess",
    }
}

/// Which of two answers, in words, from the probability of the first as it is shown, in whole percent: equal figures have
/// equal words.
pub fn preference(p_first: f32) -> &'static str {
    match (p_first * 100.0).round() as i32 {
        90.. => "Almost surely the first",
        75.. => "Probably the first",
        60.. => "Perhaps the first",
        41.. => "Too close to call",
        26.. => "Perhaps the second",
        11.. => "Probably the second",
        _ => "Almost surely the second",
    }
}

/// A probability as tenths, the way people count: "about 8 times out of 10".
pub fn tenths(p: f32) -> String {
    match (p * 10.0).round() as i32 {
        n if n >= 10 => "nearly always".into(),
        n if n <= 0 => "hardly ever".into(),
        n => format!("about {n} times out of 10"),
    }
}

/// A probability in percent, never rounded up to a certainty that nobody has.
pub fn percent(p: f32) -> String {
    match (p * 100.0).round() {
        n if n >= 100.0 => "over 99%".into(),
        n if n <= 0.0 => "under 1%".into(),
        n => format!("{n:.0}%"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_become_sentences() {
        let check = |text: &str, expected: &str| assert_eq!(sentence(text), expected);
        check("the disk is full", "The disk is full.");
        check("Done!", "Done!");
        check("", "");
    }

    #[test]
    fn what_was_typed_in_is_from_nowhere() {
        assert_eq!(came_from("feedback.json"), "from feedback.json");
        assert_eq!(came_from(TYPED_IN), "typed in");
    }

    #[test]
    fn sizes_read_as_people_read_them() {
        let check = |bytes: f64, expected: &str| assert_eq!(size(bytes), expected, "{bytes}");
        check(0.0, "0 bytes");
        check(f64::NAN, "0 bytes");
        check(999.0, "999 bytes");
        check(1000.0, "1.0 kB");
        check(999_960.0, "1.0 MB");
        check(98_362_432.0, "98 MB");
        check(1.5e9, "1.5 GB");
        check(7e15, "7000 TB");
    }

    #[test]
    fn counts_have_commas_and_the_right_noun() {
        assert_eq!(count(1, "pair", "pairs"), "1 pair");
        assert_eq!(count(0, "pair", "pairs"), "0 pairs");
        assert_eq!(count(100_000, "pair", "pairs"), "100,000 pairs");
        assert_eq!(grouped(-1234.0), "-1,234");
        assert_eq!(grouped(999.6), "1,000");
    }

    #[test]
    fn the_past_is_told_in_its_own_unit() {
        let check = |ms: f64, expected: Option<&str>| assert_eq!(ago(1e12, 1e12 - ms).as_deref(), expected);
        check(30_000.0, Some("just now"));
        check(-30_000.0, Some("just now"));
        check(-3_600_000.0, None);
        check(60_000.0, Some("1 minute ago"));
        check(3.0 * 3_600_000.0, Some("3 hours ago"));
        check(36.0 * 3_600_000.0, Some("1 day ago"));
        check(40.0 * 86_400_000.0, None);
        check(f64::NAN, None);
    }

    #[test]
    fn time_left_is_no_more_exact_than_a_guess() {
        let check = |seconds: f32, expected: &str| assert_eq!(left(seconds), expected, "{seconds}");
        check(3.0, "a few seconds left");
        check(44.0, "at most 40 seconds left");
        check(70.0, "at most a minute left");
        check(260.0, "at most 4 minutes left");
        check(1500.0, "at most 25 minutes left, often far less");
        check(8000.0, "at most 2 hours left, often far less");
        check(f32::INFINITY, "time left unknown");
    }

    #[test]
    fn odds_never_claim_certainty() {
        assert_eq!(percent(0.9999), "over 99%");
        assert_eq!(percent(0.0001), "under 1%");
        assert_eq!(percent(0.424), "42%");
        assert_eq!(tenths(0.79), "about 8 times out of 10");
        assert_eq!(preference(0.5), "Too close to call");
        // What is shown as 40% is called the same, whatever it was before it was rounded.
        assert_eq!(preference(0.395), "Perhaps the second");
        assert_eq!(preference(0.404), preference(0.395));
        assert_eq!(preference(0.596), preference(0.604));
        assert_eq!(preference(0.05), "Almost surely the second");
        assert_eq!(certainty(0.98), "nearly certain");
        assert_eq!(certainty(f32::NAN), "a guess");
    }

    #[test]
    fn durations_keep_two_figures_or_so() {
        assert_eq!(took(0.42), "0.4 ms");
        assert_eq!(took(120.4), "120 ms");
        assert_eq!(took(3210.0), "3.2 s");
        assert_eq!(took(250_000.0), "4 min 10 s");
    }
}
