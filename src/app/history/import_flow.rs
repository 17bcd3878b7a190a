//! Importing files one after the other: what is being read, whose lines to take, which passphrase a sealed one has, what
//! came of each.
//!
//! The flow holds no file and no worker: a source is whatever the caller reads from (`F`), so every path
//! through it, cancel and several people among them, is walked in a plain test.

use std::collections::VecDeque;

use crate::service::{ImportReport, Passphrase, ServiceError};

/// The formats that can be chosen: the name on the wire, and what a person calls it.
pub const FORMATS: [(&str, &str); 7] = [
    ("auto", "Find out from the file"),
    ("synthesizeme", "SynthesizeMe / PersonalRewardBench"),
    ("trl", "TRL preference data set"),
    ("arena", "Chatbot Arena conversations"),
    ("prism", "PRISM conversations"),
    ("open-webui", "Open WebUI feedback"),
    ("likeness", "Likeness export"),
];

/// A file that waits or is read.
#[derive(Clone, Debug, PartialEq)]
pub struct Job<F> {
    /// What to read from.
    pub source: F,
    /// The file's name.
    pub name: String,
    /// The format's name on the wire.
    pub format: String,
    /// Whose lines to take.
    pub user: Option<String>,
    /// What opens it, for a sealed profile.
    pub passphrase: Option<Passphrase>,
    /// Whose history it joins; none where there is but one person.
    pub person: Option<String>,
}

/// Where the flow stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Step<F> {
    /// Nothing to do.
    Idle,
    /// A file is read.
    Reading {
        /// Which.
        job: Job<F>,
        /// Bytes read.
        bytes: u64,
        /// Bytes in all.
        of: u64,
        /// Pairs kept so far.
        imported: u32,
    },
    /// A file holds several people's choices; the person says whose to take.
    Choosing {
        /// Which file.
        job: Job<F>,
        /// Whose lines it holds.
        users: Vec<String>,
    },
    /// A file is sealed; the person gives its passphrase.
    Sealed {
        /// Which file.
        job: Job<F>,
        /// Whether one was tried that does not fit.
        wrong: bool,
    },
}

/// What came of one file.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The file's name.
    pub name: String,
    /// Whose history it joined; none where there is but one person.
    pub person: Option<String>,
    /// Pairs that went in, also where the reading came to no good end.
    pub imported: u32,
    /// What was read, or why not.
    pub result: Result<ImportReport, ServiceError>,
}

/// The whole of an import.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportFlow<F> {
    waiting: VecDeque<Job<F>>,
    step: Step<F>,
    outcomes: Vec<Outcome>,
}

impl<F> Default for ImportFlow<F> {
    fn default() -> Self {
        ImportFlow { waiting: VecDeque::new(), step: Step::Idle, outcomes: Vec::new() }
    }
}

impl<F: Clone> ImportFlow<F> {
    /// Where it stands.
    pub fn step(&self) -> &Step<F> {
        &self.step
    }

    /// What came of the files so far, in their order.
    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// How many files wait behind the one that is read.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Puts a file at the end of the line.
    pub fn add(&mut self, source: F, name: impl Into<String>, format: impl Into<String>) {
        self.waiting.push_back(Job {
            source,
            name: name.into(),
            format: format.into(),
            user: None,
            passphrase: None,
            person: None,
        });
    }

    /// Takes the next file, if nothing is under way; the caller reads it.
    pub fn start_next(&mut self) -> Option<Job<F>> {
        if self.step_is_busy() {
            return None;
        }
        let job = self.waiting.pop_front()?;
        self.read(job.clone());
        Some(job)
    }

    /// Tells whose history the file that is read joins.
    pub fn goes_to(&mut self, whose: Option<String>) {
        if let Step::Reading { job, .. } = &mut self.step {
            job.person = whose;
        }
    }

