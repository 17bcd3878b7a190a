//! `likeness score-bench`: how long many judgements over one beginning take, beside one prefill of as many tokens.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use clap::Args;
use likeness::engine::{Cancelled, Engine, EngineError, Judgement, Pace};
use serde::Serialize;

use super::model::ModelFile;
use super::{Failure, Output};

/// Tokens that each judgement is asked for: what a comparison of numbers is made of.
const LABELS: u32 = 16;

#[derive(Args)]
pub struct ScoreBench {
    #[command(flatten)]
    model: ModelFile,
    /// Tokens that all prompts begin with.
    #[arg(long, default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..))]
    prefix: u32,
    /// Tokens that each prompt has to itself.
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..))]
    suffix: u32,
    /// How many prompts.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=4096))]
    count: u32,
    /// How often both are timed, in turn; the medians are told.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    #[command(flatten)]
    show: Output,
}

#[derive(Serialize)]
struct Report {
    /// Seconds of one prompt of `prefix + suffix · count` tokens.
    one_prefill_s: f64,
    /// Seconds of `count` judgements.
    judgements_s: f64,
    ratio: f64,
    /// The largest difference between a log-probability found so and by a prompt read alone, of 16 tokens after each.
    max_logit_difference: f64,
    runs: u32,
    device: String,
}

impl ScoreBench {
    pub fn run(self) -> Result<(), Failure> {
        let loaded = self.model.load()?;
        let device = loaded.link.loaded().device.name.clone();
        let stop = Arc::clone(&loaded.stop);
        let report = loaded.link.with(|chat| self.measure(chat.engine(), device, stop));
        let report = report.map_err(|error| match error {
            EngineError::Cancelled(_) => Failure::Stopped("stopped".into()),
            other => Failure::Input(other.to_string()),
        })?;
        let words = format!(
            "{} judgements took {:.2} s, {:.2} times one prefill of as many tokens ({:.2} s); numbers differ by {:.1e} at most",
            self.count, report.judgements_s, report.ratio, report.one_prefill_s, report.max_logit_difference
        );
        self.show.show(&report, &words)
    }

    fn measure(
        &self,
        engine: &mut Engine,
        device: String,
        stop: Arc<AtomicBool>,
    ) -> Result<Report, EngineError> {
        let mut pace = Flag(stop);
        // Before so many are drawn.
        let (tokens, limit) = (self.tokens(), engine.context_tokens());
        if tokens > limit {
            return Err(EngineError::TooLong { tokens, limit });
        }
        let judgements = self.judgements(engine.vocabulary());
        let long = [&judgements[0].prompt[..self.prefix as usize]]
            .into_iter()
            .chain(judgements.iter().map(|judgement| &judgement.prompt[self.prefix as usize..]));
        let long = Judgement {
            prompt: long.flatten().copied().collect(),
            continuations: judgements[0].continuations.clone(),
        };
        let (mut one, mut many, mut scored) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..self.runs {
            // Each begins with nothing known.
            engine.forget();
            let start = Instant::now();
            pollster::block_on(engine.score_all(std::slice::from_ref(&long), &mut pace))?;
            one.push(start.elapsed().as_secs_f64());
            engine.forget();
            let start = Instant::now();
            scored = pollster::block_on(engine.score_all(&judgements, &mut pace))?;
            many.push(start.elapsed().as_secs_f64());
        }
        let mut difference = 0.0_f64;
        for (judgement, together) in judgements.iter().zip(&scored) {
            engine.forget();
            let alone = pollster::block_on(engine.score_all(std::slice::from_ref(judgement), &mut pace))?;
            let pairs = together.log_probabilities.iter().zip(&alone[0].log_probabilities);
            difference = pairs.map(|(a, b)| f64::from((a - b).abs())).fold(difference, f64::max);
        }
        let (one_prefill_s, judgements_s) = (median(one), median(many));
        Ok(Report {
            one_prefill_s,
            judgements_s,
            ratio: judgements_s / one_prefill_s,
            max_logit_difference: difference,
            runs: self.runs,
            device,
        })
    }

    /// Of the one prompt that is as long as all of them, and of what is asked after it.
    fn tokens(&self) -> usize {
        let suffixes = (self.suffix as usize).saturating_mul(self.count as usize);
        (self.prefix as usize).saturating_add(suffixes).saturating_add(1)
    }

    /// Prompts of drawn tokens, the same each time.
    fn judgements(&self, vocabulary: usize) -> Vec<Judgement> {
        let mut random = fastrand::Rng::with_seed(7);
        let mut tokens =
            |count: u32| -> Vec<u32> { (0..count).map(|_| random.u32(0..vocabulary as u32)).collect() };
        let prefix = tokens(self.prefix);
        let continuations: Vec<Vec<u32>> = tokens(LABELS).into_iter().map(|token| vec![token]).collect();
        (0..self.count)
            .map(|_| Judgement {
                prompt: [prefix.clone(), tokens(self.suffix)].concat(),
                continuations: continuations.clone(),
            })
            .collect()
    }
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

/// Stops the work when the flag is set.
struct Flag(Arc<AtomicBool>);

impl Pace for Flag {
    async fn pause(&mut self) -> Result<(), Cancelled> {
        if self.0.load(Ordering::Relaxed) { Err(Cancelled) } else { Ok(()) }
    }
}
