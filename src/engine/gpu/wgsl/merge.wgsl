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

// The splits' maxima; then what each counts for.
var<workgroup> maxima: array<f32, SPLITS>;
var<workgroup> counts: array<f32, SPLITS>;
var<workgroup> sums: array<f32, SPLITS>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) i: u32) {
    let item = workgroup.y * shape.heads + workgroup.x;
    let base = item * SPLITS * (SIZE + 2u);
    // One each, side by side: one after the other they would wait for memory as often.
    if (i < SPLITS) {
        let part = base + i * (SIZE + 2u) + SIZE;
        maxima[i] = parts[part];
        sums[i] = parts[part + 1u];
    }
    workgroupBarrier();
    var largest = -3.0e38;
    for (var s = 0u; s < SPLITS; s++) {
        largest = max(largest, maxima[s]);
    }
    if (i < SPLITS) {
        counts[i] = exp(maxima[i] - largest);
    }
    workgroupBarrier();
    var sum = 0.0;
    for (var s = 0u; s < SPLITS; s++) {
        sum += counts[s] * sums[s];
    }
    for (var d = i; d < SIZE; d += 64u) {
        var total = 0.0;
        for (var s = 0u; s < SPLITS; s += 8u) {
            let first = base + s * (SIZE + 2u) + d;
            let a = vec4<f32>(parts[first], parts[first + SIZE + 2u], parts[first + 2u * (SIZE + 2u)], parts[first + 3u * (SIZE + 2u)]);
            let next = first + 4u * (SIZE + 2u);
            let b = vec4<f32>(parts[next], parts[next + SIZE + 2u], parts[next + 2u * (SIZE + 2u)], parts[next + 3u * (SIZE + 2u)]);
            total += dot(a, vec4<f32>(counts[s], counts[s + 1u], counts[s + 2u], counts[s + 3u]))
                + dot(b, vec4<f32>(counts[s + 4u], counts[s + 5u], counts[s + 6u], counts[s + 7u]));
        }
        out[item * SIZE + d] = total / sum;
    }
}
