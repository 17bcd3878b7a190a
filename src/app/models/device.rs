//! What a model runs on, in words, and what the person wants it to run on.

use crate::service::{DeviceChoice, DeviceReport};
use crate::view::sentence;

/// What a person can want: the choice, its name as it is kept, what it is called, and what it means.
pub const CHOICES: [(DeviceChoice, &str, &str, &str); 4] = [
    (
        DeviceChoice::Measured,
        "faster",
        "Whichever is faster",
        "The GPU, the processor and one thread of it do the same sample work first. A GPU that wins is used if it computes what the processor does.",
    ),
    (DeviceChoice::Gpu, "gpu", "The GPU", "If there is one that computes what the processor does."),
    (DeviceChoice::Cpu, "processor", "The processor", "The GPU is left alone."),
    (
        DeviceChoice::CpuAlone,
        "thread",
        "One thread",
        "Of the processor; the rest of the machine is left to other things.",
    ),
];

/// The choice of that name; whichever is faster for any other text.
pub fn choice_named(name: &str) -> DeviceChoice {
    CHOICES
        .iter()
        .find(|(_, known, ..)| *known == name)
        .map_or(DeviceChoice::Measured, |(choice, ..)| *choice)
}

/// What it runs on: "the processor (2 threads, relaxed SIMD)".
pub fn runs_on(device: &DeviceReport) -> String {
    format!("{} ({})", if device.gpu { "the GPU" } else { "the processor" }, device.name)
}

/// Why it runs on that, and how fast both were at the sample work.
pub fn because(device: &DeviceReport) -> String {
    let mut text = sentence(&device.why);
    match (device.gpu_ms, device.cpu_ms) {
        (Some(gpu), Some(cpu)) => {
            let took = format!(" The sample work took {} on the GPU, {} on the processor.", ms(gpu), ms(cpu));
            text.push_str(&took);
        }
        (None, Some(cpu)) => text.push_str(&format!(" The sample work took {} on the processor.", ms(cpu))),
        _ => {}
    }
    text
}

/// Two figures are all that such a measurement is good for.
fn ms(ms: f64) -> String {
    if ms < 10.0 { format!("{ms:.1} ms") } else { format!("{ms:.0} ms") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(gpu: bool, cpu_ms: Option<f64>, gpu_ms: Option<f64>) -> DeviceReport {
        DeviceReport {
            gpu,
            name: "2 threads, SIMD".into(),
            why: "the GPU is slower here".into(),
            cpu_ms,
            gpu_ms,
        }
    }

    #[test]
    fn it_says_what_why_and_how_fast() {
        let device = report(false, Some(7.26), Some(481.3));
        assert_eq!(runs_on(&device), "the processor (2 threads, SIMD)");
        assert_eq!(
            because(&device),
            "The GPU is slower here. The sample work took 481 ms on the GPU, 7.3 ms on the processor."
        );
    }

    #[test]
    fn what_was_not_measured_is_not_told() {
        assert_eq!(because(&report(true, None, None)), "The GPU is slower here.");
        let cpu_alone = because(&report(false, Some(12.0), None));
        assert!(cpu_alone.ends_with("The sample work took 12 ms on the processor."), "{cpu_alone}");
    }

    #[test]
    fn choices_are_kept_by_name() {
        for (choice, name, ..) in CHOICES {
            assert_eq!(choice_named(name), choice);
        }
        assert_eq!(choice_named("abacus"), DeviceChoice::Measured);
    }
}
