//! A job's answers beside its output, so that it goes on where it stopped.
//!
//! One answer a line, written as it comes. A line that a crash cut off is taken away when the file is read again.

use std::collections::HashMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use likeness::persona::{Answer, DriveError, Journal, QuestionId};
use serde::{Deserialize, Serialize};

use super::files::{private, with_suffix};
use super::model::failure;
use super::{Failure, say};

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

impl JobFile {
    /// The job file of an output: the output's name with `.job` behind it.
    pub fn beside(output: &Path) -> Result<Self, Failure> {
        JobFile::at(with_suffix(output, ".job"))
    }

    /// The job file of this name, with the answers that it holds already.
    pub fn at(path: PathBuf) -> Result<Self, Failure> {
        let kept = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(Failure::file(&path, error)),
        };
        let mut answers = HashMap::new();
        let mut good = 0;
        for line in kept.split_inclusive(|byte| *byte == b'\n') {
            match serde_json::from_slice::<Line<Answer>>(line) {
                Ok(row) if line.ends_with(b"\n") => answers.insert(row.id, row.answer),
                _ => break,
            };
            good += line.len() as u64;
        }
        let file = private().append(true).open(&path).map_err(|error| Failure::file(&path, error))?;
        file.set_len(good).map_err(|error| Failure::file(&path, error))?;
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
