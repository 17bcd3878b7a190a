//! A weight matrix in memory, laid out for the kernels: eight rows interleaved, so that a vector lane stands for a row.
//!
//! A file's rows go in as they stream by and nothing else keeps them, so weights are never held twice. Every code and
//! every scale of the file is kept exactly. Rows past the last are filled with zeros up to a group of eight.
//!
//! A group's bytes, by format, with `[8 × …]` meaning one for each row:
//!
//! | format | per columns | bytes |
//! | --- | --- | --- |
//! | Q4_0 | 32 | codes 128, [8 × d] 16 |
//! | Q4_1 | 32 | codes 128, [8 × d] 16, [8 × m] 16 |
//! | Q4_K | 256 | [8 × d] 16, [8 × m] 16, then eight times: codes 128, [8 × scale] 8, [8 × min] 8 |
//! | Q5_0, Q8_0, IQ4_NL | 32 | bytes 256, [8 × d] 16 |
//! | Q5_1 | 32 | bytes 256, [8 × d] 16, [8 × m] 16 |
//! | Q5_K | 256 | [8 × d] 16, [8 × m] 16, then eight times: bytes 256, [8 × scale] 8, [8 × min] 8 |
//! | Q3_K, Q6_K | 256 | [8 × d] 16, then eight times: bytes 256, [8 × scale] 8 for columns 0..16, 8 for 16..32 |
//! | Q2_K | 256 | [8 × d] 16, [8 × m] 16, then eight times: bytes 256, [8 × scale] 8 and 8, [8 × min] 8 and 8 |
//! | F16 | 1 | [8 × value] 16 |
//! | F32, BF16 | 1 | [8 × value as a float] 32 |
//!
//! Codes: byte 32 j + 4 row + i holds column 4 j + i in its low half and column 16 + 4 j + i in its high half
//! (j, i < 4). Bytes: byte 32 j + 4 row + i holds column 4 j + i (j < 8). Codes of 2, 3, 5 and 6 bits and IQ4_NL's steps
//! become whole bytes (8.5 to 8.8 bits a weight), which spares the kernels the unpacking.

use super::isa::GROUP;
use crate::engine::gguf::TensorKind;
use crate::engine::quant;

/// Columns that share a scale, and the block that activations are quantised in.
pub const BLOCK: usize = 32;

/// A matrix of `rows` × `cols`, packed.
pub struct Packed {
    kind: TensorKind,
    rows: usize,
    cols: usize,
    data: Vec<u8>,
}

/// A matrix that is being filled, eight rows at a time.
pub struct Packer {
    packed: Packed,
    rows_done: usize,
}

impl Packed {
    /// How the file stored it.
    pub fn kind(&self) -> TensorKind {
        self.kind
    }

    /// Rows: the length of a product.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Columns: the length of a vector that it multiplies.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// Groups of eight rows, the last one padded.
    pub fn groups(&self) -> usize {
        self.rows.div_ceil(GROUP)
    }

    /// Memory that the weights take.
    pub fn bytes(&self) -> usize {
        self.data.len()
    }

    /// Whether the kernels multiply it with activations quantised to 8 bits (else with floats).
    pub fn takes_quantised(&self) -> bool {
        !matches!(self.kind, TensorKind::F16 | TensorKind::F32 | TensorKind::BF16)
    }

    /// The bytes of a group.
    pub fn group(&self, group: usize) -> &[u8] {
        let bytes = group_bytes(self.kind, self.cols);
        &self.data[group * bytes..(group + 1) * bytes]
    }

