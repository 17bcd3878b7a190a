//! Checks of attention, with and without a window.

use super::super::{Attention, Kernels, Pool, Span};
use super::{Random, same_bits};
use crate::engine::kv::PAGE;

/// Keys, values, and which of their tokens count.
type Page = (Vec<f32>, Vec<f32>, (usize, usize));

pub struct Case {
    queries: Vec<f32>,
    pages: Vec<Page>,
    first_position: usize,
    tokens: usize,
    heads: usize,
    kv_heads: usize,
    head_size: usize,
    window: Option<usize>,
    scale: f32,
}

impl Case {
    /// `past + tokens` positions in pages that begin and end anywhere.
    pub fn random(
        random: &mut Random,
        (past, tokens): (usize, usize),
        (heads, kv_heads): (usize, usize),
        size: usize,
    ) -> Case {
        let mut pages = Vec::new();
        let mut left = past + tokens;
        while left > 0 {
            let from = random.bits() as usize % PAGE;
            let to = (from + 1 + random.bits() as usize % (PAGE - from)).min(from + left);
            left -= to - from;
            let page = kv_heads * size * PAGE;
            pages.push((random.floats(page, 2.0), random.floats(page, 1.0), (from, to)));
        }
        let queries = random.floats(tokens * heads * size, 1.0);
        Case {
            queries,
            pages,
            first_position: past,
            tokens,
            heads,
            kv_heads,
            head_size: size,
            window: None,
            scale: 1.0 / (size as f32).sqrt(),
        }
    }

    /// The same with another window.
    pub fn within(self, window: Option<usize>) -> Case {
        Case { window, ..self }
    }

    pub fn attend(&self, kernels: &Kernels, threads: usize) -> Vec<f32> {
        let spans: Vec<Span> =
            self.pages.iter().map(|(keys, values, range)| Span { keys, values, range: *range }).collect();
        let a = Attention {
            queries: &self.queries,
            spans: &spans,
            first_position: self.first_position,
            tokens: self.tokens,
            heads: self.heads,
            kv_heads: self.kv_heads,
            head_size: self.head_size,
            first_key: 0,
            window: self.window,
            scale: self.scale,
        };
        let mut out = vec![f32::NAN; self.queries.len()];
        let mut scratch = vec![f32::NAN; threads * a.scratch()];
        kernels.attend(&mut Pool::new(threads), &a, &mut out, &mut scratch);
        out
    }

    /// The formula, in f64.
    fn expected(&self) -> Vec<f64> {
        let size = self.head_size;
        let scale = f64::from(self.scale);
        let keys: Vec<(usize, usize)> = self
            .pages
            .iter()
            .enumerate()
            .flat_map(|(page, (.., (from, to)))| (*from..*to).map(move |at| (page, at)))
            .collect();
        let mut out = Vec::new();
        for t in 0..self.tokens {
            for h in 0..self.heads {
                let kv = h / (self.heads / self.kv_heads);
                let query = &self.queries[(t * self.heads + h) * size..][..size];
                let position = self.first_position + t;
                let first = self.window.map_or(0, |window| (position + 1).saturating_sub(window));
                let visible = &keys[first..=position];
                let key =
                    |(page, at): (usize, usize), d: usize| self.pages[page].0[(kv * size + d) * PAGE + at];
                let value =
                    |(page, at): (usize, usize), d: usize| self.pages[page].1[(kv * PAGE + at) * size + d];
                let scores: Vec<f64> = visible
                    .iter()
                    .map(|k| {
                        (0..size).map(|d| f64::from(query[d]) * f64::from(key(*k, d))).sum::<f64>() * scale
                    })
                    .collect();
                let max = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let sum: f64 = scores.iter().map(|s| (s - max).exp()).sum();
                out.extend((0..size).map(|d| {
                    visible
                        .iter()
                        .zip(&scores)
                        .map(|(k, s)| (s - max).exp() / sum * f64::from(value(*k, d)))
                        .sum::<f64>()
                }));
            }
        }
        out
    }
}

/// Past and new tokens, query and key heads, the size of a head.
type Shape = ((usize, usize), (usize, usize), usize);

