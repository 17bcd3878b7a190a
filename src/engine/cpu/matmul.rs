//! The product of packed weights and a chunk of activations: `out[token][row] = Σ_col w[row][col] x[token][col]`.
//!
//! For eight rows at a time (their weights stay in the first cache) each tile of tokens walks the columns: a block's
//! weights are unpacked once and serve every token of the tile. Each lane is one row and adds up its blocks in order,
//! whatever the tile, so one token alone (decode) gets the same bits as in a chunk of hundreds (prefill), and a share
//! of the rows computed on another thread too.
//!
//! Shapes: `w` rows × cols; `x` tokens × cols; `out` tokens × `stride`, with `stride` at least the rows padded to
//! whole groups of eight. Numeric hazards: integer sums are exact; see `isa.rs` for the bounds.

use std::ops::Range;

use super::activations::{Activations, TILE, TILE_BLOCK};
use super::isa::{GROUP, Isa};
use super::pack::{BLOCK, Packed};
use crate::engine::gguf::TensorKind;

/// Multiplies the groups `groups` of `w`; writes `out[token * stride + row]`.
///
/// # Safety
/// The CPU has `I`; `out` may be written for every token at `stride * token + 8 * groups`.
#[inline(always)]
pub unsafe fn matmul<I: Isa>(
    w: &Packed,
    groups: Range<usize>,
    x: &Activations,
    out: *mut f32,
    stride: usize,
) {
    assert_eq!(w.cols(), x.cols(), "a matrix takes vectors of as many numbers as it has columns");
    for group in groups {
        let weights = w.group(group).as_ptr();
        for first in (0..x.tokens()).step_by(TILE) {
            let tokens = TILE.min(x.tokens() - first);
            // SAFETY: the caller's terms; tile and weights hold all blocks of the matrix's columns.
            unsafe {
                let out = out.add(first * stride + group * GROUP);
                if w.takes_quantised() {
                    let tile = x.tiles().as_ptr().add(first / TILE * x.tile_bytes());
                    // A partly empty tile is computed whole and not written whole.
                    match tokens {
                        1 => formats::<I, 1>(w, weights, tile, out, stride, 1),
                        _ => formats::<I, TILE>(w, weights, tile, out, stride, tokens),
                    }
                } else {
                    let x = x.floats().as_ptr().add(first * x.cols());
                    let x_cols = w.cols();
                    if tokens == TILE {
                        floats::<I, TILE>(w, weights, x, out, stride);
                    } else {
                        for t in 0..tokens {
                            floats::<I, 1>(w, weights, x.add(t * x_cols), out.add(t * stride), stride);
                        }
                    }
                }
            }
        }
    }
}

#[inline(always)]
unsafe fn formats<I: Isa, const T: usize>(
    w: &Packed,
    weights: *const u8,
    tile: *const u8,
    out: *mut f32,
    stride: usize,
    tokens: usize,
) {
    let blocks = w.cols() / BLOCK;
    // SAFETY: the caller's.
    unsafe {
        match w.kind() {
            TensorKind::Q4_0 => return nibbles::<I, Q4_0, T>(weights, blocks, tile, out, stride, tokens),
            TensorKind::Q4_1 => return nibbles::<I, Q4_1, T>(weights, blocks, tile, out, stride, tokens),
            TensorKind::Q4_K => return nibbles::<I, Q4_K, T>(weights, blocks, tile, out, stride, tokens),
            _ => {}
        }
        for part in 0..GROUP / I::LANES {
            let sums = match w.kind() {
                TensorKind::Q5_1 => affine_bytes::<I, Q5_1, T>(weights, part, blocks, tile),
                TensorKind::Q5_K => affine_bytes::<I, Q5_K, T>(weights, part, blocks, tile),
                TensorKind::Q5_0 | TensorKind::Q8_0 | TensorKind::IQ4_NL => {
                    q8_0::<I, T>(weights, part, blocks, tile)
                }
                TensorKind::Q2_K => q2_k::<I, T>(weights, part, blocks, tile),
                TensorKind::Q3_K | TensorKind::Q6_K => q6_k::<I, T>(weights, part, blocks, tile),
                // Told above, or no integers.
                TensorKind::Q4_0 | TensorKind::Q4_1 | TensorKind::Q4_K => return,
                TensorKind::F16 | TensorKind::F32 | TensorKind::BF16 => return,
            };
            put::<I, T, 1>(sums.map(|sum| [sum]), out.add(part * I::LANES), stride, tokens);
        }
    }
}

