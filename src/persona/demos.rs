//! Examples for a prompt: choices of the person's with the answer that a judge should give.
//!
//! A labelled example shows the choice alone, a reasoned one also says why, in the model's own verified words. The
//! label comes first and the reason after it, so a judge's first word is the label with or without examples.

use std::cmp::Ordering;

use fastrand::Rng;
use serde::{Deserialize, Serialize};

use super::evidence::Order;
use super::fit::Shown;
use super::frame::TURN_OVERHEAD_TOKENS;
use super::prompts::{self, LABELS};
use super::settings::Settings;
use super::trace::Reasoning;
use crate::preference::{PairId, Turn};

/// One example, ready to stand in a prompt; raw where the evidence is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Demo {
    /// The pair that it shows.
    pub pair: PairId,
    /// What the prompt shows and asks.
    pub asked: String,
    /// What the judge should say.
    pub answer: String,
    /// Tokens of both, as counted.
    pub tokens: u32,
}

/// A set of examples to race against others.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Candidate {
    pub name: String,
    pub seed: Option<u64>,
    pub demos: Vec<Demo>,
}

/// An example that shows a choice and says which.
pub(super) fn labelled(shown: &Shown, order: Order) -> Demo {
    example(shown, order, None)
}

fn example(shown: &Shown, order: Order, why: Option<&str>) -> Demo {
    let label = match order {
        Order::ChosenFirst => LABELS[0],
        Order::ChosenSecond => LABELS[1],
    };
    let answer = match why {
        Some(why) => format!("{label}\n{why}"),
        None => label.to_owned(),
    };
    // A reason is at most as long as the model was allowed to write; a token has two bytes at the very least
    // outside of rare scripts, so its bytes halved are a bound that errs on the long side.
    let why_tokens = why.map_or(0, |why| why.len() as u32 / 2);
    let asked = prompts::ask_preference(shown.in_order(order));
    Demo {
        pair: shown.pair,
        asked,
        answer,
        tokens: shown.tokens + 24 + why_tokens + 2 * TURN_OVERHEAD_TOKENS,
    }
}

/// The examples from the front that fit in `room_tokens` together; a later, shorter one may take a long one's place.
pub(super) fn that_fit(demos: &[Demo], room_tokens: u32) -> impl Iterator<Item = &Demo> {
    let mut left = room_tokens;
    demos.iter().filter(move |demo| {
        let fits = demo.tokens <= left;
        if fits {
            left -= demo.tokens;
        }
        fits
    })
}

/// Examples as turns of a conversation.
pub(super) fn turns<'a>(demos: impl IntoIterator<Item = &'a Demo>) -> Vec<Turn> {
    demos.into_iter().flat_map(|demo| [Turn::user(&*demo.asked), Turn::assistant(&*demo.answer)]).collect()
}

