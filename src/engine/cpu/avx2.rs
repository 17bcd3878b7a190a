//! The vector operations on x86-64 with AVX2, for native runs.

use std::arch::x86_64::*;

use super::isa::Isa;

/// AVX2. Use it only where `is_x86_feature_detected!("avx2")`.
#[derive(Clone, Copy)]
pub struct Avx2;

#[inline(always)]
unsafe fn four_bytes(x: *const u8) -> __m256i {
    unsafe { _mm256_set1_epi32(x.cast::<i32>().read_unaligned()) }
}

// SAFETY (of the whole block): the trait's terms are the intrinsics' terms; all loads and stores are unaligned.
unsafe impl Isa for Avx2 {
    const LANES: usize = 8;
    type F = __m256;
    type Nibbles = __m256i;
    /// Sixteen 16-bit sums, two a row: eight steps of at most 2 · 15 · 127 stay below 2^15.
    type NibbleSum = __m256i;
    /// The bytes' magnitudes, and the bytes.
    type Bytes = (__m256i, __m256i);
    type ByteSum = __m256i;

    #[inline(always)]
    unsafe fn splat(x: f32) -> Self::F {
        unsafe { _mm256_set1_ps(x) }
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self::F {
        unsafe { _mm256_loadu_ps(from) }
    }
    #[inline(always)]
    unsafe fn store(to: *mut f32, x: Self::F) {
        unsafe { _mm256_storeu_ps(to, x) }
    }
    #[inline(always)]
    unsafe fn add(a: Self::F, b: Self::F) -> Self::F {
        unsafe { _mm256_add_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn sub(a: Self::F, b: Self::F) -> Self::F {
        unsafe { _mm256_sub_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn mul(a: Self::F, b: Self::F) -> Self::F {
        unsafe { _mm256_mul_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn div(a: Self::F, b: Self::F) -> Self::F {
        unsafe { _mm256_div_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn max(a: Self::F, b: Self::F) -> Self::F {
        // The instruction gives its second operand where the comparison fails, so `a` stands second.
        unsafe { _mm256_max_ps(b, a) }
    }
    #[inline(always)]
    unsafe fn min(a: Self::F, b: Self::F) -> Self::F {
        unsafe { _mm256_min_ps(b, a) }
    }
    #[inline(always)]
    unsafe fn round(x: Self::F) -> Self::F {
        unsafe { _mm256_round_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(x) }
    }
    #[inline(always)]
    unsafe fn power_of_two(x: Self::F) -> Self::F {
        unsafe {
            let exponent = _mm256_add_epi32(_mm256_cvttps_epi32(x), _mm256_set1_epi32(127));
            _mm256_castsi256_ps(_mm256_slli_epi32::<23>(exponent))
        }
    }
    #[inline(always)]
    unsafe fn load_f16(from: *const u8) -> Self::F {
        unsafe {
            let wide = _mm256_slli_epi32::<13>(_mm256_cvtepi16_epi32(_mm_loadu_si128(from.cast())));
            let bits = _mm256_and_si256(wide, _mm256_set1_epi32(0x8fff_e000u32 as i32));
            _mm256_mul_ps(_mm256_castsi256_ps(bits), _mm256_set1_ps(crate::engine::quant::F16_BIAS))
        }
    }
    #[inline(always)]
    unsafe fn load_u8(from: *const u8) -> Self::F {
        unsafe { _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64(from.cast()))) }
    }
    #[inline(always)]
    unsafe fn load_i8(from: *const u8) -> Self::F {
        unsafe { _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(from.cast()))) }
    }
    #[inline(always)]
    unsafe fn store_i8(to: *mut u8, x: Self::F) {
        unsafe {
            let whole = _mm256_cvtps_epi32(x);
            let short = _mm_packs_epi32(_mm256_castsi256_si128(whole), _mm256_extracti128_si256::<1>(whole));
            _mm_storel_epi64(to.cast(), _mm_packs_epi16(short, short));
        }
    }

    #[inline(always)]
    unsafe fn nibbles(from: *const u8) -> (Self::Nibbles, Self::Nibbles) {
        unsafe {
            let bytes = _mm256_loadu_si256(from.cast());
            let mask = _mm256_set1_epi8(15);
            (_mm256_and_si256(bytes, mask), _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), mask))
        }
    }
    #[inline(always)]
    unsafe fn nibble_zero() -> Self::NibbleSum {
        unsafe { _mm256_setzero_si256() }
    }
    #[inline(always)]
    unsafe fn nibble_dot(sum: Self::NibbleSum, w: Self::Nibbles, x: *const u8) -> Self::NibbleSum {
        unsafe { _mm256_add_epi16(sum, _mm256_maddubs_epi16(w, four_bytes(x))) }
    }
    #[inline(always)]
    unsafe fn nibble_sum(sum: Self::NibbleSum) -> Self::F {
        unsafe { _mm256_cvtepi32_ps(_mm256_madd_epi16(sum, _mm256_set1_epi16(1))) }
    }

    #[inline(always)]
    unsafe fn bytes(from: *const u8) -> Self::Bytes {
        unsafe {
            let bytes = _mm256_loadu_si256(from.cast());
            (_mm256_abs_epi8(bytes), bytes)
        }
    }
    #[inline(always)]
    unsafe fn byte_zero() -> Self::ByteSum {
        unsafe { _mm256_setzero_si256() }
    }
    #[inline(always)]
    unsafe fn byte_dot(sum: Self::ByteSum, (size, sign): Self::Bytes, x: *const u8) -> Self::ByteSum {
        // |w| · (±x): the magnitude may be 128, which fits unsigned, and 2 · 128 · 127 fits 16 bits.
        unsafe {
            let pairs = _mm256_maddubs_epi16(size, _mm256_sign_epi8(four_bytes(x), sign));
            _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)))
        }
    }
    #[inline(always)]
    unsafe fn byte_sum(sum: Self::ByteSum) -> Self::F {
        unsafe { _mm256_cvtepi32_ps(sum) }
    }
}