/// Writes the sums of so many tokens, each for a group's rows or a part of them.
#[inline(always)]
unsafe fn put<I: Isa, const T: usize, const P: usize>(
    sums: [[I::F; P]; T],
    out: *mut f32,
    stride: usize,
    tokens: usize,
) {
    for (t, sums) in sums.into_iter().enumerate().take(tokens) {
        for (part, sum) in sums.into_iter().enumerate() {
            // SAFETY: the caller's.
            unsafe { I::store(out.add(t * stride + part * I::LANES), sum) }
        }
    }
}

/// Where a format keeps the codes, factor and offset of a block of 32 columns.
trait AffineFormat {
    /// Codes, and for each lane the factor and the offset of its codes.
    unsafe fn block<I: Isa>(group: *const u8, block: usize, part: usize) -> (*const u8, I::F, I::F);
}

/// The scale and the sum of token `t` in a block of a tile.
#[inline(always)]
unsafe fn scale_and_sum(tile: *const u8, t: usize) -> (f32, f32) {
    // SAFETY: the caller's; the numbers lie behind the tile's bytes.
    unsafe {
        let at = tile.add(TILE * BLOCK).cast::<f32>().add(t);
        (at.read_unaligned(), at.add(TILE).read_unaligned())
    }
}

#[allow(non_camel_case_types)] // why: the formats' names.
struct Q4_0;
#[allow(non_camel_case_types)] // why: the formats' names.
struct Q4_1;
#[allow(non_camel_case_types)] // why: the formats' names.
struct Q4_K;
#[allow(non_camel_case_types)] // why: the formats' names.
struct Q5_1;
#[allow(non_camel_case_types)] // why: the formats' names.
struct Q5_K;

impl AffineFormat for Q4_0 {
    #[inline(always)]
    unsafe fn block<I: Isa>(group: *const u8, block: usize, part: usize) -> (*const u8, I::F, I::F) {
        unsafe {
            let at = group.add(144 * block);
            let d = I::load_f16(at.add(128 + 2 * I::LANES * part));
            (at, d, I::mul(d, I::splat(-8.0)))
        }
    }
}

impl AffineFormat for Q4_1 {
    #[inline(always)]
    unsafe fn block<I: Isa>(group: *const u8, block: usize, part: usize) -> (*const u8, I::F, I::F) {
        unsafe {
            let at = group.add(160 * block);
            let lanes = 2 * I::LANES * part;
            (at, I::load_f16(at.add(128 + lanes)), I::load_f16(at.add(144 + lanes)))
        }
    }
}

impl AffineFormat for Q4_K {
    #[inline(always)]
    unsafe fn block<I: Isa>(group: *const u8, block: usize, part: usize) -> (*const u8, I::F, I::F) {
        unsafe {
            let whole = group.add(1184 * (block / 8));
            let at = whole.add(32 + 144 * (block % 8));
            let (halves, bytes) = (2 * I::LANES * part, I::LANES * part);
            let scale = I::mul(I::load_f16(whole.add(halves)), I::load_u8(at.add(128 + bytes)));
            let min = I::mul(I::load_f16(whole.add(16 + halves)), I::load_u8(at.add(136 + bytes)));
            (at, scale, I::sub(I::splat(0.0), min))
        }
    }
}

impl AffineFormat for Q5_1 {
    #[inline(always)]
    unsafe fn block<I: Isa>(group: *const u8, block: usize, part: usize) -> (*const u8, I::F, I::F) {
        unsafe {
            let at = group.add(288 * block);
            let lanes = 2 * I::LANES * part;
            (at, I::load_f16(at.add(256 + lanes)), I::load_f16(at.add(272 + lanes)))
        }
    }
}

impl AffineFormat for Q5_K {
    #[inline(always)]
    unsafe fn block<I: Isa>(group: *const u8, block: usize, part: usize) -> (*const u8, I::F, I::F) {
        unsafe {
            let whole = group.add(2208 * (block / 8));
            let at = whole.add(32 + 272 * (block % 8));
            let (halves, bytes) = (2 * I::LANES * part, I::LANES * part);
            let scale = I::mul(I::load_f16(whole.add(halves)), I::load_u8(at.add(256 + bytes)));
            let min = I::mul(I::load_f16(whole.add(16 + halves)), I::load_u8(at.add(264 + bytes)));
            (at, scale, I::sub(I::splat(0.0), min))
        }
    }
}

