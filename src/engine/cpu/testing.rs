//! Checks of every table of kernels against plain arithmetic and against each other, bit for bit.
//!
//! They are functions and not tests so that the same ones run natively, under `cargo test`, and in WebAssembly for each
//! build of it (`tests/kernels`). A check panics where it fails.

mod attention;
mod gates;

use self::attention::Case;
use super::{Activations, GROUP, Kernels, Packed, Packer, Pool};
use crate::engine::gguf::TensorKind;
use crate::engine::quant;

/// A small generator of test data (SplitMix64, Steele et al. 2014); one seed, one sequence.
pub struct Random(pub u64);

impl Random {
    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// A number from −1 to 1.
    pub fn float(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }

    /// `count` numbers from −`size` to `size`.
    pub fn floats(&mut self, count: usize, size: f32) -> Vec<f32> {
        (0..count).map(|_| self.float() * size).collect()
    }
}

/// Blocks with every bit pattern and finite scales, as a file has them.
pub fn random_blocks(kind: TensorKind, items: usize, random: &mut Random) -> Vec<u8> {
    let block = kind.block_bytes() as usize;
    let mut bytes: Vec<u8> =
        (0..items / kind.block_items() as usize * block).map(|_| random.bits() as u8).collect();
    let scales: &[usize] = match kind {
        TensorKind::F32 | TensorKind::BF16 => &[],
        TensorKind::F16 | TensorKind::Q4_0 | TensorKind::Q5_0 | TensorKind::Q8_0 | TensorKind::IQ4_NL => &[0],
        TensorKind::Q4_1 | TensorKind::Q5_1 | TensorKind::Q4_K | TensorKind::Q5_K => &[0, 2],
        TensorKind::Q2_K => &[80, 82],
        TensorKind::Q3_K => &[108],
        TensorKind::Q6_K => &[208],
    };
    for block in bytes.chunks_exact_mut(block) {
        if kind == TensorKind::F32 {
            block.copy_from_slice(&random.float().to_le_bytes());
        }
        if kind == TensorKind::BF16 {
            block.copy_from_slice(&random.float().to_le_bytes()[2..]);
        }
        for at in scales {
            // Exponents 8 to 15: 2^-7 to 1.
            let half = random.bits() as u16 & 0x9fff | 0x2000;
            block[*at..at + 2].copy_from_slice(&half.to_le_bytes());
        }
    }
    bytes
}

/// A matrix of [`random_blocks`], as bytes and packed.
pub fn random_matrix(kind: TensorKind, rows: usize, cols: usize, seed: u64) -> (Vec<u8>, Packed) {
    let bytes = random_blocks(kind, rows * cols, &mut Random(seed));
    let packed = pack(kind, rows, cols, &bytes);
    (bytes, packed)
}

/// Packs a whole matrix.
#[allow(clippy::expect_used)] // why: a test that has no memory may stop.
pub fn pack(kind: TensorKind, rows: usize, cols: usize, bytes: &[u8]) -> Packed {
    let mut packer = Packer::new(kind, rows, cols).expect("enough memory");
    packer.push(bytes);
    packer.finish()
}

fn activations(kernels: &Kernels, floats: &[f32], tokens: usize, cols: usize) -> Activations {
    let mut x = Activations::default();
    assert!(x.resize(tokens, cols));
    x.floats_mut().copy_from_slice(floats);
    kernels.quantise(&mut Pool::new(1), &mut x);
    x
}

fn product(kernels: &Kernels, threads: usize, w: &Packed, floats: &[f32], tokens: usize) -> Vec<f32> {
    let x = activations(kernels, floats, tokens, w.cols());
    let stride = w.groups() * GROUP;
    let mut out = vec![f32::NAN; tokens * stride];
    kernels.matmul(&mut Pool::new(threads), w, &x, &mut out, stride);
    out
}

fn same_bits(a: &[f32], b: &[f32], what: &str) {
    assert_eq!(a.len(), b.len(), "{what}");
    for (i, (a, b)) in a.iter().zip(b).enumerate() {
        assert!(a.to_bits() == b.to_bits(), "{what}: number {i} is {a} and {b}");
    }
}

/// Multiplies a matrix of this format and of a small model's size with a chunk of tokens, so many times; gives how many
/// products of two numbers that were.
pub fn multiply(table: usize, format: usize, times: usize) -> usize {
    let (rows, cols, tokens) = (576, 768, 64);
    let kernels = &Kernels::available()[table];
    let (_, w) = random_matrix(TensorKind::ALL[format], rows, cols, 1);
    let x = activations(kernels, &Random(2).floats(tokens * cols, 1.0), tokens, cols);
    let mut out = vec![0.0; tokens * rows];
    for _ in 0..times {
        kernels.matmul(&mut Pool::new(1), &w, &x, &mut out, rows);
    }
    std::hint::black_box(out);
    rows * cols * tokens * times
}

