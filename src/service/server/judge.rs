//! Which of two answers the person would prefer.

use super::portrait::{history, likeness};
use super::{Asked, Outcome};
use crate::model::LanguageModel;
use crate::persona::{
    Asking, DriveError, Judgement, NoJournal, RawPair, drive, from_traits, judge_by_traits, judging,
    judging_by_default,
};
use crate::preference::{PreferencePair, Turn};
use crate::provider::{Local, WorkerLink};
use crate::reward::{Observation, Prior, Reward};
use crate::service::{ProfileId, Response, ServiceError, show};
use crate::store::now_ms;
use crate::traits;

impl Asked {
    pub(super) async fn judge(
        &self,
        profile: &ProfileId,
        context: Vec<Turn>,
        first: String,
        second: String,
        with_model: bool,
    ) -> Outcome {
        let start = now_ms();
        if first.trim().is_empty() || second.trim().is_empty() {
            return Err(ServiceError::Invalid("there must be two answers to compare".into()));
        }
        let store = self.server.store().await?;
        let history = history(&store, profile).await?;
        let mut likeness = match likeness(&store, profile).await? {
            Some(likeness) => likeness,
            None => from_traits(&history, 0, &[]),
        };
        // The history may have changed since the portrait; what it tells of traits is learned in no time.
        let seen: Vec<Observation> = history.pairs().iter().map(Observation::of).collect();
        likeness.reward = Reward::learn(Prior::shipped(), &seen);
        let difference = traits::difference(&context, &first, &second);
        let by_everyone = judge_by_traits(None, &difference);
        let by_traits = judge_by_traits(Some(&likeness), &difference);
        let pair = RawPair::new(PreferencePair::new(context, first, second));
        let (judgement, by_default) = match (with_model, self.server.model()) {
            (false, _) => (by_traits.clone(), None),
            (true, None) => return Err(ServiceError::NoModel),
            (true, Some(model)) => {
                let known = model.capabilities().clone();
                let machine = judging(likeness, pair.clone(), difference, known.clone(), Asking::Always);
                let told = self.run(&model, machine).await?;
                let default = self.run(&model, judging_by_default(pair, known)).await?;
                (told, Some(default))
            }
        };
        let elapsed_ms = now_ms() - start;
        Ok(Response::Verdict(show::verdict(
            &judgement,
            &by_traits,
            &by_everyone,
            by_default.as_ref(),
            elapsed_ms,
        )))
    }

    async fn run(
        &self,
        model: &Local<WorkerLink>,
        mut machine: crate::persona::Judging<<Local<WorkerLink> as LanguageModel>::Input>,
    ) -> Result<Judgement, ServiceError> {
        let driven = drive(model, &mut machine, &mut NoJournal, |_| {}, || self.stopped()).await;
        driven.map_err(|error| match error {
            DriveError::Cancelled => ServiceError::Cancelled,
            other => ServiceError::Model(other.to_string()),
        })
    }
}
