//! Keys and values of the prompts seen so far, as a tree: prompts that begin alike share what they begin with.
//!
//! A node is a run of tokens and its keys and values; a prompt is a path from the root. Nodes never change: a prompt
//! that parts from another within a run splits the node in two, which share its pages. Work in progress holds a
//! [`Branch`]: the pages of its path, and a tail of its own that it writes to. When it is done it is kept
//! ([`KvTree::keep`]); when it is dropped its tail goes.
//!
//! Memory is bounded in pages of [`PAGE`] positions, all layers together. When it is full, the least recently used node
//! without children that no branch stands on goes; a node below which something is in use stays. Nothing here knows a
//! model or a device: a page is a number, and what lies under it is the device's business. Low numbers are handed out
//! first, so that a device needs no more memory than the most that was ever in use.
//!
//! The idea is that of RadixAttention (Zheng et al. 2023, arXiv 2312.07104).

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

/// Positions in a page.
pub const PAGE: usize = 16;

/// The numbers of pages that are handed out and come back.
#[derive(Default)]
struct Numbers {
    given_back: BinaryHeap<Reverse<usize>>,
    /// One past the highest ever handed out.
    highest: usize,
    in_use: usize,
}

/// [`PAGE`] positions, of all layers: their number, which comes back when this is dropped.
pub struct Page {
    number: usize,
    numbers: Arc<Mutex<Numbers>>,
}

impl Page {
    /// Which page of the device's memory.
    pub fn number(&self) -> usize {
        self.number
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let mut numbers = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        numbers.in_use -= 1;
        numbers.given_back.push(Reverse(self.number));
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
    page_bytes: usize,
    max_pages: usize,
    numbers: Arc<Mutex<Numbers>>,
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
    /// A tree whose pages have `page_bytes` bytes and take `max_bytes` at most (at least one page).
    pub fn new(page_bytes: usize, max_bytes: usize) -> KvTree {
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
            page_bytes,
            max_pages: (max_bytes / page_bytes.max(1)).max(1),
            numbers: Arc::default(),
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
        self.numbers().in_use
    }

    /// Pages that a device needs memory for: one more than the highest number ever handed out.
    pub fn pages_needed(&self) -> usize {
        self.numbers().highest
    }

    /// Takes back a branch's pages that hold nothing yet, and from now on hands out no page from number `pages` on: a
    /// device has no memory for more.
    pub fn shrink(&mut self, branch: &mut Branch, pages: usize) {
        branch.tail.retain(|run| run.to > run.from);
        self.max_pages = self.max_pages.min(pages);
        let mut numbers = self.numbers();
        numbers.highest = numbers.highest.min(pages);
        numbers.given_back.retain(|Reverse(number)| *number < pages);
    }

    fn numbers(&self) -> std::sync::MutexGuard<'_, Numbers> {
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Positions that fit at most.
    pub fn max_tokens(&self) -> usize {
        self.max_pages * PAGE
    }

    /// A branch with what is there of `prompt`, from its beginning, but not more than `limit` tokens.
    ///
    /// Who needs the logits after the last token asks for all but that one.
    pub fn branch(&mut self, prompt: &[u32], limit: usize) -> Branch {
        let branch = self.stand(prompt, limit);
        self.count(prompt.len(), branch.len());
        branch
    }

    /// Counts a prompt of `prompt_tokens`, of which `cached_tokens` were there.
    pub fn count(&mut self, prompt_tokens: usize, cached_tokens: usize) {
        self.counters.prompt_tokens += prompt_tokens as u64;
        self.counters.cached_tokens += cached_tokens as u64;
    }

    /// As [`KvTree::branch`], and counts nothing: for prompts that are looked up in several steps.
    pub fn stand(&mut self, prompt: &[u32], limit: usize) -> Branch {
        self.clock += 1;
        let wanted = &prompt[..limit.min(prompt.len())];
        let (node, matched) = self.walk(wanted);
        let shared = self.path(node);
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
        // So that memory is asked for where a page begins and nowhere else.
        branch.tail_tokens.reserve(needed * PAGE - branch.tail_tokens.len());
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
        let mut numbers = self.numbers();
        if numbers.in_use >= self.max_pages {
            return Err(NoRoom { pages: numbers.in_use, page_bytes: self.page_bytes });
        }
        let number = match numbers.given_back.pop() {
            Some(Reverse(number)) => number,
            None => {
                numbers.highest += 1;
                numbers.highest - 1
            }
        };
        numbers.in_use += 1;
        drop(numbers);
        Ok(Page { number, numbers: Arc::clone(&self.numbers) })
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

    /// The page's number and the place in it of position `position`, to be written; none unless it is in the tail.
    pub fn slot(&self, position: usize) -> Option<(usize, usize)> {
        let at = position.checked_sub(self.shared_tokens)?;
        let run = self.tail.get(at / PAGE)?;
        Some((run.page.number, at % PAGE))
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
mod tests;
