//! Requests about the people kept here.

use super::opening::profile_view;
use super::{Asked, Outcome};
use crate::service::{Change, ProfileId, Response, ServiceError};

/// A name longer than this is no name.
const NAME_CHARS: usize = 200;

impl Asked {
    pub(super) async fn profiles(&self) -> Outcome {
        let profiles = self.server.store().await?.profiles().await?;
        Ok(Response::Profiles(profiles.into_iter().map(profile_view).collect()))
    }

    pub(super) async fn create_profile(&self, name: &str) -> Outcome {
        let profile = self.server.store().await?.create_profile(tidy_name(name)?).await?;
        self.server.changed(Change::Profiles);
        Ok(Response::Profiles(vec![profile_view(profile)]))
    }

    /// The first person of that name; two who ask at once, in two tabs even, find one.
    pub(super) async fn need_profile(&self, name: &str) -> Outcome {
        let name = tidy_name(name)?;
        let store = self.server.store().await?;
        let _lock = store.writing().await;
        let known = store.profiles().await?.into_iter().find(|profile| profile.name == name);
        if let Some(known) = known {
            return Ok(Response::Profiles(vec![profile_view(known)]));
        }
        let added = store.create_profile(name).await?;
        self.server.changed(Change::Profiles);
        Ok(Response::Profiles(vec![profile_view(added)]))
    }

    pub(super) async fn rename_profile(&self, profile: &ProfileId, name: &str) -> Outcome {
        self.server.store().await?.rename_profile(&profile.0, tidy_name(name)?).await?;
        self.server.changed(Change::Profiles);
        Ok(Response::Done)
    }
}

fn tidy_name(name: &str) -> Result<&str, ServiceError> {
    let name = name.trim();
    match name.chars().count() {
        0 => Err(ServiceError::Invalid("the name is empty".into())),
        1..=NAME_CHARS => Ok(name),
        _ => Err(ServiceError::Invalid(format!("the name is longer than {NAME_CHARS} characters"))),
    }
}
