//! The likeness: all that was learned about one person, as one file.
//!
//! It is private: its examples are the person's own conversations. It knows which pairs it was made from, so it can
//! tell when the history has moved on, and two of them can be compared.

use std::collections::{BTreeSet, HashSet};

use serde::{Deserialize, Serialize};

use super::PersonaError;
use super::claims::{self, Claim, State};
use super::demos::Demo;
use super::portrait::Portrait;
use super::settings::Settings;
use super::stack::Stack;
use super::trace::Trace;
use super::{prompts, trace};
use crate::model::{Capabilities, Usage};
use crate::preference::{History, PairId};
use crate::privacy::Sketcher;
use crate::reward::{Observation, Prior, Reward};

/// The version of the file that this program writes.
pub const VERSION: u32 = 1;

/// What stands in every file for people who open it.
const PRIVATE: &str = "Private: this file holds examples from the person's own conversations. Share the portrait or the \
                       chat prompt instead.";

/// A prompt tells at most this many claims.
const MOST_IN_A_PROMPT: usize = 12;

/// How often each system named what the person chose, in the validation pairs.
///
/// A pair of which a system said nothing, its log-odds exactly 0, counts a half.
/// The reward was learned from the other pairs. The judge's examples were chosen by these very pairs, so its figure
/// is on the bright side; the stack's weights were learned without them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Validation {
    /// How many pairs.
    pub pairs: usize,
    /// The shipped prior.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prior: Option<f64>,
    /// The person's reward, learned from the pairs before them alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reward: Option<f64>,
    /// The pairs that the model judged; a short search takes only the newest.
    #[serde(default)]
    pub judged_pairs: usize,
    /// The model without persona and examples.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_judge: Option<f64>,
    /// The model with both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judge: Option<f64>,
    /// The person's reward on the pairs that the model judged, learned from all but an eighth with the pair in it: what the
    /// stack adds to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reward_of_others: Option<f64>,
    /// That reward and the judge together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stack: Option<f64>,
}

impl Validation {
    /// How many of so many pairs a share of them is; one that nothing decided counts a half.
    pub fn right(share: f64, pairs: usize) -> f64 {
        (share * pairs as f64 * 2.0).round() / 2.0
    }
}

/// All that was learned about one person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Likeness {
    /// The version of the file's form.
    pub version: u32,
    /// A warning to whoever opens the file.
    pub private: String,
    /// Where every random draw started from.
    pub seed: u64,
    /// The model that helped, where one did.
    pub model: Option<Capabilities>,
    /// The size of the search, where there was one.
    pub settings: Option<Settings>,
    /// What made the sketches, where it was learned from sketches: then its examples are sketches too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sketcher: Option<Sketcher>,
    /// The pairs that it was made from, oldest first.
    pub made_from: Vec<PairId>,
    /// Prose about the person.
    pub portrait: Portrait,
    /// Every claim, used or not, and why.
    pub claims: Vec<Claim>,
    /// The examples that a judge is shown.
    pub demos: Vec<Demo>,
    /// The whole judge prompt as text, with gaps for a new pair.
    pub judge_prompt: String,
    /// Instructions for a chat that knows the person; empty where nothing is known.
    pub chat_prompt: String,
    /// The person's weights over traits.
    pub reward: Reward,
    /// How reward, judge and claims go together.
    pub stack: Stack,
    /// How each did on the validation pairs.
    pub validation: Validation,
    /// What was done to get here.
    pub trace: Trace,
}

/// How a history differs from the one that a likeness was made from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Changes {
    /// Pairs that came since.
    pub added: Vec<PairId>,
    /// Pairs that are no longer there; what rests on them must be made anew.
    pub gone: Vec<PairId>,
}

impl Changes {
    /// Whether there are any.
    pub fn any(&self) -> bool {
        !self.added.is_empty() || !self.gone.is_empty()
    }
}

/// What a new likeness says that an old one did not, and the other way round.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Difference {
    /// Claims in use that are new.
    pub new: Vec<String>,
    /// Claims that were in use and are no more, each with the reason where there is one.
    pub gone: Vec<String>,
    /// Claims that turned into their opposite: before, now.
    pub turned: Vec<(String, String)>,
    /// Claims in use in both.
    pub stayed: usize,
}

impl Likeness {
    /// Puts a likeness together; the prompts follow from claims and demos.
    #[allow(clippy::too_many_arguments)] // why: each is one part of the file, named at the only two callers.
    pub(super) fn assemble(
        made_from: Vec<PairId>,
        seed: u64,
        model: Option<(Capabilities, Settings)>,
        portrait: Portrait,
        claims: Vec<Claim>,
        demos: Vec<Demo>,
        reward: Reward,
        stack: Stack,
        validation: Validation,
        trace: trace::Trace,
    ) -> Self {
        let (model, settings) = model.unzip();
        let mut likeness = Likeness {
            version: VERSION,
            private: PRIVATE.to_owned(),
            seed,
            model,
            settings,
            sketcher: None,
            made_from,
            portrait,
            claims,
            demos,
            judge_prompt: String::new(),
            chat_prompt: String::new(),
            reward,
            stack,
            validation,
            trace,
        };
        likeness.render_prompts();
        likeness
    }

