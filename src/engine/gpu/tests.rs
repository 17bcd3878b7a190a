//! The GPU against the processor, on whatever adapter this machine has.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use crate::engine::gguf::TensorKind;
use crate::engine::network::Outline;

use super::self_test::{SIZES, agrees};
use super::{Adapter, Gpu, Refusal, Variants};

/// As models have them: alone, with others, and all that there are between them.
const FORMATS: [&[TensorKind]; 4] = {
    use TensorKind::{BF16, F16, F32, IQ4_NL};
    use TensorKind::{Q2_K, Q3_K, Q4_0, Q4_1, Q4_K, Q5_0, Q5_1, Q5_K, Q6_K, Q8_0};
    [&[F16], &[Q6_K, Q4_K], &[Q8_0, Q5_0, Q4_1, F32, IQ4_NL], &[Q4_0, Q5_1, Q5_K, BF16, Q2_K, Q3_K]]
};

/// Runs a future that is never pending: natively the device is waited for where it is asked.
fn now<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("nothing waits natively"),
    }
}

/// A GPU; without one the test says that it was not measured.
fn gpu(refusal: Refusal) -> Option<Gpu> {
    match now(Adapter::find()) {
        Ok(adapter) => Some(now(adapter.open(refusal)).expect("it opens")),
        Err(error) => {
            println!("NOT MEASURED: the GPU's kernels ({error})");
            None
        }
    }
}

// A processor that plays a GPU is given other kernels than hardware; here both are tried on it.

#[test]
fn the_self_test_passes() {
    passes(false);
}

#[test]
fn the_self_test_passes_with_the_kernels_of_hardware() {
    passes(true);
}

fn passes(as_hardware: bool) {
    let Some(mut gpu) = gpu(Refusal { default_limits: true, as_hardware }) else { return };
    println!("{:?}", gpu.about());
    let Variants { bytes, halves, subgroups } = gpu.about().offers;
    for (name, used) in [
        ("plain", Variants::NONE),
        ("subgroups", Variants { subgroups, ..Variants::NONE }),
        ("16-bit floats", Variants { halves, ..Variants::NONE }),
        ("8-bit products", Variants { bytes, ..Variants::NONE }),
        ("all that is offered", gpu.about().offers),
    ] {
        if used == Variants::NONE && name != "plain" {
            println!("NOT MEASURED: {name}, which this GPU doesn't offer");
            continue;
        }
        gpu.use_variants(used);
        // One alone changes the same kernels whatever the format.
        let some =
            if ["plain", "all that is offered"].contains(&name) { &FORMATS[..] } else { &FORMATS[..2] };
        for formats in some {
            for has in [true, false] {
                let outline = Outline { sizes: SIZES, formats: formats.to_vec(), biases: has, capped: has };
                now(agrees(&mut gpu, &outline))
                    .unwrap_or_else(|mismatch| panic!("{name}, {outline:?}: {mismatch}"));
            }
        }
    }
}
