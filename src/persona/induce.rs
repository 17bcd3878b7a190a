//! The method from end to end, as one story: traits, reasoning, synthesis, claims, portrait, examples, stack.
//!
//! After SynthesizeMe (arXiv 2506.05598): bootstrap reasoning, synthesise a persona, select demos. What is ours: the
//! persona is claims, each tested; a Bayesian reward over measured traits stands beside the model, and the pairs
//! decide how much the model is believed; judgements are log-odds in both orders; the races save calls.
//! Known limit: a claim in the persona may rest on a pair that the judge is then weighed on. The stack's draw towards
//! the reward alone stands against what that flatters.

use super::PersonaError;
use super::claims::{self, Claim, Source, apply_decisions, merge, settle_conflicts};
use super::crossfit::CrossFit;
use super::demos::{Demo, candidates, turns};
use super::dialogue::{Dialogue, Machine};
use super::evidence::{Evidence, RawPair};
use super::fit::{Shown, fit};
use super::frame::{Frame, Head};
use super::likeness::{Likeness, Validation};
use super::portrait::Portrait;
use super::progress::Plan;
use super::quoting::Quotes;
use super::search::{Race, race};
use super::settings::{Settings, able};
use super::stack::Stack;
use super::trace::{Reasoning, Spared, Trace};
use super::trial::{Judged, open_state, test_by_model, test_by_trait};
use super::{prompts, reasoning, synthesis};
use crate::model::Capabilities;
use crate::preference::{History, PreferencePair};
use crate::reward::{Observation, Prior, Reward, hit};

/// An induction under way: [`Machine::step`] it, or let [`super::drive`] do so.
pub type Induction<P> = Machine<P, Likeness>;

/// Starts an induction from raw pairs, for a model on this device.
///
/// `earlier` are the claims of the likeness before, with what the person decided about them.
pub fn induction(
    history: History,
    settings: Settings,
    capabilities: Capabilities,
    earlier: Vec<Claim>,
) -> Induction<<RawPair as Evidence>::Prompt> {
    let evidence = history.pairs().iter().cloned().map(RawPair::new).collect();
    induction_from(history, evidence, settings, capabilities, earlier)
}

/// Starts an induction from evidence of any kind; evidence of pairs that the history lacks is left out.
pub fn induction_from<E: Evidence + 'static>(
    history: History,
    evidence: Vec<E>,
    settings: Settings,
    capabilities: Capabilities,
    earlier: Vec<Claim>,
) -> Induction<E::Prompt>
where
    E::Prompt: Clone + 'static,
{
    Machine::new(move |dialogue| async move {
        let frame = Frame::of::<E>(dialogue, capabilities, settings);
        let shown = texts(&history);
        with_model(&frame, &history, shown, evidence, &earlier).await
    })
}

/// What the pairs show in their texts.
fn texts(history: &History) -> Vec<Observation> {
    history.pairs().iter().map(Observation::of).collect()
}

/// What measured traits alone tell: no model, done at once.
pub fn from_traits(history: &History, seed: u64, earlier: &[Claim]) -> Likeness {
    from_observations(history, texts(history), seed, earlier)
}

/// The same of what the pairs show, be it in their texts or in sketches.
pub(super) fn from_observations(
    history: &History,
    shown: Vec<Observation>,
    seed: u64,
    earlier: &[Claim],
) -> Likeness {
    let known = Known::of(history, shown);
    let mut claims = known.claims.clone();
    finish_claims(&mut claims, earlier);
    let validation = known.validation(history);
    let portrait = Portrait::from_template(&claims, &known.reward, &validation, history.pairs().len());
    let made_from = history.pairs().iter().map(|pair| pair.id).collect();
    let (stack, trace) = (Stack::default(), Trace::default());
    Likeness::assemble(
        made_from,
        seed,
        None,
        portrait,
        claims,
        Vec::new(),
        known.reward,
        stack,
        validation,
        trace,
    )
}

/// What the traits tell about the person.
struct Known {
    crossfit: CrossFit<'static>,
    reward: Reward,
    claims: Vec<Claim>,
}

