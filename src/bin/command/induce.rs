//! `likeness induce`: from a history to a likeness; with a model, as a job that can be stopped and resumed.

use std::path::{Path, PathBuf};

use clap::Args;
use likeness::model::LanguageModel;
use likeness::persona::{
    Claim, DriveError, Likeness, Settings, Source, Validation, drive, from_traits, induction,
};
use likeness::preference::History;
use serde::Serialize;

use super::files::{HistoryFile, NewFile};
use super::job::JobFile;
use super::model::{Loaded, OptionalModelFile, Ticker, failure};
use super::{Failure, Output, files, say};

#[derive(Args)]
pub struct Induce {
    #[command(flatten)]
    history: HistoryFile,
    #[command(flatten)]
    model: OptionalModelFile,
    /// Sets of examples to race; the model's size decides otherwise.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=1000))]
    candidates: Option<u16>,
    /// The whole search, whatever the model's size.
    #[arg(long)]
    full: bool,
    /// Where every random draw starts from.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// An earlier likeness of the person: what they decided about its claims holds, and the changes are told.
    #[arg(long, value_name = "OLD.json")]
    since: Option<PathBuf>,
    /// The likeness to write; it is private, as it holds examples from the history.
    #[arg(short, long, value_name = "L.json")]
    output: PathBuf,
    #[command(flatten)]
    show: Output,
}

#[derive(Serialize)]
struct Report<'a> {
    claims: Vec<ClaimLine<'a>>,
    portrait: &'a str,
    validation: &'a Validation,
    calls: usize,
    prompt_tokens: u64,
    cached_tokens: u64,
}

#[derive(Serialize)]
struct ClaimLine<'a> {
    text: &'a str,
    from: Source,
    supports: usize,
    contradicts: usize,
    gain: f64,
}

impl Induce {
    pub fn run(self) -> Result<(), Failure> {
        let earlier = self.since.as_deref().map(files::likeness).transpose()?;
        let history = self.history.read()?;
        let decided = earlier.as_ref().map(|earlier| earlier.claims.clone()).unwrap_or_default();
        let likeness = match self.model.load()? {
            Some(loaded) => self.with_model(&loaded, history, decided)?,
            None => {
                let likeness = from_traits(&history, self.seed, &decided);
                write(&self.output, &likeness)?;
                likeness
            }
        };
        let mut words = likeness.portrait.text.clone();
        if let Some(earlier) = &earlier {
            words += &changes(&likeness, earlier);
        }
        self.show.show(&report(&likeness), &words)
    }

    /// Runs the job; its answers lie beside the output until the output is there.
    fn with_model(
        &self,
        loaded: &Loaded,
        history: History,
        decided: Vec<Claim>,
    ) -> Result<Likeness, Failure> {
        let capabilities = loaded.model.capabilities().clone();
        let mut settings = Settings::for_model(&capabilities, self.seed);
        if self.full {
            settings = Settings::full(self.seed);
        }
        if let Some(candidates) = self.candidates {
            settings = settings.with_candidates(candidates.into());
        }
        say(&format!("search {settings}"));
        let mut job = JobFile::beside(&self.output)?;
        if job.len() > 0 {
            say(&format!("going on from the {} answers in {}", job.len(), job.path().display()));
        }
        let mut machine = induction(history, settings, capabilities, decided);
        let mut ticker = Ticker::new();
        let driven =
            drive(&loaded.model, &mut machine, &mut job, |left| ticker.hear(left), || loaded.stopped());
        let likeness = pollster::block_on(driven).map_err(|error| match error {
            DriveError::Cancelled => {
                let kept = job.path().display();
                Failure::Stopped(format!(
                    "stopped; the answers so far are in {kept}, and the same command goes on from there"
                ))
            }
            other => failure(other),
        })?;
        write(&self.output, &likeness)?;
        job.remove()?;
        Ok(likeness)
    }
}

fn write(path: &Path, likeness: &Likeness) -> Result<(), Failure> {
    let mut file = NewFile::at(path)?;
    file.write(&likeness.to_json().map_err(|error| Failure::file(path, error))?)?;
    file.write("\n")?;
    file.finish()
}

fn report(likeness: &Likeness) -> Report<'_> {
    let total = likeness.trace.total();
    Report {
        claims: likeness.claims_in_use().map(claim_line).collect(),
        portrait: &likeness.portrait.text,
        validation: &likeness.validation,
        calls: likeness.trace.calls.len(),
        prompt_tokens: total.prompt_tokens,
        cached_tokens: total.cached_tokens,
    }
}

fn claim_line(claim: &likeness::persona::Claim) -> ClaimLine<'_> {
    ClaimLine {
        text: claim.wording(),
        from: claim.from,
        supports: claim.supports.len(),
        contradicts: claim.contradicts.len(),
        gain: claim.gain,
    }
}

/// What is new against an earlier likeness, in words.
fn changes(likeness: &Likeness, earlier: &Likeness) -> String {
    let changed = likeness.since(earlier);
    let mut words = String::new();
    changed.new.iter().for_each(|claim| words += &format!("\nnew: {claim}"));
    changed.gone.iter().for_each(|claim| words += &format!("\ngone: {claim}"));
    changed.turned.iter().for_each(|(before, now)| words += &format!("\nturned: {before} → {now}"));
    if words.is_empty() { String::new() } else { format!("\n\nSince the earlier likeness:{words}") }
}
