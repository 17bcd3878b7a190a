//! Picks the next token from logits.
//!
//! In this order, which is llama.cpp's: repetition penalty, top-k, top-p, min-p, temperature, draw. So top-p and
//! min-p look at the model's own probabilities, before the temperature spreads them. Sums run in one fixed order in
//! f64 and exponentials come from libm, so that a seed gives the same tokens natively and in a browser.

use std::cmp::Ordering;
use std::collections::HashSet;

use super::random::Pcg32;

/// How a token is picked. The default takes the likeliest.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    /// Divides the logits before the draw; 0 takes the likeliest token each time.
    pub temperature: f32,
    /// Keep the likeliest tokens whose probabilities add up to this (Holtzman et al. 2020, arXiv 1904.09751); 1 keeps
    /// all.
    pub top_p: f32,
    /// Keep this many of the likeliest tokens; 0 keeps all.
    pub top_k: u32,
    /// Keep tokens at least this likely, as a part of the likeliest one's probability (Nguyen et al. 2024, arXiv
    /// 2407.01082); 0 keeps all.
    pub min_p: f32,
    /// Divides the positive logits of tokens that came before, and multiplies the negative ones (Keskar et al. 2019,
    /// arXiv 1909.05858); 1 does nothing.
    pub repetition_penalty: f32,
    /// Where the random draws start from.
    pub seed: u64,
}

impl Default for Parameters {
    fn default() -> Self {
        Parameters { temperature: 0.0, top_p: 1.0, top_k: 0, min_p: 0.0, repetition_penalty: 1.0, seed: 0 }
    }
}

/// Why no token could be picked.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SampleError {
    /// A parameter that makes no sense.
    #[error("{name} is {found}; it must be {wanted}")]
    Parameter {
        /// Which.
        name: &'static str,
        /// What it is.
        found: f32,
        /// What it must be.
        wanted: &'static str,
    },
    /// Logits that are NaN or infinite, or none that is finite.
    #[error("the model's output is not a number: its file may be damaged")]
    NotANumber,
}

/// Picks tokens one after the other.
#[derive(Clone, Debug)]
pub struct Sampler {
    parameters: Parameters,
    random: Pcg32,
    seen: HashSet<u32>,
    /// Empty between two tokens: only its memory is kept, as a vocabulary is long.
    candidates: Vec<Candidate>,
}

#[derive(Clone, Copy, Debug)]
struct Candidate {
    token: u32,
    logit: f32,
}

/// The likelier first; of equals, the lower number.
fn likelier(a: &Candidate, b: &Candidate) -> Ordering {
    b.logit.total_cmp(&a.logit).then(a.token.cmp(&b.token))
}

impl Sampler {
    /// A sampler whose draws start from the seed.
    pub fn new(parameters: Parameters) -> Result<Self, SampleError> {
        let p = &parameters;
        let check = |name, found: f32, good: bool, wanted| {
            if good { Ok(()) } else { Err(SampleError::Parameter { name, found, wanted }) }
        };
        let temperature = p.temperature.is_finite() && p.temperature >= 0.0;
        check("temperature", p.temperature, temperature, "0 or more")?;
        check("top_p", p.top_p, p.top_p > 0.0 && p.top_p <= 1.0, "above 0 and at most 1")?;
        check("min_p", p.min_p, (0.0..=1.0).contains(&p.min_p), "from 0 to 1")?;
        let penalty = p.repetition_penalty.is_finite() && p.repetition_penalty > 0.0;
        check("repetition_penalty", p.repetition_penalty, penalty, "above 0")?;
        let random = Pcg32::new(parameters.seed);
        Ok(Sampler { random, parameters, seen: HashSet::new(), candidates: Vec::new() })
    }

    /// Tells of tokens that came before, for the repetition penalty: the prompt's, and any not picked here.
    pub fn see(&mut self, tokens: &[u32]) {
        if self.parameters.repetition_penalty != 1.0 {
            self.seen.extend(tokens);
        }
    }

    /// Whether it always picks the likeliest token, so that there is no need of all logits.
    pub fn takes_the_likeliest(&self) -> bool {
        self.parameters.temperature == 0.0 && self.parameters.repetition_penalty == 1.0
    }

    /// The next token. Minus infinity forbids a token; any other logit that is not finite is an error.
    pub fn pick(&mut self, logits: &[f32]) -> Result<u32, SampleError> {
        let mut candidates = std::mem::take(&mut self.candidates);
        let token = self.pick_among(&mut candidates, logits);
        candidates.clear();
        self.candidates = candidates;
        let token = token?;
        self.see(&[token]);
        Ok(token)
    }

    fn pick_among(&mut self, candidates: &mut Vec<Candidate>, logits: &[f32]) -> Result<u32, SampleError> {
        self.take_candidates(candidates, logits)?;
        let token = if self.parameters.temperature == 0.0 {
            candidates.iter().copied().min_by(likelier).map(|best| best.token)
        } else {
            self.keep_top_k(candidates);
            self.keep_top_p(candidates);
            self.keep_min_p(candidates);
            self.draw(candidates)
        };
        token.ok_or(SampleError::NotANumber)
    }

