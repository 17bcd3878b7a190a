//! Causal attention of a chunk of queries over keys and values that lie in pages.
//!
//! For query head h with key head h / (heads / kv_heads) (grouped queries: Ainslie et al. 2023, arXiv 2305.13245):
//! `out = Σ_key soft-max_key(scale q · k) v`, over the keys at positions up to the query's own; with a window (Beltagy et
//! al. 2020, arXiv 2004.05150; Mistral, Gemma 3) over the last of these only, and what lies before costs nothing.
//!
//! Queries come rotated. A page's keys lie transposed, `[head][dimension][PAGE]`, and its values
//! `[head][PAGE][dimension]`, so both products are "a number times a row of a matrix, added up": no sum runs across
//! lanes. Four query rows (neighbouring heads and tokens that share a key head) go together. Scores are kept whole and
//! not merged block by block: each sum runs over the keys in order, and which lane a score is added up in follows from its
//! position alone, so neither the chunk's size nor where pages begin changes a bit.

use super::elementwise::{WIDTH, soft_max};
use super::isa::Isa;
use crate::engine::kv::PAGE;

/// Query rows that go together.
const ROWS: usize = 4;

/// Head sizes must be a multiple of this: two vectors of eight.
pub const HEAD_STEP: usize = 16;

/// A run of positions in a page, of one layer.
#[derive(Clone, Copy)]
pub struct Span<'a> {
    /// `[kv_heads][head_size][PAGE]`.
    pub keys: &'a [f32],
    /// `[kv_heads][PAGE][head_size]`.
    pub values: &'a [f32],
    /// First and one past the last position of the page that count.
    pub range: (usize, usize),
}

/// What to attend to.
#[derive(Clone, Copy)]
pub struct Attention<'a> {
    /// Rotated queries: tokens × heads × head_size.
    pub queries: &'a [f32],
    /// All positions from `first_key` on in order, the chunk's own last.
    pub spans: &'a [Span<'a>],
    /// Position of the first key in `spans`: 0, or as far on as the first query's window begins.
    pub first_key: usize,
    /// Position of the first query.
    pub first_position: usize,
    /// Queries.
    pub tokens: usize,
    /// Query heads; a multiple of `kv_heads`.
    pub heads: usize,
    /// Key and value heads.
    pub kv_heads: usize,
    /// A multiple of [`HEAD_STEP`].
    pub head_size: usize,
    /// How many positions a query sees, its own counted; all up to its own if none. Not 0.
    pub window: Option<usize>,
    /// What a score is multiplied by, above 0; `1 / √head_size` in most models.
    pub scale: f32,
}

impl<'a> Attention<'a> {
    fn rows(&self) -> usize {
        self.tokens * (self.heads / self.kv_heads)
    }

    /// Pieces of work; each writes its own part of the output.
    pub fn items(&self) -> usize {
        self.kv_heads * self.rows().div_ceil(ROWS)
    }

    /// Floats that an item needs to work in.
    pub fn scratch(&self) -> usize {
        ROWS * self.scratch_stride() + self.head_size
    }

    /// Scores of a row: from the vector in which the first of the rows' windows begins to the end of the page in which the
    /// last of them ends.
    fn scratch_stride(&self) -> usize {
        let all = self.first_position + self.tokens;
        let most = self.window.map_or(all, |window| all.min(window.saturating_add(ROWS + WIDTH)));
        most.next_multiple_of(PAGE) + PAGE
    }

    /// The first position that the query at `position` sees.
    pub(super) fn first_visible(&self, position: usize) -> usize {
        self.window.map_or(0, |window| (position + 1).saturating_sub(window))
    }

    /// The same without the spans that end before the first query's window begins.
    pub(super) fn seen_only(self) -> Attention<'a> {
        let begin = self.first_visible(self.first_position) / WIDTH * WIDTH;
        let (mut spans, mut first_key) = (self.spans, self.first_key);
        while let Some((span, rest)) = spans.split_first() {
            let end = first_key + span.range.1 - span.range.0;
            if end > begin {
                break;
            }
            (spans, first_key) = (rest, end);
        }
        Attention { spans, first_key, ..self }
    }
}

/// Does item `item`; `out` has the queries' shape.
///
/// # Safety
/// The CPU has `I`; `out` may be written at the item's rows, `scratch` for [`Attention::scratch`] floats; the spans
/// cover all positions up to the last query's.
#[inline(always)]
pub unsafe fn attend<I: Isa>(a: &Attention, item: usize, out: *mut f32, scratch: *mut f32) {
    let tiles = a.rows().div_ceil(ROWS);
    let (kv_head, first) = (item / tiles, item % tiles * ROWS);
    // SAFETY: the caller's.
    unsafe {
        match ROWS.min(a.rows() - first) {
            1 => rows::<I, 1>(a, kv_head, (first, 1), out, scratch),
            live => rows::<I, ROWS>(a, kv_head, (first, live), out, scratch),
        }
    }
}

