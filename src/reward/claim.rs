//! What can be said of a reward in words: claims on the person.

use std::cell::LazyCell;

use serde::{Deserialize, Serialize};

use super::told::Together;
use super::{Direction, Observation, Prior, Reward, Slope};
use crate::traits::{Divides, NOTICEABLE, TABLE, Trait};

/// A claim is made where the sign of its slope is at least this certain in the joint posterior, if it is anything to speak of.
const CERTAIN: f64 = 0.9;

/// And where the person wants more (or less) of it than people in general with at least this chance. Before any
/// pair it is below one half: what everybody likes is no claim on a person.
const THEIR_OWN: f64 = 0.6;

/// A claim stays where this chance is left to it once all others are told beside it.
const BESIDE_OTHERS: f64 = 0.5;

/// The chance that the trait itself is among those in which the person departs, and not only others that go along
/// with it. Of those who say as much, the one with the best chance is told.
const ITSELF: f64 = 0.1;

/// A departure below this is too small to speak of, however certain: log-odds a usual difference.
const WORTH_TELLING: f64 = 0.1;

/// A claim says at least this share of what the first one says.
const LEAST_SHARE: f64 = 0.05;

/// The most claims on one person; what comes later explains little.
const MOST: usize = 6;

/// The bare count of choices must show a claim this far, though it is the joint posterior that makes it: nobody believes
/// what 4 of 9 choices say.
const SHOWS: f64 = 0.6;

/// Two traits that correlate by this much in the person's pairs, or more, are one taste: one of them is told for both, the
/// other at most as going along with it.
const ALIKE: f64 = 0.75;

/// What the pairs can't part from what is told correlates with it by this much or more…
const CLOSE: f64 = 0.6;

/// … is borne out by so many choices, and by this share of those that differ in it…
const FEWEST: u32 = 6;
const UNANIMOUS: f64 = 0.8;

/// … and leads in the bare count by this share of the other's lead.
const NEARLY_AS_OFTEN: f64 = 0.6;

/// What the person likes as most people do says nothing of a taste of their own, yet it is true of them, and who writes for
/// them does not know it. It is told where their own choices bear it out beyond doubt: the lead of the choices for it, in
/// standard deviations of as many tosses of a coin. Nine of nine, 14 of 16, 20 of 25.
const BEYOND_DOUBT: f64 = 3.0;

/// What most people like is worth at least this much to them by itself: log-odds a usual difference.
const LIKED: f64 = 0.05;

/// A trait that people name is told in the place of surface marks that correlate with it by this much or more…
const ALONG: f64 = 0.4;

/// … and where it leads by this share of their lead in the bare count of choices.
const AS_OFTEN: f64 = 0.75;

/// A trait that surely matters to the person, and in which direction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TraitClaim {
    /// The trait's id.
    pub id: String,
    /// Whether they prefer more of it.
    pub more: bool,
    /// The claim in words: "You prefer answers that are shorter."
    pub text: String,
    /// The chance that the sign is right.
    pub certainty: f64,
    /// What a usual difference in the trait, with all that goes along with it but for what other claims tell, is
    /// worth to the person: log-odds.
    pub weight: f64,
    /// What it is worth to people in general.
    pub prior_weight: f64,
    /// How that slope is made from the weights of all traits.
    pub direction: Direction,
    /// Pairs in which the chosen answer differs noticeably in the claimed direction; the ground is the joint posterior,
    /// which these must bear out.
    pub supports: usize,
    /// Pairs in which it differs in the other one.
    pub contradicts: usize,
    /// Whether it goes along with an earlier claim so closely that these pairs can't tell which of them matters.
    pub along: bool,
    /// Whether most people like it as well: no taste of the person's own.
    pub shared: bool,
}

