//! Symmetric positive definite systems by Cholesky, in plain f64: all the linear algebra that the reward needs.
//!
//! Some sixty unknowns need no library: this is shorter than an import of nalgebra is heavy (its dynamic
//! Cholesky adds some 60 KB of wasm), and one order of summation gives the same bits natively and in wasm.

/// A symmetric matrix, row by row; only the lower triangle is read.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Symmetric {
    size: usize,
    rows: Vec<f64>,
}

impl Symmetric {
    /// The matrix with these rows, one after the other.
    pub fn new(size: usize, rows: Vec<f64>) -> Self {
        Symmetric { size, rows }
    }

    /// The matrix with this diagonal and nothing else.
    pub fn diagonal(diagonal: &[f64]) -> Self {
        let size = diagonal.len();
        let mut rows = vec![0.0; size * size];
        for (i, value) in diagonal.iter().enumerate() {
            rows[i * size + i] = *value;
        }
        Symmetric { size, rows }
    }

    /// Adds `weight · x xᵀ`.
    pub fn add_outer(&mut self, weight: f64, x: &[f64]) {
        for (i, xi) in x.iter().enumerate() {
            let scaled = weight * xi;
            if scaled != 0.0 {
                for (cell, xj) in self.rows[i * self.size..=i * self.size + i].iter_mut().zip(x) {
                    *cell += scaled * xj;
                }
            }
        }
    }

    /// The lower triangle, row by row, of the inverse of the matrix that `factor` is of.
    pub fn inverse_of(factor: &Cholesky) -> Vec<f64> {
        let n = factor.size;
        let mut triangle = Vec::with_capacity(n * (n + 1) / 2);
        for i in 0..n {
            let mut unit = vec![0.0; n];
            unit[i] = 1.0;
            triangle.extend_from_slice(&factor.solve(&unit)[..=i]);
        }
        triangle
    }

    /// The factor L with L Lᵀ = self; none where the matrix isn't positive definite.
    pub fn cholesky(mut self) -> Option<Cholesky> {
        let n = self.size;
        for i in 0..n {
            for j in 0..=i {
                let (head, tail) = (&self.rows[j * n..j * n + j], &self.rows[i * n..i * n + j]);
                let sum = self.rows[i * n + j] - head.iter().zip(tail).map(|(a, b)| a * b).sum::<f64>();
                self.rows[i * n + j] = match i == j {
                    true if sum > 0.0 && sum.is_finite() => sum.sqrt(),
                    true => return None,
                    false => sum / self.rows[j * n + j],
                };
            }
        }
        Some(Cholesky { size: n, rows: self.rows })
    }
}

/// A lower triangular factor.
#[derive(Clone, Debug)]
pub(super) struct Cholesky {
    size: usize,
    rows: Vec<f64>,
}

impl Cholesky {
    /// The logarithm of the determinant of L Lᵀ.
    pub fn log_determinant(&self) -> f64 {
        2.0 * (0..self.size).map(|i| libm::log(self.rows[i * self.size + i])).sum::<f64>()
    }

    /// Solves L Lᵀ x = b.
    pub fn solve(&self, b: &[f64]) -> Vec<f64> {
        let n = self.size;
        let mut x = self.solve_lower(b);
        for i in (0..n).rev() {
            let sum: f64 = (i + 1..n).map(|k| self.rows[k * n + i] * x[k]).sum();
            x[i] = (x[i] - sum) / self.rows[i * n + i];
        }
        x
    }

    /// The diagonal of the inverse of L Lᵀ.
    pub fn inverse_diagonal(&self) -> Vec<f64> {
        let n = self.size;
        let mut diagonal = vec![0.0; n];
        let mut column = vec![0.0; n];
        for (start, sum) in diagonal.iter_mut().enumerate() {
            // Column `start` of the inverse of L, which is 0 above its diagonal.
            column[start] = 1.0 / self.rows[start * n + start];
            *sum = column[start] * column[start];
            for i in start + 1..n {
                let row = &self.rows[i * n..i * n + i];
                let product: f64 = row[start..].iter().zip(&column[start..i]).map(|(l, y)| l * y).sum();
                column[i] = -product / self.rows[i * n + i];
                *sum += column[i] * column[i];
            }
        }
        diagonal
    }

    /// Solves L y = b; |y|² is then bᵀ (L Lᵀ)⁻¹ b.
    pub fn solve_lower(&self, b: &[f64]) -> Vec<f64> {
        let n = self.size;
        let mut y = vec![0.0; n];
        for i in 0..n {
            let sum: f64 = self.rows[i * n..i * n + i].iter().zip(&y).map(|(l, y)| l * y).sum();
            y[i] = (b[i] - sum) / self.rows[i * n + i];
        }
        y
    }
}
