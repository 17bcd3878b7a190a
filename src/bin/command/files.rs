//! Files that are read: histories, pairs, likenesses. `-` is standard input.

use std::collections::HashSet;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use clap::Args;
use likeness::persona::Likeness;
use likeness::preference::format::{Event, Format, FormatError, Options, People, Problem, Reader};
use likeness::preference::{History, PairId, PreferencePair};
use likeness::reward::Prior;
use serde_json::Value;

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
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.history
    }

    /// Whether it comes from standard input.
    pub fn is_standard_input(&self) -> bool {
        self.history == Path::new("-")
    }

    /// The pairs of a conversation, where the file's records name theirs as `conversation_id`.
    pub fn conversation(&self, id: &str) -> Result<HashSet<PairId>, Failure> {
        let mut pairs = HashSet::new();
        let options = Options { people: people(self.user.clone()), ..Options::default() };
        each_event(&self.history, options, |event| {
            if let Event::Pair { pair, conversation: Some(of), .. } = event
                && of == id
            {
                pairs.insert(pair.id);
            }
            Ok(())
        })?;
        Ok(pairs)
    }

    /// Reads the history; what was skipped, or read with a doubt, is told on standard error.
    pub fn read(&self) -> Result<HistoryRead, Failure> {
        let (mut pairs, mut unpaired, mut unread) = (Vec::new(), Vec::new(), 0);
        let mut problems = Problems::default();
        let options = Options { people: people(self.user.clone()), ..Options::default() };
        each_event(&self.history, options, |event| {
            match event {
                Event::Pair { pair, .. } => pairs.push(pair),
                Event::Skipped(problem) => {
                    unread += 1;
                    problems.add(&problem);
                }
                Event::Doubted(problem) => problems.add(&problem),
                Event::Choice { choice, .. } => unpaired.extend(choice.unpaired()),
            }
            Ok(())
        })?;
        problems.say(&name(&self.history));
        Ok(HistoryRead { history: History::new(pairs), unpaired, unread })
    }
}

/// What a file holds of a person.
pub struct HistoryRead {
    pub history: History,
    /// The answers of choices without a winner.
    pub unpaired: Vec<PreferencePair>,
    /// Records that were skipped.
    pub unread: usize,
}