    /// Row `row` as floats, into `into` of `cols` numbers: a token's embedding.
    ///
    /// # Panics
    /// If there is no such row or `into` is of another length.
    pub fn row(&self, row: usize, into: &mut [f32]) {
        assert!(row < self.rows && into.len() == self.cols, "row {row} of {}", self.rows);
        let (group, lane) = (self.group(row / GROUP), row % GROUP);
        let per = columns_per_unit(self.kind);
        let units = group.chunks_exact(unit_bytes(self.kind));
        for (unit, out) in units.zip(into.chunks_exact_mut(per)) {
            let half = |at: usize| quant::half(unit, at + 2 * lane);
            match self.kind {
                TensorKind::Q4_0 | TensorKind::Q4_1 => {
                    let d = half(128);
                    let m = if self.kind == TensorKind::Q4_1 { half(144) } else { d * -8.0 };
                    for (i, out) in out.iter_mut().enumerate() {
                        *out = d * f32::from(code(unit, lane, i)) + m;
                    }
                }
                TensorKind::Q4_K => {
                    let (d, m) = (half(0), half(16));
                    for (part, out) in out.as_chunks_mut::<BLOCK>().0.iter_mut().enumerate() {
                        let part = &unit[32 + 144 * part..];
                        let (scale, min) = (d * f32::from(part[128 + lane]), m * f32::from(part[136 + lane]));
                        for (i, out) in out.iter_mut().enumerate() {
                            *out = scale * f32::from(code(part, lane, i)) - min;
                        }
                    }
                }
                TensorKind::Q5_1 => {
                    let (d, m) = (half(256), half(272));
                    for (i, out) in out.iter_mut().enumerate() {
                        *out = d * f32::from(byte(unit, lane, i)) + m;
                    }
                }
                TensorKind::Q5_K => {
                    let (d, m) = (half(0), half(16));
                    for (part, out) in out.as_chunks_mut::<BLOCK>().0.iter_mut().enumerate() {
                        let part = &unit[32 + 272 * part..];
                        let (scale, min) = (d * f32::from(part[256 + lane]), m * f32::from(part[264 + lane]));
                        for (i, out) in out.iter_mut().enumerate() {
                            *out = scale * f32::from(byte(part, lane, i)) - min;
                        }
                    }
                }
                TensorKind::Q2_K => {
                    let (d, m) = (half(0), half(16));
                    for (part, out) in out.as_chunks_mut::<BLOCK>().0.iter_mut().enumerate() {
                        let part = &unit[32 + 288 * part..];
                        for (i, out) in out.iter_mut().enumerate() {
                            let at = 256 + i / 16 * 8 + lane;
                            let (scale, min) = (d * f32::from(part[at]), m * f32::from(part[16 + at]));
                            *out = scale * f32::from(byte(part, lane, i)) - min;
                        }
                    }
                }
                TensorKind::Q5_0 | TensorKind::Q8_0 | TensorKind::IQ4_NL => {
                    let d = half(256);
                    for (i, out) in out.iter_mut().enumerate() {
                        *out = d * f32::from(byte(unit, lane, i));
                    }
                }
                TensorKind::Q3_K | TensorKind::Q6_K => {
                    let d = half(0);
                    for (part, out) in out.as_chunks_mut::<BLOCK>().0.iter_mut().enumerate() {
                        let part = &unit[16 + 272 * part..];
                        for (i, out) in out.iter_mut().enumerate() {
                            let scale = part[256 + i / 16 * 8 + lane] as i8;
                            *out = (d * f32::from(scale)) * f32::from(byte(part, lane, i));
                        }
                    }
                }
                TensorKind::F16 => out[0] = half(0),
                TensorKind::F32 | TensorKind::BF16 => out[0] = f32::from_le_bytes(four(unit, 4 * lane)),
            }
        }
    }
}

impl Packer {
    /// Takes the memory for a matrix; none if there is not enough, or if its size overflows.
    ///
    /// `cols` is a whole number of the kind's blocks: the header's reader has seen to it.
    pub fn new(kind: TensorKind, rows: usize, cols: usize) -> Option<Packer> {
        let bytes = rows.div_ceil(GROUP).checked_mul(checked_group_bytes(kind, cols)?)?;
        let mut data = Vec::new();
        data.try_reserve_exact(bytes).ok()?;
        data.resize(bytes, 0);
        Some(Packer { packed: Packed { kind, rows, cols, data }, rows_done: 0 })
    }

    /// Packs the next rows, given as the file has them. Whole groups of eight, but for the last call.
    ///
    /// # Panics
    /// If the rows are not whole groups, or more than the matrix has.
    pub fn push(&mut self, bytes: &[u8]) {
        let Packed { kind, rows, cols, .. } = self.packed;
        let row_bytes = cols / kind.block_items() as usize * kind.block_bytes() as usize;
        assert!(self.rows_done.is_multiple_of(GROUP), "rows come in whole groups");
        for eight in bytes.chunks(GROUP * row_bytes) {
            let start = self.rows_done / GROUP * group_bytes(kind, cols);
            let group = &mut self.packed.data[start..start + group_bytes(kind, cols)];
            for (lane, row) in eight.chunks_exact(row_bytes).enumerate() {
                pack_row(kind, row, lane, group);
                self.rows_done += 1;
            }
        }
        assert!(self.rows_done <= rows, "more rows than the matrix has");
    }

