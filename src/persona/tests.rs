//! The whole method against a scripted model with a known mind.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::Future;
use std::task::{Context, Poll, Waker};

use super::scripted::{Mind, Open, Scripted, cat_person, open};
use super::trace::Ended;
use super::*;
use crate::model::LanguageModel;
use crate::preference::{History, PreferencePair, Turn};

/// Keeps answers in memory.
#[derive(Default)]
struct Memory(HashMap<String, Answer>);

impl Journal for Memory {
    type Error = std::convert::Infallible;

    async fn get(&mut self, id: &QuestionId) -> Result<Option<Answer>, Self::Error> {
        Ok(self.0.get(&id.to_string()).cloned())
    }

    async fn put(&mut self, id: &QuestionId, answer: &Answer) -> Result<(), Self::Error> {
        self.0.insert(id.to_string(), answer.clone());
        Ok(())
    }
}

/// A scripted model never waits, so one poll is the whole of a future.
fn now<T>(future: impl Future<Output = T>) -> T {
    match std::pin::pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("a scripted model does not wait"),
    }
}

fn machine(
    model: &Scripted,
    history: &History,
    settings: Settings,
    earlier: &[Claim],
) -> Induction<crate::model::Prompt> {
    induction_from(history.clone(), open(history), settings, model.capabilities().clone(), earlier.to_vec())
}

fn induce_with(model: &Scripted, history: &History, settings: Settings, earlier: &[Claim]) -> Likeness {
    now(drive(model, &mut machine(model, history, settings, earlier), &mut NoJournal, |_| (), || false))
        .unwrap()
}

fn judged(model: &Scripted, mut judging: Judging<crate::model::Prompt>) -> Judgement {
    now(drive(model, &mut judging, &mut NoJournal, |_| (), || false)).unwrap()
}

fn induce(mind: Mind, pairs: usize) -> Likeness {
    induce_with(&Scripted::new(mind), &cat_person(pairs), Settings::full(7), &[])
}

/// SynthesizeMe's reference makes this many calls (22 a training pair, 25 a validation pair, and the synthesis).
fn calls_of_the_reference(pairs: usize) -> usize {
    let train = pairs * 7 / 10;
    22 * train + 25 * (pairs - train) + 1
}

fn claim_about<'a>(likeness: &'a Likeness, word: &str) -> &'a Claim {
    likeness.claims.iter().find(|claim| claim.text.contains(word)).unwrap()
}

#[test]
fn the_right_examples_win() {
    let likeness = induce(Mind::Learns, 30);
    let history = cat_person(30);
    let teaches = |id: &crate::preference::PairId| {
        history.pairs().iter().any(|pair| pair.id == *id && pair.chosen.contains("cat"))
    };
    let teaching = |trial: &trace::Trial| trial.demos.iter().filter(|id| teaches(id)).count();
    let races: Vec<_> = likeness.trace.trials.iter().filter(|trial| trial.ended == Ended::Complete).collect();
    for won in races.iter().filter(|trial| trial.won) {
        let rivals = races.iter().filter(|trial| trial.race == won.race);
        let most = rivals.map(|trial| teaching(trial)).max().unwrap();
        assert_eq!(teaching(won), most, "{won:?}");
    }
    assert!(!likeness.demos.is_empty());
}

#[test]
fn labelled_examples_are_really_shown_and_never_the_pair_itself() {
    let model = Scripted::new(Mind::Learns);
    induce_with(&model, &cat_person(20), Settings::full(1), &[]);
    let asked = model.asked.borrow();
    let labels_only = asked.iter().any(|(prompt, _)| {
        let answers: Vec<_> =
            prompt.turns.iter().filter(|turn| turn.role == crate::preference::Role::Assistant).collect();
        answers.len() == 4 && answers.iter().all(|turn| ["First", "Second"].contains(&turn.content.as_str()))
    });
    assert!(labels_only);
    for (prompt, _) in asked.iter() {
        let (last, demos) = prompt.turns.split_last().unwrap();
        let tale = |text: &str| {
            text.split("Tell tale ").nth(1).and_then(|rest| rest.split('.').next()).map(str::to_owned)
        };
        let judged = tale(&last.content);
        let shown = demos.iter().filter(|turn| turn.role == crate::preference::Role::User);
        assert!(
            judged.is_none() || shown.into_iter().all(|turn| tale(&turn.content) != judged),
            "{prompt:?}"
        );
    }
}

