//! The messages themselves: requests, responses, events.
//!
//! On the wire a message is one JavaScript object made by `serde-wasm-bindgen`. What serde can't carry (a
//! `File` to import, a `Blob` to save) travels beside it under the key `attachment`.

use serde::{Deserialize, Serialize};

use super::error::ServiceError;
use super::import_view::ImportReport;
use super::passphrase::Passphrase;
use super::remote_view::*;
use super::view::*;
use crate::preference::{Choice, Outcome, PairId, Turn};
use crate::provider::{PageAsk, PageFailure, PageReply};

/// Names one request among those of its page, so that answers and progress find it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Envelope(pub u32);

/// From a page to the data worker.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ToWorker {
    /// Do this and answer under that number.
    Ask(Envelope, Request),
    /// Stop the request with that number; it then answers [`ServiceError::Cancelled`].
    Cancel(Envelope),
    /// The page's answer to what was asked of it under that number.
    PageAnswered(u32, Result<PageReply, PageFailure>),
}

/// From the data worker to a page.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum FromWorker {
    /// The worker is up; nothing is answered before this.
    Ready,
    /// The one answer to a request.
    Answer(Envelope, Result<Response, ServiceError>),
    /// How far a long request is.
    Event(Envelope, Event),
    /// Something changed, here or in another tab: what is shown of it should be asked for again.
    Changed(Change),
    /// A question to a model on the page, to be answered under that number.
    AskPage(u32, PageAsk),
    /// Nobody waits for the answer under that number any more.
    DropPageAsk(u32),
}

