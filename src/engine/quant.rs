//! The storage formats of ggml's tensors, and the plain way to turn each back into floats.
//!
//! This is the reference that kernels and repacked weights are tested against, held itself against numbers of the
//! `gguf` Python package (`tests/golden/quant.py`). It is not fast and no forward pass calls it. The layouts follow
//! ggml's documentation; all numbers are little-endian, `d` and `m` are 16-bit floats.
//!
//! | format | items | block | value of item i |
//! | --- | --- | --- | --- |
//! | Q4_0 | 32 | d, 16 bytes; item i < 16 in the low half of byte i, item 16 + i in the high one | d (q − 8) |
//! | Q4_1 | 32 | d, m, 16 bytes as above | d q + m |
//! | Q5_0 | 32 | d, 4 bytes with the fifth bit of item i in bit i, 16 bytes as above | d (q − 16) |
//! | Q5_1 | 32 | d, m, then as Q5_0 | d q + m |
//! | Q8_0 | 32 | d, 32 signed bytes | d q |
//! | IQ4_NL | 32 | d, 16 bytes as Q4_0 | d times the step that q names ([`UNEVEN_STEPS`]) |
//! | Q2_K | 256 | 16 bytes, part's scale in the low half, minimum in the high one; 64 bytes, whose bit pairs serve items i, 32 + i, 64 + i, 96 + i of a half; d, m | d scale q − m min |
//! | Q3_K | 256 | 32 bytes of third bits, item i's at bit i / 32 of byte i % 32; 64 bytes as Q2_K; 12 bytes of 6-bit scales; d | d (scale − 32) (q − 4) |
//! | Q4_K | 256 | d, m, 12 bytes of 6-bit pairs (scale, min), 128 bytes; each 32 bytes hold part 2p low, 2p + 1 high | d scale q − m min |
//! | Q5_K | 256 | as Q4_K, with 32 bytes of fifth bits before the 128, item i's at bit i / 32 of byte i % 32 | as Q4_K |
//! | BF16 | 1 | the upper half of an F32 | |
//! | Q6_K | 256 | 128 bytes of low 4 bits, 64 of high 2 bits, 16 signed scales, d | d scale (q − 32) |

use super::gguf::TensorKind;

/// The value of a 16-bit float, exactly.
///
/// It is the widening that every kernel does too: exponent and fraction moved into place, then the bias corrected by
/// a multiplication, which is exact and takes subnormals along. Infinities and NaNs do not survive that, so they are
/// told apart here; [`scales_are_finite`] keeps them out of weights.
pub fn f16_to_f32(bits: u16) -> f32 {
    let magnitude = u32::from(bits & 0x7fff) << 13;
    let sign = u32::from(bits & 0x8000) << 16;
    if bits & 0x7c00 == 0x7c00 {
        return f32::from_bits(sign | 0x7f80_0000 | magnitude);
    }
    f32::from_bits(sign | (f32::from_bits(magnitude) * F16_BIAS).to_bits())
}

/// 2^112, the distance of the two exponents' biases.
pub(super) const F16_BIAS: f32 = f32::from_bits((127 + 112) << 23);

