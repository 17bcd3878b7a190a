//! What a page asks, one method a request, each with the type of its own answer.
//!
//! Only the requests whose answer a page reads are here; long ones, which report how far they are, hand back
//! the [`Asking`] itself, so that they can be stopped.

use wasm_bindgen::{JsCast, JsValue};

use super::super::*;
use super::{Asking, Client, Stop};
use crate::preference::{Choice, PairId, Turn};

/// The answer's content where it is of the expected kind.
macro_rules! expect {
    ($answer:expr, $kind:ident) => {
        match $answer? {
            Response::$kind(content) => Ok(content),
            other => Err(unexpected(&other)),
        }
    };
}

/// The worker broke its promise. The answer's content stays out of the message: it may be a person's text.
fn unexpected(_answer: &Response) -> ServiceError {
    ServiceError::Internal("the data worker gave an answer of another kind".into())
}

/// What a request comes to.
pub type Outcome<T> = Result<T, ServiceError>;

impl Client {
    /// Opens the store.
    pub async fn open(&self) -> Outcome<StoreView> {
        expect!(self.ask(Request::Open).await, Opened)
    }

    /// All people kept here.
    pub async fn profiles(&self) -> Outcome<Vec<ProfileView>> {
        expect!(self.ask(Request::Profiles).await, Profiles)
    }

    /// Adds a person.
    pub async fn create_profile(&self, name: String) -> Outcome<ProfileView> {
        let added: Vec<ProfileView> = expect!(self.ask(Request::CreateProfile { name }).await, Profiles)?;
        added.into_iter().next().ok_or_else(|| ServiceError::Internal("the new person is missing".into()))
    }

    /// The person of that name, added where there is none.
    pub async fn need_profile(&self, name: String) -> Outcome<ProfileView> {
        let found: Vec<ProfileView> = expect!(self.ask(Request::NeedProfile { name }).await, Profiles)?;
        found.into_iter().next().ok_or_else(|| ServiceError::Internal("the person is missing".into()))
    }

    /// Renames a person.
    pub async fn rename_profile(&self, profile: ProfileId, name: String) -> Outcome<()> {
        self.ask(Request::RenameProfile { profile, name }).await.map(drop)
    }

    /// Removes a person.
    pub async fn remove_profile(&self, profile: ProfileId) -> Outcome<Deletion> {
        expect!(self.ask(Request::RemoveProfile { profile }).await, Deleted)
    }

    /// Imports a text; of one with several people, the lines of `user`.
    pub async fn import_text(
        &self,
        profile: ProfileId,
        name: &str,
        format: &str,
        text: &str,
        user: Option<String>,
    ) -> Outcome<ImportReport> {
        let (name, format, text) = (name.into(), format.into(), text.into());
        let request = Request::ImportText { profile, name, format, text, user };
        expect!(self.ask(request).await, Imported)
    }

    /// One pair in full.
    pub async fn pair(&self, profile: ProfileId, id: PairId) -> Outcome<PairView> {
        let pairs: Vec<PairView> = expect!(self.ask(Request::Pair { profile, id }).await, Pairs)?;
        pairs.into_iter().next().ok_or_else(|| ServiceError::NotFound("this pair".into()))
    }

    /// Adds a pair, or changes one.
    pub async fn save_pair(
        &self,
        profile: ProfileId,
        pair: DraftPair,
        supersedes: Option<PairId>,
    ) -> Outcome<Vec<PairView>> {
        expect!(self.ask(Request::SavePair { profile, pair, supersedes }).await, Pairs)
    }

    /// Keeps a choice.
    pub async fn record_choice(&self, profile: ProfileId, choice: Choice) -> Outcome<Vec<PairView>> {
        expect!(self.ask(Request::RecordChoice { profile, choice, supersedes: None }).await, Pairs)
    }

    /// Deletes pairs.
    pub async fn delete(&self, profile: ProfileId, ids: Vec<PairId>) -> Outcome<Deletion> {
        expect!(self.ask(Request::Delete { profile, ids }).await, Deleted)
    }

