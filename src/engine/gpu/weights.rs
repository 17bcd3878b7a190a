//! A weight matrix in the GPU's memory: still quantised, in blocks of 32 columns that every format has alike.
//!
//! Rows go in as they are read and nothing else keeps them, so weights are never held twice. Codes and scales lie in
//! buffers of their own; every code and every scale of the file is kept exactly. A row has ⌈cols / 32⌉ blocks, filled up
//! with zeros where a format has no blocks of its own (F16, F32).
//!
//! | format | codes of a block, in words of 32 bits | scales |
//! | --- | --- | --- |
//! | F32 | 32, the floats | none |
//! | F16, BF16 | 16, the halves | none |
//! | Q4_0 | 4, as in the file: item i < 16 in the low half of byte i, 16 + i in the high one | half a word a block: d |
//! | Q4_1 | 4, as above | a word a block: d, m |
//! | Q5_0 | 5: the low four bits as Q4_0, then a word with the fifth bits, item i's at bit i | as Q4_0 |
//! | Q5_1 | 5, as Q5_0 | as Q4_1 |
//! | Q8_0 | 8, as in the file | half a word a block: d |
//! | IQ4_NL | 8: the steps that the file's numbers stand for, as signed bytes | as Q8_0 |
//! | Q2_K | 2: item i's bit pair in word i / 16 at bit 2 (i % 16) | five words for eight blocks: d and m, then for each 16 items a byte: scale low, min high |
//! | Q4_K | 4, as Q4_0 | five words for eight blocks: d and m, then scale and min of each as bytes |
//! | Q5_K | 5, as Q5_0 | as Q4_K |
//! | Q3_K, Q6_K | 6: the low four bits as Q4_0, then two words with the bit pairs above, item i's at bit 2 (i % 16) | five words for eight blocks: d as a float, then both scales of each as bytes |
//!
//! A buffer may be no larger than what the device lets a kernel bind, so a matrix is split by rows into parts.

use crate::engine::gguf::TensorKind;
use crate::engine::quant;

/// Columns of a block.
pub const BLOCK: usize = 32;

/// Rows of a part are a multiple of this, so that parts begin with whole words of scales.
const PART_STEP: usize = 32;

/// The sizes of a matrix in this layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// How the file stores it.
    pub kind: TensorKind,
    /// Rows.
    pub rows: usize,
    /// Columns.
    pub cols: usize,
}

impl Layout {
    /// Blocks of a row.
    pub fn blocks(&self) -> usize {
        self.cols.div_ceil(BLOCK)
    }

    /// Bytes of a row's codes.
    pub fn code_bytes(&self) -> usize {
        4 * code_words(self.kind) * self.blocks()
    }

    /// Bytes of the scales of `rows` rows, whole words.
    pub fn scale_bytes(&self, rows: usize) -> usize {
        let blocks = rows * self.blocks();
        4 * match self.kind {
            TensorKind::F32 | TensorKind::F16 | TensorKind::BF16 => 0,
            TensorKind::Q4_0 | TensorKind::Q5_0 | TensorKind::Q8_0 | TensorKind::IQ4_NL => blocks.div_ceil(2),
            TensorKind::Q4_1 | TensorKind::Q5_1 => blocks,
            TensorKind::Q2_K | TensorKind::Q3_K | TensorKind::Q4_K | TensorKind::Q5_K | TensorKind::Q6_K => {
                blocks / 8 * 5
            }
        }
    }

    /// First row and rows of each part, so that none of its buffers is larger than `most_bytes`.
    pub fn parts(&self, most_bytes: usize) -> Vec<(usize, usize)> {
        let fit = most_bytes / self.code_bytes().max(1);
        // A device that can't bind one step of rows can't hold any model; what it is given fails there, with its reason.
        let step = (fit / PART_STEP).max(1) * PART_STEP;
        (0..self.rows).step_by(step).map(|first| (first, step.min(self.rows - first))).collect()
    }

    /// Turns whole rows, as the file has them, into codes and scales.
    pub fn pack(&self, bytes: &[u8], codes: &mut Vec<u8>, scales: &mut Vec<u8>) {
        codes.clear();
        scales.clear();
        let blocks = bytes.chunks_exact(self.kind.block_bytes() as usize);
        match self.kind {
            TensorKind::F32 | TensorKind::F16 | TensorKind::BF16 => {
                let row = self.cols * self.kind.block_bytes() as usize;
                for bytes in bytes.chunks_exact(row) {
                    codes.extend_from_slice(bytes);
                    codes.resize(codes.len().next_multiple_of(BLOCK * self.kind.block_bytes() as usize), 0);
                }
            }
            TensorKind::Q4_0 | TensorKind::Q8_0 => {
                for block in blocks {
                    scales.extend_from_slice(&block[..2]);
                    codes.extend_from_slice(&block[2..]);
                }
                scales.resize(scales.len().next_multiple_of(4), 0);
            }
            TensorKind::Q5_0 => {
                for block in blocks {
                    scales.extend_from_slice(&block[..2]);
                    codes.extend_from_slice(&block[6..]);
                    codes.extend_from_slice(&block[2..6]);
                }
                scales.resize(scales.len().next_multiple_of(4), 0);
            }
            TensorKind::IQ4_NL => {
                for block in blocks {
                    scales.extend_from_slice(&block[..2]);
                    codes.extend((0..BLOCK).map(|i| quant::iq4_nl_code(block, i) as u8));
                }
                scales.resize(scales.len().next_multiple_of(4), 0);
            }
            TensorKind::Q4_1 => {
                for block in blocks {
                    scales.extend_from_slice(&block[..4]);
                    codes.extend_from_slice(&block[4..]);
                }
            }
            TensorKind::Q5_1 => {
                for block in blocks {
                    scales.extend_from_slice(&block[..4]);
                    codes.extend_from_slice(&block[8..]);
                    codes.extend_from_slice(&block[4..8]);
                }
            }
            TensorKind::Q2_K => blocks.for_each(|block| pack_q2_k(block, codes, scales)),
            TensorKind::Q4_K => {
                blocks.for_each(|block| pack_affine(block, |i| quant::q4_k_code(block, i), 4, codes, scales));
            }
            TensorKind::Q5_K => {
                blocks.for_each(|block| pack_affine(block, |i| quant::q5_k_code(block, i), 5, codes, scales));
            }
            TensorKind::Q3_K => blocks.for_each(|block| {
                let (code, scale) = (|i| quant::q3_k_code(block, i), |part| quant::q3_k_scale(block, part));
                pack_sixteens(quant::half(block, 108), code, scale, codes, scales);
            }),
            TensorKind::Q6_K => blocks.for_each(|block| {
                let (code, scale) = (|i| quant::q6_k_code(block, i), |part| quant::q6_k_scale(block, part));
                pack_sixteens(quant::half(block, 208), code, scale, codes, scales);
            }),
        }
    }
}

