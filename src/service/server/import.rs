//! Importing: a file is read piece by piece, and what it gives is written in batches, each whole or not at all.
//!
//! Memory holds one piece and one batch, whatever the file's size. What was written stays when the tab dies or the
//! person stops it: importing the same file again adds only the rest. A file that turns out to be unreadable
//! (several people, a later version) leaves nothing. A profile from another place is opened twice: once to its end, to
//! see that it is whole, and only then to take it in.

use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use super::{Asked, Outcome, wire};
use crate::preference::format::{self, Format, FormatError, Options, People, Problem, Reader};
use crate::preference::{Choice, PairId, PreferencePair};
use crate::profile::{Head, Key, Opener, ProfileError, looks_sealed};
use crate::service::{Change, Event, Flaw, ImportReport, Passphrase, ProfileId, Response, ServiceError};
use crate::store::{News, Store, now_ms};

/// Bytes of the file read at once.
const PIECE: f64 = (1 << 20) as f64;

/// A batch is written when it has this many pairs and choices, or this many bytes of text.
const BATCH_ITEMS: usize = 500;
const BATCH_BYTES: usize = 4 << 20;

/// How many of the skipped records the report tells.
const EXAMPLES: usize = 50;

/// The least time between two events.
const EVENT_MS: f64 = 100.0;

/// Names that are enough to ask whose lines to import.
const NAMES_ENOUGH: usize = 20;

/// Enough of a file to tell whether it is sealed, and to find its key.
const BEGINNING: usize = 4096;

/// What is told of a file to import.
pub(super) struct Told {
    /// Its name, for the pairs' origin.
    pub name: String,
    /// The format's name.
    pub format: String,
    /// Whose lines to take.
    pub user: Option<String>,
    /// What opens it.
    pub passphrase: Option<Passphrase>,
}

/// Where the bytes come from.
pub(super) enum Source {
    Blob(web_sys::Blob),
    Text(Vec<u8>),
}

impl Source {
    pub(super) fn attached(attachment: Option<JsValue>) -> Result<Self, ServiceError> {
        let blob = attachment.and_then(|value| value.dyn_into().ok());
        blob.map(Source::Blob).ok_or_else(|| ServiceError::Invalid("no file is attached".into()))
    }

    pub(super) fn text(text: String) -> Self {
        Source::Text(text.into_bytes())
    }

    fn size(&self) -> f64 {
        match self {
            Source::Blob(blob) => blob.size(),
            Source::Text(text) => text.len() as f64,
        }
    }

    async fn piece(&self, from: f64) -> Result<Vec<u8>, ServiceError> {
        match self {
            Source::Blob(blob) => {
                // A file that changed on disk after it was chosen can't be read any more.
                let gone = |_| ServiceError::BadFile("the file can't be read; choose it again".into());
                let piece = blob.slice_with_f64_and_f64(from, from + PIECE).map_err(gone)?;
                let bytes: ArrayBuffer =
                    JsFuture::from(piece.array_buffer()).await.map_err(gone)?.unchecked_into();
                Ok(Uint8Array::new(&bytes).to_vec())
            }
            Source::Text(text) => {
                let end = ((from + PIECE) as usize).min(text.len());
                // Between two pieces of a file the browser is waited for; here it would not be.
                wire::sleep(0.0).await;
                Ok(text[from as usize..end].to_vec())
            }
        }
    }
}

/// The pieces of a file in their order; of a sealed one, what they open.
struct Pieces<'a> {
    source: &'a Source,
    at: f64,
    opener: Option<Opener>,
}

impl Pieces<'_> {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, ServiceError> {
        if self.at >= self.source.size() {
            let ended = self.opener.take().map(Opener::finish).transpose();
            return Ok(ended.map_err(|error| sealed_refusal(&error))?.map(|(_, rest)| rest));
        }
        let piece = self.source.piece(self.at).await?;
        self.at += piece.len() as f64;
        match &mut self.opener {
            Some(opener) => opener.push(&piece).map(Some).map_err(|error| sealed_refusal(&error)),
            None => Ok(Some(piece)),
        }
    }
}