#[test]
fn wrong_reasoning_is_rejected() {
    let likeness = induce(Mind::Learns, 30);
    let (kept, dropped): (Vec<_>, Vec<_>) =
        likeness.trace.reasonings.iter().partition(|reasoning| reasoning.kept);
    assert!(!kept.is_empty() && !dropped.is_empty());
    assert!(kept.iter().all(|reasoning| reasoning.margin > 0.0));
    let history = cat_person(30);
    let cat = |id| history.pairs().iter().any(|pair| pair.id == id && pair.chosen.contains("cat"));
    let about_cats = |reasoning: &&&trace::Reasoning| reasoning.text.contains("cat") && cat(reasoning.pair);
    assert!(kept.iter().filter(about_cats).count() >= 5);
    assert!(!dropped.iter().any(|reasoning| about_cats(&reasoning)), "a right prediction was rejected");
}

#[test]
fn a_true_claim_is_kept_and_a_false_one_dropped() {
    let likeness = induce(Mind::Learns, 30);
    let (cat, rain) = (claim_about(&likeness, "cat"), claim_about(&likeness, "rain"));
    assert_eq!(cat.state, State::Kept, "{cat:?}");
    assert!(matches!(rain.state, State::Dropped(_)), "{rain:?}");
    assert!(cat.gain > rain.gain && cat.supports.len() > cat.contradicts.len());
    assert!(cat.made_from.iter().all(|made| !cat.supports.contains(made)), "tested on what it was made from");
    assert!(likeness.chat_prompt.contains("mention a cat") && !likeness.chat_prompt.contains("rain"));
    assert!(likeness.portrait.text.contains("mention a cat") && !likeness.portrait.text.contains("rain"));
}

#[test]
fn a_coin_ends_with_weight_near_zero_and_does_no_harm() {
    let mut weight = 0.0;
    for pairs in 20..30 {
        let likeness = induce(Mind::Coin, pairs);
        let inputs = &likeness.stack.inputs;
        weight +=
            inputs.iter().filter(|input| input.name == "judge").map(|input| input.weight).sum::<f64>() / 10.0;
    }
    assert!(weight < 0.06, "{weight}");
}

#[test]
fn the_search_costs_less_than_the_reference() {
    for pairs in [6, 10, 20, 30] {
        for mind in [Mind::Learns, Mind::Coin] {
            let calls = induce(mind, pairs).trace.calls.len();
            let reference = calls_of_the_reference(pairs);
            assert!(calls < reference, "{mind:?} {pairs}: {calls} of {reference}");
        }
    }
}

#[test]
fn racing_saves_calls_and_does_not_change_who_wins() {
    let likeness = induce(Mind::Learns, 30);
    let beaten = likeness.trace.trials.iter().filter(|trial| trial.ended != Ended::Complete);
    let saved: usize = beaten.map(|trial| 9 - trial.judged).sum();
    assert!(saved > 20, "{saved}");
    for race in ["reasoning", "demos"] {
        let trials: Vec<_> = likeness.trace.trials.iter().filter(|trial| trial.race == race).collect();
        let won = trials.iter().find(|trial| trial.won).unwrap();
        let score = |trial: &trace::Trial| (trial.right, trial.soft_score);
        assert!(
            trials
                .iter()
                .filter(|trial| trial.ended == Ended::Complete)
                .all(|trial| score(trial) <= score(won))
        );
    }
}