    /// Tells how far the reading is.
    pub fn progress(&mut self, read: u64, total: u64, kept: u32) {
        if let Step::Reading { bytes, of, imported, .. } = &mut self.step {
            // Messages may overtake each other when a tab sleeps; a bar that runs back only frightens.
            (*bytes, *of, *imported) = (read.max(*bytes), total, kept.max(*imported));
        }
    }

    /// Tells what came of the reading.
    pub fn finished(&mut self, result: Result<ImportReport, ServiceError>) {
        let step = std::mem::replace(&mut self.step, Step::Idle);
        let Step::Reading { job, imported, .. } = step else { return };
        match result {
            Err(ServiceError::SeveralPeople { users }) if !users.is_empty() => {
                self.step = Step::Choosing { job, users };
            }
            Err(ServiceError::Sealed) => self.step = Step::Sealed { job, wrong: false },
            Err(ServiceError::WrongPassphrase) => self.step = Step::Sealed { job, wrong: true },
            result => {
                let Job { name, person, .. } = job;
                self.outcomes.push(Outcome { name, person, imported, result });
            }
        }
    }

    /// Takes one person's lines; the caller reads the file again.
    pub fn choose(&mut self, user: impl Into<String>) -> Option<Job<F>> {
        let Step::Choosing { job, .. } = std::mem::replace(&mut self.step, Step::Idle) else { return None };
        let job = Job { user: Some(user.into()), ..job };
        self.read(job.clone());
        Some(job)
    }

    /// Tries a passphrase; the caller reads the file again.
    pub fn unseal(&mut self, passphrase: Passphrase) -> Option<Job<F>> {
        let Step::Sealed { job, .. } = std::mem::replace(&mut self.step, Step::Idle) else { return None };
        let job = Job { passphrase: Some(passphrase), ..job };
        self.read(job.clone());
        Some(job)
    }

    /// Leaves the file with several people, or the sealed one, alone.
    pub fn skip(&mut self) {
        let step = std::mem::replace(&mut self.step, Step::Idle);
        if let Step::Choosing { job, .. } | Step::Sealed { job, .. } = step {
            let result = Err(ServiceError::Cancelled);
            self.outcomes.push(Outcome { name: job.name, person: job.person, imported: 0, result });
        }
    }

    /// Drops the files that wait; the one that is read must be stopped by its own request.
    pub fn drop_waiting(&mut self) {
        self.waiting.clear();
    }

    /// Puts the reports away.
    pub fn clear_outcomes(&mut self) {
        self.outcomes.clear();
    }

    /// The part that is read, 0 to 1; none while the size is unknown.
    pub fn fraction(&self) -> Option<f64> {
        match &self.step {
            Step::Reading { bytes, of, .. } if *of > 0 => Some((*bytes as f64 / *of as f64).min(1.0)),
            _ => None,
        }
    }

    fn step_is_busy(&self) -> bool {
        !matches!(self.step, Step::Idle)
    }

    fn read(&mut self, job: Job<F>) {
        self.step = Step::Reading { job, bytes: 0, of: 0, imported: 0 };
    }
}