    /// Renders the prompts anew, after the person pinned, refused or edited a claim.
    pub fn render_prompts(&mut self) {
        let persona = persona(&self.claims, |_| true, Claim::of_them);
        self.chat_prompt = persona.as_deref().map(prompts::chat_system).unwrap_or_default();
        let mut parts = vec![prompts::judge_system(persona.as_deref())];
        for demo in &self.demos {
            parts.push(format!("{}\n\n{}", demo.asked, demo.answer));
        }
        let shown = match &self.sketcher {
            Some(_) => prompts::sketch("{sketch}"),
            None => prompts::pair("{context}", "{first}", "{second}"),
        };
        parts.push(prompts::ask_preference(&shown));
        self.judge_prompt = parts.join("\n\n---\n\n");
    }

    /// Renders portrait and prompts anew, after the person decided something about a claim. A portrait that a model
    /// wrote gives way to the template's: it told of claims as they were.
    pub fn render(&mut self) {
        let pairs = self.made_from.len();
        self.portrait = Portrait::from_template(&self.claims, &self.reward, &self.validation, pairs);
        self.render_prompts();
    }

    /// Learns the reward anew from the history as it is now, which takes no time; the claims stay until an induction.
    pub fn learn_reward(&mut self, history: &History) {
        let seen: Vec<Observation> = history.pairs().iter().map(Observation::of).collect();
        self.reward = Reward::learn(Prior::shipped(), &seen);
    }

    /// Takes out all that holds words of these pairs or was written from them, but for claims that the person pinned.
    /// What only counted them, as the reward does, stays until the next induction; [`Likeness::stale`] tells of it.
    ///
    /// A refused claim about a trait stays refused, in the table's words. One about anything else goes, and may be found
    /// again: its words, its name and even a hash of so few words would tell of what was deleted.
    pub fn forget(&mut self, gone: &HashSet<PairId>) {
        let is_gone = |id: &PairId| gone.contains(id);
        self.made_from.retain(|id| !is_gone(id));
        self.demos.retain(|demo| !is_gone(&demo.pair));
        self.trace.reasonings.retain(|reasoning| !is_gone(&reasoning.pair));
        for trial in &mut self.trace.trials {
            trial.demos.retain(|id| !is_gone(id));
        }
        self.claims.retain_mut(|claim| {
            claim.state == State::Pinned
                || !claim.made_from.iter().any(is_gone)
                || (claim.state == State::Refused && claim.say_its_trait_alone())
        });
        for claim in &mut self.claims {
            claim.made_from.retain(|id| !is_gone(id));
            claim.supports.retain(|id| !is_gone(id));
            claim.contradicts.retain(|id| !is_gone(id));
        }
        self.render();
    }

    /// Takes what the person said of claims in another likeness of theirs, where it is their later word; gives how many
    /// claims that changed.
    pub fn take_later_decisions(&mut self, other: &Likeness) -> usize {
        let changed = claims::take_later_decisions(&mut self.claims, &other.claims);
        if changed > 0 {
            let mine: HashSet<PairId> = self.made_from.iter().copied().collect();
            for claim in &mut self.claims {
                // What a claim brought along names pairs that this likeness may know nothing of.
                for ids in [&mut claim.made_from, &mut claim.supports, &mut claim.contradicts] {
                    ids.retain(|id| mine.contains(id));
                }
            }
            self.render();
        }
        changed
    }

    /// Reads a likeness from its file.
    ///
    /// # Errors
    /// When the text is no likeness, or one of a newer program.
    pub fn from_json(text: &str) -> Result<Self, PersonaError> {
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let unreadable = |error: serde_json::Error| {
            let words = error.to_string();
            // Where in the file a value stands that does not fit says nothing to who did not write it.
            let what = words.split(" at line ").next().filter(|_| error.is_data()).unwrap_or(&words);
            let whole = if error.is_data() { "" } else { "; it is no such file, or was cut off" };
            PersonaError::NotALikeness(format!("{what}{whole}"))
        };
        let text = text.trim_start_matches('\u{feff}');
        let Version { version } = serde_json::from_str(text).map_err(unreadable)?;
        if version != VERSION {
            return Err(PersonaError::Version { found: version, known: VERSION });
        }
        let likeness: Likeness = serde_json::from_str(text).map_err(unreadable)?;
        if !likeness.is_sound() {
            return Err(PersonaError::NotALikeness("the stack is damaged: its weights are none".into()));
        }
        Ok(likeness)
    }