/// What a page may ask.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Request {
    /// Opens the store; the answer tells in which state it is.
    Open,

    /// All people kept here.
    Profiles,
    /// Adds a person.
    CreateProfile {
        /// What to call them; need not be unique.
        name: String,
    },
    /// The first person of that name, who is added where there is none. Whoever asks at the same time gets the same one.
    NeedProfile {
        /// What they are called; spaces around it don't count.
        name: String,
    },
    /// Renames a person.
    RenameProfile {
        /// Whom.
        profile: ProfileId,
        /// The new name.
        name: String,
    },
    /// Removes a person with everything that is kept of them.
    RemoveProfile {
        /// Whom.
        profile: ProfileId,
    },

    /// Imports the attached `File`.
    Import {
        /// Whose history it joins.
        profile: ProfileId,
        /// The file's name, for the pairs' origin.
        name: String,
        /// The format's name, `auto` to find out.
        format: String,
        /// Which person's lines to take, for a file with several.
        user: Option<String>,
        /// What opens it, for a profile from another place. It is merged: see `src/profile`.
        #[serde(default)]
        passphrase: Option<Passphrase>,
    },
    /// Imports a text, as [`Request::Import`] does a file.
    ImportText {
        /// Whose history it joins.
        profile: ProfileId,
        /// For the pairs' origin.
        name: String,
        /// The format's name, `auto` to find out.
        format: String,
        /// The text.
        text: String,
        /// Which person's lines to take, for a text with several.
        user: Option<String>,
    },
    /// A window of the history, newest first.
    List {
        /// Whose.
        profile: ProfileId,
        /// Only pairs with these words in context, answers, note or origin; empty for all.
        query: String,
        /// Rows to skip.
        offset: u32,
        /// Rows to give.
        limit: u32,
    },
    /// One pair in full.
    Pair {
        /// Whose.
        profile: ProfileId,
        /// Which.
        id: PairId,
    },
    /// Those of these pairs that are still there, in full.
    Pairs {
        /// Whose.
        profile: ProfileId,
        /// Which.
        ids: Vec<PairId>,
    },
    /// Adds a pair that was typed in or told, or changes one.
    SavePair {
        /// Whose.
        profile: ProfileId,
        /// The texts.
        pair: DraftPair,
        /// The pair that it takes the place of.
        supersedes: Option<PairId>,
    },
    /// Keeps a choice with its outcome, and the pairs that follow from it.
    RecordChoice {
        /// Whose.
        profile: ProfileId,
        /// The choice.
        choice: Choice,
        /// What was said of the same answers before, which this takes the place of.
        #[serde(default)]
        supersedes: Option<Outcome>,
    },
    /// Takes a choice back, with the pairs that followed from it.
    TakeBackChoice {
        /// Whose.
        profile: ProfileId,
        /// The choice as it was recorded.
        choice: Choice,
    },
    /// Deletes pairs and what was made from them.
    Delete {
        /// Whose.
        profile: ProfileId,
        /// Which.
        ids: Vec<PairId>,
    },
    /// The choices without a winner, which no pair follows from: how many, and the newest.
    Ties {
        /// Whose.
        profile: ProfileId,
        /// Only those with these words; empty for all.
        query: String,
        /// Rows to give.
        limit: u32,
    },
    /// Deletes choices without a winner.
    DeleteTies {
        /// Whose.
        profile: ProfileId,
        /// Which; all when none are named.
        ids: Option<Vec<String>>,
    },
    /// Brings back what the last deletion under this number took, within its time.
    Undo {
        /// The number that the deletion gave.
        undo: u64,
    },
    /// The history in our own format, as a file that the answer brings along.
    ExportHistory {
        /// Whose.
        profile: ProfileId,
    },
    /// The whole profile as one sealed file for another place, which the answer brings along.
    SealProfile {
        /// Whose.
        profile: ProfileId,
        /// What it is sealed with.
        passphrase: Passphrase,
    },
    /// Deletes everything of everyone, models too, and looks whether anything is left.
    ForgetEverything,

    /// Traits and claims from the history as it is now, without a language model.
    Reading {
        /// Whose.
        profile: ProfileId,
    },
    /// The kept portrait, if there is one.
    Portrait {
        /// Whose.
        profile: ProfileId,
    },
    /// Makes a new portrait; goes on with an interrupted one of the same settings. While no model is loaded, it is
    /// the portrait that follows from traits and claims alone.
    Induce {
        /// Whose.
        profile: ProfileId,
        /// How much to search.
        settings: InductionSettings,
    },
    /// The interrupted induction, if there is one.
    PendingInduction {
        /// Whose.
        profile: ProfileId,
    },
    /// Forgets the interrupted induction.
    DropInduction {
        /// Whose.
        profile: ProfileId,
    },
    /// Edits, pins, refuses or restores a claim of the kept portrait. Where none was made yet, what the person says is kept
    /// beside the claims that follow from the traits, and these go on following the history.
    ChangeClaim {
        /// Whose.
        profile: ProfileId,
        /// The claim's id.
        claim: String,
        /// What to do with it.
        change: ClaimChange,
    },
    /// The likeness file, whole. It is private: it holds raw demos.
    ExportLikeness {
        /// Whose.
        profile: ProfileId,
    },

    /// Which of two answers the person would prefer.
    Judge {
        /// Whose taste.
        profile: ProfileId,
        /// The conversation so far.
        context: Vec<Turn>,
        /// One answer.
        first: String,
        /// The other.
        second: String,
        /// Whether to ask a language model too.
        with_model: bool,
        /// The id of the remote model to ask, over sketches; the model on this device when none.
        #[serde(default)]
        remote: Option<String>,
        /// In whose words to say why.
        #[serde(default)]
        words: ReasonWords,
    },

    /// Answers to one context in the order in which the person would like them.
    Rank {
        /// Whose taste.
        profile: ProfileId,
        /// The conversation so far.
        context: Vec<Turn>,
        /// The answers.
        answers: Vec<String>,
        /// In whose words to say why.
        #[serde(default)]
        words: ReasonWords,
    },
    /// Different answers to a conversation, by the model in use, which is told nothing but that conversation.
    Draft {
        /// The conversation so far.
        context: Vec<Turn>,
        /// How many, at most.
        answers: u32,
    },
    /// What a chat model may be told of the person: the kept portrait's prompt, or the one that follows from the traits,
    /// as the guard lets it pass. Empty where nothing held.
    About {
        /// Whom.
        profile: ProfileId,
    },

    /// The remote models that the person configured.
    Endpoints,
    /// Adds a remote model, or changes one.
    SaveEndpoint {
        /// What was typed in.
        draft: EndpointDraft,
    },
    /// Forgets a remote model with its key.
    RemoveEndpoint {
        /// Its id.
        id: String,
    },
    /// Asks a remote model to say a word of ours.
    TryEndpoint {
        /// Its id.
        id: String,
    },
    /// What an induction on a remote model will take, at most.
    Estimate {
        /// Whose.
        profile: ProfileId,
        /// How much to search, and with which model.
        settings: InductionSettings,
    },
    /// The conversation that the person has with a remote model.
    Chat {
        /// Whose.
        profile: ProfileId,
    },
    /// Says something to a remote model, has answers drafted, and ranks them as the person would.
    Say {
        /// Whose conversation, and whose taste.
        profile: ProfileId,
        /// What, and to whom.
        saying: Saying,
    },
    /// Prefers one of the last drafts to the others, or takes that back.
    Pick {
        /// Whose.
        profile: ProfileId,
        /// Its place among the drafts; none takes the pick back.
        draft: Option<u32>,
    },
    /// Forgets the conversation; what was picked in it stays in the history.
    EndChat {
        /// Whose.
        profile: ProfileId,
    },
    /// A window of the ledger, newest first.
    Ledger {
        /// Only lines with these words; empty for all.
        words: String,
        /// Lines to skip.
        offset: u32,
        /// Lines to give.
        limit: u32,
    },
    /// The body of a request, as it was sent.
    LedgerBody {
        /// The number of its line.
        number: f64,
    },
    /// Forgets the ledger.
    ClearLedger,
    /// Plants canaries in a made-up history, runs an induction on it against an endpoint that echoes, and looks for
    /// them in what it got.
    PlantCanaries,

    /// The models kept here, and the one in use.
    Models,
    /// Loads a model; an attached `File` when the source is [`ModelSource::File`].
    LoadModel {
        /// From where.
        source: ModelSource,
        /// What it is to run on.
        device: DeviceChoice,
    },
    /// The same where no model is in use, and nothing where one is; who asks while it is being loaded waits for it.
    NeedModel {
        /// From where.
        source: ModelSource,
        /// What it is to run on.
        device: DeviceChoice,
    },
    /// Loads the model in use again from where its file lies, to run on this.
    MoveModel(DeviceChoice),
    /// Takes the model in use out of memory; its file stays.
    UnloadModel,
    /// Deletes a kept model file.
    RemoveModel {
        /// Its name as [`KeptFile::name`] gives it.
        name: String,
    },
}

