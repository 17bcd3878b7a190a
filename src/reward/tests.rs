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

#[test]
fn a_reason_says_what_shows_in_the_choices_and_no_more() {
    let observations = choices(shorter);
    let known = Reward::learn(Prior::shipped(), &observations);
    let count = |index: usize, more: bool| {
        let shows = |o: &&Observation| {
            if more { o.difference.values()[index] > 0.3 } else { o.difference.values()[index] < -0.3 }
        };
        observations.iter().filter(shows).count()
    };
    for observation in &observations {
        for part in known.why(&observation.difference) {
            let (index, _) = crate::traits::Trait::find(part.row.id).unwrap();
            let like_this = count(index, part.difference > 0.0);
            let like_the_other = count(index, part.difference < 0.0);
            assert_eq!((part.taken as usize, part.left as usize), (like_this, like_the_other), "{part:?}");
            if part.shows_in_choices() {
                assert_eq!(like_this > like_the_other, part.log_odds > 0.0, "{part:?}");
            }
        }
    }
    let unknown = Reward::unknown(Prior::shipped());
    assert!(unknown.why(&observations[0].difference).iter().all(|part| !part.shows_in_choices()));
}

#[test]
fn a_trait_and_its_parts_are_one_reason_by_their_net_effect() {
    let known = Reward::learn(Prior::shipped(), &choices(shorter));
    for observation in choices(shorter) {
        let (parts, told) =
            (known.why(&observation.difference), known.reasons(&observation.difference, |_| false));
        for (place, reason) in told.iter().enumerate() {
            let family = parts.iter().filter(|part| part.row.whole() == reason.row.whole());
            let net: f64 = family.map(|part| part.log_odds).sum();
            assert!((net - reason.log_odds).abs() < 1e-9, "{reason:?} of {net}");
            assert!(told[..place].iter().all(|other| other.row.whole() != reason.row.whole()), "{told:?}");
            let itself = parts.iter().find(|part| part.row.id == reason.row.id).unwrap();
            assert!(itself.log_odds * net > 0.0, "{itself:?} speaks against its own net effect {net}");
        }
    }
}

#[test]
fn a_reward_of_an_older_program_knows_no_counts_and_says_so() {
    let known = Reward::learn(Prior::shipped(), &choices(shorter));
    let mut old = serde_json::to_value(&known).unwrap();
    old.as_object_mut().unwrap().remove("chosen");
    let old: Reward = serde_json::from_value(old).unwrap();
    let two = &choices(shorter)[0].difference;
    assert_eq!(old.log_odds(two), known.log_odds(two));
    assert!(old.why(two).iter().all(|part| !part.shows_in_choices()));
}

/// The claims in words of someone with these choices.
fn claims(observations: &[Observation]) -> Vec<String> {
    let reward = Reward::learn(Prior::shipped(), observations);
    reward.claims(observations).into_iter().map(|claim| claim.text).collect()
}

