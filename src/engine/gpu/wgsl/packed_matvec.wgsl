// As `matvec.wgsl`, over activations that `pack.wgsl` has rounded to 8 bits: products of a matrix with few tokens.
//
// A workgroup has {{GROUPS}} groups of {{LANES}} invocations; a group computes {{ROWS}} rows, its lanes taking turns at
// blocks of 32 columns, and adds up what they have at the end. Dispatch: (⌈rows / (GROUPS · ROWS)⌉, tokens, 1).
//
// x: tokens × cols / 16; x_scales: tokens × cols / 32; y, bias: as there.
struct Shape {
    rows: u32,
    cols: u32,
    stride: u32,
    into: u32,
}
@group(0) @binding(1) var<uniform> shape: Shape;
@group(0) @binding(2) var<storage, read> codes: array<{{CODE}}>;
@group(0) @binding(3) var<storage, read> scales: array<u32>;
@group(0) @binding(4) var<storage, read> x: array<vec4<u32>>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;
//! bias
@group(0) @binding(6) var<storage, read> bias: array<f32>;
//! body
@group(0) @binding(7) var<storage, read> x_scales: array<vec2<f32>>;

@compute @workgroup_size({{THREADS}})
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) i: u32) {
    let lane = i % {{LANES}}u;
    let row = (workgroup.x * {{GROUPS}}u + i / {{LANES}}u) * {{ROWS}}u;
    let token = workgroup.y;
    let blocks = shape.cols / 32u;
    let base = token * blocks;
    var total: array<f32, {{ROWS}}>;
    for (var block = lane; block < blocks; block += {{LANES}}u) {
        let x0 = x[(base + block) * 2u];
        let x1 = x[(base + block) * 2u + 1u];
        let scale = x_scales[base + block];
        {{EACH_ROW}}
    }
    {{ADD_UP}}
}
//! row
        {
            // Past the last row the last one is computed again and not kept.
            let b = unpack(min(row + {{R}}u, shape.rows - 1u) * blocks + block);
            let product = b.s.x * f32(dot16(b.q[0], x0)) + b.s.y * f32(dot16(b.q[1], x1));
            total[{{R}}] += product * scale.x + b.m * scale.y;
        }
