//! The person's reward judged on pairs that it was not learned from, and what each trait's claim adds there.
//!
//! The pairs are dealt into parts in turn; each part is judged by a reward learned from the others. So a trait's
//! claim, which rests on all pairs, is still tested on pairs that had no part in the weight that is tested. That the trait
//! was worth a claim at all was seen on all pairs; so it must be claimed of the others as well, part by part: of people who
//! toss a coin, most claims hang on one or two pairs.

use super::claims::{About, Claim, Source, State, trait_name};
use super::judgement::log_sigmoid;
use crate::preference::PreferencePair;
use crate::reward::{Observation, Prior, Reward, TraitClaim};
use crate::traits::{NOTICEABLE, Trait};

/// Parts; each costs one fit of the reward.
const FOLDS: usize = 8;

/// A trait's claim has the posterior's certainty behind it already; on the pairs that its weight did not see it must
/// only not be idle: nats over all of them.
const LEAST_EVIDENCE: f64 = 0.1;

/// In this share of the parts, what the others show must make the same claim: where the person's taste tells choices that
/// it was not learned from…
const COMES_BACK: f64 = 0.5;

/// … and where it does not, so that what looks like one may be chance.
const SURELY_COMES_BACK: f64 = 0.8;

/// A taste tells such choices when it makes them this much likelier, in nats over all of them (three to one), than what most
/// people like, and than a coin.
const TELLS: f64 = 1.1;

/// A person's pairs as observations, and the rewards that did not see each part.
pub(super) struct CrossFit<'a> {
    prior: &'a Prior,
    observations: Vec<Observation>,
    unseen: Vec<Reward>,
}

/// All observations but those of one part, of so many into which they are dealt in turn.
fn without(observations: &[Observation], part: usize, parts: usize) -> Vec<Observation> {
    let others = observations.iter().enumerate().filter(|(i, _)| i % parts != part);
    others.map(|(_, one)| one.clone()).collect()
}

/// The claims that what the pairs show makes on a person, without the pairs: those that hold on pairs that they were not
/// made from, and those that don't.
pub fn trait_claims(
    prior: &Prior,
    observations: Vec<Observation>,
    reward: &Reward,
) -> (Vec<TraitClaim>, Vec<TraitClaim>) {
    let crossfit = CrossFit::new(prior, observations);
    let tested = crossfit.tested(reward);
    let (held, not): (Vec<_>, Vec<_>) = tested.into_iter().partition(|one| one.state == State::Kept);
    let found = |tested: Vec<Tested>| tested.into_iter().map(|one| one.found).collect();
    (found(held), found(not))
}

/// A trait's claim and what came of it on other pairs.
struct Tested {
    found: TraitClaim,
    /// What knowing it adds to the log-likelihood of a pair, in nats, on average.
    gain: f64,
    state: State,
}

impl<'a> CrossFit<'a> {
    /// Fits the parts of what the pairs show.
    pub fn new(prior: &'a Prior, observations: Vec<Observation>) -> Self {
        let folds = FOLDS.min(observations.len());
        let without = |fold| Reward::learn(prior, &without(&observations, fold, folds));
        let unseen = (0..folds).map(without).collect();
        CrossFit { prior, observations, unseen }
    }

    /// The pairs as observations, oldest first.
    pub fn observations(&self) -> &[Observation] {
        &self.observations
    }

    /// The log-odds of what the person chose in pair `i`, by a reward that did not see it.
    pub fn log_odds(&self, i: usize) -> f64 {
        self.unseen_by(i).log_odds(&self.observations[i].difference)
    }

    fn unseen_by(&self, i: usize) -> &Reward {
        &self.unseen[i % self.unseen.len()]
    }

    /// The usual differences by which the chosen answer of each pair has more of a trait.
    pub fn differences(&self, about: &About) -> Vec<f64> {
        let sign = if about.more { 1.0 } else { -1.0 };
        match Trait::find(&about.id) {
            Some((index, _)) => {
                self.observations.iter().map(|o| sign * o.difference.values()[index]).collect()
            }
            None => vec![0.0; self.observations.len()],
        }
    }

    /// The claims of a reward, each tested: kept where it helps on pairs that the tested weight did not see.
    pub fn claims(&self, reward: &Reward, pairs: &[PreferencePair]) -> Vec<Claim> {
        let claim = |Tested { found, gain, state }: Tested| {
            let about = About { id: found.id, more: found.more };
            let mut claim = Claim {
                id: trait_name(&about),
                certainty: Some(found.certainty),
                along: found.along,
                shared: found.shared,
                usual_weight: Some(found.prior_weight),
                gain,
                tested: self.observations.len(),
                state,
                ..Claim::said(found.text, Source::Traits, Vec::new())
            };
            // The wording may name another row of the table better; what was found is this one.
            claim.about = Some(about);
            self.count(&mut claim, pairs);
            claim
        };
        self.tested(reward).into_iter().map(claim).collect()
    }

    fn tested(&self, reward: &Reward) -> Vec<Tested> {
        let found = reward.claims(&self.observations);
        if found.is_empty() {
            return Vec::new();
        }
        let parts = 0..self.unseen.len();
        let without: Vec<Vec<TraitClaim>> = parts.map(|part| self.claims_without(part)).collect();
        let share = if self.tells() { COMES_BACK } else { SURELY_COMES_BACK };
        let needed = share * without.len() as f64;
        found.into_iter().map(|found| self.tested_one(found, &without, needed)).collect()
    }