    /// The choices without a winner: how many, and so many of the newest.
    pub async fn ties(&self, profile: ProfileId, query: String, limit: u32) -> Outcome<TiePage> {
        expect!(self.ask(Request::Ties { profile, query, limit }).await, Ties)
    }

    /// Deletes choices without a winner, all of them where none are named.
    pub async fn delete_ties(&self, profile: ProfileId, ids: Option<Vec<String>>) -> Outcome<Deletion> {
        expect!(self.ask(Request::DeleteTies { profile, ids }).await, Deleted)
    }

    /// Takes a deletion back.
    pub async fn undo(&self, undo: u64) -> Outcome<()> {
        self.ask(Request::Undo { undo }).await.map(drop)
    }

    /// The history as a file.
    pub async fn export_history(&self, profile: ProfileId) -> Outcome<web_sys::Blob> {
        self.file(Request::ExportHistory { profile }).1.await
    }

    /// The whole profile as a sealed file.
    pub async fn seal_profile(&self, profile: ProfileId, passphrase: Passphrase) -> Outcome<web_sys::Blob> {
        self.file(Request::SealProfile { profile, passphrase }).1.await
    }

    /// The file that the answer to a request brings along, and what stops that.
    pub fn file(&self, request: Request) -> (Stop, impl Future<Output = Outcome<web_sys::Blob>>) {
        let asking = self.ask(request);
        let (stop, attached) = (asking.stop(), self.awaits_attached(asking.envelope()));
        let file = async move {
            asking.await?;
            let file = attached.take().and_then(|file| file.dyn_into().ok());
            file.ok_or_else(|| ServiceError::Internal("the data worker's answer brought no file".into()))
        };
        (stop, file)
    }

    /// Deletes everything of everyone.
    pub async fn forget_everything(&self) -> Outcome<ForgetReport> {
        expect!(self.ask(Request::ForgetEverything).await, Forgotten)
    }

    /// Traits and claims.
    pub async fn reading(&self, profile: ProfileId) -> Outcome<Reading> {
        expect!(self.ask(Request::Reading { profile }).await, Reading)
    }

    /// The kept portrait.
    pub async fn portrait(&self, profile: ProfileId) -> Outcome<Option<Box<PortraitView>>> {
        expect!(self.ask(Request::Portrait { profile }).await, Portrait)
    }

    /// The interrupted induction.
    pub async fn pending_induction(&self, profile: ProfileId) -> Outcome<Option<PendingInduction>> {
        expect!(self.ask(Request::PendingInduction { profile }).await, Pending)
    }

    /// Forgets the interrupted induction.
    pub async fn drop_induction(&self, profile: ProfileId) -> Outcome<()> {
        self.ask(Request::DropInduction { profile }).await.map(drop)
    }

    /// Changes a claim of the kept portrait.
    pub async fn change_claim(
        &self,
        profile: ProfileId,
        claim: String,
        change: ClaimChange,
    ) -> Outcome<Option<Box<PortraitView>>> {
        expect!(self.ask(Request::ChangeClaim { profile, claim, change }).await, Portrait)
    }

    /// The likeness file.
    pub async fn export_likeness(&self, profile: ProfileId) -> Outcome<String> {
        expect!(self.ask(Request::ExportLikeness { profile }).await, Text)
    }

    /// The models.
    pub async fn models(&self) -> Outcome<ModelsView> {
        expect!(self.ask(Request::Models).await, Models)
    }

    /// Takes the model out of memory.
    pub async fn unload_model(&self) -> Outcome<ModelsView> {
        expect!(self.ask(Request::UnloadModel).await, Models)
    }

    /// Deletes a model file.
    pub async fn remove_model(&self, name: String) -> Outcome<ModelsView> {
        expect!(self.ask(Request::RemoveModel { name }).await, Models)
    }

    /// A window of the history; a search tells what it found so far while it goes on.
    pub fn list(
        &self,
        profile: ProfileId,
        query: String,
        offset: u32,
        limit: u32,
        on_found: impl Fn(PairPage) + 'static,
    ) -> Asking {
        self.ask_with(Request::List { profile, query, offset, limit }, None, move |event| {
            if let Event::Found(page) = event {
                on_found(page);
            }
        })
    }

