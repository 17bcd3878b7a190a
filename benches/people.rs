//! Measures the reward on the people of the shared data and prints the tables of `BENCHMARKS.md`.
//!
//! `cargo bench --bench people` prints everything; behind `--`, `fit-prior` prints the prior that ships instead
//! (`cargo bench --bench people -- fit-prior > src/reward/prior.json`), and `--all` reports on the second half
//! of the synthetic people too, which nothing was chosen on. The data are sought in LIKENESS_DATA, else in
//! ../shared/data; what is absent is told by name.

use std::path::PathBuf;
use std::time::Instant;

use likeness::bench::{Person, effects_table, fit_prior, left_out, read_people, synthetic};
use likeness::reward::{Observation, Prior, Reward};

/// Synthetic people on whom settings were chosen; the rest are only reported on.
const TUNED_ON: usize = 15;

fn people(name: &str) -> Option<Vec<Person>> {
    let folder =
        std::env::var_os("LIKENESS_DATA").map_or_else(|| PathBuf::from("../shared/data"), PathBuf::from);
    let path = folder.join(name).join("pairs.jsonl");
    let read = std::fs::read_to_string(&path).map_err(|error| error.to_string());
    match read.and_then(|text| read_people(&text).map_err(|error| error.to_string())) {
        Ok(people) => Some(people),
        Err(why) => {
            eprintln!("NOT MEASURED: {name} ({}: {why})", path.display());
            None
        }
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let asked = |what: &str| arguments.iter().any(|argument| argument == what);
    // `cargo test --all-targets` starts this too, without the word that `cargo bench` passes.
    if !asked("--bench") {
        return;
    }
    let real = people("mt_bench_human");
    if asked("fit-prior") {
        if let Some(real) = &real {
            let prior = fit_prior(&real.iter().collect::<Vec<_>>(), Prior::shipped());
            println!("{}", serde_json::to_string_pretty(&prior).unwrap_or_default());
        }
        return;
    }
    let prior = Prior::shipped();
    let made_up = people("synthetic_people");
    let mut tuned = None;
    if let Some(made_up) = &made_up {
        let (first, second) = made_up.split_at(TUNED_ON.min(made_up.len()));
        let measured = synthetic(&first.iter().collect::<Vec<_>>(), prior);
        println!("Synthetic people, the first {TUNED_ON}, on whom settings were chosen:\n\n{measured}");
        tuned = Some(measured);
        if asked("--all") {
            let measured = synthetic(&second.iter().collect::<Vec<_>>(), prior);
            println!("Synthetic people, the others, on whom nothing was chosen:\n\n{measured}");
        }
        let observations: Vec<Observation> = made_up
            .iter()
            .flat_map(|p| &p.choices)
            .take(50)
            .map(|choice| choice.observation.clone())
            .collect();
        let mut times: Vec<f64> = (0..21)
            .map(|_| {
                let start = Instant::now();
                std::hint::black_box(Reward::learn(prior, std::hint::black_box(&observations)));
                start.elapsed().as_secs_f64() * 1e3
            })
            .collect();
        times.sort_by(f64::total_cmp);
        println!(
            "A refit at {} pairs: {:.2} ms (median of {})\n",
            observations.len(),
            times[10],
            times.len()
        );
    }
    if let Some(real) = &real {
        let measured = left_out(&real.iter().collect::<Vec<_>>(), prior);
        println!("Real people (MT-Bench human judgments):\n\n{measured}");
        if let Some(tuned) = &tuned {
            println!("Each trait's left-out effect, thousandths of a nat a choice:\n");
            println!("{}", effects_table(&measured, tuned));
        }
    }
}
