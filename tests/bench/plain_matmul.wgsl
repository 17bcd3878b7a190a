// A plain product of square matrices in tiles of workgroup memory, c = a b: what a GPU does with no more art than that.
//
// A workgroup of 16 × 16 invocations computes 64 × 64 numbers, each invocation four by four. Dispatch:
// (SIZE / 64, SIZE / 64, 1).
@group(0) @binding(0) var<storage, read> a: array<vec4<NUMBER>>;
@group(0) @binding(1) var<storage, read> b: array<vec4<NUMBER>>;
@group(0) @binding(2) var<storage, read_write> c: array<vec4<NUMBER>>;

var<workgroup> a_tile: array<NUMBER, 1024>;
var<workgroup> b_tile: array<vec4<NUMBER>, 256>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) i: u32) {
    let x = i % 16u;
    let y = i / 16u;
    var sums: array<vec4<NUMBER>, 4>;
    for (var k = 0u; k < SIZEu; k += 16u) {
        let quad = a[(workgroup.y * 64u + i / 4u) * SIZEu / 4u + k / 4u + i % 4u];
        for (var j = 0u; j < 4u; j++) {
            a_tile[i / 4u * 16u + i % 4u * 4u + j] = quad[j];
        }
        b_tile[i] = b[(k + y) * SIZEu / 4u + workgroup.x * 16u + x];
        workgroupBarrier();
        for (var j = 0u; j < 16u; j++) {
            let right = b_tile[j * 16u + x];
            sums[0] += a_tile[(y * 4u) * 16u + j] * right;
            sums[1] += a_tile[(y * 4u + 1u) * 16u + j] * right;
            sums[2] += a_tile[(y * 4u + 2u) * 16u + j] * right;
            sums[3] += a_tile[(y * 4u + 3u) * 16u + j] * right;
        }
        workgroupBarrier();
    }
    for (var r = 0u; r < 4u; r++) {
        c[(workgroup.y * 64u + y * 4u + r) * SIZEu / 4u + workgroup.x * 16u + x] = sums[r];
    }
}