/// An import under way.
struct Importing<'a> {
    asked: &'a Asked,
    store: Store,
    profile: &'a ProfileId,
    pairs: Vec<PreferencePair>,
    choices: Vec<Choice>,
    batch_bytes: usize,
    report: ImportReport,
    /// What was added, for a file that must leave nothing.
    new_pairs: Vec<PairId>,
    new_choices: Vec<String>,
    /// What the new pairs are edits of; it stays until the file is known to be good.
    replaced: Vec<PairId>,
}

impl Asked {
    pub(super) async fn import(&self, profile: &ProfileId, told: Told, source: Source) -> Outcome {
        let Told { name, format, user, passphrase } = told;
        let format = match format.as_str() {
            "auto" | "" => None,
            name => Some(name.parse::<Format>().map_err(|error| ServiceError::Invalid(error.to_string()))?),
        };
        let store = self.server.store().await?;
        let unsealed = self.unsealed(&source, passphrase).await?;
        let (key, head) = unsealed.unzip();
        let format = if head.is_some() { Some(Format::Likeness) } else { format };
        let mut importing = Importing {
            asked: self,
            store,
            profile,
            pairs: Vec::new(),
            choices: Vec::new(),
            batch_bytes: 0,
            report: ImportReport::default(),
            new_pairs: Vec::new(),
            new_choices: Vec::new(),
            replaced: Vec::new(),
        };
        let knows_whose = user.is_some();
        let people = user.map_or(People::One, People::Only);
        let reader = Reader::new(Options { format, people, origin: Some(name), ..Options::default() });
        let pieces = Pieces { source: &source, at: 0.0, opener: key.as_ref().map(Opener::new) };
        let mut result = importing.read(reader, pieces, knows_whose).await;
        if let (Ok(()), Some(head)) = (&result, head) {
            result = importing.merge(head).await;
        }
        if result.is_err() {
            // How many went in before it failed is told like any progress: an error carries no figures.
            let imported = importing.report.imported;
            self.event(Event::Importing { bytes: 0, of: source.size() as u64, imported });
        }
        importing.store.tell(&News::History(profile.0.clone()));
        self.server.changed(Change::History(profile.clone()));
        result.map(|()| Response::Imported(importing.report))
    }

    /// The key and the first line of a sealed file, once all of it is seen to open; nothing for one that is not sealed.
    async fn unsealed(
        &self,
        source: &Source,
        passphrase: Option<Passphrase>,
    ) -> Result<Option<(Key, Head)>, ServiceError> {
        let beginning = match source.size() {
            0.0 => Vec::new(),
            _ => source.piece(0.0).await?,
        };
        let beginning = &beginning[..beginning.len().min(BEGINNING)];
        let passphrase = match (looks_sealed(beginning), passphrase) {
            (false, None) => return Ok(None),
            (false, Some(_)) => return Err(sealed_refusal(&ProfileError::NotAge)),
            (true, None) => return Err(ServiceError::Sealed),
            (true, Some(passphrase)) => passphrase,
        };
        let refused = |error| sealed_refusal(&error);
        let key = Key::find(beginning, passphrase.text()).map_err(refused)?;
        let (mut opener, mut at) = (Opener::new(&key), 0.0);
        while at < source.size() {
            if self.stopped() {
                return Err(ServiceError::Cancelled);
            }
            let piece = source.piece(at).await?;
            at += piece.len() as f64;
            opener.push(&piece).map_err(refused)?;
        }
        let (head, _) = opener.finish().map_err(refused)?;
        Ok(Some((key, head)))
    }
}

