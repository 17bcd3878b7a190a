//! What the reward must do for people whose taste is known.

use super::*;
use crate::preference::Turn;
use crate::traits::{Difference, difference};

/// Answers of many kinds to one question.
const ANSWERS: [&str; 8] = [
    "Use a sharp knife and cut along the grain.",
    "Cut it.",
    "1. Sharpen the knife.\n2. Cut along the grain.\n3. Rest it for ten minutes before you serve it.",
    "You might perhaps want to use a knife, although it may depend on the meat.",
    "Great question! I'd love to help! Sharpen your knife, and enjoy every bite!",
    "- **Knife**: sharp\n- **Board**: steady\n- **Meat**: rested",
    "Resting lets the juices settle, because heat drives them to the middle. For example, a roast of two kilograms \
     rests for twenty minutes. Then it is cut across the grain, which keeps each slice tender.",
    "I cannot help with that, as I am an AI language model.",
];

fn context() -> [Turn; 1] {
    [Turn::user("How do I carve a roast?")]
}

/// Every pair of answers, preferred by `better`.
fn choices(better: impl Fn(&str) -> f64) -> Vec<Observation> {
    let mut made = Vec::new();
    for first in ANSWERS {
        for second in ANSWERS.iter().filter(|second| better(first) > better(second)) {
            made.push(Observation { difference: difference(&context(), first, second), weight: 1.0 });
        }
    }
    made
}

fn shorter(text: &str) -> f64 {
    -(text.len() as f64)
}

#[test]
fn nobody_known_is_the_prior() {
    let unknown = Reward::unknown(Prior::shipped());
    let full = difference(&context(), ANSWERS[6], ANSWERS[7]);
    assert!(unknown.probability(&full) > 0.6, "people in general prefer an answer to a refusal");
    assert!(unknown.claims(&[]).is_empty());
}

#[test]
fn two_pairs_hardly_move_it() {
    let two = &choices(shorter)[..2];
    let (unknown, known) = (Reward::unknown(Prior::shipped()), Reward::learn(Prior::shipped(), two));
    for choice in choices(shorter) {
        let moved = known.probability(&choice.difference) - unknown.probability(&choice.difference);
        assert!(moved.abs() < 0.25, "moved by {moved}");
    }
}

#[test]
fn a_clear_taste_is_learnt_and_claimed() {
    let observations = choices(shorter);
    let reward = Reward::learn(Prior::shipped(), &observations);
    let right = observations.iter().filter(|o| reward.log_odds(&o.difference) > 0.0).count();
    assert!(right * 10 >= observations.len() * 9, "{right} of {}", observations.len());
    assert!(reward.personal() > 0.9);
    assert!(reward.certainty("length").unwrap() < 0.3);
    let why = reward.why(&observations[0].difference);
    assert!(why.windows(2).all(|pair| pair[0].log_odds.abs() >= pair[1].log_odds.abs()));
    for claim in reward.claims(&observations) {
        assert!(claim.text.starts_with("You prefer answers that ") && claim.certainty >= 0.8);
    }
}

#[test]
fn swapping_flips_the_sign_exactly() {
    let reward = Reward::learn(Prior::shipped(), &choices(shorter));
    for choice in choices(shorter) {
        assert_eq!(reward.log_odds(&choice.difference), -reward.log_odds(&choice.difference.reversed()));
    }
    let same: Difference = difference(&context(), "a", "a");
    assert_eq!(reward.probability(&same), 0.5);
}

#[test]
fn the_same_pairs_give_the_same_reward_and_it_survives_its_file() {
    let reward = Reward::learn(Prior::shipped(), &choices(shorter));
    assert_eq!(reward, Reward::learn(Prior::shipped(), &choices(shorter)));
    let text = serde_json::to_string(&reward).unwrap();
    let back: Reward = serde_json::from_str(&text).unwrap();
    let probe = &choices(shorter)[3].difference;
    assert!((back.log_odds(probe) - reward.log_odds(probe)).abs() < 1e-12);
}

#[test]
fn a_damaged_or_foreign_reward_is_refused() {
    let check = |change: fn(&mut serde_json::Value), expected: &str| {
        let mut value = serde_json::to_value(Reward::unknown(Prior::shipped())).unwrap();
        change(&mut value);
        let error = serde_json::from_value::<Reward>(value).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    check(|value| value["traits"][0] = "unheard_of".into(), "another table");
    check(|value| value["components"][0]["mean"] = serde_json::json!([]), "damaged");
    check(|value| value["components"][0]["traits"] = serde_json::json!([100_000]), "damaged");
    assert!(Prior::from_json("{").unwrap_err().to_string().contains("line 1"));
}

#[test]
fn the_shipped_prior_credits_its_people() {
    assert!(Prior::shipped().credit.contains("MT-Bench human judgments, Zheng et al. 2023, CC BY 4.0"));
}
