//! Kernels over one vector at a time: quantising, RMS norm, the gates of SwiGLU and GeGLU, soft-max, rotary positions.
//!
//! Lengths are multiples of eight where a vector is not a row of scores (loading a model checks that). Sums run in
//! eight lanes by position and are added up in one fixed order, so every instruction set gives the same bits.

use super::activations::{TILE, TILE_BLOCK};
use super::isa::Isa;
use super::pack::BLOCK;

/// Numbers that go together whatever the instruction set.
pub const WIDTH: usize = 8;

/// Eight lanes, as one vector of eight or two of four.
#[inline(always)]
unsafe fn spill<I: Isa>(vectors: &[I::F], into: &mut [f32; WIDTH]) {
    for (i, vector) in vectors.iter().enumerate() {
        // SAFETY: `WIDTH / LANES` vectors fill the array.
        unsafe { I::store(into.as_mut_ptr().add(i * I::LANES), *vector) }
    }
}

/// Adds eight lanes in a fixed order.
#[inline(always)]
fn total(x: [f32; WIDTH]) -> f32 {
    ((x[0] + x[4]) + (x[2] + x[6])) + ((x[1] + x[5]) + (x[3] + x[7]))
}

/// Quantises one token's floats into its slot of a tile (`activations.rs` has the layout).
///
/// A number that is none makes its block's scale NaN, so that it shows up in the logits instead of vanishing in an
/// integer.
///
/// # Safety
/// The CPU has `I`; `tile` may be written for all whole blocks of `x`.
#[inline(always)]
pub unsafe fn quantise<I: Isa>(x: &[f32], tile: *mut u8, slot: usize) {
    for (block, x) in x.as_chunks::<BLOCK>().0.iter().enumerate() {
        // SAFETY (of the whole body): `x` has 32 numbers; the tile is the caller's.
        unsafe {
            let at = tile.add(block * TILE_BLOCK);
            let (mut high, mut low, mut taint) = ([0.0; WIDTH], [0.0; WIDTH], [0.0; WIDTH]);
            let zero = I::splat(0.0);
            for lane in (0..WIDTH).step_by(I::LANES) {
                let (mut h, mut l, mut t) = (zero, zero, zero);
                for i in (lane..BLOCK).step_by(WIDTH) {
                    let x = I::load(x.as_ptr().add(i));
                    (h, l, t) = (I::max(h, x), I::min(l, x), I::add(t, I::mul(x, zero)));
                }
                I::store(high.as_mut_ptr().add(lane), h);
                I::store(low.as_mut_ptr().add(lane), l);
                I::store(taint.as_mut_ptr().add(lane), t);
            }
            // why: no `f32::max`, which WebAssembly calls a function for; neither is ever NaN.
            let larger = |a: f32, b: f32| if a < b { b } else { a };
            let largest = (0..WIDTH).fold(0f32, |max, i| larger(larger(max, high[i]), -low[i]));
            // Below this the inverse overflows; such a block is nothing beside any other.
            let (scale, inverse) =
                if largest < 1e-30 { (0.0, 0.0) } else { (largest / 127.0, 127.0 / largest) };
            let mut sums = [0.0; WIDTH];
            for lane in (0..WIDTH).step_by(I::LANES) {
                let mut sum = zero;
                for i in (lane..BLOCK).step_by(WIDTH) {
                    let q = I::round(I::mul(I::load(x.as_ptr().add(i)), I::splat(inverse)));
                    I::store_i8(at.add(BLOCK * slot + i), q);
                    sum = I::add(sum, q);
                }
                I::store(sums.as_mut_ptr().add(lane), sum);
            }
            let scale: f32 = scale + total(taint);
            let scales = at.add(TILE * BLOCK).cast::<f32>();
            scales.add(slot).write_unaligned(scale);
            scales.add(TILE + slot).write_unaligned(scale * total(sums));
        }
    }
}