    fn take_candidates(&self, candidates: &mut Vec<Candidate>, logits: &[f32]) -> Result<(), SampleError> {
        let penalty = self.parameters.repetition_penalty;
        candidates.reserve(logits.len());
        for (token, &logit) in (0_u32..).zip(logits) {
            if logit == f32::NEG_INFINITY {
                continue;
            }
            let logit = match self.seen.contains(&token) {
                true if logit > 0.0 => logit / penalty,
                true => logit * penalty,
                false => logit,
            };
            if !logit.is_finite() {
                return Err(SampleError::NotANumber);
            }
            candidates.push(Candidate { token, logit });
        }
        if candidates.is_empty() { Err(SampleError::NotANumber) } else { Ok(()) }
    }

    fn keep_top_k(&self, candidates: &mut Vec<Candidate>) {
        let k = self.parameters.top_k as usize;
        if k > 0 && k < candidates.len() {
            candidates.select_nth_unstable_by(k - 1, likelier);
            candidates.truncate(k);
        }
    }

    fn keep_top_p(&self, candidates: &mut Vec<Candidate>) {
        if self.parameters.top_p >= 1.0 {
            return;
        }
        candidates.sort_unstable_by(likelier);
        let wanted = f64::from(self.parameters.top_p) * weights(candidates, 1.0).sum::<f64>();
        let mut sum = 0.0;
        let enough = weights(candidates, 1.0).position(|weight| {
            sum += weight;
            sum >= wanted
        });
        candidates.truncate(enough.map_or(usize::MAX, |last| last + 1));
    }

    fn keep_min_p(&self, candidates: &mut Vec<Candidate>) {
        if self.parameters.min_p > 0.0 {
            let least = highest(candidates) + libm::log(f64::from(self.parameters.min_p));
            candidates.retain(|candidate| f64::from(candidate.logit) >= least);
        }
    }

    fn draw(&mut self, candidates: &[Candidate]) -> Option<u32> {
        let temperature = f64::from(self.parameters.temperature);
        let mut left = self.random.unit() * weights(candidates, temperature).sum::<f64>();
        for (candidate, weight) in candidates.iter().zip(weights(candidates, temperature)) {
            left -= weight;
            if left < 0.0 {
                return Some(candidate.token);
            }
        }
        // Rounding can leave a sliver after the last.
        candidates.last().map(|candidate| candidate.token)
    }
}

fn highest(candidates: &[Candidate]) -> f64 {
    candidates.iter().map(|candidate| f64::from(candidate.logit)).fold(f64::NEG_INFINITY, f64::max)
}

