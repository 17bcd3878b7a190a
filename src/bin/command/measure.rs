//! `likeness measure`: the tables of `BENCHMARKS.md` on traits, reward and sketches, on data sets that the repository does not hold.
//!
//! With a model it measures that model as a judge instead, from texts and from sketches.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use likeness::bench::{
    LeftOut, Person, SPLITS, SketchesMeasured, Synthetic, effects_table, left_out, sketches, synthetic,
};
use likeness::reward::{Observation, Prior, Reward};
use serde::Serialize;

use super::data::DataFolder;
use super::job::JobFile;
use super::judges::Answers;
use super::measure_judge::{self, JudgeMeasured};
use super::model::{Loaded, OptionalModelFile};
use super::new_file::apart;
use super::{Failure, Output, files, say};

/// The synthetic people on whom settings are chosen first; the others are a second look.
const TUNED_ON: usize = 15;

/// Real people with fewer choices have too few left to judge once they were learnt from.
const ENOUGH_TO_SKETCH: usize = 40;

/// A refit is timed at so many pairs, so many times.
const REFIT_PAIRS: usize = 50;
const REFITS: usize = 21;

#[derive(Args)]
pub struct Measure {
    #[command(flatten)]
    data: DataFolder,
    /// Also the other half of the synthetic people: best not looked at while choosing.
    #[arg(long, conflicts_with = "model")]
    all: bool,
    /// Another prior than the one that ships, to see what its settings are worth.
    #[arg(long, value_name = "PRIOR.json", conflicts_with = "model")]
    prior: Option<PathBuf>,
    /// Random splits of each synthetic person; more of them leave less to luck.
    #[arg(long, value_name = "N", default_value_t = SPLITS, conflicts_with = "model",
        value_parser = clap::value_parser!(u64).range(1..=10_000))]
    splits: u64,
    // With a model it is the judge that is measured, from texts and from sketches: minutes a person for a small one.
    #[command(flatten)]
    model: OptionalModelFile,
    /// People of each data set whom the model judges for; all of them otherwise.
    #[arg(long, value_name = "N", requires = "model", value_parser = clap::value_parser!(u16).range(1..))]
    people: Option<u16>,
    /// Keep the model's answers there until all are, so that a stopped measurement goes on where it was.
    #[arg(long, value_name = "FILE", requires = "model")]
    job: Option<PathBuf>,
    #[command(flatten)]
    show: Output,
}

#[derive(Default, Serialize)]
struct Report {
    synthetic_tuned_on: Option<Synthetic>,
    synthetic_others: Option<Synthetic>,
    real: Option<LeftOut>,
    refit: Option<Refit>,
    synthetic_sketches: Option<SketchesMeasured>,
    real_sketches: Option<SketchesMeasured>,
}

/// A model as a judge, on each data set.
#[derive(Serialize)]
struct JudgeReport {
    synthetic: Option<JudgeMeasured>,
    real: Option<JudgeMeasured>,
}

/// How long a person's reward takes to learn.
#[derive(Serialize)]
struct Refit {
    pairs: usize,
    times: usize,
    median_ms: f64,
}

impl Measure {
    pub fn run(self) -> Result<(), Failure> {
        if let Some(loaded) = self.model.load()? {
            return self.judge(&loaded);
        }
        let other = self.prior.as_deref().map(files::prior).transpose()?;
        let prior = other.as_ref().unwrap_or(Prior::shipped());
        let mut report = Report::default();
        if let Some(people) = self.data.people("synthetic_people")? {
            let (first, others) = people.split_at(TUNED_ON.min(people.len()));
            say(&format!("measuring on {} synthetic people", first.len()));
            report.synthetic_tuned_on =
                Some(synthetic(&first.iter().collect::<Vec<_>>(), prior, self.splits));
            if self.all {
                say(&format!("measuring on {} other synthetic people", others.len()));
                report.synthetic_others =
                    Some(synthetic(&others.iter().collect::<Vec<_>>(), prior, self.splits));
            }
            say("sketching their choices");
            let sketched = if self.all { &people[..] } else { first };
            report.synthetic_sketches = Some(sketches(&sketched.iter().collect::<Vec<_>>(), prior));
            report.refit = Some(refit(first, prior));
        }
        if let Some(people) = self.data.people("mt_bench_human")? {
            say(&format!("measuring on {} real people", people.len()));
            let people: Vec<&Person> = people.iter().collect();
            report.real = Some(left_out(&people, prior));
            let enough: Vec<&Person> =
                people.iter().copied().filter(|person| person.choices.len() >= ENOUGH_TO_SKETCH).collect();
            report.real_sketches = Some(sketches(&enough, prior));
        }
        self.show.show(&report, &words(&report))
    }
}