    /// Whether all that it judges by is numbers that stay numbers: what was read from a file may be none.
    pub fn is_sound(&self) -> bool {
        self.stack.is_sound()
    }

    /// The likeness as a file.
    pub fn to_json(&self) -> Result<String, PersonaError> {
        serde_json::to_string(self).map_err(|error| PersonaError::NotALikeness(error.to_string()))
    }

    /// The claims that prompts and judgements use.
    pub fn claims_in_use(&self) -> impl Iterator<Item = &Claim> {
        self.claims.iter().filter(|claim| claim.in_use())
    }

    /// The claims that the person pinned or refused.
    pub fn decided(&self) -> impl Iterator<Item = &Claim> {
        self.claims.iter().filter(|claim| claim.is_decided())
    }

    /// How the history has changed since.
    pub fn stale(&self, history: &History) -> Changes {
        let then: BTreeSet<PairId> = self.made_from.iter().copied().collect();
        let now: BTreeSet<PairId> = history.pairs().iter().map(|pair| pair.id).collect();
        Changes {
            added: now.difference(&then).copied().collect(),
            gone: then.difference(&now).copied().collect(),
        }
    }

    /// What this likeness says that `older` did not, and the other way round.
    pub fn since(&self, older: &Likeness) -> Difference {
        let mut difference = Difference::default();
        for claim in self.claims_in_use() {
            match older.claims_in_use().find_map(|old| Some((old, claim.against(old)?))) {
                Some((_, true)) => difference.stayed += 1,
                Some((old, false)) => {
                    difference.turned.push((old.wording().to_owned(), claim.wording().to_owned()));
                }
                None => difference.new.push(claim.wording().to_owned()),
            }
        }
        let gone =
            older.claims_in_use().filter(|old| !self.claims_in_use().any(|new| new.against(old).is_some()));
        difference.gone = gone.map(|claim| claim.wording().to_owned()).collect();
        difference
    }

    /// The same without times and cache hits, which are all that differs between two runs with the same seeds.
    pub fn without_times(&self) -> Self {
        let mut same = self.clone();
        for call in &mut same.trace.calls {
            call.usage = Usage { elapsed_ms: 0.0, cached_tokens: 0, ..call.usage };
        }
        same
    }
}

/// The claims in use that may be told, one a line, in the words of `tell`; nothing where there are none.
pub(super) fn persona(
    claims: &[Claim],
    may: impl Fn(&Claim) -> bool,
    tell: impl Fn(&Claim) -> String,
) -> Option<String> {
    let mut used: Vec<&Claim> = claims.iter().filter(|claim| claim.in_use() && may(claim)).collect();
    // A stable sort: what the person pinned comes first and is the last to be left out.
    used.sort_by_key(|claim| claim.state != State::Pinned);
    let lines: Vec<String> =
        used.iter().take(MOST_IN_A_PROMPT).map(|claim| format!("- {}", tell(claim))).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::persona::claims::{Source, apply_decisions};
    use crate::persona::from_traits;
    use crate::preference::{PreferencePair, Turn};

    #[test]
    fn what_was_refused_stays_refused_and_keeps_no_word_of_a_deleted_pair() {
        let pair = PreferencePair::new(vec![Turn::user("Tell Ottilie.")], "Yes.", "No, never.");
        let mut likeness = from_traits(&History::new([pair.clone()]), 0, &[]);
        let refused = |text: &str, edited: Option<&str>| Claim {
            state: State::Refused,
            supports: vec![pair.id],
            edited: edited.map(str::to_owned),
            ..Claim::said(text.into(), Source::Reasoning, vec![pair.id])
        };
        likeness.claims = vec![
            refused("You prefer Ottilie's concise answers.", Some("You want it short, as Ottilie does.")),
            refused("You like stories about Ottilie.", None),
            Claim { state: State::Kept, ..refused("You prefer warm answers.", None) },
        ];
        likeness.forget(&HashSet::from([pair.id]));
        let [left] = &likeness.claims[..] else { panic!("{:?}", likeness.claims) };
        assert_eq!((left.wording(), &*left.id), ("You prefer answers that are shorter.", "length:less"));
        assert_eq!(
            (&left.state, &left.supports[..], &left.made_from[..]),
            (&State::Refused, &[][..], &[][..])
        );
        assert!(!likeness.to_json().unwrap().contains("Ottilie"));
        let again = Claim::said("You prefer brief answers.".into(), Source::Reasoning, Vec::new());
        let mut found = vec![Claim { state: State::Kept, ..again }];
        apply_decisions(&mut found, &likeness.claims);
        assert!(!found[0].in_use());
    }
}
