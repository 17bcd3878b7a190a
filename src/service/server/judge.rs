//! Which of two answers the person would prefer.

use super::portrait::likeness_now;
use super::trouble::local_error;
use super::{Asked, Outcome};
use crate::model::LanguageModel;
use crate::persona::{
    Asking, DriveError, Evidence, Judgement, Judging, Likeness, NoJournal, RawPair, SketchedPair, drive,
    judge_by_traits, judging, judging_by_default, sketcher_of,
};
use crate::preference::{PreferencePair, Turn};
use crate::service::{ProfileId, ReasonWords, Response, ServiceError, show};
use crate::store::now_ms;
use crate::traits;

/// Which model to ask besides the traits, and in whose words to say why.
pub(super) struct Asks {
    pub with_model: bool,
    pub remote: Option<String>,
    pub words: ReasonWords,
}

impl Asked {
    pub(super) async fn judge(
        &self,
        profile: &ProfileId,
        context: Vec<Turn>,
        first: String,
        second: String,
        asks: Asks,
    ) -> Outcome {
        let start = now_ms();
        if first.trim().is_empty() || second.trim().is_empty() {
            return Err(ServiceError::Invalid("there must be two answers to compare".into()));
        }
        let store = self.server.store().await?;
        let likeness = likeness_now(&store, profile).await?;
        let difference = traits::difference(&context, &first, &second);
        let by_everyone = judge_by_traits(None, &difference);
        let by_traits = judge_by_traits(Some(&likeness), &difference);
        let pair = PreferencePair::new(context, first, second);
        let chosen = asks.remote.as_deref().filter(|_| asks.with_model);
        let built_in = self.built_in(chosen).await?;
        let (judgement, by_default) = if !asks.with_model {
            (by_traits.clone(), None)
        } else if let Some(model) = &built_in {
            self.ask_both(model, likeness, RawPair::new(pair), difference).await.map_err(local_error)?
        } else if let Some(id) = &asks.remote {
            let model = self.remote_model(id).await?;
            let sketch = sketcher_of(Some(&likeness)).sketch(pair.id, &difference);
            let asked = self.ask_both(&model, likeness, SketchedPair::new(sketch), difference).await;
            asked.map_err(|error| self.remote_error(error))?
        } else {
            let model = self.server.model().ok_or(ServiceError::NoModel)?;
            self.ask_both(&*model, likeness, RawPair::new(pair), difference).await.map_err(local_error)?
        };
        let why = self.in_words(vec![judgement.why.clone()], asks.words).await?.concat();
        let elapsed_ms = now_ms() - start;
        Ok(Response::Verdict(show::verdict(
            &judgement,
            why,
            &by_traits,
            &by_everyone,
            by_default.as_ref(),
            elapsed_ms,
        )))
    }

    /// The judgement of a model that was told about the person, and of one that was not.
    async fn ask_both<E, M>(
        &self,
        model: &M,
        likeness: Likeness,
        evidence: E,
        difference: traits::Difference,
    ) -> Result<(Judgement, Option<Judgement>), DriveError>
    where
        E: Evidence + Clone + 'static,
        E::Prompt: Clone + 'static,
        M: LanguageModel<Input = E::Prompt>,
    {
        let known = model.capabilities().clone();
        let machine = judging(likeness, evidence.clone(), difference, known.clone(), Asking::Always);
        let told = self.run(model, machine).await?;
        let default = self.run(model, judging_by_default(evidence, known)).await?;
        Ok((told, Some(default)))
    }

    async fn run<M>(&self, model: &M, mut machine: Judging<M::Input>) -> Result<Judgement, DriveError>
    where
        M: LanguageModel,
        M::Input: Clone + 'static,
    {
        let mut journal = NoJournal;
        let driving = drive(model, &mut machine, &mut journal, |_| {}, || self.stopped());
        self.unless_stopped(driving).await.unwrap_or(Err(DriveError::Cancelled))
    }
}