impl Reward {
    /// The claims, surest first: traits in which the person surely wants more or less, and departs from people in
    /// general by it; `observations` are those that the reward was learnt from.
    ///
    /// Traits are told one by one, each time the one that says most of what is still unsaid, until none is certain; last
    /// come those that go along with what was told, and what they surely like as most people do.
    pub fn claims(&self, observations: &[Observation]) -> Vec<TraitClaim> {
        if self.pairs == 0 {
            return Vec::new();
        }
        let together = Together::of(observations);
        let (mut told, mut heard): (Vec<usize>, Vec<Leaning>) = (Vec::new(), Vec::new());
        let mut first = 0.0;
        while told.len() < MOST {
            let said = (0..TABLE.len()).filter_map(|index| self.next(&together, index, &told));
            let new = said.filter(|new| !heard.iter().any(|old| together.one_taste(new.leaning, *old)));
            match new.max_by(|a, b| a.says.total_cmp(&b.says)) {
                Some(Candidate { leaning, says, .. }) if says > LEAST_SHARE * first => {
                    first = f64::max(first, says);
                    let named = self.named(&together, leaning, &told, &heard);
                    told.push(named.index);
                    heard.extend([leaning, named]);
                }
                _ => break,
            }
        }
        let beside = self.beside_each_other(&together, &told);
        let claims = beside.into_iter().zip(&told);
        let claims = claims.map(|((direction, slope), &at)| {
            TraitClaim::of(at, slope.more > slope.less, slope, direction, observations)
        });
        let mut claims: Vec<TraitClaim> = claims.collect();
        claims.sort_by(|a, b| b.certainty.total_cmp(&a.certainty));
        for also in self.along(&together, &told, &heard) {
            let Leaning { index, .. } = also.leaning;
            let nested = |&at: &usize| TABLE[at].is_nested_with(&TABLE[index]);
            if told.len() < MOST && !told.iter().any(nested) {
                told.push(index);
                heard.push(also.leaning);
                let claim =
                    TraitClaim::of(index, also.leaning.more, also.slope, also.direction, observations);
                claims.push(TraitClaim { along: true, ..claim });
            }
        }
        while told.len() < MOST
            && let Some(also) = self.shared(&together, &told, &heard)
        {
            let Leaning { index, more } = also.leaning;
            told.push(index);
            let claim = TraitClaim::of(index, more, also.slope, also.direction, observations);
            claims.push(TraitClaim { shared: true, ..claim });
        }
        claims
    }

    /// How one more trait would be told beside those already told; none where it can't be claimed, or where it would take
    /// away what those told rest on.
    fn next(&self, together: &Together, index: usize, told: &[usize]) -> Option<Candidate> {
        if told.contains(&index) {
            return None;
        }
        let one = self.candidate(together, index, told)?;
        (one.itself >= ITSELF && self.may_be_told(together, &one, told)).then_some(one)
    }

    /// A trait as it would be told beside others.
    fn candidate(&self, together: &Together, index: usize, beside: &[usize]) -> Option<Candidate> {
        let (direction, left) = together.direction(index, beside)?;
        let slope = self.slope(&direction);
        let leaning = Leaning { index, more: slope.more > slope.less };
        let itself = self.itself(leaning);
        let says = slope.weight * slope.weight * left * itself;
        Some(Candidate { leaning, slope, direction, itself, says })
    }

    fn may_be_told(&self, together: &Together, one: &Candidate, told: &[usize]) -> bool {
        let [with, against] = self.counted(one.leaning);
        // Nor what no choice differs in: what goes along with it may say it, and is told for itself.
        if !can_be_claimed(&one.slope) || with == 0 || f64::from(with) < SHOWS * f64::from(with + against) {
            return false;
        }
        let all: Vec<usize> = told.iter().copied().chain([one.leaning.index]).collect();
        let slopes = self.beside_each_other(together, &all);
        slopes.iter().all(|(_, slope)| slope.more.max(slope.less) >= BESIDE_OTHERS)
    }

    /// What to tell for a leaning: in the place of surface marks, a trait that people name, where one goes along with
    /// them, leans the same way and says as much by the bare count. "They want more exclamation marks" is true of who
    /// likes it warm, and makes a model shout.
    fn named(&self, together: &Together, found: Leaning, told: &[usize], heard: &[Leaning]) -> Leaning {
        if !TABLE[found.index].surface {
            return found;
        }
        let lead = self.lead(found);
        let named = (0..TABLE.len()).filter(|&index| !TABLE[index].surface && !told.contains(&index));
        let along = named.filter_map(|index| self.candidate(together, index, told)).filter(|one| {
            together.lean_alike(one.leaning, found, ALONG)
                && self.lead(one.leaning) >= AS_OFTEN * lead
                && !heard.iter().any(|old| together.one_taste(one.leaning, *old))
                && self.may_be_told(together, one, told)
        });
        along.max_by(|a, b| a.says.total_cmp(&b.says)).map_or(found, |one| one.leaning)
    }

    /// The chance that the person departs from people in general in the trait itself, as they lean.
    fn itself(&self, leaning: Leaning) -> f64 {
        let summary = &self.summary[leaning.index];
        if leaning.more { summary.raised } else { summary.lowered }
    }