impl Known {
    fn of(history: &History, shown: Vec<Observation>) -> Self {
        let prior = Prior::shipped();
        let crossfit = CrossFit::new(prior, shown);
        let reward = Reward::learn(prior, crossfit.observations());
        let claims = crossfit.claims(&reward, history.pairs());
        Known { crossfit, reward, claims }
    }

    /// How the prior and a reward learned from the training part do on the validation part.
    fn validation(&self, history: &History) -> Validation {
        let observations = self.crossfit.observations();
        let first = history.split().train.len();
        let (train, fresh) = observations.split_at(first);
        // Of two answers that are the same nobody prefers one.
        let differ: Vec<_> = fresh
            .iter()
            .zip(&history.pairs()[first..])
            .filter(|(_, pair)| pair.chosen != pair.rejected)
            .map(|(one, _)| one)
            .collect();
        let prior = Prior::shipped();
        let right = |reward: &Reward| {
            share_right(&differ.iter().map(|one| reward.log_odds(&one.difference)).collect::<Vec<_>>())
        };
        Validation {
            pairs: differ.len(),
            prior: right(&Reward::unknown(prior)),
            reward: right(&Reward::learn(prior, train)),
            ..Validation::default()
        }
    }
}

/// Settles which claims are used: the person's decisions first, then conflicts.
fn finish_claims(claims: &mut Vec<Claim>, earlier: &[Claim]) {
    apply_decisions(claims, earlier);
    settle_conflicts(claims);
}

/// The whole method: the reward learns of what the pairs `shown` are, the model sees the evidence.
pub(super) async fn with_model<E: Evidence>(
    frame: &Frame<E::Prompt>,
    history: &History,
    shown: Vec<Observation>,
    evidence: Vec<E>,
    earlier: &[Claim],
) -> Result<Likeness, PersonaError> {
    let known = Known::of(history, shown);
    frame.dialogue.phase("measuring the prompts");
    let window = Window::of(frame, history, evidence).await?;
    let mut ahead = Ahead::of(frame, &window);
    let train: Vec<&Shown> = window.train.iter().collect();
    let validation: Vec<&Shown> = window.validation.iter().collect();
    let mut trace = Trace::default();

    ahead.enter(&frame.dialogue, 0);
    trace.reasonings = reasoning::bootstrap(frame, &train).await?;
    let quotes = Quotes::of(history);
    if frame.leaves() {
        quotes.let_go(&mut trace.reasonings).await;
    }

    ahead.enter(&frame.dialogue, 1);
    let sets =
        candidates(&frame.settings, frame.settings.reasoning_candidates, false, &train, &trace.reasonings);
    let first = race(frame, "reasoning", None, &sets, &validation).await?;

    ahead.enter(&frame.dialogue, 2);
    let judgements = verified(&train, &trace.reasonings, &first.demos);
    let (written, note) = synthesis::synthesise(frame, &judgements).await?;
    trace.trials.extend(first.trials);
    trace.notes.extend(note);

    let mut claims = known.claims.clone();
    let said = written
        .into_iter()
        .map(|claim| Claim {
            of_sketches: frame.claims_of_sketches(),
            ..Claim::said(claim.text, Source::Reasoning, claim.made_from)
        })
        .collect();
    merge(&mut claims, said);
    quotes.drop_claims(&mut claims).await;
    let to_test = claims.iter().filter(|claim| is_for_the_model(claim)).count();
    ahead.found(frame, &window, to_test);
    ahead.enter(&frame.dialogue, TESTING);
    let rows = known.judged(history, &window);
    let moved = test(frame, &known.crossfit, history.pairs(), &mut claims, &rows).await?;
    finish_claims(&mut claims, earlier);

    ahead.enter(&frame.dialogue, 4);
    let by_traits = known.validation(history);
    let portrait = Portrait::from_template(&claims, &known.reward, &by_traits, history.pairs().len());
    let portrait = reworded(frame, portrait, &claims).await?;

    ahead.enter(&frame.dialogue, 5);
    let persona = frame.persona(&claims);
    let sets = candidates(&frame.settings, frame.settings.demo_candidates, true, &train, &trace.reasonings);
    let second = race(frame, "demos", persona.as_deref(), &sets, &validation).await?;

    ahead.enter(&frame.dialogue, 6);
    let weighed = weigh(frame, persona.as_deref(), &second, &window, &rows, &moved, &claims).await?;
    let zero_shot = frame.margins(&Head::judge(None), &validation, prompts::ask_preference).await?;
    let of_others: Vec<f64> = rows
        .iter()
        .filter(|row| validation.iter().any(|shown| shown.pair == row.shown.pair))
        .map(|row| row.reward)
        .collect();
    let validation = Validation {
        judged_pairs: validation.len(),
        reward_of_others: share_right(&of_others),
        default_judge: share_right(&zero_shot),
        judge: share_right(&second.margins),
        stack: weighed.on_validation,
        ..by_traits
    };
    trace.trials.extend(second.trials);
    trace.spared = Spared {
        asked_once: frame.dialogue.spared_tokens(),
        raced: first.spared_tokens + second.spared_tokens,
    };
    trace.calls = frame.dialogue.calls();
    let made_from = history.pairs().iter().map(|pair| pair.id).collect();
    let model = Some((frame.capabilities.clone(), frame.settings.clone()));
    let (seed, demos, stack) = (frame.settings.seed, second.demos, weighed.stack);
    Ok(Likeness::assemble(
        made_from,
        seed,
        model,
        portrait,
        claims,
        demos,
        known.reward,
        stack,
        validation,
        trace,
    ))
}

