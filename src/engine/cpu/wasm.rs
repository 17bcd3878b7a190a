//! The vector operations in WebAssembly: with SIMD, and with relaxed SIMD where the build has it.
//!
//! They differ in the dot products. Plain SIMD multiplies 16-bit numbers, so both sides are widened. Relaxed SIMD has
//! `i16x8.relaxed_dot_i8x16_i7x16`, one instruction on x86-64. Its second operand has seven bits: above 127, processors
//! differ. Nibbles are 0 to 15, so it is exact on all of them, and since eight steps of at most 2 · 15 · 127 stay
//! below 2^15, the sums stay in 16 bits until a block is done.
//!
//! The four-way form, `i32x4.relaxed_dot_i8x16_i7x16_add`, is one instruction with VNNI, sum included, and three
//! without. VNNI takes all eight bits of the second operand as a number from 0 to 255 and sums exactly, which a processor
//! without it does not: [`has_vnni`] asks for that. There, whole bytes are multiplied so, too.

#[cfg(target_feature = "relaxed-simd")]
use std::hint::black_box;

use std::arch::wasm32::*;

use super::isa::Isa;

/// WebAssembly SIMD (`simd128`).
#[derive(Clone, Copy)]
pub struct Simd128;

/// WebAssembly relaxed SIMD (`relaxed-simd`).
#[cfg(target_feature = "relaxed-simd")]
#[derive(Clone, Copy)]
pub struct RelaxedSimd;

/// WebAssembly relaxed SIMD on a processor with VNNI.
#[cfg(target_feature = "relaxed-simd")]
#[derive(Clone, Copy)]
pub struct RelaxedVnni;

/// Whether the four-way dot product takes its second operand as bytes without a sign and sums them exactly, as the
/// instruction `vpdpbusd` does: without it, x86-64 loses what is above 16 bits, and others have a sign there.
#[cfg(target_feature = "relaxed-simd")]
pub fn has_vnni() -> bool {
    // why: it is the processor that is asked, not the compiler.
    let dot = |x: i8, w: u8| {
        let (x, w) = (black_box(i8x16_splat(x)), black_box(u8x16_splat(w)));
        i32x4_extract_lane::<0>(i32x4_relaxed_dot_i8x16_i7x16_add(x, w, black_box(i32x4_splat(1))))
    };
    let exactly = |x: i8, w: u8| dot(x, w) == 1 + 4 * i32::from(x) * i32::from(w);
    [-127, 127].iter().all(|x| [127, 128, 255].iter().all(|w| exactly(*x, *w)))
}

/// Eight signed 16-bit numbers twice: four columns of rows 0 and 1, and of rows 2 and 3.
type Wide = (v128, v128);

#[inline(always)]
unsafe fn wide_dot(sum: Wide, w: Wide, x: *const u8) -> Wide {
    let x = unsafe { i16x8_extend_low_i8x16(v128_load32_splat(x.cast())) };
    (i32x4_add(sum.0, i32x4_dot_i16x8(w.0, x)), i32x4_add(sum.1, i32x4_dot_i16x8(w.1, x)))
}

/// Adds the two halves of each row's sum.
#[inline(always)]
fn wide_sum(sum: Wide) -> v128 {
    let even = i32x4_shuffle::<0, 2, 4, 6>(sum.0, sum.1);
    let odd = i32x4_shuffle::<1, 3, 5, 7>(sum.0, sum.1);
    f32x4_convert_i32x4(i32x4_add(even, odd))
}

