//! Keys and values of the prompts seen so far, as a tree: prompts that begin alike share what they begin with.
//!
//! A node is a run of tokens and its keys and values; a prompt is a path from the root. Nodes never change: a prompt
//! that parts from another within a run splits the node in two, which share its pages. Work in progress holds a
//! [`Branch`]: the pages of its path, and a tail of its own that it writes to. When it is done it is kept
//! ([`KvTree::keep`]); when it is dropped its tail goes.
//!
//! Memory is bounded in pages of [`PAGE`] positions, all layers together. When it is full, the least recently used node
//! without children that no branch stands on goes; a node below which something is in use stays. Nothing here knows a
//! model: a page is floats.
//!
//! The idea is that of RadixAttention (Zheng et al. 2023, arXiv 2312.07104).

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use super::cpu::PAGE;

/// Keys and values of [`PAGE`] positions, of all layers.
pub struct Page {
    floats: Vec<f32>,
    in_use: Arc<AtomicUsize>,
}

impl Page {
    /// The floats; what they mean is the model's business.
    pub fn floats(&self) -> &[f32] {
        &self.floats
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.in_use.fetch_sub(1, Relaxed);
    }
}

/// Positions `from..to` of a page.
#[derive(Clone)]
pub struct Run {
    /// Where their keys and values are.
    pub page: Arc<Page>,
    /// First position of the page that belongs.
    pub from: usize,
    /// One past the last.
    pub to: usize,
}

type NodeId = usize;
const ROOT: NodeId = 0;

struct Node {
    tokens: Vec<u32>,
    runs: Vec<Run>,
    parent: NodeId,
    children: HashMap<u32, NodeId>,
    /// When a branch last passed here, in calls.
    used: u64,
    /// Every branch that stands on this node holds a copy.
    pin: Arc<()>,
}

/// What the tree has been asked for and what it had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Tokens of all prompts looked up.
    pub prompt_tokens: u64,
    /// Those whose keys and values were there.
    pub cached_tokens: u64,
    /// Tokens whose keys and values were given up for room.
    pub evicted_tokens: u64,
}

/// The tree.
pub struct KvTree {
    nodes: Vec<Option<Node>>,
    free: Vec<NodeId>,
    page_floats: usize,
    max_pages: usize,
    in_use: Arc<AtomicUsize>,
    clock: u64,
    counters: Counters,
}

/// A prompt's keys and values while something is being computed from it.
pub struct Branch {
    node: NodeId,
    _pin: Arc<()>,
    shared: Vec<Run>,
    shared_tokens: usize,
    tail: Vec<Run>,
    tail_tokens: Vec<u32>,
}

/// No page is to be had: the bound is reached by what is in use, or the system has no memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no room for more keys and values: {pages} pages of {page_bytes} bytes are in use")]
pub struct NoRoom {
    /// Pages in use.
    pub pages: usize,
    /// Bytes of each.
    pub page_bytes: usize,
}

impl KvTree {
    /// A tree whose pages have `page_floats` floats and take `max_bytes` at most (at least one page).
    pub fn new(page_floats: usize, max_bytes: usize) -> KvTree {
        let root = Node {
            tokens: Vec::new(),
            runs: Vec::new(),
            parent: ROOT,
            children: HashMap::new(),
            used: 0,
            pin: Arc::new(()),
        };
        KvTree {
            nodes: vec![Some(root)],
            free: Vec::new(),
            page_floats,
            max_pages: (max_bytes / (page_floats.max(1) * size_of::<f32>())).max(1),
            in_use: Arc::new(AtomicUsize::new(0)),
            clock: 0,
            counters: Counters::default(),
        }
    }

    /// What was asked for and what was there.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Pages in use, those of branches included.
    pub fn pages(&self) -> usize {
        self.in_use.load(Relaxed)
    }

    /// Positions that fit at most.
    pub fn max_tokens(&self) -> usize {
        self.max_pages * PAGE
    }

