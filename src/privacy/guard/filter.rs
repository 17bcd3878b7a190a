//! A compact multiset of fingerprints, each with as much of its pair's number as memory allows.
//!
//! The upper bits of a fingerprint say its home, the next ones are its tag (Knuth's quotienting; Clerry 1984, Bender
//! et al. 2012). Homes lie in blocks of 1,024; a block holds how many entries each home has, in unary, and the
//! entries, each a tag and the upper bits of a pair's number. Two bits an entry are all that the homes cost.
//! As the filter grows past its share of memory, entries get narrower: first the pair's number loses its lower
//! bits, so that a hit names a group of pairs, in the end none; the tag stays long enough that a hit is rare.
//!
//! It never forgets what it holds. It may name too much: on equal fingerprints of other texts, and for
//! fingerprints that very many pairs share, which it stops to tell apart.

use super::bits;

const HOMES: usize = 1024;

/// Homes from one known place in the counts to the next. At 64 a place costs a quarter of a bit a home.
const SPAN: usize = 64;

/// An equal entry is kept so many times at most; from then on it stays for good.
const MOST_EQUAL: usize = 3;

/// So many entries of one fingerprint name their pairs; one more names all of them.
const MOST_NAMED: usize = 64;

/// Below this a hit by chance is no longer rare.
const SHORTEST_TAG: u32 = 18;

/// Down to this a tag gives way to the numbers of pairs; below, they to it.
const GOOD_TAG: u32 = 22;

const LONGEST_TAG: u32 = 32;

/// Lower bits of a pair's number that may be left out: a group of more pairs than that is as good as all of them.
pub const MOST_LEFT_OUT: u32 = 12;

/// How entries are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Layout {
    home_bits: u32,
    tag_bits: u32,
    /// Bits that a pair's number needs.
    number_bits: u32,
    /// Its upper bits that are kept; all ones mean every pair.
    group_bits: u32,
}

impl Layout {
    /// What fits so many entries and pair numbers into `budget` bytes, after a layout that kept `prefix` bits.
    fn fitting(entries: usize, number_bits: u32, prefix: u32, budget: usize) -> Self {
        let home_bits = (entries as f64 * 0.85).log2().ceil().clamp(10.0, 32.0) as u32;
        // A twentieth is what blocks and their growth cost.
        let bits =
            budget as f64 * 8.0 / 1.05 / entries as f64 - 1.0 - 2f64.powi(home_bits as i32) / entries as f64;
        let width = (bits.max(0.0) as u32).clamp(SHORTEST_TAG, LONGEST_TAG + number_bits);
        let longest = LONGEST_TAG.min(prefix - home_bits);
        let tag_bits = width.saturating_sub(number_bits).clamp(GOOD_TAG.min(width), LONGEST_TAG).min(longest);
        let group_bits = number_bits.min(width.saturating_sub(tag_bits));
        if number_bits - group_bits > MOST_LEFT_OUT {
            // The tag has more use for them.
            return Layout { home_bits, tag_bits: width.min(longest), number_bits, group_bits: 0 };
        }
        Layout { home_bits, tag_bits, number_bits, group_bits }
    }

    fn width(&self) -> u32 {
        self.tag_bits + self.group_bits
    }

    fn every_pair(&self) -> u64 {
        (1 << self.group_bits) - 1
    }

    fn home(&self, fingerprint: u64) -> usize {
        (fingerprint >> (64 - self.home_bits)) as usize
    }

    fn tag(&self, fingerprint: u64) -> u64 {
        (fingerprint << self.home_bits) >> (64 - self.tag_bits)
    }

    fn group(&self, number: u32) -> u64 {
        u64::from(number) >> (self.number_bits - self.group_bits)
    }
}

#[derive(Clone, Debug)]
struct Block {
    /// For each home, a zero for each of its entries, then a one.
    counts: Vec<u64>,
    /// Where in the counts each span of homes starts.
    starts: [u16; HOMES / SPAN],
    cells: Vec<u64>,
    entries: usize,
}

