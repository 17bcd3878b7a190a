// Causal attention of rotated queries over keys and values in pages, with grouped heads (Ainslie et al. 2023,
// arXiv 2305.13245): out = Σ_p soft-max_p(scale q · k_p) v_p over the positions up to the query's own, of a window.
//
// For few tokens, which share too little to be taken together (`attend_many.wgsl`), and for heads too large for that.
//
// One workgroup of 64 invocations a query head of a token. It takes 64 positions at a time: an invocation has the score
// of one, then some of the head's numbers; the running maximum and sum make the soft-max exact (Milakov and Gimelshein
// 2018, arXiv 1805.02867). Dispatch: (heads, tokens, 1).
//
// Where few tokens leave most of a GPU idle, {{SPLITS}} workgroups share a head's positions, and what each has found is
// merged by `merge.wgsl` (Dao et al. 2023, "Flash-Decoding"). Dispatch: (heads, tokens, {{SPLITS}}).
//
// A token alone turns its own query and key and keeps its own key and value, instead of `keep.wgsl`: the first workgroup
// of each head sees the token itself, after the positions before it, and the first head of a group keeps.
//
// Keys and values are {{KEPT}}.
//
// queries, out: tokens × heads × size; keys, values: place × kv_heads × size; places: for each token where its branch's list
// begins and its position, then the lists: for each position its place;
// parts: tokens × heads × splits × (size numbers, their maximum, their sum); angles, new_keys, new_values: as in `keep.wgsl`.
struct Shape {
    heads: u32,
    kv_heads: u32,
    // Positions that a query sees, its own counted.
    window: u32,
    // A float's bits.
    scale: u32,
    // Pairs that turn.
    pairs: u32,
}
@group(0) @binding(1) var<uniform> shape: Shape;
@group(0) @binding(2) var<storage, read> places: array<u32>;
//! kept before
@group(0) @binding(3) var<storage, read> queries: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> keys: array<vec4<{{KEPT}}>>;
@group(0) @binding(5) var<storage, read> values: array<{{KEPT}}>;

fn query_at(base: u32, q: u32) -> vec4<f32> {
    return queries[base / 4u + q];
}
//! kept here
@group(0) @binding(3) var<storage, read> queries: array<f32>;
@group(0) @binding(4) var<storage, read_write> keys: array<vec4<{{KEPT}}>>;
@group(0) @binding(5) var<storage, read_write> values: array<{{KEPT}}>;
@group(0) @binding(7) var<storage, read> angles: array<vec2<f32>>;
@group(0) @binding(8) var<storage, read> new_keys: array<f32>;
@group(0) @binding(9) var<storage, read> new_values: array<f32>;

fn query_at(base: u32, q: u32) -> vec4<f32> {
    let at = 4u * q;
    return vec4<f32>(turned_queries(base, at), turned_queries(base, at + 1u), turned_queries(base, at + 2u), turned_queries(base, at + 3u));
}

// As what is read from the pages later.
fn key_at(base: u32, q: u32) -> vec4<{{KEPT}}> {
    let at = 4u * q;
    let key = vec4<f32>(turned_new_keys(base, at), turned_new_keys(base, at + 1u), turned_new_keys(base, at + 2u), turned_new_keys(base, at + 3u));
    return vec4<{{KEPT}}>(clamp(key, vec4<f32>(-{{MOST}}), vec4<f32>({{MOST}})));
}
//! turned neighbours
fn turned_{{FROM}}(base: u32, d: u32) -> f32 {
    let own = {{FROM}}[base + d];
    if (d >= 2u * shape.pairs) {
        return own;
    }
    let angle = angles[d / 2u];
    let other = {{FROM}}[base + (d ^ 1u)];
    return own * angle.x + select(other, -other, (d & 1u) == 0u) * angle.y;
}
//! turned halves
fn turned_{{FROM}}(base: u32, d: u32) -> f32 {
    let own = {{FROM}}[base + d];
    if (d >= 2u * shape.pairs) {
        return own;
    }
    let angle = angles[d % shape.pairs];
    let first = d < shape.pairs;
    let other = {{FROM}}[base + select(d - shape.pairs, d + shape.pairs, first)];
    return own * angle.x + select(other, -other, first) * angle.y;
}
//! main
@group(0) @binding(6) var<storage, read_write> out: array<f32>;

const SIZE = {{SIZE}}u;
// Numbers of a head for each invocation.
const EACH = {{EACH}}u;
const SPLITS = {{SPLITS}}u;

