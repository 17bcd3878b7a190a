//! Causal attention of a chunk of queries over keys and values that lie in pages.
//!
//! For query head h with key head h / (heads / kv_heads) (grouped queries: Ainslie et al. 2023, arXiv 2305.13245):
//! `out = Σ_key soft-max_key(q · k) v`, over the keys at positions up to the query's own.
//!
//! Queries come rotated. A page's keys lie transposed, `[head][dimension][PAGE]`, and its values
//! `[head][PAGE][dimension]`, so both products are "a number times a row of a matrix, added up": no sum runs across
//! lanes. Four query rows (neighbouring heads and tokens that share a key head) go together. Scores are kept whole and
//! not merged block by block: each sum runs over the keys in order, so neither the chunk's size nor where pages begin
//! changes a bit.

use super::elementwise::soft_max;
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
pub struct Attention<'a> {
    /// Rotated queries: tokens × heads × head_size.
    pub queries: &'a [f32],
    /// All positions in order, the chunk's own last.
    pub spans: &'a [Span<'a>],
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
}

impl Attention<'_> {
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

    fn scratch_stride(&self) -> usize {
        (self.first_position + self.tokens).next_multiple_of(PAGE) + PAGE
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
    let visible = |r: usize| a.first_position + row(r) / group + 1;
    let furthest = visible(R - 1);
    let padded = furthest.next_multiple_of(8);
    let scale = 1.0 / (size as f32).sqrt();
    // SAFETY (of the whole body): rows lie in the queries' shape; scores stay within `stride` a row.
    unsafe {
        let queries: [*const f32; R] = std::array::from_fn(|r| a.queries.as_ptr().add(place(r)));
        let mut position = 0;
        for span in a.spans {
            if position >= furthest {
                break;
            }
            let (from, to) = span.range;
            let keys = span.keys[kv_head * size * PAGE..][..size * PAGE].as_ptr();
            let mut scores = [[0.0; PAGE]; R];
            let targets: [*mut f32; R] =
                std::array::from_fn(|r| scores.as_mut_ptr().cast::<f32>().add(r * PAGE));
            panel::<I, R>(queries, size, keys, PAGE, targets, PAGE);
            for (r, scores) in scores.iter().enumerate() {
                let row = std::slice::from_raw_parts_mut(scratch.add(r * stride + position), to - from);
                row.copy_from_slice(&scores[from..to]);
            }
            position += to - from;
        }
        for r in 0..live {
            soft_max::<I>(scratch.add(r * stride), visible(r), padded, scale);
        }
        let spare = scratch.add(R * stride);
        let targets: [*mut f32; R] =
            std::array::from_fn(|r| if r < live { out.add(place(r)) } else { spare });
        for target in targets {
            std::slice::from_raw_parts_mut(target, size).fill(0.0);
        }
        let mut position = 0;
        for span in a.spans {
            if position >= furthest {
                break;
            }
            let (from, to) = span.range;
            let count = (to - from).min(furthest - position);
            let values = span.values[kv_head * size * PAGE..][..size * PAGE].as_ptr().add(from * size);
            let weights: [*const f32; R] =
                std::array::from_fn(|r| scratch.add(r * stride + position).cast_const());
            panel::<I, R>(weights, count, values, size, targets, size);
            position += to - from;
        }
    }
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