/// Whole bytes with a factor and an offset for each 32 of them.
#[inline(always)]
unsafe fn affine_bytes<I: Isa, S: AffineFormat, const T: usize>(
    weights: *const u8,
    part: usize,
    blocks: usize,
    mut tile: *const u8,
) -> [I::F; T] {
    // SAFETY (of the whole body): the caller's; a block reads 256 bytes of codes and TILE_BLOCK bytes of the tile.
    unsafe {
        let mut sums = [I::splat(0.0); T];
        for block in 0..blocks {
            let (codes, factor, offset) = S::block::<I>(weights, block, part);
            let quads: [_; 8] = std::array::from_fn(|j| I::bytes(codes.add(32 * j + 4 * I::LANES * part)));
            for (t, sum) in sums.iter_mut().enumerate() {
                let x = tile.add(BLOCK * t);
                let mut dot = I::byte_zero();
                for (j, quad) in quads.into_iter().enumerate() {
                    dot = I::byte_dot(dot, quad, x.add(4 * j));
                }
                let (d, s) = scale_and_sum(tile, t);
                let product = I::mul(I::mul(I::byte_sum(dot), factor), I::splat(d));
                *sum = I::add(*sum, I::add(product, I::mul(offset, I::splat(s))));
            }
            tile = tile.add(TILE_BLOCK);
        }
        sums
    }
}

/// A one for each byte of a quad of columns and each lane.
const ONES: [u8; 4 * GROUP] = [1; 4 * GROUP];

#[inline(always)]
unsafe fn q2_k<I: Isa, const T: usize>(
    weights: *const u8,
    part: usize,
    blocks: usize,
    mut tile: *const u8,
) -> [I::F; T] {
    // SAFETY (of the whole body): the caller's; eight blocks read 2,336 bytes of weights.
    unsafe {
        let ones = I::bytes(ONES.as_ptr());
        let mut sums = [I::splat(0.0); T];
        for block in 0..blocks {
            let whole = weights.add(2336 * (block / 8));
            let at = whole.add(32 + 288 * (block % 8));
            let d_w = I::load_f16(whole.add(2 * I::LANES * part));
            let m_w = I::load_f16(whole.add(16 + 2 * I::LANES * part));
            let of_half = |from: usize, half: usize| I::load_u8(at.add(from + 8 * half + I::LANES * part));
            let scales: [_; 2] = std::array::from_fn(|half| I::mul(d_w, of_half(256, half)));
            let mins: [_; 2] = std::array::from_fn(|half| I::mul(m_w, of_half(272, half)));
            let quads: [_; 8] = std::array::from_fn(|j| I::bytes(at.add(32 * j + 4 * I::LANES * part)));
            for (t, sum) in sums.iter_mut().enumerate() {
                let x = tile.add(BLOCK * t);
                let halves: [_; 2] = std::array::from_fn(|half| {
                    // The minimum is of sixteen columns, and a tile has the sum of 32.
                    let (mut dot, mut plain) = (I::byte_zero(), I::byte_zero());
                    for (j, quad) in quads.iter().enumerate().skip(4 * half).take(4) {
                        dot = I::byte_dot(dot, *quad, x.add(4 * j));
                        plain = I::byte_dot(plain, ones, x.add(4 * j));
                    }
                    I::sub(I::mul(I::byte_sum(dot), scales[half]), I::mul(I::byte_sum(plain), mins[half]))
                });
                let (d, _) = scale_and_sum(tile, t);
                *sum = I::add(*sum, I::mul(I::add(halves[0], halves[1]), I::splat(d)));
            }
            tile = tile.add(TILE_BLOCK);
        }
        sums
    }
}

#[inline(always)]
unsafe fn nibbles<I: Isa, S: AffineFormat, const T: usize>(
    weights: *const u8,
    blocks: usize,
    tile: *const u8,
    out: *mut f32,
    stride: usize,
    tokens: usize,
) {
    // SAFETY: the caller's.
    unsafe {
        // As many vectors as a group's rows take.
        match GROUP / I::LANES {
            1 => put::<I, T, 1>(nibble_sums::<I, S, T, 1>(weights, blocks, tile), out, stride, tokens),
            _ => put::<I, T, 2>(nibble_sums::<I, S, T, 2>(weights, blocks, tile), out, stride, tokens),
        }
    }
}

/// The products of nibbles, for all rows of a group: each token's numbers are fetched once for them, the weights are
/// unpacked once for all tokens, and the sums stay in registers.
#[inline(always)]
unsafe fn nibble_sums<I: Isa, S: AffineFormat, const T: usize, const P: usize>(
    weights: *const u8,
    blocks: usize,
    mut tile: *const u8,
) -> [[I::F; P]; T] {
    // SAFETY (of the whole body): the caller's; a block reads 128 bytes of codes and TILE_BLOCK bytes of the tile.
    unsafe {
        let mut sums = [[I::splat(0.0); P]; T];
        for block in 0..blocks {
            // why: no closures, which would not have the instruction set that the caller is compiled for.
            let mut parts = [S::block::<I>(weights, block, 0); P];
            for (part, place) in parts.iter_mut().enumerate().skip(1) {
                *place = S::block::<I>(weights, block, part);
            }
            let mut dots = [[I::nibble_zero(); P]; T];
            for j in 0..4 {
                let mut quads = [I::nibbles(parts[0].0.add(32 * j)); P];
                for (part, quad) in quads.iter_mut().enumerate().skip(1) {
                    *quad = I::nibbles(parts[part].0.add(32 * j + 4 * I::LANES * part));
                }
                for (t, dots) in dots.iter_mut().enumerate() {
                    let x = tile.add(BLOCK * t + 4 * j);
                    for (part, dot) in dots.iter_mut().enumerate() {
                        *dot = I::nibble_dot(I::nibble_dot(*dot, quads[part].0, x), quads[part].1, x.add(16));
                    }
                }
            }
            for t in 0..T {
                let (d, s) = scale_and_sum(tile, t);
                for part in 0..P {
                    let (_, factor, offset) = parts[part];
                    let product = I::mul(I::mul(I::nibble_sum(dots[t][part]), factor), I::splat(d));
                    sums[t][part] = I::add(sums[t][part], I::add(product, I::mul(offset, I::splat(s))));
                }
            }
            tile = tile.add(TILE_BLOCK);
        }
        sums
    }
}

