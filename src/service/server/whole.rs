//! The whole data worker: which request is done where.

use wasm_bindgen::prelude::*;

use super::{Asked, Duty, Outcome, Server, import, judge, portrait};
use crate::service::{Change, ProfileId, Request};

/// Starts to serve a page, with everything that it may ask.
pub fn start() {
    Server::start(Duty {
        takes: |_, _| true,
        answer: |asked, request, attachment| Box::pin(async move { asked.answer(request, attachment).await }),
        hand_on: None,
        strip: Some(portrait::strip),
        carry_out: |server, profile| Box::pin(async move { server.carry_out(profile).await }),
        forgotten: Server::stop_engine,
    });
}

impl Server {
    async fn carry_out(&self, profile: ProfileId) {
        // A store that was let go of is not opened again for this. On failure nothing is lost: the next start does it.
        if let Some(store) = self.open_already()
            && !store.open_deletions().is_empty()
            && store.carry_out_due().await == Ok(true)
        {
            self.changed(Change::Portrait(profile));
        }
    }
}

impl Asked {
    async fn answer(&self, request: Request, attachment: Option<JsValue>) -> Outcome {
        match request {
            // Listed, so that the compiler tells of a request that is done nowhere.
            request @ (Request::Open
            | Request::Profiles
            | Request::CreateProfile { .. }
            | Request::NeedProfile { .. }
            | Request::RenameProfile { .. }
            | Request::List { .. }
            | Request::Pair { .. }
            | Request::Pairs { .. }
            | Request::SavePair { .. }
            | Request::RecordChoice { .. }
            | Request::Ties { .. }) => self.answer_of_history(request).await,
            Request::RemoveProfile { profile } => self.delete(&profile, None).await,
            Request::Import { profile, name, format, user, passphrase } => {
                let source = import::Source::attached(attachment)?;
                self.import(&profile, import::Told { name, format, user, passphrase }, source).await
            }
            Request::ImportText { profile, name, format, text, user } => {
                let told = import::Told { name, format, user, passphrase: None };
                self.import(&profile, told, import::Source::text(text)).await
            }
            Request::TakeBackChoice { profile, choice } => self.take_back_choice(&profile, choice).await,
            Request::Delete { profile, ids } => self.delete(&profile, Some(&ids)).await,
            Request::DeleteTies { profile, ids } => self.delete_ties(&profile, ids.as_deref()).await,
            Request::Undo { undo } => self.undo(undo).await,
            Request::ExportHistory { profile } => self.export_history(&profile).await,
            Request::SealProfile { profile, passphrase } => self.seal_profile(&profile, &passphrase).await,
            Request::ForgetEverything => self.forget_everything().await,
            Request::Reading { profile } => self.reading(&profile).await,
            Request::Portrait { profile } => self.portrait(&profile).await,
            Request::Induce { profile, settings } => self.induce(&profile, settings).await,
            Request::PendingInduction { profile } => self.pending(&profile).await,
            Request::DropInduction { profile } => self.drop_pending(&profile).await,
            Request::ChangeClaim { profile, claim, change } => {
                self.change_claim(&profile, &claim, change).await
            }
            Request::ExportLikeness { profile } => self.export_likeness(&profile).await,
            Request::Judge { profile, context, first, second, with_model, remote, words } => {
                self.judge(&profile, context, first, second, judge::Asks { with_model, remote, words }).await
            }
            Request::Rank { profile, context, answers, words } => {
                self.rank(&profile, &context, answers, words).await
            }
            Request::Draft { context, answers } => self.draft(context, answers).await,
            Request::About { profile } => self.told(&profile).await,
            Request::Endpoints => self.endpoints().await,
            Request::SaveEndpoint { draft } => self.save_endpoint(draft).await,
            Request::RemoveEndpoint { id } => self.remove_endpoint(&id).await,
            Request::TryEndpoint { id } => self.try_endpoint(&id).await,
            Request::Estimate { profile, settings } => self.estimate(&profile, settings).await,
            Request::Chat { profile } => self.chat(&profile).await,
            Request::Say { profile, saying } => self.say(&profile, saying).await,
            Request::Pick { profile, draft } => self.pick(&profile, draft).await,
            Request::EndChat { profile } => self.end_chat(&profile).await,
            Request::Ledger { words, offset, limit } => self.ledger(&words, offset, limit).await,
            Request::LedgerBody { number } => self.ledger_body(number).await,
            Request::ClearLedger => self.clear_ledger().await,
            Request::PlantCanaries => self.plant_canaries().await,
            Request::Models => self.models().await,
            Request::LoadModel { source, device } => self.load_model(source, device, attachment).await,
            Request::NeedModel { source, device } => self.need_model(source, device, attachment).await,
            Request::MoveModel(device) => self.move_model(device).await,
            Request::UnloadModel => self.unload_model().await,
            Request::RemoveModel { name } => self.remove_model(name).await,
        }
    }
}
