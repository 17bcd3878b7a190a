//! The reader that is fed bytes and gives pairs, choices, and what was wrong with the rest.

use std::collections::HashSet;
use std::vec::Drain;

use serde_json::{Map, Value};

use super::detect::Format;
use super::fields::{asked_elsewhere, kind};
use super::problem::{FormatError, Problem, Why, Wrong};
use super::split::{Limits, Piece, Place, Splitter};
use super::{arena, likeness, open_webui, prism, synthesizeme, trl};
use crate::preference::{Choice, PreferencePair};

/// Whose records to take from a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum People {
    /// There is one person in the file; a second one is an error that names them.
    #[default]
    One,
    /// Only the person of this name.
    Only(String),
    /// Everyone; each event says whose it is.
    Everyone,
}

/// How to read a file.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The format; none to find out.
    pub format: Option<Format>,
    /// Whose records.
    pub people: People,
    /// Where the pairs come from, in plain words; the file's name usually. Our own export keeps each pair's.
    pub origin: Option<String>,
    /// Bounds.
    pub limits: Limits,
}

/// The conversation that a record is of. In our own export it stands in the pair.
fn conversation(record: &Map<String, Value>) -> Option<String> {
    let inner = record.get("pair").and_then(Value::as_object);
    [Some(record), inner].into_iter().flatten().find_map(|named| match named.get("conversation_id")? {
        Value::String(name) => Some(name.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

/// What a file gives, in the order of its lines.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A pair.
    Pair {
        /// Whose, where the file says it.
        person: Option<String>,
        /// The pair.
        pair: PreferencePair,
        /// The conversation that it is of, where the record names one as `conversation_id`.
        conversation: Option<String>,
    },
    /// A choice as it was made. Those of its pairs that can be learnt from come as events of their own.
    Choice {
        /// Whose, where the file says it.
        person: Option<String>,
        /// The choice.
        choice: Choice,
    },
    /// Something that was not read.
    Skipped(Problem),
    /// Something that was read with a doubt: a time that is none, or a comma too many, for example.
    Doubted(Problem),
}

/// What was read so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Records of the people asked for, the broken ones among them.
    pub records: u64,
    /// Pairs given.
    pub pairs: u64,
    /// Choices given.
    pub choices: u64,
    /// Choices among them that nobody won.
    pub ties: u64,
    /// Events of the kind [`Event::Skipped`].
    pub skipped: u64,
    /// Records of other people, left out.
    pub others: u64,
}

/// Reads preferences from bytes as they come.
///
/// ```
/// use likeness::preference::format::{Event, Options, Reader};
/// let mut reader = Reader::new(Options::default());
/// let line = br#"{"context": [], "chosen": "yes", "rejected": "no"}"#;
/// let mut events: Vec<Event> = reader.push(&line[..20]).collect();
/// events.extend(reader.push(&line[20..]));
/// events.extend(reader.finish().unwrap());
/// assert!(matches!(&events[..], [Event::Pair { pair, .. }] if pair.chosen == "yes"));
/// ```
pub struct Reader {
    splitter: Splitter,
    sorter: Sorter,
    stopped: Option<FormatError>,
}

impl Reader {
    /// A reader at the beginning of a file.
    pub fn new(options: Options) -> Self {
        Reader { splitter: Splitter::new(options.limits), sorter: Sorter::new(options), stopped: None }
    }

    /// Takes the next bytes of the file and gives what they complete.
    ///
    /// A file that can't be read at all gives nothing more; [`Reader::finish`] then says why.
    pub fn push(&mut self, bytes: &[u8]) -> Drain<'_, Event> {
        if self.stopped.is_none() {
            let sorter = &mut self.sorter;
            if let Err(error) = self.splitter.push(bytes, &mut |piece| sorter.piece(piece)) {
                self.stopped = Some(error);
            }
            self.stopped = self.stopped.take().or_else(|| self.sorter.stop.take());
        }
        self.sorter.events.drain(..)
    }

    /// Ends the file and gives what is left.
    ///
    /// # Errors
    /// When the file is of no known format, holds nothing, or is not only the asked person's. Whatever was
    /// given before then should be dropped.
    pub fn finish(&mut self) -> Result<Drain<'_, Event>, FormatError> {
        if self.stopped.is_none() {
            let sorter = &mut self.sorter;
            let ended = self.splitter.finish(&mut |piece| sorter.piece(piece));
            self.stopped = ended.err().or_else(|| self.sorter.stop.take()).or_else(|| self.sorter.verdict());
        }
        match &self.stopped {
            Some(error) => Err(error.clone()),
            None => Ok(self.sorter.events.drain(..)),
        }
    }

    /// Whether nothing more can come of this file; [`Reader::finish`] says why.
    pub fn is_stopped(&self) -> bool {
        self.stopped.is_some()
    }

    /// The format, once it is known.
    pub fn format(&self) -> Option<Format> {
        self.sorter.format
    }

    /// The format that the first records look like, whichever was asked for.
    pub fn looks_like(&self) -> Option<Format> {
        self.sorter.looks_like
    }

    /// The people named so far, in the order of their first record.
    pub fn people(&self) -> &[String] {
        &self.sorter.people
    }

    /// What was read so far.
    pub fn summary(&self) -> &Summary {
        &self.sorter.summary
    }
}

