//! Why one answer is expected to win: what each trait adds, and what is told of it.

use super::Reward;
use crate::traits::{Difference, TABLE, Trait};

/// Fewer choices than this make no habit.
const HABIT: u32 = 3;

/// What one trait adds to the log-odds of the first of two answers.
#[derive(Clone, Debug)]
pub struct Contribution {
    /// The trait.
    pub row: &'static Trait,
    /// How far the first answer has more of it, in usual differences.
    pub difference: f64,
    /// What that adds to the log-odds.
    pub log_odds: f64,
    /// What it would add for people in general.
    pub usual: f64,
    /// In how many of the person's choices the answer that they took differs noticeably in the same way.
    pub taken: u32,
    /// In how many of them it differs in the other one.
    pub left: u32,
}

impl Contribution {
    /// Whether most of it is the person's own taste, and not what most people like.
    pub fn is_their_own(&self) -> bool {
        (self.log_odds - self.usual) / self.log_odds > 0.5
    }

    /// Whether the bare count of the person's choices says the same. The posterior can know better than the count,
    /// where another trait hides this one; then nobody can see it in what they chose.
    pub fn shows_in_choices(&self) -> bool {
        let [with, against] = self.counted();
        with >= HABIT && with >= 2 * against
    }

    /// Whether the bare count says the opposite.
    pub fn contradicts_choices(&self) -> bool {
        let [with, against] = self.counted();
        against >= HABIT && against >= 2 * with
    }

    /// What the trait adds for the second answer.
    pub fn turned(&self) -> Self {
        Contribution {
            row: self.row,
            difference: -self.difference,
            log_odds: -self.log_odds,
            usual: -self.usual,
            taken: self.left,
            left: self.taken,
        }
    }

    /// In how many choices the answer that they took differs as this part wants it, and in how many the other way.
    fn counted(&self) -> [u32; 2] {
        if self.log_odds > 0.0 { [self.taken, self.left] } else { [self.left, self.taken] }
    }
}

impl Reward {
    /// What each trait adds for the first of two answers: the largest contribution first.
    pub fn why(&self, difference: &Difference) -> Vec<Contribution> {
        let mut parts: Vec<Contribution> = TABLE
            .iter()
            .zip(difference.values())
            .zip(&self.summary)
            .zip(&self.mean)
            .enumerate()
            .map(|(index, (((row, &difference), trait_summary), usual))| {
                let [more, less] = self.chosen.get(index).copied().unwrap_or_default();
                let (taken, left) = if difference > 0.0 { (more, less) } else { (less, more) };
                let (log_odds, usual) = (trait_summary.weight * difference, usual * difference);
                Contribution { row, difference, log_odds, usual, taken, left }
            })
            .filter(|part| part.log_odds != 0.0)
            .collect();
        parts.sort_by(|a, b| b.log_odds.abs().total_cmp(&a.log_odds.abs()));
        parts
    }

    /// The same as it can be told: a trait and its parts are one reason, by their net effect, since "it has more bullet
    /// points, which speaks for it" beside "it has more visible structure, which speaks against it" tells nothing.
    ///
    /// Each is told by the trait that does most of it, those that are `claimed` first; what can't be told is left out.
    pub fn reasons(&self, difference: &Difference, claimed: impl Fn(&Trait) -> bool) -> Vec<Contribution> {
        let mut families: Vec<Vec<Contribution>> = Vec::new();
        for part in self.why(difference) {
            match families.iter_mut().find(|family| family[0].row.whole() == part.row.whole()) {
                Some(family) => family.push(part),
                None => families.push(vec![part]),
            }
        }
        let net = |family: Vec<Contribution>| {
            let log_odds: f64 = family.iter().map(|part| part.log_odds).sum();
            let usual = family.iter().map(|part| part.usual).sum();
            let telling = family
                .into_iter()
                .filter(|part| part.log_odds * log_odds > 0.0 && part.row.step(part.difference).is_some());
            // The largest comes first.
            let teller = telling.rev().max_by_key(|part| claimed(part.row))?;
            Some(Contribution { log_odds, usual, ..teller })
        };
        let mut told: Vec<Contribution> = families.into_iter().filter_map(net).collect();
        told.sort_by(|a, b| b.log_odds.abs().total_cmp(&a.log_odds.abs()));
        told
    }
}
