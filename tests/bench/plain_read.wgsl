// Reads all of a buffer, neighbours side by side, and does next to nothing with it. Dispatch: (GROUPS, 1, 1).
@group(0) @binding(0) var<storage, read> numbers: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read_write> found: array<u32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) at: vec3<u32>) {
    var all = vec4<u32>();
    for (var i = at.x; i < arrayLength(&numbers); i += GROUPSu * 256u) {
        all |= numbers[i];
    }
    // Never so, and the compiler doesn't know.
    if ((all.x | all.y | all.z | all.w) == 1u) {
        found[0] = 1u;
    }
}