/// Most names that an error lists.
const NAMES_TOLD: usize = 20;

/// Sorts records by format and person.
struct Sorter {
    options: Options,
    format: Option<Format>,
    /// The format whose fields the first recognised record has, whichever was asked for.
    looks_like: Option<Format>,
    /// Those who have a record, in order; and the same as a set.
    people: Vec<String>,
    known: HashSet<String>,
    unrecognised: Option<(u64, String)>,
    records_seen: u64,
    events: Vec<Event>,
    summary: Summary,
    stop: Option<FormatError>,
}

impl Sorter {
    fn new(options: Options) -> Self {
        Sorter {
            format: options.format,
            options,
            looks_like: None,
            people: Vec::new(),
            known: HashSet::new(),
            unrecognised: None,
            records_seen: 0,
            events: Vec::new(),
            summary: Summary::default(),
            stop: None,
        }
    }

    fn piece(&mut self, piece: Piece<'_>) {
        if self.stop.is_some() {
            return;
        }
        match piece {
            Piece::Record { place, bytes } => self.record(place, bytes),
            Piece::Fault { place, why } => self.lost(place, why),
            Piece::Doubt { place, why } => {
                self.events.push(Event::Doubted(problem(place, Wrong::new(why))));
            }
        }
    }

    /// A record of nobody knows whom: it counts as one of those asked for.
    fn lost(&mut self, place: Place, why: Why) {
        self.records_seen += 1;
        self.summary.records += 1;
        let found = format!("can't be read: {why}");
        self.skip(problem(place, Wrong::new(why)));
        self.not_recognised(place.line, found);
    }

    fn record(&mut self, place: Place, bytes: &[u8]) {
        let record: Map<String, Value> = match parse(bytes) {
            Ok(Value::Object(record)) => record,
            Ok(other) => {
                let why = Why::WrongKind { expected: "an object".into(), found: kind(&other).into() };
                return self.lost(place, why);
            }
            Err((lines, why)) => return self.lost(Place { line: place.line + lines, ..place }, why),
        };
        let looks_like = Format::of(&record);
        self.looks_like = self.looks_like.or(looks_like);
        let Some(format) = self.format.or(looks_like) else {
            let names: Vec<_> = record.keys().take(12).map(|name| name.chars().take(40).collect()).collect();
            self.lost(place, Why::UnknownRecord);
            if self.format.is_none() && self.records_seen == 1 {
                self.unrecognised = Some((place.line, fields_in_words(&names)));
            }
            return;
        };
        self.format = Some(format);
        self.records_seen += 1;
        self.read(format, place, &record);
    }

    fn read(&mut self, format: Format, place: Place, record: &Map<String, Value>) {
        let person = match format {
            Format::SynthesizeMe => super::fields::person(record, synthesizeme::PERSON),
            Format::Trl => super::fields::person(record, trl::PERSON),
            Format::Arena => super::fields::person(record, arena::PERSON),
            Format::Prism => super::fields::person(record, prism::PERSON),
            Format::OpenWebui => super::fields::person(record, open_webui::PERSON),
            // An export is one person's; its header may be imported under any name.
            Format::Likeness => None,
        };
        if !self.takes(person.as_deref()) {
            match self.asked().map(str::to_owned) {
                Some(asked) if person.is_none() => {
                    self.skip(problem(place, Wrong::new(Why::Nobodys { asked })));
                    self.summary.records += 1;
                }
                _ => self.summary.others += 1,
            }
            return;
        }
        let mut out = Output { sorter: self, place, person, conversation: conversation(record) };
        if format == Format::Likeness {
            match likeness::read(record, &mut out) {
                Ok(likeness::Line::Header) => return,
                Ok(likeness::Line::Row) => {}
                Err(likeness::Unreadable::Record(wrong)) => out.skip(wrong),
                Err(likeness::Unreadable::File(error)) => {
                    self.stop = Some(error);
                    return;
                }
            }
        } else {
            let read = match format {
                Format::SynthesizeMe => synthesizeme::read(record, &mut out),
                Format::Trl => trl::read(record, &mut out),
                Format::Arena => arena::read(record, &mut out),
                Format::OpenWebui => open_webui::read(record, &mut out),
                Format::Prism | Format::Likeness => prism::read(record, &mut out),
            };
            if let Err(wrong) = read {
                out.skip(wrong);
            }
        }
        self.summary.records += 1;
    }

    /// Whether this person's records are asked for; remembers the name.
    fn takes(&mut self, person: Option<&str>) -> bool {
        if let Some(name) = person
            && !self.known.contains(name)
            && (self.people.len() < self.options.limits.people || self.asked() == Some(name))
        {
            self.known.insert(name.into());
            self.people.push(name.into());
        }
        match &self.options.people {
            People::Everyone => true,
            // An export names nobody in its records, and whoever asks for it knows whose it is.
            People::Only(asked) => {
                person.map_or(self.format == Some(Format::Likeness), |person| person == asked)
            }
            // Once there is a second one, only the names are of use.
            People::One => self.people.len() < 2,
        }
    }