/// Turns whole blocks of `kind` into floats.
///
/// `bytes` holds as many whole blocks as `into` has room for; what is left over on either side is ignored.
pub fn dequantise(kind: TensorKind, bytes: &[u8], into: &mut [f32]) {
    let blocks = bytes.chunks_exact(kind.block_bytes() as usize);
    for (block, out) in blocks.zip(into.chunks_exact_mut(kind.block_items() as usize)) {
        match kind {
            TensorKind::F32 => out[0] = f32::from_le_bytes([block[0], block[1], block[2], block[3]]),
            TensorKind::F16 => out[0] = half(block, 0),
            TensorKind::BF16 => out[0] = bf16(block),
            TensorKind::Q4_0 => {
                let d = half(block, 0);
                for (i, out) in out.iter_mut().enumerate() {
                    *out = d * (f32::from(nibble(&block[2..], i)) - 8.0);
                }
            }
            TensorKind::Q4_1 => {
                let (d, m) = (half(block, 0), half(block, 2));
                for (i, out) in out.iter_mut().enumerate() {
                    *out = d * f32::from(nibble(&block[4..], i)) + m;
                }
            }
            TensorKind::Q5_0 => {
                let d = half(block, 0);
                for (i, out) in out.iter_mut().enumerate() {
                    *out = d * f32::from(q5_0_code(block, i));
                }
            }
            TensorKind::Q5_1 => {
                let (d, m) = (half(block, 0), half(block, 2));
                for (i, out) in out.iter_mut().enumerate() {
                    *out = d * f32::from(q5_1_code(block, i)) + m;
                }
            }
            TensorKind::IQ4_NL => {
                let d = half(block, 0);
                for (i, out) in out.iter_mut().enumerate() {
                    *out = d * f32::from(iq4_nl_code(block, i));
                }
            }
            TensorKind::Q2_K => {
                let (d, m) = (half(block, 80), half(block, 82));
                for (i, out) in out.iter_mut().enumerate() {
                    let (scale, min) = q2_k_scale(block, i / 16);
                    *out = (d * f32::from(scale)) * f32::from(q2_k_code(block, i)) - m * f32::from(min);
                }
            }
            TensorKind::Q3_K => {
                let d = half(block, 108);
                for (i, out) in out.iter_mut().enumerate() {
                    *out = (d * f32::from(q3_k_scale(block, i / 16))) * f32::from(q3_k_code(block, i));
                }
            }
            TensorKind::Q8_0 => {
                let d = half(block, 0);
                for (i, out) in out.iter_mut().enumerate() {
                    *out = d * f32::from(block[2 + i] as i8);
                }
            }
            TensorKind::Q4_K | TensorKind::Q5_K => {
                let (d, m) = (half(block, 0), half(block, 2));
                for (i, out) in out.iter_mut().enumerate() {
                    let (scale, min) = q4_k_scale(block, i / 32);
                    let code =
                        if kind == TensorKind::Q4_K { q4_k_code(block, i) } else { q5_k_code(block, i) };
                    *out = (d * f32::from(scale)) * f32::from(code) - m * f32::from(min);
                }
            }
            TensorKind::Q6_K => {
                let d = half(block, 208);
                for (i, out) in out.iter_mut().enumerate() {
                    *out = (d * f32::from(q6_k_scale(block, i / 16))) * f32::from(q6_k_code(block, i));
                }
            }
        }
    }
}

/// Whether every scale of the blocks is a finite number; damaged files show themselves here first.
pub fn scales_are_finite(kind: TensorKind, bytes: &[u8]) -> bool {
    let finite = |block: &[u8], at: usize| half(block, at).is_finite();
    let mut blocks = bytes.chunks_exact(kind.block_bytes() as usize);
    match kind {
        TensorKind::F32 => blocks.all(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]).is_finite()),
        TensorKind::BF16 => blocks.all(|b| bf16(b).is_finite()),
        TensorKind::F16 | TensorKind::Q4_0 | TensorKind::Q5_0 | TensorKind::Q8_0 | TensorKind::IQ4_NL => {
            blocks.all(|b| finite(b, 0))
        }
        TensorKind::Q4_1 | TensorKind::Q5_1 | TensorKind::Q4_K | TensorKind::Q5_K => {
            blocks.all(|b| finite(b, 0) && finite(b, 2))
        }
        TensorKind::Q2_K => blocks.all(|b| finite(b, 80) && finite(b, 82)),
        TensorKind::Q3_K => blocks.all(|b| finite(b, 108)),
        TensorKind::Q6_K => blocks.all(|b| finite(b, 208)),
    }
}

/// The 16-bit float at byte `at`.
pub(super) fn half(block: &[u8], at: usize) -> f32 {
    f16_to_f32(u16::from_le_bytes([block[at], block[at + 1]]))
}

