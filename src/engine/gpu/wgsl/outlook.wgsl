// What is to be known of rows of logits: the first of the largest, the sum of e^(logit - largest), whether all are finite.
//
// {{SLICES}} workgroups of 256 invocations share a row, and the processor puts together what they found. Dispatch:
// ({{SLICES}}, rows, 1). What single logits are asked for is copied by the first workgroup of all.
//
// logits: rows × vocabulary; asked: (row, token); found: for each slice of each row (token, bits of the largest, bits of
// the sum, 1 if a logit is not finite), then from `{{ASKED}}` on, four to each, the bits of the logits asked for.
struct Shape {
    vocabulary: u32,
}
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<uniform> shape: Shape;
@group(0) @binding(2) var<storage, read> logits: array<f32>;
@group(0) @binding(3) var<storage, read> asked: array<vec2<u32>>;
@group(0) @binding(4) var<storage, read_write> found: array<vec4<u32>>;

var<workgroup> largest: array<f32, 256>;
var<workgroup> place: array<u32, 256>;
var<workgroup> sums: array<f32, 256>;
var<workgroup> odd: atomic<u32>;

// Of four tokens at once, so that their loads don't wait for each other; from `end` on what is never the largest.
fn four_logits(base: u32, token: u32, end: u32) -> vec4<f32> {
    let tokens = vec4<u32>(token) + vec4<u32>(0u, 256u, 512u, 768u);
    let at = base + min(tokens, vec4<u32>(end - 1u));
    let four = vec4<f32>(logits[at.x], logits[at.y], logits[at.z], logits[at.w]);
    return select(vec4<f32>(-3.4e38), four, tokens < vec4<u32>(end));
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) i: u32) {
    let row = workgroup.y;
    let base = row * shape.vocabulary;
    let length = (shape.vocabulary + {{SLICES}}u - 1u) / {{SLICES}}u;
    let start = workgroup.x * length;
    // Of a small vocabulary the last slices are empty.
    let end = min(start + length, shape.vocabulary);
    var best = -3.4e38;
    var at = start;
    for (var token = start + i; token < end; token += 1024u) {
        let four = four_logits(base, token, end);
        for (var j = 0u; j < 4u; j++) {
            let logit = four[j];
            // By its bits: compilers may take it that no number is infinite or none.
            if ((bitcast<u32>(logit) & 0x7f800000u) == 0x7f800000u) {
                atomicStore(&odd, 1u);
            }
            if (logit > best) {
                best = logit;
                at = token + 256u * j;
            }
        }
    }
    largest[i] = best;
    place[i] = at;
    workgroupBarrier();
    for (var half = 128u; half > 0u; half /= 2u) {
        if (i < half) {
            let other = i + half;
            let first = largest[other] == largest[i] && place[other] < place[i];
            if (largest[other] > largest[i] || first) {
                largest[i] = largest[other];
                place[i] = place[other];
            }
        }
        workgroupBarrier();
    }
    let most = largest[0];
    var sum = 0.0;
    for (var token = start + i; token < end; token += 1024u) {
        sum += dot(exp(four_logits(base, token, end) - most), vec4<f32>(1.0));
    }
    sums[i] = sum;
    workgroupBarrier();
    for (var half = 128u; half > 0u; half /= 2u) {
        if (i < half) {
            sums[i] += sums[i + half];
        }
        workgroupBarrier();
    }
    if (i == 0u) {
        found[row * {{SLICES}}u + workgroup.x] = vec4<u32>(place[0], bitcast<u32>(most), bitcast<u32>(sums[0]), atomicLoad(&odd));
    }
    if (row == 0u && workgroup.x == 0u) {
        for (var j = i; j < chunk.asked; j += 256u) {
            let logit = logits[asked[j].x * shape.vocabulary + asked[j].y];
            found[{{ASKED}}u + j] = vec4<u32>(bitcast<u32>(logit), 0u, 0u, 0u);
        }
    }
}
