//! A profile on its way to another place, and what of another place's portrait is taken in.

use super::history::export_lines;
use super::import::sealed_refusal;
use super::portrait::{Kept, kept, row};
use super::{Asked, Outcome, wire};
use crate::profile::{Head, KeptPortrait, Sealer, WORK_FACTOR};
use crate::service::{Passphrase, ProfileId, ServiceError};
use crate::store::Store;

impl Asked {
    /// The whole profile as one sealed file.
    pub(super) async fn seal_profile(&self, profile: &ProfileId, passphrase: &Passphrase) -> Outcome {
        let store = self.server.store().await?;
        let head = Head::new(store.edits(&profile.0).await?, portrait(&store, profile).await?);
        let mut file = wire::Parts::new("application/octet-stream");
        let mut sealed = Vec::new();
        let mut sealer = Sealer::begin(&head, passphrase.text(), WORK_FACTOR, &wire::chance()?, &mut sealed)
            .map_err(|error| sealed_refusal(&error))?;
        export_lines(&store, profile, &mut |line| {
            sealer.push(line, &mut sealed);
            file.push(&sealed);
            sealed.clear();
        })
        .await?;
        sealer.finish(&mut sealed);
        file.push(&sealed);
        self.attach(file)
    }

    /// Takes in another place's portrait: how many claims that changed, and whether it stands now.
    pub(super) async fn merge_portrait(
        &self,
        store: &Store,
        profile: &ProfileId,
        theirs: KeptPortrait,
    ) -> Result<(u32, bool), ServiceError> {
        let _lock = store.writing().await;
        let merged = KeptPortrait::merged(portrait(store, profile).await?, theirs);
        let claims = merged.claims as u32;
        if merged.theirs || claims > 0 {
            let KeptPortrait { likeness, differences, made_ms, lost, follows } = merged.portrait;
            let kept = Kept { likeness, differences, follows };
            self.keep(store, profile, row(&kept, made_ms, lost)?).await?;
        }
        Ok((claims, merged.theirs))
    }
}

async fn portrait(store: &Store, profile: &ProfileId) -> Result<Option<KeptPortrait>, ServiceError> {
    let kept = kept(store, profile).await?;
    Ok(kept.map(|(Kept { likeness, differences, follows }, row)| KeptPortrait {
        likeness,
        differences,
        made_ms: row.made_ms,
        lost: row.lost,
        follows,
    }))
}