impl Block {
    fn empty() -> Self {
        let starts = std::array::from_fn(|span| (span * SPAN) as u16);
        Block { counts: vec![u64::MAX; HOMES / 64], starts, cells: Vec::new(), entries: 0 }
    }

    /// The entries of a home: the first, and the one behind the last.
    fn range(&self, home: usize) -> (usize, usize) {
        let mut from = usize::from(self.starts[home / SPAN]);
        let wanted = home % SPAN;
        if wanted > 0 {
            // Behind as many ones.
            let mut word = from / 64;
            let mut rest = self.counts[word] & (!0 << (from % 64));
            let mut behind = wanted as u32;
            while rest.count_ones() < behind {
                behind -= rest.count_ones();
                word += 1;
                rest = self.counts[word];
            }
            from = word * 64 + bits::place_of_one(rest, behind - 1) + 1;
        }
        let mut to = from;
        loop {
            let ones = self.counts[to / 64] & (!0 << (to % 64));
            if ones != 0 {
                to = to / 64 * 64 + ones.trailing_zeros() as usize;
                break;
            }
            to = (to / 64 + 1) * 64;
        }
        (from - home, to - home)
    }

    fn insert(&mut self, home: usize, at: usize, width: u32, entry: u64) {
        bits::insert(&mut self.counts, self.entries + HOMES, home + at, 1, 0);
        bits::insert(&mut self.cells, self.entries * width as usize, at * width as usize, width, entry);
        self.starts[home / SPAN + 1..].iter_mut().for_each(|start| *start += 1);
        self.entries += 1;
    }

    fn remove(&mut self, home: usize, at: usize, width: u32) {
        bits::remove(&mut self.counts, self.entries + HOMES, home + at, 1);
        bits::remove(&mut self.cells, self.entries * width as usize, at * width as usize, width);
        self.starts[home / SPAN + 1..].iter_mut().for_each(|start| *start -= 1);
        self.entries -= 1;
    }

    fn entry(&self, at: usize, width: u32) -> u64 {
        bits::get(&self.cells, at * width as usize, width)
    }

    fn bytes(&self) -> usize {
        (self.counts.capacity() + self.cells.capacity()) * 8 + size_of::<Block>()
    }
}

/// What a fingerprint was found to belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// A pair whose number is from the first to before the second.
    Between(u32, u32),
    /// Any pair.
    Every,
}

/// The multiset.
#[derive(Clone, Debug)]
pub struct Filter {
    layout: Layout,
    blocks: Vec<Block>,
    entries: usize,
    /// As many entries as the layout was chosen for.
    room: usize,
    budget: usize,
}

impl Filter {
    /// An empty one that is to stay within `budget` bytes while tags can.
    pub fn new(budget: usize) -> Self {
        let room = 4096;
        let layout = Layout::fitting(room, 10, 64, budget);
        let blocks = vec![Block::empty(); (1 << layout.home_bits) / HOMES];
        Filter { layout, blocks, entries: 0, room, budget }
    }

    /// Adds a fingerprint of the pair with this number.
    pub fn insert(&mut self, fingerprint: u64, number: u32) {
        if self.entries >= self.room || number >= (1 << self.layout.number_bits) - 1 {
            self.grow(number);
        }
        let layout = self.layout;
        let (tag, group) = (layout.tag(fingerprint), layout.group(number));
        let home = layout.home(fingerprint);
        let block = &mut self.blocks[home / HOMES];
        let (from, to) = block.range(home % HOMES);
        let (mut equal, mut named, mut every) = (0, 0, false);
        for at in from..to {
            let entry = block.entry(at, layout.width());
            if entry >> layout.group_bits == tag {
                let found = entry & layout.every_pair();
                named += 1;
                equal += usize::from(found == group);
                every |= layout.group_bits > 0 && found == layout.every_pair();
            }
        }
        if every || equal >= MOST_EQUAL {
            return;
        }
        let group = if layout.group_bits > 0 && named >= MOST_NAMED { layout.every_pair() } else { group };
        block.insert(home % HOMES, to, layout.width(), (tag << layout.group_bits) | group);
        self.entries += 1;
    }