/// Probabilities but for their common divisor; the likeliest has 1.
fn weights(candidates: &[Candidate], temperature: f64) -> impl Iterator<Item = f64> {
    let highest = highest(candidates);
    candidates.iter().map(move |candidate| libm::exp((f64::from(candidate.logit) - highest) / temperature))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sampler(change: impl FnOnce(&mut Parameters)) -> Sampler {
        let mut parameters = Parameters { temperature: 1.0, ..Parameters::default() };
        change(&mut parameters);
        Sampler::new(parameters).unwrap()
    }

    /// How often each token comes in 20,000 draws.
    fn shares(mut sampler: Sampler, logits: &[f32]) -> Vec<f64> {
        let mut counts = vec![0.0; logits.len()];
        for _ in 0..20_000 {
            counts[sampler.pick(logits).unwrap() as usize] += 1.0 / 20_000.0;
        }
        counts
    }

    #[track_caller]
    fn check(sampler: Sampler, logits: &[f32], expected: &[f64]) {
        let shares = shares(sampler, logits);
        let near = shares.iter().zip(expected).all(|(a, b)| (a - b).abs() < 0.015 && (*b > 0.0 || *a == 0.0));
        assert!(near, "{shares:?}, expected {expected:?}");
    }

    /// Logits of probabilities 0.5, 0.25, 0.125, 0.125, out of order.
    const LOGITS: [f32; 4] = [0.0, 2.0 * std::f32::consts::LN_2, 0.0, std::f32::consts::LN_2];

    #[test]
    fn draws_follow_the_probabilities() {
        check(sampler(|_| ()), &LOGITS, &[0.125, 0.5, 0.125, 0.25]);
    }

    #[test]
    fn temperature_sharpens_and_spreads() {
        check(sampler(|p| p.temperature = 0.5), &LOGITS, &[1.0 / 22.0, 16.0 / 22.0, 1.0 / 22.0, 4.0 / 22.0]);
        check(sampler(|p| p.temperature = 1e9), &LOGITS, &[0.25; 4]);
    }

    #[test]
    fn top_k_keeps_the_likeliest_and_the_lower_of_equals() {
        check(sampler(|p| p.top_k = 2), &LOGITS, &[0.0, 2.0 / 3.0, 0.0, 1.0 / 3.0]);
        check(sampler(|p| p.top_k = 3), &LOGITS, &[1.0 / 7.0, 4.0 / 7.0, 0.0, 2.0 / 7.0]);
        check(sampler(|p| p.top_k = 99), &LOGITS, &[0.125, 0.5, 0.125, 0.25]);
    }

    #[test]
    fn top_p_keeps_what_reaches_it() {
        check(sampler(|p| p.top_p = 0.4), &LOGITS, &[0.0, 1.0, 0.0, 0.0]);
        check(sampler(|p| p.top_p = 0.6), &LOGITS, &[0.0, 2.0 / 3.0, 0.0, 1.0 / 3.0]);
        check(sampler(|p| p.top_p = 1e-9), &LOGITS, &[0.0, 1.0, 0.0, 0.0]);
    }

    #[test]
    fn min_p_is_a_part_of_the_likeliest() {
        check(sampler(|p| p.min_p = 0.4), &LOGITS, &[0.0, 2.0 / 3.0, 0.0, 1.0 / 3.0]);
        check(sampler(|p| p.min_p = 1.0), &LOGITS, &[0.0, 1.0, 0.0, 0.0]);
    }

    #[test]
    fn the_penalty_makes_what_came_before_less_likely() {
        let mut greedy = sampler(|p| (p.temperature, p.repetition_penalty) = (0.0, 2.5));
        let logits = [1.0, 2.0, -1.0];
        assert_eq!(std::array::from_fn(|_| greedy.pick(&logits).unwrap()), [1, 0, 1, 1]);
        let mut negative = sampler(|p| (p.temperature, p.repetition_penalty) = (0.0, 2.0));
        negative.see(&[0]);
        assert_eq!(negative.pick(&[-1.0, -1.5]), Ok(1));
    }

    #[test]
    fn without_temperature_the_first_of_the_likeliest() {
        assert_eq!(Sampler::new(Parameters::default()).unwrap().pick(&[1.0, 3.0, 3.0]), Ok(1));
    }

    #[test]
    fn a_seed_gives_the_same_tokens() {
        let picks = |seed| {
            let mut sampler = sampler(|p| p.seed = seed);
            std::array::from_fn(|_| sampler.pick(&LOGITS).unwrap())
        };
        // Pinned: a change here changes what a seed gives, in files that people have kept.
        assert_eq!(picks(1), picks(1));
        assert_ne!(picks(1), picks(2));
        assert_eq!(picks(1), [3, 3, 1, 2, 3, 1, 2, 0, 0, 1, 1, 3, 1, 1, 3, 1]);
    }

    #[test]
    fn logits_that_are_no_numbers_are_an_error() {
        for bad in [f32::NAN, f32::INFINITY] {
            assert_eq!(sampler(|_| ()).pick(&[0.0, bad]), Err(SampleError::NotANumber));
        }
        assert_eq!(sampler(|_| ()).pick(&[f32::NEG_INFINITY]), Err(SampleError::NotANumber));
        assert_eq!(sampler(|_| ()).pick(&[]), Err(SampleError::NotANumber));
        assert_eq!(sampler(|_| ()).pick(&[f32::NEG_INFINITY, 0.0]), Ok(1));
    }

    #[test]
    fn parameters_that_make_no_sense_are_refused() {
        let refused = |change: fn(&mut Parameters)| {
            let mut parameters = Parameters::default();
            change(&mut parameters);
            Sampler::new(parameters).unwrap_err().to_string()
        };
        assert_eq!(refused(|p| p.temperature = -1.0), "temperature is -1; it must be 0 or more");
        assert_eq!(refused(|p| p.temperature = f32::NAN), "temperature is NaN; it must be 0 or more");
        assert_eq!(refused(|p| p.top_p = 0.0), "top_p is 0; it must be above 0 and at most 1");
        assert_eq!(refused(|p| p.min_p = 1.5), "min_p is 1.5; it must be from 0 to 1");
        assert_eq!(refused(|p| p.repetition_penalty = 0.0), "repetition_penalty is 0; it must be above 0");
    }

    proptest! {
        #[test]
        fn never_picks_what_is_not_there(
            logits in prop::collection::vec(-1e30_f32..1e30, 1..50),
            temperature in 0.0_f32..3.0, top_p in 0.01_f32..=1.0, top_k in 0_u32..60, min_p in 0.0_f32..=1.0,
            repetition_penalty in 0.1_f32..3.0, seed: u64,
        ) {
            let parameters = Parameters { temperature, top_p, top_k, min_p, repetition_penalty, seed };
            let mut sampler = Sampler::new(parameters).unwrap();
            for _ in 0..4 {
                let token = sampler.pick(&logits).unwrap();
                prop_assert!((token as usize) < logits.len());
            }
        }
    }
}