    /// Whether a taste of the person's own shows in choices that it was not learned from.
    fn tells(&self) -> bool {
        let unknown = Reward::unknown(self.prior);
        let all = |log_odds: &dyn Fn(usize) -> f64| -> f64 {
            (0..self.observations.len()).map(|i| log_sigmoid(log_odds(i))).sum()
        };
        let own = all(&|i| self.log_odds(i));
        let most_peoples = all(&|i| unknown.log_odds(&self.observations[i].difference));
        own - f64::max(most_peoples, all(&|_| 0.0)) >= TELLS
    }

    /// What would be claimed if it were not for one part.
    fn claims_without(&self, part: usize) -> Vec<TraitClaim> {
        let others = without(&self.observations, part, self.unseen.len());
        self.unseen[part].claims(&others)
    }

    fn tested_one(&self, found: TraitClaim, without: &[Vec<TraitClaim>], needed: f64) -> Tested {
        let gains: Vec<f64> = (0..self.observations.len()).map(|i| self.trait_gain(i, &found)).collect();
        let gain = gains.iter().sum::<f64>() / gains.len().max(1) as f64;
        let own = found.weight - found.prior_weight;
        let is_it = |other: &TraitClaim| other.id == found.id && other.more == found.more;
        let comes_back = without.iter().filter(|claims| claims.iter().any(is_it)).count();
        let state = if !found.shared && ((own > 0.0) != found.more || own == 0.0) {
            State::Dropped("most people like that; it tells nothing of this person's own".into())
        } else if gains.iter().sum::<f64>() < LEAST_EVIDENCE {
            State::Dropped("it did not help on other pairs".into())
        } else if (comes_back as f64) < needed {
            State::Dropped("it hangs on a few of the choices".into())
        } else {
            State::Kept
        };
        Tested { found, gain, state }
    }

    /// What knowing the person's own slope in one trait adds to the log-likelihood of pair `i`; of what most people like as
    /// well, what the whole slope adds.
    fn trait_gain(&self, i: usize, found: &TraitClaim) -> f64 {
        let reward = self.unseen_by(i);
        let difference = &self.observations[i].difference;
        let with = reward.log_odds(difference);
        let whole: f64 = reward.why(difference).iter().map(|part| part.log_odds).sum();
        // The reward draws its log-odds together where it is unsure; what the trait adds is drawn together as much.
        let drawn = if whole.abs() > 1e-9 { with / whole } else { 1.0 };
        let slope = reward.slope(&found.direction);
        let own = if found.shared { slope.weight } else { slope.weight - slope.prior_weight };
        let value = Trait::find(&found.id).map_or(0.0, |(index, _)| difference.values()[index]);
        log_sigmoid(with) - log_sigmoid(with - drawn * own * value)
    }

    /// Names the pairs in which the answers differ noticeably in a claim's trait.
    pub fn count(&self, claim: &mut Claim, pairs: &[PreferencePair]) {
        let Some(about) = &claim.about else { return };
        let differences = self.differences(about);
        let those = |holds: fn(f64) -> bool| {
            pairs.iter().zip(&differences).filter(|(_, x)| holds(**x)).map(|(pair, _)| pair.id).collect()
        };
        (claim.supports, claim.contradicts) = (those(|x| x > NOTICEABLE), those(|x| x < -NOTICEABLE));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traits::{Difference, TABLE};

    /// Pairs whose answers differ at random in every trait, the one taken by `takes`.
    fn choices(
        rng: &mut fastrand::Rng,
        pairs: usize,
        takes: fn(&mut fastrand::Rng, &[f64]) -> bool,
    ) -> Vec<Observation> {
        let one = |_| {
            let values: Vec<f64> = (0..TABLE.len()).map(|_| rng.f64() * 4.0 - 2.0).collect();
            let difference = Difference::from_values(values);
            let first = takes(rng, difference.values());
            let difference = if first { difference } else { difference.reversed() };
            Observation { difference, weight: 1.0 }
        };
        (0..pairs).map(one).collect()
    }

    fn told(observations: Vec<Observation>) -> Vec<(String, bool)> {
        let prior = Prior::shipped();
        let reward = Reward::learn(prior, &observations);
        let (told, _) = trait_claims(prior, observations, &reward);
        told.into_iter().map(|claim| (claim.id, claim.more)).collect()
    }

    #[test]
    fn who_tosses_a_coin_hardly_ever_hears_a_claim_and_who_has_a_taste_does() {
        let mut rng = fastrand::Rng::with_seed(11);
        let (mut by_chance, mut of_taste) = (0, 0);
        for _ in 0..40 {
            by_chance += usize::from(!told(choices(&mut rng, 24, |rng, _| rng.bool())).is_empty());
            let shorter = told(choices(&mut rng, 24, |_, values| values[0] < 0.0));
            of_taste += usize::from(shorter.contains(&("length".into(), false)));
        }
        assert!(by_chance <= 4, "{by_chance} of 40");
        assert!(of_taste >= 36, "{of_taste} of 40");
    }
}