    /// The matrix.
    ///
    /// # Panics
    /// If rows are missing.
    pub fn finish(self) -> Packed {
        assert_eq!(self.rows_done, self.packed.rows, "rows are missing");
        self.packed
    }
}

/// Columns that lie together in a group.
fn columns_per_unit(kind: TensorKind) -> usize {
    kind.block_items() as usize
}

/// Bytes of eight rows over [`columns_per_unit`] columns.
fn unit_bytes(kind: TensorKind) -> usize {
    match kind {
        TensorKind::F32 | TensorKind::BF16 => 32,
        TensorKind::F16 => 16,
        TensorKind::Q4_0 => 128 + 16,
        TensorKind::Q4_1 => 128 + 32,
        TensorKind::Q5_0 | TensorKind::Q8_0 | TensorKind::IQ4_NL => 256 + 16,
        TensorKind::Q5_1 => 256 + 32,
        TensorKind::Q2_K => 32 + 8 * 288,
        TensorKind::Q4_K => 32 + 8 * 144,
        TensorKind::Q5_K => 32 + 8 * 272,
        TensorKind::Q3_K | TensorKind::Q6_K => 16 + 8 * 272,
    }
}

fn group_bytes(kind: TensorKind, cols: usize) -> usize {
    cols / columns_per_unit(kind) * unit_bytes(kind)
}

fn checked_group_bytes(kind: TensorKind, cols: usize) -> Option<usize> {
    (cols / columns_per_unit(kind)).checked_mul(unit_bytes(kind))
}

/// The code of column `i` of 32 in a row of a packed block.
fn code(block: &[u8], lane: usize, i: usize) -> u8 {
    let byte = block[i % 16 / 4 * 32 + 4 * lane + i % 4];
    if i < 16 { byte & 15 } else { byte >> 4 }
}

/// The byte of column `i` of 32 in a row of a packed block.
fn byte(block: &[u8], lane: usize, i: usize) -> i8 {
    block[i / 4 * 32 + 4 * lane + i % 4] as i8
}

fn four(bytes: &[u8], at: usize) -> [u8; 4] {
    std::array::from_fn(|i| bytes[at + i])
}

/// Copies two bytes for each of eight rows' slots.
fn put_half(unit: &mut [u8], at: usize, lane: usize, half: &[u8]) {
    unit[at + 2 * lane..at + 2 * lane + 2].copy_from_slice(&half[..2]);
}

/// Spreads 16 bytes of paired nibbles, or 32 bytes, over a block in steps of four.
fn put_codes(block: &mut [u8], lane: usize, codes: &[u8]) {
    for (j, four) in codes.as_chunks::<4>().0.iter().enumerate() {
        block[32 * j + 4 * lane..32 * j + 4 * lane + 4].copy_from_slice(four);
    }
}

fn pack_row(kind: TensorKind, row: &[u8], lane: usize, group: &mut [u8]) {
    let blocks = row.chunks_exact(kind.block_bytes() as usize);
    for (block, unit) in blocks.zip(group.chunks_exact_mut(unit_bytes(kind))) {
        match kind {
            TensorKind::F32 => unit[4 * lane..4 * lane + 4].copy_from_slice(block),
            TensorKind::F16 => put_half(unit, 0, lane, block),
            TensorKind::BF16 => {
                unit[4 * lane..4 * lane + 4].copy_from_slice(&quant::bf16(block).to_le_bytes());
            }
            TensorKind::Q4_0 => {
                put_codes(unit, lane, &block[2..]);
                put_half(unit, 128, lane, block);
            }
            TensorKind::Q4_1 => {
                put_codes(unit, lane, &block[4..]);
                put_half(unit, 128, lane, block);
                put_half(unit, 144, lane, &block[2..]);
            }
            TensorKind::Q5_0 => {
                put_bytes(unit, lane, |i| quant::q5_0_code(block, i) as u8);
                put_half(unit, 256, lane, block);
            }
            TensorKind::IQ4_NL => {
                put_bytes(unit, lane, |i| quant::iq4_nl_code(block, i) as u8);
                put_half(unit, 256, lane, block);
            }
            TensorKind::Q5_1 => {
                put_bytes(unit, lane, |i| quant::q5_1_code(block, i));
                put_half(unit, 256, lane, block);
                put_half(unit, 272, lane, &block[2..]);
            }
            TensorKind::Q8_0 => {
                put_codes(unit, lane, &block[2..]);
                put_half(unit, 256, lane, block);
            }
            TensorKind::Q4_K => pack_q4_k(block, lane, unit),
            TensorKind::Q5_K => pack_q5_k(block, lane, unit),
            TensorKind::Q2_K => pack_q2_k(block, lane, unit),
            TensorKind::Q3_K => {
                let (code, scale) = (|i| quant::q3_k_code(block, i), |part| quant::q3_k_scale(block, part));
                pack_sixteens(&block[108..], code, scale, lane, unit);
            }
            TensorKind::Q6_K => {
                let (code, scale) = (|i| quant::q6_k_code(block, i), |part| quant::q6_k_scale(block, part));
                pack_sixteens(&block[208..], code, scale, lane, unit);
            }
        }
    }
}