    /// What goes along with what is told so closely that the pairs can't part them, the most telling first. Who always
    /// turns down the answer with emoji and hedges turns down both: to tell one of them alone would be a guess.
    fn along(&self, together: &Together, told: &[usize], heard: &[Leaning]) -> Vec<Candidate> {
        let unknown = LazyCell::new(|| Reward::unknown(Prior::shipped()));
        // A longer answer has more of nearly everything: what is said of any other trait is said beside its length.
        let length = Trait::find("length").map(|(index, _)| index);
        let beside = |index| if length == Some(index) { &[] } else { length.as_slice() };
        let rest = (0..TABLE.len()).filter(|index| !told.contains(index));
        let named = rest.filter(|&index| !TABLE[index].surface && TABLE[index].divides != Divides::Little);
        let candidates = named.filter_map(|index| self.candidate(together, index, beside(index)));
        let closely = candidates.filter(|one| {
            let [with, against] = self.counted(one.leaning);
            with >= FEWEST
                && f64::from(with) >= UNANIMOUS * f64::from(with + against)
                && can_be_claimed(&one.slope)
                && heard.iter().any(|&old| {
                    together.lean_alike(one.leaning, old, CLOSE)
                        && self.lead(one.leaning) >= NEARLY_AS_OFTEN * self.lead(old)
                })
                && one.itself > unknown.itself(one.leaning)
        });
        let mut found: Vec<Candidate> = closely.collect();
        found.sort_by(|a, b| b.says.total_cmp(&a.says));
        let known = |found: &[Candidate], index| found.iter().any(|one| one.leaning.index == index);
        let mut unparted: Vec<Candidate> = (0..TABLE.len())
            .filter(|index| !told.contains(index) && !known(&found, *index))
            .filter_map(|index| self.unparted(together, index, heard))
            .collect();
        unparted.sort_by(|a, b| self.lead(b.leaning).total_cmp(&self.lead(a.leaning)));
        found.extend(unparted);
        found
    }

    /// A trait that is in the person's choices beyond doubt, beside what was told: one answer has it again and again, and
    /// that is the one they take. Why they take it is open; that they do is true of them, however little is left of the
    /// trait's weight once what was told explains each choice. Not one that a longer answer has more of anyway: who takes the
    /// short one each time takes fewer examples each time, and hears of the short one alone.
    fn unparted(&self, together: &Together, index: usize, heard: &[Leaning]) -> Option<Candidate> {
        let row = &TABLE[index];
        if row.surface || row.of_words || row.divides == Divides::Little {
            return None;
        }
        let one = self.candidate(together, index, &[])?;
        let along = heard.iter().any(|&old| together.lean_alike(one.leaning, old, CLOSE));
        let (length, _) = Trait::find("length")?;
        let of_length =
            together.lean_alike(one.leaning, Leaning { index: length, more: one.leaning.more }, ALONG);
        (along && !of_length && self.is_beyond_doubt(one.leaning) && can_be_claimed(&one.slope))
            .then_some(one)
    }

    /// What the bare count of the person's choices shows of a trait beyond doubt, whatever explains it: whether they take the
    /// answer with more of it, in how many choices, and in how many that differ in it.
    pub fn beyond_doubt(&self, id: &str) -> Option<(bool, usize, usize)> {
        let (index, _) = Trait::find(id)?;
        let leaning = [true, false]
            .map(|more| Leaning { index, more })
            .into_iter()
            .find(|&one| self.is_beyond_doubt(one))?;
        let [with, against] = self.counted(leaning);
        Some((leaning.more, with as usize, (with + against) as usize))
    }

    /// Whether the bare count of the person's choices leaves no doubt.
    fn is_beyond_doubt(&self, leaning: Leaning) -> bool {
        let [with, against] = self.counted(leaning);
        with + against > 0 && self.lead(leaning) >= BEYOND_DOUBT * f64::from(with + against).sqrt()
    }

