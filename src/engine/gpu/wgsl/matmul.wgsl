// Products of a matrix with many tokens: y[t][r] = Σ_k w[r][k] x[t][k], for reading prompts.
//
// A workgroup of 8 × 8 invocations computes a tile of {{TILE}} rows × {{TILE}} tokens, each invocation every eighth of
// either: 32 columns at a time are unpacked into workgroup memory, a block by an invocation. Dispatch:
// (⌈rows / {{TILE}}⌉, ⌈tokens / {{TILE}}⌉, 1).
//
// x: tokens × cols; y: tokens × stride, this part's rows from `into` on; bias: as long as all rows.
struct Shape {
    rows: u32,
    cols: u32,
    stride: u32,
    into: u32,
}
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<uniform> shape: Shape;
@group(0) @binding(2) var<storage, read> codes: array<{{CODE}}>;
//! scales
@group(0) @binding(3) var<storage, read> scales: array<u32>;
//! main
@group(0) @binding(4) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;
//! bias
@group(0) @binding(6) var<storage, read> bias: array<f32>;
//! body
// [quad of columns][row] and [quad of columns][token].
var<workgroup> w_tile: array<vec4<f32>, {{QUADS}}>;
var<workgroup> x_tile: array<vec4<f32>, {{QUADS}}>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) i: u32) {
    let first_row = workgroup.x * {{TILE}}u;
    let first_token = workgroup.y * {{TILE}}u;
    let blocks = (shape.cols + 31u) / 32u;
    let quads = shape.cols / 4u;
    // What this invocation loads: a block of one row, and a quad of each eighth token.
    let row = min(first_row + i, shape.rows - 1u);
    let quad = i % 8u;
    // What it computes.
    let r0 = i % 8u;
    let t0 = i / 8u;
    {{DECLARE}}
    for (var block = 0u; block < blocks; block++) {
        if (i < {{TILE}}u) {
            let b = unpack(row * blocks + block);
            w_tile[i] = b.s.x * b.q[0] + b.m;
            w_tile[i + {{TILE}}u] = b.s.x * b.q[1] + b.m;
            w_tile[i + 2u * {{TILE}}u] = b.s.x * b.q[2] + b.m;
            w_tile[i + 3u * {{TILE}}u] = b.s.x * b.q[3] + b.m;
            w_tile[i + 4u * {{TILE}}u] = b.s.y * b.q[4] + b.m;
            w_tile[i + 5u * {{TILE}}u] = b.s.y * b.q[5] + b.m;
            w_tile[i + 6u * {{TILE}}u] = b.s.y * b.q[6] + b.m;
            w_tile[i + 7u * {{TILE}}u] = b.s.y * b.q[7] + b.m;
        }
        let at = block * 8u + quad;
        for (var line = t0; line < {{TILE}}u; line += 8u) {
            let token = min(first_token + line, chunk.tokens - 1u);
            {{GUARD}}
            x_tile[quad * {{TILE}}u + line] = x[token * quads + at];
        }
        workgroupBarrier();
        for (var q = 0u; q < {{QUADS}}u; q += {{TILE}}u) {
            {{MULTIPLY}}
        }
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
