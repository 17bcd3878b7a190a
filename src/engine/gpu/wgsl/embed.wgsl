// Puts tokens' embeddings into the stream: stream[t][k] = scale · w[token[t]][k].
//
// One workgroup of 64 invocations a token, a block of 32 columns each in turn; rows that lie in another part of the
// matrix are left alone. Dispatch: (tokens, 1, 1).
struct Shape {
    rows: u32,
    cols: u32,
    // First token of this part.
    first: u32,
    // A float's bits.
    scale: u32,
}
@group(0) @binding(1) var<uniform> shape: Shape;
@group(0) @binding(2) var<storage, read> codes: array<{{CODE}}>;
//! scales
@group(0) @binding(3) var<storage, read> scales: array<u32>;
//! main
@group(0) @binding(4) var<storage, read> tokens: array<u32>;
@group(0) @binding(5) var<storage, read_write> stream: array<vec4<f32>>;
//! body
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) i: u32) {
    let row = tokens[workgroup.x] - shape.first;
    // A token before this part wraps round to a large number.
    if (row >= shape.rows) {
        return;
    }
    let blocks = (shape.cols + 31u) / 32u;
    let quads = shape.cols / 4u;
    let scale = bitcast<f32>(shape.scale);
    for (var block = i; block < blocks; block += 64u) {
        let b = unpack(row * blocks + block);
        for (var q = 0u; q < 8u; q++) {
            let at = block * 8u + q;
            if (at < quads) {
                let s = select(b.s.x, b.s.y, q >= 4u);
                stream[workgroup.x * quads + at] = scale * (s * b.q[q] + b.m);
            }
        }
    }
}
