// Products of a matrix with few tokens: y[t][r] = Σ_k w[r][k] x[t][k], for decoding, one token a workgroup.
//
// A workgroup has {{GROUPS}} groups of {{LANES}} invocations; a group computes {{ROWS}} rows, its lanes taking turns at
// blocks of 32 columns, and adds up what they have at the end (`add_up.wgsl`). It sees all of a token's numbers, so it
// can norm them on the way (`norm.wgsl`): y = (Σ_k w[r][k] gain[k] x[t][k]) / √(mean x² + epsilon).
//
// On hardware the workgroup first stages the token's numbers, neighbours side by side: read by each invocation for its
// own blocks, as a processor that plays the GPU does, they would take longer than the weights.
//
// What becomes of the rows: all are one result; or the first are one result and the others one or two more; or they are
// a gate's and as many of what it gates, of which each group takes half its rows (`gate.wgsl`).
//
// Dispatch: (⌈rows / (GROUPS · ROWS)⌉, tokens, 1), with half the rows where they are gated.
//
// x: tokens × cols; y, y_1, y_2: tokens × stride, this part's rows from `into` on; bias: as long as all rows.
struct Shape {
    // Of the result: half of the matrix's where they are gated.
    rows: u32,
    cols: u32,
    stride: u32,
    into: u32,
    // Where the rows of the first and the second of several results end.
    ends: vec2<u32>,
    // A float's bits.
    epsilon: u32,
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
//! normed
@group(0) @binding(7) var<storage, read> gain: array<vec4<f32>>;

fn normal(squares: f32) -> f32 {
    return 1.0 / sqrt(squares / f32(shape.cols) + bitcast<f32>(shape.epsilon));
}
//! several
@group(0) @binding(8) var<storage, read_write> y_1: array<f32>;
@group(0) @binding(9) var<storage, read_write> y_2: array<f32>;

fn store(token: u32, row: u32, product: f32) {
    if (row < shape.ends.x) {
        y[token * shape.ends.x + row] = product;
    } else if (row < shape.ends.y) {
        y_1[token * (shape.ends.y - shape.ends.x) + row - shape.ends.x] = product;
    } else {
        y_2[token * (shape.rows - shape.ends.y) + row - shape.ends.y] = product;
    }
}
//! direct
// Four numbers of a token; none past the last column.
fn quad(base: u32, block: u32, q: u32) -> vec4<f32> {
    {{GUARD}}
    return x[base + block * 8u + q];
}
//! staged
// A token's numbers of {{STAGED}} blocks, normed where they are to be. A block has a place for nine quads: so invocations
// that read the same quad of their blocks find them in different banks.
var<workgroup> stage: array<vec4<f32>, {{PLACES}}>;
//! squares
var<workgroup> squares: array<f32, {{THREADS}}>;
//! body
@compute @workgroup_size({{THREADS}})
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) i: u32) {
    let lane = i % {{LANES}}u;
    let row = (workgroup.x * {{GROUPS}}u + i / {{LANES}}u) * {{GIVES}}u;
    let token = workgroup.y;
    let blocks = (shape.cols + 31u) / 32u;
    let base = token * shape.cols / 4u;
    // Of each row; then of the squares, where they are wanted.
    var total: array<f32, {{SUMS}}>;
    {{BLOCKS}}
    {{ADD_UP}}
}
//! blocks directly
    for (var block = lane; block < blocks; block += {{LANES}}u) {
        {{LOAD}}
        {{MULTIPLY}}
    }
//! blocks staged
    let last = shape.cols / 4u - 1u;
    var own = 0.0;
    for (var first = 0u; first < blocks; first += {{STAGED}}u) {
        // All that is read, before anything waits for one of it.
        {{READ}}
        // The last stage has been read.
        workgroupBarrier();
        {{STAGE}}
        workgroupBarrier();
        let end = min(blocks - first, {{STAGED}}u);
        for (var at = lane; at < end; at += {{LANES}}u) {
            let block = first + at;
            {{LOAD}}
            {{MULTIPLY}}
        }
    }
    {{SQUARES}}
//! add up squares
    squares[i] = own;
    workgroupBarrier();
    for (var j = lane; j < {{THREADS}}u; j += {{LANES}}u) {
        total[{{ROWS}}] += squares[j];
    }
//! multiply
        let ones = vec4<f32>(1.0);
        let sum = dot(x0 + x1 + x2 + x3 + x4 + x5 + x6 + x7, ones);
        {{EACH_ROW}}
//! row
        {
            // Past the last row the last one is computed again and not kept.
            let b = unpack(({{ROW}}) * blocks + block);
            let lower = dot(b.q[0], x0) + dot(b.q[1], x1) + dot(b.q[2], x2) + dot(b.q[3], x3);
            let upper = dot(b.q[4], x4) + dot(b.q[5], x5) + dot(b.q[6], x6) + dot(b.q[7], x7);
            total[{{R}}] += b.s.x * lower + b.s.y * upper + b.m * sum;
        }
