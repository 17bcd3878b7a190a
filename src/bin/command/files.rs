//! Files in and out: histories, pairs, likenesses. `-` is standard input.
//!
//! What is written holds a person's conversations, so it is readable by its owner only, and it takes the place of an
//! older file in one step.

use std::collections::HashSet;
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use likeness::persona::Likeness;
use likeness::preference::format::{Event, FormatError, Options, People, Problem, Reader};
use likeness::preference::{History, PairId, PreferencePair};
use likeness::reward::Prior;

use super::Failure;

/// Bytes read at a time.
const CHUNK: usize = 1 << 16;

/// A file larger than this is no pair and no likeness.
const MOST_BYTES: u64 = 256 << 20;

/// Whose history is meant.
#[derive(Args, Clone)]
pub struct HistoryFile {
    /// The person's preferences, in any format that `import` reads; - for standard input.
    #[arg(long, value_name = "FILE")]
    history: PathBuf,
    /// Whose choices to take, where the file holds those of several people.
    #[arg(long)]
    user: Option<String>,
}

impl HistoryFile {
    /// Whether it comes from standard input.
    pub fn is_standard_input(&self) -> bool {
        self.history == Path::new("-")
    }

    /// The pairs of a conversation, where the file's lines name theirs as `conversation_id`.
    pub fn conversation(&self, id: &str) -> Result<HashSet<PairId>, Failure> {
        let mut pairs = HashSet::new();
        for line in text(&self.history)?.lines() {
            let Ok(record) = serde_json::from_str::<serde_json::Value>(line) else { continue };
            let named = [&record, &record["pair"], &record["choice"]];
            if named.iter().any(|record| record["conversation_id"].as_str() == Some(id)) {
                let mut reader = Reader::new(Options { people: People::Everyone, ..Options::default() });
                let mut take = |event| {
                    if let Event::Pair { pair, .. } = event {
                        pairs.insert(pair.id);
                    }
                };
                reader.push(line.as_bytes()).for_each(&mut take);
                if let Ok(events) = reader.finish() {
                    events.for_each(take);
                }
            }
        }
        Ok(pairs)
    }

    /// Reads the history; what was skipped is told on standard error.
    pub fn read(&self) -> Result<History, Failure> {
        let mut pairs = Vec::new();
        let mut problems = Problems::default();
        let options = Options { people: people(self.user.clone()), ..Options::default() };
        each_event(&self.history, options, |event| {
            match event {
                Event::Pair { pair, .. } => pairs.push(pair),
                Event::Skipped(problem) => problems.add(&problem),
                Event::Choice { .. } | Event::Doubted(_) => {}
            }
            Ok(())
        })?;
        problems.say(&name(&self.history));
        Ok(History::new(pairs))
    }
}

/// What is wrong with a file that can be read all the same: the first few are told, the others counted.
#[derive(Default)]
pub struct Problems {
    first: Vec<String>,
    others: usize,
}

impl Problems {
    pub fn add(&mut self, problem: &Problem) {
        if self.first.len() < 5 {
            self.first.push(problem.to_string());
        } else {
            self.others += 1;
        }
    }

    /// Tells them on standard error; only once the file is read, since a file that can't be is one line.
    pub fn say(&self, file: &str) {
        self.first.iter().for_each(|problem| super::say(&super::one_line(&format!("{file}: {problem}"))));
        if self.others > 0 {
            super::say(&format!("{file}: {} more like these", self.others));
        }
    }
}

/// Whose records to take.
pub fn people(user: Option<String>) -> People {
    user.map_or(People::One, People::Only)
}

/// A path as people call it.
pub fn name(path: &Path) -> String {
    if path == Path::new("-") { "standard input".into() } else { path.display().to_string() }
}

/// Reads preferences as they come, a chunk at a time; gives what the reader counted.
pub fn each_event(
    path: &Path,
    options: Options,
    mut each: impl FnMut(Event) -> Result<(), Failure>,
) -> Result<Reader, Failure> {
    let mut source = open(path)?;
    let mut reader = Reader::new(options);
    let mut chunk = vec![0; CHUNK];
    while !reader.is_stopped() {
        let read = match source.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(Failure::Input(format!("{}: {error}", name(path)))),
        };
        reader.push(&chunk[..read]).try_for_each(&mut each)?;
    }
    let ended = reader.finish().map(|events| events.collect::<Vec<_>>());
    let wrong = |error: FormatError| {
        let hint =
            if matches!(error, FormatError::SeveralPeople { .. }) { "; choose one with --user" } else { "" };
        Failure::Input(format!("{}: {error}{hint}", name(path)))
    };
    ended.map_err(wrong)?.into_iter().try_for_each(each)?;
    Ok(reader)
}

