// Turns queries and keys by their positions (Su et al. 2021, arXiv 2104.09864) and puts keys and values where the
// pages say.
//
// One invocation for two numbers: of a query head, of a key head or of a value head, in this order, for each token.
// Dispatch: (⌈tokens · (heads + 2 kv_heads) · size / 2 / 64⌉, 1, 1).
//
// angles: tokens × pairs × (cosine, sine); places: for each position its place in keys and values, each
// place × kv_heads × size.
struct Shape {
    heads: u32,
    kv_heads: u32,
    size: u32,
    // Pairs that turn; what is left of a head stays as it is.
    pairs: u32,
}
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<uniform> shape: Shape;
@group(0) @binding(2) var<storage, read> angles: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read> places: array<u32>;
@group(0) @binding(4) var<storage, read_write> queries: array<f32>;
@group(0) @binding(5) var<storage, read> new_keys: array<f32>;
@group(0) @binding(6) var<storage, read> new_values: array<f32>;
@group(0) @binding(7) var<storage, read_write> keys: array<{{KEPT}}>;
@group(0) @binding(8) var<storage, read_write> values: array<{{KEPT}}>;

// The largest that a half holds stands for what is larger.
fn kept(x: f32) -> {{KEPT}} {
    return {{KEPT}}(clamp(x, -{{MOST}}, {{MOST}}));
}

fn turn(a: f32, b: f32, angle: vec2<f32>) -> vec2<f32> {
    return vec2<f32>(a * angle.x - b * angle.y, a * angle.y + b * angle.x);
}

// Where the two numbers of pair `pair` are in a head; pairs past the turned ones hold what stays.
fn pair_at(pair: u32) -> vec2<u32> {
    if (pair >= shape.pairs) {
        return vec2<u32>(2u * pair, 2u * pair + 1u);
    }
    {{PAIR}}
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) i: u32) {
    let half = shape.size / 2u;
    let per_token = (shape.heads + 2u * shape.kv_heads) * half;
    let item = (workgroup.y * {{WIDE}}u + workgroup.x) * 64u + i;
    let token = item / per_token;
    if (token >= chunk.tokens) {
        return;
    }
    let head = item % per_token / half;
    let pair = item % half;
    let at = pair_at(pair);
    var angle = vec2<f32>(1.0, 0.0);
    if (pair < shape.pairs) {
        angle = angles[token * shape.pairs + pair];
    }
    let place = places[chunk.first + token] * shape.kv_heads;
    if (head < shape.heads) {
        let base = (token * shape.heads + head) * shape.size;
        let turned = turn(queries[base + at.x], queries[base + at.y], angle);
        queries[base + at.x] = turned.x;
        queries[base + at.y] = turned.y;
    } else if (head < shape.heads + shape.kv_heads) {
        let kv = head - shape.heads;
        let base = (token * shape.kv_heads + kv) * shape.size;
        let to = (place + kv) * shape.size;
        let turned = turn(new_keys[base + at.x], new_keys[base + at.y], angle);
        keys[to + at.x] = kept(turned.x);
        keys[to + at.y] = kept(turned.y);
    } else {
        let kv = head - shape.heads - shape.kv_heads;
        let base = (token * shape.kv_heads + kv) * shape.size;
        let to = (place + kv) * shape.size;
        values[to + 2u * pair] = kept(new_values[base + 2u * pair]);
        values[to + 2u * pair + 1u] = kept(new_values[base + 2u * pair + 1u]);
    }
}
