//! Kernels on the CPU, one table of them for each instruction set, and the threads that share their work.
//!
//! Reading order: [`isa`] (the operations), `scalar`, `avx2`, `wasm` (who does them), [`pack`] and [`activations`]
//! (what lies where in memory), `matmul`, `attention`, `elementwise` (the kernels), [`pool`] (the threads).
//!
//! All tables give the same bits for the same input: integer sums are exact, float sums run in one fixed order and
//! nothing is fused.

mod activations;
mod attention;
#[cfg(target_arch = "x86_64")]
mod avx2;
mod device;
mod elementwise;
mod isa;
mod matmul;
mod pack;
mod pool;
#[cfg(any(test, feature = "kernel-tests"))]
pub mod testing;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wasm;

use std::ops::Range;

use smallvec::SmallVec;

use super::kv::PAGE;

pub use activations::Activations;
pub use attention::{Attention, HEAD_STEP, Span};
pub use device::Cpu;
pub use elementwise::{rotate, rotate_halves};
pub use isa::GROUP;
pub use pack::{Packed, Packer};
pub use pool::{Pool, panicked, work_for};

/// Matrices that multiply the same numbers: queries, keys and values.
const TOGETHER: usize = 3;

/// The kernels of one instruction set.
///
/// The functions are unsafe for what they do with pointers and because the CPU must have the instruction set; the
/// latter holds for every table that [`Kernels::available`] gives.
#[derive(Clone, Copy)]
pub struct Kernels {
    /// Which instruction set.
    pub name: &'static str,
    matmul: unsafe fn(&Packed, Range<usize>, &Activations, *mut f32, usize),
    quantise: unsafe fn(&[f32], *mut u8, usize),
    rms_norm: unsafe fn(*const f32, &[f32], f32, *mut f32),
    silu_mul: unsafe fn(&mut [f32], &[f32]),
    gelu_mul: unsafe fn(&mut [f32], &[f32]),
    attend: unsafe fn(&Attention, usize, *mut f32, *mut f32),
    exp_sum: unsafe fn(&[f32], f32) -> f32,
}