#[test]
fn a_resumed_job_repeats_no_call_and_ends_the_same() {
    let (model, history) = (Scripted::new(Mind::Learns), cat_person(16));
    let whole = induce_with(&model, &history, Settings::small(3), &[]);
    let calls = model.calls();
    for stop in [0, 1, 17, 40, calls - 1] {
        let model = Scripted::new(Mind::Learns);
        let mut journal = Memory::default();
        let mut first = machine(&model, &history, Settings::small(3), &[]);
        let cut = now(drive(&model, &mut first, &mut journal, |_| (), || model.calls() >= stop));
        assert!(matches!(cut, Err(DriveError::Cancelled)), "{stop}");
        let mut second = machine(&model, &history, Settings::small(3), &[]);
        let resumed = now(drive(&model, &mut second, &mut journal, |_| (), || false)).unwrap();
        assert_eq!(model.calls(), calls, "stopped after {stop}");
        assert!(resumed.without_times() == whole.without_times(), "stopped after {stop}");
        let mut third = machine(&model, &history, Settings::small(3), &[]);
        now(drive(&model, &mut third, &mut journal, |_| (), || false)).unwrap();
        assert_eq!(model.calls(), calls, "a finished job asks nothing");
    }
}

#[test]
fn equal_questions_are_asked_once() {
    let model = Scripted::new(Mind::Learns);
    induce_with(&model, &cat_person(20), Settings::full(1), &[]);
    let mut prompts: Vec<String> =
        model.asked.borrow().iter().map(|(prompt, _)| format!("{prompt:?}")).collect();
    let all = prompts.len();
    prompts.sort();
    prompts.dedup();
    assert_eq!(prompts.len(), all);
}

#[test]
fn the_same_seed_gives_the_same_likeness_and_another_one_may_not() {
    let run = |seed| induce_with(&Scripted::new(Mind::Learns), &cat_person(20), Settings::full(seed), &[]);
    assert!(run(5) == run(5));
    let shuffles = |likeness: &Likeness| {
        likeness.trace.trials.iter().map(|trial| trial.demos.clone()).collect::<Vec<_>>()
    };
    assert_ne!(shuffles(&run(5)), shuffles(&run(6)));
}

#[test]
fn prompts_keep_to_the_budget_whatever_the_texts() {
    let long = "word ".repeat(30_000);
    let mixed = ["", "😀", "一二三", "مرحبا", "\u{0}\u{7}", long.as_str()];
    let pairs = (0..18).map(|i| {
        let context =
            vec![Turn::user(mixed[i % 6]), Turn::assistant(mixed[(i + 1) % 6]), Turn::user(format!("{i}"))];
        PreferencePair::new(context, format!("{}a{i}", mixed[(i + 2) % 6]), mixed[(i + 3) % 6])
    });
    let history = History::new(pairs);
    for (context_tokens, settings) in [
        (8192, Settings::full(1)),
        (2048, Settings::full(1)),
        (1024, Settings::small(1)),
        (512, Settings::small(1)),
    ] {
        let mut model = Scripted::new(Mind::Learns);
        model.capabilities.context_tokens = context_tokens;
        let budget = settings.prompt_tokens.min(context_tokens);
        induce_with(&model, &history, settings, &[]);
        let longest = model.asked.borrow().iter().map(|(_, tokens)| *tokens).max().unwrap();
        assert!(longest <= budget, "{longest} of {budget}");
    }
}

#[test]
fn cut_passages_show_that_they_were_cut() {
    let long = |word: &str| format!("{word} ").repeat(2000);
    let pairs =
        (0..8).map(|i| PreferencePair::new(vec![Turn::user(format!("{i}"))], long("yes"), long("no")));
    let model = Scripted::new(Mind::Learns);
    induce_with(&model, &History::new(pairs), Settings::full(1), &[]);
    assert!(
        model.asked.borrow().iter().all(|(prompt, _)| prompt
            .turns
            .last()
            .unwrap()
            .content
            .contains("[… cut …]"))
    );
}

#[test]
fn histories_of_any_size_come_to_an_end() {
    for pairs in 0..6 {
        let likeness = induce(Mind::Learns, pairs);
        assert_eq!(likeness.made_from.len(), pairs);
        assert!(!likeness.portrait.text.is_empty());
    }
}

