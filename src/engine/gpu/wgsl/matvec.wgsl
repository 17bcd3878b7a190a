// Products of a matrix with few tokens: y[t][r] = Σ_k w[r][k] x[t][k], for decoding, one token a workgroup.
//
// A workgroup has {{GROUPS}} groups of {{LANES}} invocations; a group computes {{ROWS}} rows, its lanes taking turns at
// blocks of 32 columns, and adds up what they have at the end. Dispatch: (⌈rows / (GROUPS · ROWS)⌉, tokens, 1).
//
// x: tokens × cols; y: tokens × stride, this part's rows from `into` on; bias: as long as all rows.
struct Shape {
    rows: u32,
    cols: u32,
    stride: u32,
    into: u32,
}
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
// Four numbers of a token; none past the last column.
fn quad(base: u32, block: u32, q: u32) -> vec4<f32> {
    {{GUARD}}
    return x[base + block * 8u + q];
}

@compute @workgroup_size({{THREADS}})
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) i: u32) {
    let lane = i % {{LANES}}u;
    let row = (workgroup.x * {{GROUPS}}u + i / {{LANES}}u) * {{ROWS}}u;
    let token = workgroup.y;
    let blocks = (shape.cols + 31u) / 32u;
    let base = token * shape.cols / 4u;
    var total: array<f32, {{ROWS}}>;
    for (var block = lane; block < blocks; block += {{LANES}}u) {
        let x0 = quad(base, block, 0u);
        let x1 = quad(base, block, 1u);
        let x2 = quad(base, block, 2u);
        let x3 = quad(base, block, 3u);
        let x4 = quad(base, block, 4u);
        let x5 = quad(base, block, 5u);
        let x6 = quad(base, block, 6u);
        let x7 = quad(base, block, 7u);
        let ones = vec4<f32>(1.0);
        let sum = dot(x0 + x1 + x2 + x3 + x4 + x5 + x6 + x7, ones);
        {{EACH_ROW}}
    }
    {{ADD_UP}}
}
//! row
        {
            // Past the last row the last one is computed again and not kept.
            let b = unpack(min(row + {{R}}u, shape.rows - 1u) * blocks + block);
            let lower = dot(b.q[0], x0) + dot(b.q[1], x1) + dot(b.q[2], x2) + dot(b.q[3], x3);
            let upper = dot(b.q[4], x4) + dot(b.q[5], x5) + dot(b.q[6], x6) + dot(b.q[7], x7);
            total[{{R}}] += b.s.x * lower + b.s.y * upper + b.m * sum;
        }
