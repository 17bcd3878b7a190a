//! What the command takes and how it ends.

mod data;
mod evaluate;
mod evidence;
mod files;
mod fit_prior;
mod guard;
mod guard_rate;
mod import;
mod induce;
mod job;
mod judge;
mod judges;
mod ledger;
mod measure;
mod measure_judge;
mod model;
mod new_file;
mod profile;
mod remote;
mod score_bench;
mod sketch;
mod text;
mod traits;

use std::io::Write;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand};

/// Learns what a person likes from which answers they preferred.
#[derive(Parser)]
#[command(name = "likeness", version, about)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Read preferences in any known format and write them as one history.
    Import(import::Import),
    /// Tell the tokens of the text on standard input.
    Tokens(text::Tokens),
    /// Tell how the model foresees each token of the text on standard input.
    Logits(text::Logits),
    /// Let the model answer or continue a prompt.
    Generate(text::Generate),
    /// Time many judgements over one beginning beside one prefill of as many tokens.
    ScoreBench(score_bench::ScoreBench),
    /// Measure what the two answers of a pair are like.
    Traits(traits::Traits),
    /// Tell what a remote model may know of a pair.
    Sketch(sketch::MakeSketch),
    /// Seal what is known of a person for another place, or open what was.
    Profile(profile::Profile),
    /// Find out what the person of a history likes.
    Induce(induce::Induce),
    /// Tell which of two answers the person would prefer, how sure, and why.
    Judge(judge::Judge),
    /// Tell how well each system names what the person preferred.
    Evaluate(evaluate::Evaluate),
    /// Measure what the traits and the reward are worth, or a model as a judge, on the data sets of `BENCHMARKS.md`.
    Measure(measure::Measure),
    /// Fit what people in general prefer: the prior that ships.
    FitPrior(fit_prior::FitPrior),
    /// Tell whether a body on standard input shares text with a history: exit code 0 if it may leave, 3 if not.
    Guard(guard::Guard),
    /// Measure how often the guard of one person's history refuses texts of others.
    GuardRate(guard_rate::GuardRate),
}

/// How the result is shown.
#[derive(Args, Clone, Copy)]
struct Output {
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl Output {
    /// Prints the object, or the words for people; a reader that went away is no error.
    fn show(self, object: &impl serde::Serialize, words: &str) -> Result<(), Failure> {
        let text = if self.json {
            serde_json::to_string(object).map_err(|error| Failure::Input(error.to_string()))?
        } else {
            printable(words.trim_end())
        };
        match writeln!(std::io::stdout(), "{text}") {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(Failure::Input(format!("standard output: {error}")))
            }
            _ => Ok(()),
        }
    }
}

/// Why a task came to nothing.
#[derive(Debug)]
enum Failure {
    /// Something in the input: exit code 1.
    Input(String),
    /// Something in the arguments: exit code 2.
    Usage(String),
    /// Ctrl-C: exit code 130.
    Stopped(String),
}

impl Failure {
    /// A failure of a file, named.
    fn file(path: &std::path::Path, why: impl std::fmt::Display) -> Self {
        Failure::Input(format!("{}: {why}", path.display()))
    }
}

/// Runs the command of this process.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return misused(&error),
    };
    let done = match cli.task {
        Task::Import(task) => task.run(),
        Task::Tokens(task) => task.run(),
        Task::Logits(task) => task.run(),
        Task::ScoreBench(task) => task.run(),
        Task::Generate(task) => task.run(),
        Task::Traits(task) => task.run(),
        Task::Sketch(task) => task.run(),
        Task::Profile(task) => task.run(),
        Task::Induce(task) => task.run(),
        Task::Judge(task) => task.run(),
        Task::Evaluate(task) => task.run(),
        Task::Measure(task) => task.run(),
        Task::FitPrior(task) => task.run(),
        Task::GuardRate(task) => task.run(),
        Task::Guard(task) => match task.run() {
            Ok(guard::May::Leave) => Ok(()),
            Ok(guard::May::Stay) => return ExitCode::from(3),
            Err(failure) => Err(failure),
        },
    };
    let (why, code) = match done {
        Ok(()) => return ExitCode::SUCCESS,
        Err(Failure::Input(why)) => (why, 1),
        Err(Failure::Usage(why)) => (why, 2),
        Err(Failure::Stopped(why)) => (why, 130),
    };
    say(&format!("likeness: {}", one_line(&why)));
    ExitCode::from(code)
}

/// Help and version are printed as they are; a misuse is one line.
fn misused(error: &clap::Error) -> ExitCode {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let text = error.render().to_string();
    // The paragraphs behind the first are usage and hints.
    let first = text.split("\n\n").next().unwrap_or_default();
    let first = first.trim_start_matches("error: ");
    let why = match error.kind() {
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => "which task? see likeness --help".to_owned(),
        _ => one_line(first),
    };
    say(&format!("likeness: {why}"));
    ExitCode::from(2)
}

/// A line on standard error; if that is gone, nobody is there to tell.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{}", printable(line));
}

/// A text without the control characters that a terminal would act on: much of what is told comes out of files.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}

/// The same on one line, whatever is in it.
fn one_line(text: &str) -> String {
    printable(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}
