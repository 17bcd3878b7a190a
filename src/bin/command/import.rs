//! `likeness import`: any known format in, our own out, in one pass however large the file.

use std::collections::HashSet;
use std::path::PathBuf;

use clap::Args;
use likeness::preference::Outcome;
use likeness::preference::format::{Event, Format, Options, Problem, likeness as own};
use serde::Serialize;

use super::files::{Problems, each_event, name, people};
use super::new_file::{NewFile, apart};
use super::{Failure, Output, one_line};

/// Problems that a report lists; the rest is counted.
const MOST_LISTED: usize = 1000;

#[derive(Args)]
pub struct Import {
    /// The file to read; - for standard input.
    file: PathBuf,
    /// What it is; found out from its first record otherwise.
    #[arg(long, default_value = "auto", value_parser = ["auto", "synthesizeme", "trl", "arena", "prism", "open-webui", "likeness"])]
    format: String,
    /// Whose choices to take, where the file holds those of several people.
    #[arg(long)]
    user: Option<String>,
    /// The history to write.
    #[arg(short, long, value_name = "OUT.jsonl")]
    output: PathBuf,
    #[command(flatten)]
    show: Output,
}

#[derive(Serialize, Default)]
struct Report {
    read: u64,
    imported: u64,
    /// Pairs that stood in the file before; left out where there are none.
    #[serde(skip_serializing_if = "none")]
    known: u64,
    /// Choices without a winner, which are kept and of which nothing is learnt; left out where there are none.
    #[serde(skip_serializing_if = "none")]
    ties: u64,
    skipped: Vec<Skipped>,
}

#[derive(Serialize)]
struct Skipped {
    line: u64,
    /// Of a file that is one list, which of its records, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<u64>,
    field: String,
    why: String,
    /// All of that in a line.
    #[serde(skip)]
    told: String,
}

fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn none(count: &u64) -> bool {
    *count == 0
}

impl Import {
    pub fn run(self) -> Result<(), Failure> {
        apart(&[("the output", Some(&self.output))], &[("the file to read", Some(&self.file))])?;
        let origin =
            self.file.file_name().map(|name| name.to_string_lossy().into_owned()).filter(|name| name != "-");
        let format: Option<Format> = self.format.parse().ok();
        let options = Options { format, people: people(self.user), origin, ..Options::default() };
        let mut output = NewFile::at(&self.output)?;
        output.write(&own::header())?;
        let (mut seen, mut seen_choices) = (HashSet::new(), HashSet::new());
        let mut report = Report::default();
        let mut unlisted = 0;
        let mut doubts = Problems::default();
        let reader = each_event(&self.file, options, |event| match event {
            Event::Pair { pair, conversation, .. } => {
                if seen.insert(pair.id) {
                    report.imported += 1;
                    output.write(&own::pair_line(&pair, conversation.as_deref()))?;
                } else {
                    report.known += 1;
                }
                Ok(())
            }
            Event::Choice { choice, .. } => {
                if seen_choices.insert(choice.id()) {
                    report.ties += u64::from(!matches!(choice.outcome, Outcome::Preferred(_)));
                    output.write(&own::choice_line(&choice))?;
                }
                Ok(())
            }
            Event::Skipped(problem) if report.skipped.len() < MOST_LISTED => {
                let told = problem.to_string();
                let Problem { line, record, field, why } = problem;
                report.skipped.push(Skipped { line, record, field, why: why.to_string(), told });
                Ok(())
            }
            Event::Skipped(_) => {
                unlisted += 1;
                Ok(())
            }
            Event::Doubted(problem) => {
                doubts.add(&problem);
                Ok(())
            }
        })?;
        report.read = reader.summary().records;
        output.finish()?;
        doubts.say(&name(&self.file));
        if unlisted > 0 {
            super::say(&format!("{unlisted} more skipped than are listed"));
        }
        let mut words =
            format!("{} read, {} imported", counted(report.read, "record"), counted(report.imported, "pair"));
        if report.known > 0 {
            words += &format!(", {} more stood in the file already", report.known);
        }
        if report.ties > 0 {
            words += &format!(", {} without a winner kept", counted(report.ties, "choice"));
        }
        for skipped in &report.skipped {
            words += &format!("\n{}", one_line(&skipped.told));
        }
        self.show.show(&report, &words)
    }
}