/// Every check, for every table that runs here; gives the tables' names.
pub fn check_all() -> Vec<&'static str> {
    let tables = Kernels::available();
    for kernels in &tables {
        products_agree_with_floats(kernels);
        extremes_are_exact(kernels);
        tables_agree(kernels);
        batches_and_threads_change_nothing(kernels);
        elementwise_kernels_agree_with_floats(kernels);
        gates::gelu_agrees_with_floats(kernels);
        attention::agrees_with_floats(kernels);
        attention::chunks_and_pages_change_nothing(kernels);
        attention::what_lies_before_a_window_is_not_read(kernels);
        log_sum_exp_agrees_with_floats(kernels);
        a_number_that_is_none_shows(kernels);
    }
    gates::halves_turn_as_neighbours_do();
    tables.iter().map(|table| table.name).collect()
}

/// Against `Σ w x` in f64 over dequantised weights; the 8-bit activations account for the difference.
pub fn products_agree_with_floats(kernels: &Kernels) {
    for kind in TensorKind::ALL {
        let (rows, cols, tokens) = (21, 512, 5);
        let (bytes, w) = random_matrix(kind, rows, cols, 7);
        let mut weights = vec![0.0; rows * cols];
        quant::dequantise(kind, &bytes, &mut weights);
        let x = Random(9).floats(tokens * cols, 3.0);
        let ours = product(kernels, 1, &w, &x, tokens);
        for t in 0..tokens {
            for r in 0..rows {
                let (w, x) = (&weights[r * cols..][..cols], &x[t * cols..][..cols]);
                let exact: f64 = w.iter().zip(x).map(|(w, x)| f64::from(*w) * f64::from(*x)).sum();
                // Rounding errors of independent activations add up like a random walk; six of its steps.
                let step = if w_is_quantised(kind) { 3.0 / 254.0 } else { 1e-5 };
                let size: f64 = w.iter().map(|w| f64::from(*w).powi(2)).sum::<f64>().sqrt();
                let error = (f64::from(ours[t * rows.next_multiple_of(GROUP) + r]) - exact).abs();
                assert!(
                    error <= 6.0 * step * size,
                    "{} {} row {r}: off by {error}",
                    kernels.name,
                    kind.name()
                );
            }
        }
    }
}

fn w_is_quantised(kind: TensorKind) -> bool {
    !matches!(kind, TensorKind::F16 | TensorKind::F32 | TensorKind::BF16)
}

/// All codes at their ends times all activations at theirs: sums that would overflow or saturate a narrower path.
pub fn extremes_are_exact(kernels: &Kernels) {
    let cols = 256;
    for kind in TensorKind::ALL.into_iter().filter(|kind| w_is_quantised(*kind)) {
        for fill in [0x00u8, 0xff, 0x80, 0x7f, 0x0f, 0xf0] {
            let mut bytes = vec![fill; 8 * cols / kind.block_items() as usize * kind.block_bytes() as usize];
            for block in bytes.chunks_exact_mut(kind.block_bytes() as usize) {
                let one = 0x3c00u16.to_le_bytes();
                match kind {
                    TensorKind::Q4_1 | TensorKind::Q5_1 | TensorKind::Q4_K | TensorKind::Q5_K => {
                        block[..4].copy_from_slice(&[one, [0, 0]].concat())
                    }
                    TensorKind::Q2_K => block[80..].copy_from_slice(&[one, one].concat()),
                    TensorKind::Q3_K => block[108..].copy_from_slice(&one),
                    TensorKind::Q6_K => block[208..].copy_from_slice(&one),
                    _ => block[..2].copy_from_slice(&one),
                }
            }
            let mut weights = vec![0.0; 8 * cols];
            quant::dequantise(kind, &bytes, &mut weights);
            let w = pack(kind, 8, cols, &bytes);
            for sign in [127.0, -127.0] {
                let ours = product(kernels, 1, &w, &vec![sign; cols], 1);
                for (row, ours) in weights.chunks_exact(cols).zip(ours) {
                    // All whole numbers below 2^24; the scales of parts are whole too.
                    let exact: f64 = row.iter().map(|w| f64::from(*w) * f64::from(sign)).sum();
                    let error = (f64::from(ours) - exact).abs();
                    assert!(
                        error <= exact.abs() * 1e-6,
                        "{} {} {fill:#x}: {ours} {exact}",
                        kernels.name,
                        kind.name()
                    );
                }
            }
        }
    }
}

