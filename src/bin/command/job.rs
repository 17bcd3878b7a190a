//! A job's answers beside its output, so that it goes on where it stopped.
//!
//! A header, then one answer a line, written as it comes. A last line that a crash cut off is taken away when the file is
//! read again; a file that is not a job's is left as it is.

use std::collections::HashMap;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use likeness::persona::{Answer, DriveError, Journal, QuestionId};
use serde::{Deserialize, Serialize};

use super::model::failure;
use super::new_file::{private, resolved};
use super::{Failure, say};

/// What stands behind the name of an output in that of its job file.
pub const JOB: &str = ".job";

/// The answers of a job, in memory and in a file.
pub struct JobFile {
    path: PathBuf,
    file: File,
    answers: HashMap<String, Answer>,
}

#[derive(Serialize, Deserialize)]
struct Line<A> {
    id: String,
    answer: A,
}

/// The first line: by it a job file is told from any other, which must not be written over.
#[derive(Serialize, Deserialize)]
struct Header {
    likeness: String,
    version: u64,
    about: String,
}

/// The newest version of job files that this code reads, and the one that it writes.
const VERSION: u64 = 1;

impl JobFile {
    /// The job file of this name, with the answers that it holds already.
    pub fn at(path: &Path) -> Result<Self, Failure> {
        let wrong = |error: std::io::Error| Failure::file(path, error);
        let path = resolved(path);
        let kept = match std::fs::metadata(&path) {
            Ok(about) if !about.is_file() => {
                return Err(Failure::file(&path, "a job's answers need a plain file"));
            }
            Ok(_) => std::fs::read(&path).map_err(wrong)?,
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(wrong(error)),
        };
        let header = header()?;
        let (answers, good) = read(&kept, &header).map_err(|why| Failure::file(&path, why))?;
        let mut file = private().append(true).open(&path).map_err(wrong)?;
        // What a crash cut off, and nothing else.
        file.set_len(good).map_err(wrong)?;
        if good == 0 {
            file.write_all(&header).map_err(wrong)?;
        }
        Ok(JobFile { path, file, answers })
    }

    /// Says on standard error what it holds already, if anything.
    pub fn greet(&self) {
        let answers = self.answers.len();
        if answers > 0 {
            say(&format!("going on from the {answers} answers in {}", self.path.display()));
        }
    }

    /// What a job's failure is to the command, with what is kept of it.
    pub fn failure(&self, error: DriveError) -> Failure {
        let kept = format!(
            "the answers so far are in {}, and the same command goes on from there",
            self.path.display()
        );
        match error {
            DriveError::Cancelled => Failure::Stopped(format!("stopped; {kept}")),
            DriveError::Model(_) if !self.answers.is_empty() => Failure::Input(format!("{error}; {kept}")),
            other => failure(other),
        }
    }

    /// Takes the file away: the job is done.
    pub fn remove(self) -> Result<(), Failure> {
        std::fs::remove_file(&self.path).map_err(|error| Failure::file(&self.path, error))
    }
}

impl Journal for JobFile {
    type Error = std::io::Error;

    async fn get(&mut self, id: &QuestionId) -> Result<Option<Answer>, Self::Error> {
        Ok(self.answers.get(&id.to_string()).cloned())
    }

    async fn put(&mut self, id: &QuestionId, answer: &Answer) -> Result<(), Self::Error> {
        let mut line = serde_json::to_vec(&Line { id: id.to_string(), answer })?;
        line.push(b'\n');
        self.file.write_all(&line)?;
        self.answers.insert(id.to_string(), answer.clone());
        Ok(())
    }
}

fn header() -> Result<Vec<u8>, Failure> {
    let header = Header {
        likeness: "job".into(),
        version: VERSION,
        about: "Private: a model's answers, kept by Likeness until their job is done.".into(),
    };
    let mut line = serde_json::to_vec(&header).map_err(|error| Failure::Input(error.to_string()))?;
    line.push(b'\n');
    Ok(line)
}

/// The answers of a job file, and how many of its bytes are whole lines.
///
/// # Errors
/// When it is none, in words. Files of the first version had no header, and are known by their rows.
fn read(kept: &[u8], header: &[u8]) -> Result<(HashMap<String, Answer>, u64), String> {
    let whole = kept.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    if whole == 0 && header.starts_with(kept) {
        return Ok((HashMap::new(), 0));
    }
    let mut answers = HashMap::new();
    for (at, line) in kept[..whole].split_inclusive(|byte| *byte == b'\n').enumerate() {
        if let Ok(row) = serde_json::from_slice::<Line<Answer>>(line) {
            answers.insert(row.id, row.answer);
            continue;
        }
        match serde_json::from_slice::<Header>(line) {
            Ok(header) if at == 0 && header.likeness == "job" && header.version <= VERSION => {}
            Ok(header) if at == 0 && header.likeness == "job" => {
                return Err(format!("a later version of Likeness kept these answers: {NAME_ANOTHER}"));
            }
            _ if at == 0 => return Err(format!("this holds no answers of a job: {NAME_ANOTHER}")),
            _ => return Err(format!("line {} is no answer of a job: {NAME_ANOTHER}", at + 1)),
        }
    }
    match whole {
        0 => Err(format!("this holds no answers of a job: {NAME_ANOTHER}")),
        _ => Ok((answers, whole as u64)),
    }
}

/// What can be done about a file that is not a job's.
const NAME_ANOTHER: &str = "name another file, or take this one away first";

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: &str = "{\"id\":\"a\",\"answer\":{\"count\":3}}\n";

    #[track_caller]
    fn check(kept: &str, expected: Result<(usize, usize), &str>) {
        let header = header().expect("a header is JSON");
        match (read(kept.as_bytes(), &header), expected) {
            (Ok((answers, good)), Ok(expected)) => {
                assert_eq!((answers.len(), good as usize), expected, "{kept}");
            }
            (Err(why), Err(expected)) => assert!(why.contains(expected), "{kept}: {why}"),
            (told, _) => panic!("{kept}: {told:?}"),
        }
    }

    #[test]
    fn only_a_broken_last_line_is_cut_off() {
        let header = String::from_utf8(header().expect("a header is JSON")).expect("JSON is UTF-8");
        check("", Ok((0, 0)));
        check(&header[..20], Ok((0, 0)));
        check(&header, Ok((0, header.len())));
        check(&format!("{header}{ROW}{}", &ROW[..20]), Ok((1, header.len() + ROW.len())));
        // As the version before wrote it.
        check(&format!("{ROW}{}", &ROW[..20]), Ok((1, ROW.len())));
        check("my diary", Err("no answers of a job"));
        check("my diary\n", Err("no answers of a job"));
        check(&format!("{header}my diary\n{ROW}"), Err("line 2 is no answer"));
        check(&header.replace(":1,", ":2,"), Err("a later version"));
    }
}
