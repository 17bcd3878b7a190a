//! The few vector operations that the kernels are written over, and their plain form.
//!
//! Each kernel exists once, generic over [`Isa`]; an instruction set is a thin wrapper that says how its registers do
//! these operations (the pattern of the `memchr` crate). Every operation is exactly rounded and none is fused, so
//! all instruction sets give the same bits: a native run, a browser with SIMD and one with relaxed SIMD agree.
//! A fused multiply-add would save some 5% and lose that.
//!
//! Weights of eight rows lie interleaved, four columns of each row in turn, so that a lane stands for a row and no sum
//! runs across lanes (`pack.rs` draws it).
// why: a build with SIMD keeps the scalar set only for the checks that compare against it.
#![cfg_attr(all(target_arch = "wasm32", target_feature = "simd128"), allow(dead_code))]

/// Rows whose weights are interleaved.
pub const GROUP: usize = 8;

/// Vector operations of an instruction set.
///
/// # Safety
/// Every method needs a CPU that has the instruction set; pointers must be valid for the bytes that a method names.
/// Nothing need be aligned.
#[allow(clippy::missing_safety_doc)] // why: said once, above, for all of them.
pub unsafe trait Isa: Copy + 'static {
    /// Floats in a vector: 4 or 8.
    const LANES: usize;
    /// `LANES` floats.
    type F: Copy;
    /// Four codes (0..=15) of each of `LANES` rows.
    type Nibbles: Copy;
    /// Running integer sums over nibbles, one a row; good for eight steps.
    type NibbleSum: Copy;
    /// Four signed bytes of each of `LANES` rows.
    type Bytes: Copy;
    /// Running integer sums over bytes, one a row.
    type ByteSum: Copy;

    unsafe fn splat(x: f32) -> Self::F;
    unsafe fn load(from: *const f32) -> Self::F;
    unsafe fn store(to: *mut f32, x: Self::F);
    unsafe fn add(a: Self::F, b: Self::F) -> Self::F;
    unsafe fn sub(a: Self::F, b: Self::F) -> Self::F;
    unsafe fn mul(a: Self::F, b: Self::F) -> Self::F;
    unsafe fn div(a: Self::F, b: Self::F) -> Self::F;
    /// `b` where `a < b`, else `a`: a NaN in `a` stays.
    unsafe fn max(a: Self::F, b: Self::F) -> Self::F;
    /// `b` where `b < a`, else `a`: a NaN in `a` stays.
    unsafe fn min(a: Self::F, b: Self::F) -> Self::F;
    /// To the nearest integer, halves to the even one.
    unsafe fn round(x: Self::F) -> Self::F;
    /// 2^x for whole x from −126 to 127.
    unsafe fn power_of_two(x: Self::F) -> Self::F;
    /// `LANES` finite 16-bit floats.
    unsafe fn load_f16(from: *const u8) -> Self::F;
    unsafe fn load_u8(from: *const u8) -> Self::F;
    unsafe fn load_i8(from: *const u8) -> Self::F;
    /// Writes `LANES` whole numbers from −127 to 127 as bytes.
    unsafe fn store_i8(to: *mut u8, x: Self::F);

    /// The low and the high halves of `4 * LANES` bytes.
    unsafe fn nibbles(from: *const u8) -> (Self::Nibbles, Self::Nibbles);
    unsafe fn nibble_zero() -> Self::NibbleSum;
    /// Adds each row's four products with the four signed bytes at `x` (−127 to 127).
    unsafe fn nibble_dot(sum: Self::NibbleSum, w: Self::Nibbles, x: *const u8) -> Self::NibbleSum;
    unsafe fn nibble_sum(sum: Self::NibbleSum) -> Self::F;

    unsafe fn bytes(from: *const u8) -> Self::Bytes;
    unsafe fn byte_zero() -> Self::ByteSum;
    /// Adds each row's four products with the four signed bytes at `x` (−127 to 127).
    unsafe fn byte_dot(sum: Self::ByteSum, w: Self::Bytes, x: *const u8) -> Self::ByteSum;
    unsafe fn byte_sum(sum: Self::ByteSum) -> Self::F;
}

/// No instruction set: arrays and loops, which a compiler turns into what the target has.
#[derive(Clone, Copy)]
pub struct Scalar;

const LANES: usize = 8;

#[inline(always)]
fn lanes<T: Copy, R>(a: [T; LANES], f: impl Fn(T) -> R) -> [R; LANES] {
    std::array::from_fn(|i| f(a[i]))
}

#[inline(always)]
fn pairs(a: [f32; LANES], b: [f32; LANES], f: impl Fn(f32, f32) -> f32) -> [f32; LANES] {
    std::array::from_fn(|i| f(a[i], b[i]))
}

#[inline(always)]
unsafe fn read<const N: usize>(from: *const u8) -> [u8; N] {
    unsafe { from.cast::<[u8; N]>().read_unaligned() }
}