macro_rules! common {
    () => {
        const LANES: usize = 4;
        type F = v128;

        #[inline(always)]
        unsafe fn splat(x: f32) -> v128 {
            f32x4_splat(x)
        }
        #[inline(always)]
        unsafe fn load(from: *const f32) -> v128 {
            unsafe { v128_load(from.cast()) }
        }
        #[inline(always)]
        unsafe fn store(to: *mut f32, x: v128) {
            unsafe { v128_store(to.cast(), x) }
        }
        #[inline(always)]
        unsafe fn add(a: v128, b: v128) -> v128 {
            f32x4_add(a, b)
        }
        #[inline(always)]
        unsafe fn sub(a: v128, b: v128) -> v128 {
            f32x4_sub(a, b)
        }
        #[inline(always)]
        unsafe fn mul(a: v128, b: v128) -> v128 {
            f32x4_mul(a, b)
        }
        #[inline(always)]
        unsafe fn div(a: v128, b: v128) -> v128 {
            f32x4_div(a, b)
        }
        #[inline(always)]
        unsafe fn max(a: v128, b: v128) -> v128 {
            f32x4_pmax(a, b)
        }
        #[inline(always)]
        unsafe fn min(a: v128, b: v128) -> v128 {
            f32x4_pmin(a, b)
        }
        #[inline(always)]
        unsafe fn round(x: v128) -> v128 {
            f32x4_nearest(x)
        }
        #[inline(always)]
        unsafe fn power_of_two(x: v128) -> v128 {
            i32x4_shl(i32x4_add(i32x4_trunc_sat_f32x4(x), i32x4_splat(127)), 23)
        }
        #[inline(always)]
        unsafe fn load_f16(from: *const u8) -> v128 {
            let wide = i32x4_shl(unsafe { i32x4_load_extend_i16x4(from.cast()) }, 13);
            let bits = v128_and(wide, u32x4_splat(0x8fff_e000));
            f32x4_mul(bits, f32x4_splat(crate::engine::quant::F16_BIAS))
        }
        #[inline(always)]
        unsafe fn load_u8(from: *const u8) -> v128 {
            let bytes = unsafe { v128_load32_zero(from.cast()) };
            f32x4_convert_u32x4(u32x4_extend_low_u16x8(u16x8_extend_low_u8x16(bytes)))
        }
        #[inline(always)]
        unsafe fn load_i8(from: *const u8) -> v128 {
            let bytes = unsafe { v128_load32_zero(from.cast()) };
            f32x4_convert_i32x4(i32x4_extend_low_i16x8(i16x8_extend_low_i8x16(bytes)))
        }
        #[inline(always)]
        unsafe fn store_i8(to: *mut u8, x: v128) {
            let whole = i32x4_trunc_sat_f32x4(x);
            let short = i16x8_narrow_i32x4(whole, whole);
            unsafe { v128_store32_lane::<0>(i8x16_narrow_i16x8(short, short), to.cast()) }
        }
    };
}

macro_rules! wide_bytes {
    () => {
        type Bytes = Wide;
        type ByteSum = Wide;

        #[inline(always)]
        unsafe fn bytes(from: *const u8) -> Wide {
            let bytes = unsafe { v128_load(from.cast()) };
            (i16x8_extend_low_i8x16(bytes), i16x8_extend_high_i8x16(bytes))
        }
        #[inline(always)]
        unsafe fn byte_zero() -> Wide {
            (i32x4_splat(0), i32x4_splat(0))
        }
        #[inline(always)]
        unsafe fn byte_dot(sum: Wide, w: Wide, x: *const u8) -> Wide {
            unsafe { wide_dot(sum, w, x) }
        }
        #[inline(always)]
        unsafe fn byte_sum(sum: Wide) -> v128 {
            wide_sum(sum)
        }
    };
}

// SAFETY (of all three blocks): the instruction set is the build's; all loads and stores are unaligned.
unsafe impl Isa for Simd128 {
    common!();
    wide_bytes!();
    type Nibbles = Wide;
    type NibbleSum = Wide;