/// Every table gives the plain one's bits.
pub fn tables_agree(kernels: &Kernels) {
    let tables = Kernels::available();
    let plain = &tables[tables.len() - 1];
    let mut random = Random(11);
    for kind in TensorKind::ALL {
        let (_, w) = random_matrix(kind, 19, 768, random.bits());
        let x = random.floats(6 * 768, 2.0);
        let (a, b) = (product(kernels, 1, &w, &x, 6), product(plain, 1, &w, &x, 6));
        same_bits(&a, &b, &format!("{} {}", kernels.name, kind.name()));
    }
    let x = random.floats(32 * 40, 90.0);
    same_bits(&norm(kernels, &x), &norm(plain, &x), kernels.name);
    same_bits(&gate(kernels, &x), &gate(plain, &x), kernels.name);
    same_bits(&[kernels.log_sum_exp(&x[..1277])], &[plain.log_sum_exp(&x[..1277])], kernels.name);
    same_bits(&gates::gelu(kernels, &x), &gates::gelu(plain, &x), kernels.name);
    for window in [None, Some(13)] {
        let a = Case::random(&mut random, (37, 9), (6, 3), 32).within(window);
        same_bits(&a.attend(kernels, 1), &a.attend(plain, 1), kernels.name);
    }
}

fn norm(kernels: &Kernels, x: &[f32]) -> Vec<f32> {
    let weight: Vec<f32> = (0..32).map(|i| 0.5 + i as f32 / 16.0).collect();
    let mut out = vec![0.0; x.len()];
    kernels.rms_norm(&mut Pool::new(1), x, &weight, 1e-5, &mut out);
    out
}

fn gate(kernels: &Kernels, x: &[f32]) -> Vec<f32> {
    let mut gate = x.to_vec();
    let up: Vec<f32> = x.iter().rev().copied().collect();
    kernels.silu_mul(&mut Pool::new(1), &mut gate, &up, 32);
    gate
}

/// A token alone, in any batch and with any number of threads gets the same bits.
pub fn batches_and_threads_change_nothing(kernels: &Kernels) {
    let mut random = Random(13);
    for kind in TensorKind::ALL {
        let (rows, cols, tokens) = (70, 256, 11);
        let (_, w) = random_matrix(kind, rows, cols, random.bits());
        let x = random.floats(tokens * cols, 1.0);
        let stride = w.groups() * GROUP;
        let whole = product(kernels, 1, &w, &x, tokens);
        if cfg!(not(target_arch = "wasm32")) {
            same_bits(&whole, &product(kernels, 3, &w, &x, tokens), kernels.name);
        }
        for batch in [1, 2, 3, 5] {
            let parts: Vec<f32> =
                x.chunks(batch * cols).flat_map(|x| product(kernels, 1, &w, x, x.len() / cols)).collect();
            same_bits(&whole[..tokens * stride], &parts, kernels.name);
        }
    }
}

/// RMS norm and SwiGLU against f64.
pub fn elementwise_kernels_agree_with_floats(kernels: &Kernels) {
    let x = Random(17).floats(32 * 40, 30.0);
    for (x, ours) in x.as_chunks::<32>().0.iter().zip(norm(kernels, &x).as_chunks::<32>().0) {
        let mean: f64 = x.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / 32.0;
        for (i, (x, ours)) in x.iter().zip(ours).enumerate() {
            let exact = f64::from(*x) / (mean + 1e-5).sqrt() * (0.5 + i as f64 / 16.0);
            assert!(
                (f64::from(*ours) - exact).abs() <= 1e-6 * exact.abs(),
                "{}: {ours} {exact}",
                kernels.name
            );
        }
    }
    let x = Random(19).floats(32 * 40, 100.0);
    for ((x, up), ours) in x.iter().zip(x.iter().rev()).zip(gate(kernels, &x)) {
        let exact = f64::from(*x) / (1.0 + (-f64::from(*x)).exp()) * f64::from(*up);
        let error = (f64::from(ours) - exact).abs();
        assert!(error <= 1e-6 * exact.abs() + 1e-30, "{}: {ours} {exact}", kernels.name);
    }
}

/// log Σ e^x against f64, whatever the length.
pub fn log_sum_exp_agrees_with_floats(kernels: &Kernels) {
    let x = Random(37).floats(1000, 20.0);
    for length in [1, 7, 8, 9, 999, 1000] {
        let exact = x[..length].iter().map(|x| f64::from(*x).exp()).sum::<f64>().ln();
        let ours = kernels.log_sum_exp(&x[..length]);
        assert!((f64::from(ours) - exact).abs() < 1e-5, "{} {length}: {ours} {exact}", kernels.name);
    }
}

/// NaN and infinity in an activation reach every product of its token and no other token's.
pub fn a_number_that_is_none_shows(kernels: &Kernels) {
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let (_, w) = random_matrix(TensorKind::Q4_1, 8, 64, 29);
        let mut x = Random(31).floats(3 * 64, 1.0);
        x[64 + 17] = bad;
        let out = product(kernels, 1, &w, &x, 3);
        for (i, y) in out.iter().enumerate() {
            assert_eq!(y.is_finite(), i / 8 != 1, "{}: {y} from {bad}", kernels.name);
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_table_passes_every_check() {
        let names = super::check_all();
        assert_eq!(names.last(), Some(&"scalar"));
    }
}
