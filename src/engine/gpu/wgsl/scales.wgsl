// What a block of 32 weights of a row is scaled by, however its codes are unpacked: `half`, a 16-bit float; `affine`, a
// factor and what is added; `sixteens`, a factor for each half of the block. `scales` is laid out as `weights.rs` says.

//! half
fn half(index: u32) -> f32 {
    let pair = unpack2x16float(scales[index / 2u]);
    return select(pair.x, pair.y, (index & 1u) == 1u);
}

//! Q4_0
fn affine(index: u32) -> vec2<f32> {
    let d = half(index);
    return vec2<f32>(d, -8.0 * d);
}

//! Q4_1
fn affine(index: u32) -> vec2<f32> {
    return unpack2x16float(scales[index]);
}

//! Q4_K
fn affine(index: u32) -> vec2<f32> {
    let at = index / 8u * 5u;
    let dm = unpack2x16float(scales[at]);
    let six = scales[at + 1u + index % 8u / 2u] >> (index % 2u * 16u);
    return vec2<f32>(dm.x * f32(six & 255u), -dm.y * f32((six >> 8u) & 255u));
}

//! Q2_K
// The scale and the minimum of the block's first sixteen weights, then of the others.
fn sixteens(index: u32) -> vec4<f32> {
    let at = index / 8u * 5u;
    let dm = unpack2x16float(scales[at]);
    let bytes = scales[at + 1u + index % 8u / 2u] >> (index % 2u * 16u);
    let four = vec4<u32>(bytes) >> vec4<u32>(0u, 4u, 8u, 12u);
    return dm.xyxy * vec4<f32>(four & vec4<u32>(15u));
}

//! Q6_K
fn sixteens(index: u32) -> vec2<f32> {
    let place = index / 8u * 5u;
    let d = bitcast<f32>(scales[place]);
    let eight = scales[place + 1u + index % 8u / 2u] >> (index % 2u * 16u);
    let pair = vec2<i32>(bitcast<i32>(eight << 24u) >> 24u, bitcast<i32>(eight << 16u) >> 24u);
    return d * vec2<f32>(pair);
}