    #[inline(always)]
    unsafe fn nibbles(from: *const u8) -> (Wide, Wide) {
        let bytes = unsafe { v128_load(from.cast()) };
        let (low, high) = (v128_and(bytes, u8x16_splat(15)), u8x16_shr(bytes, 4));
        (
            (u16x8_extend_low_u8x16(low), u16x8_extend_high_u8x16(low)),
            (u16x8_extend_low_u8x16(high), u16x8_extend_high_u8x16(high)),
        )
    }
    #[inline(always)]
    unsafe fn nibble_zero() -> Wide {
        (i32x4_splat(0), i32x4_splat(0))
    }
    #[inline(always)]
    unsafe fn nibble_dot(sum: Wide, w: Wide, x: *const u8) -> Wide {
        unsafe { wide_dot(sum, w, x) }
    }
    #[inline(always)]
    unsafe fn nibble_sum(sum: Wide) -> v128 {
        wide_sum(sum)
    }
}

#[cfg(target_feature = "relaxed-simd")]
unsafe impl Isa for RelaxedSimd {
    common!();
    wide_bytes!();
    type Nibbles = v128;
    /// Eight 16-bit sums, two a row.
    type NibbleSum = v128;

    #[inline(always)]
    unsafe fn nibbles(from: *const u8) -> (v128, v128) {
        unsafe { low_and_high(from) }
    }
    #[inline(always)]
    unsafe fn nibble_zero() -> v128 {
        i16x8_splat(0)
    }
    #[inline(always)]
    unsafe fn nibble_dot(sum: v128, w: v128, x: *const u8) -> v128 {
        i16x8_add(sum, i16x8_relaxed_dot_i8x16_i7x16(unsafe { v128_load32_splat(x.cast()) }, w))
    }
    #[inline(always)]
    unsafe fn nibble_sum(sum: v128) -> v128 {
        f32x4_convert_i32x4(i32x4_extadd_pairwise_i16x8(sum))
    }
}

#[cfg(target_feature = "relaxed-simd")]
unsafe impl Isa for RelaxedVnni {
    common!();
    type Nibbles = v128;
    type NibbleSum = v128;
    /// Each with 128 added, which leaves no sign.
    type Bytes = v128;
    /// The sums with those, and what 128 adds to them.
    type ByteSum = (v128, v128);

    #[inline(always)]
    unsafe fn nibbles(from: *const u8) -> (v128, v128) {
        unsafe { low_and_high(from) }
    }
    #[inline(always)]
    unsafe fn nibble_zero() -> v128 {
        i32x4_splat(0)
    }
    #[inline(always)]
    unsafe fn nibble_dot(sum: v128, w: v128, x: *const u8) -> v128 {
        i32x4_relaxed_dot_i8x16_i7x16_add(unsafe { v128_load32_splat(x.cast()) }, w, sum)
    }
    #[inline(always)]
    unsafe fn nibble_sum(sum: v128) -> v128 {
        f32x4_convert_i32x4(sum)
    }
    #[inline(always)]
    unsafe fn bytes(from: *const u8) -> v128 {
        v128_xor(unsafe { v128_load(from.cast()) }, u8x16_splat(128))
    }
    #[inline(always)]
    unsafe fn byte_zero() -> (v128, v128) {
        (i32x4_splat(0), i32x4_splat(0))
    }
    #[inline(always)]
    unsafe fn byte_dot(sum: (v128, v128), w: v128, x: *const u8) -> (v128, v128) {
        let x = unsafe { v128_load32_splat(x.cast()) };
        let added = i32x4_relaxed_dot_i8x16_i7x16_add(x, u8x16_splat(128), sum.1);
        (i32x4_relaxed_dot_i8x16_i7x16_add(x, w, sum.0), added)
    }
    #[inline(always)]
    unsafe fn byte_sum(sum: (v128, v128)) -> v128 {
        f32x4_convert_i32x4(i32x4_sub(sum.0, sum.1))
    }
}

/// The low and the high halves of sixteen bytes.
#[cfg(target_feature = "relaxed-simd")]
#[inline(always)]
unsafe fn low_and_high(from: *const u8) -> (v128, v128) {
    let bytes = unsafe { v128_load(from.cast()) };
    let mask = u8x16_splat(15);
    (v128_and(bytes, mask), v128_and(u16x8_shr(bytes, 4), mask))
}