#[test]
fn what_people_in_general_hardly_care_for_is_claimed_either_way_alike() {
    let (index, _) = crate::traits::Trait::find("contractions").unwrap();
    let chosen = |sign: f64, with: usize, against: usize| -> Vec<Observation> {
        let signs = std::iter::repeat_n(sign, with).chain(std::iter::repeat_n(-sign, against));
        let observed = signs.map(|sign| {
            let mut values = vec![0.0; crate::traits::TABLE.len()];
            values[index] = sign;
            Observation { difference: Difference::from_values(values), weight: 1.0 }
        });
        observed.collect()
    };
    let begins = |sign: f64| (1..30).find(|&with| !claims(&chosen(sign, with, with / 8)).is_empty()).unwrap();
    let (more, fewer) = (begins(1.0), begins(-1.0));
    // The prior's mean is 0.005, and not 0.
    assert!(more.abs_diff(fewer) <= 1, "after {more} choices and after {fewer}");
    assert_eq!(claims(&chosen(-1.0, 24, 3)), ["You prefer answers that have fewer contractions."]);
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
    let personal: f64 = reward.components.iter().filter(|c| !c.traits.is_empty()).map(|c| c.share).sum();
    assert!(personal > 0.9, "{personal}");
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
fn who_likes_it_laid_out_is_told_so_once() {
    let plain = |i: usize| format!("Buy flour {i}, then knead it, then bake it, and eat it.");
    let laid_out = |i: usize| {
        let steps = ["Buy", "Knead", "Bake", "Eat"].map(|step| format!("- **{step}** thing {i}."));
        format!("# Bread {i}\n\n{}", steps[..2 + i % 3].join("\n"))
    };
    let choice =
        |i: usize| Observation { difference: difference(&context(), &laid_out(i), &plain(i)), weight: 1.0 };
    let observations: Vec<Observation> = (0..30).map(choice).collect();
    let claims = Reward::learn(Prior::shipped(), &observations).claims(&observations);
    let family = claims.iter().filter(|claim| {
        crate::traits::Trait::find(&claim.id).is_some_and(|(_, row)| row.whole() == "structure")
    });
    assert_eq!(family.count(), 1, "{claims:?}");
}

#[test]
fn who_likes_it_warm_is_not_told_of_exclamation_marks_alone() {
    let cool = |i: usize| format!("Thing {i} is done in three steps that take a quarter of an hour.");
    let warm =
        |i: usize| format!("Thing {i} is lovely, I am so happy for you! Enjoy it, my dear friend! Have fun!");
    let choice = |i: usize| {
        let (first, second) = if i % 9 == 8 { (cool(i), warm(i)) } else { (warm(i), cool(i)) };
        Observation { difference: difference(&context(), &first, &second), weight: 1.0 }
    };
    let told = claims(&(0..30).map(choice).collect::<Vec<_>>());
    assert!(!told.is_empty() && told.iter().all(|claim| !claim.contains("exclamation")), "{told:?}");
}

#[test]
fn what_always_goes_together_is_told_together() {
    // Short and plain each time, against long chat with hedges and much warmth.
    let plain = |i: usize| format!("Take road {i}. It is the shorter one and costs {} euros.", 3 + i);
    let chatty = |i: usize| {
        let wish =
            ["Have fun! \u{1F389}", "Enjoy it! \u{1F60A}", "Safe travels, dear friend! \u{1F697}"][i % 3];
        format!(
            "What a lovely trip! It might perhaps be road {i}, although it could possibly depend on a few things, and I am \
             so happy for you. {wish}"
        )
    };
    let choice =
        |i: usize| Observation { difference: difference(&context(), &plain(i), &chatty(i)), weight: 1.0 };
    let observations: Vec<Observation> = (0..16).map(choice).collect();
    let claims = Reward::learn(Prior::shipped(), &observations).claims(&observations);
    let told: Vec<&str> = claims.iter().map(|claim| claim.text.as_str()).collect();
    for expected in ["are less hedged.", "are cooler in tone.", "are shorter."] {
        assert!(told.contains(&format!("You prefer answers that {expected}").as_str()), "{told:?}");
    }
    assert!(!claims[0].along && claims.iter().any(|claim| claim.along), "{claims:?}");
    assert!(claims.iter().all(|claim| claim.contradicts == 0), "{claims:?}");
}

#[test]
fn who_takes_what_most_people_like_hears_that_it_is_what_most_people_like() {
    // Long, laid out, formal and reasoned each time, against a line: what the shipped prior expects of anybody.
    let full = |i: usize| {
        format!(
            "An account of matter {i} is set out below, since several considerations ought to be weighed beforehand.\n\n\
             - **Preparation:** The items required should be assembled, so that no interruption occurs.\n\
             - **Procedure:** It is advisable to proceed in {} stages, and to verify the outcome of each.\n\
             - **Duration:** Sufficient time should be reserved, as haste frequently compromises the result.\n\n\
             In summary, consistency is of greater importance than intensity, according to most studies of the subject.",
            3 + i % 4
        )
    };
    let choice = |i: usize| Observation {
        difference: difference(
            &context(),
            &full(i),
            &format!("somehow get matter {i} going, don't overthink it!"),
        ),
        weight: 1.0,
    };
    let claims = |count: usize| {
        let observations: Vec<Observation> = (0..count).map(choice).collect();
        Reward::learn(Prior::shipped(), &observations).claims(&observations)
    };
    let told = claims(12);
    let longer = told.iter().find(|claim| claim.id == "length").unwrap();
    assert!(longer.more && longer.shared && longer.supports == 12, "{told:?}");
    assert!(claims(4).iter().all(|claim| !claim.shared), "four choices are not beyond doubt");
    // People in general turn studies down rather than ask for them; these answers name some.
    let as_most: Vec<&str> = told.iter().filter(|claim| claim.shared).map(|claim| &*claim.id).collect();
    assert!(as_most.contains(&"length"), "{told:?}");
    assert!(!as_most.contains(&"sources"), "{told:?}");
}

#[test]
fn log_odds_of_nothing_are_half_right() {
    assert_eq!([0.1, 0.0, -0.0, -0.1].map(hit), [1.0, 0.5, 0.5, 0.0]);
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
    check(|value| value["mean"][0] = 1e300.into(), "damaged");
    check(|value| value["components"][0]["covariance"][0] = (-1e300).into(), "damaged");
    check(|value| value["temperature"] = 0.into(), "damaged");
    assert!(Prior::from_json("{").unwrap_err().to_string().contains("line 1"));
}

#[test]
fn the_shipped_prior_credits_its_people() {
    assert!(Prior::shipped().credit.contains("MT-Bench human judgments, Zheng et al. 2023, CC BY 4.0"));
}
