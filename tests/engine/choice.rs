//! What a model runs on, by a clock of the test's own.

use std::cell::Cell;

use likeness::engine::Chat;
use likeness::engine::choice::choose;
use likeness::engine::cpu::Cpu;
use likeness::engine::gguf::TensorKind;
use likeness::engine::message::{DeviceChoice, DeviceReport};

use super::support::{Tiny, now};

/// What is chosen where there is no GPU and each look at the clock of a processor with so many threads takes `ms(threads)`.
fn chosen(wanted: DeviceChoice, ms: impl Fn(usize) -> f64) -> DeviceReport {
    let file = Tiny::new(TensorKind::Q4_0, false).file();
    let outline = now(Chat::outline(&file[..])).expect("a model's header");
    let (time, threads) = (Cell::new(0.0), Cell::new(0));
    let clock = || time.replace(time.get() + ms(threads.get()));
    let measured = async |cpu: &Cpu| threads.set(cpu.pool().threads());
    now(choose(wanted, &outline, 3, clock, measured, Err("there is no GPU"))).1
}

#[test]
fn one_thread_is_used_where_it_is_clearly_faster_than_several() {
    let faster_alone = chosen(DeviceChoice::Measured, |threads| if threads == 1 { 2.0 } else { 5.0 });
    assert!(faster_alone.name.starts_with("1 thread, "), "{}", faster_alone.name);
    assert_eq!(faster_alone.why, "there is no GPU; one thread is faster here than several");
    assert_eq!(faster_alone.cpu_ms, Some(2.0));
    for alone in [4.5, 12.0] {
        let report = chosen(DeviceChoice::Measured, |threads| if threads == 1 { alone } else { 5.0 });
        assert!(report.name.starts_with("3 threads, "), "{}", report.name);
        assert_eq!((report.why.as_str(), report.cpu_ms), ("there is no GPU", Some(5.0)));
    }
}

/// A browser runs new code slowly until it has optimised it: whoever comes first must not seem slower for that.
#[test]
fn the_first_rounds_of_the_sample_work_do_not_count() {
    let looks = Cell::new(0);
    let report = chosen(DeviceChoice::Measured, |threads| {
        looks.set(looks.get() + 1);
        match threads {
            1 => 2.0,
            _ if looks.get() <= 20 => 8.0,
            _ => 1.5,
        }
    });
    assert!(report.name.starts_with("3 threads, "), "{}", report.name);
    assert_eq!((report.why.as_str(), report.cpu_ms), ("there is no GPU", Some(1.5)));
}

#[test]
fn what_a_person_chose_is_not_measured() {
    for (wanted, name) in [(DeviceChoice::Cpu, "3 threads, "), (DeviceChoice::CpuAlone, "1 thread, ")] {
        let report = chosen(wanted, |_| unreachable!("nobody looks at the clock"));
        assert!(report.name.starts_with(name), "{}", report.name);
        assert_eq!((report.why.as_str(), report.cpu_ms), ("it was chosen", None));
    }
    let report = chosen(DeviceChoice::Gpu, |_| unreachable!("nobody looks at the clock"));
    assert_eq!((report.gpu, report.why.as_str()), (false, "there is no GPU"));
}
