//! Byte-pair merging (Sennrich et al. 2016, arXiv 1508.07909): in a word, the pair that was learned first is joined
//! first, the leftmost of equals, until no pair is left that was learned.
//!
//! Pieces are numbers: a vocabulary's tokens keep theirs, and pieces that merging passes through but the vocabulary
//! lacks are numbered after them.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

/// The merges of a vocabulary.
pub struct Merges {
    by_pair: HashMap<(u32, u32), Merge>,
}

#[derive(Clone, Copy)]
struct Merge {
    /// Its place in the file: the lower, the sooner.
    rank: u32,
    into: u32,
}

/// A piece in a word, in a chain with its neighbours. A piece that went into its left neighbour has no number.
#[derive(Clone, Copy)]
struct Link {
    piece: Option<u32>,
    left: Option<usize>,
    right: Option<usize>,
}

/// A pair that could be joined, as it was when it was found: lowest rank first, then leftmost.
type Candidate = Reverse<(u32, usize, usize, (u32, u32))>;

impl Merges {
    /// `merges` are the pairs and what each becomes, in their order; of equal ones the first counts.
    pub fn new(merges: impl IntoIterator<Item = ((u32, u32), u32)>) -> Self {
        let mut by_pair = HashMap::new();
        for (rank, (pair, into)) in (0..).zip(merges) {
            by_pair.entry(pair).or_insert(Merge { rank, into });
        }
        Merges { by_pair }
    }

    /// Joins the pieces of one word as far as they go; n pieces take O(n log n) steps, whatever they are.
    pub fn join(&self, word: &[u32], out: &mut Vec<u32>) {
        let last = word.len().wrapping_sub(1);
        let link = |(at, piece): (usize, &u32)| Link {
            piece: Some(*piece),
            left: at.checked_sub(1),
            right: (at != last).then_some(at + 1),
        };
        let mut links: Vec<Link> = word.iter().enumerate().map(link).collect();
        let mut candidates = BinaryHeap::new();
        for at in 1..links.len() {
            self.consider(&links, Some(at - 1), Some(at), &mut candidates);
        }
        while let Some(Reverse((_, left, right, pair))) = candidates.pop() {
            // Either may have been joined with another since.
            if (links[left].piece, links[right].piece) != (Some(pair.0), Some(pair.1)) {
                continue;
            }
            links[left].piece = Some(self.by_pair[&pair].into);
            links[left].right = links[right].right;
            links[right].piece = None;
            if let Some(next) = links[right].right {
                links[next].left = Some(left);
            }
            self.consider(&links, links[left].left, Some(left), &mut candidates);
            self.consider(&links, Some(left), links[left].right, &mut candidates);
        }
        out.extend(links.iter().filter_map(|link| link.piece));
    }

    fn consider(
        &self,
        links: &[Link],
        left: Option<usize>,
        right: Option<usize>,
        candidates: &mut BinaryHeap<Candidate>,
    ) {
        let (Some(left), Some(right)) = (left, right) else { return };
        let (Some(first), Some(second)) = (links[left].piece, links[right].piece) else { return };
        if let Some(merge) = self.by_pair.get(&(first, second)) {
            candidates.push(Reverse((merge.rank, left, right, (first, second))));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The definition, word for word: look for the best pair in the whole word, join it, look again.
    fn reference(merges: &[((u32, u32), u32)], word: &[u32]) -> Vec<u32> {
        let mut word = word.to_vec();
        let rank = |pair: (u32, u32)| merges.iter().position(|(known, _)| *known == pair);
        while let Some((rank, at)) =
            (1..word.len()).filter_map(|at| Some((rank((word[at - 1], word[at]))?, at))).min()
        {
            word[at - 1] = merges[rank].1;
            word.remove(at);
        }
        word
    }

    proptest! {
        #[test]
        fn agrees_with_reference(
            merges in prop::collection::vec(((0_u32..8, 0_u32..8), 0_u32..8), 0..24),
            word in prop::collection::vec(0_u32..4, 0..24),
        ) {
            // Each pair becomes a piece of its own, as in a vocabulary: then no piece can stand for two texts.
            let merges: Vec<_> = merges.into_iter().enumerate().map(|(at, (pair, _))| (pair, 4 + at as u32)).collect();
            let mut joined = Vec::new();
            Merges::new(merges.iter().copied()).join(&word, &mut joined);
            prop_assert_eq!(joined, reference(&merges, &word));
        }
    }

    #[test]
    fn a_long_run_of_one_letter_is_joined_in_time() {
        // a a -> b, b b -> c, and so on: the worst case of a quadratic search.
        let merges = Merges::new((0..20).map(|piece| ((piece, piece), piece + 1)));
        let mut joined = Vec::new();
        merges.join(&vec![0; 1 << 20], &mut joined);
        assert_eq!(joined, [20]);
    }
}