impl Measure {
    /// The model as a judge, on both data sets.
    fn judge(&self, loaded: &Loaded) -> Result<(), Failure> {
        apart(&[("--job", self.job.as_deref())], &[("--model", self.model.path())])?;
        let job = self.job.as_deref().map(JobFile::at).transpose()?;
        job.iter().for_each(JobFile::greet);
        let mut kept = Answers::new(job);
        let mut judged = |name: &str, fewest: usize| -> Result<Option<JudgeMeasured>, Failure> {
            let Some(people) = self.data.people(name)? else { return Ok(None) };
            let enough = people.iter().filter(|person| person.choices.len() >= fewest);
            let people: Vec<&Person> = enough.take(self.people.map_or(usize::MAX, usize::from)).collect();
            measure_judge::measure(&people, loaded, &mut kept).map(Some)
        };
        let report = JudgeReport {
            synthetic: judged("synthetic_people", ENOUGH_TO_SKETCH)?,
            real: judged("mt_bench_human", ENOUGH_TO_SKETCH)?,
        };
        let mut words = String::new();
        for (which, one) in [("Synthetic", &report.synthetic), ("Real", &report.real)] {
            words += &one.as_ref().map_or(String::new(), |one| format!("{which} people:\n\n{one}\n"));
        }
        self.show.show(&report, &words)?;
        kept.done()
    }
}

fn refit(people: &[Person], prior: &Prior) -> Refit {
    let choices = people.iter().flat_map(|person| &person.choices);
    let pairs: Vec<Observation> =
        choices.take(REFIT_PAIRS).map(|choice| choice.observation.clone()).collect();
    let once = || {
        let start = Instant::now();
        std::hint::black_box(Reward::learn(prior, std::hint::black_box(&pairs)));
        start.elapsed().as_secs_f64() * 1e3
    };
    let mut times: Vec<f64> = (0..REFITS).map(|_| once()).collect();
    times.sort_by(f64::total_cmp);
    Refit { pairs: pairs.len(), times: REFITS, median_ms: times[REFITS / 2] }
}

fn words(report: &Report) -> String {
    let mut words = String::new();
    if let Some(measured) = &report.synthetic_tuned_on {
        words += &format!("Synthetic people, the first half:\n\n{measured}\n");
    }
    if let Some(measured) = &report.synthetic_others {
        words += &format!("Synthetic people, the other half:\n\n{measured}\n");
    }
    if let Some(measured) = &report.real {
        words += &format!("Real people (MT-Bench human judgments):\n\n{measured}\n");
    }
    if let (Some(real), Some(made_up)) = (&report.real, &report.synthetic_tuned_on) {
        let table = effects_table(real, made_up);
        words += &format!("Each trait's left-out effect, thousandths of a nat a choice:\n\n{table}\n");
    }
    let sketched = [("Synthetic", &report.synthetic_sketches), ("Real", &report.real_sketches)];
    for (which, measured) in sketched.into_iter().filter_map(|(which, one)| Some((which, one.as_ref()?))) {
        words += &format!("{which} people, through sketches:\n\n{measured}\n");
    }
    if let Some(refit) = &report.refit {
        let Refit { pairs, times, median_ms } = refit;
        words += &format!("A refit at {pairs} pairs: {median_ms:.2} ms (median of {times}).\n");
    }
    words
}