/// RMS norm (Zhang and Sennrich 2019, arXiv 1910.07467): `out = x / √(mean x² + epsilon) · weight`.
///
/// # Safety
/// The CPU has `I`; `x` and `out`, which may be one place, are as long as `weight`.
#[inline(always)]
pub unsafe fn rms_norm<I: Isa>(x: *const f32, weight: &[f32], epsilon: f32, out: *mut f32) {
    let length = weight.len();
    assert!(length.is_multiple_of(WIDTH), "whole vectors");
    // SAFETY (of the whole body): the lengths are equal and whole vectors.
    unsafe {
        let mut sums = [0.0; WIDTH];
        for lane in (0..WIDTH).step_by(I::LANES) {
            let mut sum = I::splat(0.0);
            for i in (lane..length).step_by(WIDTH) {
                let x = I::load(x.add(i));
                sum = I::add(sum, I::mul(x, x));
            }
            I::store(sums.as_mut_ptr().add(lane), sum);
        }
        let scale = I::splat(1.0 / (total(sums) / length as f32 + epsilon).sqrt());
        for i in (0..length).step_by(I::LANES) {
            let scaled = I::mul(I::load(x.add(i)), scale);
            I::store(out.add(i), I::mul(scaled, I::load(weight.as_ptr().add(i))));
        }
    }
}

/// e^x, within 2 units in the last place from −87 to 88 and held there beyond.
///
/// x = n ln 2 + r with |r| ≤ ln 2 / 2; a polynomial gives e^r (coefficients of Cephes' `expf`, S. Moshier).
#[inline(always)]
pub unsafe fn exp<I: Isa>(x: I::F) -> I::F {
    // SAFETY: the caller's CPU has `I`; n stays within −126 to 127.
    unsafe {
        let x = I::min(I::max(x, I::splat(-87.0)), I::splat(88.0));
        let n = I::round(I::mul(x, I::splat(std::f32::consts::LOG2_E)));
        // ln 2 in two parts: n times the first is exact.
        let r = I::sub(x, I::mul(n, I::splat(0.693_359_4)));
        let r = I::sub(r, I::mul(n, I::splat(-2.121_944_4e-4)));
        let mut p = I::splat(1.987_569_1e-4);
        for c in [1.398_2e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
            p = I::add(I::mul(p, r), I::splat(c));
        }
        let p = I::add(I::add(I::mul(p, I::mul(r, r)), r), I::splat(1.0));
        I::mul(p, I::power_of_two(n))
    }
}

/// SwiGLU's gate (Shazeer 2020, arXiv 2002.05202): `gate = gate / (1 + e^−gate) · up`.
///
/// # Safety
/// The CPU has `I`.
#[inline(always)]
pub unsafe fn silu_mul<I: Isa>(gate: &mut [f32], up: &[f32]) {
    assert!(gate.len() == up.len() && gate.len().is_multiple_of(WIDTH), "equal lengths");
    for i in (0..gate.len()).step_by(I::LANES) {
        // SAFETY: whole vectors of equal lengths.
        unsafe {
            let at = gate.as_mut_ptr().add(i);
            let x = I::load(at);
            let e = exp::<I>(I::sub(I::splat(0.0), x));
            let silu = I::div(x, I::add(I::splat(1.0), e));
            I::store(at, I::mul(silu, I::load(up.as_ptr().add(i))));
        }
    }
}

/// GeGLU's gate (Shazeer 2020, arXiv 2002.05202): `gate = gelu(gate) · up`, with the GELU that Hendrycks and Gimpel
/// (2016, arXiv 1606.08415) give by the hyperbolic tangent, as ggml's `gelu` has it:
/// `gelu(x) = x/2 (1 + tanh u) = x / (1 + e^−2u)` with `u = √(2/π) (x + 0.044715 x³)`.
///
/// # Safety
/// The CPU has `I`.
#[inline(always)]
pub unsafe fn gelu_mul<I: Isa>(gate: &mut [f32], up: &[f32]) {
    assert!(gate.len() == up.len() && gate.len().is_multiple_of(WIDTH), "equal lengths");
    const FIRST: f32 = -2.0 * 0.797_884_6;
    const THIRD: f32 = FIRST * 0.044_715;
    for i in (0..gate.len()).step_by(I::LANES) {
        // SAFETY: whole vectors of equal lengths.
        unsafe {
            let at = gate.as_mut_ptr().add(i);
            let x = I::load(at);
            let slope = I::add(I::splat(FIRST), I::mul(I::splat(THIRD), I::mul(x, x)));
            let e = exp::<I>(I::mul(x, slope));
            let gelu = I::div(x, I::add(I::splat(1.0), e));
            I::store(at, I::mul(gelu, I::load(up.as_ptr().add(i))));
        }
    }
}