    /// A branch with what is there of `prompt`, from its beginning, but not more than `limit` tokens.
    ///
    /// Who needs the logits after the last token asks for all but that one.
    pub fn branch(&mut self, prompt: &[u32], limit: usize) -> Branch {
        self.clock += 1;
        let wanted = &prompt[..limit.min(prompt.len())];
        let (node, matched) = self.walk(wanted);
        let shared = self.path(node);
        self.counters.prompt_tokens += prompt.len() as u64;
        self.counters.cached_tokens += matched as u64;
        let pin = self.node(node).map(|node| Arc::clone(&node.pin)).unwrap_or_default();
        Branch { node, _pin: pin, shared, shared_tokens: matched, tail: Vec::new(), tail_tokens: Vec::new() }
    }

    /// A second branch at the place of `branch`, which must have no tail.
    pub fn fork(&self, branch: &Branch) -> Branch {
        debug_assert!(branch.tail.is_empty(), "keep a branch before forking it");
        Branch {
            node: branch.node,
            _pin: Arc::clone(&branch._pin),
            shared: branch.shared.clone(),
            shared_tokens: branch.shared_tokens,
            tail: Vec::new(),
            tail_tokens: Vec::new(),
        }
    }

    /// Takes pages so that `branch` can grow by `tokens`, giving up what was not used for longest.
    pub fn reserve(&mut self, branch: &mut Branch, tokens: usize) -> Result<(), NoRoom> {
        let needed = (branch.tail_tokens.len() + tokens).div_ceil(PAGE);
        while branch.tail.len() < needed {
            let page = self.page()?;
            branch.tail.push(Run { page: Arc::new(page), from: 0, to: 0 });
        }
        Ok(())
    }

    /// Keeps the branch's tail as part of the tree, for prompts to come; the branch then stands on it, without a tail.
    pub fn keep(&mut self, branch: &mut Branch) {
        self.clock += 1;
        let tokens = std::mem::take(&mut branch.tail_tokens);
        let mut runs = std::mem::take(&mut branch.tail);
        runs.retain(|run| run.to > run.from);
        if tokens.is_empty() {
            return;
        }
        // Someone else may have kept the same tokens meanwhile: theirs stay, and only the rest is added.
        let (node, matched) = self.walk_from(branch.node, &tokens);
        let (_, rest) = split_runs(runs, matched);
        let end =
            if matched == tokens.len() { node } else { self.add(node, tokens[matched..].to_vec(), rest) };
        branch.node = end;
        branch._pin = self.node(end).map(|node| Arc::clone(&node.pin)).unwrap_or_default();
        branch.shared = self.path(end);
        branch.shared_tokens += tokens.len();
    }

    fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id)?.as_ref()
    }

    fn node_mut(&mut self, id: NodeId) -> Option<&mut Node> {
        self.nodes.get_mut(id)?.as_mut()
    }

    fn walk(&mut self, tokens: &[u32]) -> (NodeId, usize) {
        self.walk_from(ROOT, tokens)
    }

    /// The node that ends with the longest beginning of `tokens` below `start`, split off if need be, and its length.
    fn walk_from(&mut self, start: NodeId, tokens: &[u32]) -> (NodeId, usize) {
        let (mut at, mut matched) = (start, 0);
        let clock = self.clock;
        while let Some(next) = tokens.get(matched)
            && let Some(child) = self.node(at).and_then(|node| node.children.get(next)).copied()
            && let Some(node) = self.node_mut(child)
        {
            node.used = clock;
            let common = node.tokens.iter().zip(&tokens[matched..]).take_while(|(a, b)| a == b).count();
            matched += common;
            at = if common < node.tokens.len() { self.split(child, common) } else { child };
        }
        (at, matched)
    }

    /// Cuts node `id` after its first `length` tokens; gives the new node, which has those.
    ///
    /// The old node keeps its place in branches that stand on it: it is the one that ends where they do.
    fn split(&mut self, id: NodeId, length: usize) -> NodeId {
        let Some(node) = self.node_mut(id) else { return id };
        let rest = node.tokens.split_off(length);
        let head = std::mem::replace(&mut node.tokens, rest);
        let (runs, rest) = split_runs(std::mem::take(&mut node.runs), length);
        node.runs = rest;
        let (parent, used, first_of_rest) = (node.parent, node.used, node.tokens[0]);
        let first = head[0];
        let new = self.insert(Node {
            tokens: head,
            runs,
            parent,
            children: HashMap::from([(first_of_rest, id)]),
            used,
            pin: Arc::new(()),
        });
        if let Some(node) = self.node_mut(id) {
            node.parent = new;
        }
        if let Some(parent) = self.node_mut(parent) {
            parent.children.insert(first, new);
        }
        new
    }

    fn add(&mut self, parent: NodeId, tokens: Vec<u32>, runs: Vec<Run>) -> NodeId {
        let (first, used) = (tokens[0], self.clock);
        let id =
            self.insert(Node { tokens, runs, parent, children: HashMap::new(), used, pin: Arc::new(()) });
        if let Some(parent) = self.node_mut(parent) {
            parent.children.insert(first, id);
        }
        id
    }

    fn insert(&mut self, node: Node) -> NodeId {
        if let Some(id) = self.free.pop() {
            self.nodes[id] = Some(node);
            id
        } else {
            self.nodes.push(Some(node));
            self.nodes.len() - 1
        }
    }

    /// The runs from the root to the end of node `id`.
    fn path(&self, id: NodeId) -> Vec<Run> {
        let mut nodes = Vec::new();
        let mut at = id;
        while at != ROOT
            && let Some(node) = self.node(at)
        {
            nodes.push(node);
            at = node.parent;
        }
        nodes.iter().rev().flat_map(|node| node.runs.iter().cloned()).collect()
    }

    fn page(&mut self) -> Result<Page, NoRoom> {
        while self.pages() >= self.max_pages && self.evict() {}
        let no_room = NoRoom { pages: self.pages(), page_bytes: self.page_floats * size_of::<f32>() };
        if self.pages() >= self.max_pages {
            return Err(no_room);
        }
        let mut floats = Vec::new();
        // The system may have less than the bound: give up what can be given up before failing.
        while floats.try_reserve_exact(self.page_floats).is_err() {
            if !self.evict() {
                return Err(no_room);
            }
        }
        floats.resize(self.page_floats, 0.0);
        self.in_use.fetch_add(1, Relaxed);
        Ok(Page { floats, in_use: Arc::clone(&self.in_use) })
    }

    /// Gives up the least recently used leaf that no branch stands on; false if there is none.
    fn evict(&mut self) -> bool {
        let leaf = |(id, node): (NodeId, &Option<Node>)| {
            let node = node.as_ref()?;
            let idle = id != ROOT && node.children.is_empty() && Arc::strong_count(&node.pin) == 1;
            idle.then_some((node.used, id))
        };
        let Some((_, id)) = self.nodes.iter().enumerate().filter_map(leaf).min() else { return false };
        let Some(node) = self.nodes[id].take() else { return false };
        self.free.push(id);
        self.counters.evicted_tokens += node.tokens.len() as u64;
        if let Some(parent) = self.node_mut(node.parent) {
            parent.children.remove(&node.tokens[0]);
        }
        true
    }
}