/// A file or standard input, from its start.
pub fn open(path: &Path) -> Result<Box<dyn Read>, Failure> {
    if path == Path::new("-") {
        return Ok(Box::new(std::io::stdin().lock()));
    }
    let file = File::open(path).map_err(|error| Failure::file(path, error))?;
    if file.metadata().is_ok_and(|about| about.is_dir()) {
        return Err(Failure::file(path, "this is a folder, not a file"));
    }
    Ok(Box::new(file))
}

/// A whole file.
pub fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = open(path)?.take(MOST_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| Failure::Input(format!("{}: {error}", name(path))))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(Failure::Input(format!("{}: larger than {MOST_BYTES} bytes", name(path))));
    }
    Ok(bytes)
}

/// A whole file as text.
pub fn text(path: &Path) -> Result<String, Failure> {
    String::from_utf8(bytes(path)?).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Failure::Input(format!("{}: not UTF-8 at byte {at}: save the file as UTF-8", name(path)))
    })
}

/// One pair: an object with `context`, `first` and `second`, or any format that `import` reads with one pair in it.
///
/// `first` takes the place of `chosen` in what comes back.
pub fn pair(path: &Path) -> Result<PreferencePair, Failure> {
    let text = text(path)?;
    let record = match serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&text) {
        Ok(mut record) if record.contains_key("first") && record.contains_key("second") => {
            for (ours, theirs) in [("first", "chosen"), ("second", "rejected")] {
                if let Some(answer) = record.remove(ours) {
                    record.insert(theirs.to_owned(), answer);
                }
            }
            record.entry("context").or_insert_with(|| serde_json::Value::Array(Vec::new()));
            serde_json::Value::Object(record).to_string()
        }
        _ => text,
    };
    let mut pairs = Vec::new();
    let mut problem = None;
    let mut reader = Reader::new(Options { people: People::Everyone, ..Options::default() });
    let mut take = |event| match event {
        Event::Pair { pair, .. } => pairs.push(pair),
        Event::Skipped(wrong) => problem = problem.take().or(Some(wrong)),
        Event::Choice { .. } | Event::Doubted(_) => {}
    };
    reader.push(record.as_bytes()).for_each(&mut take);
    let ended = reader.finish().map(|events| events.for_each(&mut take));
    let wrong = |why: String| Failure::Input(format!("{}: {why}", name(path)));
    if let Some(problem) = problem {
        return Err(wrong(problem.to_string()));
    }
    ended.map_err(|error| wrong(error.to_string()))?;
    match pairs.len() {
        1 => pairs.pop().ok_or_else(|| wrong("no pair".into())),
        0 => Err(wrong("there is no pair in it; it needs context, first and second".into())),
        n => Err(wrong(format!("there are {n} pairs in it; give a file with one"))),
    }
}

/// Reads a prior.
pub fn prior(path: &Path) -> Result<Prior, Failure> {
    Prior::from_json(&text(path)?).map_err(|error| Failure::Input(format!("{}: {error}", name(path))))
}

/// A likeness that `induce` wrote.
pub fn likeness(path: &Path) -> Result<Likeness, Failure> {
    Likeness::from_json(&text(path)?).map_err(|error| Failure::Input(format!("{}: {error}", name(path))))
}

/// A file that is written beside its place and put there when it is whole.
pub struct NewFile {
    place: PathBuf,
    beside: PathBuf,
    file: std::io::BufWriter<File>,
}

impl NewFile {
    /// Opens a new file for `place`.
    pub fn at(place: &Path) -> Result<Self, Failure> {
        if place == Path::new("-") || place.file_name().is_none() {
            return Err(Failure::Usage("-o needs the name of a file".into()));
        }
        let beside = with_suffix(place, &format!(".{}.new", std::process::id()));
        let file = private().truncate(true).open(&beside).map_err(|error| Failure::file(place, error))?;
        Ok(NewFile { place: place.to_owned(), beside, file: std::io::BufWriter::new(file) })
    }

    /// Writes more of it.
    pub fn write(&mut self, text: &str) -> Result<(), Failure> {
        self.write_bytes(text.as_bytes())
    }

    /// Writes more of one that is no text.
    pub fn write_bytes(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.file.write_all(bytes).map_err(|error| Failure::file(&self.place, error))
    }

    /// Puts it in its place.
    pub fn finish(mut self) -> Result<(), Failure> {
        let written = self.file.flush().and_then(|()| self.file.get_ref().sync_all());
        let put = written.and_then(|()| std::fs::rename(&self.beside, &self.place));
        put.map_err(|error| Failure::file(&self.place, error))
    }
}

impl Drop for NewFile {
    /// Takes away what was not finished; after a finish there is nothing of that name.
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.beside);
    }
}

/// How a file that only its owner may read is made.
pub fn private() -> std::fs::OpenOptions {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// A path with something behind its name.
pub fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