/// The float whose upper half a block is.
pub(super) fn bf16(block: &[u8]) -> f32 {
    f32::from_bits(u32::from(u16::from_le_bytes([block[0], block[1]])) << 16)
}

/// Item `i` of 32 four-bit numbers: the first 16 lie in the low halves.
pub(super) fn nibble(codes: &[u8], i: usize) -> u8 {
    if i < 16 { codes[i] & 15 } else { codes[i - 16] >> 4 }
}

/// Item `i` (0..32) of a Q5_0 block, from −16 to 15.
pub(super) fn q5_0_code(block: &[u8], i: usize) -> i8 {
    let fifth = block[2 + i / 8] >> (i % 8) & 1;
    (nibble(&block[6..], i) | fifth << 4) as i8 - 16
}

/// Item `i` (0..32) of a Q5_1 block, from 0 to 31.
pub(super) fn q5_1_code(block: &[u8], i: usize) -> u8 {
    let fifth = block[4 + i / 8] >> (i % 8) & 1;
    nibble(&block[8..], i) | fifth << 4
}

/// What the numbers of IQ4_NL stand for: dense around zero, where most weights are.
const UNEVEN_STEPS: [i8; 16] = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

/// Item `i` (0..32) of an IQ4_NL block.
pub(super) fn iq4_nl_code(block: &[u8], i: usize) -> i8 {
    UNEVEN_STEPS[usize::from(nibble(&block[2..], i))]
}

/// Scale and minimum of sixteen items of a Q2_K block.
pub(super) fn q2_k_scale(block: &[u8], part: usize) -> (u8, u8) {
    (block[part] & 15, block[part] >> 4)
}

/// Two bits of item `i` (0..256), in 64 bytes of which each half of 128 items has 32.
fn bit_pair(bytes: &[u8], i: usize) -> u8 {
    bytes[i / 128 * 32 + i % 32] >> (i % 128 / 32 * 2) & 3
}

/// Item `i` (0..256) of a Q2_K block, from 0 to 3.
pub(super) fn q2_k_code(block: &[u8], i: usize) -> u8 {
    bit_pair(&block[16..], i)
}

/// The scale of sixteen items (part 0..16) of a Q3_K block, from −32 to 31.
///
/// The low four bits of parts 0..8 lie in the low halves of bytes 0..8, those of 8..16 in the high halves; the top two
/// of part p in byte 8 + p % 4 at bit p / 4 · 2.
pub(super) fn q3_k_scale(block: &[u8], part: usize) -> i8 {
    let packed = &block[96..108];
    let low = packed[part % 8] >> (part / 8 * 4) & 15;
    let high = packed[8 + part % 4] >> (part / 4 * 2) & 3;
    (low | high << 4) as i8 - 32
}

/// Item `i` (0..256) of a Q3_K block, from −4 to 3.
pub(super) fn q3_k_code(block: &[u8], i: usize) -> i8 {
    let third = block[i % 32] >> (i / 32) & 1;
    (bit_pair(&block[32..], i) | third << 2) as i8 - 4
}

/// The five bits of item `i` (0..256) of a Q5_K block.
pub(super) fn q5_k_code(block: &[u8], i: usize) -> u8 {
    let byte = block[48 + i / 64 * 32 + i % 32];
    let low = if (i / 32).is_multiple_of(2) { byte & 15 } else { byte >> 4 };
    low | (block[16 + i % 32] >> (i / 32) & 1) << 4
}

/// Scale and minimum of part `part` (0..8) of a Q4_K or a Q5_K block.
///
/// The first four parts have theirs in the low six bits of bytes 0..4 and 4..8; the others have four bits in bytes
/// 8..12 and their top two bits above the former.
pub(super) fn q4_k_scale(block: &[u8], part: usize) -> (u8, u8) {
    let packed = &block[4..16];
    if part < 4 {
        (packed[part] & 63, packed[part + 4] & 63)
    } else {
        let rest = packed[part + 4];
        ((rest & 15) | (packed[part - 4] >> 6 << 4), (rest >> 4) | (packed[part] >> 6 << 4))
    }
}

