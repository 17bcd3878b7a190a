// What is to be known of rows of logits: the first of the largest, the logarithm of Σ e^logit, whether all are finite.
//
// One workgroup of 256 invocations a row. Dispatch: (rows, 1, 1). What single logits are asked for is copied by the
// first workgroup, which needs no more than the others for that.
//
// logits: rows × vocabulary; asked: (row, token); found: for each row (token, bits of the logarithm, 1 if a logit is
// not finite, 0), then from `ROWS` on, four to each, the bits of the logits asked for.
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

// Of four tokens at once, so that their loads don't wait for each other; past the last one what is never the largest.
fn four_logits(base: u32, token: u32) -> vec4<f32> {
    let tokens = vec4<u32>(token) + vec4<u32>(0u, 256u, 512u, 768u);
    let last = shape.vocabulary - 1u;
    let at = base + min(tokens, vec4<u32>(last));
    let four = vec4<f32>(logits[at.x], logits[at.y], logits[at.z], logits[at.w]);
    return select(vec4<f32>(-3.4e38), four, tokens <= vec4<u32>(last));
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) i: u32) {
    let row = workgroup.x;
    let base = row * shape.vocabulary;
    var best = -3.4e38;
    var at = 0u;
    for (var token = i; token < shape.vocabulary; token += 1024u) {
        let four = four_logits(base, token);
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
    for (var token = i; token < shape.vocabulary; token += 1024u) {
        sum += dot(exp(four_logits(base, token) - most), vec4<f32>(1.0));
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
        found[row] = vec4<u32>(place[0], bitcast<u32>(most + log(sums[0])), atomicLoad(&odd), 0u);
    }
    if (row == 0u) {
        for (var j = i; j < chunk.asked; j += 256u) {
            let logit = logits[asked[j].x * shape.vocabulary + asked[j].y];
            found[{{ROWS}}u + j] = vec4<u32>(bitcast<u32>(logit), 0u, 0u, 0u);
        }
    }
}
