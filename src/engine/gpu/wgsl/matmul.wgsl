// Products of a matrix with many tokens: y[t][r] = Σ_k w[r][k] x[t][k], for reading prompts.
//
// A workgroup of 8 × 8 invocations computes a tile of 32 rows × 32 tokens, each invocation 4 × 4 of it: 64 columns at a
// time are unpacked into workgroup memory, a block of 32 by each invocation. Dispatch: (⌈rows / 32⌉, ⌈tokens / 32⌉, 1).
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
var<workgroup> w_tile: array<vec4<f32>, 512>;
var<workgroup> x_tile: array<vec4<f32>, 512>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) i: u32) {
    let first_row = workgroup.x * 32u;
    let first_token = workgroup.y * 32u;
    let blocks = (shape.cols + 31u) / 32u;
    let quads = shape.cols / 4u;
    // What this invocation loads: block `part` of two, of one row and of one token.
    let line = i % 32u;
    let part = i / 32u;
    let row = min(first_row + line, shape.rows - 1u);
    let token = min(first_token + line, chunk.tokens - 1u);
    // What it computes.
    let r0 = i % 8u;
    let t0 = i / 8u;
    {{DECLARE}}
    for (var block = 0u; block < blocks; block += 2u) {
        let mine = block + part;
        let to = part * 256u + line;
        if (mine < blocks) {
            let b = unpack(row * blocks + mine);
            w_tile[to] = b.s.x * b.q[0] + b.m;
            w_tile[to + 32u] = b.s.x * b.q[1] + b.m;
            w_tile[to + 64u] = b.s.x * b.q[2] + b.m;
            w_tile[to + 96u] = b.s.x * b.q[3] + b.m;
            w_tile[to + 128u] = b.s.y * b.q[4] + b.m;
            w_tile[to + 160u] = b.s.y * b.q[5] + b.m;
            w_tile[to + 192u] = b.s.y * b.q[6] + b.m;
            w_tile[to + 224u] = b.s.y * b.q[7] + b.m;
            for (var q = 0u; q < 8u; q++) {
                let at = mine * 8u + q;
                x_tile[to + q * 32u] = select(vec4<f32>(), x[token * quads + min(at, quads - 1u)], at < quads);
            }
        } else {
            for (var q = 0u; q < 8u; q++) {
                w_tile[to + q * 32u] = vec4<f32>();
                x_tile[to + q * 32u] = vec4<f32>();
            }
        }
        workgroupBarrier();
        for (var q = 0u; q < 512u; q += 32u) {
            let w0 = w_tile[q + r0];
            let w1 = w_tile[q + r0 + 8u];
            let w2 = w_tile[q + r0 + 16u];
            let w3 = w_tile[q + r0 + 24u];
            let x0 = x_tile[q + t0];
            let x1 = x_tile[q + t0 + 8u];
            let x2 = x_tile[q + t0 + 16u];
            let x3 = x_tile[q + t0 + 24u];
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