/// Spreads what `code` gives for 32 columns over a block.
fn put_bytes(block: &mut [u8], lane: usize, code: impl Fn(usize) -> u8) {
    let bytes: [u8; BLOCK] = std::array::from_fn(code);
    put_codes(block, lane, &bytes);
}

fn pack_q4_k(block: &[u8], lane: usize, unit: &mut [u8]) {
    put_half(unit, 0, lane, block);
    put_half(unit, 16, lane, &block[2..]);
    for (part, out) in unit[32..].as_chunks_mut::<144>().0.iter_mut().enumerate() {
        let at = |i: usize| quant::q4_k_code(block, BLOCK * part + i);
        let codes: [u8; 16] = std::array::from_fn(|i| at(i) | at(16 + i) << 4);
        put_codes(out, lane, &codes);
        let (scale, min) = quant::q4_k_scale(block, part);
        (out[128 + lane], out[136 + lane]) = (scale, min);
    }
}

fn pack_q5_k(block: &[u8], lane: usize, unit: &mut [u8]) {
    put_half(unit, 0, lane, block);
    put_half(unit, 16, lane, &block[2..]);
    for (part, out) in unit[32..].as_chunks_mut::<272>().0.iter_mut().enumerate() {
        put_bytes(out, lane, |i| quant::q5_k_code(block, BLOCK * part + i));
        (out[256 + lane], out[264 + lane]) = quant::q4_k_scale(block, part);
    }
}

fn pack_q2_k(block: &[u8], lane: usize, unit: &mut [u8]) {
    put_half(unit, 0, lane, &block[80..]);
    put_half(unit, 16, lane, &block[82..]);
    for (part, out) in unit[32..].as_chunks_mut::<288>().0.iter_mut().enumerate() {
        put_bytes(out, lane, |i| quant::q2_k_code(block, BLOCK * part + i));
        for half in 0..2 {
            let at = 256 + 8 * half + lane;
            (out[at], out[16 + at]) = quant::q2_k_scale(block, 2 * part + half);
        }
    }
}

/// Signed codes with a scale for every sixteen of them: Q3_K and Q6_K.
fn pack_sixteens(
    d: &[u8],
    code: impl Fn(usize) -> i8,
    scale: impl Fn(usize) -> i8,
    lane: usize,
    unit: &mut [u8],
) {
    put_half(unit, 0, lane, d);
    for (part, out) in unit[16..].as_chunks_mut::<272>().0.iter_mut().enumerate() {
        put_bytes(out, lane, |i| code(BLOCK * part + i) as u8);
        out[256 + lane] = scale(2 * part) as u8;
        out[264 + lane] = scale(2 * part + 1) as u8;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing;
    use super::*;

    proptest! {
        #[test]
        fn a_packed_row_is_the_reference_row(rows in 1usize..20, blocks in 1usize..3, seed: u64) {
            for kind in TensorKind::ALL {
                let cols = blocks * kind.block_items().max(3) as usize;
                let (bytes, packed) = testing::random_matrix(kind, rows, cols, seed);
                let mut expected = vec![0.0; rows * cols];
                quant::dequantise(kind, &bytes, &mut expected);
                let mut row = vec![0.0; cols];
                for (r, expected) in expected.chunks_exact(cols).enumerate() {
                    packed.row(r, &mut row);
                    // Q4_0 is d q − 8 d here and d (q − 8) there: equal, since both are exact in f32.
                    prop_assert_eq!(&row[..], expected, "{} row {}", kind.name(), r);
                }
            }
        }
    }
}