/// The pairs that the model gets to see, the newest of each part, cut to their room.
struct Window {
    train: Vec<Shown>,
    validation: Vec<Shown>,
}

impl Window {
    /// Tokens of a pair and of what is asked about it, on average.
    fn pair_tokens(&self) -> u64 {
        let tokens: u64 = self.all().map(|shown| u64::from(shown.tokens)).sum();
        tokens / (self.train.len() + self.validation.len()).max(1) as u64 + 60
    }

    async fn of<E: Evidence>(
        frame: &Frame<E::Prompt>,
        history: &History,
        evidence: Vec<E>,
    ) -> Result<Self, PersonaError> {
        let split = history.split();
        let newest =
            |pairs: &[PreferencePair], most: usize| pairs[pairs.len() - most.min(pairs.len())..].to_vec();
        let train = newest(split.train, frame.settings.train_pairs);
        let validation = newest(split.validation, frame.settings.validation_pairs);
        let mut by_id: std::collections::HashMap<_, E> =
            evidence.into_iter().map(|one| (one.id(), one)).collect();
        let mut seen = |pairs: Vec<PreferencePair>| -> Vec<E> {
            pairs.iter().filter_map(|pair| by_id.remove(&pair.id)).collect()
        };
        let (train, validation) = (seen(train), seen(validation));
        Ok(Window { train: fit(frame, &train).await?, validation: fit(frame, &validation).await? })
    }

    fn all(&self) -> impl Iterator<Item = &Shown> {
        self.train.iter().chain(&self.validation)
    }
}

impl Known {
    /// The window's pairs with what a reward that did not see them says of each.
    fn judged<'a>(&self, history: &History, window: &'a Window) -> Vec<Judged<'a>> {
        let place = |shown: &Shown| history.pairs().iter().position(|pair| pair.id == shown.pair);
        window
            .all()
            .filter_map(|shown| Some(Judged { shown, reward: self.crossfit.log_odds(place(shown)?) }))
            .collect()
    }
}

/// The judgements to synthesise from: those that the winning set shows, or all that predicted right where it shows
/// none with a reason.
fn verified<'a>(
    train: &[&'a Shown],
    reasonings: &'a [Reasoning],
    winner: &[Demo],
) -> Vec<(&'a Shown, &'a Reasoning)> {
    let kept = || train.iter().copied().zip(reasonings).filter(|(_, reasoning)| reasoning.kept);
    let reasoned = |pair| winner.iter().any(|demo| demo.pair == pair && demo.answer.contains('\n'));
    let shown: Vec<_> = kept().filter(|(shown, _)| reasoned(shown.pair)).collect();
    if shown.is_empty() { kept().collect() } else { shown }
}