/// Words of 32 bits that a block's codes take.
pub fn code_words(kind: TensorKind) -> usize {
    match kind {
        TensorKind::F32 => 32,
        TensorKind::F16 | TensorKind::BF16 => 16,
        TensorKind::Q2_K => 2,
        TensorKind::Q4_0 | TensorKind::Q4_1 | TensorKind::Q4_K => 4,
        TensorKind::Q5_0 | TensorKind::Q5_1 | TensorKind::Q5_K => 5,
        TensorKind::Q8_0 | TensorKind::IQ4_NL => 8,
        TensorKind::Q3_K | TensorKind::Q6_K => 6,
    }
}

/// Codes of four or five `bits` with a scale and a minimum for each block: Q4_K and Q5_K.
fn pack_affine(
    block: &[u8],
    code: impl Fn(usize) -> u8,
    bits: u32,
    codes: &mut Vec<u8>,
    scales: &mut Vec<u8>,
) {
    scales.extend_from_slice(&block[..4]);
    for part in 0..8 {
        let (scale, min) = quant::q4_k_scale(block, part);
        scales.extend_from_slice(&[scale, min]);
        let code = |i: usize| code(part * BLOCK + i);
        codes.extend((0..16).map(|i| code(i) & 15 | (code(16 + i) & 15) << 4));
        if bits == 5 {
            let fifths = (0..BLOCK).fold(0u32, |word, i| word | u32::from(code(i) >> 4) << i);
            codes.extend_from_slice(&fifths.to_le_bytes());
        }
    }
}

fn pack_q2_k(block: &[u8], codes: &mut Vec<u8>, scales: &mut Vec<u8>) {
    scales.extend_from_slice(&block[80..84]);
    scales.extend_from_slice(&block[..16]);
    for word in 0..16 {
        let pairs =
            (0..16).fold(0u32, |bits, i| bits | u32::from(quant::q2_k_code(block, 16 * word + i)) << (2 * i));
        codes.extend_from_slice(&pairs.to_le_bytes());
    }
}

/// Signed codes of up to six bits with a scale for every sixteen of them: Q3_K and Q6_K.
fn pack_sixteens(
    d: f32,
    code: impl Fn(usize) -> i8,
    scale: impl Fn(usize) -> i8,
    codes: &mut Vec<u8>,
    scales: &mut Vec<u8>,
) {
    scales.extend_from_slice(&d.to_le_bytes());
    for part in 0..8 {
        scales.extend([2 * part, 2 * part + 1].map(|i| scale(i) as u8));
        // From −32..32 back to six bits.
        let code = |i: usize| (code(part * BLOCK + i) + 32) as u8;
        codes.extend((0..16).map(|i| code(i) & 15 | (code(16 + i) & 15) << 4));
        for half in [0, 16] {
            let pairs = (0..16).fold(0u32, |word, i| word | u32::from(code(half + i) >> 4) << (2 * i));
            codes.extend_from_slice(&pairs.to_le_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_all_rows_and_fit() {
        for kind in TensorKind::ALL {
            for (rows, most) in [(1, 1 << 20), (33, 1 << 20), (1000, 70_000), (49_152, 1 << 20)] {
                let layout = Layout { kind, rows, cols: 512 };
                let parts = layout.parts(most);
                let mut next = 0;
                for (first, count) in parts {
                    assert_eq!(first, next);
                    assert!(count == PART_STEP.min(rows - first) || count * layout.code_bytes() <= most);
                    assert!(layout.scale_bytes(count) <= count * layout.code_bytes());
                    next = first + count;
                }
                assert_eq!(next, rows);
            }
        }
    }

    #[test]
    fn packed_lengths_are_what_the_layout_says() {
        for kind in TensorKind::ALL {
            let layout = Layout { kind, rows: 3, cols: 256 };
            let bytes = vec![0x5a; 3 * 256 / kind.block_items() as usize * kind.block_bytes() as usize];
            let (mut codes, mut scales) = (Vec::new(), Vec::new());
            layout.pack(&bytes, &mut codes, &mut scales);
            assert_eq!(
                (codes.len(), scales.len()),
                (3 * layout.code_bytes(), layout.scale_bytes(3)),
                "{kind:?}"
            );
        }
        let layout = Layout { kind: TensorKind::F32, rows: 2, cols: 40 };
        let (mut codes, mut scales) = (Vec::new(), Vec::new());
        layout.pack(&[1; 2 * 40 * 4], &mut codes, &mut scales);
        assert_eq!((codes.len(), layout.code_bytes()), (2 * 64 * 4, 64 * 4));
    }
}