#[inline(always)]
unsafe fn q8_0<I: Isa, const T: usize>(
    weights: *const u8,
    part: usize,
    blocks: usize,
    mut tile: *const u8,
) -> [I::F; T] {
    // SAFETY (of the whole body): the caller's; a block reads 272 bytes of weights.
    unsafe {
        let mut sums = [I::splat(0.0); T];
        for block in 0..blocks {
            let at = weights.add(272 * block);
            let scale = I::load_f16(at.add(256 + 2 * I::LANES * part));
            let quads: [_; 8] = std::array::from_fn(|j| I::bytes(at.add(32 * j + 4 * I::LANES * part)));
            for (t, sum) in sums.iter_mut().enumerate() {
                let x = tile.add(BLOCK * t);
                let mut dot = I::byte_zero();
                for (j, quad) in quads.into_iter().enumerate() {
                    dot = I::byte_dot(dot, quad, x.add(4 * j));
                }
                let (d, _) = scale_and_sum(tile, t);
                *sum = I::add(*sum, I::mul(I::mul(I::byte_sum(dot), scale), I::splat(d)));
            }
            tile = tile.add(TILE_BLOCK);
        }
        sums
    }
}

#[inline(always)]
unsafe fn q6_k<I: Isa, const T: usize>(
    weights: *const u8,
    part: usize,
    blocks: usize,
    mut tile: *const u8,
) -> [I::F; T] {
    // SAFETY (of the whole body): the caller's; eight blocks read 2,192 bytes of weights.
    unsafe {
        let mut sums = [I::splat(0.0); T];
        for block in 0..blocks {
            let whole = weights.add(2192 * (block / 8));
            let at = whole.add(16 + 272 * (block % 8));
            let d_w = I::load_f16(whole.add(2 * I::LANES * part));
            let scales: [_; 2] =
                std::array::from_fn(|half| I::mul(d_w, I::load_i8(at.add(256 + 8 * half + I::LANES * part))));
            let quads: [_; 8] = std::array::from_fn(|j| I::bytes(at.add(32 * j + 4 * I::LANES * part)));
            for (t, sum) in sums.iter_mut().enumerate() {
                let x = tile.add(BLOCK * t);
                let halves: [_; 2] = std::array::from_fn(|half| {
                    let mut dot = I::byte_zero();
                    for (j, quad) in quads.iter().enumerate().skip(4 * half).take(4) {
                        dot = I::byte_dot(dot, *quad, x.add(4 * j));
                    }
                    I::mul(I::byte_sum(dot), scales[half])
                });
                let (d, _) = scale_and_sum(tile, t);
                *sum = I::add(*sum, I::mul(I::add(halves[0], halves[1]), I::splat(d)));
            }
            tile = tile.add(TILE_BLOCK);
        }
        sums
    }
}

#[inline(always)]
unsafe fn floats<I: Isa, const T: usize>(
    w: &Packed,
    weights: *const u8,
    x: *const f32,
    out: *mut f32,
    stride: usize,
) {
    let cols = w.cols();
    for part in 0..GROUP / I::LANES {
        // SAFETY (of the whole body): the caller's; a column reads 16 or 32 bytes of weights.
        unsafe {
            let mut sums = [I::splat(0.0); T];
            for col in 0..cols {
                let weight = match w.kind() {
                    TensorKind::F16 => I::load_f16(weights.add(16 * col + 2 * I::LANES * part)),
                    _ => I::load(weights.add(32 * col + 4 * I::LANES * part).cast()),
                };
                for (t, sum) in sums.iter_mut().enumerate() {
                    *sum = I::add(*sum, I::mul(weight, I::splat(*x.add(t * cols + col))));
                }
            }
            put::<I, T, 1>(sums.map(|sum| [sum]), out.add(part * I::LANES), stride, T);
        }
    }
}
