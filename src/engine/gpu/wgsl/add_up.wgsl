// How a group of {{LANES}} invocations of `matvec.wgsl` and `packed_matvec.wgsl` adds up its `total`s of {{ROWS}} rows.
//! memory
var<workgroup> sums: array<array<f32, {{ROWS}}>, {{THREADS}}>;
//! in memory
    sums[i] = total;
    workgroupBarrier();
    // Each group's first lanes add up a row each.
    for (var r = lane; r < {{ROWS}}u; r += {{LANES}}u) {
        if (row + r < shape.rows) {
            var sum = 0.0;
            for (var j = 0u; j < {{LANES}}u; j++) {
                sum += sums[i - lane + j][r];
            }
            let at = token * shape.stride + shape.into + row + r;
            {{STORE}}
        }
    }
//! by subgroups
    // A group lies within a subgroup: its invocations exchange what they have, half of them with the other half.
    {
        var sum = total[{{R}}];
        for (var other = {{LANES}}u / 2u; other > 0u; other /= 2u) {
            sum += subgroupShuffleXor(sum, other);
        }
        let at = token * shape.stride + shape.into + row + {{R}}u;
        if (lane == {{R}}u && row + {{R}}u < shape.rows) {
            {{STORE}}
        }
    }
