// The gated unit (Shazeer 2020, arXiv 2002.05202): gate = activation(gate) · up.
//
// One invocation for four numbers. Dispatch: (⌈tokens · cols / 4 / 64⌉ in two dimensions).
struct Shape {
    cols: u32,
}
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<uniform> shape: Shape;
@group(0) @binding(2) var<storage, read> up: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> gate: array<vec4<f32>>;
//! silu
fn activation(x: vec4<f32>) -> vec4<f32> {
    return x / (1.0 + exp(-x));
}
//! gelu
// By the hyperbolic tangent (Hendrycks and Gimpel 2016, arXiv 1606.08415), which is 1 beyond ±15 or so; some
// implementations of `tanh` overflow far out.
fn activation(x: vec4<f32>) -> vec4<f32> {
    let inner = 0.7978845608 * x * (1.0 + 0.044715 * x * x);
    return 0.5 * x * (1.0 + tanh(clamp(inner, vec4<f32>(-20.0), vec4<f32>(20.0))));
}
//! body
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) i: u32) {
    let at = (workgroup.y * {{WIDE}}u + workgroup.x) * 64u + i;
    if (at < chunk.tokens * shape.cols / 4u) {
        gate[at] = activation(gate[at]) * up[at];
    }
}