    fn asked(&self) -> Option<&str> {
        match &self.options.people {
            People::Only(name) => Some(name),
            People::One | People::Everyone => None,
        }
    }

    fn skip(&mut self, problem: Problem) {
        self.summary.skipped += 1;
        self.events.push(Event::Skipped(problem));
    }

    fn not_recognised(&mut self, line: u64, found: String) {
        if self.format.is_some() {
            return;
        }
        self.unrecognised.get_or_insert((line, found));
        if self.records_seen >= self.options.limits.unrecognised {
            self.stop = self.verdict();
        }
    }

    /// What is wrong with the file as a whole.
    fn verdict(&self) -> Option<FormatError> {
        let count = self.people.len() as u64;
        let names =
            || self.people.iter().take(NAMES_TOLD).map(|name| name.chars().take(80).collect()).collect();
        if self.format.is_none() || (self.records_seen == 0 && self.options.format.is_some()) {
            return Some(match &self.unrecognised {
                Some((line, found)) => FormatError::Unrecognised { line: *line, found: found.clone() },
                None => FormatError::Empty,
            });
        }
        match &self.options.people {
            People::One if count > 1 => Some(FormatError::SeveralPeople { names: names(), count }),
            People::Only(asked) if !self.known.contains(asked) && self.format != Some(Format::Likeness) => {
                Some(FormatError::NoSuchPerson { asked: asked.clone(), names: names(), count })
            }
            _ => None,
        }
    }
}

fn problem(Place { line, record }: Place, Wrong { field, why }: Wrong) -> Problem {
    Problem { line, record, field, why }
}

fn fields_in_words(names: &[String]) -> String {
    match names {
        [] => "has no fields".into(),
        names => format!("has the fields {}", names.join(", ")),
    }
}

/// One record as JSON; an error says how many lines below the record's first it lies.
fn parse(bytes: &[u8]) -> Result<Value, (u64, Why)> {
    if let Err(error) = std::str::from_utf8(bytes) {
        return Err((0, Why::NotUtf8 { byte: error.valid_up_to() as u64 }));
    }
    serde_json::from_slice(bytes).map_err(|error| {
        let lines = (error.line() as u64).saturating_sub(1);
        if error.is_eof() {
            return (lines, Why::Truncated);
        }
        if !matches!(bytes.trim_ascii_start().first(), Some(b'{' | b'[' | b'"' | b'-' | b'0'..=b'9')) {
            return (0, Why::PlainText);
        }
        let text = error.to_string();
        let what = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what).to_owned();
        (lines, Why::NotJson { what, column: error.column() as u64 })
    })
}

/// Where a format's reader puts what it finds in one record.
pub(super) struct Output<'a> {
    sorter: &'a mut Sorter,
    place: Place,
    person: Option<String>,
    conversation: Option<String>,
}

impl Output<'_> {
    /// Where this file's pairs come from.
    pub fn origin(&self) -> Option<String> {
        self.sorter.options.origin.clone()
    }

    pub fn pair(&mut self, pair: PreferencePair) {
        if pair.chosen == pair.rejected {
            self.doubt(Wrong::new(Why::SameAnswers).within("rejected"));
        }
        self.sorter.summary.pairs += 1;
        let (person, conversation) = (self.person.clone(), self.conversation.clone());
        self.sorter.events.push(Event::Pair { person, pair, conversation });
    }

    /// Tells of the field that seems to say what was asked, where nothing that is read does.
    pub fn unasked(&mut self, record: &Map<String, Value>) {
        if let Some(name) = asked_elsewhere(record) {
            self.doubt(Wrong::new(Why::AskedElsewhere).within(name));
        }
    }

    pub fn choice(&mut self, choice: Choice) {
        self.sorter.summary.choices += 1;
        if !matches!(choice.outcome, crate::preference::Outcome::Preferred(_)) {
            self.sorter.summary.ties += 1;
        }
        self.sorter.events.push(Event::Choice { person: self.person.clone(), choice });
    }

    pub fn skip(&mut self, wrong: Wrong) {
        self.sorter.skip(problem(self.place, wrong));
    }

    pub fn doubt(&mut self, wrong: Wrong) {
        self.sorter.events.push(Event::Doubted(problem(self.place, wrong)));
    }

    /// The time in the first of these fields that is there; one that can't be read is doubted, not fatal.
    pub fn time(&mut self, record: &Map<String, Value>, names: &[&str]) -> Option<i64> {
        let (name, value) =
            names.iter().find_map(|name| Some((*name, super::fields::optional(record, name)?)))?;
        super::time::milliseconds(value).unwrap_or_else(|wrong| {
            self.doubt(wrong.within(name));
            None
        })
    }
}
