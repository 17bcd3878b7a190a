// How a workgroup of 64 invocations finds the sum or the largest of a number from each.
//! parameters
, @builtin(subgroup_id) subgroup: u32, @builtin(subgroup_invocation_id) lane: u32, @builtin(num_subgroups) subgroups: u32
//! sum in memory
    fold[i] = own;
    workgroupBarrier();
    for (var half = 32u; half > 0u; half /= 2u) {
        if (i < half) {
            fold[i] += fold[i + half];
        }
        workgroupBarrier();
    }
    let all = fold[0];
//! sum by subgroups
    let part = subgroupAdd(own);
    if (lane == 0u) {
        fold[subgroup] = part;
    }
    workgroupBarrier();
    var all = fold[0];
    for (var s = 1u; s < subgroups; s++) {
        all += fold[s];
    }
//! largest in memory
    fold[i] = own;
    workgroupBarrier();
    for (var half = 32u; half > 0u; half /= 2u) {
        if (i < half) {
            fold[i] = max(fold[i], fold[i + half]);
        }
        workgroupBarrier();
    }
    let all = fold[0];
//! largest by subgroups
    let part = subgroupMax(own);
    if (lane == 0u) {
        fold[subgroup] = part;
    }
    workgroupBarrier();
    var all = fold[0];
    for (var s = 1u; s < subgroups; s++) {
        all = max(all, fold[s]);
    }
