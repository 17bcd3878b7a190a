// How a group of {{LANES}} invocations of `matvec.wgsl` adds up its `total`s and keeps {{GIVES}} rows of the result.
//! memory
var<workgroup> sums: array<array<f32, {{SUMS}}>, {{THREADS}}>;

fn of_group(first: u32, which: u32) -> f32 {
    var sum = 0.0;
    for (var j = 0u; j < {{LANES}}u; j++) {
        sum += sums[first + j][which];
    }
    return sum;
}
//! in memory
    sums[i] = total;
    workgroupBarrier();
    // Each group's first lanes add up a row each.
    for (var r = lane; r < {{GIVES}}u; r += {{LANES}}u) {
        if (row + r < shape.rows) {
            {{SCALE}}
            let sum = {{SUM}};
            {{ALSO}}
            {{STORE}}
        }
    }
//! subgroup
// A group lies within a subgroup: its invocations exchange what they have, half of them with the other half.
fn of_group(own: f32) -> f32 {
    var sum = own;
    for (var other = {{LANES}}u / 2u; other > 0u; other /= 2u) {
        sum += subgroupShuffleXor(sum, other);
    }
    return sum;
}
//! by subgroups
    {
        let r = {{R}}u;
        let sum = {{SUM}};
        {{ALSO}}
        if (lane == r && row + r < shape.rows) {
            {{STORE}}
        }
    }
