//! The sample: 24 choices of a person whom we invented, so that there is something to look at at once.
//!
//! It travels inside the app: loading it asks the network for nothing.

/// What the invented person is called.
pub const NAME: &str = "Robin (sample)";

/// The choices, in the format of SynthesizeMe's data sets, one a line.
pub const JSONL: &str = include_str!("../../www/sample.jsonl");

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn lines() -> Vec<Value> {
        JSONL.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn is_24_choices_of_one_person() {
        let lines = lines();
        assert_eq!(lines.len(), 24);
        assert!(lines.iter().all(|line| line["user_id"] == "sample"));
    }

    #[test]
    fn answers_are_short_enough_for_a_small_model_and_differ() {
        for line in lines() {
            let (chosen, rejected) = (&line["chosen"]["content"], &line["rejected"]["content"]);
            assert_ne!(chosen, rejected);
            for answer in [chosen, rejected] {
                let words = answer.as_str().unwrap().split_whitespace().count();
                assert!((20..=150).contains(&words), "{words} words: {answer}");
            }
        }
    }
}