type Moved = std::collections::HashMap<String, std::collections::HashMap<crate::preference::PairId, f64>>;

/// Tests the claims that the model wrote; those of the traits are tested already.
async fn test<P>(
    frame: &Frame<P>,
    crossfit: &CrossFit<'_>,
    pairs: &[PreferencePair],
    claims: &mut Vec<Claim>,
    rows: &[Judged<'_>],
) -> Result<Moved, PersonaError> {
    let (mut said, found): (Vec<Claim>, Vec<Claim>) =
        claims.drain(..).partition(|claim| claim.from == Source::Reasoning && claim.state == open_state());
    for claim in said.iter_mut().filter(|claim| claim.about.is_some()) {
        test_by_trait(claim, crossfit, pairs);
    }
    let (mut by_model, by_trait): (Vec<Claim>, Vec<Claim>) = said.into_iter().partition(is_for_the_model);
    let mut beyond = by_model.split_off(frame.settings.tested_claims.min(by_model.len()));
    for claim in &mut beyond {
        claim.state = claims::State::Dropped("there were more claims than the search tests".into());
    }
    let tested = test_by_model(frame, by_model, rows).await?;
    *claims = found.into_iter().chain(by_trait).chain(tested.claims).chain(beyond).collect();
    Ok(tested.moved)
}

/// Whether a claim is one that only the model can test.
fn is_for_the_model(claim: &Claim) -> bool {
    claim.from == Source::Reasoning && claim.state == open_state() && claim.about.is_none()
}

fn words_portraits<P>(frame: &Frame<P>) -> bool {
    able(&frame.capabilities) && !frame.leaves()
}

/// The portrait in the words of an able model, where those are faithful. What counts choices stays on this device.
async fn reworded<P>(
    frame: &Frame<P>,
    portrait: Portrait,
    claims: &[Claim],
) -> Result<Portrait, PersonaError> {
    if !words_portraits(frame) || portrait.rests_on.is_empty() {
        return Ok(portrait);
    }
    let told = claims.iter().filter(|claim| portrait.rests_on.contains(&claim.id));
    let notes: Vec<String> = told.map(|claim| format!("- {}", super::portrait::sentence(claim))).collect();
    let head = Head { system: prompts::portrait_system(), demos: Vec::new() };
    let tokens = 60 * notes.len() as u32 + 40;
    let question = frame.write(&head, prompts::portrait(&notes.join("\n")), tokens, &[]);
    let reply = frame.dialogue.generation(question).await?;
    Ok(if reply.finished { portrait.rewritten(&reply.text, claims) } else { portrait })
}

/// The stack, and how a stack that never saw the validation pairs does on them.
struct Weighed {
    stack: Stack,
    on_validation: Option<f64>,
}

/// Learns how far the judge is believed, on pairs that are no examples in its prompt.
async fn weigh<P>(
    frame: &Frame<P>,
    persona: Option<&str>,
    winner: &Race,
    window: &Window,
    rows: &[Judged<'_>],
    moved: &Moved,
    claims: &[Claim],
) -> Result<Weighed, PersonaError> {
    let head = Head { demos: turns(&winner.demos), ..Head::judge(persona) };
    let is_demo = |shown: &Shown| winner.demos.iter().any(|demo| demo.pair == shown.pair);
    let fresh: Vec<&Shown> = window.all().filter(|shown| !is_demo(shown)).collect();
    let margins = frame.margins(&head, &fresh, prompts::ask_preference).await?;
    let reward: Vec<f64> = fresh
        .iter()
        .map(|shown| rows.iter().find(|row| row.shown.pair == shown.pair).map_or(0.0, |row| row.reward))
        .collect();
    let mut columns = vec![("judge".to_owned(), margins)];
    for claim in claims.iter().filter(|claim| claim.in_use()) {
        if let Some(moves) = moved.get(&claim.id) {
            // Pairs that a claim was made from say nothing about it: 0 there moves no weight.
            let column = fresh.iter().map(|shown| moves.get(&shown.pair).copied().unwrap_or(0.0)).collect();
            columns.push((claim.id.clone(), column));
        }
    }
    let is_new = |shown: &Shown| window.validation.iter().any(|other| other.pair == shown.pair);
    let part = |new: bool| -> Vec<usize> { (0..fresh.len()).filter(|&i| is_new(fresh[i]) == new).collect() };
    let pick = |rows: &[usize], column: &[f64]| rows.iter().map(|&i| column[i]).collect::<Vec<f64>>();
    let (old, new) = (part(false), part(true));
    let of_old: Vec<_> = columns.iter().map(|(name, column)| (name.clone(), pick(&old, column))).collect();
    let blind = Stack::learn(&pick(&old, &reward), &of_old);
    let judged: Vec<f64> = new
        .iter()
        .map(|&i| blind.log_odds(reward[i], &columns.iter().map(|(_, column)| column[i]).collect::<Vec<_>>()))
        .collect();
    Ok(Weighed { stack: Stack::learn(&reward, &columns), on_validation: share_right(&judged) })
}

/// The share of pairs whose preferred answer the log-odds name, undecided ones a half each, as `likeness evaluate` counts.
fn share_right(margins: &[f64]) -> Option<f64> {
    let right: f64 = margins.iter().map(|margin| hit(*margin)).sum();
    (!margins.is_empty()).then(|| right / margins.len() as f64)
}

/// What lies ahead in each phase, at most.
struct Ahead {
    plans: [Plan; 7],
}

/// The phase that has calls only where claims were found.
const TESTING: usize = 3;

/// What the phases are called.
const PHASES: [&str; 7] = [
    "reasoning about your choices",
    "racing sets of examples",
    "writing claims",
    "testing the claims",
    "writing the portrait",
    "choosing examples",
    "weighing the model",
];

impl Ahead {
    fn of<P>(frame: &Frame<P>, window: &Window) -> Self {
        let settings = &frame.settings;
        let (train, validation) = (window.train.len(), window.validation.len());
        let pair = window.pair_tokens();
        let demos = settings.most_demos as u64 * (pair + 20);
        let reasoning = u64::from(settings.reasoning_tokens);
        let prompts = train.div_ceil(settings.judgements_a_synthesis.max(1)).min(3);
        let synthesis = settings.judgements_a_synthesis as u64 * (pair + reasoning);
        let both = |pairs: usize| 2 * pairs;
        let logits = frame.capabilities.log_probabilities;
        Ahead {
            plans: [
                Plan::texts(train, pair, reasoning)
                    + if logits { Plan::scores_after(train, pair, 1, reasoning) } else { Plan::default() },
                Plan::scores_after(settings.reasoning_candidates, demos, both(validation), pair),
                Plan::texts(prompts, synthesis, 24 * settings.claims_a_synthesis as u64),
                testing(settings.tested_claims, window),
                if words_portraits(frame) { Plan::texts(1, 300, 400) } else { Plan::default() },
                Plan::scores_after(settings.demo_candidates, demos + 80, both(validation), pair),
                Plan::scores_after(1, demos + 80, both(train), pair) + Plan::scores(both(validation), pair),
            ],
        }
    }

    /// So many claims were found that the model has to test.
    fn found<P>(&mut self, frame: &Frame<P>, window: &Window, claims: usize) {
        self.plans[TESTING] = testing(claims.min(frame.settings.tested_claims), window);
    }

    fn enter<P>(&self, dialogue: &Dialogue<P>, phase: usize) {
        dialogue.phase(PHASES[phase]);
        let unsure = if phase < TESTING { self.plans[TESTING] } else { Plan::default() };
        dialogue.plan(self.plans[phase..].iter().copied().sum(), unsure);
    }
}

/// What testing so many claims asks at most: each pair in both orders, with each claim and with none.
fn testing(claims: usize, window: &Window) -> Plan {
    let pairs = window.train.len() + window.validation.len();
    let with_and_without = if claims == 0 { 0 } else { claims + 1 };
    Plan::scores(with_and_without * 2 * pairs, window.pair_tokens() + 20)
}
