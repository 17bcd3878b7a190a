//! Races sets of examples against each other on validation pairs.
//!
//! A set is ranked by how many pairs it judges right, in both orders averaged, and among equals by the mean
//! log-probability that it gives to the person's choices: on a handful of pairs, counts alone tie. A set that can no
//! longer win is not judged any further, and a set that is good enough ends the race. Neither changes who wins but
//! for the second, which is the paper's own rule (stop at 80).

use super::PersonaError;
use super::demos::{Candidate, Demo, that_fit, turns};
use super::evidence::Order;
use super::fit::Shown;
use super::frame::{Frame, Head};
use super::judgement::log_sigmoid;
use super::prompts;
use super::trace::{Ended, Trial};

/// Tokens of the longest reply, and of the instructions' template marks.
const REPLY_AND_MARKS_TOKENS: u32 = 64;

/// Who won, and how all did.
pub(super) struct Race {
    /// The winner's examples, those that fit.
    pub demos: Vec<Demo>,
    /// The winner's judgement of each validation pair: the log-odds of what the person chose.
    pub margins: Vec<f64>,
    pub trials: Vec<Trial>,
    /// Tokens of the prompts that were not asked since no answer to them would have mattered.
    pub spared_tokens: u64,
}

/// How a candidate did so far: its judgement of each validation pair that it was shown.
#[derive(Clone, Debug, Default)]
struct Standing {
    margins: Vec<Option<f64>>,
}

impl Standing {
    fn judged(&self) -> impl Iterator<Item = f64> {
        self.margins.iter().flatten().copied()
    }

    fn right(&self) -> usize {
        self.judged().filter(|margin| *margin > 0.0).count()
    }

    fn soft_sum(&self) -> f64 {
        self.judged().map(log_sigmoid).sum()
    }

    /// The pairs in the order in which this one found them hard; as they came where it judged none.
    fn hardest_first(&self, pairs: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..pairs).collect();
        let margin = |i: usize| self.margins.get(i).copied().flatten().unwrap_or(0.0);
        order.sort_by(|&a, &b| margin(a).total_cmp(&margin(b)));
        order
    }

    fn beats(&self, other: &Standing) -> bool {
        (self.right(), self.soft_sum()) > (other.right(), other.soft_sum())
    }

    /// Whether it could still beat `best` if every pair that is left went its way with certainty.
    fn can_beat(&self, best: &Standing, left: usize) -> bool {
        (self.right() + left, self.soft_sum()) > (best.right(), best.soft_sum())
    }
}

/// Judges the candidates one after another; each shares its beginning among all of its own judgements.
pub(super) async fn race<P>(
    frame: &Frame<P>,
    name: &str,
    persona: Option<&str>,
    candidates: &[Candidate],
    validation: &[&Shown],
) -> Result<Race, PersonaError> {
    let empty = Head::judge(persona);
    let system_tokens = frame.counts(std::slice::from_ref(&empty.system)).await?[0];
    let pair_tokens = validation.iter().map(|shown| shown.tokens).max().unwrap_or(0);
    let room = frame.limit_tokens().saturating_sub(system_tokens + pair_tokens + REPLY_AND_MARKS_TOKENS);
    let asked: Vec<String> = validation
        .iter()
        .flat_map(|shown| Order::BOTH.map(|order| prompts::ask_preference(shown.in_order(order))))
        .collect();
    let asked_tokens = frame.counts(&asked).await?;
    let mut best: Option<(usize, Standing)> = None;
    let (mut trials, mut spared_tokens) = (Vec::new(), 0);
    let mut over = false;
    for (index, candidate) in candidates.iter().enumerate() {
        let demos: Vec<Demo> = that_fit(&candidate.demos, room).cloned().collect();
        let mut standing = Standing::default();
        let mut ended = Ended::NotTried;
        if !over {
            let head = Head { demos: turns(&demos), ..empty.clone() };
            ended = run(frame, &head, validation, best.as_ref().map(|(_, best)| best), &mut standing).await?;
            let wins = best.as_ref().is_none_or(|(_, best)| standing.beats(best));
            if ended == Ended::Complete && wins {
                over =
                    !validation.is_empty() && accuracy(&standing, validation.len()) >= frame.settings.stop_at;
                best = Some((index, standing.clone()));
            }
        }
        if ended != Ended::Complete {
            let shown: Vec<String> = turns(&demos).into_iter().map(|turn| turn.content).collect();
            let head_tokens = system_tokens + frame.counts(&shown).await?.iter().sum::<u32>();
            for (pair, orders) in asked_tokens.chunks(Order::BOTH.len()).enumerate() {
                if standing.margins.get(pair).copied().flatten().is_none() {
                    spared_tokens += orders.iter().map(|asked| u64::from(head_tokens + asked)).sum::<u64>();
                }
            }
        }
        trials.push(trial(name, candidate, &demos, &standing, ended));
    }
    let (winner, standing) = best.unwrap_or_default();
    if let Some(trial) = trials.get_mut(winner) {
        trial.won = true;
    }
    let demos = candidates.get(winner).map(|winner| that_fit(&winner.demos, room).cloned().collect());
    let demos = demos.unwrap_or_default();
    Ok(Race { demos, margins: standing.judged().collect(), trials, spared_tokens })
}

/// Judges validation pairs until all are judged or the best so far can't be beaten any more.
async fn run<P>(
    frame: &Frame<P>,
    head: &Head,
    validation: &[&Shown],
    best: Option<&Standing>,
    standing: &mut Standing,
) -> Result<Ended, PersonaError> {
    standing.margins = vec![None; validation.len()];
    // What was hard for the best so far is likely to be hard for this one, and tells soonest that it won't win.
    let order = best.unwrap_or(standing).hardest_first(validation.len());
    for (judged, &i) in order.iter().enumerate() {
        if best.is_some_and(|best| !standing.can_beat(best, validation.len() - judged)) {
            return Ok(Ended::Beaten);
        }
        standing.margins[i] =
            frame.margins(head, &[validation[i]], prompts::ask_preference).await?.first().copied();
    }
    Ok(Ended::Complete)
}

fn accuracy(standing: &Standing, pairs: usize) -> f64 {
    standing.right() as f64 / pairs.max(1) as f64
}

fn trial(race: &str, candidate: &Candidate, demos: &[Demo], standing: &Standing, ended: Ended) -> Trial {
    let judged = standing.judged().count();
    Trial {
        race: race.to_owned(),
        name: candidate.name.clone(),
        seed: candidate.seed,
        demos: demos.iter().map(|demo| demo.pair).collect(),
        judged,
        right: standing.right(),
        soft_score: if judged == 0 { 0.0 } else { standing.soft_sum() / judged as f64 },
        ended,
        won: false,
    }
}
