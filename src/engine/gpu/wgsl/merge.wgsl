// Merges what the workgroups that shared a head's positions have found, by their maxima and sums (`attend.wgsl`).
//
// One workgroup of 64 invocations a query head of a token. Dispatch: (heads, tokens, 1).
//
// parts: tokens × heads × splits × (size numbers, their maximum, their sum); out: tokens × heads × size.
struct Shape {
    heads: u32,
}
@group(0) @binding(1) var<uniform> shape: Shape;
@group(0) @binding(2) var<storage, read> parts: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

const SIZE = {{SIZE}}u;
const SPLITS = {{SPLITS}}u;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) i: u32) {
    let item = workgroup.y * shape.heads + workgroup.x;
    let base = item * SPLITS * (SIZE + 2u);
    var largest = -3.0e38;
    for (var s = 0u; s < SPLITS; s++) {
        largest = max(largest, parts[base + s * (SIZE + 2u) + SIZE]);
    }
    var sum = 0.0;
    for (var s = 0u; s < SPLITS; s++) {
        let part = base + s * (SIZE + 2u) + SIZE;
        sum += exp(parts[part] - largest) * parts[part + 1u];
    }
    for (var d = i; d < SIZE; d += 64u) {
        var total = 0.0;
        for (var s = 0u; s < SPLITS; s++) {
            let part = base + s * (SIZE + 2u);
            total += exp(parts[part + SIZE] - largest) * parts[part + d];
        }
        out[item * SIZE + d] = total / sum;
    }
}
