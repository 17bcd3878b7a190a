// The attention of `attend.wgsl` for many tokens: a workgroup of 64 invocations takes {{QUERIES}} queries together, of {{GROUP}} heads
// that share keys and of {{TOKENS}} tokens behind each other, so that what it reads of keys and values serves all of them (Dao et
// al. 2022, "FlashAttention", arXiv 2205.14135). Tokens of several branches have lists of their own and take their turns.
//
// An invocation has the scores of one of 64 positions at a time, then four numbers of a head for every {{SHARES}}th of the
// positions. Dispatch: (heads / {{GROUP}}, ⌈tokens / {{TOKENS}}⌉, 1).
//
// Keys and values are {{KEPT}}.
//
// queries, out: tokens × heads × size; keys, values: place × kv_heads × size; places: as in `attend.wgsl`.
struct Shape {
    heads: u32,
    kv_heads: u32,
    // Positions that a query sees, its own counted.
    window: u32,
    // A float's bits.
    scale: u32,
}
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<uniform> shape: Shape;
@group(0) @binding(2) var<storage, read> places: array<u32>;
@group(0) @binding(3) var<storage, read> queries: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> keys: array<vec4<{{KEPT}}>>;
@group(0) @binding(5) var<storage, read> values: array<vec4<{{KEPT}}>>;
@group(0) @binding(6) var<storage, read_write> out: array<vec4<f32>>;

// Of a head.
const QUADS = {{QUADS}}u;
const GROUP = {{GROUP}}u;
const TOKENS = {{TOKENS}}u;
// Invocations that share a quad's positions.
const SHARES = {{SHARES}}u;

var<workgroup> query: array<vec4<f32>, {{ALL_QUADS}}>;
// Of each query and position; first what is held against the largest.
var<workgroup> weights: array<f32, {{ALL_WEIGHTS}}>;
var<workgroup> at: array<u32, 64>;
var<workgroup> totals: array<vec4<f32>, 64>;
var<workgroup> sums: array<f32, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) i: u32{{PARAMETERS}}) {
    let first = workgroup.x * GROUP;
    let kv_head = first / (shape.heads / shape.kv_heads);
    let tile = workgroup.y * TOKENS;
    let until = min(tile + TOKENS, chunk.tokens);
    for (var q = i; q < {{ALL_QUADS}}u; q += 64u) {
        // Past the last token its own numbers again, which nobody asks for.
        let token = min(tile + q / (GROUP * QUADS), until - 1u);
        query[q] = queries[(token * shape.heads + first) * QUADS + q % (GROUP * QUADS)] * bitcast<f32>(shape.scale);
    }
    let quad = i % QUADS;
    let share = i / QUADS;
    var branch = tile;
    while (branch < until) {
        let list = places[2u * branch];
        var beyond = branch + 1u;
        while (beyond < until && places[2u * beyond] == list) {
            beyond++;
        }
        // The branch's first token here sees the furthest back, its last the furthest on.
        let foremost = places[2u * branch + 1u] + 1u;
        // Whole blocks from the first position on, so that a sum's order does not hang on who shares the workgroup.
        let start = (foremost - min(foremost, shape.window)) / 64u * 64u;
        let end = places[2u * beyond - 1u] + 1u;
        {{BEGIN}}
        for (var block = start; block < end; block += 64u) {
            workgroupBarrier();
            let position = block + i;
            // Past the end the last one's place, with no weight.
            let place = (places[list + min(position, end - 1u)] * shape.kv_heads + kv_head) * QUADS;
            at[i] = place;
            for (var q = 0u; q < QUADS; q++) {
                let key = vec4<f32>(keys[place + q]);
                {{SCORE}}
            }
            {{LARGEST}}
            workgroupBarrier();
            {{WEIGH}}
            workgroupBarrier();
            let count = min(64u, end - block);
            for (var j = share; j < count; j += SHARES) {
                let value = vec4<f32>(values[at[j] + quad]);
                {{ADD}}
            }
        }
        {{FINISH}}
        branch = beyond;
    }
}
//! begin token
let seen{{T}} = select(0u, places[2u * min(tile + {{T}}u, until - 1u) + 1u] + 1u, tile + {{T}}u >= branch && tile + {{T}}u < beyond);
let furthest{{T}} = seen{{T}} - min(seen{{T}}, shape.window);
//! begin
var largest{{N}} = -3.0e38;
var sum{{N}} = 0.0;
var total{{N}} = vec4<f32>();
var own{{N}} = 0.0;
//! score
own{{N}} += dot(query[{{N}}u * QUADS + q], key);
//! sees
let sees{{T}} = position < seen{{T}} && position >= furthest{{T}};
//! masked
own{{N}} = select(-3.0e38, own{{N}}, sees{{T}});
//! largest in memory
weights[{{N}}u * 64u + i] = own{{N}};
//! folded in memory
weights[{{N}}u * 64u + i] = max(weights[{{N}}u * 64u + i], weights[{{N}}u * 64u + i + half]);
//! all in memory
let all{{N}} = weights[{{N}}u * 64u];
//! largest by subgroups
let part{{N}} = subgroupMax(own{{N}});
if (lane == 0u) {
    weights[{{N}}u * 64u + subgroup] = part{{N}};
}
//! folded by subgroups
all{{N}} = max(all{{N}}, weights[{{N}}u * 64u + s]);
//! all by subgroups
var all{{N}} = weights[{{N}}u * 64u];
//! weigh
let larger{{N}} = max(largest{{N}}, all{{N}});
weights[{{N}}u * 64u + i] = select(0.0, exp(own{{N}} - larger{{N}}), sees{{T}});
let shrink{{N}} = exp(largest{{N}} - larger{{N}});
largest{{N}} = larger{{N}};
sum{{N}} *= shrink{{N}};
total{{N}} *= shrink{{N}};
own{{N}} = 0.0;
//! add
let weight{{N}} = weights[{{N}}u * 64u + j];
sum{{N}} += weight{{N}};
total{{N}} += weight{{N}} * value;
//! finish
workgroupBarrier();
totals[i] = total{{N}};
sums[i] = sum{{N}};
workgroupBarrier();
if (i < QUADS && tile + {{T}}u >= branch && tile + {{T}}u < beyond) {
    var total = totals[i];
    var sum = sums[i];
    for (var s = 1u; s < SHARES; s++) {
        total += totals[i + s * QUADS];
        sum += sums[i + s * QUADS];
    }
    out[((tile + {{T}}u) * shape.heads + first + {{H}}u) * QUADS + i] = total / sum;
}
