//! Activations as the matrix kernels take them: floats, and the same quantised to 8 bits in blocks of 32.
//!
//! Quantised, a block of a token is 32 signed bytes q, a scale d = max |x| / 127 and the sum d Σ q, so that a weight
//! block d_w q_w + m gives d_w d Σ q_w q + m · sum. That is llama.cpp's Q8_1, but with scale and sum in f32.
//! Rounding them to 16 bits as it does, and keys, values and attention weights too, was tried (2026-11-24) and brought
//! the likeliest tokens no closer to its (489 of 512 with, 494 without): after eight tokens any difference has grown to
//! the size of the quantisation's own noise, in llama.cpp too when only its batch size changes.
//!
//! Tokens are kept in tiles of [`TILE`], block by block, so that a kernel walks one pointer:
//! `[TILE × 32 bytes] [TILE × scale] [TILE × sum]`. A tile at the end may be partly empty.

use super::pack::BLOCK;

/// Tokens that a kernel takes at once: each unpacked weight serves so many products.
pub const TILE: usize = 4;

/// Bytes of a block of a tile.
pub const TILE_BLOCK: usize = TILE * (BLOCK + 4 + 4);

/// Activations of a chunk of tokens, `cols` numbers each.
#[derive(Default)]
pub struct Activations {
    tokens: usize,
    cols: usize,
    floats: Vec<f32>,
    quantised: Vec<u8>,
}

impl Activations {
    /// Room for `tokens` × `cols`; false if memory ran out. Keeps what it has if that is enough.
    pub fn resize(&mut self, tokens: usize, cols: usize) -> bool {
        let floats = tokens.checked_mul(cols);
        let blocks = tokens.div_ceil(TILE).checked_mul(cols.div_ceil(BLOCK));
        let (Some(floats), Some(bytes)) = (floats, blocks.and_then(|n| n.checked_mul(TILE_BLOCK))) else {
            return false;
        };
        if !grow(&mut self.floats, floats) || !grow(&mut self.quantised, bytes) {
            return false;
        }
        (self.tokens, self.cols) = (tokens, cols);
        true
    }

    /// As [`Activations::resize`] without room for the quantised tiles.
    pub fn resize_floats(&mut self, tokens: usize, cols: usize) -> bool {
        let there = tokens.checked_mul(cols).is_some_and(|floats| grow(&mut self.floats, floats));
        if there {
            (self.tokens, self.cols) = (tokens, cols);
        }
        there
    }

    /// Tokens held.
    pub fn tokens(&self) -> usize {
        self.tokens
    }

    /// Numbers of a token.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// The floats, token by token.
    pub fn floats(&self) -> &[f32] {
        &self.floats[..self.tokens * self.cols]
    }

    /// As [`Activations::floats`], to be written; [`super::Kernels::quantise`] must follow.
    pub fn floats_mut(&mut self) -> &mut [f32] {
        &mut self.floats[..self.tokens * self.cols]
    }

    /// The quantised tiles.
    pub fn tiles(&self) -> &[u8] {
        &self.quantised[..self.tokens.div_ceil(TILE) * self.tile_bytes()]
    }

    /// Floats to read and tiles to write.
    pub(super) fn halves(&mut self) -> (&[f32], &mut [u8]) {
        let bytes = self.tokens.div_ceil(TILE) * self.tile_bytes();
        (&self.floats[..self.tokens * self.cols], &mut self.quantised[..bytes])
    }

    /// Bytes of a tile over all its blocks.
    pub fn tile_bytes(&self) -> usize {
        self.cols.div_ceil(BLOCK) * TILE_BLOCK
    }
}

/// Makes `buffer` at least `length` long; false if memory ran out.
pub(in crate::engine) fn grow<T: Copy + Default>(buffer: &mut Vec<T>, length: usize) -> bool {
    if buffer.len() < length {
        if buffer.try_reserve_exact(length - buffer.len()).is_err() {
            return false;
        }
        buffer.resize(length, T::default());
    }
    true
}