/// Rows `first..first + live` of a key head; the others of the `R` are computed and not kept.
#[inline(always)]
unsafe fn rows<I: Isa, const R: usize>(
    a: &Attention,
    kv_head: usize,
    (first, live): (usize, usize),
    out: *mut f32,
    scratch: *mut f32,
) {
    let (size, group, stride) = (a.head_size, a.heads / a.kv_heads, a.scratch_stride());
    let row = |r: usize| first + r.min(live - 1);
    let place = |r: usize| (row(r) / group * a.heads + kv_head * group + row(r) % group) * size;
    let position = |r: usize| a.first_position + row(r) / group;
    // Rows come in the order of their positions: the first sees furthest back, the last furthest on.
    let begin = a.first_visible(position(0)) / WIDTH * WIDTH;
    let end = position(R - 1) + 1;
    let padded = (end - begin).next_multiple_of(WIDTH);
    // SAFETY (of the whole body): rows lie in the queries' shape; scores stay within `stride` a row.
    unsafe {
        let queries: [*const f32; R] = std::array::from_fn(|r| a.queries.as_ptr().add(place(r)));
        for (span, at, from, to) in seen(a, begin, end) {
            let keys = span.keys[kv_head * size * PAGE..][..size * PAGE].as_ptr();
            let mut scores = [[0.0; PAGE]; R];
            let targets: [*mut f32; R] =
                std::array::from_fn(|r| scores.as_mut_ptr().cast::<f32>().add(r * PAGE));
            panel::<I, R>(queries, size, keys, PAGE, targets, PAGE);
            for (r, scores) in scores.iter().enumerate() {
                let row = std::slice::from_raw_parts_mut(scratch.add(r * stride + at - begin), to - from);
                row.copy_from_slice(&scores[from..to]);
            }
        }
        for r in 0..live {
            // A row's sums begin where its own window does, whatever other rows it goes with.
            let first = a.first_visible(position(r));
            let skipped = first / WIDTH * WIDTH - begin;
            std::slice::from_raw_parts_mut(scratch.add(r * stride), skipped).fill(0.0);
            let visible = (first % WIDTH, position(r) + 1 - begin - skipped);
            soft_max::<I>(scratch.add(r * stride + skipped), visible, padded - skipped, a.scale);
        }
        let spare = scratch.add(R * stride);
        let targets: [*mut f32; R] =
            std::array::from_fn(|r| if r < live { out.add(place(r)) } else { spare });
        for target in targets {
            std::slice::from_raw_parts_mut(target, size).fill(0.0);
        }
        for (span, at, from, to) in seen(a, begin, end) {
            let values = span.values[kv_head * size * PAGE..][..size * PAGE].as_ptr().add(from * size);
            let weights: [*const f32; R] =
                std::array::from_fn(|r| scratch.add(r * stride + at - begin).cast_const());
            panel::<I, R>(weights, to - from, values, size, targets, size);
        }
    }
}

/// The spans with positions `begin..end`: each with the first of these that it has, and the part of its page that has them.
#[inline(always)]
fn seen<'a>(
    a: &Attention<'a>,
    begin: usize,
    end: usize,
) -> impl Iterator<Item = (&'a Span<'a>, usize, usize, usize)> {
    let mut next = a.first_key;
    let spans = a.spans.iter().map_while(move |span| {
        let (at, (from, to)) = (next, span.range);
        next += to - from;
        // Nothing is left of a span that lies before them.
        let skipped = begin.saturating_sub(at).min(to - from);
        (at < end).then(|| (span, at + skipped, from + skipped, to.min(from + end - at)))
    });
    spans.filter(|(.., from, to)| from < to)
}

/// `c[r][0..width] += Σ_k a[r][k] · b[k][0..width]`, the rows of `b` being `stride` apart.
#[inline(always)]
unsafe fn panel<I: Isa, const R: usize>(
    a: [*const f32; R],
    count: usize,
    b: *const f32,
    stride: usize,
    c: [*mut f32; R],
    width: usize,
) {
    // SAFETY (of the whole body): the caller's; `width` is a multiple of sixteen.
    unsafe {
        for at in (0..width).step_by(2 * I::LANES) {
            let mut sums: [[I::F; 2]; R] =
                std::array::from_fn(|r| [I::load(c[r].add(at)), I::load(c[r].add(at + I::LANES))]);
            for k in 0..count {
                let row = b.add(k * stride + at);
                let pair = [I::load(row), I::load(row.add(I::LANES))];
                for (sum, a) in sums.iter_mut().zip(a) {
                    let a = I::splat(*a.add(k));
                    sum[0] = I::add(sum[0], I::mul(a, pair[0]));
                    sum[1] = I::add(sum[1], I::mul(a, pair[1]));
                }
            }
            for (sum, c) in sums.into_iter().zip(c) {
                I::store(c.add(at), sum[0]);
                I::store(c.add(at + I::LANES), sum[1]);
            }
        }
    }
}
