//! `likeness induce`: from a history to a likeness; with a model, as a job that can be stopped and resumed.
//!
//! With a local and a remote model the local one reads the pairs, and the remote one sums up over sketches.

use std::path::{Path, PathBuf};

use clap::Args;
use likeness::model::{Capabilities, LanguageModel};
use likeness::persona::trace::Spared;
use likeness::persona::{
    Claim, Induction, LearnsFrom, Likeness, Settings, Source, Validation, divided_induction, divided_plan,
    drive, foresee, from_sketches, from_traits, induction, induction_of_sketches, unmeasured,
};
use likeness::preference::History;
use likeness::provider::{Divided, OnReleased, RemoteSettings};
use serde::Serialize;

use super::evidence::EvidenceFlag;
use super::files::{HistoryFile, HistoryRead};
use super::job::{JOB, JobFile};
use super::model::{Loaded, OptionalModelFile, Ticker};
use super::new_file::{NewFile, Part, apart, with_suffix};
use super::remote::RemoteFlags;
use super::{Failure, Output, files, say};

#[derive(Args)]
pub struct Induce {
    #[command(flatten)]
    history: HistoryFile,
    #[command(flatten)]
    model: OptionalModelFile,
    #[command(flatten)]
    evidence: EvidenceFlag,
    /// Sets of examples to race; the model's size decides otherwise.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=1000), allow_negative_numbers = true)]
    candidates: Option<u16>,
    /// The whole search, whatever the model's size.
    #[arg(long)]
    full: bool,
    /// Where every random draw starts from.
    #[arg(long, default_value_t = 0, allow_negative_numbers = true)]
    seed: u64,
    /// An earlier likeness of the person: what they decided about its claims holds, and the changes are told.
    #[arg(long, value_name = "OLD.json")]
    since: Option<PathBuf>,
    /// The likeness to write; it is private, as it holds examples from the history.
    #[arg(short, long, value_name = "L.json")]
    output: PathBuf,
    #[command(flatten)]
    show: Output,
    #[command(flatten)]
    remote: RemoteFlags,
}

#[derive(Serialize)]
struct Report<'a> {
    claims: Vec<ClaimLine<'a>>,
    portrait: &'a str,
    /// What can't be measured in the language of the choices; empty where all can.
    unmeasured: &'a str,
    /// What a chat model is told of the person.
    chat_prompt: &'a str,
    validation: &'a Validation,
    calls: usize,
    prompt_tokens: u64,
    cached_tokens: u64,
    spared_tokens: Spared,
}

#[derive(Serialize)]
struct ClaimLine<'a> {
    text: &'a str,
    from: Source,
    supports: usize,
    contradicts: usize,
    gain: f64,
    /// The chance that the direction is right, of a claim from traits.
    #[serde(skip_serializing_if = "Option::is_none")]
    certainty: Option<f64>,
    /// Whether it goes along with another claim so closely that the choices can't tell which of them matters.
    along: bool,
    /// Whether most people like it as well.
    shared: bool,
}

impl Induce {
    pub fn run(self) -> Result<(), Failure> {
        self.evidence.check(&self.remote)?;
        self.check_files()?;
        let remote = self.remote.settings()?;
        let earlier = self.since.as_deref().map(files::likeness).transpose()?;
        let read = self.history.read()?;
        let unmeasured = unmeasured(&read.history);
        let decided = earlier.as_ref().map(|earlier| earlier.claims.clone()).unwrap_or_default();
        let likeness = match (remote, self.model.load()?) {
            (Some(settings), Some(loaded)) => {
                self.evidence.check_divided()?;
                self.divided(&loaded, settings, read, decided)?
            }
            (Some(settings), None) => self.with_remote(settings, read, decided)?,
            (None, Some(loaded)) => self.with_local(&loaded, read.history, decided)?,
            (None, None) => {
                let likeness = match self.evidence.reward() {
                    LearnsFrom::Texts => from_traits(&read.history, self.seed, &decided),
                    LearnsFrom::Sketches => from_sketches(&read.history, self.seed, &decided),
                };
                write(&self.output, &likeness)?;
                likeness
            }
        };
        let mut words = likeness.portrait.text.clone();
        if !unmeasured.is_empty() {
            words += &format!("\n\n{unmeasured}");
        }
        if let Some(earlier) = &earlier {
            words += &changes(&likeness, earlier);
        }
        self.show.show(&report(&likeness, &unmeasured), &words)
    }