#[test]
fn a_refused_claim_stays_away_and_a_pinned_one_stays() {
    let history = cat_person(30);
    let first = induce(Mind::Learns, 30);
    let mut decided = first.claims.clone();
    for claim in &mut decided {
        if claim.text.contains("cat") {
            claim.state = State::Refused;
        } else if claim.text.contains("rain") {
            claim.state = State::Pinned;
        }
    }
    decided.push(Claim::own("You want no spoilers."));
    let second = induce_with(&Scripted::new(Mind::Learns), &history, Settings::full(7), &decided);
    assert!(!second.chat_prompt.contains("cat"), "{}", second.chat_prompt);
    assert!(second.chat_prompt.contains("rain") && second.chat_prompt.contains("no spoilers"));
    let change = second.since(&first);
    assert!(
        change.new.iter().any(|claim| claim.contains("rain"))
            && change.gone.iter().any(|claim| claim.contains("cat"))
    );
}

#[test]
fn a_model_without_log_probabilities_is_read_by_its_words() {
    let mut model = Scripted::new(Mind::Learns);
    model.capabilities.log_probabilities = false;
    let likeness = induce_with(&model, &cat_person(20), Settings::full(1), &[]);
    // It says "First" in both orders, so it knows nothing and nothing rests on it.
    assert!(likeness.stack.inputs.iter().all(|input| input.weight == 0.0), "{:?}", likeness.stack);
}

#[test]
fn a_likeness_survives_its_file() {
    let likeness = induce(Mind::Learns, 12);
    let text = likeness.to_json().unwrap();
    assert!(Likeness::from_json(&text).unwrap().to_json().unwrap() == text, "it reads back as another");
    assert!(text.contains("Private:"));
    let newer = text.replacen("\"version\":1", "\"version\":2", 1);
    assert_eq!(Likeness::from_json(&newer), Err(PersonaError::Version { found: 2, known: 1 }));
    assert!(matches!(Likeness::from_json("{}"), Err(PersonaError::NotALikeness(_))));
    let damaged = text.replacen("\"reward_weight\":", "\"reward_weight\":1e300,\"was\":", 1);
    assert!(matches!(Likeness::from_json(&damaged), Err(PersonaError::NotALikeness(_))));
}

#[test]
fn a_likeness_knows_when_the_history_moved_on() {
    let likeness = from_traits(&cat_person(6), 0, &[]);
    assert!(!likeness.stale(&cat_person(6)).any());
    let changes = likeness.stale(&cat_person(8));
    assert_eq!((changes.added.len(), changes.gone.len()), (2, 0));
    assert_eq!(likeness.stale(&cat_person(5)).gone.len(), 1);
}

#[test]
fn the_reward_follows_the_history_and_the_claims_stay() {
    let mut likeness = from_traits(&cat_person(6), 0, &[]);
    let claims = likeness.claims.clone();
    likeness.learn_reward(&cat_person(30));
    assert_eq!(likeness.reward, from_traits(&cat_person(30), 0, &[]).reward);
    assert_eq!(likeness.claims, claims);
}

#[test]
fn what_was_said_while_it_was_made_is_taken_in() {
    let claim = |state, decided_ms| Claim { state, decided_ms, ..Claim::own("You like tea.") };
    let earlier = [claim(State::Pinned, Some(1.0))];
    let mut made = from_traits(&cat_person(12), 0, &earlier);
    let mut meanwhile = made.clone();
    assert!(made.chat_prompt.contains("like tea"));
    assert_eq!(made.take_later_decisions(&meanwhile), 0, "nothing was said");
    *meanwhile.claims.iter_mut().find(|claim| claim.text == "You like tea.").unwrap() =
        claim(State::Refused, Some(2.0));
    assert_eq!(made.take_later_decisions(&meanwhile), 1);
    assert!(!made.chat_prompt.contains("like tea"));
}

