// RMS norm (Zhang and Sennrich 2019, arXiv 1910.07467) of rows: y = x / √(mean x² + epsilon) · weight.
//
// One workgroup of 64 invocations a row; a token has `per_token` rows of `cols` numbers. Dispatch:
// (per_token, tokens, 1).
struct Shape {
    cols: u32,
    per_token: u32,
    // A float's bits.
    epsilon: u32,
    unused: u32,
}
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<uniform> shape: Shape;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
//! apart
@group(0) @binding(3) var<storage, read> x: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;
fn load(at: u32) -> f32 {
    return x[at];
}
//! in_place
@group(0) @binding(4) var<storage, read_write> y: array<f32>;
fn load(at: u32) -> f32 {
    return y[at];
}
//! body
var<workgroup> fold: array<f32, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) i: u32{{PARAMETERS}}) {
    let to = (workgroup.y * shape.per_token + workgroup.x) * shape.cols;
    let base = to + chunk.row * shape.per_token * shape.cols;
    var own = 0.0;
    for (var k = i; k < shape.cols; k += 64u) {
        let x = load(base + k);
        own += x * x;
    }
    {{ALL}}
    let scale = 1.0 / sqrt(all / f32(shape.cols) + bitcast<f32>(shape.epsilon));
    for (var k = i; k < shape.cols; k += 64u) {
        y[to + k] = load(base + k) * scale * weight[k];
    }
}
