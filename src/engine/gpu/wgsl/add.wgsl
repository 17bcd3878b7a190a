// stream += product, four numbers an invocation. Dispatch: (⌈tokens · cols / 4 / 64⌉ in two dimensions).
struct Shape {
    cols: u32,
}
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<uniform> shape: Shape;
@group(0) @binding(2) var<storage, read> product: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> stream: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) i: u32) {
    let at = (workgroup.y * {{WIDE}}u + workgroup.x) * 64u + i;
    if (at < chunk.tokens * shape.cols / 4u) {
        stream[at] += product[at];
    }
}
