// Activations rounded to 8 bits, for the products' kernels that multiply four bytes at a time: for each block of 32
// numbers of a token x ≈ d q, d = max |x| / 127, and the sum d Σ q. The processor rounds in the same way.
//
// One invocation a block. Dispatch: (⌈tokens · cols / 32 / 64⌉ in two dimensions). cols is a multiple of 32.
//
// x: tokens × cols; packed: tokens × cols / 16, four numbers a word; scales: for each block (d, d Σ q).
struct Shape {
    cols: u32,
}
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<uniform> shape: Shape;
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> packed: array<vec4<u32>>;
@group(0) @binding(4) var<storage, read_write> scales: array<vec2<f32>>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) i: u32) {
    let block = (workgroup.y * {{WIDE}}u + workgroup.x) * 64u + i;
    if (block >= chunk.tokens * (shape.cols / 32u)) {
        return;
    }
    var quads: array<vec4<f32>, 8>;
    var most = vec4<f32>(0.0);
    var taint = vec4<f32>(0.0);
    for (var q = 0u; q < 8u; q++) {
        let quad = x[block * 8u + q];
        quads[q] = quad;
        most = max(most, abs(quad));
        // Not a number where one of them is none: a maximum need not show it.
        taint += quad * 0.0;
    }
    let largest = max(max(most.x, most.y), max(most.z, most.w));
    // Below this the inverse overflows; such a block is nothing beside any other.
    let inverse = select(127.0 / largest, 0.0, largest < 1e-30);
    let scale = select(largest / 127.0, 0.0, largest < 1e-30) + taint.x + taint.y + taint.z + taint.w;
    var words: array<u32, 8>;
    var sum = vec4<i32>(0);
    for (var q = 0u; q < 8u; q++) {
        let whole = vec4<i32>(round(quads[q] * inverse));
        sum += whole;
        let bytes = vec4<u32>(whole & vec4<i32>(255)) << vec4<u32>(0u, 8u, 16u, 24u);
        words[q] = bytes.x | bytes.y | bytes.z | bytes.w;
    }
    packed[block * 2u] = vec4<u32>(words[0], words[1], words[2], words[3]);
    packed[block * 2u + 1u] = vec4<u32>(words[4], words[5], words[6], words[7]);
    scales[block] = vec2<f32>(scale, scale * f32(sum.x + sum.y + sum.z + sum.w));
}
