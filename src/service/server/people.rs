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
