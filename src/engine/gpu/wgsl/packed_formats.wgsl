// Blocks of 32 weights of a row, as signed bytes: weight i is s[i / 16] · (byte i of q) + m, bytes counted from the
// lowest of a word on. The same blocks as floats are in `formats.wgsl`.
struct Packed {
    q: array<vec4<u32>, 2>,
    s: vec2<f32>,
    m: f32,
}

// Four products of bytes at a time, sixteen in all.
fn dot16(a: vec4<u32>, b: vec4<u32>) -> i32 {
    return dot4I8Packed(a.x, b.x) + dot4I8Packed(a.y, b.y) + dot4I8Packed(a.z, b.z) + dot4I8Packed(a.w, b.w);
}

//! nibbles
const LOW = vec4<u32>(0x0f0f0f0fu);

//! less
// Subtracts `by`, at most 64 in each byte, from bytes below 64.
fn less(bytes: vec4<u32>, by: u32) -> vec4<u32> {
    let top = vec4<u32>(0x80808080u);
    return ((bytes | top) - vec4<u32>(by)) ^ top;
}

//! Q4
fn unpack(index: u32) -> Packed {
    let w = codes[index];
    var b: Packed;
    b.q[0] = w & LOW;
    b.q[1] = (w >> vec4<u32>(4u)) & LOW;
    let affine = affine(index);
    b.s = vec2<f32>(affine.x);
    b.m = affine.y;
    return b;
}

//! Q8_0
fn unpack(index: u32) -> Packed {
    var b: Packed;
    b.q[0] = codes[2u * index];
    b.q[1] = codes[2u * index + 1u];
    b.s = vec2<f32>(half(index));
    b.m = 0.0;
    return b;
}

//! fifth
// A fifth bit to each of four bytes: item i's is bit i of the word after the low ones.
fn fifth(word: u32) -> vec4<u32> {
    let h = vec4<u32>(word) >> vec4<u32>(0u, 4u, 8u, 12u);
    return ((h & vec4<u32>(1u)) << vec4<u32>(4u)) | ((h & vec4<u32>(2u)) << vec4<u32>(11u))
        | ((h & vec4<u32>(4u)) << vec4<u32>(18u)) | ((h & vec4<u32>(8u)) << vec4<u32>(25u));
}
fn five_bits(index: u32) -> array<vec4<u32>, 2> {
    let at = 5u * index;
    let w = vec4<u32>(codes[at], codes[at + 1u], codes[at + 2u], codes[at + 3u]);
    let h = codes[at + 4u];
    return array<vec4<u32>, 2>((w & LOW) | fifth(h), ((w >> vec4<u32>(4u)) & LOW) | fifth(h >> 16u));
}

//! Q5_0
fn unpack(index: u32) -> Packed {
    let q = five_bits(index);
    var b: Packed;
    b.q[0] = less(q[0], 0x10101010u);
    b.q[1] = less(q[1], 0x10101010u);
    b.s = vec2<f32>(half(index));
    b.m = 0.0;
    return b;
}

//! Q5
fn unpack(index: u32) -> Packed {
    let affine = affine(index);
    var b: Packed;
    b.q = five_bits(index);
    b.s = vec2<f32>(affine.x);
    b.m = affine.y;
    return b;
}

//! Q6_K
// Two more bits to each of four bytes: item i's are bits 2 (i % 16) and the next of word i / 16 after the low ones.
fn above(word: u32) -> vec4<u32> {
    let h = vec4<u32>(word) >> vec4<u32>(0u, 8u, 16u, 24u);
    return ((h & vec4<u32>(3u)) << vec4<u32>(4u)) | ((h & vec4<u32>(12u)) << vec4<u32>(10u))
        | ((h & vec4<u32>(48u)) << vec4<u32>(16u)) | ((h & vec4<u32>(192u)) << vec4<u32>(22u));
}
fn unpack(index: u32) -> Packed {
    let at = 6u * index;
    let w = vec4<u32>(codes[at], codes[at + 1u], codes[at + 2u], codes[at + 3u]);
    var b: Packed;
    b.q[0] = less((w & LOW) | above(codes[at + 4u]), 0x20202020u);
    b.q[1] = less(((w >> vec4<u32>(4u)) & LOW) | above(codes[at + 5u]), 0x20202020u);
    b.s = sixteens(index);
    b.m = 0.0;
    return b;
}
