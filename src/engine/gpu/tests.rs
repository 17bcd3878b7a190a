//! The GPU against the processor, on whatever adapter this machine has.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use super::{Adapter, Gpu, Refusal, Variants, self_test};

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

#[test]
fn the_self_test_passes() {
    // A processor that plays a GPU is given other kernels than hardware; here both are tried on it.
    for as_hardware in [false, true] {
        let Some(mut gpu) = gpu(Refusal { default_limits: true, as_hardware }) else { return };
        println!("{:?}", gpu.about());
        let Variants { bytes, halves, subgroups } = gpu.about().offers;
        for (name, used) in [
            ("subgroups", Variants { subgroups, ..Variants::NONE }),
            ("16-bit floats", Variants { halves, ..Variants::NONE }),
            ("8-bit products", Variants { bytes, ..Variants::NONE }),
            ("all that is offered", gpu.about().offers),
        ] {
            if used == Variants::NONE {
                println!("NOT MEASURED: {name}, which this GPU doesn't offer");
            }
            gpu.use_variants(used);
            now(self_test(&mut gpu)).unwrap_or_else(|mismatch| panic!("{name}: {mismatch}"));
        }
    }
}
