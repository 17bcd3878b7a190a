//! What every step of the method needs at hand: the dialogue, the model's abilities, the settings.
//!
//! Prompts are built here: instructions, then examples, then the pair, then what is asked of it, so that as much
//! as possible of a prompt is the beginning of another.

use super::claims::Claim;
use super::dialogue::Dialogue;
use super::evidence::Evidence;
use super::likeness::persona;
use super::prompts;
use super::question::Question;
use super::settings::Settings;
use crate::model::{Capabilities, Prompt, Sampling};
use crate::preference::{Role, Turn};

/// Tokens that a chat template may put around a turn.
pub(super) const TURN_OVERHEAD_TOKENS: u32 = 8;

/// The surroundings of a method.
pub(super) struct Frame<P> {
    pub dialogue: Dialogue<P>,
    pub capabilities: Capabilities,
    pub settings: Settings,
    pub seal: fn(Prompt) -> P,
    seal_synthesis: fn(Prompt) -> P,
    /// Whether what is asked leaves this device.
    leaves: bool,
    /// Whether what the synthesis asks does.
    synthesis_leaves: bool,
}

/// What stands before the pair: instructions and examples.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Head {
    pub system: String,
    pub demos: Vec<Turn>,
}

impl Head {
    /// The judge's instructions with what is known of the person, and no examples.
    pub fn judge(persona: Option<&str>) -> Self {
        Head { system: prompts::judge_system(persona), demos: Vec::new() }
    }

    fn prompt(&self, asked: String, answer_start: String) -> Prompt {
        let mut turns = vec![Turn { role: Role::System, content: self.system.clone() }];
        turns.extend(self.demos.iter().cloned());
        turns.push(Turn::user(asked));
        Prompt { turns, answer_start }
    }
}

impl<P> Frame<P> {
    /// A frame for evidence of one kind, which decides what else may stand in a prompt.
    pub fn of<E: Evidence<Prompt = P>>(
        dialogue: Dialogue<P>,
        capabilities: Capabilities,
        settings: Settings,
    ) -> Self {
        Frame {
            dialogue,
            capabilities,
            settings,
            seal: E::seal,
            seal_synthesis: E::seal_synthesis,
            leaves: E::LEAVES,
            synthesis_leaves: E::SYNTHESIS_LEAVES,
        }
    }

    /// Whether what is asked leaves this device.
    pub fn leaves(&self) -> bool {
        self.leaves
    }

    /// Whether the model that writes the claims sees nothing but sketches.
    pub fn claims_of_sketches(&self) -> bool {
        self.synthesis_leaves
    }

    /// Whether a claim may stand in a prompt.
    pub fn may_tell(&self, claim: &Claim) -> bool {
        !self.leaves || claim.may_leave()
    }

    /// What a model is told about the person: the claims in use that may stand in a prompt; how sure each is where
    /// the model can't see the texts itself.
    pub fn persona(&self, claims: &[Claim]) -> Option<String> {
        if self.leaves {
            persona(claims, |claim| claim.may_leave(), |claim| claim.of_them_as_sure_as_it_is())
        } else {
            persona(claims, |_| true, Claim::of_them)
        }
    }

    /// The longest prompt and answer together: the setting, or the model's context where that is shorter.
    pub fn limit_tokens(&self) -> u32 {
        self.settings.prompt_tokens.min(self.capabilities.context_tokens)
    }

    /// How likely each label is after `asked`.
    pub fn score(
        &self,
        head: &Head,
        asked: String,
        answer_start: String,
        labels: Vec<String>,
    ) -> Question<P> {
        Question::score(&self.capabilities.fingerprint, head.prompt(asked, answer_start), labels, self.seal)
    }

    /// A text of at most `max_tokens`, the likeliest one.
    pub fn write(&self, head: &Head, asked: String, max_tokens: u32, stop: &[&str]) -> Question<P> {
        self.written(head, asked, max_tokens, stop, self.seal)
    }

    /// The same for the model that sums up.
    pub fn write_synthesis(&self, head: &Head, asked: String, max_tokens: u32) -> Question<P> {
        self.written(head, asked, max_tokens, &[], self.seal_synthesis)
    }

    fn written(
        &self,
        head: &Head,
        asked: String,
        max_tokens: u32,
        stop: &[&str],
        seal: fn(Prompt) -> P,
    ) -> Question<P> {
        let sampling = Sampling {
            max_tokens,
            stop: stop.iter().map(|stop| (*stop).to_owned()).collect(),
            seed: self.settings.seed,
            ..Sampling::default()
        };
        let prompt = head.prompt(asked, String::new());
        Question::generate(&self.capabilities.fingerprint, prompt, sampling, seal)
    }

    /// The lengths of texts in tokens.
    pub async fn counts(&self, texts: &[String]) -> Result<Vec<u32>, super::PersonaError> {
        self.dialogue.counts(&self.capabilities.fingerprint, texts).await
    }
}
