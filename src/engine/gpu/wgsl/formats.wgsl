// Blocks of 32 weights of a row, as floats: weight i is s[i / 16] · q[i / 4][i % 4] + m.
//
// `codes` and `scales` are laid out as `weights.rs` says; one of the sections below is put into a kernel.
struct Block {
    q: array<vec4<f32>, 8>,
    s: vec2<f32>,
    m: f32,
}

//! nibbles
// Four bytes' low halves are items 4 i to 4 i + 3, their high halves items 16 + 4 i to 16 + 4 i + 3.
fn low(word: u32) -> vec4<f32> {
    return vec4<f32>((vec4<u32>(word) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(15u));
}
fn high(word: u32) -> vec4<f32> {
    return vec4<f32>((vec4<u32>(word) >> vec4<u32>(4u, 12u, 20u, 28u)) & vec4<u32>(15u));
}

//! bytes
fn signed(word: u32) -> vec4<f32> {
    let shifted = vec4<i32>(bitcast<i32>(word)) << vec4<u32>(24u, 16u, 8u, 0u);
    return vec4<f32>(shifted >> vec4<u32>(24u));
}

//! F32
fn unpack(index: u32) -> Block {
    var b: Block;
    b.q[0] = bitcast<vec4<f32>>(codes[8u * index]);
    b.q[1] = bitcast<vec4<f32>>(codes[8u * index + 1u]);
    b.q[2] = bitcast<vec4<f32>>(codes[8u * index + 2u]);
    b.q[3] = bitcast<vec4<f32>>(codes[8u * index + 3u]);
    b.q[4] = bitcast<vec4<f32>>(codes[8u * index + 4u]);
    b.q[5] = bitcast<vec4<f32>>(codes[8u * index + 5u]);
    b.q[6] = bitcast<vec4<f32>>(codes[8u * index + 6u]);
    b.q[7] = bitcast<vec4<f32>>(codes[8u * index + 7u]);
    b.s = vec2<f32>(1.0);
    b.m = 0.0;
    return b;
}

//! F16
fn halves(a: u32, b: u32) -> vec4<f32> {
    return vec4<f32>(unpack2x16float(a), unpack2x16float(b));
}
fn unpack(index: u32) -> Block {
    var b: Block;
    let w0 = codes[4u * index];
    let w1 = codes[4u * index + 1u];
    let w2 = codes[4u * index + 2u];
    let w3 = codes[4u * index + 3u];
    b.q[0] = halves(w0.x, w0.y);
    b.q[1] = halves(w0.z, w0.w);
    b.q[2] = halves(w1.x, w1.y);
    b.q[3] = halves(w1.z, w1.w);
    b.q[4] = halves(w2.x, w2.y);
    b.q[5] = halves(w2.z, w2.w);
    b.q[6] = halves(w3.x, w3.y);
    b.q[7] = halves(w3.z, w3.w);
    b.s = vec2<f32>(1.0);
    b.m = 0.0;
    return b;
}

//! BF16
fn upper(a: u32, b: u32) -> vec4<f32> {
    return bitcast<vec4<f32>>(vec4<u32>(a << 16u, a & 0xffff0000u, b << 16u, b & 0xffff0000u));
}
fn unpack(index: u32) -> Block {
    var b: Block;
    let w0 = codes[4u * index];
    let w1 = codes[4u * index + 1u];
    let w2 = codes[4u * index + 2u];
    let w3 = codes[4u * index + 3u];
    b.q[0] = upper(w0.x, w0.y);
    b.q[1] = upper(w0.z, w0.w);
    b.q[2] = upper(w1.x, w1.y);
    b.q[3] = upper(w1.z, w1.w);
    b.q[4] = upper(w2.x, w2.y);
    b.q[5] = upper(w2.z, w2.w);
    b.q[6] = upper(w3.x, w3.y);
    b.q[7] = upper(w3.z, w3.w);
    b.s = vec2<f32>(1.0);
    b.m = 0.0;
    return b;
}

//! Q2_K
// Four bit pairs of a word. Scale and minimum are of sixteen weights, and a block has one minimum only: so they are put
// into the weights.
fn pairs(word: u32, quad: u32, half: vec2<f32>) -> vec4<f32> {
    let bits = vec4<u32>(word >> (quad * 8u)) >> vec4<u32>(0u, 2u, 4u, 6u);
    return half.x * vec4<f32>(bits & vec4<u32>(3u)) - half.y;
}
fn unpack(index: u32) -> Block {
    var b: Block;
    let all = sixteens(index);
    let a = codes[2u * index];
    let z = codes[2u * index + 1u];
    b.q[0] = pairs(a, 0u, all.xy);
    b.q[1] = pairs(a, 1u, all.xy);
    b.q[2] = pairs(a, 2u, all.xy);
    b.q[3] = pairs(a, 3u, all.xy);
    b.q[4] = pairs(z, 0u, all.zw);
    b.q[5] = pairs(z, 1u, all.zw);
    b.q[6] = pairs(z, 2u, all.zw);
    b.q[7] = pairs(z, 3u, all.zw);
    b.s = vec2<f32>(1.0);
    b.m = 0.0;
    return b;
}

//! Q4
fn unpack(index: u32) -> Block {
    var b: Block;
    let w = codes[index];
    b.q[0] = low(w.x);
    b.q[1] = low(w.y);
    b.q[2] = low(w.z);
    b.q[3] = low(w.w);
    b.q[4] = high(w.x);
    b.q[5] = high(w.y);
    b.q[6] = high(w.z);
    b.q[7] = high(w.w);
    let affine = affine(index);
    b.s = vec2<f32>(affine.x);
    b.m = affine.y;
    return b;
}

//! Q8_0
fn unpack(index: u32) -> Block {
    var b: Block;
    let w0 = codes[2u * index];
    let w1 = codes[2u * index + 1u];
    b.q[0] = signed(w0.x);
    b.q[1] = signed(w0.y);
    b.q[2] = signed(w0.z);
    b.q[3] = signed(w0.w);
    b.q[4] = signed(w1.x);
    b.q[5] = signed(w1.y);
    b.q[6] = signed(w1.z);
    b.q[7] = signed(w1.w);
    b.s = vec2<f32>(half(index));
    b.m = 0.0;
    return b;
}

//! Q6_K
// Four low bits as in `low` and `high`, and two more above them: item i's in word i / 16 at bit 2 (i % 16).
fn above(word: u32, quad: u32) -> vec4<f32> {
    let bits = vec4<u32>(word >> (quad * 8u)) >> vec4<u32>(0u, 2u, 4u, 6u);
    return vec4<f32>((bits & vec4<u32>(3u)) << vec4<u32>(4u)) - 32.0;
}
fn unpack(index: u32) -> Block {
    var b: Block;
    let at = 6u * index;
    let w = vec4<u32>(codes[at], codes[at + 1u], codes[at + 2u], codes[at + 3u]);
    let a = codes[at + 4u];
    let z = codes[at + 5u];
    b.q[0] = low(w.x) + above(a, 0u);
    b.q[1] = low(w.y) + above(a, 1u);
    b.q[2] = low(w.z) + above(a, 2u);
    b.q[3] = low(w.w) + above(a, 3u);
    b.q[4] = high(w.x) + above(z, 0u);
    b.q[5] = high(w.y) + above(z, 1u);
    b.q[6] = high(w.z) + above(z, 2u);
    b.q[7] = high(w.w) + above(z, 3u);
    b.s = sixteens(index);
    b.m = 0.0;
    return b;
}

//! fifth
// A fifth bit above four low ones: item i's at bit i of the word after those.
fn fifth(word: u32, quad: u32) -> vec4<f32> {
    let bits = vec4<u32>(word >> (quad * 4u)) >> vec4<u32>(0u, 1u, 2u, 3u);
    return vec4<f32>((bits & vec4<u32>(1u)) << vec4<u32>(4u));
}
fn five_bits(index: u32) -> array<vec4<f32>, 8> {
    let at = 5u * index;
    let w = vec4<u32>(codes[at], codes[at + 1u], codes[at + 2u], codes[at + 3u]);
    let h = codes[at + 4u];
    return array<vec4<f32>, 8>(
        low(w.x) + fifth(h, 0u), low(w.y) + fifth(h, 1u), low(w.z) + fifth(h, 2u), low(w.w) + fifth(h, 3u),
        high(w.x) + fifth(h, 4u), high(w.y) + fifth(h, 5u), high(w.z) + fifth(h, 6u), high(w.w) + fifth(h, 7u),
    );
}

//! Q5_0
fn unpack(index: u32) -> Block {
    var b: Block;
    b.q = five_bits(index);
    for (var i = 0u; i < 8u; i++) {
        b.q[i] -= 16.0;
    }
    b.s = vec2<f32>(half(index));
    b.m = 0.0;
    return b;
}

//! Q5
fn unpack(index: u32) -> Block {
    var b: Block;
    let affine = affine(index);
    b.q = five_bits(index);
    b.s = vec2<f32>(affine.x);
    b.m = affine.y;
    return b;
}
