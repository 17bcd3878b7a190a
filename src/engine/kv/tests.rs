//! The tree against a set of all beginnings ever kept, and its bounds.

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;

/// What a position's key would be: a number that depends on every token up to it.
fn mark(tokens: &[u32]) -> f32 {
    let hash = tokens.iter().fold(17u64, |hash, token| (hash * 31 + u64::from(*token) + 1) % 8_388_593);
    hash as f32
}

/// What lies under the pages' numbers.
#[derive(Default)]
struct Memory(Vec<[f32; PAGE]>);

impl Memory {
    /// Computes what is missing of `prompt`, as a model would.
    fn compute(&mut self, tree: &mut KvTree, branch: &mut Branch, prompt: &[u32]) -> Result<(), NoRoom> {
        let start = branch.len();
        tree.reserve(branch, prompt.len() - start)?;
        self.0.resize(tree.pages_needed(), [0.0; PAGE]);
        branch.push(&prompt[start..]);
        for at in start..prompt.len() {
            let (page, slot) = branch.slot(at).expect("in the tail");
            self.0[page][slot] = mark(&prompt[..=at]);
        }
        Ok(())
    }

    fn content(&self, branch: &Branch) -> Vec<f32> {
        branch.runs().flat_map(|run| self.0[run.page.number()][run.from..run.to].to_vec()).collect()
    }
}

fn marks(prompt: &[u32]) -> Vec<f32> {
    (1..=prompt.len()).map(|end| mark(&prompt[..end])).collect()
}

proptest! {
    /// Against a set of all beginnings ever kept: without a bound nothing shared is computed twice; with one, what
    /// is found is right, the bound holds and what is in use stays.
    #[test]
    fn agrees_with_a_set_of_prefixes(
        prompts in prop::collection::vec(prop::collection::vec(0u32..3, 1..60), 1..40),
        held in prop::collection::vec(any::<bool>(), 40),
        pages in prop::option::of(8usize..30),
    ) {
        let mut tree = KvTree::new(64, pages.unwrap_or(10_000) * 64);
        let mut memory = Memory::default();
        let mut known: HashSet<Vec<u32>> = HashSet::new();
        let mut branches: Vec<(Branch, Vec<u32>)> = Vec::new();
        let mut cached = 0;
        for (prompt, hold) in prompts.iter().zip(held) {
            let longest = (0..=prompt.len()).rev().find(|n| *n == 0 || known.contains(&prompt[..*n])).unwrap_or(0);
            let mut branch = tree.branch(prompt, prompt.len());
            if pages.is_none() {
                prop_assert_eq!(branch.len(), longest);
            } else {
                prop_assert!(branch.len() <= longest);
            }
            cached += branch.len() as u64;
            prop_assert_eq!(memory.content(&branch), marks(&prompt[..branch.len()]));
            if memory.compute(&mut tree, &mut branch, prompt).is_err() {
                // Only what is in use may stand in the way.
                prop_assert!(pages.is_some());
                branches.clear();
                continue;
            }
            prop_assert_eq!(memory.content(&branch), marks(prompt));
            tree.keep(&mut branch);
            prop_assert_eq!(memory.content(&branch), marks(prompt));
            known.extend((1..=prompt.len()).map(|end| prompt[..end].to_vec()));
            if hold {
                branches.push((branch, prompt.clone()));
            }
            prop_assert!(tree.pages() <= pages.unwrap_or(10_000));
            for (branch, prompt) in &branches {
                prop_assert_eq!(memory.content(branch), marks(prompt));
                // What is in use is found again.
                prop_assert_eq!(tree.walk(prompt).1, prompt.len());
            }
        }
        prop_assert_eq!(tree.counters().cached_tokens, cached);
        drop(branches);
        while tree.evict() {}
        prop_assert_eq!(tree.pages(), 0);
    }
}

#[test]
fn interleaved_branches_compute_no_shared_token_twice() {
    let mut tree = KvTree::new(64, 1 << 20);
    let mut memory = Memory::default();
    let shared: Vec<u32> = (0..100).collect();
    let prompt = |suffix: u32| [&shared[..], &[1000 + suffix, 7, 8]].concat();
    for round in 0..3 {
        for suffix in 0..10 {
            let mut branch = tree.branch(&prompt(suffix), 103);
            memory.compute(&mut tree, &mut branch, &prompt(suffix)).expect("room");
            tree.keep(&mut branch);
            assert_eq!(memory.content(&branch), marks(&prompt(suffix)), "{round}");
        }
    }
    let counters = tree.counters();
    assert_eq!(counters.prompt_tokens - counters.cached_tokens, 100 + 10 * 3);
    // The shared hundred take seven pages once, the first suffix in the last of them; each other suffix takes one.
    assert_eq!(tree.pages(), 7 + 9);
}

#[test]
fn the_least_recently_used_leaf_goes_first() {
    let mut tree = KvTree::new(64, 3 * 64);
    let mut memory = Memory::default();
    let mut keep = |tree: &mut KvTree, prompt: &[u32]| {
        let mut branch = tree.branch(prompt, prompt.len());
        memory.compute(tree, &mut branch, prompt).expect("room");
        tree.keep(&mut branch);
    };
    for prompt in [[1, 1], [2, 2], [3, 3]] {
        keep(&mut tree, &prompt);
    }
    keep(&mut tree, &[1, 1]);
    keep(&mut tree, &[4, 4]);
    let found: Vec<usize> = [[1, 1], [2, 2], [3, 3], [4, 4]].iter().map(|p| tree.walk(p).1).collect();
    assert_eq!(found, [2, 0, 2, 2]);
    assert_eq!(tree.counters().evicted_tokens, 2);
}

#[test]
fn a_bound_that_is_in_use_is_an_error_and_no_more() {
    let mut tree = KvTree::new(64, 2 * 64);
    let mut memory = Memory::default();
    let long: Vec<u32> = (0..40).collect();
    let mut branch = tree.branch(&long, 40);
    assert_eq!(tree.reserve(&mut branch, 40), Err(NoRoom { pages: 2, page_bytes: 64 }));
    drop(branch);
    assert_eq!(tree.pages(), 0);
    let mut branch = tree.branch(&long[..20], 20);
    assert!(memory.compute(&mut tree, &mut branch, &long[..20]).is_ok());
}

#[test]
fn a_device_with_less_memory_than_the_bound_is_given_no_more_pages() {
    let mut tree = KvTree::new(64, 10 * 64);
    let mut memory = Memory::default();
    for prompt in [[1, 1], [2, 2], [3, 3]] {
        let mut branch = tree.branch(&prompt, 2);
        memory.compute(&mut tree, &mut branch, &prompt).expect("room");
        tree.keep(&mut branch);
    }
    let mut branch = tree.branch(&[4, 4], 2);
    tree.reserve(&mut branch, 2).expect("the bound allows it");
    assert_eq!(tree.pages_needed(), 4);
    // The device has memory for three: the oldest goes.
    tree.shrink(&mut branch, 3);
    memory.compute(&mut tree, &mut branch, &[4, 4]).expect("room");
    tree.keep(&mut branch);
    assert_eq!((tree.pages_needed(), tree.pages(), tree.max_tokens()), (3, 3, 3 * PAGE));
    assert_eq!([[1, 1], [2, 2], [3, 3], [4, 4]].map(|p| tree.walk(&p).1), [0, 2, 2, 2]);
    assert_eq!(memory.content(&tree.branch(&[4, 4], 2)), marks(&[4, 4]));
}
