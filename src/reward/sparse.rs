//! Which few traits a person weighs in their own way: a search over small sets, each with its evidence.
//!
//! A spike-and-slab prior (Mitchell and Beauchamp 1988) says that a person departs from people in general in a
//! few traits only. Their sets can't all be tried, so sets grow one trait at a time from the best ones: every
//! extension is rated by one Newton step from its parent, the best rated are fitted in full, and each fitted set
//! counts by its Laplace evidence (Bayesian model averaging; Raftery 1995). Correlated traits thus share the
//! credit between rival sets, where one big regression would split it in two small weights.

use std::collections::HashSet;

use super::logistic::{sigmoid, softplus};
use super::prior::Follow;

/// The most traits in a set.
const LARGEST: usize = 4;
/// Unknowns of a set: how far the person follows the prior, and one weight a trait.
const UNKNOWNS: usize = LARGEST + 1;
/// Sets of each size that are grown further.
const PARENTS: usize = 16;
/// Sets of each size that are fitted in full.
const FITTED: usize = 100;
/// Newton steps at most; from the parent's mode three or four suffice.
const STEPS: usize = 12;
/// The longest step in any unknown: further, the quadratic that it rests on says nothing.
const LONGEST_STEP: f64 = 1.5;

/// What the search reads.
pub(super) struct Evidence<'a> {
    /// Each trait's differences over all pairs.
    pub columns: &'a [Vec<f64>],
    /// The log-odds of the prior's mean for each pair.
    pub prior_scores: &'a [f64],
    /// How much each pair counts.
    pub weights: &'a [f64],
    /// How far the person follows the prior's mean.
    pub follow: &'a Follow,
    /// The spread of a weight in the set.
    pub slab_spread: f64,
    /// The log-odds that a trait is in the set.
    pub inclusion: &'a [f64],
}

/// A fitted set: the posterior over (follow, weights of the traits) and what speaks for it.
#[derive(Clone, Debug)]
pub(super) struct FittedSet {
    /// The traits' places in the table, ascending.
    pub traits: Vec<usize>,
    /// The mode: how far the person follows the prior, then the weight of each trait.
    pub mean: Vec<f64>,
    /// The covariance's lower triangle, row by row.
    pub covariance: Vec<f64>,
    /// Log evidence plus the log prior of the set, up to what all sets share.
    pub log_posterior: f64,
}

type Vector = [f64; UNKNOWNS];
type Matrix = [[f64; UNKNOWNS]; UNKNOWNS];

/// A set while it is searched from.
struct Node {
    traits: Vec<usize>,
    mode: Vector,
    factor: Matrix,
    log_posterior: f64,
}

/// Fits the empty set, all single traits, and the larger sets that grow out of them.
pub(super) fn search(evidence: &Evidence<'_>) -> Vec<FittedSet> {
    let mut start = [0.0; UNKNOWNS];
    start[0] = evidence.follow.mean;
    let empty = evidence.fit(Vec::new(), start);
    let mut parents: Vec<Node> =
        (0..evidence.columns.len()).map(|index| evidence.fit(vec![index], start)).collect();
    let mut found = vec![empty.finish()];
    for size in 1..=LARGEST {
        parents.sort_by(|a, b| b.log_posterior.total_cmp(&a.log_posterior));
        found.extend(parents.iter().map(Node::finish));
        if size < LARGEST {
            parents.truncate(PARENTS);
            parents = grow(evidence, &parents);
        }
    }
    found
}

/// The best rated sets with one trait more than their parents, fitted.
fn grow(evidence: &Evidence<'_>, parents: &[Node]) -> Vec<Node> {
    let mut rated: Vec<(f64, usize, usize)> = Vec::new();
    for (which, parent) in parents.iter().enumerate() {
        let slopes = evidence.slopes(parent);
        for index in (0..evidence.columns.len()).filter(|index| !parent.traits.contains(index)) {
            rated.push((parent.log_posterior + evidence.rate(parent, &slopes, index), which, index));
        }
    }
    rated.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut seen = HashSet::new();
    let mut grown = Vec::new();
    for (_, which, index) in rated {
        let parent = &parents[which];
        let place = parent.traits.partition_point(|&other| other < index);
        let mut traits = parent.traits.clone();
        traits.insert(place, index);
        if grown.len() < FITTED && seen.insert(traits.clone()) {
            let mut mode = parent.mode;
            mode.copy_within(place + 1..UNKNOWNS - 1, place + 2);
            mode[place + 1] = 0.0;
            grown.push(evidence.fit(traits, mode));
        }
    }
    grown
}

/// At a parent's mode: the slope and the curvature of each pair's log-likelihood in its log-odds.
struct Slopes {
    first: Vec<f64>,
    second: Vec<f64>,
}