/// The four bits of item `i` (0..256) of a Q4_K block.
pub(super) fn q4_k_code(block: &[u8], i: usize) -> u8 {
    let byte = block[16 + i / 64 * 32 + i % 32];
    if (i / 32).is_multiple_of(2) { byte & 15 } else { byte >> 4 }
}

/// The scale of sixteen items of a Q6_K block.
pub(super) fn q6_k_scale(block: &[u8], part: usize) -> i8 {
    block[192 + part] as i8
}

/// Item `i` (0..256) of a Q6_K block, from −32 to 31.
///
/// Each half of 128 items has 64 low bytes (items 0..64 in low nibbles, 64..128 in high ones) and 32 high bytes,
/// whose bit pairs serve items i, 32 + i, 64 + i and 96 + i.
pub(super) fn q6_k_code(block: &[u8], i: usize) -> i8 {
    let (part, i) = (i / 128, i % 128);
    let low = block[part * 64 + i % 64] >> (i / 64 * 4) & 15;
    let high = block[128 + part * 32 + i % 32] >> (i / 32 * 2) & 3;
    (low | high << 4) as i8 - 32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_gguf_package() {
        let golden: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/golden/quant.json")).expect("the file is JSON");
        for kind in TensorKind::ALL {
            let format = &golden[kind.name()];
            let hex = format["bytes"].as_str().expect("hex digits").as_bytes();
            let bytes: Vec<u8> = hex
                .chunks(2)
                .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).expect("ASCII"), 16).expect("hex"))
                .collect();
            let values: Vec<f32> = format["values"]
                .as_array()
                .expect("numbers")
                .iter()
                .map(|value| value.as_f64().expect("a number") as f32)
                .collect();
            assert_eq!(bytes.len() as u64 / kind.block_bytes() * kind.block_items(), values.len() as u64);
            let mut ours = vec![0.0; values.len()];
            dequantise(kind, &bytes, &mut ours);
            assert_eq!(ours, values, "{}", kind.name());
            assert!(scales_are_finite(kind, &bytes));
        }
    }

    #[test]
    fn every_half_is_widened_exactly() {
        for bits in 0..=u16::MAX {
            let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
            let magnitude = match exponent {
                0 => fraction / 1024.0 * 2f64.powi(-14),
                31 if fraction == 0.0 => f64::INFINITY,
                31 => f64::NAN,
                _ => (1.0 + fraction / 1024.0) * 2f64.powi(exponent - 15),
            };
            let expected = if bits >> 15 == 1 { -magnitude } else { magnitude } as f32;
            let ours = f16_to_f32(bits);
            assert!(ours.to_bits() == expected.to_bits() || ours.is_nan() && expected.is_nan(), "{bits:#x}");
        }
    }

    #[test]
    fn a_damaged_scale_is_noticed() {
        for (kind, at) in [
            (TensorKind::F16, 0),
            (TensorKind::Q4_0, 0),
            (TensorKind::Q4_1, 2),
            (TensorKind::Q5_0, 0),
            (TensorKind::Q5_1, 2),
            (TensorKind::Q8_0, 0),
            (TensorKind::IQ4_NL, 0),
            (TensorKind::Q2_K, 80),
            (TensorKind::Q2_K, 82),
            (TensorKind::Q3_K, 108),
            (TensorKind::Q4_K, 2),
            (TensorKind::Q5_K, 0),
            (TensorKind::Q6_K, 208),
        ] {
            let mut block = vec![0u8; kind.block_bytes() as usize];
            assert!(scales_are_finite(kind, &block));
            block[at..at + 2].copy_from_slice(&0x7c00u16.to_le_bytes());
            assert!(!scales_are_finite(kind, &block), "{}", kind.name());
        }
    }
}