    /// An earlier likeness may be where the new one goes: it is read whole, and what was decided in it goes along.
    fn check_files(&self) -> Result<(), Failure> {
        let job = with_suffix(&self.output, JOB);
        let written = [
            ("the output", Some(&*self.output)),
            ("the answers beside the output", Some(&*job)),
            ("--ledger", self.remote.ledger()),
        ];
        let history: Part<'_> = ("--history", Some(self.history.path()));
        apart(&written, &[history, ("--model", self.model.path())])?;
        apart(&written[1..], &[history, ("--since", self.since.as_deref())])?;
        NewFile::could_be_at(&self.output)
    }

    fn with_local(
        &self,
        loaded: &Loaded,
        history: History,
        decided: Vec<Claim>,
    ) -> Result<Likeness, Failure> {
        let capabilities = loaded.model.capabilities().clone();
        let (settings, job) = self.prepare(&capabilities)?;
        let stopped = || loaded.stopped();
        if self.evidence.local_reads_sketches() {
            let learns_from = self.evidence.reward();
            let machine = induction_of_sketches(history, learns_from, settings, capabilities, decided);
            self.finish(&OnReleased(&loaded.model), machine, job, stopped)
        } else {
            self.finish(&loaded.model, induction(history, settings, capabilities, decided), job, stopped)
        }
    }

    fn with_remote(
        &self,
        remote: RemoteSettings,
        read: HistoryRead,
        decided: Vec<Claim>,
    ) -> Result<Likeness, Failure> {
        let remote = self.remote.open(remote, read.guarded())?;
        let capabilities = remote.model.capabilities().clone();
        let (settings, mut job) = self.prepare(&capabilities)?;
        let learns_from = self.evidence.reward();
        let mut machine = induction_of_sketches(read.history, learns_from, settings, capabilities, decided);
        let ahead = pollster::block_on(foresee(&remote.model, &mut machine, &mut job));
        let ahead = ahead.map_err(|error| job.failure(error))?;
        remote.foretell(ahead.left, ahead.sure());
        let done = self.finish(&remote.model, machine, job, || remote.stopped());
        remote.tell();
        done
    }

    fn divided(
        &self,
        loaded: &Loaded,
        remote: RemoteSettings,
        read: HistoryRead,
        decided: Vec<Claim>,
    ) -> Result<Likeness, Failure> {
        let remote = self.remote.open(remote, read.guarded())?;
        let model = Divided::new(&loaded.model, &remote.model);
        let capabilities = model.capabilities().clone();
        let (settings, job) = self.prepare(&capabilities)?;
        let plan = divided_plan(&settings);
        remote.foretell(plan, plan);
        let machine = divided_induction(read.history, settings, capabilities, decided);
        let done = self.finish(&model, machine, job, || remote.stopped() || loaded.stopped());
        remote.tell();
        done
    }

    /// How much is searched, and the answers that there are already.
    fn prepare(&self, capabilities: &Capabilities) -> Result<(Settings, JobFile), Failure> {
        let mut settings = Settings::for_model(capabilities, self.seed);
        if self.full {
            settings = Settings::full(self.seed);
        }
        if let Some(candidates) = self.candidates {
            settings = settings.with_candidates(candidates.into());
        }
        say(&format!("search {settings}"));
        let job = JobFile::at(&with_suffix(&self.output, JOB))?;
        job.greet();
        Ok((settings, job))
    }

    /// Runs the job; its answers lie beside the output until the output is there.
    fn finish<M>(
        &self,
        model: &M,
        mut machine: Induction<M::Input>,
        mut job: JobFile,
        stopped: impl Fn() -> bool,
    ) -> Result<Likeness, Failure>
    where
        M: LanguageModel,
        M::Input: Clone + 'static,
    {
        let mut ticker = Ticker::new();
        let driven = drive(model, &mut machine, &mut job, |left| ticker.hear(left), stopped);
        let likeness = pollster::block_on(driven).map_err(|error| job.failure(error))?;
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

fn report<'a>(likeness: &'a Likeness, unmeasured: &'a str) -> Report<'a> {
    let total = likeness.trace.total();
    Report {
        claims: likeness.claims_in_use().map(claim_line).collect(),
        portrait: &likeness.portrait.text,
        unmeasured,
        chat_prompt: &likeness.chat_prompt,
        validation: &likeness.validation,
        calls: likeness.trace.calls.len(),
        prompt_tokens: total.prompt_tokens,
        cached_tokens: total.cached_tokens,
        spared_tokens: likeness.trace.spared,
    }
}

fn claim_line(claim: &likeness::persona::Claim) -> ClaimLine<'_> {
    ClaimLine {
        text: claim.wording(),
        from: claim.from,
        supports: claim.supports.len(),
        contradicts: claim.contradicts.len(),
        gain: claim.gain,
        certainty: claim.certainty,
        along: claim.along,
        shared: claim.shared,
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