impl Evidence<'_> {
    fn regressor(&self, traits: &[usize], unknown: usize) -> &[f64] {
        match unknown {
            0 => self.prior_scores,
            _ => &self.columns[traits[unknown - 1]],
        }
    }

    fn log_odds(&self, traits: &[usize], mode: &Vector) -> Vec<f64> {
        let mut z = vec![0.0; self.weights.len()];
        for (unknown, weight) in mode.iter().enumerate().take(traits.len() + 1) {
            for (z, x) in z.iter_mut().zip(self.regressor(traits, unknown)) {
                *z += weight * x;
            }
        }
        z
    }

    fn precision(&self, unknown: usize) -> f64 {
        let spread = if unknown == 0 { self.follow.spread } else { self.slab_spread };
        1.0 / (spread * spread)
    }

    /// Finds the mode from `mode` by Newton, and its evidence.
    fn fit(&self, traits: Vec<usize>, mut mode: Vector) -> Node {
        let size = traits.len() + 1;
        let mut factor = [[0.0; UNKNOWNS]; UNKNOWNS];
        for step in 0..STEPS {
            let z = self.log_odds(&traits, &mode);
            let mut gradient = [0.0; UNKNOWNS];
            let mut curvature = [[0.0; UNKNOWNS]; UNKNOWNS];
            let slopes: Vec<(f64, f64)> = z
                .iter()
                .zip(self.weights)
                .map(|(z, w)| {
                    let q = sigmoid(-z);
                    (w * q, w * q * (1.0 - q))
                })
                .collect();
            for i in 0..size {
                let xi = self.regressor(&traits, i);
                gradient[i] = slopes.iter().zip(xi).map(|(s, x)| s.0 * x).sum::<f64>()
                    - self.precision(i) * (mode[i] - if i == 0 { self.follow.mean } else { 0.0 });
                for (j, cell) in curvature[i].iter_mut().enumerate().take(i + 1) {
                    let xj = self.regressor(&traits, j);
                    *cell = slopes.iter().zip(xi.iter().zip(xj)).map(|(s, (a, b))| s.1 * a * b).sum();
                }
                curvature[i][i] += self.precision(i);
            }
            factor = cholesky(curvature, size);
            let change = solve(&factor, gradient, size);
            let longest = change.iter().fold(0.0_f64, |longest, c| longest.max(c.abs()));
            if longest < 1e-4 || step + 1 == STEPS {
                break;
            }
            let scale = (LONGEST_STEP / longest).min(1.0);
            for i in 0..size {
                mode[i] += scale * change[i];
            }
        }
        let fit: f64 =
            self.log_odds(&traits, &mode).iter().zip(self.weights).map(|(z, w)| w * softplus(-z)).sum();
        let mut log_posterior = -fit;
        for i in 0..size {
            let off = mode[i] - if i == 0 { self.follow.mean } else { 0.0 };
            log_posterior -= self.precision(i) * off * off / 2.0;
            log_posterior += libm::log(self.precision(i)) / 2.0 - libm::log(factor[i][i]);
        }
        log_posterior += traits.iter().map(|&index| self.inclusion[index]).sum::<f64>();
        Node { traits, mode, factor, log_posterior }
    }

    fn slopes(&self, parent: &Node) -> Slopes {
        let z = self.log_odds(&parent.traits, &parent.mode);
        let chances: Vec<f64> = z.iter().map(|z| sigmoid(-z)).collect();
        Slopes {
            first: chances.iter().zip(self.weights).map(|(q, w)| w * q).collect(),
            second: chances.iter().zip(self.weights).map(|(q, w)| w * q * (1.0 - q)).collect(),
        }
    }

    /// What the log posterior would gain by one more trait, by one Newton step in its weight with the parent's
    /// unknowns going along.
    fn rate(&self, parent: &Node, slopes: &Slopes, index: usize) -> f64 {
        let column = &self.columns[index];
        let size = parent.traits.len() + 1;
        let gradient: f64 = slopes.first.iter().zip(column).map(|(s, x)| s * x).sum();
        let mut cross = [0.0; UNKNOWNS];
        for (unknown, cross) in cross.iter_mut().enumerate().take(size) {
            let x = self.regressor(&parent.traits, unknown);
            *cross = slopes.second.iter().zip(column.iter().zip(x)).map(|(s, (a, b))| s * a * b).sum();
        }
        let own: f64 = slopes.second.iter().zip(column).map(|(s, x)| s * x * x).sum();
        let half = solve_lower(&parent.factor, cross, size);
        let precision = self.precision(1);
        let left = (own + precision - half.iter().map(|h| h * h).sum::<f64>()).max(precision / 2.0);
        gradient * gradient / left / 2.0 + libm::log(precision / left) / 2.0 + self.inclusion[index]
    }
}

impl Node {
    fn finish(&self) -> FittedSet {
        let size = self.traits.len() + 1;
        let mut covariance = Vec::with_capacity(size * (size + 1) / 2);
        for i in 0..size {
            let mut unit = [0.0; UNKNOWNS];
            unit[i] = 1.0;
            covariance.extend_from_slice(&solve(&self.factor, unit, size)[..=i]);
        }
        FittedSet {
            traits: self.traits.clone(),
            mean: self.mode[..size].to_vec(),
            covariance,
            log_posterior: self.log_posterior,
        }
    }
}

/// The lower factor of a positive definite matrix; the prior's precisions on its diagonal keep it so.
fn cholesky(mut a: Matrix, size: usize) -> Matrix {
    for i in 0..size {
        for j in 0..=i {
            let sum = a[i][j] - (0..j).map(|k| a[i][k] * a[j][k]).sum::<f64>();
            a[i][j] = if i == j { sum.max(1e-12).sqrt() } else { sum / a[j][j] };
        }
    }
    a
}

fn solve_lower(factor: &Matrix, mut b: Vector, size: usize) -> Vector {
    for i in 0..size {
        let sum: f64 = (0..i).map(|k| factor[i][k] * b[k]).sum();
        b[i] = (b[i] - sum) / factor[i][i];
    }
    b
}

fn solve(factor: &Matrix, b: Vector, size: usize) -> Vector {
    let mut x = solve_lower(factor, b, size);
    for i in (0..size).rev() {
        let sum: f64 = (i + 1..size).map(|k| factor[k][i] * x[k]).sum();
        x[i] = (x[i] - sum) / factor[i][i];
    }
    x
}