// SAFETY (of the whole block): these are plain loads and stores of the bytes that the trait names.
unsafe impl Isa for Scalar {
    const LANES: usize = LANES;
    type F = [f32; LANES];
    type Nibbles = [i8; 4 * LANES];
    type NibbleSum = [i32; LANES];
    type Bytes = [i8; 4 * LANES];
    type ByteSum = [i32; LANES];

    #[inline(always)]
    unsafe fn splat(x: f32) -> Self::F {
        [x; LANES]
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self::F {
        unsafe { from.cast::<Self::F>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn store(to: *mut f32, x: Self::F) {
        unsafe { to.cast::<Self::F>().write_unaligned(x) }
    }
    #[inline(always)]
    unsafe fn add(a: Self::F, b: Self::F) -> Self::F {
        pairs(a, b, |a, b| a + b)
    }
    #[inline(always)]
    unsafe fn sub(a: Self::F, b: Self::F) -> Self::F {
        pairs(a, b, |a, b| a - b)
    }
    #[inline(always)]
    unsafe fn mul(a: Self::F, b: Self::F) -> Self::F {
        pairs(a, b, |a, b| a * b)
    }
    #[inline(always)]
    unsafe fn div(a: Self::F, b: Self::F) -> Self::F {
        pairs(a, b, |a, b| a / b)
    }
    #[inline(always)]
    unsafe fn max(a: Self::F, b: Self::F) -> Self::F {
        pairs(a, b, |a, b| if a < b { b } else { a })
    }
    #[inline(always)]
    unsafe fn min(a: Self::F, b: Self::F) -> Self::F {
        pairs(a, b, |a, b| if b < a { b } else { a })
    }
    #[inline(always)]
    unsafe fn round(x: Self::F) -> Self::F {
        // Adding 1.5 · 2^23 leaves no fraction bits, so the addition itself rounds halves to even; every magnitude
        // asked for here is far below 2^22.
        const SHIFT: f32 = 12_582_912.0;
        lanes(x, |x| (x + SHIFT) - SHIFT)
    }
    #[inline(always)]
    unsafe fn power_of_two(x: Self::F) -> Self::F {
        lanes(x, |x| f32::from_bits(((x as i32).wrapping_add(127) as u32) << 23))
    }
    #[inline(always)]
    unsafe fn load_f16(from: *const u8) -> Self::F {
        let halves = unsafe { from.cast::<[u16; LANES]>().read_unaligned() };
        lanes(halves, |half| {
            let bits = (i32::from(half as i16) << 13) as u32 & 0x8fff_e000;
            f32::from_bits(bits) * crate::engine::quant::F16_BIAS
        })
    }
    #[inline(always)]
    unsafe fn load_u8(from: *const u8) -> Self::F {
        lanes(unsafe { read::<LANES>(from) }, f32::from)
    }
    #[inline(always)]
    unsafe fn load_i8(from: *const u8) -> Self::F {
        lanes(unsafe { read::<LANES>(from) }, |x| f32::from(x as i8))
    }
    #[inline(always)]
    unsafe fn store_i8(to: *mut u8, x: Self::F) {
        let bytes: [u8; LANES] = lanes(x, |x| x as i8 as u8);
        unsafe { to.cast::<[u8; LANES]>().write_unaligned(bytes) }
    }

    #[inline(always)]
    unsafe fn nibbles(from: *const u8) -> (Self::Nibbles, Self::Nibbles) {
        let bytes = unsafe { read::<{ 4 * LANES }>(from) };
        (std::array::from_fn(|i| (bytes[i] & 15) as i8), std::array::from_fn(|i| (bytes[i] >> 4) as i8))
    }
    #[inline(always)]
    unsafe fn nibble_zero() -> Self::NibbleSum {
        [0; LANES]
    }
    #[inline(always)]
    unsafe fn nibble_dot(sum: Self::NibbleSum, w: Self::Nibbles, x: *const u8) -> Self::NibbleSum {
        unsafe { Self::byte_dot(sum, w, x) }
    }
    #[inline(always)]
    unsafe fn nibble_sum(sum: Self::NibbleSum) -> Self::F {
        lanes(sum, |sum| sum as f32)
    }

    #[inline(always)]
    unsafe fn bytes(from: *const u8) -> Self::Bytes {
        unsafe { from.cast::<Self::Bytes>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn byte_zero() -> Self::ByteSum {
        [0; LANES]
    }
    // Not inlined: it is a loop that compilers turn into vectors by itself, and unrolled into every kernel it would take
    // minutes to compile.
    #[inline(never)]
    unsafe fn byte_dot(sum: Self::ByteSum, w: Self::Bytes, x: *const u8) -> Self::ByteSum {
        let x = unsafe { read::<4>(x) };
        std::array::from_fn(|row| {
            let products = (0..4).map(|i| i32::from(w[4 * row + i]) * i32::from(x[i] as i8));
            sum[row] + products.sum::<i32>()
        })
    }
    #[inline(always)]
    unsafe fn byte_sum(sum: Self::ByteSum) -> Self::F {
        lanes(sum, |sum| sum as f32)
    }
}