impl Branch {
    /// Tokens so far.
    pub fn len(&self) -> usize {
        self.shared_tokens + self.tail_tokens.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The runs in order, the tail's last. Positions in pages taken by [`KvTree::reserve`] beyond the tail are not in it.
    pub fn runs(&self) -> impl Iterator<Item = &Run> {
        self.shared.iter().chain(&self.tail).filter(|run| run.to > run.from)
    }

    /// Adds tokens whose keys and values will be written next.
    ///
    /// # Panics
    /// If [`KvTree::reserve`] took no pages for them.
    pub fn push(&mut self, tokens: &[u32]) {
        for token in tokens {
            let at = self.tail_tokens.len();
            self.tail[at / PAGE].to = at % PAGE + 1;
            self.tail_tokens.push(*token);
        }
    }

    /// The page and the place in it of position `position`, to be written; none unless it is in the tail.
    pub fn slot(&mut self, position: usize) -> Option<(&mut [f32], usize)> {
        let at = position.checked_sub(self.shared_tokens)?;
        let page = Arc::get_mut(&mut self.tail.get_mut(at / PAGE)?.page)?;
        Some((&mut page.floats, at % PAGE))
    }
}

/// Cuts runs after `length` positions; a page on the seam belongs to both.
fn split_runs(runs: Vec<Run>, length: usize) -> (Vec<Run>, Vec<Run>) {
    let (mut head, mut rest, mut left) = (Vec::new(), Vec::new(), length);
    for run in runs {
        let count = run.to - run.from;
        let here = count.min(left);
        left -= here;
        if here > 0 {
            head.push(Run { to: run.from + here, ..run.clone() });
        }
        if here < count {
            rest.push(Run { from: run.from + here, ..run });
        }
    }
    (head, rest)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    /// What a position's key would be: a number that depends on every token up to it.
    fn mark(tokens: &[u32]) -> f32 {
        let hash = tokens.iter().fold(17u64, |hash, token| (hash * 31 + u64::from(*token) + 1) % 8_388_593);
        hash as f32
    }

    /// Computes what is missing of `prompt`, as a model would.
    fn compute(tree: &mut KvTree, branch: &mut Branch, prompt: &[u32]) -> Result<(), NoRoom> {
        let start = branch.len();
        tree.reserve(branch, prompt.len() - start)?;
        branch.push(&prompt[start..]);
        for at in start..prompt.len() {
            let (floats, slot) = branch.slot(at).expect("in the tail");
            floats[slot] = mark(&prompt[..=at]);
        }
        Ok(())
    }

    fn content(branch: &Branch) -> Vec<f32> {
        branch.runs().flat_map(|run| run.page.floats()[run.from..run.to].to_vec()).collect()
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
            let mut tree = KvTree::new(PAGE, pages.unwrap_or(10_000) * PAGE * 4);
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
                prop_assert_eq!(content(&branch), marks(&prompt[..branch.len()]));
                if compute(&mut tree, &mut branch, prompt).is_err() {
                    // Only what is in use may stand in the way.
                    prop_assert!(pages.is_some());
                    branches.clear();
                    continue;
                }
                prop_assert_eq!(content(&branch), marks(prompt));
                tree.keep(&mut branch);
                prop_assert_eq!(content(&branch), marks(prompt));
                known.extend((1..=prompt.len()).map(|end| prompt[..end].to_vec()));
                if hold {
                    branches.push((branch, prompt.clone()));
                }
                prop_assert!(tree.pages() <= pages.unwrap_or(10_000));
                for (branch, prompt) in &branches {
                    prop_assert_eq!(content(branch), marks(prompt));
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
        let mut tree = KvTree::new(PAGE, 1 << 20);
        let shared: Vec<u32> = (0..100).collect();
        let prompt = |suffix: u32| [&shared[..], &[1000 + suffix, 7, 8]].concat();
        for round in 0..3 {
            for suffix in 0..10 {
                let mut branch = tree.branch(&prompt(suffix), 103);
                compute(&mut tree, &mut branch, &prompt(suffix)).expect("room");
                tree.keep(&mut branch);
                assert_eq!(content(&branch), marks(&prompt(suffix)), "{round}");
            }
        }
        let counters = tree.counters();
        assert_eq!(counters.prompt_tokens - counters.cached_tokens, 100 + 10 * 3);
        // The shared hundred take seven pages once, the first suffix in the last of them; each other suffix takes one.
        assert_eq!(tree.pages(), 7 + 9);
    }

    #[test]
    fn the_least_recently_used_leaf_goes_first() {
        let mut tree = KvTree::new(PAGE, 3 * PAGE * 4);
        let keep = |tree: &mut KvTree, prompt: &[u32]| {
            let mut branch = tree.branch(prompt, prompt.len());
            compute(tree, &mut branch, prompt).expect("room");
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
        let mut tree = KvTree::new(PAGE, 2 * PAGE * 4);
        let long: Vec<u32> = (0..40).collect();
        let mut branch = tree.branch(&long, 40);
        assert_eq!(tree.reserve(&mut branch, 40), Err(NoRoom { pages: 2, page_bytes: PAGE * 4 }));
        drop(branch);
        assert_eq!(tree.pages(), 0);
        let mut branch = tree.branch(&long[..20], 20);
        assert!(compute(&mut tree, &mut branch, &long[..20]).is_ok());
    }
}
