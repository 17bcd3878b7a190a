// As `matmul.wgsl`, over activations that `pack.wgsl` has rounded to 8 bits: products of a matrix with many tokens.
//
// A workgroup of 8 × 8 invocations computes a tile of {{TILE}} rows × {{TILE}} tokens, each invocation every eighth of
// either: 32 columns at a time are unpacked to bytes in workgroup memory, a block of a row and one of a token by an
// invocation. Sums of bytes' products are exact; they are scaled for each sixteen columns. Dispatch:
// (⌈rows / {{TILE}}⌉, ⌈tokens / {{TILE}}⌉, 1).
//
// x: tokens × cols / 16; x_scales: tokens × cols / 32; y, bias: as there.
struct Shape {
    rows: u32,
    cols: u32,
    stride: u32,
    into: u32,
}
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<uniform> shape: Shape;
@group(0) @binding(2) var<storage, read> codes: array<{{CODE}}>;
@group(0) @binding(3) var<storage, read> scales: array<u32>;
@group(0) @binding(4) var<storage, read> x: array<vec4<u32>>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;
//! bias
@group(0) @binding(6) var<storage, read> bias: array<f32>;
//! body
@group(0) @binding(7) var<storage, read> x_scales: array<vec2<f32>>;

// [half of the block][row], [half][token], and their scales: of the halves and the least weight; d and d Σ q.
var<workgroup> w_tile: array<vec4<u32>, {{HALVES}}>;
var<workgroup> x_tile: array<vec4<u32>, {{HALVES}}>;
var<workgroup> w_scale: array<vec4<f32>, {{TILE}}>;
var<workgroup> x_scale: array<vec2<f32>, {{TILE}}>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) i: u32) {
    let first_row = workgroup.x * {{TILE}}u;
    let first_token = workgroup.y * {{TILE}}u;
    let blocks = shape.cols / 32u;
    // What this invocation loads: a block of one row, and one of a token.
    let row = min(first_row + i, shape.rows - 1u) * blocks;
    let token = min(first_token + i, chunk.tokens - 1u) * blocks;
    // What it computes.
    let r0 = i % 8u;
    let t0 = i / 8u;
    {{DECLARE}}
    for (var block = 0u; block < blocks; block++) {
        if (i < {{TILE}}u) {
            let b = unpack(row + block);
            w_tile[i] = b.q[0];
            w_tile[i + {{TILE}}u] = b.q[1];
            w_scale[i] = vec4<f32>(b.s, b.m, 0.0);
            x_tile[i] = x[(token + block) * 2u];
            x_tile[i + {{TILE}}u] = x[(token + block) * 2u + 1u];
            x_scale[i] = x_scales[token + block];
        }
        workgroupBarrier();
        {{MULTIPLY}}
        workgroupBarrier();
    }
    {{STORE_ALL}}
}
//! store
    {
        let r = first_row + r0 + {{R}}u * 8u;
        let t = first_token + t0 + {{T}}u * 8u;
        if (r < shape.rows && t < chunk.tokens) {
            let sum = y{{R}}{{T}};
            let at = t * shape.stride + shape.into + r;
            {{STORE}}
        }
    }
