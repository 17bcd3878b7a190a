//! Checks of GeGLU's gate and of rotations.

use super::super::{Kernels, Pool, rotate, rotate_halves};
use super::Random;

pub fn gelu(kernels: &Kernels, x: &[f32]) -> Vec<f32> {
    let mut gate = x.to_vec();
    let up: Vec<f32> = x.iter().rev().copied().collect();
    kernels.gelu_mul(&mut Pool::new(1), &mut gate, &up, 32);
    gate
}

/// GeGLU against f64.
pub fn gelu_agrees_with_floats(kernels: &Kernels) {
    let mut x = Random(41).floats(32 * 40, 6.0);
    x[..32 * 8].iter_mut().for_each(|x| *x *= 1e3);
    (x[700], x[701], x[702], x[703]) = (0.0, -0.0, 1e-30, f32::MAX.sqrt());
    for ((x, up), ours) in x.iter().zip(x.iter().rev()).zip(gelu(kernels, &x)) {
        let (x, up) = (f64::from(*x), f64::from(*up));
        let u = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x.powi(3));
        // Not by tanh, which has no digits left where 1 + tanh u is small.
        let exact = x / (1.0 + (-2.0 * u).exp()) * up;
        // An error of the exponent, of up to 88, is a factor; below e^-80 all is nothing.
        let error = (f64::from(ours) - exact).abs();
        assert!(error <= 1e-5 * exact.abs() + 1e-30, "{}: gelu of {x}: {ours} {exact}", kernels.name);
    }
}

/// What both layouts do to a head is one thing, up to where its numbers lie; numbers beyond the pairs stay.
pub fn halves_turn_as_neighbours_do() {
    let (size, pairs) = (16, 6);
    let mut random = Random(43);
    let heads = random.floats(3 * size, 1.0);
    let angles: Vec<(f32, f32)> = random.floats(pairs, 3.0).iter().map(|a| (a.cos(), a.sin())).collect();
    // Number i of the first half lies at 2 i among neighbours, number i of the second at 2 i + 1.
    let place = |i: usize| {
        if i < pairs {
            2 * i
        } else if i < 2 * pairs {
            2 * (i - pairs) + 1
        } else {
            i
        }
    };
    let mut neighbours = vec![0.0; heads.len()];
    for (at, x) in heads.iter().enumerate() {
        neighbours[at / size * size + place(at % size)] = *x;
    }
    let mut halves = heads.clone();
    rotate(&mut neighbours, size, &angles);
    rotate_halves(&mut halves, size, &angles);
    for (at, x) in halves.iter().enumerate() {
        assert_eq!(x.to_bits(), neighbours[at / size * size + place(at % size)].to_bits());
    }
    let (a, b, (cos, sin)) = (heads[2], heads[2 + pairs], angles[2]);
    assert_eq!((halves[2], halves[2 + pairs]), (a * cos - b * sin, a * sin + b * cos));
    assert_eq!(halves[2 * pairs..size], heads[2 * pairs..size]);
}