impl Importing<'_> {
    async fn read(
        &mut self,
        mut reader: Reader,
        mut pieces: Pieces<'_>,
        knows_whose: bool,
    ) -> Result<(), ServiceError> {
        let of = pieces.source.size();
        let mut told_ms = 0.0;
        // Where it is known whose lines to take, there may be any number of other people.
        while !reader.is_stopped() && (knows_whose || reader.people().len() <= NAMES_ENOUGH) {
            if self.asked.stopped() {
                self.write().await?;
                self.delete_replaced().await?;
                return Err(ServiceError::Cancelled);
            }
            let Some(piece) = pieces.next().await? else { break };
            for event in reader.push(&piece).collect::<Vec<_>>() {
                self.take(event);
                if self.pairs.len() + self.choices.len() >= BATCH_ITEMS || self.batch_bytes >= BATCH_BYTES {
                    self.write().await?;
                }
            }
            if now_ms() - told_ms >= EVENT_MS {
                told_ms = now_ms();
                let imported = self.report.imported;
                self.asked.event(Event::Importing { bytes: pieces.at as u64, of: of as u64, imported });
            }
        }
        match reader.finish().map(|rest| rest.collect::<Vec<_>>()) {
            Ok(rest) => rest.into_iter().for_each(|event| self.take(event)),
            Err(error) => {
                self.take_back().await?;
                return Err(refusal(&error));
            }
        }
        self.write().await?;
        self.delete_replaced().await?;
        let summary = reader.summary();
        self.report.format = reader.format().map_or_else(String::new, |format| format.name().into());
        self.report.read = summary.records as u32;
        self.report.skipped = summary.skipped as u32;
        Ok(())
    }

    fn take(&mut self, event: format::Event) {
        match event {
            format::Event::Pair { pair, .. } => {
                self.batch_bytes += bytes(&pair.context) + pair.chosen.len() + pair.rejected.len();
                self.pairs.push(pair);
            }
            format::Event::Choice { choice, .. } => {
                self.batch_bytes += bytes(&choice.context);
                self.batch_bytes += choice.answers.iter().map(|answer| answer.content.len()).sum::<usize>();
                self.choices.push(choice);
            }
            format::Event::Skipped(problem) => keep_first(&mut self.report.examples, problem),
            format::Event::Doubted(problem) => keep_first(&mut self.report.doubts, problem),
        }
    }

    /// Writes the batch at hand.
    async fn write(&mut self) -> Result<(), ServiceError> {
        let (pairs, choices) = (std::mem::take(&mut self.pairs), std::mem::take(&mut self.choices));
        self.batch_bytes = 0;
        if pairs.is_empty() && choices.is_empty() {
            return Ok(());
        }
        let _lock = self.store.writing().await;
        let added = self.store.add(&self.profile.0, &pairs, &choices, false).await?;
        self.report.imported += added.new.len() as u32;
        self.report.known += added.known;
        self.report.ties += added.ties;
        self.new_pairs.extend(&added.new);
        self.new_choices.extend(added.choices);
        self.replaced.extend(added.replaced);
        Ok(())
    }

    /// Deletes what the new pairs took the place of.
    async fn delete_replaced(&mut self) -> Result<(), ServiceError> {
        let replaced = std::mem::take(&mut self.replaced);
        if replaced.is_empty() {
            return Ok(());
        }
        let _lock = self.store.writing().await;
        Ok(self.store.delete_replaced(&self.profile.0, replaced).await?)
    }

    /// Takes in what a profile brings along besides its history.
    async fn merge(&mut self, head: Head) -> Result<(), ServiceError> {
        self.report.replaced += self.store.take_edits(&self.profile.0, &head.edits).await?;
        if let Some(theirs) = head.portrait {
            let merged = self.asked.merge_portrait(&self.store, self.profile, theirs).await?;
            (self.report.claims, self.report.portrait) = merged;
        }
        Ok(())
    }

    /// Deletes what this import added.
    async fn take_back(&mut self) -> Result<(), ServiceError> {
        let _lock = self.store.writing().await;
        Ok(self.store.take_back(&self.profile.0, &self.new_pairs, &self.new_choices).await?)
    }
}

fn bytes(context: &[crate::preference::Turn]) -> usize {
    context.iter().map(|turn| turn.content.len()).sum()
}

/// Keeps what is wrong with a record where it is among the first.
fn keep_first(flaws: &mut Vec<Flaw>, problem: Problem) {
    if flaws.len() < EXAMPLES {
        let Problem { line, record, field, why } = problem;
        flaws.push(Flaw { line, record, field, why: why.to_string() });
    }
}

/// Why a sealed file is not taken in.
pub(super) fn sealed_refusal(error: &ProfileError) -> ServiceError {
    match error {
        ProfileError::WrongPassphrase => ServiceError::WrongPassphrase,
        ProfileError::NoPassphrase => ServiceError::Invalid(format!("{error}; {}", error.advice())),
        other => ServiceError::BadFile(format!("{other}; {}", other.advice())),
    }
}

fn refusal(error: &FormatError) -> ServiceError {
    match error {
        FormatError::SeveralPeople { names, .. } => ServiceError::SeveralPeople { users: names.clone() },
        other => ServiceError::BadFile(format!("{other}; {}", other.advice())),
    }
}