/// The sets to race, as SynthesizeMe has them: labels only, unshuffled, and seeded shuffles of a drawn size; before
/// all of them no examples at all where `zero_shot` says so.
pub(super) fn candidates(
    settings: &Settings,
    count: usize,
    zero_shot: bool,
    train: &[&Shown],
    reasonings: &[Reasoning],
) -> Vec<Candidate> {
    let reasoned: Vec<Demo> = train
        .iter()
        .zip(reasonings)
        .filter(|(_, reasoning)| reasoning.kept)
        .map(|(shown, reasoning)| {
            let order = if reasoning.chosen_first { Order::ChosenFirst } else { Order::ChosenSecond };
            example(shown, order, Some(&reasoning.text))
        })
        .collect();
    let labels: Vec<Label<'_>> = train
        .iter()
        .zip(drawn_orders(settings.seed, train.len()))
        .map(|(shown, order)| (*shown, order))
        .collect();
    let most = settings.most_demos;
    let mut all = Vec::new();
    if zero_shot {
        all.push(Candidate { name: "zero-shot".into(), seed: None, demos: Vec::new() });
    }
    // The newest choices: tastes change, and these are the nearest to the next one.
    let newest = labels.len() - settings.labelled_demos.min(most).min(labels.len());
    let only = with_labels(settings, Vec::new(), &labels[newest..]);
    all.push(Candidate { name: "labels only".into(), seed: None, demos: only });
    let unshuffled = with_labels(settings, reasoned.iter().take(most).cloned().collect(), &labels);
    all.push(Candidate { name: "unshuffled".into(), seed: None, demos: unshuffled });
    for seed in 0..count.saturating_sub(all.len()) as u64 {
        let mut rng = Rng::with_seed(settings.seed ^ (seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let size = rng.usize(1..=train.len().min(most).max(1));
        let mut pool = reasoned.clone();
        let mut others = labels.clone();
        rng.shuffle(&mut pool);
        rng.shuffle(&mut others);
        pool.truncate(size);
        let demos = with_labels(settings, pool, &others);
        all.push(Candidate { name: format!("shuffle {seed}"), seed: Some(seed), demos });
    }
    all.truncate(count.max(1));
    all
}

/// A pair that can be a labelled example, and the order in which it is shown where either would do.
type Label<'a> = (&'a Shown, Order);

/// Fills a set of reasoned examples up with labelled ones of other pairs, as far as both limits go. A set teaches no
/// position: a labelled example is shown in the order that the set has fewer of.
fn with_labels(settings: &Settings, mut demos: Vec<Demo>, labels: &[Label<'_>]) -> Vec<Demo> {
    let room = settings.most_demos.saturating_sub(demos.len()).min(settings.labelled_demos);
    let others = labels.iter().filter(|(shown, _)| demos.iter().all(|demo| demo.pair != shown.pair));
    let added: Vec<&Label<'_>> = others.take(room).collect();
    for (shown, drawn) in added {
        let first = demos.iter().filter(|demo| demo.answer.starts_with(LABELS[0])).count();
        let order = match (2 * first).cmp(&demos.len()) {
            Ordering::Less => Order::ChosenFirst,
            Ordering::Equal => *drawn,
            Ordering::Greater => Order::ChosenSecond,
        };
        demos.push(labelled(shown, order));
    }
    demos
}

/// A side for each pair, each half of the time, in a drawn order.
fn drawn_orders(seed: u64, count: usize) -> Vec<Order> {
    let mut orders: Vec<Order> = (0..count).map(|index| Order::BOTH[index % 2]).collect();
    Rng::with_seed(seed).shuffle(&mut orders);
    orders
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of a set's answers are "First", and how many examples there are.
    fn firsts(demos: &[Demo]) -> (usize, usize) {
        (demos.iter().filter(|demo| demo.answer.starts_with(LABELS[0])).count(), demos.len())
    }

    #[test]
    fn no_set_of_examples_teaches_a_position() {
        let shown: Vec<Shown> = (0..17).map(Shown::short).collect();
        let train: Vec<&Shown> = shown.iter().collect();
        // The worst that reasoning can do: it was right in one order alone.
        let reasonings: Vec<Reasoning> = (0..train.len())
            .map(|at| {
                let chosen_first = at % 2 == 0;
                let text = "It is good.".to_owned();
                Reasoning { pair: train[at].pair, chosen_first, text, margin: 1.0, kept: chosen_first }
            })
            .collect();
        let (mut with_labels, mut seen_first) = (0, [false; 2]);
        for seed in 0..20 {
            let settings = Settings::full(seed);
            for reasonings in [&reasonings[..], &[]] {
                for set in candidates(&settings, 13, true, &train, reasonings) {
                    let reasoned = set.demos.iter().filter(|demo| demo.answer.contains('\n')).count();
                    let (first, all) = firsts(&set.demos);
                    let uneven = (2 * first).abs_diff(all);
                    let bound = reasoned.saturating_sub(all - reasoned).max(1);
                    assert!(uneven <= bound, "{}: {first} of {all}, {reasoned} reasoned", set.name);
                    let pairs: std::collections::HashSet<_> =
                        set.demos.iter().map(|demo| demo.pair).collect();
                    assert_eq!(pairs.len(), all, "{}: a pair stands in it twice", set.name);
                    if reasoned == 0 && all > 0 {
                        with_labels += 1;
                        seen_first[usize::from(set.demos[0].answer.starts_with(LABELS[0]))] = true;
                    }
                }
            }
        }
        assert!(with_labels > 20 && seen_first == [true; 2], "which side comes first is drawn");
    }
}
