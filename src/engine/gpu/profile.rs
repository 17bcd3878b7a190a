//! Where the time of writing a token goes on a GPU: for the bench, which prints it.

use std::time::Instant;

use super::device::{Gpu, record};
use super::memory::Memory;
use super::plan::Dispatch;
use crate::engine::EngineError;

/// What a token alone takes.
pub struct Profile {
    /// Seconds in which the processor records a token's dispatches.
    pub recording_s: f64,
    /// Seconds from submitting them until they are done.
    pub running_s: f64,
    /// Seconds from submitting nothing but a copy of sixteen bytes until they are read.
    pub round_trip_s: f64,
    /// By kernel, in the order of their first use.
    pub kernels: Vec<KernelTime>,
}

/// What a kernel takes of it.
pub struct KernelTime {
    /// Which it is, and how many workgroups it has.
    pub kernel: String,
    /// How often a token needs it.
    pub of_a_token: usize,
    /// Seconds that it takes once, as one of many behind each other.
    pub seconds: f64,
}

impl Gpu {
    /// Runs each kernel of a token `runs` times behind each other. What was computed before is lost; none without a
    /// model.
    pub async fn profile(&mut self, runs: usize) -> Result<Option<Profile>, EngineError> {
        let Some((memory, token, staging)) = self.token() else { return Ok(None) };
        memory.done().await?;
        let mut kernels: Vec<(KernelTime, Vec<&Dispatch>)> = Vec::new();
        for dispatch in &token {
            let kernel = format!("{:?} in {:?}", dispatch.kernel, dispatch.grid);
            match kernels.iter_mut().find(|(known, _)| known.kernel == kernel) {
                Some((known, all)) => {
                    known.of_a_token += 1;
                    all.push(dispatch);
                }
                None => kernels.push((KernelTime { kernel, of_a_token: 1, seconds: 0.0 }, vec![dispatch])),
            }
        }
        for (time, all) in &mut kernels {
            // Twice as often, less once: what every submit costs is in neither.
            let once = repeat(memory, all, runs).await?;
            let twice = repeat(memory, all, 2 * runs).await?;
            time.seconds = (twice - once).max(0.0) / runs as f64;
        }
        let kernels = kernels.into_iter().map(|(time, _)| time).collect();
        let start = Instant::now();
        let times = 20;
        for _ in 0..times {
            let mut encoder = memory.device.create_command_encoder(&Default::default());
            record(&mut encoder, |pass| token.iter().for_each(|dispatch| dispatch.record(pass, 1)));
            drop(encoder.finish());
        }
        let recording_s = start.elapsed().as_secs_f64() / f64::from(times);
        let mut running_s = f64::INFINITY;
        for _ in 0..times {
            running_s = running_s.min(repeat(memory, &token, token.len()).await?);
        }
        let start = Instant::now();
        for _ in 0..times {
            memory.queue.submit([]);
            memory.read(staging, 16, |_| ()).await?;
        }
        let round_trip_s = start.elapsed().as_secs_f64() / f64::from(times);
        Ok(Some(Profile { recording_s, running_s, round_trip_s, kernels }))
    }
}

/// Seconds that a kernel takes so many times, the submit included: the least of three. It goes through the weights of all
/// layers, so that they don't come from a cache that a token would not find them in.
async fn repeat(memory: &Memory, all: &[&Dispatch], times: usize) -> Result<f64, EngineError> {
    let mut least = f64::INFINITY;
    for _ in 0..3 {
        let mut encoder = memory.device.create_command_encoder(&Default::default());
        record(&mut encoder, |pass| {
            all.iter().cycle().take(times).for_each(|dispatch| dispatch.record(pass, 1))
        });
        let commands = encoder.finish();
        let start = Instant::now();
        memory.queue.submit([commands]);
        memory.done().await?;
        least = least.min(start.elapsed().as_secs_f64());
    }
    Ok(least)
}