var<workgroup> query: array<vec4<f32>, {{QUADS}}>;
var<workgroup> weights: array<f32, 64>;
var<workgroup> at: array<u32, 64>;
var<workgroup> fold: array<f32, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) i: u32{{PARAMETERS}}) {
    let head = workgroup.x;
    let token = workgroup.y;
    let kv_head = head / (shape.heads / shape.kv_heads);
    let base = (token * shape.heads + head) * SIZE;
    for (var q = i; q < SIZE / 4u; q += 64u) {
        query[q] = query_at(base, q) * bitcast<f32>(shape.scale);
    }
    let list = places[2u * token];
    let seen = places[2u * token + 1u] + 1u;
    let furthest = seen - min(seen, shape.window);
    // What the pages hold of it.
    let kept = seen - {{NEW}}u;
    // Whole blocks of 64 positions for each of the splits; some of the last may have none.
    let share = ((kept - furthest + SPLITS - 1u) / SPLITS + 63u) / 64u * 64u;
    let start = furthest + workgroup.z * share;
    let end = min(kept, start + share);
    var largest = -3.0e38;
    var sum = 0.0;
    var total: array<f32, EACH>;
    for (var block = start; block < end; block += 64u) {
        workgroupBarrier();
        let position = block + i;
        // Past the end the last one's place, with no weight.
        let place = (places[list + min(position, end - 1u)] * shape.kv_heads + kv_head) * SIZE;
        at[i] = place;
        var own = -3.0e38;
        if (position < end) {
            own = 0.0;
            for (var q = 0u; q < SIZE / 4u; q++) {
                own += dot(query[q], vec4<f32>(keys[place / 4u + q]));
            }
        }
        {{ALL}}
        let larger = max(largest, all);
        weights[i] = select(0.0, exp(own - larger), position < end);
        workgroupBarrier();
        let shrink = exp(largest - larger);
        largest = larger;
        sum *= shrink;
        for (var e = 0u; e < EACH; e++) {
            total[e] *= shrink;
        }
        // Four at a time, so that their loads don't wait for each other.
        let count = min(64u, end - block);
        for (var j = 0u; j < count; j += 4u) {
            let w = vec4<f32>(weights[j], weights[j + 1u], weights[j + 2u], weights[j + 3u]);
            sum += w.x + w.y + w.z + w.w;
            for (var e = 0u; e < EACH; e++) {
                let d = i + 64u * e;
                if (d < SIZE) {
                    let v = vec4<{{KEPT}}>(values[at[j] + d], values[at[j + 1u] + d], values[at[j + 2u] + d], values[at[j + 3u] + d]);
                    total[e] += dot(w, vec4<f32>(v));
                }
            }
        }
    }
    {{OWN}}
    {{FINISH}}
}
//! own
    if (workgroup.z == 0u) {
        workgroupBarrier();
        let key = kv_head * SIZE;
        let place = (places[list + kept] * shape.kv_heads + kv_head) * SIZE;
        let keeps = head % (shape.heads / shape.kv_heads) == 0u;
        var own = 0.0;
        for (var q = i; q < SIZE / 4u; q += 64u) {
            let quad = key_at(key, q);
            own += dot(query[q], vec4<f32>(quad));
            if (keeps) {
                keys[place / 4u + q] = quad;
            }
        }
        {{TOGETHER}}
        let larger = max(largest, all);
        let weight = exp(all - larger);
        let shrink = exp(largest - larger);
        largest = larger;
        sum = sum * shrink + weight;
        for (var e = 0u; e < EACH; e++) {
            let d = i + 64u * e;
            if (d < SIZE) {
                let value = {{KEPT}}(clamp(new_values[key + d], -{{MOST}}, {{MOST}}));
                total[e] = total[e] * shrink + weight * f32(value);
                if (keeps) {
                    values[place + d] = value;
                }
            }
        }
    }
//! whole
    for (var e = 0u; e < EACH; e++) {
        let d = i + 64u * e;
        if (d < SIZE) {
            out[base + d] = total[e] / sum;
        }
    }
//! part
    let part = ((token * shape.heads + head) * SPLITS + workgroup.z) * (SIZE + 2u);
    for (var e = 0u; e < EACH; e++) {
        let d = i + 64u * e;
        if (d < SIZE) {
            out[part + d] = total[e];
        }
    }
    if (i == 0u) {
        out[part + SIZE] = largest;
        out[part + SIZE + 1u] = sum;
    }
