//! `likeness induce`: from a history to a likeness; with a model, as a job that can be stopped and resumed.

use std::path::{Path, PathBuf};

use clap::Args;
use likeness::persona::{Likeness, Source, Validation, from_traits};
use serde::Serialize;

use super::files::{HistoryFile, NewFile};
use super::{Failure, Output, files};

#[derive(Args)]
pub struct Induce {
    #[command(flatten)]
    history: HistoryFile,
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
        let likeness = from_traits(&history, self.seed, &decided);
        write(&self.output, &likeness)?;
        let mut words = likeness.portrait.text.clone();
        if let Some(earlier) = &earlier {
            words += &changes(&likeness, earlier);
        }
        self.show.show(&report(&likeness), &words)
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