#[test]
fn a_judgement_says_how_sure_and_why_and_turns_with_the_answers() {
    let (model, history) = (Scripted::new(Mind::Learns), cat_person(30));
    let likeness = induce_with(&model, &history, Settings::full(7), &[]);
    let judge = |first: &str, second: &str| {
        let context = vec![Turn::user("Tell a tale.")];
        let difference = crate::traits::difference(&context, first, second);
        let evidence = Open(RawPair::unjudged(context, first, second));
        let capabilities = model.capabilities().clone();
        judged(&model, judging(likeness.clone(), evidence, difference, capabilities, Asking::WhereItCounts))
    };
    let (cat, dog) = ("A cat sat there in the sun.", "A dog sat there in the sun.");
    let (one, other) = (judge(cat, dog), judge(dog, cat));
    assert!(one.p_first > 0.6, "{one:?}");
    assert!((one.p_first + other.p_first - 1.0).abs() < 1e-6);
    assert!(one.words().iter().any(|why| why.contains("first")), "{one:?}");
}

#[test]
fn a_judgement_of_texts_too_long_for_the_model_says_so() {
    let (model, history) = (Scripted::new(Mind::Learns), cat_person(30));
    let likeness = induce_with(&model, &history, Settings::full(7), &[]);
    let says_so =
        |judging| judged(&model, judging).words().last().unwrap().contains("only the beginning and the end");
    for (words, expected) in [(20, false), (20_000, true)] {
        let first = "A cat sat there. ".repeat(words / 4);
        let evidence = || Open(RawPair::unjudged(Vec::new(), &first, "A dog sat there."));
        let difference = crate::traits::difference(&[], &first, "A dog sat there.");
        let known = || model.capabilities().clone();
        let told = judging(likeness.clone(), evidence(), difference, known(), Asking::Always);
        assert_eq!(says_so(told), expected, "told about the person, {words} words");
        assert_eq!(says_so(judging_by_default(evidence(), known())), expected, "told nothing, {words} words");
    }
}

#[test]
fn cancelling_stops_before_the_next_call() {
    let (model, history) = (Scripted::new(Mind::Learns), cat_person(10));
    let seen = Cell::new(0);
    let cancel = || model.calls() >= 3;
    let mut machine = machine(&model, &history, Settings::small(1), &[]);
    let outcome = now(drive(&model, &mut machine, &mut NoJournal, |_| seen.set(seen.get() + 1), cancel));
    assert!(matches!(outcome, Err(DriveError::Cancelled)));
    assert_eq!(model.calls(), 3);
}

#[test]
fn what_is_left_is_never_less_than_what_comes() {
    let (model, history) = (Scripted::new(Mind::Learns), cat_person(20));
    let seen = RefCell::new(Vec::new());
    let mut machine = machine(&model, &history, Settings::small(1), &[]);
    let progress = |left: &Remaining| seen.borrow_mut().push((left.calls_done, left.left));
    now(drive(&model, &mut machine, &mut NoJournal, progress, || false)).unwrap();
    let (calls, tokens) = (model.calls() as u64, machine.remaining().spent.prompt_tokens);
    let seen = seen.borrow();
    let (before, planned) = seen.iter().find(|(_, left)| left.calls > 0).unwrap();
    assert_eq!(*before, 0, "told before the first call is answered: {planned:?}");
    let (done, first) = seen.iter().find(|(done, _)| *done == 1).unwrap();
    assert!(done + first.calls >= calls, "{first:?} of {calls}");
    assert!(first.prompt_tokens * 11 / 10 >= tokens, "{first:?} of {tokens}");
    assert!(machine.remaining().left_ms().is_some());
}

#[test]
fn undecided_pairs_are_half_right() {
    let same = |i: usize| {
        PreferencePair::new(vec![Turn::user(format!("{i}?"))], format!("It is {i}."), format!("it is {i}."))
    };
    let likeness = from_traits(&History::new((0..10).map(same)), 0, &[]);
    assert_eq!(likeness.validation.reward, Some(0.5));
    assert_eq!(likeness.validation.prior, Some(0.5));
}