    /// What the person most surely likes as most people do, of what is still unsaid. Each is told for itself, with all that
    /// goes along with it: what is said of it is how they choose, not what moves them.
    fn shared(&self, together: &Together, told: &[usize], heard: &[Leaning]) -> Option<Candidate> {
        let named = |&index: &usize| !TABLE[index].surface && TABLE[index].divides != Divides::Little;
        let rest = (0..TABLE.len()).filter(named).filter(|index| !told.contains(index));
        let nested = |index: usize| told.iter().any(|&at| TABLE[at].is_nested_with(&TABLE[index]));
        let leaning = |index| {
            let candidate = self.candidate(together, index, &[])?;
            let more = candidate.slope.positive > 0.5;
            // How much of it is a taste of their own is not asked here.
            let says = candidate.says / candidate.itself.max(f64::MIN_POSITIVE);
            Some(Candidate { leaning: Leaning { index, more }, says, ..candidate })
        };
        let borne_out = rest.filter_map(leaning).filter(|one| {
            let Slope { positive, weight, prior_weight, .. } = one.slope;
            positive.max(1.0 - positive) >= CERTAIN
                && weight.abs() >= WORTH_TELLING
                && (weight > 0.0) == (prior_weight > 0.0)
                && self.is_liked(one.leaning)
                && self.is_beyond_doubt(one.leaning)
                && !nested(one.leaning.index)
                && !heard.iter().any(|old| together.one_taste(one.leaning, *old))
        });
        borne_out.max_by(|a, b| a.says.total_cmp(&b.says))
    }

    /// Whether people in general like the trait itself, and not only what goes along with it in this person's choices: who
    /// cites studies in long answers is no proof that most people want studies.
    fn is_liked(&self, leaning: Leaning) -> bool {
        let itself = self.mean[leaning.index];
        LIKED <= if leaning.more { itself } else { -itself }
    }

    /// In how many choices the answer that they took differs noticeably as they lean, and in how many the other way.
    fn counted(&self, leaning: Leaning) -> [u32; 2] {
        let [more, less] = self.chosen.get(leaning.index).copied().unwrap_or_default();
        if leaning.more { [more, less] } else { [less, more] }
    }

    /// By how many choices a leaning leads in the bare count.
    fn lead(&self, leaning: Leaning) -> f64 {
        let [with, against] = self.counted(leaning);
        f64::from(with) - f64::from(against)
    }

    /// The slope in each of these traits where all of them are told.
    fn beside_each_other(&self, together: &Together, told: &[usize]) -> Vec<(Direction, Slope)> {
        let one = |place: usize| {
            let mut others = told.to_vec();
            let index = others.remove(place);
            // What is told was told before, so that its directions exist; one that did not would say nothing.
            let direction =
                together.direction(index, &others).map(|(direction, _)| direction).unwrap_or_default();
            let slope = self.slope(&direction);
            (direction, slope)
        };
        (0..told.len()).map(one).collect()
    }
}

/// A trait and which way the person leans in it.
#[derive(Clone, Copy)]
struct Leaning {
    index: usize,
    more: bool,
}

/// A trait as it would be told.
struct Candidate {
    leaning: Leaning,
    slope: Slope,
    direction: Direction,
    /// The chance that the person departs from people in general in the trait itself.
    itself: f64,
    /// How much of the person's reward it says.
    says: f64,
}

impl Together {
    /// Whether two traits correlate by so much or more, and what is said of them goes the same way.
    fn lean_alike(&self, one: Leaning, other: Leaning, least: f64) -> bool {
        let goes = self.correlation(one.index, other.index);
        goes.abs() >= least && (goes > 0.0) == (one.more == other.more)
    }

    /// Whether who heard one of two leanings has heard the other as well: a whole and its part that lean the same way, or
    /// traits that nearly always go together.
    fn one_taste(&self, one: Leaning, other: Leaning) -> bool {
        let nested = TABLE[one.index].is_nested_with(&TABLE[other.index]);
        one.index == other.index || self.lean_alike(one, other, ALIKE) || (nested && one.more == other.more)
    }
}

fn can_be_claimed(slope: &Slope) -> bool {
    // Where people in general care next to nothing for it, so does whoever departs in nothing: such a weight has a sign, too,
    // but says nothing by it.
    let certain = slope.above.max(slope.below) >= CERTAIN * (slope.above + slope.below);
    let own = slope.more.max(slope.less) >= THEIR_OWN;
    certain && own && (slope.weight - slope.prior_weight).abs() >= WORTH_TELLING
}

impl TraitClaim {
    fn of(
        index: usize,
        more: bool,
        slope: Slope,
        direction: Direction,
        observations: &[Observation],
    ) -> Self {
        let row = &TABLE[index];
        let sign = if more { 1.0 } else { -1.0 };
        let counted = |sign: f64| {
            observations.iter().filter(|o| sign * o.difference.values()[index] > NOTICEABLE).count()
        };
        TraitClaim {
            id: row.id.to_owned(),
            more,
            text: row.claimed(more),
            certainty: if more { slope.positive } else { 1.0 - slope.positive },
            weight: slope.weight,
            prior_weight: slope.prior_weight,
            direction,
            supports: counted(sign),
            contradicts: counted(-sign),
            along: false,
            shared: false,
        }
    }
}