    /// Takes away a fingerprint that was added for the pair with this number.
    pub fn remove(&mut self, fingerprint: u64, number: u32) {
        let layout = self.layout;
        let wanted = (layout.tag(fingerprint) << layout.group_bits) | layout.group(number);
        let home = layout.home(fingerprint);
        let block = &mut self.blocks[home / HOMES];
        let (from, to) = block.range(home % HOMES);
        let equal: Vec<usize> = (from..to).filter(|at| block.entry(*at, layout.width()) == wanted).collect();
        let is_every = layout.group_bits > 0 && layout.group(number) == layout.every_pair();
        // As many as are ever kept: it is not known how many there were.
        if let Some(at) = equal.first()
            && equal.len() < MOST_EQUAL
            && !is_every
        {
            block.remove(home % HOMES, *at, layout.width());
            self.entries -= 1;
        }
    }

    /// Reads some of what [`Filter::find`] will read, and waits for nothing; the value says nothing.
    pub fn touch(&self, fingerprint: u64) -> u64 {
        let home = self.layout.home(fingerprint);
        let (block, span) = (&self.blocks[home / HOMES], home % HOMES / SPAN);
        let start = usize::from(block.starts[span]);
        let entry = (start - span * SPAN) * self.layout.width() as usize / 64;
        block.counts[start / 64] ^ block.cells.get(entry).copied().unwrap_or_default()
    }

    /// Tells whom a fingerprint may belong to; nobody, for most that were never added.
    pub fn find(&self, fingerprint: u64, mut tell: impl FnMut(Named)) {
        let layout = self.layout;
        let home = layout.home(fingerprint);
        let block = &self.blocks[home / HOMES];
        let (from, to) = block.range(home % HOMES);
        if from == to {
            return;
        }
        let tag = layout.tag(fingerprint);
        for at in from..to {
            let entry = block.entry(at, layout.width());
            if entry >> layout.group_bits == tag {
                let group = entry & layout.every_pair();
                let below = layout.number_bits - layout.group_bits;
                tell(if layout.group_bits == 0 || group == layout.every_pair() {
                    Named::Every
                } else {
                    Named::Between((group << below) as u32, ((group + 1) << below) as u32)
                });
            }
        }
    }

    /// Entries that it holds.
    pub fn len(&self) -> usize {
        self.entries
    }

    /// Memory that it takes.
    pub fn bytes(&self) -> usize {
        self.blocks.iter().map(Block::bytes).sum()
    }

    /// Lays the entries out anew, for more of them or for larger numbers.
    fn grow(&mut self, number: u32) {
        if self.entries >= self.room {
            // The larger it is, the tighter: a new layout costs a pass over it.
            self.room = if self.room < 1 << 20 { self.room * 2 } else { self.room / 16 * 17 };
        }
        let old = self.layout;
        let needed = old.number_bits.max(u64::BITS - (u64::from(number) + 1).leading_zeros());
        let mut new = Layout::fitting(self.room, needed, old.home_bits + old.tag_bits, self.budget);
        new.home_bits = new.home_bits.max(old.home_bits);
        new.tag_bits = new.tag_bits.min(old.home_bits + old.tag_bits - new.home_bits);
        // A group that was merged stays so.
        new.group_bits = new.group_bits.min(needed - (old.number_bits - old.group_bits));
        if new != old {
            self.lay_out(new);
        }
    }

