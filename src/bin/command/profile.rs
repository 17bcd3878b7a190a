//! `likeness profile`: the sealed file that a profile moves by, made and opened.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use likeness::preference::format::{Event, Options, likeness as own};
use likeness::profile::{ENTROPY_BYTES, Head, KeptPortrait, Key, Opener, ProfileError, Sealer, WORK_FACTOR};
use serde_json::json;

use super::files::{Problems, bytes, each_event, likeness, name, open, people};
use super::new_file::{NewFile, apart};
use super::{Failure, Output};

/// A passphrase longer than this is none.
const MOST_PASSPHRASE: u64 = 4096;

/// Bytes opened at a time.
const CHUNK: usize = 1 << 16;

#[derive(Args)]
pub struct Profile {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Seal a history, and a likeness made from it, as one profile.
    Seal(Seal),
    /// Open a profile into its history and its likeness.
    Open(Open),
}

impl Profile {
    pub fn run(self) -> Result<(), Failure> {
        match self.task {
            Task::Seal(task) => task.run(),
            Task::Open(task) => task.run(),
        }
    }
}

#[derive(Args)]
struct Seal {
    /// The person's preferences, in any format that `import` reads.
    #[arg(long, value_name = "FILE")]
    history: PathBuf,
    /// Whose choices to take, where the file holds those of several people.
    #[arg(long)]
    user: Option<String>,
    /// A likeness that `induce` made from them.
    #[arg(long, value_name = "FILE")]
    likeness: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseFile,
    /// The profile to write.
    #[arg(short, long, value_name = "OUT.age")]
    output: PathBuf,
    #[command(flatten)]
    show: Output,
}

#[derive(Args)]
struct Open {
    /// The profile.
    file: PathBuf,
    #[command(flatten)]
    passphrase: PassphraseFile,
    /// The history to write.
    #[arg(long, value_name = "OUT.jsonl")]
    history: PathBuf,
    /// The likeness to write, where the profile has one.
    #[arg(long, value_name = "OUT.json")]
    likeness: Option<PathBuf>,
    #[command(flatten)]
    show: Output,
}

/// Where the passphrase comes from: never the command line, which other users of the machine can read.
#[derive(Args)]
struct PassphraseFile {
    /// A file whose first line is the passphrase; - for standard input.
    #[arg(long, value_name = "FILE", default_value = "-")]
    passphrase_file: PathBuf,
}

impl PassphraseFile {
    fn read(&self) -> Result<String, Failure> {
        let mut text = String::new();
        let read = open(&self.passphrase_file)?.take(MOST_PASSPHRASE).read_to_string(&mut text);
        read.map_err(|error| Failure::Input(format!("{}: {error}", name(&self.passphrase_file))))?;
        Ok(text.lines().next().unwrap_or_default().to_owned())
    }
}

impl Seal {
    fn run(self) -> Result<(), Failure> {
        let (likeness, passphrase) = (self.likeness.as_deref(), &self.passphrase.passphrase_file);
        apart(
            &[("the profile", Some(&self.output))],
            &[
                ("--history", Some(&self.history)),
                ("--likeness", likeness),
                ("--passphrase-file", Some(passphrase)),
            ],
        )?;
        let portrait = self.likeness.as_deref().map(portrait).transpose()?;
        let refused = |error: ProfileError| Failure::Input(format!("{error}; {}", error.advice()));
        let mut chance = [0; ENTROPY_BYTES];
        getrandom::fill(&mut chance).map_err(|error| Failure::Input(format!("no chance: {error}")))?;
        let mut output = NewFile::at(&self.output)?;
        let (mut sealed, passphrase) = (Vec::new(), self.passphrase.read()?);
        let head = Head::new(Vec::new(), portrait);
        let sealer = Sealer::begin(&head, &passphrase, WORK_FACTOR, &chance, &mut sealed);
        let mut sealer = sealer.map_err(refused)?;
        sealer.push(&own::header(), &mut sealed);
        let (mut pairs, mut problems) = (0_u64, Problems::default());
        let options = Options { people: people(self.user), ..Options::default() };
        each_event(&self.history, options, |event| {
            match event {
                Event::Pair { pair, conversation, .. } => {
                    pairs += 1;
                    sealer.push(&own::pair_line(&pair, conversation.as_deref()), &mut sealed);
                }
                Event::Choice { choice, .. } => sealer.push(&own::choice_line(&choice), &mut sealed),
                Event::Skipped(problem) | Event::Doubted(problem) => problems.add(&problem),
            }
            output.write_bytes(&std::mem::take(&mut sealed))
        })?;
        sealer.finish(&mut sealed);
        output.write_bytes(&sealed)?;
        output.finish()?;
        problems.say(&name(&self.history));
        self.show.show(&json!({ "pairs": pairs }), &format!("{pairs} pairs sealed"))
    }
}

impl Open {
    fn run(self) -> Result<(), Failure> {
        let passphrase = &self.passphrase.passphrase_file;
        apart(
            &[("--history", Some(&self.history)), ("--likeness", self.likeness.as_deref())],
            &[("the profile", Some(&self.file)), ("--passphrase-file", Some(passphrase))],
        )?;
        let file = bytes(&self.file)?;
        let refused = |error: ProfileError| {
            Failure::Input(format!("{}: {error}; {}", name(&self.file), error.advice()))
        };
        let key = Key::find(&file, &self.passphrase.read()?).map_err(refused)?;
        let mut opener = Opener::new(&key);
        let mut output = NewFile::at(&self.history)?;
        for piece in file.chunks(CHUNK) {
            output.write_bytes(&opener.push(piece).map_err(refused)?)?;
        }
        let (head, rest) = opener.finish().map_err(refused)?;
        output.write_bytes(&rest)?;
        output.finish()?;
        let portrait = head.portrait.is_some();
        if let (Some(path), Some(portrait)) = (&self.likeness, &head.portrait) {
            let mut output = NewFile::at(path)?;
            let json = portrait.likeness.to_json().map_err(|error| Failure::file(path, error))?;
            output.write(&(json + "\n"))?;
            output.finish()?;
        }
        let words = if portrait {
            "history and likeness opened"
        } else {
            "history opened; there is no likeness in it"
        };
        self.show.show(&json!({ "likeness": portrait }), words)
    }
}

/// A likeness as a profile keeps it: it was made when its file was last written.
fn portrait(path: &Path) -> Result<KeptPortrait, Failure> {
    let likeness = likeness(path)?;
    let written = std::fs::metadata(path).and_then(|about| about.modified());
    let since = written.ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
    let made_ms = since.map_or(0.0, |since| since.as_millis() as f64);
    Ok(KeptPortrait { likeness, differences: Vec::new(), made_ms, lost: 0, follows: false })
}