macro_rules! table {
    ($name:literal, $isa:ty $(, $feature:literal)?) => {{
        $(#[target_feature(enable = $feature)])?
        unsafe fn matmul(w: &Packed, groups: Range<usize>, x: &Activations, out: *mut f32, stride: usize) {
            // SAFETY: the caller's, as for all below.
            unsafe { matmul::matmul::<$isa>(w, groups, x, out, stride) }
        }
        $(#[target_feature(enable = $feature)])?
        unsafe fn quantise(x: &[f32], tile: *mut u8, slot: usize) {
            unsafe { elementwise::quantise::<$isa>(x, tile, slot) }
        }
        $(#[target_feature(enable = $feature)])?
        unsafe fn rms_norm(x: *const f32, weight: &[f32], epsilon: f32, out: *mut f32) {
            unsafe { elementwise::rms_norm::<$isa>(x, weight, epsilon, out) }
        }
        $(#[target_feature(enable = $feature)])?
        unsafe fn silu_mul(gate: &mut [f32], up: &[f32]) {
            unsafe { elementwise::silu_mul::<$isa>(gate, up) }
        }
        $(#[target_feature(enable = $feature)])?
        unsafe fn gelu_mul(gate: &mut [f32], up: &[f32]) {
            unsafe { elementwise::gelu_mul::<$isa>(gate, up) }
        }
        $(#[target_feature(enable = $feature)])?
        unsafe fn attend(a: &Attention, item: usize, out: *mut f32, scratch: *mut f32) {
            unsafe { attention::attend::<$isa>(a, item, out, scratch) }
        }
        $(#[target_feature(enable = $feature)])?
        unsafe fn exp_sum(x: &[f32], max: f32) -> f32 {
            unsafe { elementwise::exp_sum::<$isa>(x, max) }
        }
        Kernels { name: $name, matmul, quantise, rms_norm, silu_mul, gelu_mul, attend, exp_sum }
    }};
}

impl Kernels {
    /// The tables that this CPU and this build can run, the fastest first, the plain one last.
    pub fn available() -> Vec<Kernels> {
        let mut tables = Vec::new();
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            tables.push(table!("avx2", avx2::Avx2, "avx2"));
        }
        #[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
        {
            let relaxed = table!("relaxed-simd", wasm::RelaxedSimd);
            if wasm::has_vnni() {
                // Only products differ, and each table is code that a browser has to fetch.
                let matmul = matmul::matmul::<wasm::RelaxedVnni>;
                tables.push(Kernels { name: "relaxed-vnni", matmul, ..relaxed });
            }
            tables.push(relaxed);
        }
        #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
        tables.push(table!("simd128", wasm::Simd128));
        // A browser's build with SIMD is not loaded where there is none, so only the checks want the plain one there.
        #[cfg(any(not(target_feature = "simd128"), feature = "kernel-tests"))]
        tables.push(table!("scalar", isa::Scalar));
        tables
    }

    /// The fastest table.
    pub fn best() -> Kernels {
        Kernels::available()[0]
    }

    /// Multiplies `w` with every token of `x`: `out[token * stride + row]`, rows padded to [`GROUP`].
    ///
    /// # Panics
    /// If the columns differ, or `out` is too short for `x.tokens()` rows of `stride`, or `stride` for the rows.
    pub fn matmul(&self, pool: &mut Pool, w: &Packed, x: &Activations, out: &mut [f32], stride: usize) {
        self.matmul_all(pool, x, &mut [(w, out, stride)]);
    }

    /// As [`Kernels::matmul`] for several matrices and the same activations, in one go.
    pub fn matmul_all(
        &self,
        pool: &mut Pool,
        x: &Activations,
        products: &mut [(&Packed, &mut [f32], usize)],
    ) {
        let total: usize = products.iter().map(|(w, ..)| w.groups()).sum();
        // Four shares a thread, so that one that was held up leaves work to the others.
        let share = total.div_ceil(pool.threads() * 4).max(1);
        // Each product with the first of its shares.
        let (mut shares, mut places) = (0, SmallVec::<[_; TOGETHER]>::new());
        for (w, out, stride) in products {
            assert!(
                *stride >= w.groups() * GROUP && out.len() >= x.tokens() * *stride,
                "room for the product"
            );
            places.push((shares, *w, Target(out.as_mut_ptr()), *stride));
            shares += w.groups().div_ceil(share);
        }
        pool.run(shares, &|_, item| {
            let place = places.iter().rfind(|(first, ..)| *first <= item);
            let Some((first, w, out, stride)) = place else { return };
            let from = (item - first) * share;
            let groups = from..(from + share).min(w.groups());
            // SAFETY: lengths were checked; items write groups of rows that no other does.
            unsafe { (self.matmul)(w, groups, x, out.0, *stride) }
        });
    }

    /// Quantises what [`Activations::floats_mut`] holds.
    pub fn quantise(&self, pool: &mut Pool, x: &mut Activations) {
        let (cols, bytes) = (x.cols(), x.tile_bytes());
        let (floats, tiles) = x.halves();
        let tiles = Target(tiles.as_mut_ptr());
        for_each_token(pool, floats.len() / cols.max(1), &|token| {
            let tile = activations::TILE;
            // SAFETY: a token writes its own slot of its tile only.
            unsafe {
                let at = tiles.get().add(token / tile * bytes);
                (self.quantise)(&floats[token * cols..(token + 1) * cols], at, token % tile);
            }
        });
    }

    /// RMS norm of each token's numbers.
    pub fn rms_norm(&self, pool: &mut Pool, x: &[f32], weight: &[f32], epsilon: f32, out: &mut [f32]) {
        let cols = weight.len();
        assert_eq!(x.len(), out.len(), "equal lengths");
        let target = Target(out.as_mut_ptr());
        for_each_token(pool, x.len() / cols, &|token| {
            // SAFETY: a token writes its own row only, and the lengths are equal.
            unsafe {
                (self.rms_norm)(x[token * cols..].as_ptr(), weight, epsilon, target.get().add(token * cols))
            }
        });
    }

    /// As [`Kernels::rms_norm`], in place; a row is as long as `weight`.
    pub fn rms_norm_in_place(&self, pool: &mut Pool, x: &mut [f32], weight: &[f32], epsilon: f32) {
        let cols = weight.len();
        let target = Target(x.as_mut_ptr());
        for_each_token(pool, x.len() / cols, &|row| {
            // SAFETY: a row is read and written by one thread only, within the slice.
            unsafe {
                let row = target.get().add(row * cols);
                (self.rms_norm)(row, weight, epsilon, row);
            }
        });
    }

    /// SwiGLU's gate for each token: `out = silu(gate) · up`, `cols` numbers a token.
    pub fn silu_mul(&self, pool: &mut Pool, gate: &mut [f32], up: &[f32], cols: usize) {
        gate_mul(self.silu_mul, pool, gate, up, cols);
    }

    /// GeGLU's gate for each token: `out = gelu(gate) · up`, `cols` numbers a token.
    pub fn gelu_mul(&self, pool: &mut Pool, gate: &mut [f32], up: &[f32], cols: usize) {
        gate_mul(self.gelu_mul, pool, gate, up, cols);
    }

    /// The natural logarithm of `Σ e^x`: what a logit loses to become a log-probability.
    pub fn log_sum_exp(&self, x: &[f32]) -> f32 {
        let max = x.iter().fold(f32::NEG_INFINITY, |max, x| max.max(*x));
        // SAFETY: the table's instruction set is there.
        let sum = unsafe { (self.exp_sum)(x, max) };
        (f64::from(max) + libm::log(f64::from(sum))) as f32
    }

    /// Attention of all queries; `scratch` holds [`Attention::scratch`] floats for each thread.
    ///
    /// # Panics
    /// If the shapes don't fit together.
    pub fn attend(&self, pool: &mut Pool, a: &Attention, out: &mut [f32], scratch: &mut [f32]) {
        let covered: usize = a.spans.iter().map(|span| span.range.1 - span.range.0).sum();
        let page = a.kv_heads * a.head_size * PAGE;
        assert!(a.spans.iter().all(|s| s.range.1 <= PAGE && s.keys.len() >= page && s.values.len() >= page));
        assert!(a.first_key + covered >= a.first_position + a.tokens, "keys for every query");
        assert!(a.first_key <= a.first_visible(a.first_position), "keys from the first query's window on");
        assert!(a.window != Some(0), "a query sees itself");
        assert!(a.head_size.is_multiple_of(HEAD_STEP) && a.heads.is_multiple_of(a.kv_heads), "shapes");
        assert!(
            a.queries.len() == a.tokens * a.heads * a.head_size && out.len() >= a.queries.len(),
            "shapes"
        );
        assert!(scratch.len() >= pool.threads() * a.scratch(), "room to work in");
        let (target, scratch) = (Target(out.as_mut_ptr()), Target(scratch.as_mut_ptr()));
        let a = a.seen_only();
        pool.run(a.items(), &|thread, item| {
            // SAFETY: shapes were checked; an item writes its own rows, a thread its own scratch.
            unsafe { (self.attend)(&a, item, target.get(), scratch.get().add(thread * a.scratch())) }
        });
    }
}

/// Runs a gate of this table for each token.
fn gate_mul(
    gate_mul: unsafe fn(&mut [f32], &[f32]),
    pool: &mut Pool,
    gate: &mut [f32],
    up: &[f32],
    cols: usize,
) {
    assert_eq!(gate.len(), up.len(), "equal lengths");
    let target = Target(gate.as_mut_ptr());
    for_each_token(pool, up.len() / cols, &|token| {
        // SAFETY: a token writes its own row only.
        unsafe {
            let gate = std::slice::from_raw_parts_mut(target.get().add(token * cols), cols);
            gate_mul(gate, &up[token * cols..(token + 1) * cols]);
        }
    });
}

/// Runs `work` for each token, in shares of at least eight: less is not worth waking a thread for.
fn for_each_token(pool: &mut Pool, tokens: usize, work: &(dyn Fn(usize) + Sync)) {
    let share = tokens.div_ceil(pool.threads() * 4).max(8);
    pool.run(tokens.div_ceil(share), &|_, item| {
        (item * share..tokens.min((item + 1) * share)).for_each(work);
    });
}

/// A place that several threads write to, each in its own part.
struct Target<T>(*mut T);

impl<T> Target<T> {
    fn get(&self) -> *mut T {
        self.0
    }
}

// SAFETY: who makes one says why its parts don't overlap.
unsafe impl<T> Sync for Target<T> {}
