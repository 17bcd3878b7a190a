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
    -(text.split_whitespace().count() as f64)
}

#[test]
fn nobody_known_is_the_prior() {
    let unknown = Reward::unknown(Prior::shipped());
    let full = difference(&context(), ANSWERS[6], ANSWERS[7]);
    // Not much above one half: a third of people are expected to go by a taste of their own.
    assert!(unknown.probability(&full) > 0.55, "people in general prefer an answer to a refusal");
    assert!(unknown.claims(&[]).is_empty());
}

#[test]
fn a_reason_knows_whose_taste_it_rests_on() {
    let known = Reward::learn(Prior::shipped(), &choices(shorter));
    let two = &choices(shorter)[0].difference;
    assert!(Reward::unknown(Prior::shipped()).why(two).iter().all(|part| !part.is_their_own()));
    let parts = known.why(two);
    let length = parts.iter().find(|part| part.row.id == "length").unwrap();
    assert!(length.is_their_own(), "{length:?}");
}

/// The claims in words of someone with these choices.
fn claims(observations: &[Observation]) -> Vec<String> {
    let reward = Reward::learn(Prior::shipped(), observations);
    reward.claims(observations).into_iter().map(|claim| claim.text).collect()
}

#[test]
fn two_pairs_hardly_move_it() {
    let two = &choices(shorter)[..2];
    let (unknown, known) = (Reward::unknown(Prior::shipped()), Reward::learn(Prior::shipped(), two));
    for choice in choices(shorter) {
        let moved = known.probability(&choice.difference) - unknown.probability(&choice.difference);
        assert!(moved.abs() < 0.25, "moved by {moved}");
    }
    assert_eq!(claims(two), Vec::<String>::new(), "what most people like is no claim on a person");
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
    let claims = reward.claims(&observations);
    let length = claims.iter().find(|claim| claim.id == "length").unwrap();
    assert_eq!(length.text, "You prefer answers that are shorter.");
    assert!(!length.more && length.certainty > 0.9 && length.weight < length.prior_weight.min(0.0));
    assert_eq!(length.contradicts, 0);
}

#[test]
fn who_always_takes_the_shorter_one_hears_just_that() {
    // The long answer differs in a dozen traits beside its length, always in the same way.
    let long = |i: usize| format!("Well, there is much to say about thing {i}. ").repeat(4 + i % 3);
    let choice = |i: usize| Observation {
        difference: difference(&context(), &format!("It is thing {i}."), &long(i)),
        weight: 1.0,
    };
    assert_eq!(claims(&(0..30).map(choice).collect::<Vec<_>>()), ["You prefer answers that are shorter."]);
}

#[test]
fn a_coin_makes_no_claim() {
    let observations: Vec<Observation> = choices(shorter)
        .into_iter()
        .enumerate()
        .map(|(i, o)| if i % 2 == 0 { o } else { Observation { difference: o.difference.reversed(), ..o } })
        .collect();
    assert!(claims(&observations).len() <= 1, "{:?}", claims(&observations));
}

#[test]
fn the_sample_person_of_the_app_is_told_true_things() {
    let turns = |value: &serde_json::Value| serde_json::from_value::<Vec<Turn>>(value.clone()).unwrap();
    let observations: Vec<Observation> = include_str!("../../www/sample.jsonl")
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|pair| {
            let text = |answer: &str| pair[answer]["content"].as_str().unwrap().to_owned();
            let context = turns(&pair["context"]);
            Observation { difference: difference(&context, &text("chosen"), &text("rejected")), weight: 1.0 }
        })
        .collect();
    // Who wrote Robin meant someone who wants plain orders with figures in them, and no hedging.
    let meant = [
        "You prefer answers that are less hedged.",
        "You prefer answers that have more numbers.",
        "You prefer answers that have more sentences that tell the reader what to do.",
        "You prefer answers that have fewer caveats.",
        "You prefer answers that are easier to read.",
        "You prefer answers that have shorter words.",
        "You prefer answers that have shorter sentences.",
    ];
    let told = claims(&observations);
    assert!(!told.is_empty() && told.iter().all(|claim| meant.contains(&claim.as_str())), "{told:?}");
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