    /// Makes a new portrait.
    pub fn induce(
        &self,
        profile: ProfileId,
        settings: InductionSettings,
        on_event: impl Fn(Event) + 'static,
    ) -> Asking {
        self.ask_with(Request::Induce { profile, settings }, None, on_event)
    }

    /// Judges two answers.
    pub fn judge(
        &self,
        profile: ProfileId,
        context: Vec<Turn>,
        first: String,
        second: String,
        model: Option<ModelChoice>,
    ) -> Asking {
        let with_model = model.is_some();
        let remote = model.and_then(ModelChoice::remote);
        let words = ReasonWords::Own;
        self.ask(Request::Judge { profile, context, first, second, with_model, remote, words })
    }

    /// The remote models.
    pub async fn endpoints(&self) -> Outcome<Vec<EndpointView>> {
        expect!(self.ask(Request::Endpoints).await, Endpoints)
    }

    /// Adds a remote model, or changes one.
    pub async fn save_endpoint(&self, draft: EndpointDraft) -> Outcome<Vec<EndpointView>> {
        expect!(self.ask(Request::SaveEndpoint { draft }).await, Endpoints)
    }

    /// Forgets a remote model.
    pub async fn remove_endpoint(&self, id: String) -> Outcome<Vec<EndpointView>> {
        expect!(self.ask(Request::RemoveEndpoint { id }).await, Endpoints)
    }

    /// Asks a remote model to say a word.
    pub async fn try_endpoint(&self, id: String) -> Outcome<TriedView> {
        expect!(self.ask(Request::TryEndpoint { id }).await, Tried)
    }

    /// What an induction on a remote model will take.
    pub async fn estimate(&self, profile: ProfileId, settings: InductionSettings) -> Outcome<EstimateView> {
        expect!(self.ask(Request::Estimate { profile, settings }).await, Estimate)
    }

    /// A window of the ledger.
    pub async fn ledger(&self, words: String, offset: u32, limit: u32) -> Outcome<LedgerPage> {
        expect!(self.ask(Request::Ledger { words, offset, limit }).await, Ledger)
    }

    /// The body of a request.
    pub async fn ledger_body(&self, number: f64) -> Outcome<String> {
        expect!(self.ask(Request::LedgerBody { number }).await, Text)
    }

    /// Forgets the ledger.
    pub async fn clear_ledger(&self) -> Outcome<()> {
        self.ask(Request::ClearLedger).await.map(drop)
    }

    /// The conversation with a remote model.
    pub async fn chat(&self, profile: ProfileId) -> Outcome<ChatView> {
        expect!(self.ask(Request::Chat { profile }).await, Chat)
    }

    /// Says something to a remote model; the answer is the conversation with the drafts.
    pub fn say(&self, profile: ProfileId, saying: Saying, on_event: impl Fn(Event) + 'static) -> Asking {
        self.ask_with(Request::Say { profile, saying }, None, on_event)
    }

    /// Prefers one of the last drafts, or takes that back.
    pub async fn pick(&self, profile: ProfileId, draft: Option<u32>) -> Outcome<ChatView> {
        expect!(self.ask(Request::Pick { profile, draft }).await, Chat)
    }

    /// Forgets the conversation.
    pub async fn end_chat(&self, profile: ProfileId) -> Outcome<ChatView> {
        expect!(self.ask(Request::EndChat { profile }).await, Chat)
    }

    /// Plants canaries and looks for them.
    pub fn plant_canaries(&self, on_event: impl Fn(Event) + 'static) -> Asking {
        self.ask_with(Request::PlantCanaries, None, on_event)
    }

    /// Loads a model.
    pub fn load_model(
        &self,
        source: ModelSource,
        device: DeviceChoice,
        file: Option<JsValue>,
        on_event: impl Fn(Event) + 'static,
    ) -> Asking {
        self.ask_with(Request::LoadModel { source, device }, file, on_event)
    }

    /// Loads the model in use again, to run on this.
    pub fn move_model(&self, device: DeviceChoice, on_event: impl Fn(Event) + 'static) -> Asking {
        self.ask_with(Request::MoveModel(device), None, on_event)
    }
}