    fn lay_out(&mut self, new: Layout) {
        let old = self.layout;
        let mut made = vec![Block::empty(); (1 << new.home_bits) / HOMES];
        let deeper = new.home_bits - old.home_bits;
        let merged = (new.number_bits - new.group_bits) - (old.number_bits - old.group_bits);
        for (index, block) in std::mem::take(&mut self.blocks).into_iter().enumerate() {
            for home in 0..HOMES {
                let (from, to) = block.range(home);
                for at in from..to {
                    let entry = block.entry(at, old.width());
                    let (tag, group) = (entry >> old.group_bits, entry & old.every_pair());
                    let home = ((index * HOMES + home) << deeper) | (tag >> (old.tag_bits - deeper)) as usize;
                    let tag = (tag & ((1 << (old.tag_bits - deeper)) - 1))
                        >> (old.tag_bits - deeper - new.tag_bits);
                    let every = old.group_bits > 0 && group == old.every_pair();
                    let group = if every { new.every_pair() } else { group >> merged };
                    let block = &mut made[home / HOMES];
                    let (_, to) = block.range(home % HOMES);
                    block.insert(home % HOMES, to, new.width(), (tag << new.group_bits) | group);
                }
            }
        }
        self.blocks = made;
        self.layout = new;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn fingerprint(of: u64) -> u64 {
        let mixed = (of + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9)
    }

    fn names(filter: &Filter, fingerprint: u64, number: u32) -> bool {
        let mut found = false;
        filter.find(fingerprint, |named| {
            found |= match named {
                Named::Every => true,
                Named::Between(from, to) => (from..to).contains(&number),
            }
        });
        found
    }

    fn hits(filter: &Filter, of: std::ops::Range<u64>) -> usize {
        of.filter(|of| {
            let mut hit = false;
            filter.find(fingerprint(*of), |_| hit = true);
            hit
        })
        .count()
    }

    #[test]
    fn what_was_added_is_named_until_it_is_taken_away() {
        // Budgets from plenty down to no room for numbers at all.
        for budget in [1 << 22, 300_000, 1000] {
            let mut filter = Filter::new(budget);
            for of in 0..60_000 {
                filter.insert(fingerprint(of), (of / 40) as u32);
            }
            assert!((0..60_000).all(|of| names(&filter, fingerprint(of), (of / 40) as u32)), "{budget}");
            assert!(hits(&filter, 100_000..200_000) < 30, "{budget}: by chance");
            for of in 0..30_000 {
                filter.remove(fingerprint(of), (of / 40) as u32);
            }
            assert!((30_000..60_000).all(|of| names(&filter, fingerprint(of), (of / 40) as u32)), "{budget}");
            assert!(hits(&filter, 0..30_000) < 60, "{budget}: what was taken away is still there");
        }
    }

    #[test]
    fn a_fingerprint_that_everybody_shares_stays_cheap_and_found() {
        let mut filter = Filter::new(1 << 22);
        (0..5000).for_each(|number| filter.insert(fingerprint(7), number));
        assert!(filter.len() <= MOST_NAMED + 1);
        assert!((0..5000).all(|number| names(&filter, fingerprint(7), number)));
        (100..5000).for_each(|number| filter.remove(fingerprint(7), number));
        assert!((0..100).all(|number| names(&filter, fingerprint(7), number)));
    }

    #[test]
    fn agrees_with_a_map_of_counts() {
        let mut rng = fastrand::Rng::with_seed(3);
        let (mut filter, mut counts) = (Filter::new(40_000), HashMap::<(u64, u32), usize>::new());
        for _ in 0..40_000 {
            let key = (fingerprint(rng.u64(0..3000)), rng.u32(0..600));
            let count = counts.entry(key).or_default();
            if *count > 0 && rng.bool() {
                *count -= 1;
                filter.remove(key.0, key.1);
            } else {
                *count += 1;
                filter.insert(key.0, key.1);
            }
        }
        for ((fingerprint, number), count) in counts {
            assert!(count == 0 || names(&filter, fingerprint, number));
        }
    }
}