/// Turns scores `from..to` into their soft-max, scaled by `scale` before, and sets the others to zero.
///
/// # Safety
/// The CPU has `I`; `scores` has room for `padded` numbers, a multiple of eight and at least `to`; `from` is below `to`
/// and below eight.
#[inline(always)]
pub unsafe fn soft_max<I: Isa>(scores: *mut f32, (from, to): (usize, usize), padded: usize, scale: f32) {
    // SAFETY (of the whole body): the caller's.
    unsafe {
        let row = std::slice::from_raw_parts_mut(scores, padded);
        let whole = to.next_multiple_of(WIDTH).min(padded);
        row[to..].fill(0.0);
        // The filler must not be the maximum.
        let first = row[from];
        row[..from].fill(first);
        row[to..whole].fill(first);
        let mut lanes = [0.0; WIDTH];
        for lane in (0..WIDTH).step_by(I::LANES) {
            let mut max = I::load(scores.add(lane));
            for i in (lane..whole).step_by(WIDTH) {
                max = I::max(max, I::load(scores.add(i)));
            }
            I::store(lanes.as_mut_ptr().add(lane), max);
        }
        let max = I::splat(lanes.iter().fold(lanes[0], |a, b| if a < *b { *b } else { a }));
        for i in (0..whole).step_by(I::LANES) {
            let below = I::mul(I::sub(I::load(scores.add(i)), max), I::splat(scale));
            I::store(scores.add(i), exp::<I>(below));
        }
        row[..from].fill(0.0);
        row[to..whole].fill(0.0);
        let mut sums = [I::splat(0.0); 2];
        for i in (0..whole).step_by(WIDTH) {
            for (part, sum) in sums.iter_mut().take(WIDTH / I::LANES).enumerate() {
                *sum = I::add(*sum, I::load(scores.add(i + part * I::LANES)));
            }
        }
        let mut lanes = [0.0; WIDTH];
        spill::<I>(&sums[..WIDTH / I::LANES], &mut lanes);
        let share = I::splat(1.0 / total(lanes));
        for i in (0..whole).step_by(I::LANES) {
            I::store(scores.add(i), I::mul(I::load(scores.add(i)), share));
        }
    }
}

/// `Σ e^(x − max)`.
///
/// # Safety
/// The CPU has `I`.
#[inline(always)]
pub unsafe fn exp_sum<I: Isa>(x: &[f32], max: f32) -> f32 {
    // SAFETY (of the whole body): whole vectors; what is left over is moved to one.
    unsafe {
        let mut sums = [I::splat(0.0); 2];
        let mut add = |from: *const f32| {
            for (part, sum) in sums.iter_mut().take(WIDTH / I::LANES).enumerate() {
                let x = I::load(from.add(part * I::LANES));
                *sum = I::add(*sum, exp::<I>(I::sub(x, I::splat(max))));
            }
        };
        let (whole, rest) = x.as_chunks::<WIDTH>();
        whole.iter().for_each(|x| add(x.as_ptr()));
        if !rest.is_empty() {
            let mut last = [f32::NEG_INFINITY; WIDTH];
            last[..rest.len()].copy_from_slice(rest);
            add(last.as_ptr());
        }
        let mut lanes = [0.0; WIDTH];
        spill::<I>(&sums[..WIDTH / I::LANES], &mut lanes);
        total(lanes)
    }
}

/// Rotary position embedding (Su et al. 2021, arXiv 2104.09864) on neighbouring pairs, as llama.cpp keeps them for the
/// llama family: `(a, b)` becomes `(a cos − b sin, a sin + b cos)`.
///
/// `angles` holds `(cos, sin)` for each pair of a head; what a head has beyond them stays as it is.
pub fn rotate(heads: &mut [f32], head_size: usize, angles: &[(f32, f32)]) {
    for head in heads.chunks_exact_mut(head_size) {
        for ([a, b], (cos, sin)) in head.as_chunks_mut::<2>().0.iter_mut().zip(angles) {
            (*a, *b) = (*a * cos - *b * sin, *a * sin + *b * cos);
        }
    }
}

/// Rotary position embedding as GPT-NeoX lays it out (Black et al. 2022, arXiv 2204.06745), and Qwen's and Gemma's files:
/// numbers i and n + i of a head are a pair, n being the number of pairs.
///
/// `angles` is as for [`rotate`].
pub fn rotate_halves(heads: &mut [f32], head_size: usize, angles: &[(f32, f32)]) {
    for head in heads.chunks_exact_mut(head_size) {
        let (first, second) = head.split_at_mut(angles.len());
        for ((a, b), (cos, sin)) in first.iter_mut().zip(second).zip(angles) {
            (*a, *b) = (*a * cos - *b * sin, *a * sin + *b * cos);
        }
    }
}