/// One key, pages' edges, chunks, grouped and single heads.
const SHAPES: [Shape; 5] = [
    ((0, 1), (1, 1), 16),
    ((0, 9), (6, 2), 32),
    ((15, 1), (9, 3), 64),
    ((16, 3), (4, 4), 16),
    ((40, 13), (8, 2), 80),
];

/// Attention against f64: without a window, with one of every kind of length, with another scale, on threads.
pub fn agrees_with_floats(kernels: &Kernels) {
    let mut random = Random(23);
    for (tokens, heads, size) in SHAPES {
        for window in [None, Some(1), Some(2), Some(7), Some(8), Some(17), Some(1000), Some(usize::MAX)] {
            let case = Case::random(&mut random, tokens, heads, size);
            let scale = if window == Some(8) { 0.7 } else { case.scale };
            let case = Case { scale, ..case.within(window) };
            let ours = case.attend(kernels, 1);
            for (ours, exact) in ours.iter().zip(case.expected()) {
                assert!((f64::from(*ours) - exact).abs() < 2e-5, "{}: {ours} {exact}", kernels.name);
            }
            if cfg!(not(target_arch = "wasm32")) {
                same_bits(&ours, &case.attend(kernels, 3), kernels.name);
            }
        }
    }
}

impl Case {
    /// The queries from `first` on, `count` of them, the keys after them gone.
    fn part(&self, first: usize, count: usize) -> Case {
        let row = self.heads * self.head_size;
        let mut left = self.first_position + first + count;
        let mut pages = Vec::new();
        for (keys, values, (from, to)) in &self.pages {
            let to = (*to).min(from + left);
            left -= to - from;
            pages.push((keys.clone(), values.clone(), (*from, to)));
        }
        Case {
            queries: self.queries[first * row..(first + count) * row].to_vec(),
            pages,
            first_position: self.first_position + first,
            tokens: count,
            ..*self
        }
    }

    /// The same keys in pages that begin and end elsewhere.
    fn repaged(&self, random: &mut Random) -> Case {
        let (size, page) = (self.head_size, self.kv_heads * self.head_size * PAGE);
        let mut pages: Vec<Page> = Vec::new();
        for (keys, values, (from, to)) in &self.pages {
            for at in *from..*to {
                if pages.last().is_none_or(|(.., (_, to))| *to == PAGE || random.bits().is_multiple_of(7)) {
                    let from = random.bits() as usize % PAGE;
                    pages.push((random.floats(page, 9.0), random.floats(page, 9.0), (from, from)));
                }
                let Some((new_keys, new_values, (_, to))) = pages.last_mut() else { return self.part(0, 0) };
                for d in 0..self.kv_heads * size {
                    new_keys[d * PAGE + *to] = keys[d * PAGE + at];
                    let place = |at: usize| (d / size * PAGE + at) * size + d % size;
                    new_values[place(*to)] = values[place(at)];
                }
                *to += 1;
            }
        }
        Case { queries: self.queries.clone(), pages, ..*self }
    }
}

/// A query gets the same bits in any chunk and wherever pages begin.
pub fn chunks_and_pages_change_nothing(kernels: &Kernels) {
    let mut random = Random(29);
    for window in [None, Some(5), Some(16), Some(21)] {
        let case = Case::random(&mut random, (19, 23), (6, 2), 32).within(window);
        let whole = case.attend(kernels, 1);
        same_bits(&whole, &case.repaged(&mut random).attend(kernels, 1), kernels.name);
        for count in [1, 2, 5] {
            let parts: Vec<f32> = (0..23)
                .step_by(count)
                .flat_map(|first| case.part(first, count.min(23 - first)).attend(kernels, 1))
                .collect();
            same_bits(&whole, &parts, kernels.name);
        }
    }
}

/// Keys that no query sees may be anything.
pub fn what_lies_before_a_window_is_not_read(kernels: &Kernels) {
    let mut random = Random(31);
    let mut case = Case::random(&mut random, (100, 3), (4, 2), 16).within(Some(20));
    let clean = case.attend(kernels, 1);
    // The first query sees positions 81 to 100; what shares a vector of eight scores with them is multiplied by zero.
    let mut position = 0;
    for (keys, values, (from, to)) in &mut case.pages {
        position += *to - *from;
        if position <= 80 {
            keys.fill(f32::NAN);
            values.fill(f32::NAN);
        }
    }
    same_bits(&clean, &case.attend(kernels, 1), kernels.name);
}