/// The users whose name holds the words typed, at most so many: a file may have thousands.
pub fn matching<'a>(users: &'a [String], typed: &str, limit: usize) -> Vec<&'a str> {
    let typed = typed.trim().to_lowercase();
    let fits = |user: &&String| typed.is_empty() || user.to_lowercase().contains(&typed);
    users.iter().filter(fits).take(limit).map(String::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(imported: u32) -> ImportReport {
        ImportReport { imported, ..ImportReport::default() }
    }

    #[test]
    fn files_are_read_one_after_the_other() {
        let mut flow = ImportFlow::default();
        flow.add(1, "a.jsonl", "auto");
        flow.add(2, "b.jsonl", "trl");
        assert_eq!(flow.start_next().map(|j| j.source), Some(1));
        assert_eq!(flow.start_next(), None);
        flow.finished(Ok(report(3)));
        assert_eq!(flow.start_next().map(|j| (j.source, j.format)), Some((2, "trl".into())));
        flow.finished(Err(ServiceError::QuotaFull));
        assert_eq!(flow.start_next(), None);
        let names: Vec<_> = flow.outcomes().iter().map(|o| (o.name.as_str(), o.result.is_ok())).collect();
        assert_eq!(names, [("a.jsonl", true), ("b.jsonl", false)]);
    }

    #[test]
    fn a_file_of_several_people_waits_for_a_choice() {
        let mut flow = ImportFlow::default();
        flow.add((), "all.jsonl", "auto");
        flow.start_next();
        flow.finished(Err(ServiceError::SeveralPeople { users: vec!["ann".into(), "bo".into()] }));
        assert!(matches!(flow.step(), Step::Choosing { users, .. } if users.len() == 2));
        flow.add((), "next.jsonl", "auto");
        assert_eq!(flow.start_next(), None);
        assert_eq!(flow.choose("bo").and_then(|j| j.user).as_deref(), Some("bo"));
        flow.finished(Ok(report(1)));
        assert_eq!(flow.outcomes().len(), 1);
        assert!(flow.start_next().is_some());
    }

    #[test]
    fn leaving_several_people_alone_is_told_as_stopped() {
        let mut flow = ImportFlow::default();
        flow.add((), "all.jsonl", "auto");
        flow.start_next();
        flow.finished(Err(ServiceError::SeveralPeople { users: vec!["ann".into()] }));
        flow.skip();
        assert_eq!(flow.outcomes()[0].result, Err(ServiceError::Cancelled));
        assert_eq!(flow.choose("ann"), None);
    }

    #[test]
    fn a_sealed_file_waits_for_its_passphrase() {
        let mut flow = ImportFlow::default();
        flow.add((), "me.age", "auto");
        flow.start_next();
        flow.finished(Err(ServiceError::Sealed));
        assert!(matches!(flow.step(), Step::Sealed { wrong: false, .. }));
        let job = flow.unseal(Passphrase::new("open barley")).unwrap();
        assert_eq!(job.passphrase, Some(Passphrase::new("open barley")));
        flow.finished(Err(ServiceError::WrongPassphrase));
        assert!(matches!(flow.step(), Step::Sealed { wrong: true, .. }) && flow.outcomes().is_empty());
        assert!(flow.unseal(Passphrase::new("open sesame")).is_some());
        flow.finished(Ok(report(2)));
        assert_eq!((flow.outcomes().len(), flow.unseal(Passphrase::new("again"))), (1, None));
    }

    #[test]
    fn a_report_says_whose_history_it_joined_and_what_went_in_before_the_disk_was_full() {
        let mut flow = ImportFlow::default();
        flow.add((), "big.jsonl", "auto");
        flow.start_next();
        flow.goes_to(Some("Robin".into()));
        flow.progress(5, 10, 500);
        flow.progress(0, 10, 1_000);
        flow.finished(Err(ServiceError::QuotaFull));
        let outcome = &flow.outcomes()[0];
        assert_eq!((outcome.person.as_deref(), outcome.imported), (Some("Robin"), 1_000));
    }

    #[test]
    fn progress_never_runs_back() {
        let mut flow = ImportFlow::default();
        flow.progress(5, 10, 1);
        assert_eq!(flow.fraction(), None);
        flow.add((), "a", "auto");
        flow.start_next();
        assert_eq!(flow.fraction(), None);
        flow.progress(5, 10, 2);
        flow.progress(4, 10, 1);
        assert_eq!(flow.fraction(), Some(0.5));
        assert!(matches!(flow.step(), Step::Reading { imported: 2, .. }));
    }

    #[test]
    fn people_are_found_by_a_part_of_their_name() {
        let users: Vec<String> = ["Ann", "Bo", "Joanna"].map(String::from).to_vec();
        assert_eq!(matching(&users, " ANN ", 9), ["Ann", "Joanna"]);
        assert_eq!(matching(&users, "", 2), ["Ann", "Bo"]);
    }
}
