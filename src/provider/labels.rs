//! Which of some labels a model means: from the probabilities of its first token, or from its words.

use serde_json::json;

use super::call::{Form, Messages};
use super::form::json_in;

/// Tokens for a label that is said in words or as JSON.
pub(super) const WORD_TOKENS: u32 = 32;

/// The log-odds against all others together that a label which was only said is given, by convention.
///
/// A model that only names a label does not say how sure it is. 2 (odds of about 7 to 1) is what a judge that is right
/// nine times in ten has earned and one that guesses has not; the person's own pairs decide how much of it counts.
const SAID_LOG_ODDS: f32 = 2.0;

/// The least probability that is told: what a list of the likeliest leaves out is not impossible.
const LEAST: f64 = 1e-6;

/// The log-probability of each label from the likeliest first tokens and their log-probabilities.
///
/// A token speaks for the one label that begins with it, whatever its case and the spaces and signs around it; a token
/// that begins several labels speaks for none. A label that no token speaks for gets the most that it can have: no
/// more than the least likely token listed, and no more than what the listed ones leave. `None` where no token
/// speaks for any label: then the model meant to say something else first.
pub(super) fn from_first_tokens(tokens: &[(String, f32)], labels: &[String]) -> Option<Vec<f32>> {
    let labels: Vec<String> = labels.iter().map(|label| plain(label)).collect();
    let mut mass = vec![0.0f64; labels.len()];
    let (mut listed, mut least) = (0.0f64, 1.0f64);
    for (token, log_probability) in tokens {
        let probability = f64::from(*log_probability).exp().clamp(0.0, 1.0);
        (listed, least) = (listed + probability, least.min(probability));
        let token = plain(token);
        let mut meant = (0..labels.len()).filter(|at| !token.is_empty() && labels[*at].starts_with(&token));
        if let (Some(at), None) = (meant.next(), meant.next()) {
            mass[at] += probability;
        }
    }
    // Not finite: a server that says NaN says nothing.
    if !listed.is_finite() || mass.iter().all(|mass| *mass <= LEAST) {
        return None;
    }
    let unlisted = least.min(1.0 - listed.min(1.0)).max(LEAST);
    let told = mass.into_iter().map(|mass| if mass > 0.0 { mass.clamp(LEAST, 1.0) } else { unlisted });
    Some(told.map(|probability| probability.ln() as f32).collect())
}

/// The log-probability of each label when the model named one of them.
fn from_named(at: usize, labels: usize) -> Vec<f32> {
    let named = 1.0 / (1.0 + (-SAID_LOG_ODDS).exp());
    let other = (1.0 - named) / (labels.saturating_sub(1).max(1)) as f32;
    (0..labels).map(|label| if label == at { named.ln() } else { other.ln() }).collect()
}

/// The log-probability of each label from an answer that should be in the [`form`] of one, or name it.
pub(super) fn from_words(text: &str, labels: &[String]) -> Vec<f32> {
    let said = json_in(text).and_then(|value| value["answer"].as_str().map(str::to_owned));
    match named(said.as_deref().unwrap_or(text), labels) {
        Some(at) => from_named(at, labels.len()),
        // A model that names none has said nothing about them.
        None => vec![-(labels.len().max(1) as f32).ln(); labels.len()],
    }
}

/// The label that a text names: the only one in it, or, where it begins with one, that one.
fn named(text: &str, labels: &[String]) -> Option<usize> {
    let text = words(text);
    let places: Vec<Option<usize>> = labels
        .iter()
        .map(|label| {
            let label = words(label);
            (!label.is_empty())
                .then(|| text.windows(label.len()).position(|window| window == label))
                .flatten()
        })
        .collect();
    let mut found = places.iter().enumerate().filter_map(|(label, at)| at.map(|at| (at, label)));
    let first = found.next()?;
    match found.next() {
        None => Some(first.1),
        Some(second) => {
            [first, second].into_iter().chain(found).find(|(at, _)| *at == 0).map(|(_, label)| label)
        }
    }
}

/// Tells the model to answer with a label and nothing else.
pub(super) fn ask(messages: &mut Messages, labels: &[String]) {
    let names: Vec<&str> = labels.iter().map(|label| label.trim()).collect();
    messages.add_to_last(&format!("Answer with exactly one of these and nothing else: {}", names.join(", ")));
}

/// The form of an answer that is one of the labels.
pub(super) fn form(labels: &[String]) -> Form {
    let names: Vec<&str> = labels.iter().map(|label| label.trim()).collect();
    Form {
        name: "answer".into(),
        schema: json!({
            "type": "object",
            "properties": { "answer": { "type": "string", "enum": names } },
            "required": ["answer"],
            "additionalProperties": false,
        }),
    }
}

fn plain(text: &str) -> String {
    text.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase()
}

fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(prefix: &str) -> Vec<String> {
        ["First", "Second"].map(|label| format!("{prefix}{label}")).to_vec()
    }

    #[track_caller]
    fn check(tokens: &[(&str, f64)], expected: Option<[f64; 2]>) {
        let tokens: Vec<(String, f32)> =
            tokens.iter().map(|(token, p)| ((*token).to_owned(), p.ln() as f32)).collect();
        for prefix in ["", " "] {
            let told = from_first_tokens(&tokens, &labels(prefix));
            let told = told.map(|told| told.iter().map(|log| f64::from(*log).exp()).collect::<Vec<_>>());
            match (&told, expected) {
                (None, None) => {}
                (Some(told), Some(expected)) => {
                    assert!(told.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-4), "{told:?}");
                }
                _ => panic!("{told:?}"),
            }
        }
    }

    #[test]
    fn tokens_speak_for_the_label_that_begins_with_them() {
        check(&[("First", 0.7), (" second", 0.2), ("\"Sec", 0.05), ("The", 0.05)], Some([0.7, 0.25]));
        check(&[("First", 0.9), ("fir", 0.05), ("The", 0.03)], Some([0.95, 0.02]));
        check(&[("First", 1.0)], Some([1.0, 1e-6]));
        check(&[("The", 0.9), ("I", 0.1)], None);
        check(&[("**", 0.9), ("", 0.1)], None);
        check(&[], None);
    }

    #[test]
    fn a_token_that_could_be_either_is_neither() {
        let labels = ["same".to_owned(), "second".to_owned()];
        let told = from_first_tokens(&[("s".into(), -0.1), ("sa".into(), -3.0)], &labels).unwrap();
        assert!((told[0] + 3.0).abs() < 1e-6);
        assert_eq!(from_first_tokens(&[("s".into(), f32::NAN)], &labels), None);
    }

    #[test]
    fn a_named_label_is_two_ahead() {
        let told = from_named(1, 2);
        assert!((told[1] - told[0] - 2.0).abs() < 1e-5);
        assert!((from_named(0, 3).iter().map(|log| log.exp()).sum::<f32>() - 1.0).abs() < 1e-5);
    }

    #[test]
    fn a_label_is_found_in_words() {
        let named = |text: &str| named(text, &labels(" "));
        assert_eq!(named("First"), Some(0));
        assert_eq!(named(" **second**."), Some(1));
        assert_eq!(named("{\"answer\": \"Second\"}"), Some(1));
        assert_eq!(named("I prefer the first answer."), Some(0));
        assert_eq!(named("First, since the second is long"), Some(0));
        assert_eq!(named("Between first and second I can't choose"), None);
        assert_eq!(named("Firstly"), None);
        assert_eq!(named(""), None);
    }
}
