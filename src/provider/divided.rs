//! Two models for one job: what holds history goes to the one on this device, what was released to the other.

use crate::model::{Capabilities, Generation, LanguageModel, ModelError, Prompt, Sampling, Scores};
use crate::privacy::{Placed, Raw, Released};

/// A model on this device that reads the history, and one elsewhere that sums up what may be told of it.
#[derive(Clone, Debug)]
pub struct Divided<'a, L, R> {
    here: &'a L,
    there: &'a R,
    capabilities: Capabilities,
}

impl<'a, L: LanguageModel, R: LanguageModel> Divided<'a, L, R> {
    /// The two; lengths and abilities are those of the model on this device, which does most of the work.
    pub fn new(here: &'a L, there: &'a R) -> Self {
        let (own, other) = (here.capabilities(), there.capabilities());
        let capabilities = Capabilities {
            name: format!("{}, summed up by {}", own.name, other.name),
            fingerprint: format!("{} and {}", own.fingerprint, other.fingerprint),
            ..own.clone()
        };
        Divided { here, there, capabilities }
    }
}

impl<L, R> LanguageModel for Divided<'_, L, R>
where
    L: LanguageModel<Input = Raw<Prompt>>,
    R: LanguageModel<Input = Released<Prompt>>,
{
    type Input = Placed<Prompt>;

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    async fn count_tokens(&self, text: &str) -> Result<u32, ModelError> {
        self.here.count_tokens(text).await
    }

    async fn generate(&self, input: &Placed<Prompt>, sampling: &Sampling) -> Result<Generation, ModelError> {
        match input {
            Placed::Here(prompt) => self.here.generate(prompt, sampling).await,
            Placed::There(prompt) => self.there.generate(prompt, sampling).await,
        }
    }

    async fn score(&self, input: &Placed<Prompt>, labels: &[String]) -> Result<Scores, ModelError> {
        match input {
            Placed::Here(prompt) => self.here.score(prompt, labels).await,
            Placed::There(prompt) => self.there.score(prompt, labels).await,
        }
    }

    fn scores_together(&self) -> usize {
        self.here.scores_together()
    }

    async fn score_all(&self, asked: &[(&Placed<Prompt>, &[String])]) -> Result<Vec<Scores>, ModelError> {
        let here: Option<Vec<(&Raw<Prompt>, &[String])>> = asked
            .iter()
            .map(|(input, labels)| match input {
                Placed::Here(prompt) => Some((prompt, *labels)),
                Placed::There(_) => None,
            })
            .collect();
        match here {
            Some(here) => self.here.score_all(&here).await,
            None => {
                let mut scores = Vec::with_capacity(asked.len());
                for (input, labels) in asked {
                    scores.push(self.score(input, labels).await?);
                }
                Ok(scores)
            }
        }
    }
}
