//! A weight matrix in the GPU's memory: still quantised, in blocks of 32 columns that every format has alike.
//!
//! Rows go in as they are read and nothing else keeps them, so weights are never held twice. Codes and scales lie in
//! buffers of their own; every code and every scale of the file is kept exactly. A row has ⌈cols / 32⌉ blocks, filled up
//! with zeros where a format has no blocks of its own (F16, F32).
//!
//! | format | codes of a block, in words of 32 bits | scales |
//! | --- | --- | --- |
//! | F32 | 32, the floats | none |
//! | F16 | 16, the halves | none |
//! | Q4_0 | 4, as in the file: item i < 16 in the low half of byte i, 16 + i in the high one | half a word a block: d |
//! | Q4_1 | 4, as above | a word a block: d, m |
//! | Q5_0 | 8, the five bits less 16 as bytes: what Q8_0 has, so that one kernel serves both | half a word a block: d |
//! | Q8_0 | 8, as in the file | half a word a block: d |
//! | Q4_K | 4, as Q4_0 | five words for eight blocks: d and m, then scale and min of each as bytes |
//! | Q6_K | 6: the low four bits as Q4_0, then two words with the bit pairs above, item i's at bit 2 (i % 16) | five words for eight blocks: d as a float, then both scales of each as bytes |
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
            TensorKind::F32 | TensorKind::F16 => 0,
            TensorKind::Q4_0 | TensorKind::Q5_0 | TensorKind::Q8_0 => blocks.div_ceil(2),
            TensorKind::Q4_1 => blocks,
            TensorKind::Q4_K | TensorKind::Q6_K => blocks / 8 * 5,
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
            TensorKind::F32 | TensorKind::F16 => {
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
                    codes.extend((0..BLOCK).map(|i| quant::q5_0_code(block, i) as u8));
                }
                scales.resize(scales.len().next_multiple_of(4), 0);
            }
            TensorKind::Q4_1 => {
                for block in blocks {
                    scales.extend_from_slice(&block[..4]);
                    codes.extend_from_slice(&block[4..]);
                }
            }
            TensorKind::Q4_K => blocks.for_each(|block| pack_q4_k(block, codes, scales)),
            TensorKind::Q6_K => blocks.for_each(|block| pack_q6_k(block, codes, scales)),
        }
    }
}

/// Words of 32 bits that a block's codes take.
pub fn code_words(kind: TensorKind) -> usize {
    match kind {
        TensorKind::F32 => 32,
        TensorKind::F16 => 16,
        TensorKind::Q4_0 | TensorKind::Q4_1 | TensorKind::Q4_K => 4,
        TensorKind::Q5_0 | TensorKind::Q8_0 => 8,
        TensorKind::Q6_K => 6,
    }
}

fn pack_q4_k(block: &[u8], codes: &mut Vec<u8>, scales: &mut Vec<u8>) {
    scales.extend_from_slice(&block[..4]);
    for part in 0..8 {
        let (scale, min) = quant::q4_k_scale(block, part);
        scales.extend_from_slice(&[scale, min]);
        let code = |i: usize| quant::q4_k_code(block, part * BLOCK + i);
        codes.extend((0..16).map(|i| code(i) | code(16 + i) << 4));
    }
}

fn pack_q6_k(block: &[u8], codes: &mut Vec<u8>, scales: &mut Vec<u8>) {
    scales.extend_from_slice(&quant::half(block, 208).to_le_bytes());
    for part in 0..8 {
        scales.extend([2 * part, 2 * part + 1].map(|i| quant::q6_k_scale(block, i) as u8));
        // From −32..32 back to the six bits.
        let code = |i: usize| (quant::q6_k_code(block, part * BLOCK + i) + 32) as u8;
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