/// The answer to a [`Request`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Response {
    /// To requests that have nothing to tell.
    Done,
    /// To [`Request::Open`].
    Opened(StoreView),
    /// To [`Request::Profiles`], [`Request::CreateProfile`] and [`Request::NeedProfile`] (then just that one).
    Profiles(Vec<ProfileView>),
    /// To [`Request::Import`] and [`Request::ImportText`].
    Imported(ImportReport),
    /// To [`Request::List`].
    List(PairPage),
    /// To [`Request::Pair`], [`Request::Pairs`], [`Request::SavePair`] and, one for each pair, [`Request::RecordChoice`].
    Pairs(Vec<PairView>),
    /// To [`Request::Ties`].
    Ties(TiePage),
    /// To [`Request::Delete`], [`Request::DeleteTies`] and [`Request::RemoveProfile`].
    Deleted(Deletion),
    /// To [`Request::ExportHistory`] and [`Request::SealProfile`]: the attached `Blob`.
    File,
    /// To [`Request::ExportLikeness`], [`Request::About`] and [`Request::LedgerBody`].
    Text(String),
    /// To [`Request::Endpoints`], [`Request::SaveEndpoint`], [`Request::RemoveEndpoint`].
    Endpoints(Vec<EndpointView>),
    /// To [`Request::TryEndpoint`].
    Tried(TriedView),
    /// To [`Request::Estimate`].
    Estimate(EstimateView),
    /// To [`Request::Chat`], [`Request::Say`], [`Request::Pick`] and [`Request::EndChat`].
    Chat(ChatView),
    /// To [`Request::Ledger`].
    Ledger(LedgerPage),
    /// To [`Request::PlantCanaries`].
    Canaries(CanaryView),
    /// To [`Request::ForgetEverything`].
    Forgotten(ForgetReport),
    /// To [`Request::Reading`].
    Reading(Reading),
    /// To [`Request::Portrait`], [`Request::Induce`] and [`Request::ChangeClaim`].
    Portrait(Option<Box<PortraitView>>),
    /// To [`Request::PendingInduction`].
    Pending(Option<PendingInduction>),
    /// To [`Request::Judge`].
    Verdict(Verdict),
    /// To [`Request::Rank`]: the best first, each with its place among those that were asked about.
    Ranked(Vec<(u32, DraftAnswer)>),
    /// To [`Request::Draft`].
    Drafts(Vec<String>),
    /// To [`Request::Models`], [`Request::LoadModel`], [`Request::NeedModel`], [`Request::MoveModel`],
    /// [`Request::UnloadModel`], [`Request::RemoveModel`].
    Models(ModelsView),
}

/// How far a long request is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Event {
    /// Of a search: what was found so far, when there is more for the window asked for. Its total grows.
    Found(PairPage),
    /// Of an import.
    Importing {
        /// Bytes read.
        bytes: u64,
        /// Bytes in all.
        of: u64,
        /// Pairs kept so far.
        imported: u32,
    },
    /// Of an induction.
    Inducing(InductionProgress),
    /// Of drafting answers.
    Drafting {
        /// Answers that are there.
        done: u32,
        /// Answers that were asked for.
        of: u32,
        /// The number of the one that came last, from 0.
        number: u32,
        /// What it says; empty where the model said nothing.
        text: String,
    },
    /// Of what is waited for; none once it is not any more.
    Waiting(Option<WaitView>),
    /// Of loading a model.
    LoadingModel {
        /// What is being done, in plain words: "downloading", "checking", "measuring", "preparing".
        stage: String,
        /// Bytes done.
        bytes: u64,
        /// Bytes in all; 0 where unknown.
        of: u64,
    },
}

/// What changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// The list of people.
    Profiles,
    /// A person's pairs.
    History(ProfileId),
    /// A person's portrait.
    Portrait(ProfileId),
    /// A person's conversation with a remote model.
    Chat(ProfileId),
    /// The models.
    Models,
    /// The remote models.
    Endpoints,
    /// The ledger of requests.
    Ledger,
    /// Everything was forgotten.
    Everything,
    /// A newer version of the app, in another tab, needs the database: this one must be reloaded.
    Outdated,
}