impl HistoryRead {
    /// All that must not leave.
    pub fn guarded(&self) -> impl Iterator<Item = &PreferencePair> {
        self.history.pairs().iter().chain(&self.unpaired)
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
///
/// A file with records of which none can be read is a failure: it is not what it was taken for.
pub fn each_event(
    path: &Path,
    options: Options,
    mut each: impl FnMut(Event) -> Result<(), Failure>,
) -> Result<Reader, Failure> {
    let mut source = open(path)?;
    let mut reader = Reader::new(options);
    let mut chunk = vec![0; CHUNK];
    let mut first = None;
    let mut hear = |event: Event| {
        if let (None, Event::Skipped(problem)) = (&first, &event) {
            first = Some(problem.clone());
        }
        each(event)
    };
    while !reader.is_stopped() {
        let read = match source.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(Failure::Input(format!("{}: {error}", name(path)))),
        };
        reader.push(&chunk[..read]).try_for_each(&mut hear)?;
    }
    let ended = reader.finish().map(|events| events.collect::<Vec<_>>());
    let wrong = |error: FormatError| {
        let advice = match error {
            FormatError::SeveralPeople { .. } => "choose one with --user",
            ref other => other.advice(),
        };
        Failure::Input(format!("{}: {error}; {advice}", name(path)))
    };
    ended.map_err(wrong)?.into_iter().try_for_each(hear)?;
    match nothing_read(&reader, first.as_ref()) {
        Some(why) => Err(Failure::Input(format!("{}: {why}", name(path)))),
        None => Ok(reader),
    }
}

/// Why a file gave nothing, where it has records.
fn nothing_read(reader: &Reader, first: Option<&Problem>) -> Option<String> {
    let told = reader.summary();
    if told.records == 0 || told.pairs + told.choices > 0 {
        return None;
    }
    let format = reader.format().map_or("", Format::name);
    let why = first.map_or_else(|| "no choice is in them".to_owned(), Problem::to_string);
    let other = reader.looks_like().filter(|likely| likely.name() != format);
    let advice =
        other.map_or_else(String::new, |likely| format!("; it looks like {likely}: leave --format out"));
    Some(format!("none of its records ({}) could be read as {format}: {why}{advice}", told.records))
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
    let renamed = renamed(&text);
    let wrong = |why: String| Failure::Input(format!("{}: {why}", name(path)));
    let refused = |problem: Problem| {
        // What was renamed stands on one line, and is told of by the names that it came with.
        let why = match (&renamed, problem.field.is_empty()) {
            (None, _) => problem.to_string(),
            (Some(_), true) => problem.why.to_string(),
            (Some(_), false) => format!("{}: {}", their_name(&problem.field), problem.why),
        };
        wrong(why)
    };
    let mut pairs = Vec::new();
    let mut problem = None;
    let mut reader = Reader::new(Options { people: People::Everyone, ..Options::default() });
    let mut take = |event| match event {
        Event::Pair { pair, .. } => pairs.push(pair),
        Event::Skipped(wrong) => problem = problem.take().or(Some(wrong)),
        Event::Choice { .. } | Event::Doubted(_) => {}
    };
    reader.push(renamed.as_ref().unwrap_or(&text).as_bytes()).for_each(&mut take);
    let ended = reader.finish().map(|events| events.for_each(&mut take));
    // What is wrong with a file as a whole says more than what is wrong with its first record.
    ended.map_err(|error| {
        let advice = match error {
            FormatError::Unrecognised { .. } => "a pair has context, first and second",
            ref other => other.advice(),
        };
        wrong(format!("{error}; {advice}"))
    })?;
    if let Some(problem) = problem {
        return Err(refused(problem));
    }
    match pairs.len() {
        1 => pairs.pop().ok_or_else(|| wrong("no pair".into())),
        0 => Err(wrong("there is no pair in it; it needs context, first and second".into())),
        n => Err(wrong(format!("there are {n} pairs in it; give a file with one"))),
    }
}

/// The names of a pair's answers in a file that doesn't say which was chosen, and those that the readers know.
const ANSWERS: [(&str, &str); 2] = [("first", "chosen"), ("second", "rejected")];

/// A pair's file, or a list of pairs, with `first` and `second` under the names that the readers know; nothing where
/// there is neither.
fn renamed(text: &str) -> Option<String> {
    let text = text.trim_start_matches('\u{feff}');
    let mut value = serde_json::from_str::<Value>(text).or_else(|_| listed(text)).ok()?;
    let records = match &mut value {
        Value::Array(list) => list.iter_mut().filter_map(Value::as_object_mut).collect(),
        Value::Object(record) => vec![record],
        _ => Vec::new(),
    };
    let mut any = false;
    for record in records {
        let has = |name: &str| record.contains_key(name);
        let both = ANSWERS.iter().all(|(theirs, _)| has(theirs));
        let either =
            ANSWERS.iter().any(|(theirs, _)| has(theirs)) && !ANSWERS.iter().any(|(_, ours)| has(ours));
        if both || either {
            for (theirs, ours) in ANSWERS {
                let answer = record.remove(theirs).unwrap_or(Value::Null);
                record.insert(ours.to_owned(), answer);
            }
            record.entry("context").or_insert_with(|| Value::Array(Vec::new()));
            any = true;
        }
    }
    any.then(|| value.to_string())
}

/// Records one after the other, as a list.
fn listed(text: &str) -> serde_json::Result<Value> {
    serde_json::Deserializer::from_str(text).into_iter::<Value>().collect()
}

/// A field's path under the name that it came with.
fn their_name(field: &str) -> String {
    let theirs =
        ANSWERS.iter().find_map(|(theirs, ours)| Some(format!("{theirs}{}", field.strip_prefix(ours)?)));
    theirs.unwrap_or_else(|| field.to_owned())
}

/// Reads a prior.
pub fn prior(path: &Path) -> Result<Prior, Failure> {
    Prior::from_json(&text(path)?).map_err(|error| Failure::Input(format!("{}: {error}", name(path))))
}

/// A likeness that `induce` wrote.
pub fn likeness(path: &Path) -> Result<Likeness, Failure> {
    Likeness::from_json(&text(path)?).map_err(|error| Failure::Input(format!("{}: {error}", name(path))))
}
